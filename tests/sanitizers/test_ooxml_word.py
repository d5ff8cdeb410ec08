"""Word: fields over split runs, embedded objects, tracked changes, VML, form fields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.model import Kind, Setting, Switches
from sanitizers.ooxml import fields, word
from tests.effort import linear
from tests.sanitizers.make_image import encoded, picture
from tests.sanitizers.make_ooxml import DOCX, Rel, docx, element, field_runs, paragraph
from tests.sanitizers.rebuilt import Rebuilt, rebuild

DOCUMENT = "word/document.xml"
CANARY = "CANARY-51c2"


def _body(body: str, switches: Switches | None = None) -> Rebuilt:
    return rebuild(docx(body).bytes(), DOCX, switches)


@pytest.mark.parametrize("pieces", [1, 2, 9, 60])
@pytest.mark.parametrize(
    "code",
    [
        rf"DDEAUTO c:\\windows\\system32\\cmd.exe &quot;/k {CANARY}&quot;",
        f" dde excel {CANARY}",
        f"INCLUDETEXT &quot;http://{CANARY}/&quot;",
        rf"INCLUDEPICTURE &quot;\\\\{CANARY}\\a.png&quot; \d",
        rf"LINK Excel.Sheet.8 &quot;C:\\{CANARY}&quot; a \a",
        f"AUTOTEXT {CANARY}",
        f"IMPORT {CANARY}",
        f"DATABASE {CANARY}",
        f"ADDIN {CANARY}",
        f"RD {CANARY}",
        f"HYPERLINK &quot;file:///{CANARY}&quot;",
        rf"HYPERLINK \l a &quot;\\\\{CANARY}\\a&quot;",
        rf"HYPERLINK \h &quot;ms-word:{CANARY}&quot;",
        f"NEVERHEARDOF {CANARY}",
    ],
)
def test_d03_a_dangerous_field_becomes_its_last_result(code: str, pieces: int) -> None:
    plain = code.replace("&quot;", '"')
    rebuilt = _body(f"<w:p>{field_runs(plain, '結果', pieces)}</w:p>")
    assert rebuilt.text(DOCUMENT) == "結果"
    assert "instrText" not in rebuilt.xml(DOCUMENT)
    assert "fldChar" not in rebuilt.xml(DOCUMENT)
    assert rebuilt.kinds & {Kind.DDE, Kind.FIELD, Kind.HYPERLINK}


@pytest.mark.parametrize(
    "code",
    [
        "PAGE",
        " NUMPAGES ",
        r'TOC \o "1-3" \h \z \u',
        r'DATE \@ "ggge年M月d日"',
        "REF _Ref1 \\h",
        r"SEQ 図 \* ARABIC",
        "= SUM(ABOVE)",
        "=SUM(LEFT)",
        r'HYPERLINK \l "_Toc1"',
        r'HYPERLINK "https://example.jp/" \o "説明" \t "_blank"',
        "STYLEREF 1",
        "EQ \\o(a,b)",
        "MERGEFIELD 氏名",
        "page",
    ],
)
def test_harmless_fields_stay_alive(code: str) -> None:
    rebuilt = _body(f"<w:p>{field_runs(code, '結果')}</w:p>")
    assert rebuilt.xml(DOCUMENT).count("fldChar ") == 3
    assert rebuilt.kinds == set()


def test_d03_a_field_inside_the_instruction_of_a_dangerous_one_leaves_no_text() -> None:
    inner = field_runs("QUOTE 67 65", CANARY)
    nested = f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DDE </w:instrText></w:r>{inner}'
    rest = (
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>結果</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    rebuilt = _body(f"<w:p>{nested}{rest}</w:p>")
    assert rebuilt.text(DOCUMENT) == "結果"
    assert not rebuilt.holds(CANARY)


@pytest.mark.parametrize("before", ["", "HYPERLINK ", "D"])
def test_d03_a_keyword_or_target_spelled_by_another_field_is_not_trusted(before: str) -> None:
    inner = field_runs("QUOTE 68 68 69", "DDE")
    outer = f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{before}</w:instrText></w:r>{inner}'
    code = '<w:r><w:instrText> cmd "/c calc"</w:instrText></w:r>' if before != "HYPERLINK " else ""
    rebuilt = _body(f'<w:p>{outer}{code}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>')
    assert "fldChar" not in rebuilt.xml(DOCUMENT)


def test_a_harmless_field_around_others_stays() -> None:
    inner = field_runs("PAGE", "1")
    outer = f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>IF </w:instrText></w:r>{inner}'
    rest = '<w:r><w:instrText> = 1 "表" "裏"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
    assert _body(f"<w:p>{outer}{rest}</w:p>").xml(DOCUMENT).count("fldChar ") == 5


def test_d03_fields_without_begin_or_end_leave_no_instruction() -> None:
    stray = f"<w:p><w:r><w:instrText>DDE {CANARY}</w:instrText></w:r></w:p>"
    unclosed = f'<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>DDE {CANARY}</w:instrText></w:r></w:p>'
    rebuilt = _body(f'{stray}<w:p><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>{unclosed}{paragraph("本文")}')
    assert not rebuilt.holds(CANARY)
    assert rebuilt.text(DOCUMENT) == "本文"


def test_d20_the_branches_of_alternate_content_are_never_added_up() -> None:
    mark = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
    branch = "<w:r><w:instrText>{}</w:instrText></w:r>".format
    both = f'<mc:Choice Requires="w14">{branch("PAGE ")}</mc:Choice><mc:Fallback>{branch(f"DDE {CANARY}")}</mc:Fallback>'
    body = f"<w:p>{mark('begin')}<mc:AlternateContent>{both}</mc:AlternateContent>{mark('end')}</w:p>"
    assert not _body(body).holds(CANARY)


_MARKED = '<w:r><w:fldChar w:fldCharType="{}"/></w:r>'.format
_CODED = '<w:r><w:instrText xml:space="preserve">{}</w:instrText></w:r>'.format


@pytest.mark.parametrize(
    "harmless",
    [
        f"<w:r><w:pict><v:shape><v:textbox><w:txbxContent><w:p>{_CODED('PAGE ')}</w:p></w:txbxContent></v:textbox></v:shape>"
        "</w:pict></w:r>",
        '<w:del w:id="1" w:author="a"><w:r><w:delInstrText xml:space="preserve">PAGE </w:delInstrText></w:r></w:del>',
        f'<w:ins w:id="1" w:author="a">{_CODED("PAGE ")}</w:ins>',
        '<w:r><w:t xml:space="preserve">PAGE </w:t></w:r>',
        '<mc:AlternateContent><mc:Choice Requires="w14"><w:r><w:t>INCLUDEPICTURE </w:t></w:r></mc:Choice></mc:AlternateContent>'
        + _CODED("PAGE "),
        '<w:del w:id="1" w:author="a"><w:r><w:delInstrText>PAGE </w:delInstrText></w:r></w:del><w:r><w:t>= </w:t></w:r>',
    ],
)
def test_d20_what_a_reader_may_leave_out_makes_no_instruction_harmless(harmless: str) -> None:
    code = _CODED(f"INCLUDEPICTURE {CANARY}")
    rebuilt = _body(f"<w:p>{_MARKED('begin')}{harmless}{code}{_MARKED('separate')}{_MARKED('end')}</w:p>")
    assert not rebuilt.holds(CANARY)


def test_fields_whose_words_were_changed_or_deleted_stay() -> None:
    gone = field_runs("PAGE", "1").replace("instrText", "delInstrText").replace("w:t>", "w:delText>")
    changed = f'{_MARKED("begin")}{_CODED("TOC ")}<w:ins w:id="2" w:author="a">{_CODED("HYPERLINK")}</w:ins>{_MARKED("end")}'
    rebuilt = _body(f'<w:p><w:del w:id="1" w:author="a">{gone}</w:del>{changed}</w:p>')
    assert rebuilt.xml(DOCUMENT).count("fldChar ") == 5
    assert rebuilt.kinds == set()


def test_d20_plain_text_before_the_instruction_counts_as_instruction() -> None:
    code = f"<w:r><w:t>DDE {CANARY} </w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>"
    rebuilt = _body(
        f'<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r>{code}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    assert "fldChar" not in rebuilt.xml(DOCUMENT)


def test_d20_an_attribute_of_the_other_family_decides_nothing() -> None:
    strict = 'xmlns:strict="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    rebuilt = _body(f'<w:p><w:fldSimple {strict} w:instr="PAGE" strict:instr="DDE {CANARY}"/></w:p>')
    assert not rebuilt.holds(CANARY)
    assert "PAGE" in rebuilt.xml(DOCUMENT)


def test_a_simple_field_is_judged_and_its_text_kept() -> None:
    code = f"DDEAUTO {CANARY}"
    rebuilt = _body(f'<w:p><w:fldSimple w:instr="{code}"><w:r><w:t>結果</w:t></w:r></w:fldSimple></w:p>')
    assert not rebuilt.holds(CANARY)
    assert rebuilt.text(DOCUMENT) == "結果"


def test_the_text_on_a_macro_button_stays() -> None:
    assert _body(f"<w:p>{field_runs('MACROBUTTON NoMacro [ここに入力]')}</w:p>").text(DOCUMENT) == "[ここに入力]"


@given(st.text(max_size=40))
def test_no_code_that_starts_with_dde_is_harmless(rest: str) -> None:
    assert not fields.harmless(f"DDE{rest}", Switches())


def test_many_nested_fields_cost_no_time() -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"/><w:instrText>IF</w:instrText></w:r>'
    flat = "".join(field_runs("PAGE", str(n)) for n in range(20_000))
    with linear():
        _body(f"<w:p>{flat}</w:p>")
    with pytest.raises(fields.Refused):
        _body(f"<w:p>{begin * 200}</w:p>")


def test_d04_an_embedded_object_leaves_its_picture() -> None:
    shape = '<v:shape id="a"><v:imagedata r:id="rId8"/></v:shape><o:OLEObject Type="Embed" ProgID="Package" r:id="rId9"/>'
    made = docx(f'<w:p><w:r><w:object w:dxaOrig="1">{shape}</w:object></w:r></w:p>', Rel("rId8", "image", "a.png"))
    made.rel(DOCUMENT, Rel("rId9", "oleObject", "embeddings/o.bin")).part("word/embeddings/o.bin", CANARY)
    made.part("word/a.png", encoded(picture(), "PNG"))
    rebuilt = rebuild(made.bytes(), DOCX)
    assert not rebuilt.holds(CANARY)
    assert "OLEObject" not in rebuilt.xml(DOCUMENT)
    assert "<w:pict><v:shape" in rebuilt.xml(DOCUMENT)
    assert "media/image1.png" in rebuilt.parts


def test_d04_an_object_without_picture_leaves_words() -> None:
    rebuilt = _body('<w:p><w:r><w:object><o:OLEObject ProgID="Equation.3"/></w:object></w:r></w:p>')
    assert rebuilt.text(DOCUMENT) == word.PLACEHOLDER


def test_text_boxes_of_old_documents_stay_and_their_scripts_go() -> None:
    box = f"<v:textbox><w:txbxContent>{paragraph('枠内')}</w:txbxContent></v:textbox>"
    shape = (
        f'<v:shape id="a" style="width:9pt" href="http://{CANARY}/" onmouseover="{CANARY}" o:title="{CANARY}x">{box}</v:shape>'
    )
    evil = f'<v:rect style="behavior:url({CANARY})"/>'
    rebuilt = _body(f"<w:p><w:r><w:pict>{shape}{evil}</w:pict></w:r></w:p>")
    assert rebuilt.text(DOCUMENT) == "枠内"
    assert "onmouseover" not in rebuilt.xml(DOCUMENT)
    assert "href" not in rebuilt.xml(DOCUMENT)
    assert "behavior" not in rebuilt.xml(DOCUMENT)
    assert "width:9pt" in rebuilt.xml(DOCUMENT)


def test_wrappers_of_custom_markup_leave_their_words() -> None:
    inner = f'<w:customXml w:uri="x" w:element="{CANARY}"><w:r><w:t>乙</w:t></w:r></w:customXml>'
    rebuilt = _body(f'<w:p><w:smartTag w:uri="y" w:element="{CANARY}"><w:r><w:t>甲</w:t></w:r>{inner}</w:smartTag></w:p>')
    assert rebuilt.text(DOCUMENT) == "甲乙"
    assert not rebuilt.holds(CANARY)


def test_content_controls_stay_without_their_data_binding() -> None:
    binding = f'<w:sdtPr><w:dataBinding w:xpath="{CANARY}"/><w:text/></w:sdtPr>'
    rebuilt = _body(f"<w:sdt>{binding}<w:sdtContent>{paragraph('氏名')}</w:sdtContent></w:sdt>")
    assert "sdtContent" in rebuilt.xml(DOCUMENT)
    assert rebuilt.text(DOCUMENT) == "氏名"
    assert not rebuilt.holds(CANARY)
    assert Kind.CUSTOM_XML in rebuilt.kinds


def test_form_fields_stay_without_their_macros() -> None:
    box = '<w:checkBox><w:default w:val="1"/></w:checkBox>'
    data = f'<w:ffData><w:name w:val="a"/><w:entryMacro w:val="{CANARY}"/>{box}</w:ffData>'
    code = "<w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r>"
    runs = f'<w:r><w:fldChar w:fldCharType="begin">{data}</w:fldChar></w:r>{code}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    rebuilt = _body(f"<w:p>{runs}</w:p>")
    assert "checkBox" in rebuilt.xml(DOCUMENT)
    assert not rebuilt.holds(CANARY)
    assert Kind.MACRO in rebuilt.kinds


CHANGES = (
    '<w:p><w:ins w:id="1" w:author="甲"><w:r><w:t>新</w:t></w:r></w:ins>'
    '<w:del w:id="2" w:author="甲"><w:r><w:delText>旧</w:delText></w:r></w:del></w:p>'
)


def test_tracked_changes_stay_or_are_accepted_by_profile() -> None:
    assert "旧" in _body(CHANGES).xml(DOCUMENT)
    accepted = _body(CHANGES, Switches(tracked_changes=Setting.REMOVE))
    assert accepted.text(DOCUMENT) == "新"
    assert not accepted.holds("旧")
    assert accepted.kinds == {Kind.TRACKED_CHANGE}


def test_comments_go_by_profile_with_their_marks() -> None:
    mark = '<w:r><w:commentReference w:id="0"/></w:r>'
    made = docx(f"<w:p><w:r><w:t>本文</w:t></w:r>{mark}</w:p>", Rel("rId5", "comments", "comments.xml"))
    made.part("word/comments.xml", element("w:comments", f'<w:comment w:id="0" w:author="甲">{paragraph(CANARY)}</w:comment>'))
    assert rebuild(made.bytes(), DOCX).holds(CANARY)
    without = rebuild(made.bytes(), DOCX, Switches(comments=Setting.REMOVE))
    assert not without.holds(CANARY)
    assert "commentReference" not in without.xml(DOCUMENT)
    assert Kind.COMMENT in without.kinds


def test_d03_settings_lose_what_loads_and_keep_protection() -> None:
    made = docx(paragraph("本文"), Rel("rId5", "settings", "settings.xml"))
    loads = '<w:attachedTemplate r:id="rId1"/><w:mailMerge><w:query w:val="x"/></w:mailMerge><w:saveThroughXslt r:id="rId2"/>'
    settings = element("w:settings", f'{loads}<w:documentProtection w:edit="forms" w:enforcement="1"/>')
    made.part("word/settings.xml", settings, Rel("rId1", "attachedTemplate", f"http://{CANARY}/a.dotm", external=True))
    rebuilt = rebuild(made.bytes(), DOCX)
    assert not rebuilt.holds(CANARY)
    assert "documentProtection" in rebuilt.xml("word/settings.xml")
    assert {Kind.REMOTE_TEMPLATE, Kind.DATA_CONNECTION, Kind.EXTERNAL_LINK} <= rebuilt.kinds


def test_a_floating_drawing_keeps_its_points() -> None:
    """Their x and y are required (ISO/IEC 29500-1 20.4.2.13), by a type of another namespace than the element's."""
    polygon = '<wp:wrapPolygon edited="0"><wp:start x="0" y="7"/><wp:lineTo x="21600" y="0"/></wp:wrapPolygon>'
    anchor = f'<wp:anchor simplePos="0"><wp:simplePos x="0" y="0"/><wp:wrapTight>{polygon}</wp:wrapTight></wp:anchor>'
    xml = _body(f"<w:p><w:r><w:drawing>{anchor}</w:drawing></w:r></w:p>").xml(DOCUMENT)
    for kept in ('simplePos x="0" y="0"', 'start x="0" y="7"', 'lineTo x="21600" y="0"'):
        assert kept in xml
