"""What the verifier takes out before its parse hides nothing from it."""

from __future__ import annotations

import pytest

from sanitizers.verify import markup, quiet

S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
ROWS = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1"><f>SUM(A1:A9)*2</f><v>4</v></c></row>' * 200
PARAGRAPHS = '<w:p w14:paraId="00AA11BB"><w:r><w:rPr><w:b/></w:rPr><w:t>本文</w:t></w:r></w:p>' * 200


def sheet(data: str, root: str = f'xmlns="{S}"') -> bytes:
    return f"<worksheet {root}><sheetData>{data}</sheetData></worksheet>".encode()


def body(data: str, w: str = W, w14: str = W14) -> bytes:
    return f'<w:document xmlns:w="{w}" xmlns:w14="{w14}"><w:body>{data}</w:body></w:document>'.encode()


def objections(content: bytes) -> list[str]:
    return list(markup.objections(content, markup.Links()))


@pytest.mark.parametrize("content", [sheet(ROWS), sheet(ROWS.replace("<c ", "\n  <c ")), body(PARAGRAPHS)])
def test_plain_markup_is_taken_out_and_accepted(content: bytes) -> None:
    assert len(quiet.without(content)) < 300
    assert objections(content) == []


@pytest.mark.parametrize(
    "content",
    [
        sheet(f'{ROWS}<row><c r="A1"><f>WEBSERVICE("http://a/")</f></c></row>{ROWS}'),
        sheet(f"{ROWS}<row><c><f>cmd|'/c calc'!A0</f></c></row>"),
        sheet(f'{ROWS}<row><c><f>(IF(1,._xleta.WEBSERVICE))("http://a/")</f></c></row>'),
        sheet(f"{ROWS}<row><c><f>'[1]a'!A1</f></c></row>"),
        sheet(f"{ROWS}<oleObjects/>"),
        sheet(f'<a xmlns="urn:evil">{ROWS}</a>'),
        sheet(ROWS, 'xmlns="urn:evil"'),
        body(f'<w:p><w:fldSimple w:instr="DDEAUTO cmd"/></w:p>{PARAGRAPHS}'),
        body(f'{PARAGRAPHS}<w:p onLoad="a"/>'),
        body(PARAGRAPHS, w="urn:evil"),
        body(PARAGRAPHS, w14=R),
    ],
)
def test_what_stands_between_is_objected_to(content: bytes) -> None:
    assert objections(content)


@pytest.mark.parametrize(
    "data",
    [
        f"<!--{ROWS}-->",
        f"<row><c><f><![CDATA[{ROWS}]]></f></c></row>",
        f"<?a {ROWS}?>",
        f'<row a="{ROWS}"/>',
        ROWS + "<row>",
        ROWS + '<row r="1" r="2"/>',
        ROWS + '<row r="1" spans="1:1" r="2"/>',
        ROWS.replace("<v>0</v>", "<v>&evil;</v>"),
        ROWS.replace("<v>0</v>", "<v>\x02</v>"),
        ROWS.replace("<v>0</v>", "<v>&#xD800;</v>"),
    ],
)
def test_what_is_no_element_is_not_taken_out(data: str) -> None:
    with pytest.raises(Exception, match=r"DOCTYPE|not well-formed|mismatched|duplicate|undefined|reference"):
        objections(sheet(ROWS + data))


@pytest.mark.parametrize("raw", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_bytes_that_are_no_utf_8_are_not_taken_out(raw: bytes) -> None:
    with pytest.raises(Exception, match="not well-formed"):
        objections(sheet(ROWS).replace(b"<v>0</v>", b"<v>" + raw + b"</v>", 1))
