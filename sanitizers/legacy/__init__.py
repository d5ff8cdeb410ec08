"""Old Office formats (doc, xls, ppt, RTF, xlsb, the XML of 2003): LibreOffice makes OOXML of them, and that is rebuilt
(formats.md 2 and 3).

What LibreOffice wrote is never delivered as it is: it keeps embedded objects and Excel-4 macros.  `look` says what the
document held, since a conversion drops it without a word; `locked` opens what has a password, OOXML included.  Raises
`Refused`: ENCRYPTED and WRONG_PASSWORD as LOCKED, NO_CONVERTER as WITHHELD, and what `ooxml` raises.
"""

from __future__ import annotations

from dataclasses import replace

from sanitizers import conversion, ooxml, plain
from sanitizers.conversion import SUCCESSORS, Source
from sanitizers.job import Findings, Job
from sanitizers.legacy import locked, look
from sanitizers.model import Finding, Kind, Method, Outcome, Part, Reason, Refused, Task, Treatment, Verdict

PACKAGE = "application/x-ole-encrypted-package"  # [MS-OFFCRYPTO] 2.3: an OOXML document inside an OLE file
SOURCES = conversion.OLD | {
    "application/rtf": Source.RTF,
    "application/vnd.ms-excel.sheet.binary.macroEnabled.12": Source.XLSB,
    "application/x-ms-word-2003+xml": Source.WORDML,
    "application/x-ms-excel-2003+xml": Source.SHEETML,
}
MEDIA_TYPES = frozenset({PACKAGE, *SOURCES})


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """One document as docx, xlsx or pptx."""
    if detected == PACKAGE or locked.is_locked(content, SOURCES[detected]):
        return _unlocked(content, part, detected, job)
    findings = Findings()
    new = converted(content, detected, job, findings)
    rebuild = plain.sanitise if job.profile.method is Method.TEXT else ooxml.sanitise
    outcome = rebuild(new, part, conversion.MEDIA_TYPES[SUCCESSORS[SOURCES[detected]]], job)
    return replace(outcome, verdict=Verdict.SANITISED, detected=detected, findings=findings.all() + outcome.findings)


def converted(content: bytes, detected: str, job: Job, findings: Findings) -> bytes:
    """What LibreOffice makes of an old document without password, as hostile as that was.  Raises Refused, also for a locked
    one that LibreOffice could open: no scanner saw what is in it."""
    source = SOURCES[detected]
    if locked.is_locked(content, source):
        raise Refused(Reason.ENCRYPTED, f"{source} with a password", Verdict.LOCKED)
    target = SUCCESSORS[source]
    look.report(content, source, job.profile.limits, findings)
    findings.add(Kind.CONVERTED, "", f"{source} to {target}", Treatment.REPLACED)
    return job.ask(Task.CONVERT, conversion.request(source, target, content))


def _unlocked(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """The document without its password is a new content: it is scanned and treated like any other."""
    opened, is_built_in = locked.opened(content, job.profile.passwords)
    if opened == content:
        raise Refused(Reason.CORRUPT, "decryption changed nothing")
    inner = job.child(opened, replace(part, path=f"{part.path}/1", declared=""))
    if inner.output is None:
        raise Refused(inner.reason or Reason.CRASHED, inner.detail, inner.verdict, inner.findings)
    how = "a password built into Office" if is_built_in else "the password"
    without = Finding(Kind.CONVERTED, "", f"opened with {how}; the copy has none", Treatment.REPLACED)
    return replace(inner, verdict=Verdict.SANITISED, detected=detected, findings=(without,))
