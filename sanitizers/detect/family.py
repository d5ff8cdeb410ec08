"""Which types and extensions belong together: a .doc that is a docx was renamed, a .pdf that is a ZIP pretends.

A family decides nothing but the word in the report (SAN-05); content alone chooses the sanitiser.  Raises nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from sanitizers.names import PROGRAMS, extension

_WORDS = ("wordprocessingml", "msword", "ms-word", "opendocument.text", "rtf", "x-ichitaro", "ms-works")
_SHEETS = ("spreadsheetml", "ms-excel", "opendocument.spreadsheet", "x-sylk")
_SLIDES = ("presentationml", "ms-powerpoint", "opendocument.presentation")
_ARCHIVES = ("zip", "x-7z", "rar", "lzh", "cab", "tar", "x-xz", "x-compress", "zstd", "arj", "ace", "cpio", "iso9660")
_MAILS = ("message/", "application/mbox", "ms-outlook", "ms-tnef")
_EXTENSIONS = {
    "pdf": "pdf",
    "word": "doc docx docm dot dotx dotm rtf odt ott wps jtd jtdc jtt jttc",
    "sheet": "xls xlsx xlsm xlsb xlt xltx xltm xlam ods ots slk",
    "slide": "ppt pptx pptm pps ppsx ppsm pot potx potm odp otp",
    "picture": "jpg jpeg jpe jfif png gif bmp dib tif tiff webp avif jp2 j2k heic heif ico cur icns psd svg emf wmf mpo"
    " pcx tga pbm pgm ppm pnm sgi ras dds qoi",
    "archive": "zip 7z rar lzh lha cab tar gz tgz bz2 tbz2 xz txz zst arj ace",
    "mail": "eml msg mbox dat tnef",
    "text": "txt text log md csv tsv html htm xhtml xml json ics vcf ini conf yaml yml",
}
_BY_EXTENSION = {f".{ending}": family for family, endings in _EXTENSIONS.items() for ending in endings.split()}


def family(media_type: str) -> str:
    """`word`, `sheet`, `slide`, `picture`, `archive`, `mail`, `text`, `pdf`, or the media type when it stands alone."""
    for name, words in (("word", _WORDS), ("sheet", _SHEETS), ("slide", _SLIDES)):
        if any(word in media_type for word in words):
            return name
    if media_type.startswith("image/"):
        return "picture"
    if media_type.startswith(_MAILS) or any(word in media_type for word in _MAILS[2:]):
        return "mail"
    if media_type.startswith("text/") or media_type == "application/json":
        return "text"
    if media_type == "application/pdf":
        return "pdf"
    return "archive" if any(word in media_type for word in _ARCHIVES) else media_type


def mismatched(media_type: str, names: Iterable[str]) -> str:
    """The first extension that promises another family than the content is of, or "".  An unknown one promises nothing."""
    for ending in map(extension, names):
        promised = "program" if ending in PROGRAMS else _BY_EXTENSION.get(ending, "")
        if promised and promised != family(media_type):
            return ending
    return ""


def dangerous(names: Iterable[str]) -> str:
    """The first extension that a double click would run (security.md F10), or "": the worst name decides (J9)."""
    return next((ending for ending in map(extension, names) if ending in PROGRAMS), "")
