"""Which parts a package may have: a part is what its root element says, if the relationship agrees.

The content types that the sender wrote are not read at all; ours are computed from here (D2).  Pictures are in `media`,
document properties in `properties`, what may lead to a part in `relationships`; every other part, binary ones in
particular, does not exist in the output.
"""

from __future__ import annotations

from dataclasses import dataclass

from sanitizers.ooxml.allowlist import W15, X14, A, C, P, S, W, tags

_CHART_STYLE = "http://schemas.microsoft.com/office/drawing/2012/chartStyle"
_THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_OPEN = "application/vnd.openxmlformats-officedocument."
_MICROSOFT = "application/vnd.ms-"


@dataclass(frozen=True, slots=True)
class PartType:
    """`relationships`: by which kinds a part with this root may be reached.  `needs`: the one it is nothing without."""

    relationships: frozenset[str]
    content_type: str
    needs: str = ""


@dataclass(frozen=True, slots=True)
class MainType:
    """What kind of document a package is."""

    media_type: str
    extension: str


_ROOTS: tuple[tuple[str, str, str, str], ...] = (  # namespace, root element, relationships, content type
    (W, "document", "officeDocument", _OPEN + "wordprocessingml.document.main+xml"),
    (W, "styles", "styles", _OPEN + "wordprocessingml.styles+xml"),
    (W, "numbering", "numbering", _OPEN + "wordprocessingml.numbering+xml"),
    (W, "settings", "settings", _OPEN + "wordprocessingml.settings+xml"),
    (W, "fonts", "fontTable", _OPEN + "wordprocessingml.fontTable+xml"),
    (W, "footnotes", "footnotes", _OPEN + "wordprocessingml.footnotes+xml"),
    (W, "endnotes", "endnotes", _OPEN + "wordprocessingml.endnotes+xml"),
    (W, "hdr", "header", _OPEN + "wordprocessingml.header+xml"),
    (W, "ftr", "footer", _OPEN + "wordprocessingml.footer+xml"),
    (W, "comments", "comments", _OPEN + "wordprocessingml.comments+xml"),
    (W15, "commentsEx", "commentsExtended", _OPEN + "wordprocessingml.commentsExtended+xml"),
    (S, "workbook", "officeDocument", _OPEN + "spreadsheetml.sheet.main+xml"),
    (S, "worksheet", "worksheet", _OPEN + "spreadsheetml.worksheet+xml"),
    (S, "chartsheet", "chartsheet", _OPEN + "spreadsheetml.chartsheet+xml"),
    (S, "sst", "sharedStrings", _OPEN + "spreadsheetml.sharedStrings+xml"),
    (S, "styleSheet", "styles", _OPEN + "spreadsheetml.styles+xml"),
    (S, "comments", "comments", _OPEN + "spreadsheetml.comments+xml"),
    (S, "table", "table", _OPEN + "spreadsheetml.table+xml"),
    (S, "metadata", "sheetMetadata", _OPEN + "spreadsheetml.sheetMetadata+xml"),
    (S, "pivotCacheDefinition", "pivotCacheDefinition", _OPEN + "spreadsheetml.pivotCacheDefinition+xml"),
    (S, "pivotCacheRecords", "pivotCacheRecords", _OPEN + "spreadsheetml.pivotCacheRecords+xml"),
    (S, "pivotTableDefinition", "pivotTable", _OPEN + "spreadsheetml.pivotTable+xml"),
    (X14, "slicers", "slicer", _MICROSOFT + "excel.slicer+xml"),
    (X14, "slicerCacheDefinition", "slicerCache", _MICROSOFT + "excel.slicerCache+xml"),
    ("", "xml", "vmlDrawing", _OPEN + "vmlDrawing"),
    (P, "presentation", "officeDocument", _OPEN + "presentationml.presentation.main+xml"),
    (P, "sld", "slide", _OPEN + "presentationml.slide+xml"),
    (P, "sldLayout", "slideLayout", _OPEN + "presentationml.slideLayout+xml"),
    (P, "sldMaster", "slideMaster", _OPEN + "presentationml.slideMaster+xml"),
    (P, "notes", "notesSlide", _OPEN + "presentationml.notesSlide+xml"),
    (P, "notesMaster", "notesMaster", _OPEN + "presentationml.notesMaster+xml"),
    (P, "handoutMaster", "handoutMaster", _OPEN + "presentationml.handoutMaster+xml"),
    (P, "presentationPr", "presProps", _OPEN + "presentationml.presProps+xml"),
    (P, "viewPr", "viewProps", _OPEN + "presentationml.viewProps+xml"),
    (P, "cmAuthorLst", "commentAuthors", _OPEN + "presentationml.commentAuthors+xml"),
    (P, "cmLst", "comments", _OPEN + "presentationml.comments+xml"),
    (A, "theme", "theme", _OPEN + "theme+xml"),
    (A, "themeOverride", "themeOverride", _OPEN + "themeOverride+xml"),
    (A, "tblStyleLst", "tableStyles", _OPEN + "presentationml.tableStyles+xml"),
    (A.replace("main", "spreadsheetDrawing"), "wsDr", "drawing", _OPEN + "drawing+xml"),
    (C, "chartSpace", "chart", _OPEN + "drawingml.chart+xml"),
    (C, "userShapes", "chartUserShapes", _OPEN + "drawingml.chartshapes+xml"),
    (A.replace("main", "diagram"), "dataModel", "diagramData", _OPEN + "drawingml.diagramData+xml"),
    (A.replace("main", "diagram"), "layoutDef", "diagramLayout", _OPEN + "drawingml.diagramLayout+xml"),
    (A.replace("main", "diagram"), "styleDef", "diagramQuickStyle", _OPEN + "drawingml.diagramStyle+xml"),
    (A.replace("main", "diagram"), "colorsDef", "diagramColors", _OPEN + "drawingml.diagramColors+xml"),
    (
        "http://schemas.microsoft.com/office/drawing/2008/diagram",
        "drawing",
        "diagramDrawing",
        _MICROSOFT + "office.drawingml.diagramDrawing+xml",
    ),
    (_CHART_STYLE, "chartStyle", "chartStyle", _MICROSOFT + "office.chartstyle+xml"),
    (_CHART_STYLE, "colorStyle", "chartColorStyle", _MICROSOFT + "office.chartcolorstyle+xml"),
    ("http://schemas.microsoft.com/office/drawing/2014/chartex", "chartSpace", "chartEx", _MICROSOFT + "office.chartex+xml"),
    (_THREADS, "ThreadedComments", "threadedComment", _MICROSOFT + "excel.threadedcomments+xml"),
    (_THREADS, "personList", "person", _MICROSOFT + "excel.person+xml"),
)
_NEEDS = {"pivotTableDefinition": "pivotCacheDefinition"}

PART_TYPES: dict[str, PartType] = {
    tag: PartType(frozenset(relationships.split()), content_type, _NEEDS.get(root, ""))
    for uri, root, relationships, content_type in _ROOTS
    for tag in (tags(uri, root) if uri else (root,))
}

_MAIN = (
    (W, "document", _OPEN + "wordprocessingml.document", "docx"),
    (S, "workbook", _OPEN + "spreadsheetml.sheet", "xlsx"),
    (P, "presentation", _OPEN + "presentationml.presentation", "pptx"),
)
MAIN_TYPES: dict[str, MainType] = {
    tag: MainType(media_type, extension) for uri, root, media_type, extension in _MAIN for tag in tags(uri, root)
}
