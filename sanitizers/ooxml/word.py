"""Word documents: embedded objects become their preview picture, fields and changes follow the profile (formats.md 1)."""

from __future__ import annotations

from sanitizers.job import Findings
from sanitizers.model import Kind, Switches, Treatment
from sanitizers.ooxml import fields, xml
from sanitizers.ooxml.allowlist import V, W, tags

PLACEHOLDER = "［埋め込みオブジェクトは削除されました］"

_OBJECT = tags(W, "object")
_PREVIEW = tags(V, "imagedata")
_INSERTED = tags(W, "ins", "moveTo")
_DELETED = tags(
    W, "del", "moveFrom", "rPrChange", "pPrChange", "sectPrChange", "tblPrChange", "trPrChange", "tcPrChange", "tblGridChange",
    "tblPrExChange", "numberingChange", "cellIns", "cellDel", "cellMerge", "moveFromRangeStart", "moveFromRangeEnd",
    "moveToRangeStart", "moveToRangeEnd", "delInstrText",
)  # fmt: skip
_COMMENT_MARKS = tags(W, "commentRangeStart", "commentRangeEnd", "commentReference", "annotationRef")


def before(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    """What must happen while dropped elements are still there."""
    for element in list(root.iter(*_OBJECT)):
        _replace_object(element, where, findings)
    if not switches.tracked_changes:
        _accept_changes(root, where, findings)
    if not switches.comments:
        for element in list(root.iter(*_COMMENT_MARKS)):
            xml.remove(element)


def after(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    fields.neutralise(root, where, switches, findings)


def _replace_object(element: xml.Element, where: str, findings: Findings) -> None:
    """Keep the preview picture of an OLE object or control; say so in words where there is none."""
    if next(element.iter(*_PREVIEW), None) is not None:
        element.tag = element.tag.replace("object", "pict")
        element.attrib.clear()
        findings.add(Kind.EMBEDDED_OBJECT, where, "preview picture kept", Treatment.REPLACED)
        return
    text = element.makeelement(element.tag.replace("object", "t"))
    text.text = PLACEHOLDER
    xml.replace(element, text)
    findings.add(Kind.EMBEDDED_OBJECT, where, "object without preview", Treatment.REPLACED)


def _accept_changes(root: xml.Element, where: str, findings: Findings) -> None:
    for element in list(root.iter(*_DELETED)):
        findings.add(Kind.TRACKED_CHANGE, where, xml.local(element), Treatment.REMOVED)
        xml.remove(element)
    for element in list(root.iter(*_INSERTED)):
        findings.add(Kind.TRACKED_CHANGE, where, xml.local(element), Treatment.NEUTRALISED)
        xml.unwrap(element)
