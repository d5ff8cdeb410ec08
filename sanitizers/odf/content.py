"""What a document says, as the profile wants it: comments, changes, hidden sheets, formulas, fields, controls.

`before` works while dropped elements are still there, `after` on the pruned tree.  Links and pictures are in `reference`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Switches, Treatment, Verdict
from sanitizers.odf import formula
from sanitizers.odf.allowlist import ATTRIBUTES, CALCEXT, CHART, FIELD, FORM, OFFICE, STYLE, TABLE, TEXT, tags
from sanitizers.ooxml import xml

_ANNOTATIONS = tags(OFFICE, "annotation", "annotation-end") + tags("http://openoffice.org/2009/office", "annotation")
_CHANGES = tags(TEXT, "tracked-changes", "change", "change-start", "change-end") + tags(TABLE, "tracked-changes")
_SHEET_STYLE, _SHEET = f"{{{STYLE}}}style", f"{{{TABLE}}}table"
_SPREADSHEET = f"{{{OFFICE}}}spreadsheet"
_NAME, _STYLE_NAME, _TABLE_STYLE = f"{{{TABLE}}}name", f"{{{STYLE}}}name", f"{{{TABLE}}}style-name"
_TABLE_DISPLAY, _TEXT_DISPLAY = f"{{{TABLE}}}display", f"{{{TEXT}}}display"
_TABLE_PROPERTIES = f"{{{STYLE}}}table-properties"

_FORMULAS = frozenset(
    tags(TABLE, "formula", "condition", "expression")
    + tags(TEXT, "formula", "condition")
    + tags(STYLE, "condition")
    + tags(CALCEXT, "value")
)
_ADDRESS = re.compile(r"}(?:[\w-]*-)?(?:address(?:es)?|ranges?|linked-cell)\Z")
_ADDRESSES = frozenset(name for name in ATTRIBUTES if _ADDRESS.search(name))
_WHOLE = frozenset(  # half of it would mean something else
    tags(STYLE, "map")
    + tags(CALCEXT, "condition", "conditional-format", "sparkline", "color-scale-entry", "formatting-entry")
    + tags(TABLE, "named-expression", "named-range", "database-range", "data-pilot-table", "source-cell-range")
)
_PIVOT, _PIVOT_SOURCE = f"{{{TABLE}}}data-pilot-table", f"{{{TABLE}}}source-cell-range"

_FIELD_MARKS = tags(FIELD, "fieldmark", "fieldmark-start")
_FIELD_END = tags(FIELD, "fieldmark-end", "fieldmark-separator")
_FIELD_TYPE = f"{{{FIELD}}}type"
_FORM_FIELD = "vnd.oasis.opendocument.field.FORM"
_VALUES = {  # attributes that name a component of the office program
    f"{{{FORM}}}control-implementation": re.compile(r"ooo:com\.sun\.star\.form\.component\.\w+"),
    f"{{{CHART}}}class": re.compile(r"(?:chart:)?[a-z-]+"),
    f"{{{FORM}}}button-type": re.compile("push"),
}


def before(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    """Choose what is shown at all."""
    if not switches.comments:
        _remove(root.iter(*_ANNOTATIONS), Kind.COMMENT, where, findings)
    if not switches.tracked_changes:  # what was deleted is only there; what was inserted stands in the text
        _remove(root.iter(*_CHANGES), Kind.TRACKED_CHANGE, where, findings)
    for book in root.iter(_SPREADSHEET):
        _choose_sheets(book, _hidden_styles(root), where, switches, findings)
    for element in root.iter(f"{{{TEXT}}}*"):
        if element.get(_TEXT_DISPLAY) == "none":
            findings.add(Kind.HIDDEN_CONTENT, where, xml.local(element), Treatment.KEPT)
    _drop_foreign_fields(root, where, findings)


def after(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    """Judge every value that can act."""
    doomed: list[xml.Element] = []
    for element in root.iter():
        for name in element.keys():  # noqa: SIM118  # an element is no mapping
            if name not in _FORMULAS and name not in _ADDRESSES and name not in _VALUES:
                continue
            text = element.get(name, "")
            kind = _objection(str(name), text, element.nsmap, switches)
            if kind and element.tag in _WHOLE:
                findings.add(kind, where, text, Treatment.REMOVED)
                doomed.append(element)
            elif kind:
                findings.add(kind, where, text, Treatment.REPLACED)
                del element.attrib[name]
    for element in doomed:
        xml.remove(element)
    for pivot in list(root.iter(_PIVOT)):
        if pivot.find(_PIVOT_SOURCE) is None:
            findings.add(Kind.DATA_CONNECTION, where, f"pivot table {pivot.get(_NAME, '')}", Treatment.REMOVED)
            xml.remove(pivot)


def _objection(name: str, text: str, grammars: Mapping[str | None, str], switches: Switches) -> Kind | None:
    if name in _VALUES:
        return None if _VALUES[name].fullmatch(text) else Kind.FORM
    if name in _ADDRESSES:
        return Kind.EXTERNAL_LINK if formula.is_outside(text) else None
    return formula.objection(text, grammars, switches)


def _remove(elements: Iterable[xml.Element], kind: Kind, where: str, findings: Findings) -> None:
    for element in list(elements):
        findings.add(kind, where, xml.local(element), Treatment.REMOVED)
        xml.remove(element)


def _hidden_styles(root: xml.Element) -> frozenset[str]:
    """Names of the sheet styles that say `table:display="false"` (17.15)."""
    return frozenset(
        style.get(_STYLE_NAME, "")
        for style in root.iter(_SHEET_STYLE)
        if any(properties.get(_TABLE_DISPLAY) == "false" for properties in style.iter(_TABLE_PROPERTIES))
    )


def _choose_sheets(book: xml.Element, hidden: frozenset[str], where: str, switches: Switches, findings: Findings) -> None:
    """Copies of other files' sheets never stay (they are a cache); hidden ones as the profile says."""
    sheets = book.findall(_SHEET)
    for sheet in sheets:
        name = sheet.get(_NAME, "")
        if formula.is_outside(name):
            findings.add(Kind.EXTERNAL_LINK, where, f"cached sheet {name}", Treatment.REMOVED)
            xml.remove(sheet)
        elif sheet.get(_TABLE_STYLE) in hidden:
            findings.add(
                Kind.HIDDEN_CONTENT,
                where,
                f"hidden sheet {name}",
                Treatment.KEPT if switches.hidden_sheets else Treatment.REMOVED,
            )
            if not switches.hidden_sheets:
                xml.remove(sheet)
    if sheets and book.find(_SHEET) is None:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "no sheet of the workbook may stay", Verdict.WITHHELD, findings.all())


def _drop_foreign_fields(root: xml.Element, where: str, findings: Findings) -> None:
    """Fields of Word that LibreOffice carries along come alive again in Word; only those of a form are known to be safe."""
    open_marks: list[bool] = []
    for mark in list(root.iter(*_FIELD_MARKS, *_FIELD_END)):
        if mark.tag in _FIELD_MARKS:
            stays = mark.get(_FIELD_TYPE, "").startswith(_FORM_FIELD)
            if not stays:
                findings.add(Kind.FIELD, where, mark.get(_FIELD_TYPE, ""), Treatment.NEUTRALISED)
            if mark.tag == _FIELD_MARKS[1]:
                open_marks.append(stays)
        else:
            stays = bool(open_marks) and open_marks[-1]
            if mark.tag == _FIELD_END[0] and open_marks:
                open_marks.pop()
        if not stays:
            xml.remove(mark)
