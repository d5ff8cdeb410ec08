"""The gate: the same document as without it, whatever the sender does, and only what the tree would keep goes by unread."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sanitizers import ooxml
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Refused, Switches
from sanitizers.ooxml import formula, gate, grammar
from sanitizers.ooxml.allowlist import RULES, S, W
from sanitizers.verify import verify
from tests.effort import linear
from tests.sanitizers.make_ooxml import DOCX, XLSX, Made, Rel, docx, paragraph
from tests.sanitizers.rebuilt import rebuild

SHEET, DOCUMENT = "xl/worksheets/sheet1.xml", "word/document.xml"
X14AC = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/ac"
CELLS = '<c r="A1" s="1" t="s"><v>0</v></c><c r="B1"><f>SUM(A1:A9)*2</f><v>4</v></c>'
ROW = f'<row r="1" spans="1:2" x14ac:dyDescent="0.15">{CELLS}</row>'
ROWS = ROW * 60
TEXT = paragraph("令和八年度の事業計画") * 60
EVIL_CELL = '<c r="A1"><f>WEBSERVICE("http://a/")</f><v>1</v></c>'


def _language(head: str) -> grammar.Language:
    found = grammar.language(head.encode())
    assert found is not None
    return found


SHEETS, WORDS = _language(f' xmlns="{S}"'), _language(f" xmlns:w='{W}'")


def sheet(data: str, *, root: str = f'xmlns="{S}" xmlns:x14ac="{X14AC}"', head: str = "", encoding: str = "utf-8") -> Made:
    """The default namespace, as Excel writes it; long enough for the gate."""
    made = Made().rel("", Rel("rId1", "officeDocument", "xl/workbook.xml"))
    book = f'<s:workbook xmlns:s="{S}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    book += '<s:sheets><s:sheet name="a" sheetId="1" r:id="rId1"/></s:sheets></s:workbook>'
    made.part("xl/workbook.xml", book, Rel("rId1", "worksheet", "worksheets/sheet1.xml"))
    markup = f"{head}<worksheet {root}><sheetData>{data}</sheetData></worksheet>"
    return made.part(SHEET, markup.encode(encoding))


def document(body: str) -> Made:
    return docx(TEXT + body)


def treated(made: Made) -> Outcome:
    kind = XLSX if SHEET in made.parts else DOCX
    try:
        return ooxml.sanitise(made.bytes(), Part("1", "様式", ""), kind, LocalJob())
    except Refused as refusal:
        return Outcome(refusal.verdict, kind, reason=refusal.reason)


def canonical(outcome: Outcome, part: str) -> str:
    """The part's meaning, "" where there is no output."""
    if outcome.output is None:
        return ""
    assert verify(outcome.output, outcome.media_type, frozenset()) == []
    with zipfile.ZipFile(io.BytesIO(outcome.output)) as archive:
        return str(etree.canonicalize(archive.read(part).decode()))


def same(made: Made, part: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The part as it comes through the gate, which must be what the tree alone gives."""
    gated = treated(made)
    monkeypatch.setattr(gate, "parse", gate.whole)
    whole = treated(made)
    monkeypatch.undo()
    assert (gated.verdict, gated.reason) == (whole.verdict, whole.reason)
    assert canonical(gated, part) == canonical(whole, part)
    return canonical(gated, part)


def stretches(made: Made, part: str) -> int:
    return len(gate.parse(made.parts[part], part).stretches)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_plain_rows_go_by_as_they_are(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sheet(ROWS, encoding=encoding)
    assert stretches(made, SHEET) == 1
    assert same(made, SHEET, monkeypatch).count("SUM(A1:A9)*2") == 60


def test_rows_with_any_prefix_and_indentation_go_by(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = re.sub("<(/?)(?=[a-z])", r"<\1ss:", ROWS).replace("<ss:row", "\n  <ss:row").replace("<ss:c ", "\n\t<ss:c ")
    made = sheet("")
    made.part(SHEET, f'<ss:worksheet xmlns:ss="{S}" xmlns:x14ac="{X14AC}"><ss:sheetData>{rows}</ss:sheetData></ss:worksheet>')
    assert stretches(made, SHEET) == 1
    assert same(made, SHEET, monkeypatch).count("SUM(A1:A9)*2") == 60


def test_plain_paragraphs_and_table_rows_go_by_without_revision_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    run = '<w:r w:rsidRPr="00C1D2E3"><w:t>本文</w:t></w:r>'
    marked = f'<w:p w14:paraId="00AA11BB" w:rsidR="00C1D2E3" w:rsidRDefault="00C1D2E3">{run}</w:p>'
    row = f'<w:tr w:rsidR="00C1D2E3"><w:tc><w:tcPr><w:tcW w:w="100" w:type="dxa"/></w:tcPr>{marked}</w:tc></w:tr>'
    made = document(f"{marked}<w:tbl>{row * 3}</w:tbl>")
    assert "rsid" not in same(made, DOCUMENT, monkeypatch)
    assert Kind.METADATA in rebuild(made.bytes(), DOCX).kinds


HIDDEN = {
    "in a comment": f"<!--{ROWS}-->{EVIL_CELL}",
    "in a section": f"<row><c><v><![CDATA[{ROWS}]]></v></c></row>{EVIL_CELL}",
    "in an instruction": f"<?a {ROWS}?>{EVIL_CELL}",
    "in a value": f'<row a="{ROWS}"/>',
    "beside a mark": f'{ROWS}<stretch xmlns="urn:mugai:plain" n="0"/>',
    "beside a mark in disguise": f'{ROWS}<stretch xmlns="urn:mugai:pl&#97;in" n="0"/>',
    "in another namespace": f'<a xmlns="urn:evil">{ROWS}</a>',
    "with another prefix for the extension": f'<a xmlns:x14ac="urn:evil">{ROWS}</a>',
    "without an end": ROWS + "<row>",
    "around a comment": ROWS.replace("<v>0</v>", "<v>0<!-- --></v>"),
    "with an entity": ROWS.replace("<v>0</v>", "<v>&evil;</v>"),
    "with a name twice": ROWS + '<row r="1" r="2"/>',
    "with a control character": ROWS.replace("<v>0</v>", "<v>\x01</v>"),
    "with a surrogate": ROWS.replace("<v>0</v>", "<v>&#55296;</v>"),
}


@pytest.mark.parametrize("hidden", HIDDEN.values(), ids=HIDDEN)
def test_nothing_slips_by_where_no_element_stands(hidden: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = same(sheet(ROWS + hidden), SHEET, monkeypatch)
    assert "WEBSERVICE" not in written
    assert "mugai" not in written


@pytest.mark.parametrize("raw", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xef\xbf\xbf"])
def test_bytes_that_are_no_text_are_no_plain_text(raw: bytes) -> None:
    made = sheet(ROWS)
    made.part(SHEET, made.parts[SHEET].replace(b"<v>0</v>", b"<v>" + raw + b"</v>"))
    assert treated(made).output is None


def test_a_document_type_declaration_is_refused_before_plain_rows() -> None:
    declared = f'<!DOCTYPE a [<!ENTITY b "{ROWS.replace(chr(34), chr(39))}">]>'
    assert treated(sheet(ROWS, head=declared)).output is None


def test_a_shared_formula_that_goes_takes_its_followers_in_plain_rows_along() -> None:
    master = '<c r="A1"><f t="shared" ref="A1:A9" si="7">WEBSERVICE("http://a/")</f><v>1</v></c>'
    follower = '<row r="3"><c r="A3"><f t="shared" si="7"/><v>5</v></c></row>'
    xml = rebuild(sheet(f'{ROWS}<row r="2">{master}</row>{follower}').bytes(), XLSX).xml(SHEET)
    assert 'si="7"' not in xml
    assert "<v>5</v>" in xml


def test_plain_text_between_the_marks_of_a_field_is_its_instruction() -> None:
    begin, end = (f'<w:p><w:r><w:fldChar w:fldCharType="{kind}"/></w:r></w:p>' for kind in ("begin", "end"))
    code = paragraph("DDEAUTO c:\\windows\\calc.exe")
    xml = rebuild(document(begin + code + end).bytes(), DOCX).xml(DOCUMENT)
    assert "fldChar" not in xml


def test_the_rest_of_a_document_is_judged_beside_plain_paragraphs() -> None:
    field = '<w:p><w:fldSimple w:instr="DDEAUTO cmd /c calc"><w:r><w:t>9</w:t></w:r></w:fldSimple></w:p>'
    made = document(field + TEXT)
    assert stretches(made, DOCUMENT) == 2
    rebuilt = rebuild(made.bytes(), DOCX)
    assert "DDEAUTO" not in rebuilt.xml(DOCUMENT)
    assert rebuilt.xml(DOCUMENT).count("令和八年度の事業計画") == 120


def test_every_name_of_the_grammar_is_allowed_in_the_tree() -> None:
    """Read from the patterns themselves, so that a name added to one list only is seen."""
    sheets, words = (language.stretch.pattern.decode("latin-1") for language in (SHEETS, WORDS))
    for pattern, uri, prefix in ((sheets, S, ""), (words, W, "w:")):
        groups = re.findall(rf"<{prefix}(?:\(\?:([\w|]+)\)|(\w+))", pattern)
        elements = {name for group, one in groups for name in (group or one).split("|")}
        attributes = set(re.findall(r" ((?:\w+:)?\w+)=", pattern))
        assert len(elements) > 15
        assert len(attributes) > 15
        for element in elements:
            assert f"{{{uri}}}{element}" in RULES
        known = RULES[f"{{{uri}}}{'row' if uri == S else 'p'}"]
        for attribute in attributes:
            start, _, local = attribute.rpartition(":")
            full = {"": local, "w": f"{{{W}}}{local}", "w14": f"{{{grammar.W14}}}{local}", "x14ac": f"{{{X14AC}}}{local}",
                    "xml": f"{{http://www.w3.org/XML/1998/namespace}}{local}"}[start]  # fmt: skip
            assert full in known


_PIECES = st.sampled_from(
    [
        "SUM",
        "WEBSERVICE",
        "(",
        ")",
        " ",
        "A1",
        ":",
        "!",
        "'",
        '"',
        "[1]",
        "|",
        "=",
        "+",
        "&amp;",
        "&lt;",
        "自作",
        "HYPERLINK",
        "/",
        "\\",
        "x.",
        "_xlfn.",
        "_xleta.",
        ".",
        "\u00a0",
        "INDIRECT",
        "://",
    ]
)


@given(st.lists(_PIECES, max_size=12).map("".join))
def test_a_formula_that_the_grammar_takes_has_no_objection(code: str) -> None:
    taken = SHEETS.stretch.fullmatch(f"<c><f>{code}</f></c>".encode())
    assert not taken or formula.objection(code.replace("&amp;", "&").replace("&lt;", "<"), Switches()) is None


def test_common_formulas_are_taken() -> None:
    for code in ("SUM(B2:S2)", 'IF(A1="","否",ROUND(A1*1.1,0))', "(A1+B1)/2", "様式2!C3", "VLOOKUP(A1,$B$1:$C$9,2,FALSE)"):
        assert SHEETS.stretch.fullmatch(f'<c r="A1"><f>{code}</f><v>1</v></c>'.encode())


BOMBS: dict[str, Callable[[int], str]] = {
    "rows that all but match": lambda n: '<row r="1"><c r="A1"><v>1</v></c><x/></row>' * n,
    "rows in rows": lambda n: '<row r="1">' * 100 + '<c r="A1"/>' * n + "</row>" * 100,
    "one long cell": lambda n: f"<row><c><v>{'a' * 30 * n}</v><x/></c></row>",
    "one long formula": lambda n: f"<row><c><f>{'SUM(1,' * 4 * n}</f></c></row>",
}


@pytest.mark.slow
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_time_is_linear(bomb: Callable[[int], str]) -> None:
    content = sheet(ROWS + bomb(100_000)).parts[SHEET]
    with linear():
        gate.parse(content, SHEET)


def test_a_large_sheet_does_not_become_a_tree() -> None:
    part = gate.parse(sheet(ROW * 100_000).parts[SHEET], SHEET)
    assert sum(1 for _ in part.root.iter()) < 10
    assert sum(map(len, part.stretches)) == len(ROW) * 100_000
