"""Workbooks: formulas that reach outside keep their cached value, names that do are gone, sheets stay in step.

ISO/IEC 29500-1 clause 18.  Formulas are judged in `formula`; conditional formats and validations with a bad formula go
as a whole, because half a rule means something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from functools import partial
from itertools import accumulate

from lxml.etree import SubElement

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Switches, Treatment, Verdict
from sanitizers.ooxml import formula, gate, xml
from sanitizers.ooxml.allowlist import C15, CX, X14, XM, XVML, A, C, R, S, tags
from sanitizers.ooxml.embedded import Objects, reference
from sanitizers.ooxml.prune import drop

_CELL_FORMULA, _SHEET, _NAME, _LINK = (tags(S, name) for name in ("f", "sheet", "definedName", "hyperlink"))
_VALUE_METADATA, _FUTURE_METADATA = (tags(S, name) for name in ("valueMetadata", "futureMetadata"))
_VIEW = tags(S, "workbookView")
_FORMULAS = tags(S, "formula", "formula1", "formula2", "calculatedColumnFormula", "totalsRowFormula") + tags(XM, "f")
_RULES = frozenset(
    tags(S, "cfRule", "dataValidation") + tags(X14, "cfRule", "dataValidation", "sparkline", "sparklineGroup", "cfvo")
)
_CONTROL_FORMULAS = tags(XVML, "FmlaLink", "FmlaRange", "FmlaGroup", "FmlaTxbx", "FmlaPict")
_CHART_FORMULA = tags(C, "f") + tags(CX, "f") + tags(C15, "f")
_SHAPES = tags(A.replace("main", "spreadsheetDrawing"), "sp", "graphicFrame", "pic", "cxnSp")
_PIVOT = tags(S, "cacheField", "calculatedItem", "calculatedMember")
_COMMENT_CARRIERS = tags(S, "legacyDrawing")
_CACHE_SOURCE = tags(S, "cacheSource")
_OBJECTS, _OBJECT = tags(S, "oleObjects"), tags(S, "oleObject")
_AFTER_OBJECTS = tags(S, "controls", "webPublishItems", "tableParts", "extLst")  # 18.3.1.99
_NUMBER = re.compile(r"[0-9]{1,10}")
_AUTORUN = re.compile(r"(?:_xlnm\.|Excel_BuiltIn_)?auto_?(?:open|close|activate|deactivate|exec|exit)", re.IGNORECASE)
_RUNS = ("xlm", "vbProcedure", "function")


def before(root: xml.Element, where: str, switches: Switches, findings: Findings, kept: Container[str]) -> None:
    """Workbook: choose the sheets, and what has a number of a sheet follows them."""
    _choose_sheets(root, where, switches, findings, kept)
    for name in list(root.iter(*_NAME)):
        kind = _name_objection(name, switches)
        if kind:
            findings.add(kind, where, f"name {name.get('name', '')} = {name.text or ''}", Treatment.REMOVED)
            drop(name)
        for run in _RUNS:
            name.attrib.pop(run, "")  # what stays says that it runs nothing: LibreOffice spells that out
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
    for element in root.iter(*_SHAPES, *_LINK, *_PIVOT):
        for attribute in ("textlink", "location", "formula"):
            target = element.get(attribute, "")
            if kind := formula.objection(target, switches):
                findings.add(kind, where, target, Treatment.REMOVED)
                del element.attrib[attribute]


def is_internal_cache(content: bytes, where: str) -> bool:
    """Does a pivot cache come from this workbook?  One that comes from elsewhere asks for it when refreshed."""
    source = xml.find(content, where, _CACHE_SOURCE)
    if source is None or source.get("type") != "worksheet":
        return False
    return not any(child.get(tag) for child in source for tag in tags(R, "id"))


def hold_objects(root: xml.Element, where: str, findings: Findings, objects: Objects, is_drawn: Callable[[str], bool]) -> None:
    """Which objects of a sheet come back.  `is_drawn`: has its old drawing a picture for the shape?"""
    for container in list(root.iter(*_OBJECTS)):
        staying = dict[str, tuple[str, bool]]()
        for markup in container.iter(*_OBJECT):
            shape, identifier = markup.get("shapeId", ""), objects.identifier(markup)
            if identifier and _NUMBER.fullmatch(shape) and is_drawn(f"_x0000_s{shape}"):
                staying[shape] = (identifier, markup.get("dvAspect") == "DVASPECT_ICON")
            else:
                findings.add(Kind.EMBEDDED_OBJECT, where, f"object of {markup.get('progId', '')}", Treatment.REMOVED)
        for shape, (identifier, is_icon) in staying.items():
            program = objects.program(identifier)
            objects.hold(root, identifier, partial(_write_object, shape=shape, program=program, to=identifier, is_icon=is_icon))
        drop(container)


def _write_object(root: xml.Element, shape: str, program: str, to: str, is_icon: bool) -> None:
    """One object of a sheet, as every Excel since 2007 reads it: its picture is in the old drawing (18.3.1.59)."""
    sheet = xml.namespace(root)
    container = root.find(f"{{{sheet}}}oleObjects")
    if container is None:
        container = root.makeelement(f"{{{sheet}}}oleObjects")
        root.insert(next((at for at, child in enumerate(root) if child.tag in _AFTER_OBJECTS), len(root)), container)
    markup = SubElement(container, f"{{{sheet}}}oleObject", {"progId": program, "shapeId": shape})
    if is_icon:
        markup.set("dvAspect", "DVASPECT_ICON")
    markup.set(reference(root), to)


def _drop_rich_values(root: xml.Element, where: str, findings: Findings) -> None:
    """Pictures and data types in cells live in parts that are not kept; what counts them would point to nothing."""
    for element in list(root.iter(*_VALUE_METADATA, *_FUTURE_METADATA)):
        if element.get("name") != "XLDAPR":  # dynamic arrays
            findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"rich values {element.get('name', '')}", Treatment.REMOVED)
            xml.remove(element)


def _cell_formulas(root: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    shared: set[str] = set()  # groups whose master formula is gone: the followers have no text of their own
    for element in list(root.iter(*_CELL_FORMULA)):
        text, group = element.text or "", element.get("si", "")
        kind = formula.objection(text, switches) if text else None
        is_nothing = not text and element.get("t", "normal") == "normal"  # LibreOffice writes it for an error: shown as empty
        if kind or is_nothing or (group and not text and group in shared):
            if group:
                shared.add(group)
            if kind:
                cell = element.getparent()
                at = cell.get("r", "") if cell is not None else ""
                findings.add(kind, f"{where}!{at}", text, Treatment.REPLACED)
            _keep_value(element)
    if shared and next(root.iter(gate.MARK), None) is not None:
        raise gate.Unproven  # followers may stand in a plain stretch


def _keep_value(element: xml.Element) -> None:
    cell = element.getparent()
    xml.remove(element)
    if cell is not None:
        cell.attrib.pop("cm", "")  # said that the formula spills


def _choose_sheets(root: xml.Element, where: str, switches: Switches, findings: Findings, kept: Container[str]) -> None:
    """Take out the sheets that do not stay; Excel wants one that is visible."""
    sheets = list(root.iter(*_SHEET))
    staying = [_stays(sheet, where, switches, findings, kept) for sheet in sheets]
    if all(staying):
        return
    if not any(staying):
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, "no sheet of the workbook may stay", Verdict.WITHHELD, findings.all())
    numbers = accumulate(staying)  # 1 for the first that stays
    _renumber(root, {str(old): str(new - 1) for old, (stays, new) in enumerate(zip(staying, numbers, strict=True)) if stays})
    for sheet, stays in zip(sheets, staying, strict=True):
        if not stays:
            xml.remove(sheet)
    left = list(root.iter(*_SHEET))
    if all(_hidden(sheet) for sheet in left):
        del left[0].attrib["state"]


def _stays(sheet: xml.Element, where: str, switches: Switches, findings: Findings, kept: Container[str]) -> bool:
    reference = next((value for tag in tags(R, "id") if (value := sheet.get(tag))), "")
    if _hidden(sheet):
        treatment = Treatment.KEPT if switches.hidden_sheets else Treatment.REMOVED
        findings.add(Kind.HIDDEN_CONTENT, where, f"hidden sheet {sheet.get('name', '')}", treatment)
    return reference in kept and (bool(switches.hidden_sheets) or not _hidden(sheet))


def _hidden(sheet: xml.Element) -> bool:
    return sheet.get("state", "visible") != "visible"


def _renumber(root: xml.Element, numbers: dict[str, str]) -> None:
    """`localSheetId` and the views count sheets from 0 (18.2.5, 18.2.30): old number -> new number."""
    for name in list(root.iter(*_NAME)):
        old = name.get("localSheetId")
        if old is not None and old not in numbers:
            drop(name)
        elif old is not None:
            name.set("localSheetId", numbers[old])
    for view in root.iter(*_VIEW):
        for attribute in ("activeTab", "firstSheet"):
            if attribute in view.attrib:
                view.set(attribute, numbers.get(view.get(attribute, ""), "0"))


def _name_objection(name: xml.Element, switches: Switches) -> Kind | None:
    if _AUTORUN.match(name.get("name", "")) or any(name.get(run, "0").lower() not in ("0", "false", "") for run in _RUNS):
        return Kind.XLM_MACRO
    return formula.objection(name.text or "", switches)
