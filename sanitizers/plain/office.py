"""The text of a rebuilt docx or pptx: what is written on the page or slide, then what hangs on it (notes, comments, charts)."""

from __future__ import annotations

from collections.abc import Iterator

from sanitizers.model import Limits
from sanitizers.ooxml.xml import Element
from sanitizers.plain import flow
from sanitizers.plain.flow import local
from sanitizers.plain.package import Package, TextPart, reference

_DRAWN = frozenset({"chart", "chartEx", "diagramData", "drawing", "chartUserShapes"})
_CACHES = frozenset({"strCache", "numCache", "multiLvlStrCache"})  # 21.2.2
_BEFORE = frozenset({"header"})
_AFTER = frozenset({"footnotes", "endnotes", "footer", "comments"})
_TITLES = {
    "header": "ヘッダー",
    "footer": "フッター",
    "footnotes": "脚注",
    "endnotes": "文末脚注",
    "comments": "コメント",
    "threadedComment": "コメント",
    "notesSlide": "ノート",
    "chart": "グラフ",
    "chartEx": "グラフ",
    "diagramData": "図",
    "drawing": "図形",
    "chartUserShapes": "図形",
}


def document(content: bytes, limits: Limits) -> Iterator[str]:
    package = Package(content, limits)
    main = package.main()
    yield from attached(package, main, _BEFORE)
    yield from flow.blocks(main.root)
    yield from attached(package, main, _DRAWN | _AFTER)


def presentation(content: bytes, limits: Limits) -> Iterator[str]:
    """Slides in their order, not in that of their files."""
    package = Package(content, limits)
    main = package.main()
    slides = {slide.id: slide for slide in package.related(main.name, frozenset({"slide"}))}
    shown = [slides[reference(entry)] for entry in main.root.iter() if _is_slide(entry) and reference(entry) in slides]
    for number, slide in enumerate(shown, 1):
        yield f"――― スライド{number} ―――"
        yield from flow.blocks(slide.root)
        yield from attached(package, slide, _DRAWN | {"notesSlide", "comments"})
        yield ""


def _is_slide(element: Element) -> bool:
    return local(element) == "sldId"


def attached(package: Package, part: TextPart, kinds: frozenset[str]) -> Iterator[str]:
    """The text of the parts that `part` refers to, each under its title; what they refer to follows."""
    for found in package.related(part.name, kinds):
        lines = [line for line in _text(found.root) if line.strip()]
        if lines:
            yield f"〔{_TITLES[found.kind]}〕"
            yield from lines
        yield from attached(package, found, _DRAWN)


def _text(root: Element) -> Iterator[str]:
    """Paragraphs; of a chart also the labels and numbers, as they were when it was drawn."""
    yield from flow.blocks(root)
    for cache in (element for element in root.iter() if local(element) in _CACHES):
        yield "\t".join(value.text or "" for value in cache.iter() if local(value) == "v")
