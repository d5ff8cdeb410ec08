"""File names that deceive nobody: one safe, Japanese, displayable name (security.md F1-F3, J7, J23).

A name from outside is never used as a path; it is rebuilt from what may be shown.  NFKC serves the checks only, the
delivered name keeps its own characters.  Which content is dangerous is not decided here: `detect` looks at the bytes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from sanitizers.charset import clean

MAX_BYTES = 200  # of UTF-8: NTFS allows 255 units and eCryptfs 143 characters; a browser adds "(1)", a clerk a prefix
_MAX_EXTENSION = 20  # characters: longer is part of the title

_OPENXML = "application/vnd.openxmlformats-officedocument."

# Media type -> extensions that it may bear, the canonical one first
EXTENSIONS: dict[str, tuple[str, ...]] = {
    _OPENXML + "wordprocessingml.document": (".docx",),
    _OPENXML + "wordprocessingml.template": (".dotx",),
    _OPENXML + "spreadsheetml.sheet": (".xlsx",),
    _OPENXML + "spreadsheetml.template": (".xltx",),
    _OPENXML + "presentationml.presentation": (".pptx",),
    _OPENXML + "presentationml.slideshow": (".ppsx",),
    _OPENXML + "presentationml.template": (".potx",),
    "application/vnd.oasis.opendocument.text": (".odt",),
    "application/vnd.oasis.opendocument.spreadsheet": (".ods",),
    "application/vnd.oasis.opendocument.presentation": (".odp",),
    "application/vnd.oasis.opendocument.graphics": (".odg",),
    "application/vnd.oasis.opendocument.formula": (".odf",),
    "application/vnd.oasis.opendocument.text-flat-xml": (".fodt",),
    "application/vnd.oasis.opendocument.spreadsheet-flat-xml": (".fods",),
    "application/vnd.oasis.opendocument.presentation-flat-xml": (".fodp",),
    "application/vnd.oasis.opendocument.graphics-flat-xml": (".fodg",),
    "application/pdf": (".pdf",),
    "application/zip": (".zip",),
    "application/json": (".json",),
    "application/xml": (".xml",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/png": (".png",),
    "image/gif": (".gif",),
    "image/bmp": (".bmp", ".dib"),
    "image/tiff": (".tif", ".tiff"),
    "image/webp": (".webp",),
    "image/vnd.dxf": (".dxf",),
    "application/x-sxf": (".sfc", ".p21", ".stp", ".step"),
    "message/rfc822": (".eml",),
    "text/plain": (".txt", ".text", ".log", ".md"),
    "text/csv": (".csv",),
    "text/tab-separated-values": (".tsv",),
    "text/calendar": (".ics",),
    "text/vcard": (".vcf",),
    "text/html": (".html", ".htm"),
    "text/xml": (".xml",),
}

# What a double click runs, or hands to something that runs it (F1, F10)
_RUN = """
    ade adp app appinstaller application appref-ms appx asp bas bat chm cmd com cpl crt desktop diagcab dll dmg exe
    gadget hta inf img ins iqy iso isp jar jnlp js jse ksh library-ms lnk mde msc msh msi msix msp mst one pif pl ppa
    prg ps1 ps2 psc1 py pyc pyw rdp reg scf scr sct search-ms searchconnector-ms settingcontent-ms sh shb shs slk theme
    url vb vbe vbs vhd vhdx website wll ws wsc wsf wsh xbap xll xnk
"""
# What comes in under one extension and goes out under another
_CONVERTED = """
    7z ai avif bin bz2 cab cur dat dds doc docm dot dotm emf emz gz heic heif htm html icns ico ini jp2 jtd jtdc jtt
    jttc lha lzh mht mhtml msg odt ods odp otg ott ots otp pbm pcx pgm pnm pot potm ppam ppm pps ppsm ppt pptm psd qoi
    rar ras rtf sgi sql svg tar tga tgz tmp txz wmf wmz wps xbd xct xdw xhtml xlam xls xlsb xlsm xlt xltm xz yaml yml
"""
PROGRAMS = frozenset(f".{word}" for word in _RUN.split())
_KNOWN = PROGRAMS.union((f".{word}" for word in _CONVERTED.split()), *EXTENSIONS.values())

_DEVICES = re.compile(r"(?:CON|PRN|AUX|NUL|CLOCK\$|CONIN\$|CONOUT\$|COM[0-9]|LPT[0-9])\Z", re.ASCII)
_WIDE = str.maketrans('<>:"|?*', "＜＞：”｜？＊")  # Windows forbids the narrow ones; a reader sees the same sign
_PADDING = re.compile(r"[\s\u2800]{5,}")  # spaces that push the real extension out of sight
_CLASS_ID = re.compile(r"\.\{[0-9A-Fa-f-]{36}\}")  # Windows hides it and opens with that class


@dataclass(frozen=True, slots=True)
class SafeName:
    """`reason` says in English what was deceptive or merely changed; empty when the name is as it came."""

    name: str
    deceptive: bool
    reason: str


def extension(name: str) -> str:
    """The last extension as Windows would see it: lower case, with its dot, "" if none.  Full-width forms count (F2)."""
    visible = unicodedata.normalize("NFKC", clean(name)[0]).partition("::")[0].rstrip(". \t\n")
    dot = visible.rfind(".")
    found = visible[dot:].lower() if dot >= 0 else ""
    return found if 1 < len(found) <= _MAX_EXTENSION and not re.search(r"[\s/\\]", found) else ""


def with_extension(name: str, media_type: str) -> str:
    """`name` for content of `media_type`: an accepted extension stays, a known other one gives way, else one is added."""
    accepted = EXTENSIONS.get(media_type, (".bin",))
    found = extension(name)
    if found in accepted and name.lower().endswith(found):
        return name
    stem = name[: _last_dot(name)] if found in _KNOWN else name
    return _fit(stem, accepted[0])


def safe(candidates: Sequence[str], fallback: str = "無題") -> SafeName:
    """The first usable name of `candidates`, made safe; deceptive also when they disagree about the extension (J9).

    Never empty, a path, or longer than MAX_BYTES of UTF-8; the extension survives the cut."""
    usable = [candidate for candidate in candidates if candidate.strip(" .\t\r\n\0")]
    tricks = _Tricks()
    tricks.if_(len({extension(candidate) for candidate in usable}) > 1, "names differ: " + ", ".join(usable)[:120])
    name = _rebuilt(usable[0], tricks) if usable else ""
    stem, suffix = (name[: _last_dot(name)], name[_last_dot(name) :]) if extension(name) else (name, "")
    if not stem.strip(" ._"):
        stem = fallback
    return SafeName(_fit(stem, suffix), bool(tricks.found), "; ".join(tricks.found))


class _Tricks:
    def __init__(self) -> None:
        self.found: list[str] = []

    def if_(self, deceptive: bool, reason: str) -> None:
        if deceptive:
            self.found.append(reason)


def _rebuilt(raw: str, tricks: _Tricks) -> str:
    name, invisible = clean(raw[:4096])  # characters: no reader shows more
    tricks.if_(bool(invisible), "invisible or direction-changing characters")
    name = re.split(r"[/\\]", re.sub(r"[/\\\s.]+\Z", "", name))[-1]
    tricks.if_(bool(_CLASS_ID.search(name)), "class id as extension")
    name = _CLASS_ID.sub("", name)
    tricks.if_("::" in name, "alternate data stream")
    name = name.partition("::")[0]
    tricks.if_(bool(_PADDING.search(name)), "padding spaces")
    name = re.sub(r"\s+", " ", name).strip(" ").lstrip(".").rstrip(". ")
    name = _narrow_extension(name.translate(_WIDE), tricks)
    name = _single_extension(name, tricks)
    device = _DEVICES.match(unicodedata.normalize("NFKC", name.partition(".")[0]).strip().upper())
    tricks.if_(device is not None, "name of a device")
    return f"_{name}" if device else name


def _narrow_extension(name: str, tricks: _Tricks) -> str:
    """資料．ｅｘｅ -> 資料.exe: what reads as an extension is one, in plain letters."""
    found = extension(name)
    if found not in _KNOWN or name.lower().endswith(found):
        return name
    tricks.if_(True, "full-width extension")
    return name[: _last_dot(name)] + found


def _single_extension(name: str, tricks: _Tricks) -> str:
    """請求書.pdf.exe and setup.exe.pdf: a program's extension next to another is a lie on one of the two sides."""
    last = _last_dot(name)
    inner = extension(name[:last]) if last > 0 else ""
    if inner not in _KNOWN or (inner not in PROGRAMS and extension(name) not in PROGRAMS):
        return name
    tricks.if_(True, "double extension")
    before = _last_dot(name[:last])
    return f"{name[:before]}_{name[before + 1 :]}"


def _last_dot(name: str) -> int:
    """Position of the dot of the extension; the end of the name when it has none."""
    dot = max((name.rfind(dot) for dot in ".．﹒․"), default=-1)
    return dot if dot >= 0 else len(name)


def _fit(stem: str, suffix: str) -> str:
    room = MAX_BYTES - len(suffix.encode())
    cut = stem.encode()[:room].decode("utf-8", "ignore") if len(stem.encode()) > room else stem
    while len(cut) < len(stem) and cut and unicodedata.combining(stem[len(cut)]):
        cut = cut[:-1]  # not between a letter and its mark
    return cut.rstrip(" .") + suffix
