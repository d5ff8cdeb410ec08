"""Office documents inside Office documents, edited where they stand (ISO/IEC 29500-1 15.2.11).

`rebuild` makes each document anew by the same rules as one that stands alone; `Objects` are those of one part.  The markup of
an object never passes `prune`: it is taken out before, leaving its picture or nothing, and afterwards it is written by us
alone.  Linked objects, other programs than Word, Excel and PowerPoint, and a program that is not the document's become no
object again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from lxml.etree import SubElement

from sanitizers.ooxml import xml
from sanitizers.ooxml.allowlist import CX, C, P, R, S, W, strict, tags
from sanitizers.ooxml.parts import MainType

_PROGRAMS = {  # what Office has written since 1995, and the names for people that Excel may write instead
    "docx": "Word.Document.12 | Word.DocumentMacroEnabled.12 | Word.Template.12 | Word.TemplateMacroEnabled.12 | "
    "Word.Document.8 | Word.Document.6 | Document | Microsoft Word Document | 文書 | Microsoft Word 文書",
    "xlsx": "Excel.Sheet.12 | Excel.SheetMacroEnabled.12 | Excel.Template.12 | Excel.TemplateMacroEnabled.12 | "
    "Excel.Sheet.8 | Excel.Sheet.5 | Worksheet | Microsoft Excel Worksheet | ワークシート | Microsoft Excel ワークシート",
    "pptx": "PowerPoint.Show.12 | PowerPoint.ShowMacroEnabled.12 | PowerPoint.Slide.12 | PowerPoint.SlideMacroEnabled.12 | "
    "PowerPoint.SlideShow.12 | PowerPoint.SlideShowMacroEnabled.12 | PowerPoint.Template.12 | "
    "PowerPoint.TemplateMacroEnabled.12 | PowerPoint.Show.8 | PowerPoint.Slide.8 | Presentation | "
    "Microsoft PowerPoint Presentation | プレゼンテーション | Microsoft PowerPoint プレゼンテーション",
}
_EXTENSIONS = {program.lower(): extension for extension, programs in _PROGRAMS.items() for program in programs.split(" | ")}
LONGEST = 300  # characters of a name; a person gives no longer one
_LINK = tags(P, "link")
_SOURCE = (*tags(C, "externalData"), f"{{{CX}}}externalData")  # the workbook behind a chart (21.2.2.63)
_STRICT = frozenset(strict(uri) for uri in (C, P, S, W))
_AFTER_SOURCE = tags(C, "printSettings", "userShapes", "extLst")


@dataclass(frozen=True, slots=True)
class Document:
    content: bytes
    main: MainType

    @property
    def program(self) -> str:
        return _PROGRAMS[self.main.extension].partition(" ")[0]


@dataclass(slots=True)
class Objects:
    """`find` rebuilds what a relationship of the part leads to; None where that is no document or cannot be done."""

    find: Callable[[str], Document | None]
    _held: list[tuple[xml.Element, str, Callable[[xml.Element], None]]] = field(default_factory=list)

    def identifier(self, markup: xml.Element | None) -> str:
        """The relationship by which this object embeds a document; "" when it stays no object."""
        if markup is None or markup.get("Type", "Embed") != "Embed" or "link" in markup.attrib or _links(markup):
            return ""
        return self._leading_to(_EXTENSIONS.get((markup.get("ProgID") or markup.get("progId") or "").lower(), ""), markup)

    def program(self, identifier: str) -> str:
        document = self.find(identifier)
        return document.program if document else ""

    def hold(self, place: xml.Element, identifier: str, write: Callable[[xml.Element], None]) -> None:
        """`write` has `place` hold the object again, if it is still there when the part has been pruned."""
        self._held.append((place, identifier, write))

    def hold_sources(self, root: xml.Element) -> None:
        """The workbooks that a part's charts are edited with."""
        for markup in list(root.iter(*_SOURCE)):
            place, identifier = markup.getparent(), self._leading_to("xlsx", markup)
            if place is not None and identifier:
                xml.remove(markup)
                self.hold(place, identifier, partial(_write_source, identifier=identifier))

    def restore(self, root: xml.Element) -> set[str]:
        """The relationships that the part needs again."""
        used = set()
        for place, identifier, write in self._held:
            if place is root or root in place.iterancestors():
                write(place)
                used.add(identifier)
        return used

    def _leading_to(self, extension: str, markup: xml.Element) -> str:
        identifier = next((value for tag in tags(R, "id") if (value := markup.get(tag))), "")
        document = self.find(identifier) if extension and identifier else None
        return identifier if document and document.main.extension == extension else ""


def reference(element: xml.Element) -> str:
    """The attribute for a relationship, in the family of the element."""
    uri = xml.namespace(element)
    return f"{{{strict(R) if uri in _STRICT else R}}}id"


def _links(markup: xml.Element) -> bool:
    return next(markup.iter(*_LINK), None) is not None


def _write_source(place: xml.Element, identifier: str) -> None:
    """Never updated by itself: only who edits the chart opens the workbook."""
    namespace = xml.namespace(place)
    source = place.makeelement(f"{{{namespace}}}externalData", {reference(place): identifier})
    if namespace == CX:
        source.set(f"{{{CX}}}autoUpdate", "0")
        place.insert(0, source)
        return
    SubElement(source, f"{{{namespace}}}autoUpdate", val="0")
    after = next((child for child in place if child.tag in _AFTER_SOURCE), None)
    if after is None:
        place.append(source)
    else:
        after.addprevious(source)
