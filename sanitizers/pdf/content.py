"""Pictures inside page content (8.9.7): JBIG2 and JPEG 2000 are forbidden there, and some readers decode them all the same.

Their filter gets a name that no reader knows, so that the picture is not drawn and everything around it is.  Raises
Refused(LIMIT_SIZE).  Pictures in streams of their own are `picture`'s.
"""

from __future__ import annotations

import re
import zlib

from isal import isal_zlib
from pikepdf import Array, Name, Object, PdfError, Stream

from sanitizers.model import Kind, Reason, Refused, Treatment
from sanitizers.pdf.scope import Scope

_LONGEST = 64 << 20  # bytes in clear; a page of a dense map has 20 MB
_SHORT = _LONGEST // 1032  # deflate can not make more than that of a byte


def _spelled(name: str) -> bytes:
    """A name with any of its letters written as their number (7.3.5)."""
    return b"".join(b"(?:%c|#(?i:%02x))" % (letter, letter) for letter in name.encode())


_CODEC = re.compile(rb"/(?:%s|%s)(?![^\s/<>\[\](){}%%])" % (_spelled("JBIG2Decode"), _spelled("JPXDecode")))
_LEXEMES = re.compile(
    rb"%[^\r\n]*|<<|<[^>]*(?:>|\Z)|\((?:[^()\\]|\\.)*+(\)?)", re.DOTALL
)  # what a bracket or a percent sign may stand in
_PICTURE = re.compile(rb"\b(?:BI|ID|EI)\b")
_HINT = re.compile(rb"/(?:J|#4[aA])(?:B|P|#42|#50)")  # cheap to look for, and hardly ever there


def check(stream: Object, where: str, scope: Scope) -> None:
    if not isinstance(stream, Stream):
        return
    try:
        written = _clear(stream)
    except (PdfError, RuntimeError, ValueError):  # the last: what qpdf quotes need not be text
        scope.findings.add(Kind.UNKNOWN_CONSTRUCT, where, "content that can not be decoded", Treatment.REMOVED)
        stream.write(b"")
        return
    if not _HINT.search(written):
        return
    blanked = _blanked(written)
    if blanked != written:
        scope.findings.add(Kind.IMAGE_RECODED, where, "JBIG2 or JPEG 2000 inside page content, left blank", Treatment.REMOVED)
        stream.write(blanked)


def _blanked(written: bytes) -> bytes:
    """Without the names of the codecs, but in strings, where they are words.

    A string that seems to hold the end of a picture may have begun in the picture's data: behind it nothing is known."""
    pieces, at = [], 0
    for lexeme in _LEXEMES.finditer(written):
        if not lexeme[0].startswith(b"("):
            continue
        if _PICTURE.search(lexeme[0]):
            break
        if not lexeme[1]:  # brackets in brackets: too rare to count them
            continue
        pieces += [_CODEC.sub(b"/Blank", written[at : lexeme.start()]), lexeme[0]]
        at = lexeme.end()
    return b"".join([*pieces, _CODEC.sub(b"/Blank", written[at:])])


def _clear(stream: Object) -> bytes:
    """The content decoded, as far as it can be: readers draw what comes before an error."""
    if "/Filter" in stream and "/DecodeParms" not in stream and _is_flate(stream["/Filter"]):
        raw = stream.read_raw_bytes()
        try:
            written = isal_zlib.decompress(raw) if len(raw) < _SHORT else _until_error(raw)
        except isal_zlib.error:  # type: ignore[misc]  # isal has no stubs
            written = _until_error(raw)
    else:
        written = stream.read_bytes()
    if len(written) > _LONGEST:
        raise Refused(Reason.LIMIT_SIZE, f"more than {_LONGEST} bytes of page content")
    return written


def _is_flate(named: Object) -> bool:
    return named == Name.FlateDecode or (isinstance(named, Array) and len(named) == 1 and named[0] == Name.FlateDecode)


def _until_error(raw: bytes) -> bytes:
    unpacker, written = zlib.decompressobj(), bytearray()
    try:
        for at in range(0, len(raw), 256):
            written += unpacker.decompress(raw[at : at + 256], _LONGEST)
            if len(written) > _LONGEST:
                break
    except zlib.error:
        pass
    return bytes(written)
