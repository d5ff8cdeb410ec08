"""The task CONVERT as both sides of the wall know it: which old formats LibreOffice turns into which new ones.

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


@dataclass(frozen=True, slots=True)
class Target:
    extension: str
    media_type: str
    filter: str  # LibreOffice's name of it


_OPEN = "application/vnd.openxmlformats-officedocument."
_WORD = Target("docx", _OPEN + "wordprocessingml.document", "MS Word 2007 XML")
_EXCEL = Target("xlsx", _OPEN + "spreadsheetml.sheet", "Calc MS Excel 2007 XML")
_POWERPOINT = Target("pptx", _OPEN + "presentationml.presentation", "Impress MS PowerPoint 2007 XML")

TARGETS = {
    Source.DOC: _WORD,
    Source.XLS: _EXCEL,
    Source.PPT: _POWERPOINT,
    Source.RTF: _WORD,
    Source.XLSB: _EXCEL,
}
_LONGEST = max(map(len, Source))


def request(source: Source, content: bytes) -> bytes:
    return source.encode() + b"\n" + content


def untrusted_request(request: bytes) -> tuple[Source, bytes]:
    """Raises Refused(CRASHED) for what no honest sanitiser asks."""
    known = {source.encode(): source for source in Source}
    name, newline, _ = request[: _LONGEST + 1].partition(b"\n")
    if name not in known or not newline:
        raise Refused(Reason.CRASHED, "a conversion that does not exist")
    return known[name], request[len(name) + 1 :]
