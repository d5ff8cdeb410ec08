"""A rebuilt Office document: known parts reached by known relationships, markup without anything that acts.

OPC (ISO/IEC 29500-2) is read with `zipfile`, markup with expat: the rebuilder uses neither (formats.md 1, D1-D4, D20).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sanitizers.verify import archive, markup, picture
from sanitizers.verify.markup import Links
from sanitizers.verify.words import words

_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml."
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_SLIDE = "application/vnd.openxmlformats-officedocument.presentationml."
_DRAWING = "application/vnd.openxmlformats-officedocument.drawingml."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_PACKAGE = "application/vnd.openxmlformats-package."
_RELATIONSHIPS = _PACKAGE + "relationships+xml"

MAIN = {  # media type of the file: content type of its main part
    _WORD + "document": _WORD + "document.main+xml",
    _SHEET + "sheet": _SHEET + "sheet.main+xml",
    _SLIDE + "presentation": _SLIDE + "presentation.main+xml",
}
_PROGRAMS = {  # of an embedded package, by its content type (15.2.11): extension of its name, program that edits it
    _WORD + "document": ("docx", "Word.Document.12"),
    _SHEET + "sheet": ("xlsx", "Excel.Sheet.12"),
    _SLIDE + "presentation": ("pptx", "PowerPoint.Show.12"),
}
_MARKUP = frozenset(
    {f"{_WORD}{kind}+xml" for kind in words("styles settings fontTable numbering footnotes endnotes header footer comments")}
    | {f"{_WORD}{kind}+xml" for kind in words("webSettings commentsExtended commentsIds commentsExtensible people")}
    | {f"{_SHEET}{kind}+xml" for kind in words("worksheet chartsheet styles sharedStrings calcChain comments table")}
    | {f"{_SHEET}{kind}+xml" for kind in words("pivotTable pivotCacheDefinition pivotCacheRecords sheetMetadata")}
    | {f"{_SLIDE}{kind}+xml" for kind in words("slide slideLayout slideMaster notesSlide notesMaster handoutMaster")}
    | {f"{_SLIDE}{kind}+xml" for kind in words("tableStyles viewProps presProps comments commentAuthors")}
    | {f"{_DRAWING}{kind}+xml" for kind in words("chart chartshapes diagramData diagramStyle diagramColors diagramLayout")}
    | {f"{_OFFICE}{kind}+xml" for kind in words("drawing theme themeOverride extended-properties custom-properties")}
    | {f"application/vnd.ms-office.{kind}+xml" for kind in words("chartstyle chartcolorstyle chartex drawingml.diagramDrawing")}
    | {f"application/vnd.ms-excel.{kind}+xml" for kind in words("threadedcomments person slicer slicerCache timeline")}
    | {"application/vnd.ms-word.stylesWithEffects+xml", _PACKAGE + "core-properties+xml", _OFFICE + "vmlDrawing"}
    | frozenset(MAIN.values())
)
_PICTURES = {
    "image/png": picture.png,
    "image/jpeg": picture.jpeg,
    "image/gif": picture.gif,
    "image/bmp": picture.bmp,
    "image/tiff": picture.tiff,
}
_EXTERNAL = frozenset(("hyperlink",))
_TYPES = _EXTERNAL | words(
    "officeDocument core-properties extended-properties extendedProperties custom-properties customProperties",
    "styles stylesWithEffects settings webSettings fontTable numbering footnotes endnotes header footer",
    "comments commentsExtended commentsIds commentsExtensible people theme themeOverride image drawing vmlDrawing",
    "chart chartUserShapes chartStyle chartColorStyle chartEx",
    "diagramData diagramLayout diagramColors diagramQuickStyle diagramDrawing",
    "package worksheet chartsheet sharedStrings calcChain table sheetMetadata threadedComment person",
    "pivotTable pivotCacheDefinition pivotCacheRecords slicer slicerCache timeline",
    "slide slideLayout slideMaster notesSlide notesMaster handoutMaster tableStyles viewProps presProps commentAuthors",
)
_AUTHORITIES = ("http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/", "http://schemas.microsoft.com/office/")
_LINK = re.compile(r"(https?://|mailto:)[^\s\x00-\x1f\\]*", re.IGNORECASE)
_TOTAL = 512 << 20  # bytes unpacked: twice what the rebuilder may take in
_DEEPEST = 8  # packages inside one another; the rebuilder stops before


@dataclass(frozen=True, slots=True)
class _Relationship:
    id: str
    kind: str  # last segment of the type's URI
    target: str
    external: bool


def package(main: str) -> Callable[[bytes, frozenset[str]], Iterator[str]]:
    """The check for one media type, whose main part has content type `main`."""

    def check(content: bytes, digests: frozenset[str]) -> Iterator[str]:
        yield from _package(content, main, _Level(0, [_TOTAL]))

    return check


@dataclass(frozen=True, slots=True)
class _Level:
    """How deep inside, and how many bytes all levels together may still unpack to."""

    depth: int
    room: list[int]


def _package(content: bytes, main: str, level: _Level) -> Iterator[str]:
    yield from archive.container(content)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        level.room[0] -= sum(member.file_size for member in opened.infolist())
        if level.room[0] < 0 or level.depth > _DEEPEST:
            yield "unpacks to more than anything that was taken in, or too deep"
            return
        yield from _parts(opened, main, level)


def _parts(opened: zipfile.ZipFile, main: str, level: _Level) -> Iterator[str]:
    names = frozenset(opened.namelist())
    types = _content_types(opened.read("[Content_Types].xml"))
    reached, waiting = {"[Content_Types].xml"}, [""]
    mains = []
    while waiting:
        source = waiting.pop()
        relationships = _relationships(opened, source, names)
        if relationships:
            reached.add(_relationships_of(source))
        for relationship in relationships.values():
            yield from _relationship(relationship, source, names, types)
            if not relationship.external and relationship.target not in reached:
                reached.add(relationship.target)
                waiting.append(relationship.target)
            if relationship.kind == "officeDocument":
                mains.append(types.of(relationship.target))
        if source in names:
            yield from _part(opened.read(source), source, types, relationships, level)
    if mains != [main]:
        yield f"main parts {mains}"
    yield from (f"{name}: no relationship leads to it" for name in sorted(names - reached))


@dataclass(frozen=True, slots=True)
class _Types:
    """[Content_Types].xml: by part name, else by extension (10.1.2.3); both without regard to case."""

    overrides: dict[str, str]
    defaults: dict[str, str]

    def of(self, name: str) -> str:
        extension = name.rpartition(".")[2].lower()
        return self.overrides.get("/" + name.lower(), self.defaults.get(extension, ""))


def _content_types(content: bytes) -> _Types:
    overrides, defaults = dict[str, str](), dict[str, str]()
    for name, attributes in markup.elements(content):
        table, key = {"Override": (overrides, "PartName"), "Default": (defaults, "Extension")}.get(name, ({}, ""))
        if key:
            where = attributes[key].lower()
            if where in table:
                raise ValueError(f"two content types for {where}")
            table[where] = attributes["ContentType"]
    return _Types(overrides, defaults)


def _relationships_of(source: str) -> str:
    folder, name = posixpath.split(source)
    return posixpath.join(folder, "_rels", name + ".rels")


def _relationships(opened: zipfile.ZipFile, source: str, names: frozenset[str]) -> dict[str, _Relationship]:
    found = dict[str, _Relationship]()
    if _relationships_of(source) not in names:
        return found
    for name, attributes in markup.elements(opened.read(_relationships_of(source))):
        if name != "Relationship":
            continue
        mode = attributes.get("TargetMode", "Internal")
        authority, _, kind = attributes["Type"].rpartition("/")
        if mode not in ("Internal", "External") or attributes["Id"] in found or not authority.startswith(_AUTHORITIES):
            raise ValueError(f"relationship {attributes} of {source or 'the package'}")
        target = attributes["Target"]
        if mode == "Internal":
            target = posixpath.normpath(posixpath.join("/", posixpath.dirname(source), target)).lstrip("/")
        found[attributes["Id"]] = _Relationship(attributes["Id"], kind, target, mode == "External")
    return found


def _relationship(relationship: _Relationship, source: str, names: frozenset[str], types: _Types) -> Iterator[str]:
    where = f"{source or 'the package'}: relationship {relationship.kind} to {relationship.target[:100]!r}"
    if relationship.kind not in _TYPES:
        yield where
    if relationship.external and (relationship.kind not in _EXTERNAL or not _LINK.fullmatch(relationship.target)):
        yield f"{where}, external"
    if not relationship.external and relationship.target not in names:
        yield f"{where}, which does not exist"
    extension, _ = _PROGRAMS.get(types.of(relationship.target), ("", ""))
    if (relationship.kind == "package") != bool(extension) or (extension and not relationship.target.endswith(f".{extension}")):
        yield f"{where}, of type {types.of(relationship.target)!r}"
    if relationship.kind == "package" and not source:
        yield f"{where}, as the document itself"


def _part(content: bytes, name: str, types: _Types, relationships: dict[str, _Relationship], level: _Level) -> Iterator[str]:
    media_type = types.of(name)
    check = _PICTURES.get(media_type)
    if check:
        found = check(content, frozenset())
    elif media_type in _PROGRAMS:
        found = _package(content, MAIN[media_type], _Level(level.depth + 1, level.room))
    elif media_type in _MARKUP:
        found = markup.objections(content, _links(relationships, types))
    else:
        found = iter((f"content type {media_type!r}",))
    if relationships and media_type not in _MARKUP:
        yield f"{name}: no markup, but relationships"
    yield from (f"{name}: {objection}" for objection in found)


def _links(relationships: dict[str, _Relationship], types: _Types) -> Links:
    packages = {r.id: _PROGRAMS.get(types.of(r.target), ("", ""))[1] for r in relationships.values() if r.kind == "package"}
    external = frozenset(r.id for r in relationships.values() if r.external)
    return Links(frozenset(relationships) - external - packages.keys(), external, packages)
