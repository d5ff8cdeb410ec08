"""Presentations: objects become their picture or hold a rebuilt document, animations stay if all of them can.

ISO/IEC 29500-1 clause 19.  A timing tree points to shapes and media by number: with one of them gone PowerPoint would
offer a repair, so the whole tree goes with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from functools import partial

from lxml.etree import SubElement

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Switches, Treatment, Verdict
from sanitizers.ooxml import word, xml
from sanitizers.ooxml.allowlist import A, O, P, R, V, strict, tags
from sanitizers.ooxml.embedded import LONGEST, Objects, reference

_FRAME, _OBJECT, _PICTURE, _TIMING, _SHAPE = (tags(P, name) for name in ("graphicFrame", "oleObj", "pic", "timing", "cNvPr"))
_SLIDE, _PRESENTATION, _LISTED = (tags(P, name) for name in ("sld", "presentation", "sldId"))
_IN_SECTION = "{http://schemas.microsoft.com/office/powerpoint/2010/main}sldId"
_DATA, _OLE = tags(A, "graphicData"), "http://schemas.openxmlformats.org/presentationml/2006/ole"
_STRICT_OLE = "http://purl.oclc.org/ooxml/presentationml/ole"
_NUMBER = re.compile(r"[0-9]{1,10}")
_CONTAINERS = tags(P, "childTnLst", "subTnLst", "cMediaNode", "tnLst", "tgtEl")


def before(root: xml.Element, where: str, findings: Findings, objects: Objects, preview: Callable[[str], str]) -> None:
    """`preview`: the identifier of the picture that the old drawing of the slide has for a shape, or ""."""
    if is_hidden(root):
        findings.add(Kind.HIDDEN_CONTENT, where, "hidden slide", Treatment.KEPT)
    for frame in list(root.iter(*_FRAME)):
        if next(frame.iter(*_OBJECT), None) is not None:
            _replace_object(frame, where, findings, objects, preview)


def is_hidden(root: xml.Element) -> bool:
    return root.tag in _SLIDE and root.get("show") in ("0", "false")


def after(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    """Runs last: knows which slides, shapes and sounds are left."""
    _choose_slides(root, switches, findings)
    for timing in list(root.iter(*_TIMING)):
        shapes = {shape.get("id") for shape in root.iter(*_SHAPE)}
        dangling = any(element.get("spid", "0") not in shapes | {"0"} for element in timing.iter())
        empty = any(len(element) == 0 for element in timing.iter(*_CONTAINERS))
        if dangling or empty:
            findings.add(Kind.ACTION, where, "animation of what was removed", Treatment.REMOVED)
            xml.remove(timing)


def _choose_slides(root: xml.Element, switches: Switches, findings: Findings) -> None:
    """A presentation: its sections follow the slides; a show without a slide is none."""
    if switches.hidden_sheets or root.tag not in _PRESENTATION:
        return
    staying = {element.get("id") for element in root.iter(*_LISTED)}
    if not staying and Kind.HIDDEN_CONTENT in {finding.kind for finding in findings.all()}:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "no slide of the presentation may stay", Verdict.WITHHELD, findings.all())
    for element in list(root.iter(_IN_SECTION)):
        if element.get("id") not in staying:
            xml.remove(element)


def shown(drawing: xml.Element, shape: str) -> str:
    """Which relationship of an old drawing (VML) leads to the picture of a shape, or "".  One with a name of its own has its
    number elsewhere."""
    for element in drawing.iter(f"{{{V}}}shape"):
        if shape and shape in (element.get("id"), element.get(f"{{{O}}}spid")):
            for image in element.iter(f"{{{V}}}imagedata"):
                return image.get(f"{{{O}}}relid") or image.get(f"{{{R}}}id") or ""
    return ""


def _replace_object(
    frame: xml.Element, where: str, findings: Findings, objects: Objects, preview: Callable[[str], str]
) -> None:
    """The picture of the object: inside the object itself since PowerPoint 2010, before in an old drawing; else words."""
    picture = next(frame.iter(*_PICTURE), None)
    if picture is None:
        shapes = (preview(element.get("spid", "")) for element in frame.iter(*_OBJECT))
        identifier = next(filter(None, shapes), "")
        picture = _picture(frame, identifier) if identifier else None
    if picture is not None and _hold(frame, picture, objects):
        return
    found = "preview picture kept" if picture is not None else "object without preview"
    findings.add(Kind.EMBEDDED_OBJECT, where, found, Treatment.REPLACED)
    xml.replace(frame, picture if picture is not None else _text_box(frame))


def _hold(frame: xml.Element, picture: xml.Element, objects: Objects) -> bool:
    """Will the object come back?  Until then its frame holds the picture only."""
    data = next(frame.iter(*_DATA), None)
    markup = next((each for each in frame.iter(*_OBJECT) if objects.identifier(each)), None)
    if data is None or markup is None:
        return False
    identifier = objects.identifier(markup)
    attributes = {name: markup.get(name, "") for name in ("imgW", "imgH") if _NUMBER.fullmatch(markup.get(name, ""))}
    if markup.get("showAsIcon") in ("1", "true"):
        attributes["showAsIcon"] = "1"
    attributes |= {"name": markup.get("name", "")[:LONGEST], "progId": objects.program(identifier)}
    for child in list(data):
        data.remove(child)
    data.append(picture)
    data.set("uri", _OLE if xml.namespace(frame) == P else _STRICT_OLE)
    objects.hold(picture, identifier, partial(_write_object, attributes=attributes, to=identifier))
    return True


def _write_object(picture: xml.Element, attributes: dict[str, str], to: str) -> None:
    """An object around a picture, as every PowerPoint since 2010 reads it (19.3.2.4)."""
    slide = xml.namespace(picture)
    markup = picture.makeelement(f"{{{slide}}}oleObj", attributes)
    markup.set(reference(picture), to)
    xml.replace(picture, markup)
    SubElement(markup, f"{{{slide}}}embed")
    markup.append(picture)


def _picture(frame: xml.Element, identifier: str) -> xml.Element:
    """A picture (19.3.1.37) of the object's size."""
    slide, drawing = _families(frame)
    picture = frame.makeelement(f"{{{slide}}}pic")
    _named(SubElement(picture, f"{{{slide}}}nvPicPr"), frame, "cNvPicPr", "")
    fill = SubElement(picture, f"{{{slide}}}blipFill")
    SubElement(fill, f"{{{drawing}}}blip", {f"{{{R if slide == P else strict(R)}}}embed": identifier})
    SubElement(SubElement(fill, f"{{{drawing}}}stretch"), f"{{{drawing}}}fillRect")
    _placed(picture, frame)
    return picture


def _text_box(frame: xml.Element) -> xml.Element:
    """A box of the object's size that says what was here (19.3.1.43)."""
    slide, drawing = _families(frame)
    box = frame.makeelement(f"{{{slide}}}sp")
    _named(SubElement(box, f"{{{slide}}}nvSpPr"), frame, "cNvSpPr", word.PLACEHOLDER)
    _placed(box, frame)
    body = SubElement(box, f"{{{slide}}}txBody")
    SubElement(body, f"{{{drawing}}}bodyPr")
    run = SubElement(SubElement(body, f"{{{drawing}}}p"), f"{{{drawing}}}r")
    SubElement(run, f"{{{drawing}}}t").text = word.PLACEHOLDER
    return box


def _families(frame: xml.Element) -> tuple[str, str]:
    slide = xml.namespace(frame)
    return slide, A if slide == P else strict(A)


def _named(naming: xml.Element, frame: xml.Element, kind: str, name: str) -> None:
    """The object's number stays: animations and layouts know it."""
    slide = xml.namespace(frame)
    old = next(frame.iter(*_SHAPE), None)
    identity = {"id": old.get("id", "0"), "name": name or old.get("name", "")} if old is not None else {"id": "0", "name": name}
    SubElement(naming, f"{{{slide}}}cNvPr", identity)
    SubElement(naming, f"{{{slide}}}{kind}")
    SubElement(naming, f"{{{slide}}}nvPr")


def _placed(box: xml.Element, frame: xml.Element) -> None:
    slide, drawing = _families(frame)
    shape = SubElement(box, f"{{{slide}}}spPr")
    for place in map(deepcopy, frame.findall(f"{{{slide}}}xfrm")):
        place.tag = f"{{{drawing}}}xfrm"
        shape.append(place)
    SubElement(SubElement(shape, f"{{{drawing}}}prstGeom", prst="rect"), f"{{{drawing}}}avLst")
