"""A rebuilt PDF: one revision, no object that acts, embeds or fetches, and two parsers count the same pages (D7-D9).

Every indirect object is walked, reachable or not; section numbers are of ISO 32000-1.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from decimal import Decimal

import pikepdf
import pypdfium2

from sanitizers.verify.words import words

_FORBIDDEN = words(
    # actions and scripts: 12.6
    "/AA /OpenAction /JS /JavaScript /Launch /XFA /CO"
    # files inside and outside: 7.11, 7.3.8.2; "/F" is judged by its value
    " /EF /RF /AF /EmbeddedFiles /FFilter /FDecodeParms /OPI /Ref /Alternates /Collection"
    # multimedia and other data: 13, 14
    " /AlternatePresentations /Renditions /RichMediaContent /RichMediaSettings /3DD /Movie"
    " /PieceInfo /Metadata /SpiderInfo /Threads /Perms /Legal /ByteRange"
)
_ACTIONS = words(
    "/JavaScript /Launch /GoToR /GoToE /SubmitForm /ResetForm /ImportData /Rendition /Named /Hide /SetOCGState"
    " /Movie /Sound /Thread /Trans /GoTo3DView /RichMediaExecute"
)
_ANNOTATIONS = words("/FileAttachment /Sound /Movie /Screen /3D /RichMedia /Projection /TrapNet")
_FILTERS = words(
    "/FlateDecode /DCTDecode /LZWDecode /CCITTFaxDecode /RunLengthDecode /ASCII85Decode /ASCIIHexDecode"
    " /Fl /DCT /LZW /CCF /RL /A85 /AHx"
)
_TYPES = words("/Filespec /EmbeddedFile /F /Action3D /RichMedia /Rendition /MediaClip")
_CATALOG = words(
    "/Type /Pages /Version /Extensions /PageLabels /Names /Dests /ViewerPreferences /PageLayout /PageMode /Outlines"
    " /AcroForm /StructTreeRoot /MarkInfo /Lang /OutputIntents /OCProperties"
)
_NAMES = frozenset(("/Dests",))
_LABEL = frozenset(("/Title", "/Subject", "/Keywords"))  # where a classification label may stand (SD-04)
_PICTURE_PAGE = words("/Type /Parent /MediaBox /Resources /Contents")
_PICTURE_OPERATORS = words("q Q cm Do BT ET Tr Tm Tf Tj")
_BLANK = re.compile(rb"[\d.\s-]+d[01]\s*")  # a glyph's width and box, and nothing that draws: 9.6.5
_SUSPECT = re.compile(  # no complaint of `_dictionary` without one of these in what qpdf writes, names always in clear
    rb"(?:%s|/PS|/URI|/FontMatrix)(?![^\s/<>\[\]()])|/F (?!\d+ [/>])|/(?:Type|Subtype|S) \d|/Filter (?!(?:%s)[ >])"
    % tuple("|".join(sorted(each)).encode() for each in (_FORBIDDEN | _ACTIONS | _ANNOTATIONS | _TYPES - {"/F"}, _FILTERS))
)
_BARE = words("/Length /Filter /DecodeParms")
_J = re.compile(rb"/(?:J|#4[aA])(?:[BP]|#)")
_NUMBERED = re.compile(rb"#([0-9a-fA-F]{2})")
_CODEC = re.compile(rb"/(?:JBIG2|JPX)Decode\b")
_LITERAL = re.compile(rb"\((?:[^()\\]|\\.)*+(\)?)", re.DOTALL)  # words that are drawn may speak of a codec
_PICTURE = re.compile(rb"\b(?:BI|ID|EI)\b")
_HOLDERS = (pikepdf.Array, pikepdf.Dictionary)
_LINK = re.compile(rb"(https?://|mailto:)[^\s\\]*", re.IGNORECASE)


def pdf(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    yield from _file(content)
    with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as document:
        if document.is_encrypted:
            yield "encrypted"
        yield from (f"trailer {key}" for key in ("/Encrypt", "/Prev", "/XRefStm") if key in document.trailer)
        yield from (f"catalog {key}" for key in document.Root if key not in _CATALOG)
        yield from (f"name tree {key}" for key in document.Root.get("/Names", {}) if key not in _NAMES)
        yield from (f"information {key}" for key in document.trailer.get("/Info", {}) if key not in _LABEL)
        for held in document.objects:
            yield from _walk(held)
            yield from _drawing(held)
        pages = len(document.pages)
    with pypdfium2.PdfDocument(content) as second:
        if pages == 0 or len(second) != pages:
            yield f"{pages} pages by qpdf, {len(second)} by pdfium"


def pictures(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """An image-PDF: each page one picture, and words in fonts that draw nothing; nothing to click, fill in or follow."""
    yield from pdf(content, digests)
    with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as document:
        yield from (f"catalog {key}" for key in document.Root if key not in ("/Type", "/Pages"))
        for number, page in enumerate(document.pages, 1):
            yield from (f"page {number}: {complaint}" for complaint in _picture_page(page.obj))


def _picture_page(page: pikepdf.Object) -> Iterator[str]:
    yield from (f"key {key}" for key in page if key not in _PICTURE_PAGE)
    resources = page.Resources
    yield from (f"resource {key}" for key in resources if key not in ("/XObject", "/Font"))
    drawn = list(resources.XObject.values())
    if len(drawn) != 1 or drawn[0].get("/Subtype") != "/Image" or drawn[0].get("/Filter") not in ("/DCTDecode", "/FlateDecode"):
        yield "not one picture"
    for font in resources.get("/Font", pikepdf.Dictionary()).values():
        if font.get("/Subtype") != "/Type3" or not _all_blank(font.CharProcs):
            yield "a font that draws"
    operators = {str(instruction.operator) for instruction in pikepdf.parse_content_stream(page)}
    yield from (f"operator {operator}" for operator in operators - _PICTURE_OPERATORS)


def _all_blank(glyphs: pikepdf.Object) -> bool:
    return all(_BLANK.fullmatch(glyph.read_bytes()) for glyph in glyphs.values())


def _file(content: bytes) -> Iterator[str]:
    """7.5: one header, one trailer, nothing around them."""
    if not re.match(rb"%PDF-[12]\.\d[\r\n]", content):
        yield "no header at the very start"
    if not re.search(rb"startxref\s+\d+\s+%%EOF\s?\Z", content[-64:]) or content.count(b"startxref") != 1:
        yield "more than one revision, or bytes after the end"


def _walk(held: pikepdf.Object) -> Iterator[str]:
    """One indirect object and the direct ones in it; what it refers to has its own turn."""
    if not isinstance(held, (*_HOLDERS, pikepdf.Stream)):
        return
    written = (held.stream_dict if isinstance(held, pikepdf.Stream) else held).unparse(resolved=True)
    waiting: list[pikepdf.Object] = [held] if _SUSPECT.search(written) else []
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += [child for child in node if _inside(child)]
        elif isinstance(node, (pikepdf.Dictionary, pikepdf.Stream)):
            table = node.stream_dict if isinstance(node, pikepdf.Stream) else node
            entries = {key: table[key] for key in map(str, table)}  # `items` stumbles over names that are not UTF-8
            yield from _dictionary(entries, isinstance(node, pikepdf.Stream))
            waiting += [child for child in entries.values() if _inside(child)]


def _drawing(held: pikepdf.Object) -> Iterator[str]:
    """Page content and what is like it, 8.9.7: a picture inside is in none of the forbidden codecs, however that is spelled.

    What has an error in it is read up to there only by some readers, and here not at all: the rebuilder alone looked at it."""
    if not isinstance(held, pikepdf.Stream) or not (held.keys() <= _BARE or "/BBox" in held):
        return
    try:
        written = held.read_bytes()
    except (pikepdf.PdfError, RuntimeError, ValueError):  # the last: what qpdf quotes need not be text
        return
    if not _J.search(written):
        return
    bare = b" ".join(_unspoken(written))
    if _CODEC.search(_NUMBERED.sub(lambda letter: bytes.fromhex(letter[1].decode()), bare)):
        yield "a forbidden codec inside page content"


def _unspoken(written: bytes) -> Iterator[bytes]:
    """Page content without its strings, up to the first that may reach into a picture; then all of it."""
    at = 0
    for literal in _LITERAL.finditer(written):
        if _PICTURE.search(literal[0]):
            break
        if literal[1]:  # it ends
            yield written[at : literal.start()]
            at = literal.end()
    yield written[at:]


def _inside(child: object) -> bool:
    return isinstance(child, _HOLDERS) and not child.is_indirect


def _dictionary(entries: dict[str, pikepdf.Object], is_stream: bool) -> Iterator[str]:
    yield from (f"key {key}" for key in entries.keys() & _FORBIDDEN)
    kind, subtype, action = [_name(entries[key]) if key in entries else "" for key in ("/Type", "/Subtype", "/S")]
    if kind in _TYPES or (subtype == "/PS" and is_stream):
        yield f"an object of type {kind or subtype}"
    if action in _ACTIONS and kind != "/StructElem":
        yield f"action {action}"
    if "/Rect" in entries and subtype in _ANNOTATIONS:
        yield f"annotation {subtype}"
    if "/URI" in entries and (action != "/URI" or not _LINK.fullmatch(bytes(entries["/URI"]))):
        yield f"link {bytes(entries['/URI'])[:100]!r}" if isinstance(entries["/URI"], pikepdf.String) else "a base for links"
    if isinstance(entries.get("/F"), (pikepdf.String, pikepdf.Dictionary)) and (is_stream or action):
        yield "data in another file"
    if "/FontMatrix" in entries and not _numeric(entries["/FontMatrix"]):  # of any font: CVE-2024-4367 came in a Type 1
        yield "a font matrix that is not of numbers"
    if is_stream:
        yield from (f"filter {name}" for name in _filters(entries) if name not in _FILTERS)


def _name(value: object) -> str:
    """As written out by qpdf: `str` stumbles over Shift_JIS, which Japanese font names are in."""
    return value.unparse(resolved=True).decode("latin-1") if isinstance(value, pikepdf.Name) else ""


def _numeric(matrix: object) -> bool:
    values: list[object] = [*matrix] if isinstance(matrix, pikepdf.Array) else [None]
    return all(isinstance(value, (int, float, Decimal)) for value in values)


def _filters(entries: dict[str, pikepdf.Object]) -> list[str]:
    value: object = entries.get("/Filter", [])
    return [_name(name) for name in value] if isinstance(value, (pikepdf.Array, list)) else [_name(value)]
