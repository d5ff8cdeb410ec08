"""Document properties: the classification label stays (SD-04), the rest follows the profile's `metadata` switch.

The part is written anew from plain text; application properties (`app.xml`) and thumbnails never pass.
"""

from __future__ import annotations

from collections.abc import Iterable

from lxml import etree

from sanitizers.job import Findings
from sanitizers.model import Kind, Reason, Refused, Switches, Treatment
from sanitizers.ooxml import xml
from sanitizers.ooxml.opc import Package, Relationship, WrittenPart

_CORE_TYPE = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
_CORE_CONTENT_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
_CP = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"
_DC = "http://purl.org/dc/elements/1.1/"
_DCTERMS = "http://purl.org/dc/terms/"
_LABEL = "機密性"
_LONGEST = 1024  # a label is a line, not a hiding place
_TEXTS = {f"{{{_DC}}}{name}" for name in ("title", "subject", "creator", "description")} | {
    f"{{{_CP}}}{name}" for name in ("keywords", "category", "contentStatus")
}
_CORE_KINDS = ("core-properties",)
_CUSTOM_KINDS = ("custom-properties", "customProperties")
KINDS = _CORE_KINDS + _CUSTOM_KINDS


def rebuild(package: Package, switches: Switches, findings: Findings) -> tuple[WrittenPart, Relationship]:
    """Core properties of the new package; labels among the custom properties move into its keywords."""
    kept: dict[str, str] = {}
    labels: list[str] = []
    for relationship in package.relationships(""):
        if relationship.external or relationship.target not in package:
            continue
        if relationship.kind in _CORE_KINDS:
            kept |= _core(package, relationship.target, switches, findings)
        elif relationship.kind in _CUSTOM_KINDS:
            labels += _custom(package, relationship.target, findings)
    keywords = f"{{{_CP}}}keywords"
    missing = [label for label in labels if label not in kept.get(keywords, "")]
    if missing:
        kept[keywords] = " ".join(filter(None, [kept.get(keywords, ""), *missing]))
    part = WrittenPart("docProps/core.xml", _CORE_CONTENT_TYPE, _write(kept), ())
    return part, Relationship("rIdCore", _CORE_TYPE, part.name, external=False)


def _core(package: Package, key: str, switches: Switches, findings: Findings) -> dict[str, str]:
    kept = {}
    for element in _read(package, key, findings):
        text = xml.text(element).strip()
        if not text:
            continue
        if element.tag in _TEXTS and len(text) <= _LONGEST and (switches.metadata or _LABEL in text):
            kept[element.tag] = text
        else:
            findings.add(Kind.METADATA, key, xml.local(element), Treatment.REMOVED)
    return kept


def _custom(package: Package, key: str, findings: Findings) -> list[str]:
    labels = []
    for element in _read(package, key, findings):
        text = xml.text(element).strip()
        if _LABEL in text and len(text) <= _LONGEST:
            labels.append(text)
        else:
            findings.add(Kind.METADATA, key, element.get("name", ""), Treatment.REMOVED)
    return labels


def _read(package: Package, key: str, findings: Findings) -> Iterable[xml.Element]:
    """Each property; none where the part is broken, which costs the document nothing else."""
    try:
        return xml.parse(package.read(key), key)
    except Refused as refusal:
        if refusal.reason is not Reason.CORRUPT:
            raise
        findings.add(Kind.METADATA, key, refusal.detail, Treatment.REMOVED)
        return ()


def _write(texts: dict[str, str]) -> bytes:
    root = etree.Element(f"{{{_CP}}}coreProperties", nsmap={"cp": _CP, "dc": _DC, "dcterms": _DCTERMS})
    for tag, text in sorted(texts.items()):
        etree.SubElement(root, tag).text = text
    return xml.serialise(root)
