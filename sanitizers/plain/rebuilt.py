"""The words of a file that was rebuilt and verified: its text as a reader sees it, its properties, headers and footers.

Containers are not opened: each of their files comes by itself; of a message it is the body.  Raises Refused.
"""

from __future__ import annotations

import csv
import email
import email.policy
import io
from collections.abc import Iterator
from dataclasses import dataclass

from sanitizers import odf, plain
from sanitizers.model import Limits, Reason, Refused
from sanitizers.odf.package import Package as OdfPackage
from sanitizers.ooxml import xml
from sanitizers.ooxml.opc import Package as OoxmlPackage
from sanitizers.plain.flow import local
from sanitizers.plain.package import Package
from sanitizers.svg import MEDIA_TYPES as SVG

_PROPERTIES = ("core-properties",)
_PRINTED = frozenset({"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"})  # 18.3.1.46
_PARAGRAPHS = frozenset({"p", "h"})  # OpenDocument 1.3 part 3: 5.1


@dataclass(frozen=True, slots=True)
class Read:
    text: str
    properties: str = ""


def read(content: bytes, media_type: str, limits: Limits) -> Read | None:
    """None: there are no words that could be read, as in a picture."""
    if media_type == "message/rfc822":
        return _message(content)
    if media_type in ("text/csv", "text/tab-separated-values"):
        return Read(_rows(_decoded(content), "," if media_type == "text/csv" else "\t"))
    if media_type.startswith("text/"):
        return Read(_decoded(content))
    if media_type in SVG:
        return Read("\n".join(_texts(xml.parse(content, "svg"))))
    if media_type in odf.MEDIA_TYPES:
        return _opendocument(content, limits)
    if media_type == "application/pdf":
        return _pages(content, limits)
    if not plain.is_readable(media_type):
        return None
    text = "\n".join(plain.read(content, media_type, limits))
    around = list(_around(content, limits))
    printed, properties = ("\n".join(filter(None, texts)) for texts in zip(*around, strict=True))
    return Read(f"{printed}\n{text}", properties)


def _pages(content: bytes, limits: Limits) -> Read | None:
    """Scanned pages have no words: they are no failure, and say nothing."""
    try:
        return Read("\n".join(plain.read(content, "application/pdf", limits)))
    except Refused as refusal:
        if refusal.reason is Reason.NO_TEXT:
            return None
        raise


def _decoded(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


def _rows(text: str, separator: str) -> str:
    return "\n".join(
        "\t".join(cell.replace("\n", " ") for cell in row) for row in csv.reader(io.StringIO(text), delimiter=separator)
    )


def _message(content: bytes) -> Read:
    message = email.message_from_bytes(content, policy=email.policy.default)
    bodies = [part for part in message.walk() if part.get_content_maintype() == "text" and not part.get_filename()]
    texts = [_decoded(bytes(part.get_payload(decode=True) or b"")) for part in bodies]
    return Read("\n".join(texts), str(message["Subject"] or ""))


def _around(content: bytes, limits: Limits) -> Iterator[tuple[str, str]]:
    """What is printed around a sheet, and the properties: of the document, and of each inside it."""
    package = OoxmlPackage(content, limits)
    printed, properties = [], []
    for relationship in package.relationships(""):
        if relationship.kind in _PROPERTIES and relationship.target in package:
            properties += _texts(xml.parse(package.read(relationship.target), relationship.target))
        elif relationship.kind == "officeDocument" and relationship.target.endswith("workbook.xml"):
            for sheet in package.relationships(relationship.target):
                if sheet.kind == "worksheet" and sheet.target in package:
                    root = xml.parse(package.read(sheet.target), sheet.target)
                    printed += [_section(e.text or "") for e in root.iter() if local(e) in _PRINTED]
    yield "\n".join(printed), "\n".join(properties)
    for _, inner in Package(content, limits).documents():
        yield from _around(inner, limits)


def _section(code: str) -> str:
    """Left, centre and right part of a header (&L, &C, &R), each a line; fonts and page numbers do not matter here."""
    for mark in ("&L", "&C", "&R"):
        code = code.replace(mark, "\n")
    return code


def _opendocument(content: bytes, limits: Limits) -> Read:
    """Content, then what the styles hold of headers and footers; table rows with tabs between their cells."""
    if not content.startswith(b"PK"):
        return Read("\n".join(_blocks(xml.parse(content, "flat"))))
    package = OdfPackage(content, limits)
    roots = {name: xml.parse(package.read(name), name) for name in ("styles.xml", "content.xml", "meta.xml") if name in package}
    lines = [line for name in ("styles.xml", "content.xml") if name in roots for line in _blocks(roots[name])]
    return Read("\n".join(lines), "\n".join(_texts(roots["meta.xml"])) if "meta.xml" in roots else "")


def _blocks(element: xml.Element) -> Iterator[str]:
    for child in element:
        name = local(child)
        if name == "table-row":
            yield "\t".join(" ".join(_blocks(cell)) for cell in child)
        elif name in _PARAGRAPHS:
            yield "".join(map(str, child.itertext()))
        else:
            yield from _blocks(child)


def _texts(root: xml.Element) -> list[str]:
    return [text for text in (str(text).strip() for text in root.itertext()) if text]
