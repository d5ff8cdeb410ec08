"""Which names may stand in a part, and by which word a dropped one is reported.

`RULES` maps each allowed element to the attributes that it may carry, in Clark notation and for both families of
namespaces, Transitional and Strict.  Whatever is not in `RULES` goes; `kind_of` only says how the report calls it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sanitizers.model import Kind
from sanitizers.ooxml import vocabulary

_OFFICE = "http://schemas.openxmlformats.org/"
_STRICT = "http://purl.oclc.org/ooxml/"

W = _OFFICE + "wordprocessingml/2006/main"
S = _OFFICE + "spreadsheetml/2006/main"
P = _OFFICE + "presentationml/2006/main"
A = _OFFICE + "drawingml/2006/main"
C = _OFFICE + "drawingml/2006/chart"
R = _OFFICE + "officeDocument/2006/relationships"
MC = _OFFICE + "markup-compatibility/2006"
V = "urn:schemas-microsoft-com:vml"
O = "urn:schemas-microsoft-com:office:office"  # noqa: E741  # the prefix that every document uses
XM = "http://schemas.microsoft.com/office/excel/2006/main"
W15 = "http://schemas.microsoft.com/office/word/2012/wordml"
CX = "http://schemas.microsoft.com/office/drawing/2014/chartex"
C15 = "http://schemas.microsoft.com/office/drawing/2012/chart"
XVML = "urn:schemas-microsoft-com:office:excel"
X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"


def strict(namespace: str) -> str:
    """The Strict twin (ISO/IEC 29500-1) of a Transitional namespace (29500-4); others are their own twin."""
    head, year, tail = namespace.partition("/2006/")
    if not namespace.startswith(_OFFICE) or not year or namespace == MC:
        return namespace
    return f"{_STRICT}{head.removeprefix(_OFFICE)}/{tail}"


def tags(namespace: str, *names: str) -> tuple[str, ...]:
    """Clark names in both families."""
    return tuple(tag for uri in dict.fromkeys((namespace, strict(namespace))) for tag in _tags(uri, names))


def _tags(namespace: str, names: Iterable[str]) -> list[str]:
    return [f"{{{namespace}}}{name}" for name in names]


LABEL = ("div", "font", "span", "b", "i", "u", "br")


def _rules() -> dict[str, frozenset[str]]:
    """An element of one family carries no attributes of the other: the reader that ignores them and we must agree."""
    qualified = {tag for known in vocabulary.NAMESPACES for tag in tags(known.uri, *known.qualified)}
    transitional = {tag for tag in qualified if not tag.startswith("{" + _STRICT)}
    strictly = {strict_tag for known in vocabulary.NAMESPACES for strict_tag in _tags(strict(known.uri), known.qualified)}
    rules = {"xml": frozenset(transitional)}  # the root of a VML part has no namespace,
    rules |= dict.fromkeys(LABEL, frozenset({"style", "face", "size", "color"}))  # nor has the text on a form control
    for known in vocabulary.NAMESPACES:
        both = qualified if known.uri == strict(known.uri) else None  # extensions and VML stand in both families
        for uri, family in ((known.uri, transitional), (strict(known.uri), strictly)):
            allowed = frozenset((both or family) | known.attributes)  # shared: a set for each element would take 180 MB
            rules |= dict.fromkeys(_tags(uri, known.elements), allowed)
    return rules


RULES = _rules()
NAMESPACES = frozenset(uri for known in vocabulary.NAMESPACES for uri in (known.uri, strict(known.uri)))
REFERENCES = frozenset(tag for known in vocabulary.NAMESPACES if known.uri == R for tag in tags(R, *known.qualified)) | {
    f"{{{O}}}relid"
}

_KINDS = {
    Kind.ACTIVEX: "control controls ocx controlPr formControlPr",
    Kind.MACRO: "entryMacro exitMacro FmlaMacro ScriptText ScriptLanguage ScriptExtended ScriptLocation macro onAction "
    "macrosheet functionGroups",
    Kind.EMBEDDED_OBJECT: "oleObjects oleObject oleObj OLEObject object objectEmbed objectLink objectPr embed link DDE ole",
    Kind.EMBEDDED_FILE: "altChunk subDoc contentPart",
    Kind.EXTERNAL_LINK: "externalReferences externalReference externalData externalBook frameset frame "
    "saveThroughXslt updateLinks",
    Kind.HYPERLINK: "href althref invalidUrl tgtFrame src",
    Kind.REMOTE_TEMPLATE: "attachedTemplate",
    Kind.DATA_CONNECTION: "mailMerge connection connections queryTable connectionId queryTableFieldId tableType dataModel",
    Kind.CUSTOM_XML: "customXml customXmlPr smartTag smartTags smartTagPr dataBinding xmlColumnPr attachedSchema schemaLibrary "
    "doNotEmbedSmartTags doNotValidateAgainstSchema doNotDemarcateInvalidXml",
    Kind.WEB_EXTENSION: "webExtension webExtensions webExtensionLinked webExtensionCreated webPublishing webPublishItems",
    Kind.FIELD: "fldData",
    Kind.ACTION: "sndAc stSnd endSnd snd cmd",
    Kind.MULTIMEDIA: "audio video media audioFile videoFile wavAudioFile quickTimeFile audioCd webVideoPr movie",
    Kind.FONT: "embedRegular embedBold embedItalic embedBoldItalic embeddedFontLst embedTrueTypeFonts saveSubsetFonts fontKey "
    "embedSystemFonts",
    Kind.METADATA: "rsids docVars fileSharing fileRecoveryPr custDataLst codeName userName tags docLocation rsid rsidR rsidRPr "
    "rsidRDefault rsidP rsidDel rsidSect rsidTr sheetsCustomData removePersonalInformation removeDateAndTime",
    Kind.VECTOR_IMAGE: "svgBlip",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}
_REVISIONS = ("2014/revision", "2015/revision2", "2016/revision3", "2016/revision5", "2016/revision6", "2016/revision10")
_KIND_OF_NAMESPACE = {
    **dict.fromkeys((f"http://schemas.microsoft.com/office/spreadsheetml/{name}" for name in _REVISIONS), Kind.METADATA),
    "http://schemas.libreoffice.org/": Kind.METADATA,  # which syntax its own formulas take
    "http://schemas.microsoft.com/office/spreadsheetml/2010/11/ac": Kind.METADATA,
    "http://schemas.microsoft.com/office/mac/excel/2008/main": Kind.METADATA,
    "http://schemas.microsoft.com/office/mac/office/2008/main": Kind.METADATA,
    "http://schemas.microsoft.com/office/2006/activeX": Kind.ACTIVEX,
    "http://schemas.openxmlformats.org/officeDocument/2006/customXml": Kind.CUSTOM_XML,
}


def kind_of(name: str) -> Kind:
    """By which word to report a dropped element or attribute, given in Clark notation."""
    namespace, _, plain = name.rpartition("}")
    return _KIND_OF.get(plain) or _KIND_OF_NAMESPACE.get(namespace.lstrip("{"), Kind.UNKNOWN_CONSTRUCT)
