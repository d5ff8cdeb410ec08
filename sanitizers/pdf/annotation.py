"""Annotations: which may stay on a page, and what a removed one leaves to be seen (12.5).

Notes, marks, links and form widgets stay.  Film, sound, 3D, attached files and signatures lose what they do; where they have
an appearance it stays as a stamp, so that the page looks as it did.
"""

from __future__ import annotations

from pikepdf import Array, Dictionary, Name, Object, Stream

from sanitizers.model import Kind, Treatment
from sanitizers.pdf.scope import Scope, name

_SHAPES = frozenset({"/Line", "/Square", "/Circle", "/Polygon", "/PolyLine", "/Ink"})
_MARKS = frozenset({"/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Caret"})
_COMMENTS = _SHAPES | _MARKS | {"/Text", "/FreeText"}
_KEPT = _COMMENTS | {"/Link", "/Stamp", "/Widget", "/Watermark"}
_SILENT = frozenset({"/Popup", "/TrapNet", "/PrinterMark"})  # the window of a note; printers' marks
_KINDS = {
    "/FileAttachment": Kind.EMBEDDED_FILE,
    "/Movie": Kind.MULTIMEDIA,
    "/Sound": Kind.MULTIMEDIA,
    "/Screen": Kind.MULTIMEDIA,
    "/RichMedia": Kind.MULTIMEDIA,
    "/3D": Kind.MULTIMEDIA,
}
_FIELDS = frozenset({"/Tx", "/Btn", "/Ch"})
_STAMP = frozenset({"/Type", "/Subtype", "/Rect", "/F", "/AP", "/AS", "/OC", "/NM", "/Contents"})
_DEPTH = 32  # of inherited field attributes


def select(page: Object, where: str, scope: Scope) -> None:
    """Before a page is pruned: only annotations that may stay remain in /Annots."""
    annotations = page["/Annots"] if "/Annots" in page else Array()
    if not isinstance(annotations, Array):
        del page["/Annots"]
        return
    kept = [item for item in annotations if isinstance(item, Dictionary) and _stays(item, where, scope)]
    if len(kept) != len(annotations):
        page["/Annots"] = Array(kept)


def _stays(item: Object, where: str, scope: Scope) -> bool:
    subtype = name(item.get("/Subtype"))
    if subtype in _COMMENTS and not scope.profile.switches.pdf.comments:
        scope.findings.add(Kind.COMMENT, where, subtype[1:], Treatment.REMOVED)
        return False
    if subtype in _SILENT:
        return False
    if subtype == "/Widget" and not (scope.profile.switches.pdf.forms and field_type(item) in _FIELDS):
        return _still(item, Kind.SIGNATURE if field_type(item) == "/Sig" else Kind.FORM, where, scope)
    if subtype in _KEPT:
        return True
    return _still(item, _KINDS.get(subtype, Kind.UNKNOWN_CONSTRUCT), where, scope)


def _still(item: Object, kind: Kind, where: str, scope: Scope) -> bool:
    """Turn an annotation into a stamp of its normal appearance, if it has one."""
    subtype = name(item.get("/Subtype"))[1:]
    looks = item.get("/AP")
    visible = isinstance(looks, Dictionary) and isinstance(looks.get("/N"), (Stream, Dictionary))
    scope.findings.add(kind, where, f"{subtype} annotation", Treatment.REPLACED if visible else Treatment.REMOVED)
    if not visible:
        return False
    for key in item.keys() - _STAMP:
        del item[key]
    item["/Subtype"] = Name.Stamp
    return True


def field_type(item: Object) -> str:
    """/FT, inherited (12.7.3.1); "" if there is none within reach."""
    for _ in range(_DEPTH):
        if "/FT" in item:
            return name(item["/FT"])
        parent = item.get("/Parent")
        if not isinstance(parent, Dictionary):
            break
        item = parent
    return ""
