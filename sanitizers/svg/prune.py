"""An SVG written anew from an allow-list, with a size in pixels and a bounded cost; nothing in it points out of it.

Pictures inside it are rebuilt by `image`.  Raises Refused: CORRUPT, FORBIDDEN_CONSTRUCT for entities, and limits.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import urllib.parse
from typing import cast

from lxml import etree

from sanitizers import image, text
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Reason, Refused, Treatment
from sanitizers.svg.vocabulary import ATTRIBUTES, ELEMENTS, HREF, SPACE, SVG, UNSEEN, XLINK

_NAMESPACES = cast(dict[str, str], {None: SVG, "xlink": XLINK})  # the stubs lack the default one
_WORDS = ("text", "tspan", "textPath")

_PIXELS = 16_000_000  # drawn at once: 64 MB
_EDGE = 16_000  # pixels on one side
_SCALE = 2.0  # device pixels for one of the drawing's: small writing stays legible
_DEFAULT = (300.0, 150.0)  # CSS 2.1 10.3.2: a replaced element without a size
_DRAWN = 100_000  # elements after every use is followed; resvg takes 40 us for each
_DEPTH = 100  # levels after every use is followed; resvg's recursion ends the stack somewhere above 400

_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "em": 16.0, "ex": 8.0}
_LENGTH = re.compile(r"\s*\+?(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})\s*([a-z]{0,2})\s*")
_BOX = re.compile(r"[\s,]+")
_LOCAL = re.compile(r"""url\(\s*["']?#[^"'()\\]{1,200}["']?\s*\)""")
_REFERENCE = re.compile(r"""url\(\s*["']?#([^"'()\s]{1,200})""")
_ABROAD = re.compile(r"url|@|\\|expression|javascript|image-set|src\s*\(", re.IGNORECASE)  # a backslash hides any of them
_RULE = re.compile(r"@[^{};]*(?:;|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\Z)")
_DATA = re.compile(r"data:image/[\w.+-]{1,40}(?:;[\w=-]{1,40}){0,3},", re.IGNORECASE)


def pruned(content: bytes, limits: Limits, findings: Findings) -> bytes:
    """UTF-8, one `svg` element with width, height and viewBox."""
    source = _parsed(text.plain(content, "text/xml", findings), findings)
    root = _Pruning(limits, findings).copy(source, 0)
    if root is None or root.tag != f"{{{SVG}}}svg":
        raise Refused(Reason.CORRUPT, "SVG: the root is no svg element")
    _within_cost(root)
    _sized(root, min(_PIXELS, limits.pixels))
    return etree.tostring(root, encoding="UTF-8")


def _parsed(written: str, findings: Findings) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(written.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise Refused(Reason.CORRUPT, f"SVG: {error}") from error
    if "<?xml-stylesheet" in written:
        findings.add(Kind.REMOTE_CONTENT, "", "style sheet elsewhere", Treatment.REMOVED)
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None:
        if any(True for _ in declared.iterentities()):  # type: ignore[union-attr]  # the stubs lack it
            raise Refused(Reason.FORBIDDEN_CONSTRUCT, "SVG: document type with entities")
        findings.add(Kind.UNKNOWN_CONSTRUCT, "", "document type declaration", Treatment.REMOVED)
    return root


def _drawn_as(source: etree._Element, name: str) -> str:
    """A link is a group, and among words a span."""
    if name != "a":
        return name
    parent = source.getparent()
    return "tspan" if parent is not None and etree.QName(parent).localname in _WORDS else "g"


class _Pruning:
    def __init__(self, limits: Limits, findings: Findings) -> None:
        self._limits, self._findings = limits, findings

    def copy(self, source: etree._Element, depth: int) -> etree._Element | None:
        """The element with what may stay of it; None if it may not.  A link leaves a group behind."""
        if not isinstance(source.tag, str):  # an entity that nothing declares
            return None
        if depth > _DEPTH:
            raise Refused(Reason.LIMIT_DEPTH, f"SVG: more than {_DEPTH} levels")
        qualified = etree.QName(source)
        name = qualified.localname
        if qualified.namespace not in (SVG, None) or (name not in ELEMENTS and name != "a"):
            self._drop(name)
            return None
        element = etree.Element(f"{{{SVG}}}{_drawn_as(source, name)}", nsmap=_NAMESPACES)
        for attribute, value in source.attrib.items():
            self._attribute(element, name, str(attribute), str(value))
        element.text, element.tail = self._style(source.text) if name == "style" else source.text, source.tail
        for child in source:
            copied = self.copy(child, depth + 1)
            if copied is not None:
                element.append(copied)
            elif child.tail and len(element):
                element[-1].tail = (element[-1].tail or "") + child.tail
            elif child.tail:
                element.text = (element.text or "") + child.tail
        return element

    def _drop(self, name: str) -> None:
        kind = {"script": Kind.SCRIPT, "foreignObject": Kind.EMBEDDED_OBJECT}.get(name, Kind.UNKNOWN_CONSTRUCT)
        kind = Kind.METADATA if name in UNSEEN else kind
        self._findings.add(kind, "", f"element {name[:60]}", Treatment.REMOVED)

    def _attribute(self, element: etree._Element, owner: str, attribute: str, value: str) -> None:
        if attribute in (HREF, "href"):
            if owner == "a":
                self._findings.add(Kind.HYPERLINK, "", value, Treatment.REMOVED)
            elif value.strip().startswith("#"):
                element.set(HREF, value.strip())
            elif owner == "image" and (picture := self._picture(value)):
                element.set(HREF, picture)
            else:
                self._findings.add(Kind.EXTERNAL_LINK, owner, value, Treatment.REMOVED)
        elif attribute == SPACE or (attribute in ATTRIBUTES and not _ABROAD.search(_LOCAL.sub("", value))):
            element.set(attribute, value)
        elif attribute in ATTRIBUTES:
            self._findings.add(Kind.EXTERNAL_LINK, f"{owner} {attribute}", value, Treatment.REMOVED)
        elif attribute.lower().startswith("on"):
            self._findings.add(Kind.SCRIPT, owner, attribute, Treatment.REMOVED)

    def _style(self, sheet: str | None) -> str:
        """Rules without at-rules; none at all if something in them points out of the drawing."""
        plain, removed = _RULE.subn("", sheet or "")
        if removed:
            self._findings.add(Kind.REMOTE_CONTENT, "style", f"{removed} at-rules", Treatment.REMOVED)
        if _ABROAD.search(_LOCAL.sub("", plain)):
            self._findings.add(Kind.REMOTE_CONTENT, "style", plain, Treatment.REMOVED)
            return ""
        return plain

    def _picture(self, value: str) -> str:
        """A data URI (RFC 2397) of a picture that we wrote ourselves; "" if it holds none."""
        head = _DATA.match(value.strip())
        if not head:
            return ""
        try:
            packed = urllib.parse.unquote_to_bytes(value.strip()[head.end() :])
            content = base64.b64decode(packed) if ";base64" in head[0].lower() else packed
            picture = image.recode(content, self._limits, self._findings, "image")
        except (binascii.Error, Refused):
            return ""
        return f"data:{picture.media_type};base64,{base64.b64encode(picture.content).decode()}"


def _within_cost(root: etree._Element) -> None:
    """A `use`, a mask, a pattern stand for a copy of their target: what is drawn in the end is counted before it is drawn."""
    targets = {str(element.get("id")): element for element in root.iter() if element.get("id")}
    known, open_ = dict[etree._Element, tuple[int, int]](), set[etree._Element]()

    def cost(element: etree._Element) -> tuple[int, int]:
        """Elements and levels."""
        if element in known:
            return known[element]
        if element in open_:
            raise Refused(Reason.CORRUPT, "SVG: an element that contains itself")
        if len(open_) > _DEPTH:
            raise Refused(Reason.LIMIT_DEPTH, f"SVG: more than {_DEPTH} levels")
        open_.add(element)
        named = [name for value in element.attrib.values() for name in _REFERENCE.findall(str(value))]
        named.append(str(element.get(HREF, ""))[1:])
        inner = [cost(child) for child in element] + [cost(targets[name]) for name in named if name in targets]
        open_.discard(element)
        known[element] = 1 + sum(count for count, _ in inner), 1 + max((depth for _, depth in inner), default=0)
        return known[element]

    drawn, depth = cost(root)
    if drawn > _DRAWN:
        raise Refused(Reason.LIMIT_PARTS, f"SVG: {drawn} elements to draw, limit {_DRAWN}")
    if depth > _DEPTH:
        raise Refused(Reason.LIMIT_DEPTH, f"SVG: {depth} levels, limit {_DEPTH}")


def _sized(root: etree._Element, most_pixels: int) -> None:
    """Whatever size a drawing claims, the picture's is ours; its proportions are the drawing's."""
    box = _box(root.get("viewBox", ""))
    width, height = _length(root.get("width", "")), _length(root.get("height", ""))
    if box:
        width = width or (height * box[0] / box[1] if height else box[0])
        height = height or width * box[1] / box[0]
    width, height = width or _DEFAULT[0], height or _DEFAULT[1]
    if not box:
        root.set("viewBox", f"0 0 {width:.9g} {height:.9g}")
    scale = min(_SCALE, math.sqrt(most_pixels / width / height), _EDGE / max(width, height))
    root.set("width", f"{max(1, int(width * scale))}")
    root.set("height", f"{max(1, int(height * scale))}")


def _length(value: str) -> float:
    """In pixels; 0 for what is none, such as a percentage."""
    length = _LENGTH.fullmatch(value)
    return float(length[1]) * _UNITS.get(length[2], 0.0) if length else 0.0


def _box(value: str) -> tuple[float, float] | None:
    """Width and height of a viewBox."""
    try:
        _, _, width, height = map(float, _BOX.split(value.strip()))
    except ValueError:
        return None
    return (width, height) if 0 < width < 1e9 and 0 < height < 1e9 else None
