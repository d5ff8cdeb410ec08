"""Workbooks: formulas that reach outside keep their cached value, names that do are gone, sheets stay in step.

ISO/IEC 29500-1 clause 18.  Formulas are judged in `formula`; conditional formats and validations with a bad formula go
as a whole, because half a rule means something else.
"""

from __future__ import annotations

import re
from collections.abc import Container
from io import BytesIO

from lxml import etree

from sanitizers.job import Findings
from sanitizers.model import Kind, Switches, Treatment
from sanitizers.ooxml import formula, xml
from sanitizers.ooxml.allowlist import X14, XM, XVML, A, C, R, S, tags
from sanitizers.ooxml.prune import drop

_CELL_FORMULA, _CELL, _SHEET, _NAME = (tags(S, name) for name in ("f", "c", "sheet", "definedName"))
_VALUE_METADATA, _FUTURE_METADATA = (tags(S, name) for name in ("valueMetadata", "futureMetadata"))
_VIEW = tags(S, "workbookView")
_FORMULAS = tags(S, "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula") + tags(XM, "f")
_RULES = frozenset(
    tags(S, "cfRule", "dataValidation") + tags(X14, "cfRule", "dataValidation", "sparkline", "sparklineGroup", "cfvo")
)
_CONTROL_FORMULAS = tags(XVML, "FmlaLink", "FmlaRange", "FmlaGroup", "FmlaTxbx", "FmlaPict")
_CHART_FORMULA = tags(C, "f")
_SHAPES = tags(A.replace("main", "spreadsheetDrawing"), "sp", "graphicFrame", "pic", "cxnSp")
_COMMENT_CARRIERS = tags(S, "legacyDrawing")
_CACHE_SOURCE = tags(S, "cacheSource")
_AUTORUN = re.compile(r"(?:_xlnm\.)?auto_?(?:open|close|activate|deactivate|exec|exit)", re.IGNORECASE)
_RUNS = ("xlm", "vbProcedure", "function", "macro")
_TRUE = ("1", "true", "on")


def _drop_rich_values(root: xml.Element, where: str, findings: Findings) -> None:
    """Pictures and data types in cells live in parts that are not kept; what counts them would point to nothing."""
    for element in list(root.iter(*_VALUE_METADATA, *_FUTURE_METADATA)):
        if element.get("name") != "XLDAPR":  # dynamic arrays
            findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"rich values {element.get('name', '')}", Treatment.REMOVED)
            xml.remove(element)


def before(root: xml.Element, where: str, switches: Switches, findings: Findings, kept: Container[str]) -> None:
    """Workbook: choose the sheets, and what has a number of a sheet follows them."""
    sheets = list(root.iter(*_SHEET))
    staying = [s for s in sheets if _stays(s, where, switches, findings, kept)]
    if sheets and len(staying) < len(sheets):
        _renumber(root, sheets, staying)
    for name in list(root.iter(*_NAME)):
        kind = _name_objection(name, switches)
        if kind:
            findings.add(kind, where, f"name {name.get('name', '')} = {name.text or ''}", Treatment.REMOVED)
            drop(name)
    _drop_rich_values(root, where, findings)
    if not switches.comments:
        for element in list(root.iter(*_COMMENT_CARRIERS)):
            xml.remove(element)


def after(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    _cell_formulas(root, where, switches, findings)
    for element in list(root.iter(*_FORMULAS, *_CONTROL_FORMULAS)):
        if kind := formula.objection(element.text or "", switches):
            findings.add(kind, where, element.text or "", Treatment.REMOVED)
            drop(next((a for a in element.iterancestors() if a.tag in _RULES), element))
    for element in root.iter(*_CHART_FORMULA):
        if kind := formula.objection(element.text or "", switches):
            findings.add(kind, where, element.text or "", Treatment.REPLACED)
            element.text = "#REF!"  # the chart draws from its cache
    for element in root.iter(*_SHAPES):
        link = element.get("textlink", "")
        if kind := formula.objection(link, switches):
            findings.add(kind, where, link, Treatment.REMOVED)
            del element.attrib["textlink"]


def is_internal_cache(content: bytes) -> bool:
    """Does a pivot cache come from this workbook?  One that comes from elsewhere asks for it when refreshed."""
    try:
        for _, element in etree.iterparse(BytesIO(content), tag=_CACHE_SOURCE, resolve_entities=False, no_network=True):
            outside = any(child.get(tag) for child in element for tag in tags(R, "id"))
            return element.get("type") == "worksheet" and not outside
    except etree.XMLSyntaxError:
        return False
    return False


def _cell_formulas(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    shared: set[str] = set()  # groups whose master formula is gone: the followers have no text of their own
    for element in list(root.iter(*_CELL_FORMULA)):
        text, group = element.text or "", element.get("si", "")
        kind = formula.objection(text, switches) if text else None
        if kind or (group and not text and group in shared):
            if group:
                shared.add(group)
            if kind:
                cell = element.getparent()
                at = cell.get("r", "") if cell is not None else ""
                findings.add(kind, f"{where}!{at}", text, Treatment.REPLACED)
            _keep_value(element)


def _keep_value(element: xml.Element) -> None:
    cell = element.getparent()
    xml.remove(element)
    if cell is not None:
        cell.attrib.pop("cm", "")  # said that the formula spills


def _stays(sheet: xml.Element, where: str, switches: Switches, findings: Findings, kept: Container[str]) -> bool:
    reference = next((value for tag in tags(R, "id") if (value := sheet.get(tag))), "")
    hidden = sheet.get("state", "visible") != "visible"
    if hidden:
        treatment = Treatment.KEPT if switches.hidden_sheets else Treatment.REMOVED
        findings.add(Kind.HIDDEN_CONTENT, where, f"hidden sheet {sheet.get('name', '')}", treatment)
    return reference in kept and (not hidden or switches.hidden_sheets)


def _renumber(root: xml.Element, sheets: list[xml.Element], staying: list[xml.Element]) -> None:
    """`localSheetId` and the views count sheets from 0 (18.2.5, 18.2.30)."""
    position = {str(sheets.index(sheet)): str(number) for number, sheet in enumerate(staying)}
    for sheet in sheets:
        if sheet not in staying:
            xml.remove(sheet)
    for name in list(root.iter(*_NAME)):
        if (local := name.get("localSheetId")) is not None:
            if local in position:
                name.set("localSheetId", position[local])
            else:
                drop(name)
    for view in root.iter(*_VIEW):
        for attribute in ("activeTab", "firstSheet"):
            if attribute in view.attrib:
                view.set(attribute, position.get(view.get(attribute, ""), "0"))


def _name_objection(name: xml.Element, switches: Switches) -> Kind | None:
    if _AUTORUN.match(name.get("name", "")) or any(name.get(run, "0").lower() not in ("0", "false", "") for run in _RUNS):
        return Kind.XLM_MACRO
    return formula.objection(name.text or "", switches)
