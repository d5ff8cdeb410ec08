"""Running text of WordprocessingML and DrawingML, which call a paragraph, a table and a text by the same local names.

For parts that `ooxml` has rebuilt: known vocabulary, bounded depth.  Deleted text, field codes, ruby and the second of two
renderings are no text of the document.
"""

from __future__ import annotations

from collections.abc import Iterator

from sanitizers.ooxml.xml import Element

_PARAGRAPHS = frozenset({"p", "si", "text", "cm"})  # si and text: a shared string and a comment of a workbook; cm: of a slide
_UNSEEN = frozenset({"Fallback", "delText", "instrText", "delInstrText", "moveFrom", "rPh", "rt", "pPr", "rPr"})
_SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


def local(element: Element) -> str:
    """The name without its namespace; `etree.QName` takes five times as long, and a sheet has a million elements."""
    return str(element.tag).rpartition("}")[2]


def blocks(element: Element) -> Iterator[str]:
    """Paragraphs in order, a table row as one line of cells with tabs between; text boxes follow their paragraph."""
    for child in element:
        name = local(child)
        if name in _UNSEEN:
            continue
        if name in _PARAGRAPHS:
            yield from _paragraph(child)
        elif name == "tr":
            yield "\t".join(cell(tc) for tc in child if local(tc) == "tc" or len(tc))
        else:
            yield from blocks(child)


def cell(element: Element) -> str:
    """On one line, whatever it holds."""
    return " ".join(" ".join(blocks(element)).split())


def line(element: Element) -> str:
    """The text of one string, on one line."""
    return " ".join("".join(inline(element, [])).replace("\t", " ").split("\n"))


def _paragraph(paragraph: Element) -> Iterator[str]:
    boxes: list[Element] = []
    yield from "".join(inline(paragraph, boxes)).split("\n")
    for box in boxes:
        yield from blocks(box)


def inline(element: Element, boxes: list[Element]) -> Iterator[str]:
    """The text of one paragraph; text boxes in it are put aside."""
    for child in element:
        name = local(child)
        if name in _UNSEEN:
            continue
        if name == "t":
            yield child.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name in ("txbxContent", "txBody"):
            boxes.append(child)
        else:
            yield from inline(child, boxes)
