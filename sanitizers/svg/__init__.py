"""SVG: cut down to what draws, drawn by resvg, delivered as the PNG that came of it (formats.md 6, D11).

`prune` keeps an allow-list of elements and attributes without any place outside the file, `draw` turns that into pixels in
a worker of its own that can read fonts, and `image` rebuilds the pixels.  No byte of the drawing is delivered.  Raises
Refused: CORRUPT, FORBIDDEN_CONSTRUCT (entities), LIMIT_DEPTH, LIMIT_PARTS, LIMIT_PIXELS.
"""

from __future__ import annotations

from sanitizers import image, names
from sanitizers.detect import mismatched
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Task, Treatment
from sanitizers.svg import prune

MEDIA_TYPES = ("image/svg+xml",)

__all__ = ["MEDIA_TYPES", "sanitise"]


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """One PNG, at twice the size that the drawing gives itself where that is small enough."""
    findings = Findings()
    drawn = job.ask(Task.DRAW, prune.pruned(content, job.profile.limits, findings))
    picture = image.recode(drawn, job.profile.limits, findings, "")
    findings.add(Kind.VECTOR_IMAGE, "", "SVG drawn as PNG", Treatment.REPLACED)
    if ending := mismatched(detected, part.names or (part.name,)):
        findings.add(Kind.TYPE_MISMATCH, "", f"named {ending}, is {detected}", Treatment.KEPT)
    name = names.with_extension(part.name or "図", picture.media_type)
    return Outcome(findings.verdict(), detected, picture.content, picture.media_type, name, findings.all())
