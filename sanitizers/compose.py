"""Writes a letter as a canonical message: RFC 5322, 2045-2047, 2231; nothing is read here, so either side may call it.

text/plain in UTF-8, then the attachments in base64 under names that old and new mail programs show alike.  The same letter
gives the same bytes.  Raises ValueError for what would break the message: a line end, NUL or a foreign header line inside a
value is a bug or an attack, and no such message leaves (S2).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator, Sequence

import pybase64

from sanitizers.letter import Enclosure, Letter, Mailbox

_LINE = 76  # characters of a header line, RFC 2047 2
_WORD_BYTES = 36  # of UTF-8 in one encoded word: 12 + 48 base64 characters = 60, so that the field name fits before it
_LONGEST = 998  # octets of any line, RFC 5322 2.1.1
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,70}", re.ASCII)
_DOT_ATOM = re.compile(r"[!#$%&'*+/=?^_`{|}~0-9A-Za-z-]+(\.[!#$%&'*+/=?^_`{|}~0-9A-Za-z-]+)*", re.ASCII)
_PHRASE = re.compile(r"[!#$%&'*+/=?^_`{|}~0-9A-Za-z .-]*", re.ASCII)
_ATTRIBUTE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~")  # RFC 2231 7
_BEGINS_FILE = re.compile(r"(?m)^(?=begin(?:-base64)?[ \t]+[0-7]{3,4}[ \t]|begin  |=ybegin[ \t])")
_STRAY = re.compile(rb"\r(?!\n)|(?<!\r)\n|\x00")


def compose(
    letter: Letter,
    enclosures: Sequence[Enclosure],
    *,
    notice_head: str = "",
    notice_foot: str = "",
    extra_headers: Sequence[tuple[str, str]] = (),
    trace: bytes = b"",
) -> bytes:
    """The whole message.  `trace` is complete header lines of our own, put on top as they are (CRLF at the end of each)."""
    body = _body("\n".join(filter(None, (notice_head, letter.body, notice_foot))))
    head = trace + "".join(_header(name, tokens) for name, tokens in _fields(letter, extra_headers)).encode("ascii")
    if not enclosures:
        return _checked(head + body)
    parts = [_enclosure(enclosure) for enclosure in enclosures]
    boundary = _boundary(body, enclosures)
    delimiter = f"\r\n--{boundary}\r\n".encode()
    head += _header("Content-Type", ("multipart/mixed;", f'boundary="{boundary}"')).encode()
    pieces = [_checked(head + b"\r\n" + delimiter[2:] + body)]
    for part_head, content in parts:
        pieces += (delimiter, _checked(part_head), content)  # base64 lines need no second look
    return b"".join((*pieces, f"\r\n--{boundary}--\r\n".encode()))


def inert(text: str) -> str:
    """For a body: no line of it begins a file, as mail programs would take uuencode and yEnc (M8).  One that did is moved by a
    blank and reads the same."""
    return _BEGINS_FILE.sub(" ", text)


def _fields(letter: Letter, extra_headers: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Header fields in the order that RFC 5322 3.6 lists them, encoded and cut where they may be folded."""
    sender = (letter.sender,) if letter.sender else ()
    for name, boxes in (
        ("From", letter.from_),
        ("Sender", sender),
        ("Reply-To", letter.reply_to),
        ("To", letter.to),
        ("Cc", letter.cc),
    ):
        if boxes:
            yield name, ", ".join(_mailbox(box) for box in boxes).split(" ")
    for name, value in (
        ("Date", letter.date),
        ("Subject", letter.subject),
        ("Message-ID", letter.message_id),
        ("In-Reply-To", " ".join(letter.in_reply_to)),
        ("References", " ".join(letter.references)),
        *letter.extra,
        *extra_headers,
    ):
        if value:
            yield name, _text(value)
    yield "MIME-Version", ("1.0",)


def _header(name: str, tokens: Sequence[str]) -> str:
    """One field, folded between tokens; the first stays with the name, and a token longer than a line keeps one to itself."""
    if not _HEADER_NAME.fullmatch(name) or any(map(_CONTROL.search, tokens)):
        raise ValueError(f"not a header field: {name!r}")
    lines, line = [], f"{name}: {tokens[0]}"
    for token in tokens[1:]:
        if len(line) + 1 + len(token) > _LINE:
            lines.append(line)
            line = ""
        line += " " + token
    return "\r\n".join((*lines, line)) + "\r\n"


def _text(value: str) -> Sequence[str]:
    """Unstructured text: as it is when it is plain ASCII that can be folded, else encoded words."""
    plain = value.isascii() and "=?" not in value and "  " not in value and value == value.strip()
    tokens = value.split(" ")
    return tokens if plain and max(map(len, tokens)) <= _LONGEST - 80 else list(_words(value))


def _words(value: str) -> Iterator[str]:
    """RFC 2047 encoded words of at most 75 characters, never cut inside a character."""
    if _CONTROL.search(value):
        raise ValueError("control character in a header value")
    word = b""
    for character in value:
        octets = character.encode()
        if len(word) + len(octets) > _WORD_BYTES:
            yield f"=?UTF-8?B?{b64encode(word).decode()}?="
            word = b""
        word += octets
    yield f"=?UTF-8?B?{b64encode(word).decode()}?="


def _mailbox(box: Mailbox) -> str:
    local, _, domain = box.address.rpartition("@")
    if not local or not domain or not box.address.isascii() or _CONTROL.search(box.address) or re.search(r"[\s<>]", domain):
        raise ValueError("not an address")
    if not _DOT_ATOM.fullmatch(local):
        local = _quoted(local)  # a..b.@docomo.ne.jp is legal only so (J21)
    if not box.name:
        return f"{local}@{domain}"
    if box.name.isascii() and len(box.name) < 200 and "=?" not in box.name and "  " not in box.name:
        return f"{box.name if _PHRASE.fullmatch(box.name) else _quoted(box.name)} <{local}@{domain}>"
    return f"{' '.join(_words(box.name))} <{local}@{domain}>"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _body(text: str) -> bytes:
    """The text/plain entity: its header fields and its content, 7bit, quoted-printable or base64 (J16)."""
    if _CONTROL.search(text.replace("\n", "").replace("\t", "")):
        raise ValueError("control character in the body")
    lines = text.rstrip("\n").replace("\n", "\r\n") + "\r\n"
    content = lines.encode()
    if text.isascii() and max(map(len, lines.split("\r\n"))) <= _LONGEST:
        encoding = "7bit"
    elif len(content) * 6 > len(lines) * 7:  # more than a sixth would be escaped
        encoding, content = "base64", _base64(content)
    else:
        encoding, content = "quoted-printable", _quoted_printable(lines)
    head = f"Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + content


def _quoted_printable(lines: str) -> bytes:
    return b"\r\n".join(b2a_qp(line.encode(), istext=True).replace(b"=\n", b"=\r\n") for line in lines.split("\r\n"))


def _base64(content: bytes) -> bytes:
    return bytes(pybase64.encodebytes(content)).replace(b"\n", b"\r\n")


def _enclosure(enclosure: Enclosure) -> tuple[bytes, bytes]:
    """Header and content of one attachment.  A message of ours is ASCII lines and stays so (RFC 2046 5.2.1 forbids base64).

    `name` is in RFC 2047 words for Outlook and old webmail, `filename` in RFC 2231 for all others; ASCII needs neither."""
    name = enclosure.name
    if _CONTROL.search(name) or "/" in name or not name:
        raise ValueError("not a file name")
    if name.isascii() and len(name) < 60:
        named, filenames = [f"name={_quoted(name)}"], [f"filename={_quoted(name)}"]
    else:
        named, filenames = f'name="{" ".join(_words(name))}"'.split(" "), list(_segments(name))
    is_message = enclosure.media_type == "message/rfc822" and _is_lines(enclosure.content)
    # every text that a sanitiser makes is UTF-8; unsaid, one shown inline is taken for US-ASCII (RFC 2046 4.1.2)
    charset = ("charset=UTF-8;",) if enclosure.media_type.startswith("text/") else ()
    head = (
        _header("Content-Type", (f"{enclosure.media_type};", *charset, *named))
        + f"Content-Transfer-Encoding: {'7bit' if is_message else 'base64'}\r\n"
        + _header("Content-Disposition", ("attachment;", *(f"{filename};" for filename in filenames[:-1]), filenames[-1]))
        + "\r\n"
    )
    content = enclosure.content if is_message else _base64(enclosure.content).removesuffix(b"\r\n")
    return head.encode("ascii"), content


def _segments(name: str) -> Iterator[str]:
    """RFC 2231 3 and 4; each segment holds whole characters, because not every reader joins before it decodes."""
    segments, room = ["UTF-8''"], _LINE - len(" filename*10*=;")
    for character in name:
        encoded = "".join(chr(octet) if octet in _ATTRIBUTE else f"%{octet:02X}" for octet in character.encode())
        if len(segments[-1]) + len(encoded) > room:
            segments.append("")
        segments[-1] += encoded
    if len(segments) == 1:
        return iter((f"filename*={segments[0]}",))
    return (f"filename*{index}*={segment}" for index, segment in enumerate(segments))


def _boundary(body: bytes, enclosures: Sequence[Enclosure]) -> str:
    """From the content, so that the same letter gives the same bytes; `=_` can stand in no base64 or quoted-printable line."""
    digest = hashlib.sha256(body)
    for enclosure in enclosures:
        digest.update(hashlib.sha256(enclosure.content).digest() + enclosure.name.encode())
    boundary = f"=_mugai_{digest.hexdigest()[:32]}"
    messages = [enclosure.content for enclosure in enclosures if enclosure.media_type == "message/rfc822"]
    while any(boundary.encode() in text for text in (body, *messages)):
        digest.update(boundary.encode())
        boundary = f"=_mugai_{digest.hexdigest()[:32]}"
    return boundary


def _checked(lines: bytes) -> bytes:
    if not _is_lines(lines):
        raise ValueError("8-bit, bare CR, bare LF, NUL or a line that is too long")
    return lines


def _is_lines(content: bytes) -> bool:
    return content.isascii() and not _STRAY.search(content) and max(map(len, content.split(b"\r\n"))) <= _LONGEST
