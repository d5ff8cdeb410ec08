"""What in a delivered file could still act, call out or hide: read from the raw bytes, with a deny-list of our own.

The sanitisers work by allow-lists; this list is the opposite on purpose, and shares nothing with them.  It goes into packages.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import pikepdf
from lxml import etree

_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
_PARTS = re.compile(
    r"vba|macrosheet|activex|oleobject|externallink|connections\.xml|querytable|customui|webextension|attachedtoolbars|"
    r"customxml/|tags/|^basic/|^scripts/|_xmlsignatures|\.(bin|exe|dll|js|vbs|hta|lnk|htm|html|mht|swf)$",
    re.IGNORECASE,
)
_TYPES = re.compile(rb"macroEnabled|vbaProject|ms-office\.activeX|oleObject|intlMacrosheet", re.IGNORECASE)
_EXTERNAL = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*>")
_HYPERLINK = re.compile(rb"Type\s*=\s*[\"'][^\"']*/hyperlink[\"']")
_SCHEME = re.compile(rb"Target\s*=\s*[\"'](?:https?:|mailto:|#)", re.IGNORECASE)
_ELEMENTS = {
    "altChunk", "subDoc", "attachedTemplate", "control", "ddeLink", "externalReference",
    "mailMerge", "connection", "dde-link", "dde-connection-decl", "object-ole", "applet", "plugin",
    "event-listener", "script", "smartTag",
}  # fmt: skip
_HOLDERS = {"OLEObject", "oleObj", "oleObject", "externalData"}  # nothing but a document that is itself in order
_PACKAGE = re.compile(
    rb"<(?:\w+:)?Relationship\s(?=[^>]*Type=\"[^\"]*/package\")(?=[^>]*Target=\"[./]*embeddings/\w+\.(?:docx|xlsx|pptx)\")"
    rb"[^>]*Id=\"(\w+)\""
)
_SHOWN = (
    "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}control"  # where a form field of ODF stands; of OOXML it is ActiveX
)
_ATTRIBUTES = re.compile(r"^(?:onaction|macro|on(?:click|load|error))$", re.IGNORECASE)
_ACTIONS = re.compile(
    r"ppaction://(?:program|macro|ole)|^\s*(?:javascript|vbscript|file|data|ms-\w+)\s*:|^\\\\\\\\", re.IGNORECASE
)
_FIELD = re.compile(r"\b(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|MACROBUTTON|LINK|AUTOOPEN|EXEC|DATABASE)\b", re.IGNORECASE)
_FORMULA = re.compile(
    r"\|\s*'|\[\d+\]|\b(?:WEBSERVICE|RTD|CALL|REGISTER(?:\.ID)?|EXEC|DDE)\s*\(|HYPERLINK\s*\(\s*\"(?:\\\\|file:)", re.IGNORECASE
)
_FORMULAS = {"f", "formula", "formula1", "formula2", "definedName", "oldFormula"}
_DEAD_KEYS = {
    "/AA", "/JS", "/JavaScript", "/OpenAction", "/Launch", "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/RichMediaContent",
    "/Rendition", "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/Collection", "/OPI", "/Alternates", "/PieceInfo",
}  # fmt: skip
_DEAD_TYPES = {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/GoToR",
    "/GoToE",
    "/Rendition",
    "/Movie",
    "/Sound",
    "/Hide",
}
_DEAD_NOTES = {"/FileAttachment", "/RichMedia", "/Screen", "/3D", "/Movie", "/Sound"}


def active(content: bytes) -> list[str]:
    """Everything that is still there, in words; empty = nothing."""
    if content.startswith(b"PK\3\4"):
        return list(_package(content))
    if content.startswith(b"%PDF-"):
        return list(_pdf(content))
    if content.startswith((b"\xd0\xcf\x11\xe0", b"MZ", b"\x7fELF", b"{\\rt")):
        return ["a compound file, a program or RTF: never a format of ours"]
    return list(_picture(content))


def _package(content: bytes) -> Iterator[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        office = any(n in package.namelist() for n in ("[Content_Types].xml", "content.xml"))
        for entry in package.infolist():
            data = package.read(entry)
            if not office:
                yield from (f"{entry.filename}: {each}" for each in active(data))
                continue
            if _PARTS.search(entry.filename):
                yield f"part {entry.filename}"
            if entry.filename == "[Content_Types].xml" and (match := _TYPES.search(data)):
                yield f"content type {match[0].decode()}"
            if entry.filename.endswith(".rels"):
                for external in _EXTERNAL.findall(data):
                    if not _HYPERLINK.search(external) or not _SCHEME.search(external):
                        yield f"{entry.filename}: {external.decode(errors='replace')[:120]}"
            elif entry.filename.endswith((".xml", ".vml")):
                folder, _, name = entry.filename.rpartition("/")
                rels = f"{folder}/_rels/{name}.rels"
                held = set(_PACKAGE.findall(package.read(rels))) if rels in package.namelist() else set()
                yield from (f"{entry.filename}: {what}" for what in _markup(data, {one.decode() for one in held}))
            else:
                yield from (f"{entry.filename}: {each}" for each in active(data))


def _markup(data: bytes, held: set[str]) -> Iterator[str]:
    if re.search(rb"<!\0?(?:D|E)", data):
        yield "DTD"
        return
    try:
        root = etree.fromstring(data, _PARSER)
    except etree.XMLSyntaxError:
        yield "not XML"
        return
    codes: list[str] = []
    for element in root.iter():
        if not isinstance(element.tag, str):
            yield "processing instruction" if element.tag is etree.ProcessingInstruction else "comment"
            continue
        name, text = etree.QName(element).localname, element.text or ""
        if name in _ELEMENTS and element.tag != _SHOWN:
            yield f"element {name}"
        if name in _HOLDERS and not any(key.endswith("}id") and value in held for key, value in element.items()):
            yield f"element {name} of something else"
        if name == "instrText":
            codes.append(text)
        if name in _FORMULAS and _FORMULA.search(text):
            yield f"formula {text[:80]}"
        if name == "definedName" and "auto_" in element.get("name", "").lower():
            yield "automatic name"
        for key, value in element.items():
            attribute = etree.QName(key).localname
            if (
                (_ATTRIBUTES.match(attribute) and value)
                or _ACTIONS.search(value)
                or (attribute == "instr" and _FIELD.search(value))
            ):
                yield f"attribute {attribute}={value[:80]}"
    if match := _FIELD.search("".join(codes)):
        yield f"field {match[0]}"


def _pdf(content: bytes) -> Iterator[str]:
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            for thing in pdf.objects:
                yield from _thing(thing, 0)
    except pikepdf.PdfError:
        yield "not a PDF"
    if len(content) - content.rfind(b"%%EOF") > 16:
        yield "bytes after the end"


def _thing(thing: pikepdf.Object, depth: int) -> Iterator[str]:
    if depth > 40 or not isinstance(thing, pikepdf.Dictionary | pikepdf.Array | pikepdf.Stream):
        return
    if isinstance(thing, pikepdf.Array):
        for each in thing:  # type: ignore[attr-defined]
            if isinstance(each, pikepdf.Object) and not each.is_indirect:
                yield from _thing(each, depth + 1)
        return
    for key, value in thing.items():
        if key in _DEAD_KEYS:
            yield f"key {key}"
        if (key == "/S" and str(value) in _DEAD_TYPES) or (key == "/Subtype" and str(value) in _DEAD_NOTES):
            yield f"{key} {value}"
        if key == "/URI" and isinstance(value, pikepdf.String) and not re.match(r"(?:https?|mailto):", str(value)):
            yield f"address {value!s:.60}"
        if isinstance(thing, pikepdf.Stream) and key == "/F":
            yield "external stream data"
        if isinstance(value, pikepdf.Object) and not value.is_indirect:
            yield from _thing(value, depth + 1)


def _picture(content: bytes) -> Iterator[str]:
    if content.startswith(b"\xff\xd8\xff"):
        if b"Exif\0\0" in content[:65_536] or b"http://ns.adobe.com/xap/" in content[:65_536]:
            yield "EXIF or XMP"
        if not content.endswith(b"\xff\xd9"):
            yield "bytes after EOI"
    elif content.startswith(b"\x89PNG"):
        place = 8
        while place + 12 <= len(content):
            size, kind = int.from_bytes(content[place : place + 4]), content[place + 4 : place + 8]
            if kind not in (
                b"IHDR",
                b"PLTE",
                b"IDAT",
                b"IEND",
                b"tRNS",
                b"pHYs",
                b"sRGB",
                b"gAMA",
                b"cHRM",
                b"acTL",
                b"fcTL",
                b"fdAT",
            ):
                yield f"chunk {kind!r}"
            place += size + 12
        if not content.endswith(b"IEND\xaeB`\x82"):
            yield "bytes after IEND"
    elif content.startswith(b"GIF8") and not content.endswith(b";"):
        yield "bytes after the trailer"
