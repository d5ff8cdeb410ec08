"""Presentations: embedded objects become their picture, animations stay if all of them can.

ISO/IEC 29500-1 clause 19.  A timing tree points to shapes and media by number: with one of them gone PowerPoint would
offer a repair, so the whole tree goes with it.
"""

from __future__ import annotations

from sanitizers.job import Findings
from sanitizers.model import Kind, Treatment
from sanitizers.ooxml import xml
from sanitizers.ooxml.allowlist import P, tags

_FRAME, _OBJECT, _PICTURE, _TIMING, _SHAPE = (tags(P, name) for name in ("graphicFrame", "oleObj", "pic", "timing", "cNvPr"))
_CONTAINERS = tags(P, "childTnLst", "subTnLst", "cMediaNode", "tnLst", "tgtEl")


def before(root: xml.Element, where: str, findings: Findings) -> None:
    for frame in list(root.iter(*_FRAME)):
        if next(frame.iter(*_OBJECT), None) is not None:
            _replace_object(frame, where, findings)


def after(root: xml.Element, where: str, findings: Findings) -> None:
    """Runs last: knows which shapes and sounds are left."""
    for timing in list(root.iter(*_TIMING)):
        shapes = {shape.get("id") for shape in root.iter(*_SHAPE)}
        dangling = any(element.get("spid", "0") not in shapes | {"0"} for element in timing.iter())
        empty = any(len(element) == 0 for element in timing.iter(*_CONTAINERS))
        if dangling or empty:
            findings.add(Kind.ACTION, where, "animation of what was removed", Treatment.REMOVED)
            xml.remove(timing)


def _replace_object(frame: xml.Element, where: str, findings: Findings) -> None:
    """The picture of the object, if it has one: since PowerPoint 2010 it lies inside the object itself."""
    picture = next(frame.iter(*_PICTURE), None)
    if picture is None:
        findings.add(Kind.EMBEDDED_OBJECT, where, "object without preview", Treatment.REMOVED)
        xml.remove(frame)
        return
    findings.add(Kind.EMBEDDED_OBJECT, where, "preview picture kept", Treatment.REPLACED)
    xml.replace(frame, picture)
