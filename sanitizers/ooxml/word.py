"""Word documents: objects become their preview picture or hold a rebuilt document, fields and changes follow the profile
(formats.md 1)."""

from __future__ import annotations

import re
from functools import partial

from lxml.etree import SubElement

from sanitizers.job import Findings
from sanitizers.model import Kind, Switches, Treatment
from sanitizers.ooxml import fields, xml
from sanitizers.ooxml.allowlist import O, V, W, tags
from sanitizers.ooxml.embedded import LONGEST, Objects, reference

PLACEHOLDER = "［埋め込みオブジェクトは削除されました］"

_OBJECT = tags(W, "object")
_PREVIEW = tags(V, "imagedata")
_EMBEDDED, _IS_OBJECT = f"{{{O}}}OLEObject", f"{{{O}}}ole"
_SIZES = tags(W, "dxaOrig", "dyaOrig")
_NUMBER, _STORAGE = re.compile(r"[0-9]{1,9}"), re.compile(r"_[0-9]{1,10}")
_INSERTED = tags(W, "ins", "moveTo")
_DELETED = tags(
    W, "del", "moveFrom", "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "trPrChange", "tcPrChange", "tblGridChange",
    "tblPrExChange", "numberingChange", "cellIns", "cellDel", "cellMerge", "moveFromRangeStart", "moveFromRangeEnd",
    "moveToRangeStart", "moveToRangeEnd", "delInstrText",
)  # fmt: skip
_COMMENT_MARKS = tags(W, "commentRangeStart", "commentRangeEnd", "commentReference", "annotationRef")


def before(root: xml.Element, where: str, switches: Switches, findings: Findings, objects: Objects) -> None:
    """What must happen while dropped elements are still there."""
    for element in list(root.iter(*_OBJECT)):
        _replace_object(element, where, findings, objects)
    if not switches.tracked_changes:
        _accept_changes(root, where, findings)
    if not switches.comments:
        for element in list(root.iter(*_COMMENT_MARKS)):
            xml.remove(element)


def after(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    fields.neutralise(root, where, switches, findings)


def _replace_object(element: xml.Element, where: str, findings: Findings, objects: Objects) -> None:
    """Keep the preview picture of an OLE object or control; say so in words where there is none."""
    preview = next(element.iter(*_PREVIEW), None)
    if preview is None:
        text = element.makeelement(element.tag.replace("object", "t"))
        text.text = PLACEHOLDER
        xml.replace(element, text)
        findings.add(Kind.EMBEDDED_OBJECT, where, "object without preview", Treatment.REPLACED)
        return
    if not _hold(element, preview, objects):
        findings.add(Kind.EMBEDDED_OBJECT, where, "preview picture kept", Treatment.REPLACED)
    element.tag = element.tag.replace("object", "pict")
    element.attrib.clear()


def _hold(element: xml.Element, preview: xml.Element, objects: Objects) -> bool:
    """Will the object come back?  Its picture must be a shape with a name, by which it is drawn."""
    markup, shape = next(element.iter(_EMBEDDED), None), preview.getparent()
    identifier = objects.identifier(markup)
    if markup is None or shape is None or not identifier or not 0 < len(shape.get("id", "")) <= LONGEST:
        return False
    shape.attrib.pop(_IS_OBJECT, "")
    xml.remove(markup)
    storage = markup.get("ObjectID", "")
    attributes = {
        "Type": "Embed",
        "ProgID": objects.program(identifier),
        "ShapeID": shape.get("id", ""),
        "DrawAspect": "Icon" if markup.get("DrawAspect") == "Icon" else "Content",
        "ObjectID": storage if _STORAGE.fullmatch(storage) else f"_{identifier.encode().hex()[:8]}",
    }
    sizes = {name: element.get(name, "") for name in _SIZES if _NUMBER.fullmatch(element.get(name, ""))}
    objects.hold(shape, identifier, partial(_write_object, pict=element, attributes=attributes, sizes=sizes, to=identifier))
    return True


def _write_object(shape: xml.Element, pict: xml.Element, attributes: dict[str, str], sizes: dict[str, str], to: str) -> None:
    """An object around a picture (17.3.3.19)."""
    pict.tag = pict.tag.replace("pict", "object")
    for name, size in sizes.items():
        pict.set(name, size)
    shape.set(_IS_OBJECT, "")
    SubElement(pict, _EMBEDDED, attributes).set(reference(pict), to)


def _accept_changes(root: xml.Element, where: str, findings: Findings) -> None:
    for element in list(root.iter(*_DELETED)):
        findings.add(Kind.TRACKED_CHANGE, where, xml.local(element), Treatment.REMOVED)
        xml.remove(element)
    for element in list(root.iter(*_INSERTED)):
        findings.add(Kind.TRACKED_CHANGE, where, xml.local(element), Treatment.NEUTRALISED)
        xml.unwrap(element)
