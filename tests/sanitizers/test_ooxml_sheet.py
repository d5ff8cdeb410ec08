"""Workbooks: the survey form still calculates; what reaches outside is its last value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.model import Kind, Reason, Refused, Setting, Switches
from sanitizers.ooxml import formula
from tests.effort import linear
from tests.sanitizers.make_image import encoded, picture
from tests.sanitizers.make_ooxml import MICROSOFT, XLSX, Rel, cell, element, xlsx
from tests.sanitizers.rebuilt import Rebuilt, rebuild

SHEET, WORKBOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
CANARY = "CANARY-99d0"

OUTSIDE = [
    ("cmd|'/c calc'!A0", Kind.DDE),
    ("'cmd'|'/c calc'!A0", Kind.DDE),
    ("""'a"'!A1+cmd|'/c calc'!A0&'b"'!A1""", Kind.DDE),
    ("[1]Sheet1!A1", Kind.EXTERNAL_LINK),
    ("[1]!名前", Kind.EXTERNAL_LINK),
    ("'[1]住民 (2)'!A1", Kind.EXTERNAL_LINK),
    (r"'\\host\share\[a.xlsx]Sheet1'!A1", Kind.EXTERNAL_LINK),
    (r"SUM('C:\a\[b.xlsx]集計'!$A$1:$B$2)", Kind.EXTERNAL_LINK),
    ('WEBSERVICE("http://a/")', Kind.FORMULA),
    ('_xlfn.WEBSERVICE("http://a/")', Kind.FORMULA),
    ("webservice (A1)", Kind.FORMULA),
    ('IF(A1,RTD("a",,"b"),1)', Kind.FORMULA),
    ('CALL("urlmon","URLDownloadToFileA","JJCCJJ")', Kind.FORMULA),
    ('REGISTER.ID("a","b")', Kind.FORMULA),
    ('_xlfn.IMAGE("https://a/a.png")', Kind.FORMULA),
    ('EXEC("calc")', Kind.FORMULA),
    ('CUBEVALUE("c","[m]")', Kind.FORMULA),
    ("自作関数(A1)", Kind.FORMULA),
    ('HYPERLINK("file:///c:/a.exe","開く")', Kind.HYPERLINK),
    (r'HYPERLINK("\\host\a","開く")', Kind.HYPERLINK),
    ('HYPERLINK(A1,"開く")', Kind.HYPERLINK),
    ('HYPERLINK("#a","x")&HYPERLINK("\\\\h\\a")', Kind.HYPERLINK),
    ('"HYPERLINK("&HYPERLINK("file://a")', Kind.HYPERLINK),
    ("T['x]+WEBSERVICE(A1)+T['y]", Kind.FORMULA),
    ('"', None),
    ('MAP("http://a",_xleta.WEBSERVICE)', Kind.FORMULA),
    ('_xlfn.LET(_xlpm.SUM,_xlfn.WEBSERVICE,_xlpm.SUM("http://a"))', Kind.FORMULA),
    ("_xleta.自作関数", Kind.FORMULA),
    (r'HYPERLINK("#\\host\a","開く")', Kind.HYPERLINK),
    ("INDIRECT(\"'http://a/b.ods'#$S.A1\")", Kind.EXTERNAL_LINK),
    (r'INDIRECT("\'\\host\[a.xlsx]S\'!A1")', Kind.EXTERNAL_LINK),
]
INSIDE = [
    "SUM(A1:B2)*1.1",
    'IF(AND(A1>0,B1=""),"要","否")',
    "VLOOKUP(A1,'マスタ (2)'!$A$1:$C$99,3,FALSE)",
    "表1[[#This Row],[人口]]",
    "SUM(表1[2019])",
    'INDIRECT("\'"&A1&"\'!B2")',
    "_xlfn.XLOOKUP(A1,B:B,C:C)",
    "_xlfn._xlws.FILTER(A:A,B:B=1)",
    'HYPERLINK("#様式2!A1","次へ")',
    "_xlfn.BYROW(A1:B2,_xleta.SUM)",
    'INDIRECT("第"&A1&"表!B2")&TEXT(A2,"h\\時")',
    'HYPERLINK("https://example.jp/"&A1,"資料")',
    '"a|b"&"[1]A!"&"WEBSERVICE(1)"',
    "SUM(A1,B1:C2)",
    "LET(x,1,x+1)",
    'TEXT(A1,"[$-411]ggge年m月d日")',
    "COUNTIF('第１表'!A:A,\"○\")",
    "-A1%",
    "{1,2;3,4}",
    "#REF!",
    "A1#",
]


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sheet(cells: str = "", workbook: str = "", after: str = "", *rels: Rel, switches: Switches | None = None) -> Rebuilt:
    return rebuild(xlsx(cells, workbook, after, *rels).bytes(), XLSX, switches)


@pytest.mark.parametrize(("text", "kind"), OUTSIDE)
def test_d02_a_formula_that_reaches_outside_is_named(text: str, kind: Kind | None) -> None:
    assert formula.objection(text, Switches()) is kind


@pytest.mark.parametrize("text", INSIDE)
def test_a_formula_that_stays_inside_stays(text: str) -> None:
    assert formula.objection(text, Switches()) is None


@given(st.text(max_size=60))
def test_judging_never_raises(text: str) -> None:
    formula.objection(text, Switches())


_STRINGS = st.text(alphabet="a|'[](\u3042", max_size=6).map(lambda inside: f'"{inside}"')
_NAMES = st.text(alphabet='a"(\u3042 ', max_size=6).map(lambda inside: f"'{inside}'!A1")


@given(st.lists(st.one_of(_STRINGS, _NAMES), max_size=6))
def test_no_string_and_no_sheet_name_hides_what_follows(operands: list[str]) -> None:
    assert formula.objection("+".join([*operands, "A1"]), Switches()) is None
    assert formula.objection("+".join([*operands, "cmd|x!A0"]), Switches()) is Kind.DDE
    assert formula.objection("+".join([*operands, "RTD(1)", *operands]), Switches()) is Kind.FORMULA


def test_judging_is_linear() -> None:
    for hostile in ("'[", "[a", "(" * 3, "a(", '"', "'" * 3, "HYPERLINK(", "["):
        with linear():
            formula.objection(hostile * 400_000, Switches())


@pytest.mark.parametrize(("text", "kind"), [pair for pair in OUTSIDE if pair[1]])
def test_d02_the_cached_value_takes_its_place(text: str, kind: Kind) -> None:
    rebuilt = _sheet(cell(_escaped(text)))
    assert "<s:f" not in rebuilt.xml(SHEET)
    assert "<s:v>42</s:v>" in rebuilt.xml(SHEET)
    assert rebuilt.kinds == {kind}


def test_formulas_of_a_survey_form_stay() -> None:
    rebuilt = _sheet("".join(cell(_escaped(text), at=f"A{n}") for n, text in enumerate(INSIDE, 1)))
    assert rebuilt.xml(SHEET).count("<s:f>") == len(INSIDE)
    assert rebuilt.kinds == set()


def test_followers_of_a_shared_formula_go_with_their_master() -> None:
    master = '<s:c r="A1"><s:f t="shared" si="0" ref="A1:A2">WEBSERVICE(B1)</s:f><s:v>1</s:v></s:c>'
    follower = '<s:c r="A2"><s:f t="shared" si="0"/><s:v>2</s:v></s:c><s:c r="A3"><s:f t="shared" si="1"/><s:v>3</s:v></s:c>'
    assert _sheet(master + follower).xml(SHEET).count("<s:f ") == 1


def test_an_empty_formula_hides_no_value() -> None:
    rebuilt = _sheet('<s:c r="A1" t="e"><s:f aca="false"></s:f><s:v>#DIV/0!</s:v></s:c>')
    assert "<s:f" not in rebuilt.xml(SHEET)
    assert "<s:v>#DIV/0!</s:v>" in rebuilt.xml(SHEET)
    assert rebuilt.kinds == set()


def test_forms_keep_validation_formats_and_print_set_up() -> None:
    after = (
        '<s:conditionalFormatting sqref="A1"><s:cfRule type="expression" priority="1"><s:formula>A1&gt;0</s:formula></s:cfRule>'
        '</s:conditionalFormatting><s:dataValidations count="1"><s:dataValidation type="list" sqref="A1"><s:formula1>"男,女"'
        '</s:formula1></s:dataValidation></s:dataValidations><s:pageMargins left="1" right="1" top="1" bottom="1" header="1" '
        'footer="1"/><s:pageSetup paperSize="9" orientation="landscape" r:id="rId7"/>'
        "<s:headerFooter><s:oddHeader>&amp;C様式</s:oddHeader>"
        '</s:headerFooter><s:extLst><s:ext uri="{1}"><x14:sparklineGroups><x14:sparklineGroup>'
        '<x14:colorSeries theme="4" tint="-0.5"/>'
        '<x14:colorNegative rgb="FFD00000"/><x14:sparklines><x14:sparkline>'
        "<xm:f>A1:A9</xm:f><xm:sqref>B1</xm:sqref></x14:sparkline></x14:sparklines></x14:sparklineGroup></x14:sparklineGroups></s:ext>"
        "</s:extLst>"
    )
    made = xlsx("", "", after, Rel("rId7", "printerSettings", "p.bin")).part("xl/worksheets/p.bin", CANARY)
    xml = rebuild(made.bytes(), XLSX).xml(SHEET)
    for kept in ('"男,女"', "A1&gt;0", 'paperSize="9"', "landscape", "様式", "sparkline>", "A1:A9", "D00000", 'tint="-0.5"'):
        assert kept in xml
    assert "r:id" not in xml


def test_d02_a_rule_with_a_bad_formula_goes_as_a_whole() -> None:
    after = (
        '<s:conditionalFormatting sqref="A1"><s:cfRule type="expression" priority="1"><s:formula>WEBSERVICE(A1)'
        "</s:formula></s:cfRule></s:conditionalFormatting>"
        '<s:dataValidations count="1"><s:dataValidation sqref="A1"><s:formula1>[1]a!A1</s:formula1>'
        "</s:dataValidation></s:dataValidations>"
    )
    rebuilt = _sheet("", "", after)
    assert "conditionalFormatting" not in rebuilt.xml(SHEET)
    assert "dataValidations" not in rebuilt.xml(SHEET)


@pytest.mark.parametrize(
    "name",
    [
        '<s:definedName name="Auto_Open" hidden="1">様式!A1</s:definedName>',
        '<s:definedName name="_xlnm.Auto_Close">様式!A1</s:definedName>',
        '<s:definedName name="f" function="1" vbProcedure="1">様式!A1</s:definedName>',
        '<s:definedName name="m" xlm="1">様式!A1</s:definedName>',
        '<s:definedName name="x">[1]Sheet1!A1</s:definedName>',
        '<s:definedName name="x">EXEC("calc")</s:definedName>',
        "<s:definedName name=\"x\">cmd|'/c calc'!A0</s:definedName>",
    ],
)
def test_d02_names_that_run_or_reach_outside_go(name: str) -> None:
    kept = '<s:definedName name="_xlnm.Print_Area" localSheetId="0">様式!$A$1:$B$9</s:definedName>'
    rebuilt = _sheet("", f"<s:definedNames>{name}{kept}</s:definedNames>")
    assert rebuilt.xml(WORKBOOK).count("<s:definedName ") == 1
    assert "Print_Area" in rebuilt.xml(WORKBOOK)


def _macro_sheet(book: str = "") -> bytes:
    made = xlsx()
    sheets = (
        '<s:bookViews><s:workbookView activeTab="1" firstSheet="1"/></s:bookViews>'
        '<s:sheets><s:sheet name="M" sheetId="2" r:id="rId2"/>'
        '<s:sheet name="様式" sheetId="1" state="hidden" r:id="rId1"/></s:sheets><s:definedNames>'
        '<s:definedName name="a" localSheetId="0">1</s:definedName><s:definedName name="b" localSheetId="1">2</s:definedName>'
    )
    made.parts[WORKBOOK] = element("s:workbook", f"{sheets}</s:definedNames>{book}").encode()
    made.rel(WORKBOOK, Rel("rId2", f"{MICROSOFT}/xlMacrosheet", "macrosheets/sheet1.xml"))
    return made.part("xl/macrosheets/sheet1.xml", element("xm:macrosheet", CANARY)).bytes()


def test_d02_without_the_macro_sheet_the_others_keep_their_numbers() -> None:
    rebuilt = rebuild(_macro_sheet(), XLSX)
    xml = rebuilt.xml(WORKBOOK)
    assert not rebuilt.holds(CANARY)
    assert 'activeTab="0"' in xml
    assert 'firstSheet="0"' in xml
    assert '<s:definedName name="b" localSheetId="0">' in xml
    assert 'name="a"' not in xml
    assert "hidden" not in xml, "Excel wants one visible sheet"


def test_a_workbook_without_any_sheet_left_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        rebuild(_macro_sheet(), XLSX, Switches(hidden_sheets=Setting.REMOVE))
    assert caught.value.reason is Reason.FORBIDDEN_CONSTRUCT
    assert caught.value.findings


def test_hidden_sheets_are_reported_and_go_by_profile() -> None:
    made = xlsx()
    both = '<s:sheet name="様式" sheetId="1" r:id="rId1"/><s:sheet name="裏" sheetId="2" state="veryHidden" r:id="rId2"/>'
    made.parts[WORKBOOK] = element("s:workbook", f"<s:sheets>{both}</s:sheets>").encode()
    made.rel(WORKBOOK, Rel("rId2", "worksheet", "worksheets/sheet2.xml"))
    made.part(
        "xl/worksheets/sheet2.xml",
        element("s:worksheet", f"<s:sheetData><s:row><s:c><s:v>{CANARY}</s:v></s:c></s:row></s:sheetData>"),
    )
    kept = rebuild(made.bytes(), XLSX)
    assert kept.holds(CANARY)
    assert kept.kinds == {Kind.HIDDEN_CONTENT}
    assert not rebuild(made.bytes(), XLSX, Switches(hidden_sheets=Setting.REMOVE)).holds(CANARY)


def test_d02_controls_and_objects_of_a_sheet_go() -> None:
    after = (
        '<s:oleObjects><s:oleObject progId="Package" r:id="rId8"/></s:oleObjects>'
        '<mc:AlternateContent><mc:Choice Requires="x14">'
        '<s:controls><s:control r:id="rId9"/></s:controls></mc:Choice></mc:AlternateContent>'
    )
    rels = (Rel("rId8", "oleObject", "o.bin"), Rel("rId9", "control", "c.xml"))
    rebuilt = _sheet("", "", after, *rels)
    assert "ole" not in rebuilt.xml(SHEET)
    assert "AlternateContent" not in rebuilt.xml(SHEET)
    assert {Kind.EMBEDDED_OBJECT, Kind.ACTIVEX} <= rebuilt.kinds


def test_comment_boxes_and_check_boxes_stay_without_macros() -> None:
    formulas = "<x:FmlaLink>$A$1</x:FmlaLink><x:FmlaMacro>[0]!悪</x:FmlaMacro>"
    client = f'<x:ClientData ObjectType="Checkbox"><x:Anchor>1</x:Anchor>{formulas}</x:ClientData>'
    vml = element("xml", f'<v:shape id="a" onclick="{CANARY}"><v:textbox/>{client}</v:shape>')
    made = xlsx("", "", '<s:legacyDrawing r:id="rId5"/>', Rel("rId5", "vmlDrawing", "../drawings/vmlDrawing1.vml"))
    rebuilt = rebuild(made.part("xl/drawings/vmlDrawing1.vml", vml).bytes(), XLSX)
    xml = rebuilt.xml("xl/drawings/vmlDrawing1.vml")
    assert "$A$1" in xml
    assert "FmlaMacro" not in xml
    assert not rebuilt.holds(CANARY)
    assert Kind.MACRO in rebuilt.kinds


@pytest.mark.parametrize("source", ['type="external" connectionId="1"', 'type="worksheet"', 'type="consolidation"'])
@pytest.mark.parametrize("outside", [True, False])
def test_d03_a_pivot_cache_from_elsewhere_goes_with_its_table(source: str, outside: bool) -> None:
    where = 'r:id="rId1"' if outside else 'ref="A1:B9" sheet="様式"'
    made = xlsx("", '<s:pivotCaches><s:pivotCache cacheId="1" r:id="rId9"/></s:pivotCaches>')
    made.rel(WORKBOOK, Rel("rId9", "pivotCacheDefinition", "pivotCache/d1.xml"))
    made.rel(SHEET, Rel("rId4", "pivotTable", "../pivotTables/p1.xml"))
    made.part("xl/pivotTables/p1.xml", element("s:pivotTableDefinition", "", 'cacheId="1"'))
    made.rel("xl/pivotTables/p1.xml", Rel("rId1", "pivotCacheDefinition", "../pivotCache/d1.xml"))
    definition = f"<s:cacheSource {source}><s:worksheetSource {where}/></s:cacheSource>"
    made.part("xl/pivotCache/d1.xml", element("s:pivotCacheDefinition", definition))
    rebuilt = rebuild(made.bytes(), XLSX)
    stays = source == 'type="worksheet"' and not outside
    assert ("xl/pivotTables/p1.xml" in rebuilt.parts) == stays
    assert ("pivotCache" in rebuilt.xml(WORKBOOK)) == stays


def test_a_chart_keeps_its_cache_when_its_source_is_elsewhere() -> None:
    chart = (
        "<c:externalData r:id='rId1'/><c:chart><c:plotArea><c:barChart><c:ser><c:val><c:numRef><c:f>[1]Sheet1!$A$1</c:f>"
        "<c:numCache>"
        "<c:pt idx='0'><c:v>42</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart></c:plotArea></c:chart>"
    )
    made = xlsx("", "", '<s:drawing r:id="rId5"/>', Rel("rId5", "drawing", "../drawings/d.xml"))
    made.part("xl/drawings/d.xml", element("xdr:wsDr", '<c:chart r:id="rId1"/>'), Rel("rId1", "chart", "../charts/c.xml"))
    made.part("xl/charts/c.xml", element("c:chartSpace", chart), Rel("rId1", "package", "../embeddings/b.xlsx"))
    rebuilt = rebuild(made.part("xl/embeddings/b.xlsx", CANARY).bytes(), XLSX)
    xml = rebuilt.xml("xl/charts/c.xml")
    assert "<c:v>42</c:v>" in xml
    assert "[1]" not in xml
    assert "externalData" not in xml
    assert not rebuilt.holds(CANARY)


@pytest.mark.parametrize("anchor", ["twoCellAnchor", "oneCellAnchor", "absoluteAnchor"])
def test_a_broken_chart_costs_itself_and_its_anchor_and_not_the_workbook(anchor: str) -> None:
    made = xlsx(cell("1+1"), "", '<s:drawing r:id="rId5"/>', Rel("rId5", "drawing", "../drawings/d.xml"))
    frames = "".join(
        f"<xdr:{anchor}><xdr:graphicFrame><a:graphic><a:graphicData><c:chart r:id='{rel}'/></a:graphicData></a:graphic>"
        f"</xdr:graphicFrame><xdr:clientData/></xdr:{anchor}>"
        for rel in ("rId1", "rId2")
    )
    rels = Rel("rId1", "chart", "../charts/c1.xml"), Rel("rId2", "chart", "../charts/c2.xml")
    made.part("xl/drawings/d.xml", element("xdr:wsDr", frames), *rels)
    chart = element("c:chartSpace", "<c:chart/>")
    made.part("xl/charts/c1.xml", chart).part("xl/charts/c2.xml", chart + "spPr></c:chartSpace>")
    rebuilt = rebuild(made.bytes(), XLSX)
    assert rebuilt.xml("xl/drawings/d.xml").count(f"<xdr:{anchor}>") == 1
    assert "xl/charts/c1.xml" in rebuilt.parts
    assert "xl/charts/c2.xml" not in rebuilt.parts
    assert "chart: xl/charts/c2.xml" in {finding.detail for finding in rebuilt.outcome.findings}


@pytest.mark.slow
def test_time_is_linear_in_the_rows() -> None:
    content = xlsx("".join(cell("SUM(A1:A9)", at=f"A{n}") for n in range(100_000))).bytes()
    with linear():
        rebuild(content, XLSX)


def _control(label: str) -> Rebuilt:
    made = xlsx("", "", '<s:legacyDrawing r:id="rId5"/>', Rel("rId5", "vmlDrawing", "../drawings/v.vml"))
    shape = f'<v:shape id="c"><v:textbox>{label}</v:textbox><x:ClientData ObjectType="Checkbox"/></v:shape>'
    return rebuild(made.part("xl/drawings/v.vml", element("xml", shape)).bytes(), XLSX)


def test_the_text_on_a_check_box_stays_as_excel_writes_it() -> None:
    label = (
        '<div style="text-align:left"><font face="ＭＳ Ｐゴシック" size="220" color="#000000">はい<br>\n いいえ</font></div>'
    )
    xml = _control(label).xml("xl/drawings/v.vml")
    assert "はい<br/>\n いいえ</font></div>" in xml
    assert 'style="text-align:left"' in xml


def test_an_old_drawing_that_does_not_declare_its_prefix_is_read_as_excel_reads_it() -> None:
    made = xlsx("", "", '<s:legacyDrawing r:id="rId5"/>', Rel("rId5", "vmlDrawing", "../drawings/v.vml"))
    drawn = '<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape id="c"><v:imagedata r:id="rId1"/></v:shape></xml>'
    made.part("xl/drawings/v.vml", drawn, Rel("rId1", "image", "../media/a.png"))
    rebuilt = rebuild(made.part("xl/media/a.png", encoded(picture(), "PNG")).bytes(), XLSX)
    assert 'r:id="rId1"' in rebuilt.xml("xl/drawings/v.vml")
    assert "media/image1.png" in rebuilt.parts


@pytest.mark.parametrize(
    "label",
    [
        f'<div style="background:url({CANARY})">a</div>',
        f'<div onclick="{CANARY}()">a</div>',
        f'<font face="a" src="{CANARY}">a</font>',
        f"<script>{CANARY}</script>a",
        f'<a href="{CANARY}">b</a>a',
    ],
)
def test_d02_nothing_that_acts_stays_in_the_text_on_a_control(label: str) -> None:
    rebuilt = _control(label)
    assert not rebuilt.holds(CANARY)
    assert "a" in rebuilt.xml("xl/drawings/v.vml")


_REVISION = 'xmlns:xr2="http://schemas.microsoft.com/office/spreadsheetml/2015/revision2"'
_CALC = '<loext:extCalcPr xmlns:loext="http://schemas.libreoffice.org/" stringRefSyntax="CalcA1"/>'


@pytest.mark.parametrize(
    "workbook",
    [
        f'<s:bookViews><s:workbookView {_REVISION} xr2:uid="{{00000000-000D-0000-FFFF-FFFF00000000}}"/></s:bookViews>',
        f'<s:extLst><s:ext uri="{{1}}">{_CALC}</s:ext></s:extLst>',
    ],
    ids=["Excel since 2016", "LibreOffice"],
)
def test_what_each_workbook_of_a_program_bears_is_no_unknown_part(workbook: str) -> None:
    """Staff read of "parts whose safety could not be made sure" in the notice of nearly every workbook."""
    rebuilt = _sheet("", workbook)
    assert rebuilt.kinds == {Kind.METADATA}
    assert "uid=" not in rebuilt.xml("xl/workbook.xml") + rebuilt.xml(SHEET)


def test_a_name_that_says_it_runs_nothing_is_no_finding() -> None:
    name = '<s:definedName name="範囲" function="false" vbProcedure="false">Sheet1!A1</s:definedName>'
    rebuilt = _sheet("", f"<s:definedNames>{name}</s:definedNames>")
    assert "範囲" in rebuilt.xml("xl/workbook.xml")
    assert rebuilt.kinds == set()
