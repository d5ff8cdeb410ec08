"""The tasks CONVERT and EXTERNAL as both sides of the wall know them: which formats become which others.

A sanitiser writes the `request`; the supervisor reads no more of it than its first line, with `untrusted_request`, and
gives the rest to LibreOffice as it is (`gateway/office.py`).  The result is as hostile as the document was.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sanitizers.model import Reason, Refused


class Source(StrEnum):
    """The value is the extension by which LibreOffice is told what to expect."""

    DOC = "doc"
    XLS = "xls"
    PPT = "ppt"
    RTF = "rtf"
    XLSB = "xlsb"
    WORDML = "wordml"  # Office 2003's XML: LibreOffice knows it by its content
    SHEETML = "sheetml"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    ODG = "odg"
    FODT = "fodt"
    FODS = "fods"
    FODP = "fodp"
    FODG = "fodg"
    VSD = "vsd"
    VSDX = "vsdx"
    PUB = "pub"
    WPD = "wpd"
    WPS = "wps"
    WRI = "wri"
    IWORK = "pages"
    STAROFFICE = "sda"


class Target(StrEnum):
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    PDF = "pdf"


@dataclass(frozen=True, slots=True)
class Conversion:
    source: Source
    target: Target

    @property
    def filter(self) -> str:
        """LibreOffice's name of the export; "" where it chooses by what it has read."""
        return _FILTERS[self]

    @property
    def media_type(self) -> str:
        return MEDIA_TYPES[self.target]


_OPEN = "application/vnd.openxmlformats-officedocument."
MEDIA_TYPES = {
    Target.DOCX: _OPEN + "wordprocessingml.document",
    Target.XLSX: _OPEN + "spreadsheetml.sheet",
    Target.PPTX: _OPEN + "presentationml.presentation",
    Target.PDF: "application/pdf",
}
OLD = {  # compound files ([MS-CFB]), the only ones of them that Office puts into other documents
    "application/msword": Source.DOC,
    "application/vnd.ms-excel": Source.XLS,
    "application/vnd.ms-powerpoint": Source.PPT,
}
SUCCESSORS = {  # of each old format
    Source.DOC: Target.DOCX,
    Source.XLS: Target.XLSX,
    Source.PPT: Target.PPTX,
    Source.RTF: Target.DOCX,
    Source.XLSB: Target.XLSX,
    Source.WORDML: Target.DOCX,
    Source.SHEETML: Target.XLSX,
}
_SUCCESSOR_FILTERS = {
    Target.DOCX: "MS Word 2007 XML",
    Target.XLSX: "Calc MS Excel 2007 XML",
    Target.PPTX: "Impress MS PowerPoint 2007 XML",
}
_PRINTED = {
    "writer_pdf_Export": (Source.DOCX, Source.ODT, Source.FODT),
    "calc_pdf_Export": (Source.XLSX, Source.ODS, Source.FODS),
    "impress_pdf_Export": (Source.PPTX, Source.ODP, Source.FODP),
    "draw_pdf_Export": (Source.ODG, Source.FODG),
    "": (*(Source.VSD, Source.VSDX, Source.PUB, Source.WPD, Source.WPS, Source.WRI), Source.IWORK, Source.STAROFFICE),
}
_FILTERS = {Conversion(source, target): _SUCCESSOR_FILTERS[target] for source, target in SUCCESSORS.items()} | {
    Conversion(source, Target.PDF): name for name, sources in _PRINTED.items() for source in sources
}
_BY_NAME = {f"{known.source} {known.target}".encode(): known for known in _FILTERS}
_LONGEST = max(map(len, _BY_NAME))

_VISIO = "application/vnd.ms-visio."
READABLE = {  # what no rebuilder reads and LibreOffice prints
    "application/vnd.visio": Source.VSD,
    **{f"{_VISIO}{kind}{macros}": Source.VSDX for kind in ("drawing", "template") for macros in ("", ".macroEnabled.12")},
    "application/x-mspublisher": Source.PUB,
    "application/vnd.wordperfect": Source.WPD,
    "application/vnd.ms-works": Source.WPS,
    "application/x-mswrite": Source.WRI,
    "application/vnd.apple.iwork": Source.IWORK,
    "application/vnd.stardivision.draw": Source.STAROFFICE,
    "application/vnd.stardivision.writer": Source.STAROFFICE,
    "application/vnd.stardivision.calc": Source.STAROFFICE,
}
EXTERNAL = (  # what an administrator may have a converter for
    "application/vnd.fujixerox.docuworks",
    "application/vnd.fujixerox.docuworks.binder",
    "application/vnd.fujixerox.docuworks.container",
    "application/x-jww",
    "application/dicom",
    "image/vnd.dwg",
    "application/x-hwp",
    *READABLE,
)
_LONGEST_TYPE = max(map(len, EXTERNAL)) + 1


def request(source: Source, target: Target, content: bytes) -> bytes:
    return f"{source} {target}\n".encode() + content


def untrusted_request(request: bytes) -> tuple[Conversion, bytes]:
    """Raises Refused(CRASHED) for what no honest sanitiser asks."""
    name, newline, _ = request[: _LONGEST + 1].partition(b"\n")
    if name not in _BY_NAME or not newline:
        raise Refused(Reason.CRASHED, "a conversion that does not exist")
    return _BY_NAME[name], request[len(name) + 1 :]


def external_request(media_type: str, content: bytes) -> bytes:
    return media_type.encode() + b"\n" + content


def untrusted_external(request: bytes) -> tuple[str, bytes]:
    """Raises Refused(CRASHED) for what no honest sanitiser asks."""
    media_type = request[:_LONGEST_TYPE].partition(b"\n")[0].decode("latin-1")
    if media_type not in EXTERNAL or request[len(media_type) : len(media_type) + 1] != b"\n":
        raise Refused(Reason.CRASHED, "an external conversion that does not exist")
    return media_type, request[len(media_type) + 1 :]
