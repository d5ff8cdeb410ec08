"""Documents to plain text (SAN-05, method `text`): every word that a reader of the document sees, and no more, as UTF-8.

The document is rebuilt first, so that passwords, limits and findings are those of its own sanitiser; only the rebuilt one is
read: `pages` reads PDF, `office` docx and pptx, `workbook` xlsx.  Raises Refused as they do, and NO_TEXT (WITHHELD).
HTML, CSV and texts are `html`'s and `text`'s under every method.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sanitizers import charset, ooxml, pdf, text
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Limits, Outcome, Part, Reason, Refused, Treatment, Verdict
from sanitizers.plain import office, pages, workbook
from sanitizers.plain.package import Package

_OPEN = "application/vnd.openxmlformats-officedocument."
_READERS: dict[str, Callable[[bytes, Limits], Iterator[str]]] = {
    "application/pdf": pages.read,
    _OPEN + "wordprocessingml.document": office.document,
    _OPEN + "spreadsheetml.sheet": workbook.read,
    _OPEN + "presentationml.presentation": office.presentation,
}
MEDIA_TYPES = frozenset({"application/pdf"}) | ooxml.MEDIA_TYPES


def is_readable(media_type: str) -> bool:
    return media_type in _READERS


def read(content: bytes, media_type: str, limits: Limits) -> Iterator[str]:
    """Of a rebuilt document: its own words, then those of the documents inside it."""
    yield from _READERS[media_type](content, limits)
    if media_type != "application/pdf":
        for inner_type, inner in Package(content, limits).documents():
            yield "〔中の文書〕"
            yield from read(inner, inner_type, limits)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """One document as .txt; what its own sanitiser found is reported, too."""
    rebuild = pdf.sanitise if detected == "application/pdf" else ooxml.sanitise
    rebuilt = rebuild(content, part, detected, job)
    assert rebuilt.output is not None  # a sanitiser that does not deliver raises
    findings = Findings()
    for finding in rebuilt.findings:
        findings.add(finding.kind, finding.where, finding.detail, finding.treatment)
    limits = job.profile.limits
    words, _ = charset.clean(_joined(read(rebuilt.output, rebuilt.media_type, limits), limits))
    if not words.strip():
        raise Refused(Reason.NO_TEXT, "a document without text", Verdict.WITHHELD, findings.all())
    findings.add(Kind.CONVERTED, "", "document to text", Treatment.REPLACED)
    return text.outcome(words, part, detected, "text/plain", findings)


def _joined(lines: Iterator[str], limits: Limits) -> str:
    """A small document can hold many characters: shared strings, used a million times."""
    room, kept = limits.part_bytes, []
    for line in lines:
        room -= len(line.encode("utf-8", "replace")) + 2
        if room < 0:
            raise Refused(Reason.LIMIT_SIZE, f"text of more than {limits.part_bytes} bytes")
        kept.append(line + "\n")
    return "".join(kept)
