"""OpenDocument: odt, ods, odp, odg, their templates, formulas, and the flat variants in one XML file (formats.md 1).

`rebuild` walks the package, `package` reads and writes it, `vocabulary` and `extension` say which names may be in it;
`content`, `formula`, `reference` and `meta` judge the values.  Raises `Refused`; databases, master documents and other
types are not here.
"""

from __future__ import annotations

from sanitizers import names
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Treatment, Verdict
from sanitizers.odf.package import Package
from sanitizers.odf.rebuild import OPEN, Rebuild

FLAT = "application/x-flat-opendocument"
_KINDS = ("text", "spreadsheet", "presentation", "graphics")
MEDIA_TYPES = frozenset(
    {*(OPEN + kind for kind in _KINDS), *(f"{OPEN}{kind}-template" for kind in _KINDS), OPEN + "formula", FLAT}
)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """Rebuild one document; a template becomes a document, a flat file stays flat."""
    findings = Findings()
    rebuild = Rebuild(job.profile.limits, job.profile.switches.office, findings)
    if detected == FLAT:
        output, body = rebuild.flat(content)
    else:
        output, body = rebuild.package(Package(content, job.profile.limits))
    if body.removeprefix(OPEN) not in (*_KINDS, "formula"):
        raise Refused(Reason.TYPE_NOT_ALLOWED, body, Verdict.WITHHELD, findings.all())
    if detected not in (body, body + "-template", FLAT):
        raise Refused(Reason.TYPE_MISMATCH, f"{detected} with the body of {body}", Verdict.FAILED, findings.all())
    media_type = f"{body}-flat-xml" if detected == FLAT else body
    if detected.endswith("-template"):
        findings.add(Kind.CONVERTED, "", f"{detected} to a document", Treatment.REPLACED)
    name = names.with_extension(part.name or "無題", media_type)
    return Outcome(findings.verdict(), detected, output, media_type, name, findings.all())
