"""Drawings and documents that Japan has: 一太郎, SXF, DXF, and SVG and Visio, with the threats that hide in them (D11, D18)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from samples.compound import Tree, compound
from samples.package import RELATION, Package
from samples.sample import Sample, canary

Pair = tuple[int, str]

_ROW = "\x1c\x10\x0d\0\x2e\x01\x01\uffff\0\x0d\0\x10\x1f"  # a paragraph's record: opener, class, length, ..., their echo, end


# --- 一太郎


def cell(width: int) -> str:
    """The record before a table's cell."""
    return f"\x1c\x30\x0c\0\0{chr(width)}\xff\0\x0c\0\x30\x1f"


def inline(words: str, place: int, selector: int) -> str:
    """A word with its reading, a number, an object's place (words are control units) or a hint."""
    return f"\x1c\x01\x07\0{chr(place)}{chr(selector)}\x1d{words}\x1e\x05\0\x01\x1f"


def text_stream(*blocks: str) -> bytes:
    """Blocks of units; each is preceded by its number of units."""
    stream = b"SsmgV.01" + bytes(12)
    for block in blocks:
        units = block.encode("utf-16-be", "surrogatepass")
        stream += b"TextV.01" + struct.pack(">I", len(units) // 2) + units + b"\0\xff"
    return stream


def ichitaro(body: str = f"{_ROW}窓口のご案内\n受付は八時半からです。\n", **streams: bytes) -> bytes:
    tree: Tree = {"DocumentText": text_stream(body), "\x04JSRV_SummaryInformation": bytes(64), **streams}
    return compound(tree)


def compressed_ichitaro(document: bytes, method: bytes = b"-lh0-") -> bytes:
    """LHA of level 1 without packing, which every unpacker of -lh5- reads too."""
    head = struct.pack("<5sIIIBB", method, len(document), len(document), 0, 0x20, 1) + b"\x05a.jtd"
    head += struct.pack("<HcH", _crc16(document), b"M", 0)
    member = bytes((len(head), sum(head) & 0xFF)) + head + document
    stream = b"&\0JustCompressedDocument".ljust(38, b"\0") + member
    return compound({"JSCompDocument": stream, "\x04JSRV_SegmentInformation": bytes(64)})


def _crc16(content: bytes) -> int:
    """CRC-16/ARC, as LHA has it."""
    register = 0
    for byte in content:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


# --- DXF


def dxf(*entities: Sequence[Pair], header: Sequence[Pair] = (), blocks: Sequence[Pair] = (), version: str = "AC1009") -> bytes:
    """CP932 before AC1021, UTF-8 from there on."""
    pairs: list[Pair] = [(0, "SECTION"), (2, "HEADER"), (9, "$ACADVER"), (1, version), (9, "$DWGCODEPAGE"), (3, "ANSI_932")]
    pairs += [(9, "$EXTMIN"), (10, "0.0"), (20, "-1.5E+2"), *header, (0, "ENDSEC"), (0, "SECTION"), (2, "BLOCKS")]
    pairs += [*blocks, (0, "ENDSEC"), (0, "SECTION"), (2, "ENTITIES")]
    for entity in entities:
        pairs += entity
    pairs += [(0, "ENDSEC"), (0, "EOF")]
    return "".join(f"{code:3d}\r\n{value}\r\n" for code, value in pairs).encode("utf-8" if version >= "AC1021" else "cp932")


LINE = ((0, "LINE"), (8, "図枠"), (10, "0.0"), (20, "0.0"), (11, "420.0"), (21, "297.0"))
WORDS = ((0, "TEXT"), (8, "文字"), (10, "10.0"), (20, "10.0"), (40, "5.0"), (1, "平面図 縮尺 1/100"))

# --- SXF


def sxf(*features: str, data: str = "", sections: str = "") -> bytes:
    """Features for .sfc, `data` for .p21; CP932."""
    written = "".join(f"/*SXF\r\n#{number * 10} = {feature}\r\nSXF*/\r\n" for number, feature in enumerate(features, 1))
    return (
        "ISO-10303-21;\r\nHEADER;\r\nFILE_DESCRIPTION(('SCADEC level2 feature_mode'),'2;1');\r\n"
        "FILE_NAME('平面図.sfc','2026-4-1T9:0:0',('作成者'),('建設課'),'','','');\r\n"
        f"FILE_SCHEMA(('ASSOCIATIVE_DRAUGHTING'));\r\nENDSEC;\r\n{sections}DATA;\r\n{written}{data}ENDSEC;\r\nEND-ISO-10303-21;\r\n"
    ).encode("cp932")


SHEET = r"drawing_sheet_feature(\'平面図\','3','1','420','297')"
CAPTION = r"text_string_feature('1','1','1',\'縮尺 1/100\','1000','0','500','1','1','0','0','1','1')"

# --- SVG


def svg(inside: str = '<rect width="60" height="30" fill="navy"/><text x="5" y="20">区画</text>', head: str = "") -> bytes:
    root = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="120" height="60">'
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}{root}{inside}</svg>'.encode()


# --- threats


def samples() -> Iterator[Sample]:
    yield from _svgs()
    yield from _dxfs()
    yield from _sxfs()


def _sample(name: str, content: bytes, mark: str) -> Sample:
    row = "D11" if name.endswith(".svg") else "D18"
    return Sample(f"drawing/{name}", row, f"{name} in a drawing", content, mark)


def _svgs() -> Iterator[Sample]:
    plan = '<rect width="60" height="30" fill="navy"/><text x="5" y="20">区画</text>'
    for name, make in {
        "script": "<script>{}()</script>",
        "event": '<g onload="{}()"/>',
        "foreign": '<foreignObject><iframe xmlns="http://www.w3.org/1999/xhtml" src="http://x/{}"/></foreignObject>',
        "image": '<image xlink:href="http://example.invalid/{}.png" width="9" height="9"/>',
        "file": '<image href="file:///etc/{}.png" width="9" height="9"/>',
        "use": '<use xlink:href="http://example.invalid/{}.svg#a"/>',
        "import": "<style>@import url(http://example.invalid/{}.css); rect {{fill: red}}</style>",
        "fill": '<rect width="5" height="5" fill="url(http://example.invalid/{}#a)"/>',
        "animate": '<animate attributeName="href" to="javascript:{}()"/>',
        "link": '<a xlink:href="javascript:{}()"><text y="50">押す</text></a>',
    }.items():
        mark = canary(f"svg-{name}")
        yield _sample(f"{name}.svg", svg(make.format(mark) + plan), mark)


def _dxfs() -> Iterator[Sample]:
    for name, entity in {
        "ole": ((0, "OLE2FRAME"), (8, "0"), (1, "{}"), (310, "D0CF11E0")),
        "proxy": ((0, "ACAD_PROXY_ENTITY"), (8, "0"), (1, "{}")),
        "underlay": ((0, "PDFUNDERLAY"), (8, "{}")),
        "url": (*LINE, (1001, "PE_URL"), (1000, "http://example.invalid/{}")),
        "application": (*LINE, (1001, "EVILAPP"), (1000, "{}")),
        "image": ((0, "IMAGEDEF"), (1, r"\\{}\share\plan.png"), (10, "1.0"), (20, "1.0")),
        "escaped": ((0, "IMAGEDEF"), (1, r"\U+005C\U+005C{}\U+005Cplan.png"), (10, "1.0"), (20, "1.0")),
    }.items():
        mark = canary(f"dxf-{name}")
        yield _sample(f"{name}.dxf", dxf(WORDS, [(code, value.replace("{}", mark)) for code, value in entity]), mark)
    mark = canary("dxf-xref")
    block = [(0, "BLOCK"), (8, "0"), (2, "外部"), (70, "4"), (10, "0.0"), (1, rf"\\{mark}\a.dwg"), (0, "ENDBLK"), (8, "0")]
    yield _sample("xref.dxf", dxf(LINE, blocks=block), mark)
    mark = canary("dxf-menu")
    yield _sample("menu.dxf", dxf(LINE, header=[(9, "$MENU"), (1, mark), (9, "$ELEVATION"), (40, "0.0")]), mark)


def _sxfs() -> Iterator[Sample]:
    mark = canary("sxf-raster")
    yield _sample("raster.sfc", sxf(SHEET, rf"sfig_org_feature(\'\\{mark}\share\a.tif\','1')"), mark)
    mark = canary("sxf-source")
    yield _sample("source.p21", sxf(data=f"#1=EXTERNAL_SOURCE(IDENTIFIER('http://{mark}/a.stp'));\r\n"), mark)
    mark = canary("sxf-reference")
    yield _sample("reference.p21", sxf(SHEET, sections=f"REFERENCE;\r\n#9='http://{mark}/a#1';\r\nENDSEC;\r\n"), mark)
    mark = canary("sxf-comment")
    yield _sample("comment.sfc", sxf(SHEET, data=f"/* {mark} */\r\n"), mark)


_VISIO = "http://schemas.microsoft.com/office/visio/2012/main"
_TO_PART = "http://schemas.microsoft.com/visio/2010/relationships"


def visio(words: str = "配線図") -> Package:
    """A page with one line and its words ([MS-VSDX] 2.2.3); the line is the shape that they belong to."""
    sheet = '<PageSheet><Cell N="PageWidth" V="8"/><Cell N="PageHeight" V="11"/></PageSheet><Rel r:id="rId1"/>'
    pages = f'<Pages xmlns="{_VISIO}" xmlns:r="{RELATION}"><Page ID="0" Name="P">{sheet}</Page></Pages>'
    numbers = {"PinX": "4", "PinY": "5", "Width": "3", "Height": "1", "LocPinX": "1.5", "LocPinY": "0.5"}
    cells = "".join(f'<Cell N="{name}" V="{value}"/>' for name, value in numbers.items())
    line = "".join(
        f'<Row T="{kind}" IX="{index}"><Cell N="X" V="{x}"/><Cell N="Y" V="{y}"/></Row>'
        for index, (kind, x, y) in enumerate((("MoveTo", 0, 0), ("LineTo", 3, 1)), 1)
    )
    shape = f'<Shape ID="1" Type="Shape">{cells}<Section N="Geometry" IX="0">{line}</Section><Text>{words}</Text></Shape>'
    page = f'<PageContents xmlns="{_VISIO}"><Shapes>{shape}</Shapes></PageContents>'
    kind = "application/vnd.ms-visio."
    return (
        Package()
        .hang("", f"{_TO_PART}/document", "visio/document.xml", kind + "drawing.main+xml", f'<VisioDocument xmlns="{_VISIO}"/>')
        .hang("visio/document.xml", f"{_TO_PART}/pages", "visio/pages/pages.xml", kind + "pages+xml", pages)
        .hang("visio/pages/pages.xml", f"{_TO_PART}/page", "visio/pages/page1.xml", kind + "page+xml", page)
    )
