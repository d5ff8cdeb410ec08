"""Method `image` for what is no PDF: rebuilt first, printed to PDF by LibreOffice, and then pages as pictures (SAN-05).

`office` prints a document, `text` whatever leaves as text.  What is found and which switches hold is the rebuilder's matter;
the PDF that LibreOffice writes is as hostile as any.  Raises Refused: NO_CONVERTER as WITHHELD, and what rebuilder,
`picture_pdf` and limits raise.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from xml.sax.saxutils import escape

from sanitizers import conversion, picture_pdf
from sanitizers.conversion import MEDIA_TYPES, Source, Target
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Task, Treatment, Verdict

_OPEN = "application/vnd.oasis.opendocument."
_KINDS = {"text": (Source.ODT, Source.FODT), "spreadsheet": (Source.ODS, Source.FODS)}
_KINDS |= {"presentation": (Source.ODP, Source.FODP), "graphics": (Source.ODG, Source.FODG)}
_SOURCES = {
    MEDIA_TYPES[Target.DOCX]: Source.DOCX,
    MEDIA_TYPES[Target.XLSX]: Source.XLSX,
    MEDIA_TYPES[Target.PPTX]: Source.PPTX,
    **{_OPEN + kind: package for kind, (package, _) in _KINDS.items()},
    **{f"{_OPEN}{kind}-flat-xml": flat for kind, (_, flat) in _KINDS.items()},
}

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document xmlns:office="{_OASIS}:office:1.0"'
    f' xmlns:style="{_OASIS}:style:1.0" xmlns:fo="{_OASIS}:xsl-fo-compatible:1.0" xmlns:text="{_OASIS}:text:1.0"'
    f' office:version="1.2" office:mimetype="{_OPEN}text"><office:styles><style:default-style style:family="paragraph">'
    '<style:text-properties style:font-name="IPAGothic" style:font-name-asian="IPAGothic" fo:font-size="10pt"'
    ' style:font-size-asian="10pt" fo:language="ja" fo:country="JP"/></style:default-style></office:styles>'
    '<office:automatic-styles><style:page-layout style:name="L"><style:page-layout-properties fo:page-width="21cm"'
    ' fo:page-height="29.7cm" fo:margin="2cm"/></style:page-layout></office:automatic-styles>'
    '<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="L"/></office:master-styles>'
    "<office:body><office:text>"
)
_TAIL = b"</office:text></office:body></office:document>"
_SPACES = re.compile(" {2,}|^ ")
_MARK = "\ufeff"

Sanitiser = Callable[[bytes, Part, str, Job], Outcome]


def office(rebuild: Sanitiser, content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """A document, as it would come out of a printer."""
    rebuilt = rebuild(content, part, detected, job)
    source = _SOURCES.get(rebuilt.media_type)
    if source is None:
        raise Refused(Reason.NO_CONVERTER, f"{rebuilt.media_type} is not printed", Verdict.WITHHELD, rebuilt.findings)
    assert rebuilt.output is not None  # a sanitiser that does not deliver raises
    return _printed(source, rebuilt.output, rebuilt, part, job)


def text(rebuild: Sanitiser, content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """Lines on A4."""
    read = rebuild(content, part, detected, job)
    assert read.output is not None
    return _printed(Source.FODT, _document(read.output.decode()), read, part, job)


def _printed(source: Source, content: bytes, rebuilt: Outcome, part: Part, job: Job) -> Outcome:
    drawn = job.ask(Task.CONVERT, conversion.request(source, Target.PDF, content))
    pictured = picture_pdf.sanitise(drawn, replace(part, name=rebuilt.name), "application/pdf", job)
    findings = Findings()  # of the document; those of LibreOffice's PDF are nobody's
    for finding in rebuilt.findings:
        findings.add(finding.kind, finding.where, finding.detail, finding.treatment)
    findings.add(Kind.CONVERTED, "", "printed, pages as pictures", Treatment.REPLACED)
    return replace(pictured, verdict=findings.verdict(), detected=rebuilt.detected, findings=findings.all())


def _document(text: str) -> bytes:
    lines = text.removeprefix(_MARK).replace("\f", "\n").splitlines()
    return _HEAD.encode() + b"".join(f"<text:p>{_inline(line)}</text:p>".encode() for line in lines) + _TAIL


def _inline(line: str) -> str:
    """ODF 1.2 6.1.2: white space would collapse."""
    spaced = _SPACES.sub(lambda spaces: f'<text:s text:c="{len(spaces[0])}"/>', escape(line))
    return spaced.replace("\t", "<text:tab/>")
