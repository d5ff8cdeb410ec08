"""OOXML: docx, xlsx, pptx and their macro, template and add-in variants, rebuilt without anything active (formats.md 1).

`rebuild` walks the package, `opc` reads and writes it; `parts`, `relationships` and `allowlist` say what may be in it;
`word`, `sheet`, `slide`, `embedded`, `fields`, `formula`, `links`, `media` and `properties` know the languages inside.  Raises
`Refused`.  Encrypted documents are OLE files and binary workbooks (xlsb) have no XML: both are `legacy`'s.
"""

from __future__ import annotations

from sanitizers import names, signature
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Treatment
from sanitizers.ooxml.opc import Package
from sanitizers.ooxml.rebuild import Rebuild, Room
from sanitizers.signature import package as signed

_OPEN = "application/vnd.openxmlformats-officedocument."
_SHOWS = ("presentation", "template", "slideshow", "addin", "slide")
MEDIA_TYPES = frozenset(
    {
        *(_OPEN + f"wordprocessingml.{name}" for name in ("document", "template")),
        *(_OPEN + f"spreadsheetml.{name}" for name in ("sheet", "template")),
        *(_OPEN + f"presentationml.{name}" for name in ("presentation", "template", "slideshow", "slide")),
        *(f"application/vnd.ms-word.{name}.macroEnabled.12" for name in ("document", "template")),
        *(f"application/vnd.ms-excel.{name}.macroEnabled.12" for name in ("sheet", "template", "addin")),
        *(f"application/vnd.ms-powerpoint.{name}.macroEnabled.12" for name in _SHOWS),
    }
)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """Rebuild one document as docx, xlsx or pptx."""
    findings = Findings()
    package = Package(content, job.profile.limits)
    signatures = signed.signatures(package, job.profile.anchors)
    signature.report(signatures, signed.FOLDER, findings)
    output, main = Rebuild(package, job, findings, Room(job.profile.limits)).run()
    if main.media_type != detected:
        findings.add(Kind.CONVERTED, "", f"{detected} to {main.extension}", Treatment.REPLACED)
    name = names.with_extension(part.name or "無題", main.media_type)
    return Outcome(findings.verdict(), detected, output, main.media_type, name, findings.all(), signatures=signatures)
