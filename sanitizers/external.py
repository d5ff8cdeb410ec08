"""Formats that no rebuilder reads: by a converter that the administrator provides, else printed to PDF by LibreOffice.

DocuWorks, Jw_cad, DWG and Hangul have the first only; Visio, Publisher and the others of `conversion.READABLE` the second, too.
Both run behind LibreOffice's lock (`gateway/office.py`).  What the administrator's program makes is a new content of any kind,
scanned and treated in a fresh worker like a file that came by mail; LibreOffice's PDF is rebuilt here.  Raises Refused:
NO_CONVERTER as WITHHELD where there is none, and what the PDF's rebuilders raise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sanitizers import pdf, picture_pdf, plain, unknown
from sanitizers.conversion import EXTERNAL, READABLE, Target, external_request, request
from sanitizers.conversion import MEDIA_TYPES as CONVERTED
from sanitizers.job import Findings, Job
from sanitizers.legacy import look
from sanitizers.model import Finding, Kind, Method, Outcome, Part, Reason, Refused, Task, Treatment, Verdict
from sanitizers.names import extension

MEDIA_TYPES = EXTERNAL

_REBUILDERS: dict[Method, Callable[[bytes, Part, str, Job], Outcome]] = {
    Method.REBUILD: pdf.sanitise,
    Method.IMAGE: picture_pdf.sanitise,
    Method.TEXT: plain.sanitise,
}


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """What a converter makes of it, under the name that it came with."""
    stem = part.name[: len(part.name) - len(extension(part.name))] or "無題"
    try:
        converted = job.ask(Task.EXTERNAL, external_request(detected, content))
    except Refused as refusal:
        if refusal.reason is not Reason.NO_CONVERTER:
            raise
        if detected in READABLE:
            return _printed(content, replace(part, name=stem), detected, job)
        raise Refused(refusal.reason, f"{unknown.called(detected)} [{detected}]", Verdict.WITHHELD) from refusal
    inner = job.child(converted, Part(f"{part.path}/1", stem, ""))
    if inner.output is None:
        raise Refused(inner.reason or Reason.CRASHED, inner.detail, inner.verdict, inner.findings)
    made = Finding(Kind.CONVERTED, "", f"{unknown.called(detected)} by the external converter", Treatment.REPLACED)
    return replace(inner, verdict=Verdict.SANITISED, detected=detected, findings=(made,))


def _printed(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    findings = Findings()  # of the file; those of LibreOffice's PDF are nobody's
    source = READABLE[detected]
    look.report(content, source, job.profile.limits, findings)
    printed = job.ask(Task.CONVERT, request(source, Target.PDF, content))
    findings.add(Kind.CONVERTED, "", f"{unknown.called(detected)} printed to PDF", Treatment.REPLACED)
    outcome = _REBUILDERS[job.profile.method](printed, part, CONVERTED[Target.PDF], job)
    return replace(outcome, verdict=Verdict.SANITISED, detected=detected, findings=findings.all())
