"""One walk over a document: what `allowlist.RULES` does not know is taken out.

A dropped element goes with all it holds.  Only wrappers around visible text leave it behind: fields whose shown value
is their content, and foreign markup inside a paragraph (ODF 1.3 part 3, 21.1).  Values are not judged here.
"""

from __future__ import annotations

from collections.abc import Container

from sanitizers.job import Findings
from sanitizers.model import Kind, Treatment
from sanitizers.odf.allowlist import OFFICE, RULES, TEXT, kind_of, tags
from sanitizers.ooxml import xml

_FIELDS = frozenset(tags(TEXT, "execute-macro", "dde-connection", "database-display", "database-name", "database-row-number"))
_SCRIPTS, *_LISTENERS = tags(OFFICE, "scripts", "event-listeners")
_ID = "{http://www.w3.org/XML/1998/namespace}id"
_PARAGRAPHS = frozenset(tags(TEXT, "p", "h"))
_OASIS = "urn:oasis:names:tc:opendocument:"
# Declarations that stay although no name uses them: values mention their prefixes
_VALUE_NAMESPACES = frozenset(
    {
        _OASIS + "xmlns:of:1.2",
        _OASIS + "xmlns:chart:1.0",
        "http://openoffice.org/2004/office",
        "http://openoffice.org/2004/writer",
        "http://openoffice.org/2004/calc",
        "http://schemas.microsoft.com/office/excel/formula",
    }
)


def prune(root: xml.Element, where: str, findings: Findings) -> None:
    """Take out what is not allowed; the root itself must be."""
    assert root.tag in RULES
    doomed: dict[xml.Element, None] = {}
    strays: list[tuple[xml.Element, str]] = []
    for element in root.iter():
        allowed = RULES.get(element.tag)
        if allowed is None:
            doomed[element] = None
            continue
        strays += [(element, str(name)) for name in element.keys() if name not in allowed]  # noqa: SIM118  # no mapping
    for element, name in strays:
        findings.add(kind_of(name), where, f"{xml.local(element)}/@{name.rpartition('}')[2]}", Treatment.REMOVED)
        del element.attrib[name]
    for element in doomed:
        _drop(element, doomed, where, findings)
    _settle_identifiers(root, where, findings)
    forget_namespaces(root)


def _settle_identifiers(root: xml.Element, where: str, findings: Findings) -> None:
    """What stands twice identifies nothing, and strict readers take the whole for broken (xml:id 1.0, 4)."""
    seen: set[str] = set()
    for element in root.iter():
        identifier = element.get(_ID)
        if identifier in seen:
            findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"second {identifier}", Treatment.REMOVED)
            del element.attrib[_ID]
        elif identifier is not None:
            seen.add(identifier)


def forget_namespaces(root: xml.Element) -> None:
    """Take out the declarations that no name uses and no value may mention."""
    xml.forget_namespaces(root, {prefix for prefix, uri in root.nsmap.items() if prefix and uri in _VALUE_NAMESPACES})


def _drop(element: xml.Element, doomed: Container[xml.Element], where: str, findings: Findings) -> None:
    if any(ancestor in doomed for ancestor in element.iterancestors()):
        return  # went with its ancestor, and was reported with it
    kind, name = kind_of(element.tag), xml.local(element)
    if element.tag in _FIELDS or _is_foreign_in_text(element):
        findings.add(kind, where, name, Treatment.NEUTRALISED)
        xml.unwrap(element)
    else:
        if _held_something(element):
            findings.add(kind, where, name, Treatment.REMOVED)
        xml.remove(element)


def _held_something(element: xml.Element) -> bool:
    """LibreOffice writes an empty `office:scripts`, or empty libraries in it, into every document."""
    if element.tag == _SCRIPTS:
        return bool(xml.text(element).strip()) or next(element.iter(*_LISTENERS), None) is not None
    return len(element) > 0 or bool(element.attrib) or bool((element.text or "").strip())


def _is_foreign_in_text(element: xml.Element) -> bool:
    foreign = not xml.namespace(element).startswith(_OASIS)
    return foreign and any(ancestor.tag in _PARAGRAPHS for ancestor in element.iterancestors())
