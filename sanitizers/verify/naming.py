"""By which names an accepted file may travel: programs go by the extension, and a page of text called .hta is a program.

A worker names what it contains.  One under foreign control could give the harmless text of a child the name that makes another
program open it: so an extension must be one of the type that the child was accepted as.
"""

from __future__ import annotations

import hashlib

from sanitizers.verify.words import words

_OPENXML = "application/vnd.openxmlformats-officedocument."
_OASIS = "application/vnd.oasis.opendocument."

EXTENSIONS = {  # media type: what files of it are called
    "text/plain": words("txt text log md"),
    "text/csv": words("csv"),
    "text/tab-separated-values": words("tsv"),
    "text/calendar": words("ics"),
    "text/vcard": words("vcf"),
    "application/pdf": words("pdf"),
    "application/zip": words("zip"),
    "message/rfc822": words("eml"),
    "image/jpeg": words("jpg jpeg jpe jfif"),
    "image/png": words("png"),
    "image/gif": words("gif"),
    "image/bmp": words("bmp dib"),
    "image/tiff": words("tif tiff"),
    "image/webp": words("webp"),
    "image/vnd.dxf": words("dxf"),
    "application/x-sxf": words("sfc p21 stp step"),
    _OPENXML + "wordprocessingml.document": words("docx"),
    _OPENXML + "spreadsheetml.sheet": words("xlsx"),
    _OPENXML + "presentationml.presentation": words("pptx"),
    _OASIS + "text": words("odt"),
    _OASIS + "spreadsheet": words("ods"),
    _OASIS + "presentation": words("odp"),
    _OASIS + "graphics": words("odg"),
    _OASIS + "formula": words("odf"),
    _OASIS + "text-flat-xml": words("fodt"),
    _OASIS + "spreadsheet-flat-xml": words("fods"),
    _OASIS + "presentation-flat-xml": words("fodp"),
    _OASIS + "graphics-flat-xml": words("fodg"),
    _OASIS + "formula-flat-xml": words(),  # no program has a name for it: nothing of it travels
}


def fits(name: str, media_type: str) -> bool:
    return name.rpartition(".")[2].lower() in EXTENSIONS.get(media_type, ())


def accepted_as(content: bytes, digests: frozenset[str]) -> frozenset[str]:
    """The media types that this very content was accepted as; `digests` are of the form of `verify`."""
    digest = hashlib.sha256(content).hexdigest()
    return frozenset(known.partition(" ")[2] for known in digests if known.startswith(digest))
