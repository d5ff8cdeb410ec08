"""Files hidden in text: uuencode, yEnc, and base64 runs (J14, M8).  Outlook and others turn them into attachments.

`extract` takes them out of the bytes of a text, so that they are treated like attachments.  Prose that merely looks similar
("begin 644 ..." in a sentence, PGP signatures, certificates) stays.  Time is linear; nothing is raised.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass

import pybase64

from sanitizers.detect import detect
from sanitizers.model import Part

_BEGIN = re.compile(
    rb"(?m)^(?:begin(?P<base64>-base64)? [0-7]{3,4} (?P<uu>[^\r\n]{1,300})|=ybegin (?P<yenc>[^\r\n]{1,500}))\r*\n"
)
_BASE64_RUN = re.compile(
    rb"(?m)^(?:(?:\r*[A-Za-z0-9+/]{48,76}[ \t]*\r*\n){2,}(?:\r*[A-Za-z0-9+/]{0,76}={0,2}[ \t]*\r*(?:\n|\Z))?"
    rb"|[A-Za-z0-9+/]{400,}={0,2}[ \t]*\r*(?:\n|\Z))"
)
_BASE64_LINES = re.compile(rb"(?:[A-Za-z0-9+/]+={0,2}[ \t]*\r*(?:\n|\Z))+")
_END = re.compile(rb"(?:[` ]?[ \t]*\r*\n)?(?:end|====)[ \t]*\r*(?:\n|\Z)")
_YEND = re.compile(rb"(?m)^=yend[^\n]*(?:\n|\Z)")
_YNAME = re.compile(rb"\bname=(.{1,300})")
_YPART = re.compile(rb"=ypart [^\n]*\n")
_UNSHIFT = bytes((octet - 42) % 256 for octet in range(256))
_DOUBTFUL = frozenset(["application/octet-stream", "application/x-x509-certificate", "application/pgp-signature"])
_MAX_FILES = 100  # in one text; the budget of the mail stops it too


@dataclass(frozen=True, slots=True)
class HiddenFile:
    """`name` as the sender wrote it, undecoded; `how` in words for the report."""

    name: bytes
    content: bytes
    how: str


def extract(text: bytes, marker: bytes) -> tuple[bytes, list[HiddenFile]]:
    """The text with a line `marker % number` for each file that was in it, and the files, numbered from 1."""
    found: list[HiddenFile] = []
    text = _encoded_blocks(text, marker, found)
    return _base64_runs(text, marker, found), found


def _encoded_blocks(text: bytes, marker: bytes, found: list[HiddenFile]) -> bytes:
    out: list[bytes] = []
    position = 0
    while len(found) < _MAX_FILES and (begin := _BEGIN.search(text, position)) is not None:
        file, after = _block(text, begin)
        if file is None:
            out.append(text[position : begin.end()])
        else:
            found.append(file)
            out += (text[position : begin.start()], marker % len(found), b"\n")
        position = after
    out.append(text[position:])
    return b"".join(out)


def _block(text: bytes, begin: re.Match[bytes]) -> tuple[HiddenFile | None, int]:
    """The file after a `begin` line and where the text goes on; None when the line was prose."""
    if begin["yenc"]:
        end = _YEND.search(text, begin.end())
        return _yenc(begin["yenc"], text[begin.end() : end.start() if end else None]), end.end() if end else len(text)
    if begin["base64"]:
        lines = _BASE64_LINES.match(text, begin.end())
        content, after = (_base64(lines.group()), lines.end()) if lines else (b"", begin.end())
    else:
        content, after = _uu_lines(text, begin.end())
    if not content:
        return None, begin.end()
    end = _END.match(text, after)
    return HiddenFile(begin["uu"], content, "uuencode"), end.end() if end else after


def uudecoded(body: bytes) -> bytes:
    """The content of a part in x-uuencode: from its `begin` line, or from its first line, to the first that is no data."""
    begin = _BEGIN.search(body)
    return _uu_lines(body, begin.end() if begin else 0)[0]


def _uu_lines(text: bytes, position: int) -> tuple[bytes, int]:
    """Data lines from `position` on, decoded, and where they end."""
    out: list[bytes] = []
    while position < len(text):
        newline = text.find(b"\n", position)
        after = len(text) if newline < 0 else newline + 1
        line = text[position : min(after, position + 100)].rstrip(b"\r\n")
        size = (line[0] - 32 & 63) if line else 0
        length = 1 + (size + 2) // 3 * 4
        if not size or not 33 <= line[0] <= 96 or len(line.rstrip()) > length + 2 or after - position > 100:
            break
        try:
            out.append(binascii.a2b_uu(line[:length]))  # some encoders add a check character
        except binascii.Error:
            break
        position = after
    return b"".join(out), position


def _yenc(attributes: bytes, body: bytes) -> HiddenFile:
    """yEnc draft 1.3: octets plus 42, critical ones escaped by "=" plus 64."""
    part = _YPART.match(body)
    data = re.sub(rb"[\r\n]", b"", body[part.end() if part else 0 :])
    first, *escaped = data.split(b"=")
    unescaped = first + b"".join(bytes(((piece[0] - 64) % 256,)) + piece[1:] for piece in escaped if piece)
    name = _YNAME.search(attributes)
    return HiddenFile(name[1].strip() if name else b"", unescaped.translate(_UNSHIFT), "yEnc")


def _base64(lines: bytes) -> bytes:
    compact = re.sub(rb"[^A-Za-z0-9+/]", b"", lines)
    compact = compact[: len(compact) - (len(compact) % 4 == 1)]
    return pybase64.b64decode(compact + b"=" * (-len(compact) % 4))


def _base64_runs(text: bytes, marker: bytes, found: list[HiddenFile]) -> bytes:
    def replaced(run: re.Match[bytes]) -> bytes:
        content = _base64(run.group())
        if len(found) >= _MAX_FILES or detect(content, Part("", "", "")) in _DOUBTFUL:
            return run.group()  # noise, a key or a signature: no program opens it by itself
        found.append(HiddenFile(b"", content, "base64"))
        return marker % len(found) + b"\n"

    return _BASE64_RUN.sub(replaced, text)
