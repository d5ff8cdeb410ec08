"""XML parts of a package: one parser without entities, DTD and network, one serialiser, and moves inside a tree.

Raises `Refused`: FORBIDDEN_CONSTRUCT for a DOCTYPE (D1), CORRUPT for what is not well-formed UTF-8 or UTF-16 (ECMA-376
part 2 allows no other encoding; the declaration in the part is not believed).  No rule about OOXML is here.
"""

from __future__ import annotations

import codecs
from collections.abc import Collection
from typing import Literal, cast

from lxml import etree

from sanitizers.model import Reason, Refused

Element = etree._Element

_PIECE = 4096  # bytes fed at once when only the beginning is wanted
_WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def parse(content: bytes, where: str) -> Element:
    """The root.  libxml2's own caps hold (256 levels, 10 MB of text in one node); comments and PIs are gone."""
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,  # a third of the parsing time
    )
    try:
        root = etree.fromstring(utf8(content, where), parser)
    except etree.XMLSyntaxError as error:
        raise Refused(_reason(content), f"{where}: {error}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Refused(Reason.FORBIDDEN_CONSTRUCT, f"{where}: document type declaration")
    return root


def root_tag(content: bytes, where: str, *, is_all: bool = False) -> str:
    """The root's name in Clark notation, without reading on; "" if it does not stand in a beginning of a part."""
    if not is_all and content[:2] in _WIDE:
        return ""  # may be cut inside a character
    root = _first(content, where, "start", ())
    if root is None and not is_all:
        return ""
    if root is None:
        raise Refused(Reason.CORRUPT, f"{where}: no root element")
    return str(root.tag)


def find(content: bytes, where: str, tags: tuple[str, ...]) -> Element | None:
    """The first element of these names, complete, without reading on."""
    return _first(content, where, "end", tags)


def _first(content: bytes, where: str, event: Literal["start", "end"], tags: tuple[str, ...]) -> Element | None:
    parser = etree.XMLPullParser(
        events=(event,),
        tag=tags or None,
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        collect_ids=False,
    )
    content = utf8(content, where)
    try:
        for at in range(0, len(content), _PIECE):
            parser.feed(content[at : at + _PIECE])
            for _, element in parser.read_events():
                return cast(Element, element)
    except etree.XMLSyntaxError as error:
        raise Refused(_reason(content), f"{where}: {error}") from error
    return None


def forget_namespaces(root: Element, kept: Collection[str]) -> None:
    """Take out declarations that nothing uses, except those of the prefixes that attributes mention by name."""
    etree.cleanup_namespaces(root, keep_ns_prefixes=list(kept))


def serialise(root: Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, standalone=True)


def new_root(namespace: str, name: str) -> Element:
    """An element whose namespace is the default one."""
    return etree.Element(f"{{{namespace}}}{name}", nsmap=cast(dict[str, str], {None: namespace}))


def local(element: Element) -> str:
    return etree.QName(element).localname


def namespace(element: Element) -> str:
    return etree.QName(element).namespace or ""


def remove(element: Element) -> None:
    """Take an element out; the text after it stays."""
    parent = element.getparent()
    if parent is None:
        return
    _append_text(element, element.tail)
    element.tail = None
    parent.remove(element)


def unwrap(element: Element) -> None:
    """Take an element out and leave its children in its place."""
    parent = element.getparent()
    if parent is None:
        return
    _append_text(element, element.text)
    for child in list(element):
        element.addprevious(child)
    remove(element)


def replace(element: Element, other: Element) -> None:
    other.tail, element.tail = element.tail, None
    parent = element.getparent()
    if parent is not None:
        parent.replace(element, other)


def text(element: Element) -> str:
    """All text inside."""
    return "".join(str(piece) for piece in element.itertext())


def _append_text(element: Element, text: str | None) -> None:
    if not text:
        return
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent = element.getparent()
        assert parent is not None
        parent.text = (parent.text or "") + text


def utf8(content: bytes, where: str) -> bytes:
    """The same text in UTF-8."""
    encoding = _WIDE.get(content[:2])
    if encoding is None:
        return content
    try:
        return content.decode(encoding).encode()
    except UnicodeError as error:
        raise Refused(Reason.CORRUPT, f"{where}: {error}") from error


def _reason(content: bytes) -> Reason:
    """A document type declaration breaks the parse in many ways; it has one reason."""
    return Reason.FORBIDDEN_CONSTRUCT if b"<!DOCTYPE" in content.replace(b"\0", b"") else Reason.CORRUPT
