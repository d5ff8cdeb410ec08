"""What a file is, by its content alone: the media type that chooses the sanitiser (SAN-03, security.md F4, M13).

A signature counts only at its own offset; ZIP and OLE2 are looked into; the rest is text of some kind, or
`application/octet-stream`, which nobody delivers.  A wrong answer is harmless, because every sanitiser rebuilds from
what it can parse and refuses the rest; names and labels only choose between kinds of text.  Raises nothing.

libmagic is left out: it needs its database file, recognises 151 of 201 measured files where this recognises 193, and
calls what is dangerous (`{\\rt`, .iqy, .mht, junk before a PDF) plain text (libraries.md 8).
"""

from __future__ import annotations

from sanitizers.detect.container import OLE_TYPE, inside_ole, inside_zip
from sanitizers.detect.family import dangerous, family, mismatched
from sanitizers.detect.prose import BINARY, TEXT, kind_of_text
from sanitizers.detect.signature import OLE, ZIP, by_signature
from sanitizers.model import Part
from sanitizers.names import extension

__all__ = ["UNKNOWN", "dangerous", "detect", "family", "mismatched"]

UNKNOWN = "application/octet-stream"

_ICHITARO, _DOCUWORKS = "application/x-ichitaro", "application/vnd.fujixerox.docuworks"
_BY_NAME = {
    ".tga": "image/x-tga",  # its first version
    ".dib": "image/x-dib",  # a BMP without the file's header
    ".xdw": _DOCUWORKS,
    ".xbd": _DOCUWORKS + ".binder",
    ".xct": _DOCUWORKS + ".container",
    **dict.fromkeys((".jtd", ".jtt", ".jtdc", ".jttc", ".jtsd"), _ICHITARO),
    **dict.fromkeys((".jsw", ".jaw", ".jtw", ".jbw", ".juw", ".jfw", ".jvw"), _ICHITARO),  # before version 8
}
_PDF_LEEWAY = 1024  # PDF 32000-1 Annex H.3.4.1: readers look for the header in so many bytes


_ELSEWHERE = ("message/partial", "message/external-body")  # M12: what we hold is not what a reader would see


def detect(content: bytes, part: Part) -> str:
    """The media type of `content`; `part` speaks only where content alone cannot (CSV, plain text, a bare mail)."""
    if part.declared in _ELSEWHERE:
        return part.declared
    if content.startswith(ZIP):
        return inside_zip(content)
    if content.startswith(OLE):
        return _named(inside_ole(content), part)
    if found := by_signature(content):
        return found
    kind = kind_of_text(content, part, extension(part.name))
    if kind in (BINARY, TEXT) and _late_pdf(content):
        return "application/pdf"
    return kind or _named(UNKNOWN, part)


def _named(found: str, part: Part) -> str:
    """Formats without a published signature, when content is no other format: none of them is delivered on its name's word."""
    return _BY_NAME.get(extension(part.name), found) if found in (UNKNOWN, OLE_TYPE) else found


def _late_pdf(content: bytes) -> bool:
    """Printers and scanners put bytes before the header.  Only with a PDF's end, so that a text about PDF stays text."""
    return content.find(b"%PDF-", 0, _PDF_LEEWAY) > 0 and b"%%EOF" in content[-_PDF_LEEWAY:]
