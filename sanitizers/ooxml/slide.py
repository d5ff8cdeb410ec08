"""Presentations: embedded objects become their picture, animations stay if all of them can.

ISO/IEC 29500-1 clause 19.  A timing tree points to shapes and media by number: with one of them gone PowerPoint would
offer a repair, so the whole tree goes with it.
"""

from __future__ import annotations

from lxml.etree import SubElement

from sanitizers.job import Findings
from sanitizers.model import Kind, Treatment
from sanitizers.ooxml import word, xml
from sanitizers.ooxml.allowlist import A, P, strict, tags

_FRAME, _OBJECT, _PICTURE, _TIMING, _SHAPE = (tags(P, name) for name in ("graphicFrame", "oleObj", "pic", "timing", "cNvPr"))
_CONTAINERS = tags(P, "childTnLst", "subTnLst", "cMediaNode", "tnLst", "tgtEl")


def before(root: xml.Element, where: str, findings: Findings) -> None:
    if root.get("show") in ("0", "false"):
        findings.add(Kind.HIDDEN_CONTENT, where, "hidden slide", Treatment.KEPT)
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
    """The picture of the object, if it has one (since PowerPoint 2010 it lies inside the object itself), else words."""
    picture = next(frame.iter(*_PICTURE), None)
    found = "preview picture kept" if picture is not None else "object without preview"
    findings.add(Kind.EMBEDDED_OBJECT, where, found, Treatment.REPLACED)
    xml.replace(frame, picture if picture is not None else _text_box(frame))


def _text_box(frame: xml.Element) -> xml.Element:
    """A box of the object's size that says what was here (19.3.1.43)."""
    slide = xml.namespace(frame)
    drawing = A if slide == P else strict(A)
    box = frame.makeelement(f"{{{slide}}}sp")
    naming = SubElement(box, f"{{{slide}}}nvSpPr")
    name = next(frame.iter(*_SHAPE), None)
    SubElement(naming, f"{{{slide}}}cNvPr", id=name.get("id", "0") if name is not None else "0", name=word.PLACEHOLDER)
    SubElement(naming, f"{{{slide}}}cNvSpPr")
    SubElement(naming, f"{{{slide}}}nvPr")
    shape = SubElement(box, f"{{{slide}}}spPr")
    for place in frame.findall(f"{{{slide}}}xfrm"):
        place.tag = f"{{{drawing}}}xfrm"
        shape.append(place)
    SubElement(SubElement(shape, f"{{{drawing}}}prstGeom", prst="rect"), f"{{{drawing}}}avLst")
    body = SubElement(box, f"{{{slide}}}txBody")
    SubElement(body, f"{{{drawing}}}bodyPr")
    run = SubElement(SubElement(body, f"{{{drawing}}}p"), f"{{{drawing}}}r")
    SubElement(run, f"{{{drawing}}}t").text = word.PLACEHOLDER
    return box
