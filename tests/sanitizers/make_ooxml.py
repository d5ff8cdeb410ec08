"""Small Office documents written by hand, with any part, relationship or markup that a test wants to smuggle in."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_ALL = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": W,
        "s": S,
        "p": P,
        "a": A,
        "r": OFFICE,
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "x": "urn:schemas-microsoft-com:office:excel",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "x14": "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main",
        "xm": "http://schemas.microsoft.com/office/excel/2006/main",
        "p14": "http://schemas.microsoft.com/office/powerpoint/2010/main",
        "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "evil": "urn:evil",
    }.items()
)
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


@dataclass(frozen=True)
class Rel:
    """`type` is the last segment of an Office relationship type, or a whole URI."""

    id: str
    type: str
    target: str
    external: bool = False

    def xml(self) -> str:
        uri = self.type if ":" in self.type else f"{OFFICE}/{self.type}"
        mode = ' TargetMode="External"' if self.external else ""
        return f"<Relationship Id={quoteattr(self.id)} Type={quoteattr(uri)} Target={quoteattr(self.target)}{mode}/>"


@dataclass
class Made:
    """Parts and relationships by part name; "" is the package itself."""

    parts: dict[str, bytes] = field(default_factory=dict)
    rels: dict[str, list[Rel]] = field(default_factory=dict)

    def part(self, name: str, xml: str | bytes, *rels: Rel) -> Made:
        self.parts[name] = xml.encode() if isinstance(xml, str) else xml
        self.rels.setdefault(name, []).extend(rels)
        return self

    def rel(self, source: str, *rels: Rel) -> Made:
        self.rels.setdefault(source, []).extend(rels)
        return self

    def bytes(self, types: str = f'<Types xmlns="{TYPES}"/>') -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("[Content_Types].xml", types)
            for source, rels in self.rels.items():
                folder, _, base = source.rpartition("/")
                name = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
                body = "".join(rel.xml() for rel in rels)
                archive.writestr(name, f'<Relationships xmlns="{PACKAGE}">{body}</Relationships>')
            for name, content in self.parts.items():
                archive.writestr(name, content)
        return stream.getvalue()


def element(tag: str, inner: str, attributes: str = "") -> str:
    """A root element on which every prefix of the tests is declared."""
    return f'<?xml version="1.0"?><{tag} {_ALL} {attributes}>{inner}</{tag}>'


def docx(body: str, *rels: Rel) -> Made:
    made = Made().rel("", Rel("rId1", "officeDocument", "word/document.xml"))
    return made.part("word/document.xml", element("w:document", f"<w:body>{body}</w:body>"), *rels)


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def field_runs(code: str, result: str = "", pieces: int = 1) -> str:
    """A complex field whose instruction is cut into so many runs."""
    size = max(1, -(-len(code) // pieces))
    codes = "".join(
        f'<w:r><w:instrText xml:space="preserve">{code[at : at + size]}</w:instrText></w:r>' for at in range(0, len(code), size)
    )
    shown = f'<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>{result}</w:t></w:r>' if result else ""
    return f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{codes}{shown}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def xlsx(cells: str = "", workbook: str = "", after: str = "", *rels: Rel) -> Made:
    """One sheet 様式 with one row of `cells`; `after` follows the rows; `rels` belong to the sheet."""
    made = Made().rel("", Rel("rId1", "officeDocument", "xl/workbook.xml"))
    sheets = '<s:sheets><s:sheet name="様式" sheetId="1" r:id="rId1"/></s:sheets>'
    made.part("xl/workbook.xml", element("s:workbook", sheets + workbook), Rel("rId1", "worksheet", "worksheets/sheet1.xml"))
    rows = f'<s:sheetData><s:row r="1">{cells}</s:row></s:sheetData>{after}'
    return made.part("xl/worksheets/sheet1.xml", element("s:worksheet", rows), *rels)


def cell(formula: str, value: str = "42", at: str = "A1") -> str:
    return f'<s:c r="{at}"><s:f>{formula}</s:f><s:v>{value}</s:v></s:c>'


def pptx(tree: str, after: str = "", *rels: Rel) -> Made:
    """One slide with `tree` inside its shape tree; `rels` belong to the slide."""
    made = Made().rel("", Rel("rId1", "officeDocument", "ppt/presentation.xml"))
    slides = '<p:sldIdLst><p:sldId id="256" r:id="rId1"/></p:sldIdLst><p:notesSz cx="1" cy="1"/>'
    made.part("ppt/presentation.xml", element("p:presentation", slides), Rel("rId1", "slide", "slides/slide1.xml"))
    return made.part("ppt/slides/slide1.xml", element("p:sld", f"<p:cSld><p:spTree>{tree}</p:spTree></p:cSld>{after}"), *rels)
