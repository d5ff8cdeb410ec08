"""One walk over a part: what `allowlist.RULES` does not know is taken out, references are collected.

A dropped element goes with all it holds; only wrappers around text (`smartTag`, `customXml`, a link without target)
leave their text behind.  Containers that must not be empty go with their last child, so that Office does not offer a
repair.  Values are not judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sanitizers.job import Findings
from sanitizers.model import Treatment
from sanitizers.ooxml import gate, xml
from sanitizers.ooxml.allowlist import CX, MC, NAMESPACES, REFERENCES, RULES, X14, A, C, P, S, V, W, kind_of, tags
from sanitizers.ooxml.opc import Relationship

_WRAPPERS = frozenset(tags(W, "smartTag", "customXml"))
_HOLLOW = frozenset(  # nothing without a child
    tags(S, "hyperlinks", "tableParts", "definedNames", "dataValidations", "conditionalFormatting")
    + tags(S, "pivotCaches", "extLst", "ext")
    + tags(A, "extLst", "ext")
    + tags(P, "extLst", "ext", "custDataLst")
    + tags(W, "customXmlPr", "placeholder")
    + tags(X14, "conditionalFormattings", "conditionalFormatting", "dataValidations", "sparklines")
    + tags(X14, "slicerCaches", "slicerList")
    + tags(MC, "Choice", "Fallback")
)
_ALTERNATE, _CHOICE, _FALLBACK, _IGNORABLE = (
    f"{{{MC}}}{name}" for name in ("AlternateContent", "Choice", "Fallback", "Ignorable")
)
# What a reference without target takes with it: only itself, its element but not the text inside, or the whole element.
_UNLINKED = frozenset(tags(A, "blip") + tags(S, "pageSetup") + tags(V, "fill", "stroke") + tags(W, "pgSz", "printerSettings"))
_LINKS = ("hyperlink", "hlinkClick", "hlinkHover", "hlinkMouseOver")
_CHARTS = frozenset((*tags(C, "chart"), f"{{{CX}}}chart"))
_SHEET_DRAWING = A.replace("main", "spreadsheetDrawing")
_FRAMES = (*tags(_SHEET_DRAWING, "graphicFrame"), *tags(P, "graphicFrame"), *tags(W, "drawing"))
_ANCHORS = frozenset(tags(_SHEET_DRAWING, "twoCellAnchor", "oneCellAnchor", "absoluteAnchor"))
_UNWRAPPED = frozenset(tags(W, "hyperlink"))


@dataclass(frozen=True, slots=True)
class Reference:
    """An attribute that holds the identifier of a relationship."""

    element: xml.Element
    attribute: str


def prune(root: xml.Element, where: str, findings: Findings) -> list[Reference]:
    """Take out what is not allowed; answer the references that are left."""
    assert root.tag in RULES  # a root cannot be taken out
    doomed: dict[xml.Element, None] = {}
    references: list[Reference] = []
    strays: list[tuple[xml.Element, str | bytes]] = []
    for element in root.iter():
        allowed = RULES.get(element.tag)
        if allowed is None:
            if element.tag == gate.MARK:
                continue
            doomed[element] = None
            continue
        for name in element.keys():  # noqa: SIM118  # an element is no mapping
            if name not in allowed or (name == _IGNORABLE and element is not root):
                strays.append((element, name))
            elif name in REFERENCES:
                references.append(Reference(element, str(name)))
    _drop(doomed, where, findings)
    _strip(strays, where, findings)
    _settle_alternatives(root)
    return references


def resolve(references: Iterable[Reference], root: xml.Element, kept: Mapping[str, Relationship]) -> set[str]:
    """Release every reference whose relationship does not stay; answer the identifiers that are in use.

    Only a link may lead outside: a picture that names a link's relationship would be fetched when shown."""
    used: set[str] = set()
    for reference in references:
        if not _attached(reference.element, root):
            continue
        target = reference.element.get(reference.attribute, "")
        relationship = kept.get(target)
        if relationship and (not relationship.external or xml.local(reference.element) in _LINKS):
            used.add(target)
        elif target:
            _release(reference)
    return used


def settle_prefixes(root: xml.Element, needed: frozenset[str]) -> None:
    """Last: declarations stay for names that are used, for `needed` ones, and for allowed ones that `Ignorable` or `Requires`
    mention."""
    ignorable = [prefix for prefix in root.get(_IGNORABLE, "").split() if _known(root, prefix)]
    if _IGNORABLE in root.attrib:
        root.set(_IGNORABLE, " ".join(ignorable))
    required = {prefix for choice in root.iter(_CHOICE) for prefix in choice.get("Requires", "").split()}
    xml.forget_namespaces(root, required.union(ignorable, needed))


def drop(element: xml.Element) -> None:
    """Remove an element and each container that it leaves empty."""
    parent = element.getparent()
    xml.remove(element)
    while parent is not None and parent.tag in _HOLLOW and len(parent) == 0:
        element, parent = parent, parent.getparent()
        xml.remove(element)


def _drop(doomed: dict[xml.Element, None], where: str, findings: Findings) -> None:
    for element in doomed:
        parent = element.getparent()
        if parent in doomed and parent.tag not in _WRAPPERS:
            continue  # goes with its parent, and is reported with it
        name = xml.local(element)
        if element.tag in _WRAPPERS:
            findings.add(kind_of(element.tag), where, name, Treatment.NEUTRALISED)
            xml.unwrap(element)
        else:
            findings.add(kind_of(element.tag), where, name, Treatment.REMOVED)
            drop(element)


def _strip(strays: list[tuple[xml.Element, str | bytes]], where: str, findings: Findings) -> None:
    for element, stray in strays:
        name = str(stray)
        if element.get(name):
            findings.add(kind_of(name), where, f"{xml.local(element)}/@{name.rpartition('}')[2]}", Treatment.REMOVED)
        del element.attrib[name]


def _settle_alternatives(root: xml.Element) -> None:
    """ISO/IEC 29500-3: a choice that requires what we dropped is no choice."""
    for element in list(root.iter(_CHOICE)):
        if not _known(element, element.get("Requires", "")):
            drop(element)
    for element in list(root.iter(_ALTERNATE)):
        if element.find(_CHOICE) is None:
            for fallback in element.findall(_FALLBACK):
                xml.unwrap(fallback)
            xml.unwrap(element)


def _known(element: xml.Element, prefixes: str) -> bool:
    names = prefixes.split()
    return bool(names) and all(element.nsmap.get(prefix) in NAMESPACES for prefix in names)


def _attached(element: xml.Element, root: xml.Element) -> bool:
    return element is root or any(ancestor is root for ancestor in element.iterancestors())


def _release(reference: Reference) -> None:
    element = reference.element
    if element.tag in _UNLINKED:
        del element.attrib[reference.attribute]
    elif element.tag in _UNWRAPPED:
        xml.unwrap(element)
    else:
        drop(_frame(element) if element.tag in _CHARTS else element)


def _frame(chart: xml.Element) -> xml.Element:
    """What around a chart would show nothing without it, and be repaired by Excel."""
    for frame in chart.iterancestors(*_FRAMES):
        parent = frame.getparent()
        return parent if parent is not None and parent.tag in _ANCHORS else frame
    return chart
