"""Formats that no free program reads: DocuWorks, Jw_cad, DWG and others, by a converter that the administrator provides.

The task EXTERNAL runs it behind LibreOffice's lock (`gateway/office.py`); what comes back is a new content, scanned and
treated in a fresh worker like any file that came by mail.  Raises Refused: NO_CONVERTER as WITHHELD where none is set up.
"""

from __future__ import annotations

from dataclasses import replace

from sanitizers import unknown
from sanitizers.conversion import EXTERNAL, external_request
from sanitizers.job import Job
from sanitizers.model import Finding, Kind, Outcome, Part, Reason, Refused, Task, Treatment, Verdict
from sanitizers.names import extension

MEDIA_TYPES = EXTERNAL


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """What the converter makes of it, under the name that it came with."""
    try:
        converted = job.ask(Task.EXTERNAL, external_request(detected, content))
    except Refused as refusal:
        if refusal.reason is Reason.NO_CONVERTER:
            raise Refused(refusal.reason, f"{unknown.called(detected)} [{detected}]", Verdict.WITHHELD) from refusal
        raise
    stem = part.name[: len(part.name) - len(extension(part.name))] or "無題"
    inner = job.child(converted, Part(f"{part.path}/1", stem, ""))
    if inner.output is None:
        raise Refused(inner.reason or Reason.CRASHED, inner.detail, inner.verdict, inner.findings)
    made = Finding(Kind.CONVERTED, "", f"{unknown.called(detected)} by the external converter", Treatment.REPLACED)
    return replace(inner, verdict=Verdict.SANITISED, detected=detected, findings=(made,))
