"""Which relationships may stand in a package, Transitional or Strict, and by which word the others are reported (D3).

A type is compared as a whole URI; its last segment is what the other modules call it.  Where a relationship may lead is
decided in `rebuild`.
"""

from __future__ import annotations

from sanitizers.model import Kind
from sanitizers.ooxml.allowlist import R, strict

_STANDARD = (
    "officeDocument styles numbering settings fontTable footnotes endnotes header footer comments worksheet chartsheet "
    "sharedStrings table sheetMetadata pivotCacheDefinition pivotCacheRecords pivotTable vmlDrawing slide slideLayout "
    "slideMaster notesSlide notesMaster handoutMaster presProps viewProps commentAuthors theme themeOverride tableStyles "
    "drawing chart chartUserShapes diagramData diagramLayout diagramQuickStyle diagramColors image hyperlink package oleObject"
)
_EXTENSIONS = {
    "2007/relationships": "diagramDrawing slicer slicerCache",
    "2011/relationships": "chartStyle chartColorStyle commentsExtended",
    "2014/relationships": "chartEx",
    "2017/10/relationships": "threadedComment person",
}
# Type -> its last segment.
RELATIONSHIP_TYPES = {f"{base}/{name}": name for base in (R, strict(R)) for name in _STANDARD.split()} | {
    f"http://schemas.microsoft.com/office/{path}/{name}": name for path, names in _EXTENSIONS.items() for name in names.split()
}
# These are followed only if the XML of the source still names them; the others hold by their mere existence.
_NAMED = (
    "hyperlink image chart chartEx chartUserShapes drawing vmlDrawing worksheet chartsheet header footer table "
    "diagramData diagramLayout diagramQuickStyle diagramColors slicer slicerCache package oleObject"
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
