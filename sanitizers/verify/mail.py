"""A composed message: strict canonical RFC 5322 and 2045, one text, then accepted parts and nothing else.

Own grammar, no `email`: what is not written exactly as a careful writer writes it is objected to.  Time is linear in
the size: each line is looked at once.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import pybase64

from sanitizers.verify import naming, text
from sanitizers.verify.words import words

_LINE = 998  # octets without CRLF, RFC 5322 2.1.1
_FIELD = re.compile(rb"([A-Za-z0-9-]+): (.*)", re.DOTALL)
_PARAMETER = re.compile(rb';\s+([a-z0-9*-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_MEDIA_TYPE = re.compile(rb"[a-z]+/[a-z0-9][a-z0-9.+-]*")
_WORD = re.compile(rb"=\?UTF-8\?([BbQq])\?([^?]*)\?=", re.IGNORECASE)
_EMBEDDED = re.compile(rb"(?m)^(?:begin(?:-base64)?[ \t]+[0-7]{3,4}[ \t]|begin  |=ybegin[ \t])[^\r\n]*")
_GAP = re.compile(rb"(?<=\?=)\s+(?==\?)")  # between two encoded words, RFC 2047 6.2
_MULTIPART = b"multipart/mixed"
_AS_IT_CAME = b"application/octet-stream"  # a file that nobody rebuilt, by the word of two people
_MARK = b"original"  # X-Mugai-Verdict of a mail that has one, and says so
_PART_FIELDS = words("content-type content-transfer-encoding content-disposition")
_ONCE = words(
    "from sender reply-to to cc date subject message-id in-reply-to references mime-version",
    "content-type content-transfer-encoding content-disposition",
)  # RFC 5322 3.6
_ADDRESSES = words("from sender reply-to to cc")
_DISGUISED = re.compile(rb"=\?[^\s<>,]*@")  # an encoded word in an address: some programs show what it says
_FIELDS = _ONCE | words(
    "received authentication-results auto-submitted importance priority x-priority precedence sensitivity",
    "list-id list-unsubscribe list-post list-help list-archive list-owner list-subscribe thread-topic thread-index",
    "x-auto-response-suppress organization keywords comments content-language",
    "arc-seal arc-message-signature arc-authentication-results",
)


@dataclass(frozen=True, slots=True)
class _Entity:
    """One MIME entity: lower-cased field names, unfolded values, its media type and parameters."""

    fields: dict[str, bytes]
    repeated: tuple[str, ...]
    media_type: bytes
    parameters: dict[bytes, bytes]
    body: bytes

    @property
    def encoding(self) -> bytes:
        return self.fields.get("content-transfer-encoding", b"7bit")


def message(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    content.decode()
    if not content.count(b"\r\n") == content.count(b"\r") == content.count(b"\n") or b"\0" in content:
        yield "bare CR, LF or NUL"
    if max(map(len, content.split(b"\r\n"))) > _LINE:
        yield f"a line of more than {_LINE} octets"
    whole = _entity(content)
    yield from _fields(whole)
    if whole.media_type != _MULTIPART:
        yield from _body(whole)
        return
    first, *others = [_entity(part) for part in _parts(whole)]
    yield from _body(first)
    for part in others:
        yield from _attachment(part, digests, marked=whole.fields.get("x-mugai-verdict") == _MARK)
    for part in (first, *others):
        yield from (f"field {name!r} in a part" for name in {*part.fields} - _PART_FIELDS)
        yield from (f"field {name!r} twice in a part" for name in part.repeated)


def _entity(content: bytes) -> _Entity:
    head, blank, body = content.partition(b"\r\n\r\n")
    if not blank:
        raise ValueError("no empty line after the header")
    fields: dict[str, bytes] = {}
    repeated = []
    for line in re.split(rb"\r\n(?![ \t])", head):
        match = _FIELD.fullmatch(line)
        if not match:
            raise ValueError(f"not a header field: {line[:60]!r}")
        name = match[1].decode("ascii").lower()
        if name in fields:
            repeated.append(name)
        fields[name] = match[2].replace(b"\r\n", b"")
    value = fields.get("content-type", b"")
    kind = value.partition(b";")[0]
    if not _MEDIA_TYPE.fullmatch(kind):
        raise ValueError(f"content type {value[:60]!r}")
    return _Entity(fields, tuple(repeated), kind, _parameters(value[len(kind) :]), body)


def _parameters(value: bytes) -> dict[bytes, bytes]:
    parameters, at = {}, 0
    while match := _PARAMETER.match(value, at):
        if match[1] in parameters:
            raise ValueError(f"parameter {match[1]!r} twice")
        parameters[match[1]] = match[2] if match[2] is not None else match[3]
        at = match.end()
    if at != len(value):
        raise ValueError(f"parameters {value[at : at + 60]!r}")
    return parameters


def _fields(whole: _Entity) -> Iterator[str]:
    for name in whole.fields:
        if name not in _FIELDS and not name.startswith("x-mugai-"):
            yield f"field {name!r}"
    yield from (f"field {name!r} twice" for name in whole.repeated if name in _ONCE)
    if whole.fields.get("mime-version") != b"1.0" or "from" not in whole.fields:
        yield "no MIME-Version 1.0, or no From"
    for name, value in whole.fields.items():
        if character := text.invisible(_shown(value)):
            yield f"field {name!r}: {character}"
        if name in _ADDRESSES and _DISGUISED.search(value):
            yield f"field {name!r}: an encoded word in an address"
        if b"=?" in _WORD.sub(b"", value):  # before decoding: a subject may speak of such a word
            yield f"field {name!r}: an encoded word that is not UTF-8"


def _parts(whole: _Entity) -> list[bytes]:
    """RFC 2046 5.1.1, without preamble and epilogue."""
    delimiter = b"--" + whole.parameters[b"boundary"]
    if whole.encoding not in (b"7bit", b"8bit"):
        raise ValueError("an encoded multipart")
    opening, *parts, ending = (b"\r\n" + whole.body).split(b"\r\n" + delimiter)
    if opening or ending not in (b"--", b"--\r\n") or not parts:
        raise ValueError("preamble, epilogue or no part")
    if any(not part.startswith(b"\r\n") for part in parts):
        raise ValueError("a line that only begins like the boundary")
    return [part[2:] for part in parts]


def _body(part: _Entity) -> Iterator[str]:
    if part.media_type != b"text/plain" or part.parameters.get(b"charset", b"").lower() not in (b"utf-8", b"us-ascii"):
        yield f"the body is {part.media_type!r}"
    if part.parameters.keys() - {b"charset", b"format", b"delsp"} or "content-disposition" in part.fields:
        yield "the body is more than a text"
    content = _decoded(part)
    yield from text.plain(content, frozenset())
    if embedded := _EMBEDDED.search(content):  # uuencode and yEnc: mail programs make an attachment of what follows
        yield f"a file in the body: {embedded[0][:60]!r}"


def _attachment(part: _Entity, digests: frozenset[str], *, marked: bool) -> Iterator[str]:
    media_type, as_it_came = part.media_type.decode(), marked and part.media_type == _AS_IT_CAME
    if not as_it_came and media_type not in naming.EXTENSIONS:
        yield f"an attachment of type {part.media_type!r}"
    disposition = part.fields.get("content-disposition", b"")
    if not disposition.startswith((b"attachment;", b"inline;")):
        yield f"content disposition {disposition[:60]!r}"
    if charset := part.parameters.get(b"charset"):
        if charset != b"UTF-8" or not part.media_type.startswith(b"text/"):
            yield f"charset {charset!r} of an attachment"
        _decoded(part).decode()
    parameters = part.parameters | _parameters(disposition[disposition.find(b";") :])
    for name in _names(parameters):
        if character := text.invisible(name):
            yield f"{character} in the name of an attachment"
        if not (as_it_came or naming.fits(name, media_type)) or "/" in name or "\\" in name:
            yield f"an attachment named {name!r}"
    accepted = naming.accepted_as(_decoded(part), digests)
    if not accepted:
        yield "an attachment that was not accepted by itself"
    elif media_type not in accepted:
        yield f"an attachment of type {media_type!r} that was accepted as another"


def _names(parameters: dict[bytes, bytes]) -> Iterator[str]:
    """Every name that some reader could show (J7); continuations are joined in order (RFC 2231 3)."""
    joined: dict[bytes, bytes] = {}
    for key in sorted(parameters, key=_segment):
        plain = key.partition(b"*")[0]
        slot = plain + b"*" if b"*" in key else plain
        joined[slot] = joined.get(slot, b"") + parameters[key]
    for slot in joined.keys() & {b"name", b"filename"}:
        yield _shown(joined[slot])
    for slot in joined.keys() & {b"name*", b"filename*"}:
        yield unquote(joined[slot].decode("ascii").removeprefix("UTF-8''"), errors="strict")


def _segment(key: bytes) -> tuple[bytes, int]:
    name, _, number = key.strip(b"*").partition(b"*")
    return name, int(number or 0)


def _shown(value: bytes) -> str:
    """The value with its encoded words decoded: what a reader sees."""
    return _WORD.sub(lambda word: _word(word[1], word[2]), _GAP.sub(b"", value)).decode()


def _word(encoding: bytes, word: bytes) -> bytes:
    """RFC 2047 2, in UTF-8."""
    if encoding in b"Bb":
        return pybase64.b64decode(word, validate=True)
    return quopri.decodestring(word, header=True)


def _decoded(part: _Entity) -> bytes:
    """RFC 2045 6; base64 by the strict alphabet."""
    if part.encoding == b"base64":
        return pybase64.b64decode(part.body.replace(b"\r\n", b""), validate=True)
    if part.encoding == b"quoted-printable":
        return quopri.decodestring(part.body)
    if part.encoding in (b"7bit", b"8bit"):
        return part.body
    raise ValueError(f"transfer encoding {part.encoding!r}")
