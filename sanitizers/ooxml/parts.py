"""Which parts a package may have: a part is what its root element says, if the relationship agrees.

The content types that the sender wrote are not read at all; ours are computed from here (D2).  Pictures are in `media`,
document properties in `properties`; every other part, binary parts in particular, does not exist in the output.
"""

from __future__ import annotations

from dataclasses import dataclass

from sanitizers.model import Kind
from sanitizers.ooxml.allowlist import W15, X14, A, C, P, S, W, strict, tags

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
    root: str  # local name


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
    tag: MainType(media_type, extension, root) for uri, root, media_type, extension in _MAIN for tag in tags(uri, root)
}

# --- relationships -------------------------------------------------------------------------------------------------

_OFFICE_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STANDARD = (
    "officeDocument styles numbering settings fontTable footnotes endnotes header footer comments worksheet chartsheet "
    "sharedStrings table sheetMetadata pivotCacheDefinition pivotCacheRecords pivotTable vmlDrawing slide slideLayout "
    "slideMaster notesSlide notesMaster handoutMaster presProps viewProps commentAuthors theme themeOverride tableStyles "
    "drawing chart chartUserShapes diagramData diagramLayout diagramQuickStyle diagramColors image hyperlink"
)
_EXTENSIONS = {
    "2007/relationships": "diagramDrawing slicer slicerCache",
    "2011/relationships": "chartStyle chartColorStyle commentsExtended",
    "2014/relationships": "chartEx",
    "2017/10/relationships": "threadedComment person",
}
# Relationship type -> its last segment, by which it is called here.
RELATIONSHIP_TYPES = {
    f"{base}/{name}": name for base in (_OFFICE_RELATIONSHIPS, strict(_OFFICE_RELATIONSHIPS)) for name in _STANDARD.split()
} | {
    f"http://schemas.microsoft.com/office/{path}/{name}": name for path, names in _EXTENSIONS.items() for name in names.split()
}
# These are followed only if the XML of the source still names them; the others hold by their mere existence.
_NAMED = (
    "hyperlink image chart chartEx chartUserShapes drawing vmlDrawing worksheet chartsheet header footer table "
    "diagramData diagramLayout diagramQuickStyle diagramColors slicer slicerCache"
)
NAMED = frozenset(_NAMED.split())

_DROPPED = {
    Kind.MACRO: "vbaProject vbaProjectSignature vbaProjectSignatureAgile vbaProjectSignatureV3 wordVbaData "
    "keyMapCustomizations attachedToolbars",
    Kind.XLM_MACRO: "xlMacrosheet xlIntlMacrosheet dialogsheet",
    Kind.ACTIVEX: "control activeXControlBinary ctrlProp",
    Kind.EMBEDDED_OBJECT: "oleObject package",
    Kind.EMBEDDED_FILE: "aFChunk subDocument",
    Kind.EXTERNAL_LINK: "externalLink externalLinkPath xlPathMissing frame oleObjectLink",
    Kind.REMOTE_TEMPLATE: "attachedTemplate",
    Kind.DATA_CONNECTION: "connections queryTable mailMergeSource mailMergeHeaderSource mailMergeRecipientData recipientData "
    "powerPivotData xmlMaps tableSingleCells",
    Kind.CUSTOM_XML: "customXml customXmlProps",
    Kind.PRINTER_SETTINGS: "printerSettings",
    Kind.MULTIMEDIA: "audio video media",
    Kind.FONT: "font",
    Kind.RIBBON: "extensibility customUI ui",
    Kind.WEB_EXTENSION: "webextension webextensiontaskpanes taskpanes",
    Kind.SIGNATURE: "origin signature",
    Kind.METADATA: "core-properties extended-properties extendedProperties custom-properties customProperties customProperty "
    "thumbnail auxThumbnail people usernames revisionHeaders revisionLog revisionInfo tags "
    "workbookmetadata xlBinaryIndex wsSortMap classificationlabels",
}
_DROPPED_KIND = {name: kind for kind, names in _DROPPED.items() for name in names.split()}
# Made anew by the reader, or without meaning outside an editor: nobody misses them, and the report does not name them.
_DERIVED = (
    "calcChain webSettings stylesWithEffects glossaryDocument commentsIds commentsExtensible "
    "changesInfo volatileDependencies documenttasks"
)
DERIVED = frozenset(_DERIVED.split())


def dropped_kind(relationship: str, external: bool) -> Kind:
    """By which word to report a relationship of this kind (the last segment of its type)."""
    return _DROPPED_KIND.get(relationship, Kind.EXTERNAL_LINK if external else Kind.UNKNOWN_CONSTRUCT)
