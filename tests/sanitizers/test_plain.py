"""Documents as text (SAN-05): every word that is seen, in its order, and no word that is not."""

from __future__ import annotations

import pytest

from sanitizers import plain
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Limits, Method, Outcome, Part, Profile, Reason, Refused, Treatment, Verdict
from sanitizers.verify import verify
from tests.sanitizers import make_pdf
from tests.sanitizers.make_ooxml import DOCX, PPTX, XLSX, Made, Rel, docx, element, field_runs, paragraph, pptx, xlsx

PROFILE = Profile(method=Method.TEXT)


def sanitise(content: bytes, media_type: str, limits: Limits | None = None) -> Outcome:
    profile = Profile(method=Method.TEXT, limits=limits or Limits())
    return plain.sanitise(content, Part("1", "計画.bin", "", ("計画.bin",)), media_type, LocalJob(profile))


def lines(content: bytes, media_type: str) -> list[str]:
    """The text delivered, without empty lines."""
    outcome = sanitise(content, media_type)
    assert outcome.output is not None
    assert outcome.media_type == "text/plain"
    assert outcome.name.endswith(".txt")
    assert verify(outcome.output, "text/plain", frozenset(), Method.TEXT) == []
    return [line for line in outcome.output.decode("utf-8-sig").split("\r\n") if line]


def refused(content: bytes, media_type: str, limits: Limits | None = None) -> Refused:
    with pytest.raises(Refused) as refusal:
        sanitise(content, media_type, limits)
    return refusal.value


def test_pdf_page_by_page() -> None:
    found = lines(make_pdf.pdf(pages=2), "application/pdf")
    assert found == ["――― 1ページ ―――", "Notice of the town hall", "――― 2ページ ―――", "Notice of the town hall"]


def test_a_scan_has_no_text() -> None:
    def blank(document: object) -> None:
        document.pages[0].obj["/Contents"] = document.make_stream(b"")  # type: ignore[attr-defined]

    refusal = refused(make_pdf.pdf(blank), "application/pdf")
    assert (refusal.reason, refusal.verdict) == (Reason.NO_TEXT, Verdict.WITHHELD)


def test_what_the_rebuild_found_is_reported() -> None:
    content = make_pdf.pdf(make_pdf.in_catalogue("/OpenAction", make_pdf.action("JavaScript", JS="x")))
    findings = sanitise(content, "application/pdf").findings
    assert {Kind.JAVASCRIPT, Kind.CONVERTED} <= {finding.kind for finding in findings}
    assert all(finding.treatment in Treatment for finding in findings)


def test_paragraphs_tables_and_text_boxes_of_a_letter() -> None:
    box = "<w:r><w:txbxContent><w:p><w:r><w:t>枠内</w:t></w:r></w:p></w:txbxContent></w:r>"
    boxed = f"<w:p><w:r><w:t>前</w:t><w:tab/><w:t>後</w:t></w:r>{box}</w:p>"
    row = "".join(f"<w:tc>{paragraph(name)}</w:tc>" for name in ("氏名", "金額"))
    second = f"<w:tc>{paragraph('鈴木')}{paragraph('太郎')}</w:tc><w:tc>{paragraph('5')}</w:tc>"
    table = f"<w:tbl><w:tr>{row}</w:tr><w:tr>{second}</w:tr></w:tbl>"
    found = lines(docx(boxed + table + paragraph("以上")).bytes(), DOCX)
    assert found[0] == "前\t後"
    assert found[-3:] == ["氏名\t金額", "鈴木 太郎\t5", "以上"]


def test_no_field_codes_no_deleted_words() -> None:
    deleted = '<w:del w:id="1" w:author="a"><w:r><w:delText>取消</w:delText></w:r></w:del>'
    inserted = '<w:ins w:id="2" w:author="a"><w:r><w:t>追加</w:t></w:r></w:ins>'
    body = f"<w:p>{field_runs(' PAGE ', '7')}</w:p><w:p>{deleted}{inserted}</w:p>"
    assert lines(docx(body).bytes(), DOCX) == ["7", "追加"]


def test_header_first_footnotes_and_comments_last() -> None:
    made = docx(
        paragraph("本文") + '<w:sectPr><w:headerReference w:type="default" r:id="rId1"/></w:sectPr>',
        Rel("rId1", "header", "header1.xml"),
        Rel("rId2", "footnotes", "footnotes.xml"),
    )
    made.part("word/header1.xml", element("w:hdr", paragraph("町役場")))
    made.part("word/footnotes.xml", element("w:footnotes", f'<w:footnote w:id="1">{paragraph("注記")}</w:footnote>'))
    assert lines(made.bytes(), DOCX) == ["〔ヘッダー〕", "町役場", "本文", "〔脚注〕", "注記"]


def _book(cells: str, formats: str = "", *strings: str, workbook: str = "") -> bytes:
    made = xlsx(cells, workbook)
    rels = made.rels["xl/workbook.xml"]
    if strings:
        items = "".join(f"<s:si>{text}</s:si>" for text in strings)
        made.part("xl/sharedStrings.xml", element("s:sst", items))
        rels.append(Rel("rId8", "sharedStrings", "sharedStrings.xml"))
    if formats:
        made.part("xl/styles.xml", element("s:styleSheet", formats))
        rels.append(Rel("rId9", "styles", "styles.xml"))
    return made.bytes()


def test_sheets_have_names_and_cells_their_columns() -> None:
    cells = '<s:c r="A1" t="s"><s:v>0</s:v></s:c><s:c r="C1"><s:v>0.30000000000000004</s:v></s:c>'
    cells += '<s:c r="D1" t="b"><s:v>1</s:v></s:c><s:c r="E1" t="inlineStr"><s:is><s:t>二\n行</s:t></s:is></s:c>'
    cells += '<s:c r="F1" t="str"><s:f>A1</s:f><s:v>式</s:v></s:c><s:c r="G1" t="s"><s:v>99</s:v></s:c><s:c r="H1"/>'
    reading = "<s:t>高崎</s:t><s:rPh sb='0' eb='2'><s:t>タカサキ</s:t></s:rPh>"
    assert lines(_book(cells, "", reading), XLSX) == ["――― 様式 ―――", "高崎\t\t0.3\tTRUE\t二 行\t式\t99"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("yyyy/m/d", "2023-11-01"),
        ("[$-411]ggge年m月d日", "2023-11-01"),
        ('m"月"d"日"', "2023-11-01"),
        ("yyyy/m/d h:mm", "2023-11-01 12:00:00"),
        ("[h]:mm", "1085556:00:00"),
        ("h:mm AM/PM", "12:00:00"),
        ("General", "45231.5"),
        ("#,##0.00_);[Red](#,##0.00)", "45231.5"),
        ("0.00E+00", "45231.5"),
        ('0.0"yd"', "45231.5"),
        ("\\d0", "45231.5"),
    ],
)
def test_dates_are_dates_and_numbers_are_numbers(code: str, shown: str) -> None:
    escaped = code.replace('"', "&quot;")
    formats = f'<s:numFmts count="1"><s:numFmt numFmtId="170" formatCode="{escaped}"/></s:numFmts>'
    formats += '<s:cellXfs count="2"><s:xf numFmtId="0"/><s:xf numFmtId="170"/></s:cellXfs>'
    assert lines(_book('<s:c r="A1" s="1"><s:v>45231.5</s:v></s:c>', formats), XLSX)[1] == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [(14, "2023-11-01"), (21, "12:00:00"), (46, "1085556:00:00"), (22, "2023-11-01 12:00:00"), (2, "45231.5")],
)
def test_built_in_formats(number: int, shown: str) -> None:
    formats = f'<s:cellXfs count="1"><s:xf numFmtId="{number}"/></s:cellXfs>'
    assert lines(_book('<s:c r="A1" s="0"><s:v>45231.5</s:v></s:c>', formats), XLSX)[1] == shown


def test_workbooks_that_count_from_1904() -> None:
    formats = '<s:cellXfs count="1"><s:xf numFmtId="14"/></s:cellXfs>'
    content = _book('<s:c r="A1" s="0"><s:v>1</s:v></s:c>', formats, workbook='<s:workbookPr date1904="1"/>')
    assert lines(content, XLSX)[1] == "1904-01-02"


def test_a_string_used_a_million_times_is_refused() -> None:
    cells = "".join(f'<s:c r="{column}1" t="s"><s:v>0</s:v></s:c>' for column in "ABCDEFGHIJ")
    content = _book(cells, "", f"<s:t>{'長' * 30_000}</s:t>")
    assert refused(content, XLSX, Limits(part_bytes=500_000)).reason is Reason.LIMIT_SIZE


def _show() -> Made:
    shape = (
        "<p:sp><p:nvSpPr/><p:txBody><a:p><a:r><a:t>議題</a:t></a:r><a:br/><a:r><a:t>続き</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    made = pptx(shape, "", Rel("rId5", "notesSlide", "../notesSlides/notesSlide1.xml"))
    notes = "<p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>話すこと</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld>"
    return made.part("ppt/notesSlides/notesSlide1.xml", element("p:notes", notes))


def test_slides_and_what_is_noted_for_them() -> None:
    assert lines(_show().bytes(), PPTX) == ["――― スライド1 ―――", "議題", "続き", "〔ノート〕", "話すこと"]


def test_a_document_without_a_word_is_withheld() -> None:
    assert refused(docx("<w:p/>").bytes(), DOCX).reason is Reason.NO_TEXT
