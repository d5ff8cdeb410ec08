"""Every `xlink:href` of a document: links lead to the web or to a place inside, pictures and objects into the package.

Whatever else carries a reference loses it.  A picture that is somewhere else was never part of what we were sent; a
vector picture gives way to a raster one of the same frame, or to a grey box (D3, D10).
"""

from __future__ import annotations

import binascii
import re
from typing import Protocol

import pybase64

from sanitizers.image import Recoded
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Switches, Treatment
from sanitizers.odf.allowlist import DRAW, HREF, LOEXT, MATH, OFFICE, STYLE, TABLE, TEXT, tags
from sanitizers.ooxml import links, media, xml

_BINARY = f"{{{OFFICE}}}binary-data"
_WRAPPING_LINKS = frozenset(tags(TEXT, "a") + tags(DRAW, "a"))
_LINKS = _WRAPPING_LINKS | frozenset(tags(DRAW, "area-circle", "area-polygon", "area-rectangle"))
_FRAME, _IMAGE, _FILL, _OBJECT = tags(DRAW, "frame", "image", "fill-image", "object")
_BACKGROUND, _BULLET = f"{{{STYLE}}}background-image", f"{{{TEXT}}}list-level-style-image"
_PICTURES = frozenset((_IMAGE, _FILL, _BACKGROUND, _BULLET))
_SHOWN = frozenset((_IMAGE, _OBJECT, f"{{{TABLE}}}table", *tags(DRAW, "text-box")))
_INLINE = frozenset((f"{{{OFFICE}}}document", f"{{{MATH}}}math"))
_ITSELF = ("", ".", "..")  # how an embedded chart names the document that it is in
_TYPES = tags(DRAW, "mime-type") + tags(LOEXT, "mime-type")  # of what it was, not of what we wrote
_PLACE = re.compile(r"#[^\x00-\x1f\x7f]{0,2000}")


class Surroundings(Protocol):
    """The package around a document; a flat document has none."""

    def picture(self, href: str) -> Recoded | None:
        """The picture that the document calls so, written anew; None if it is not in the package."""
        ...

    def keep(self, picture: Recoded) -> str:
        """Put a picture into the new package and answer how the document calls it; "" to have it inline."""
        ...

    def document(self, href: str) -> str:
        """Put the embedded document of that name into the new package; "" if it may not stay."""
        ...


def settle(root: xml.Element, where: str, around: Surroundings, limits: Limits, switches: Switches, findings: Findings) -> None:
    """Links, then objects, then pictures: a picture in place of an object depends on whether the object stays."""
    for element in list(root.iter()):
        if element.tag in _LINKS:
            _link(element, where, switches, findings)
        elif element.tag == _OBJECT:
            _object(element, where, around, findings)
        elif element.get(HREF) is not None and element.tag not in _PICTURES:
            if element.get(HREF) not in _ITSELF:
                findings.add(Kind.EXTERNAL_LINK, where, f"{xml.local(element)} {element.get(HREF)}", Treatment.REMOVED)
            del element.attrib[HREF]
    shown = {picture: _recoded(picture, where, around, limits, findings) for picture in list(root.iter(*_PICTURES))}
    for picture, recoded in shown.items():
        if recoded is None:
            _release(picture)
        elif recoded is media.PLACEHOLDER and _has_better(picture, shown):
            xml.remove(picture)
        else:
            _show(picture, recoded, around)
    for frame in root.iter(_FRAME):
        if not any(child.tag in _SHOWN for child in frame):
            findings.add(Kind.EMBEDDED_OBJECT, where, "an empty frame shows a grey box", Treatment.REPLACED)
            box = frame.makeelement(_IMAGE)
            frame.insert(0, box)
            _show(box, media.PLACEHOLDER, around)


def _link(element: xml.Element, where: str, switches: Switches, findings: Findings) -> None:
    target = element.get(HREF, "")
    address = target if _PLACE.fullmatch(target) else links.rebuilt(target) if switches.hyperlinks else ""
    if address:
        element.set(HREF, address)
        return
    findings.add(Kind.HYPERLINK, where, target, Treatment.NEUTRALISED)
    if element.tag in _WRAPPING_LINKS:
        xml.unwrap(element)
    else:
        xml.remove(element)


def _object(element: xml.Element, where: str, around: Surroundings, findings: Findings) -> None:
    """An embedded document stays where it was rebuilt; inline ones were pruned together with this one."""
    href = str(element.attrib.pop(HREF, ""))
    name = around.document(href) if href else ""
    if name:
        element.set(HREF, name)
    elif href or not any(child.tag in _INLINE for child in element):
        findings.add(Kind.EMBEDDED_OBJECT, where, f"object {href}", Treatment.REMOVED)
        xml.remove(element)


def _recoded(element: xml.Element, where: str, around: Surroundings, limits: Limits, findings: Findings) -> Recoded | None:
    binary, href = element.find(_BINARY), element.get(HREF, "")
    if binary is not None:
        try:
            content = pybase64.b64decode(xml.text(binary))
        except (binascii.Error, ValueError):
            content = b""
        return media.recode(content, f"{where}: inline picture", limits, findings)
    picture = around.picture(href) if href else None
    if href and picture is None:
        findings.add(Kind.EXTERNAL_LINK, where, f"picture {href} is not in the file", Treatment.REMOVED)
    return picture


def _has_better(picture: xml.Element, shown: dict[xml.Element, Recoded | None]) -> bool:
    """Another picture or the object itself in the same frame (10.4.2: alternatives, the best one first)."""
    frame = picture.getparent()
    if frame is None or frame.tag != _FRAME:
        return False
    return any(child.tag == _OBJECT or shown.get(child) not in (None, media.PLACEHOLDER) for child in frame)


def _show(element: xml.Element, picture: Recoded, around: Surroundings) -> None:
    for binary in element.findall(_BINARY):
        element.remove(binary)
    for name in _TYPES:
        element.attrib.pop(name, "")
    name = around.keep(picture)
    if name:
        element.set(HREF, name)
        return
    element.attrib.pop(HREF, "")
    binary = element.makeelement(_BINARY)
    binary.text = pybase64.b64encode(picture.content).decode()
    element.insert(0, binary)


def _release(picture: xml.Element) -> None:
    """A background without picture is a plain one, a bullet without picture none; a picture without one is nothing."""
    if picture.tag in (_BACKGROUND, _BULLET):
        picture.attrib.pop(HREF, "")
    else:
        xml.remove(picture)
