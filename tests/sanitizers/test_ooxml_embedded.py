"""Office documents inside Office documents: rebuilt by the same rules, in place, or their picture; never as they came."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from sanitizers import ooxml
from sanitizers.conversion import Conversion, Source, Target, untrusted_request
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Limits, Method, Outcome, Part, Profile, Setting, Switchboard, Switches, Task, Treatment
from sanitizers.verify import verify
from tests.sanitizers.make_image import encoded, picture
from tests.sanitizers.make_ooxml import (
    DOCX,
    OFFICE,
    PPTX,
    XLSX,
    Made,
    Rel,
    cell,
    docx,
    element,
    paragraph,
    pptx,
    xlsx,
)
from tests.sanitizers.rebuilt import Rebuilt, rebuild
from tests.sanitizers.test_legacy import workbook

CANARY = "CANARY-7f3a"
KEEP = Switches(embedded_files=Setting.KEEP)
PNG = encoded(picture(), "PNG")
BOOK = xlsx(cell("1+1", "2")).bytes()
MACRO = Rel("rId9", "http://schemas.microsoft.com/office/2006/relationships/vbaProject", "vbaProject.bin")

OBJECT = (
    '<w:p><w:r><w:object w:dxaOrig="1440" w:dyaOrig="720">'
    '<v:shape id="_x0000_i1025" o:ole=""><v:imagedata r:id="rId8"/></v:shape>'
    '<o:OLEObject Type="{type}" ProgID="{program}" ShapeID="_x0000_i1025" DrawAspect="Content" ObjectID="_1468" r:id="rId9"/>'
    "</w:object></w:r></w:p>"
)


def in_word(
    inner: bytes, program: str = "Excel.Sheet.12", name: str = "b.xlsx", *, type: str = "Embed", relation: str = "package"
) -> Made:
    body = OBJECT.format(program=program, type=type) + paragraph("見積")
    made = docx(body, Rel("rId8", "image", "media/a.png"), Rel("rId9", relation, f"embeddings/{name}"))
    return made.part("word/media/a.png", PNG).part(f"word/embeddings/{name}", inner)


def on_slide(inner: bytes, program: str, name: str, inside: str = "<p:embed/>") -> Made:
    shown = '<p:pic><p:nvPicPr><p:cNvPr id="0" name=""/></p:nvPicPr><p:blipFill><a:blip r:embed="rId8"/></p:blipFill></p:pic>'
    ole = f'<p:oleObj name="表" r:id="rId9" imgW="9" imgH="9" progId="{program}">{inside}'
    choice = f'<mc:AlternateContent><mc:Choice Requires="v">{ole}</p:oleObj></mc:Choice>'
    graphic = f"{choice}<mc:Fallback>{ole}{shown}</p:oleObj></mc:Fallback></mc:AlternateContent>"
    place = '<p:nvGraphicFramePr><p:cNvPr id="7" name="o"/></p:nvGraphicFramePr><p:xfrm><a:off x="1" y="2"/></p:xfrm>'
    frame = f"<p:graphicFrame>{place}<a:graphic><a:graphicData>{graphic}</a:graphicData></a:graphic></p:graphicFrame>"
    made = pptx(frame, "", Rel("rId8", "image", "a.png"), Rel("rId9", "package", f"../embeddings/{name}"))
    return made.part("ppt/slides/a.png", PNG).part(f"ppt/embeddings/{name}", inner)


def on_sheet(inner: bytes, program: str, name: str) -> Made:
    ole = f'<s:oleObject progId="{program}" shapeId="1025" r:id="rId9">'
    choice = f'<mc:AlternateContent><mc:Choice Requires="x14">{ole}<s:objectPr r:id="rId8"/></s:oleObject></mc:Choice>'
    objects = f"<s:oleObjects>{choice}<mc:Fallback>{ole}</s:oleObject></mc:Fallback></mc:AlternateContent></s:oleObjects>"
    rels = (Rel("rId7", "vmlDrawing", "../drawings/v.vml"), Rel("rId9", "package", f"../embeddings/{name}"))
    made = xlsx("", "", f'<s:legacyDrawing r:id="rId7"/>{objects}<s:tableParts/>', *rels)
    client = '<x:ClientData ObjectType="Pict"><x:Anchor>1, 0, 1, 0, 5, 0, 5, 0</x:Anchor></x:ClientData>'
    shape = f'<v:shape id="_x0000_s1025"><v:imagedata o:relid="rId1"/>{client}</v:shape>'
    made.part("xl/drawings/v.vml", element("xml", shape), Rel("rId1", "image", "../media/a.png"))
    return made.part("xl/media/a.png", PNG).part(f"xl/embeddings/{name}", inner)


def chart_in_word(inner: bytes, name: str = "b.xlsx") -> Made:
    made = docx('<w:p><w:r><w:drawing><c:chart r:id="rId5"/></w:drawing></w:r></w:p>', Rel("rId5", "chart", "charts/c.xml"))
    source = '<c:externalData r:id="rId1"><c:autoUpdate val="1"/></c:externalData><c:printSettings/>'
    chart = element("c:chartSpace", f"<c:chart><c:plotArea/></c:chart>{source}")
    made.part("word/charts/c.xml", chart, Rel("rId1", "package", f"../embeddings/{name}"))
    return made.part(f"word/embeddings/{name}", inner)


def the_one(rebuilt: Rebuilt) -> bytes:
    (name,) = (name for name in rebuilt.parts if name.startswith("embeddings/"))
    return rebuilt.parts[name]


def none_of(rebuilt: Rebuilt) -> bool:
    return not any(name.startswith("embeddings/") for name in rebuilt.parts) and "package" not in "".join(
        rebuilt.xml(name) for name in rebuilt.parts if name.endswith(".rels") and name != "_rels/.rels"
    ).replace("package/2006/relationships", "")


def test_d04_a_workbook_in_a_document_stays_to_be_edited_in_place() -> None:
    rebuilt = rebuild(in_word(BOOK).bytes(), DOCX, KEEP)
    xml = rebuilt.xml("word/document.xml")
    assert '<w:object w:dxaOrig="1440" w:dyaOrig="720">' in xml
    assert 'Type="Embed" ProgID="Excel.Sheet.12" ShapeID="_x0000_i1025"' in xml
    assert "embeddings/document1.xlsx" in rebuilt.xml("word/_rels/document.xml.rels")
    assert openpyxl.load_workbook(io.BytesIO(the_one(rebuilt)), data_only=True)["様式"]["A1"].value == 2
    assert ("word/embeddings/b.xlsx", Treatment.KEPT) in {(f.where, f.treatment) for f in rebuilt.outcome.findings}


@pytest.mark.parametrize(
    ("made", "media_type", "said"),
    [
        (on_slide(BOOK, "Excel.Sheet.12", "b.xlsx"), PPTX, 'progId="Excel.Sheet.12"'),
        (on_slide(docx(paragraph("要領")).bytes(), "Word.Document.12", "b.docx"), PPTX, 'progId="Word.Document.12"'),
        (on_sheet(pptx("").bytes(), "PowerPoint.Show.12", "b.pptx"), XLSX, 'progId="PowerPoint.Show.12" shapeId="1025"'),
        (in_word(pptx("").bytes(), "PowerPoint.Slide.12", "b.sldx"), DOCX, 'ProgID="PowerPoint.Show.12"'),
        (chart_in_word(BOOK), DOCX, '<c:autoUpdate val="0"/></c:externalData><c:printSettings/>'),
    ],
)
def test_d04_each_kind_of_document_holds_each_other_kind(made: Made, media_type: str, said: str) -> None:
    rebuilt = rebuild(made.bytes(), media_type, KEEP)
    assert the_one(rebuilt).startswith(b"PK")
    assert any(said in rebuilt.xml(name) for name in rebuilt.parts if name.endswith(".xml"))


def test_an_object_of_a_sheet_stands_where_the_schema_wants_it() -> None:
    xml = rebuild(on_sheet(BOOK, "Excel.Sheet.12", "b.xlsx").bytes(), XLSX, KEEP).xml("xl/worksheets/sheet1.xml")
    assert xml.index("legacyDrawing") < xml.index("<s:oleObjects>") < xml.index("tableParts")
    assert xml.count("oleObject ") == 1


@pytest.mark.parametrize(
    ("program", "inner"),
    [("Excel.SheetMacroEnabled.12", xlsx(cell("1+1")).rel("xl/workbook.xml", MACRO).part("xl/vbaProject.bin", CANARY).bytes())],
)
def test_d01_a_macro_in_the_document_inside_goes_and_the_report_says_inside_which(program: str, inner: bytes) -> None:
    rebuilt = rebuild(in_word(inner, program, "b.xlsm").bytes(), DOCX, KEEP)
    assert 'ProgID="Excel.Sheet.12"' in rebuilt.xml("word/document.xml")
    assert CANARY.encode() not in b"".join(_all_parts(the_one(rebuilt)))
    (macro,) = (f for f in rebuilt.outcome.findings if f.kind is Kind.MACRO)
    assert macro.where == "word/embeddings/b.xlsm/xl/workbook.xml"
    assert macro.treatment is Treatment.REMOVED


def _all_parts(content: bytes) -> list[bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist()]


HOSTILE = {
    "external": xlsx("", "", "").rel("xl/worksheets/sheet1.xml", Rel("rId9", "image", f"file://{CANARY}/a.png", external=True)),
    "dde": xlsx(cell(f"cmd|'/c {CANARY}'!A0")),
    "template": docx("").rel("word/document.xml", Rel("rId9", "attachedTemplate", f"https://{CANARY}/a.dotm", external=True)),
    "altChunk": docx('<w:altChunk r:id="rId9"/>', Rel("rId9", "aFChunk", "a.htm")).part("word/a.htm", CANARY),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_d04_what_is_hostile_inside_goes_as_it_does_outside(name: str) -> None:
    inner = HOSTILE[name].bytes()
    program, extension = ("Word.Document.12", "docx") if name in ("template", "altChunk") else ("Excel.Sheet.12", "xlsx")
    rebuilt = rebuild(in_word(inner, program, f"b.{extension}").bytes(), DOCX, KEEP)
    assert CANARY.encode() not in b"".join(_all_parts(the_one(rebuilt)))
    assert any(f.where.startswith(f"word/embeddings/b.{extension}/") for f in rebuilt.outcome.findings)


@pytest.mark.parametrize(
    "made",
    [
        in_word(BOOK, "Word.Document.12"),
        in_word(BOOK, "Package"),
        in_word(BOOK, "Equation.3"),
        in_word(BOOK, "htmlfile"),
        in_word(BOOK, ""),
        in_word(BOOK, "Excel.Sheet.12", type="Link"),
        in_word(BOOK, relation="oleObject"),
        in_word(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + CANARY.encode() * 99),
        in_word(BOOK[:-40]),
        in_word(CANARY.encode()),
        in_word(b"PK\3\4" + CANARY.encode()),
        in_word(element("w:document", "").encode()),
    ],
)
def test_d04_what_is_no_document_of_its_program_becomes_its_picture(made: Made) -> None:
    rebuilt = rebuild(made.bytes(), DOCX, KEEP)
    assert none_of(rebuilt)
    assert "w:pict" in rebuilt.xml("word/document.xml")
    assert "OLEObject" not in rebuilt.xml("word/document.xml")
    assert not rebuilt.holds(CANARY)
    assert Treatment.REPLACED in {f.treatment for f in rebuilt.outcome.findings if f.kind is Kind.EMBEDDED_OBJECT}


def test_d04_a_linked_object_of_a_slide_becomes_its_picture() -> None:
    rebuilt = rebuild(on_slide(BOOK, "Excel.Sheet.12", "b.xlsx", '<p:link updateAutomatic="1"/>').bytes(), PPTX, KEEP)
    assert none_of(rebuilt)
    assert "<p:pic>" in rebuilt.xml("ppt/slides/slide1.xml")
    assert "graphicFrame" not in rebuilt.xml("ppt/slides/slide1.xml")


class Converter(LocalJob):
    """Answers CONVERT with a workbook, whatever it is given."""

    asked = 0

    def ask(self, task: Task, content: bytes) -> bytes:
        assert task is Task.CONVERT
        assert untrusted_request(content)[0] == Conversion(Source.XLS, Target.XLSX)
        self.asked += 1
        return BOOK


def _with_old_workbooks(count: int, content: bytes, program: str = "Excel.Sheet.8") -> tuple[Outcome, Converter]:
    objects = OBJECT.format(program=program, type="Embed")
    made = docx("".join(objects.replace("rId9", f"rId{20 + n}") for n in range(count)), Rel("rId8", "image", "media/a.png"))
    for n in range(count):
        made.rel("word/document.xml", Rel(f"rId{20 + n}", "oleObject", f"embeddings/o{n}.bin"))
        made.part(f"word/embeddings/o{n}.bin", content)
    job = Converter()
    outcome = ooxml.sanitise(made.part("word/media/a.png", PNG).bytes(), Part("1", "a.docx", ""), DOCX, job)
    assert outcome.output is not None
    assert verify(outcome.output, outcome.media_type, frozenset()) == []
    return outcome, job


OLD_BOOK = workbook()


def test_d04_a_workbook_of_excel_97_is_converted_and_becomes_one_of_today() -> None:
    outcome, _ = _with_old_workbooks(1, OLD_BOOK)
    with zipfile.ZipFile(io.BytesIO(outcome.output or b"")) as archive:
        assert 'ProgID="Excel.Sheet.12"' in archive.read("word/document.xml").decode()
        assert f"{OFFICE}/package" in archive.read("word/_rels/document.xml.rels").decode()
        assert archive.read("embeddings/document1.xlsx").startswith(b"PK")
    assert "xls to xlsx" in {f.detail for f in outcome.findings if f.where.startswith("word/embeddings/o0.bin")}


def test_f03_old_documents_are_converted_a_few_times_only() -> None:
    outcome, job = _with_old_workbooks(9, OLD_BOOK)
    assert (job.asked, depth_of(outcome.output or b"")) == (6, 1)
    assert "too many old documents" in str(outcome.findings)


@pytest.mark.parametrize("program", ["MSGraph.Chart.8", "Package", "Word.Document.8", "Equation.3"])
def test_d04_what_names_another_program_is_not_even_converted(program: str) -> None:
    outcome, job = _with_old_workbooks(1, OLD_BOOK, program)
    assert depth_of(outcome.output or b"") == 0
    assert not job.asked or program == "Word.Document.8"


def test_d04_a_locked_workbook_of_excel_97_becomes_its_picture() -> None:
    outcome, job = _with_old_workbooks(1, workbook((0x002F, bytes(6))))
    assert (job.asked, depth_of(outcome.output or b"")) == (0, 0)
    assert "encrypted" in str(outcome.findings)


def test_d04_a_link_to_a_workbook_elsewhere_is_no_object() -> None:
    made = in_word(BOOK, relation="image").rel("word/document.xml", Rel("rId9", "package", "file:///c:/a.xlsx", external=True))
    assert none_of(rebuild(made.bytes(), DOCX, KEEP))


@pytest.mark.parametrize(
    "relation",
    [
        Rel("rId9", "hyperlink", "https://example.jp/b.xlsx", external=True),
        Rel("rId9", "image", "embeddings/b.xlsx"),
        Rel("rId9", "https://example.jp/package", "embeddings/b.xlsx"),
        Rel("rId9", "package", "embeddings/missing.xlsx"),
    ],
)
def test_d04_an_object_that_names_another_relationship_becomes_its_picture(relation: Rel) -> None:
    made = in_word(BOOK)
    made.rels["word/document.xml"][1] = relation
    assert none_of(rebuild(made.bytes(), DOCX, KEEP))


def test_names_that_nobody_gives_hold_no_file() -> None:
    word, sheet = in_word(BOOK), on_sheet(BOOK, "Excel.Sheet.12", "b.xlsx")
    word.parts["word/document.xml"] = word.parts["word/document.xml"].replace(b"_x0000_i1025", b"a" * 999)
    assert none_of(rebuild(word.bytes(), DOCX, KEEP))
    sheet.parts["xl/worksheets/sheet1.xml"] = sheet.parts["xl/worksheets/sheet1.xml"].replace(b"1025", "１０２５".encode())
    sheet.parts["xl/drawings/v.vml"] = sheet.parts["xl/drawings/v.vml"].replace(b"1025", "１０２５".encode())
    assert none_of(rebuild(sheet.bytes(), XLSX, KEEP))
    slide = on_slide(BOOK, "Excel.Sheet.12", "b.xlsx")
    slide.parts["ppt/slides/slide1.xml"] = slide.parts["ppt/slides/slide1.xml"].replace("表".encode(), "表".encode() * 999)
    assert the_one(rebuild(slide.bytes(), PPTX, KEEP))


def test_a_package_that_no_object_names_is_reported_and_gone() -> None:
    made = docx(paragraph("a"), Rel("rId9", "package", "embeddings/b.xlsx")).part("word/embeddings/b.xlsx", BOOK)
    rebuilt = rebuild(made.bytes(), DOCX, KEEP)
    assert none_of(rebuilt)
    assert Treatment.REMOVED in {f.treatment for f in rebuilt.outcome.findings if f.kind is Kind.EMBEDDED_OBJECT}


def test_one_package_of_two_objects_is_rebuilt_once() -> None:
    made, again = in_word(BOOK), OBJECT.format(program="Excel.Sheet.12", type="Embed") + "</w:body>"
    made.parts["word/document.xml"] = made.parts["word/document.xml"].replace(b"</w:body>", again.encode())
    rebuilt = rebuild(made.bytes(), DOCX, KEEP)
    assert rebuilt.xml("word/document.xml").count("OLEObject") == 2
    assert the_one(rebuilt)


def nested(levels: int, inner: bytes = BOOK) -> bytes:
    content = in_word(inner).bytes()
    for _ in range(levels):
        content = in_word(content, "Word.Document.12", "b.docx").bytes()
    return content


def depth_of(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        inner = [name for name in archive.namelist() if name.startswith("embeddings/")]
        return 1 + depth_of(archive.read(inner[0])) if inner else 0


def _sanitised(content: bytes, limits: Limits, media_type: str = DOCX) -> Outcome:
    outcome = ooxml.sanitise(content, Part("1", "a.docx", ""), media_type, LocalJob(Profile(limits=limits)))
    assert outcome.output is not None
    assert verify(outcome.output, outcome.media_type, frozenset()) == []
    return outcome


@pytest.mark.parametrize(("levels", "kept"), [(1, 2), (4, 5), (5, 5), (20, 5)])
def test_f03_documents_inside_one_another_stop_at_the_limit_with_a_picture(levels: int, kept: int) -> None:
    outcome = _sanitised(nested(levels), Limits(depth=5))
    assert depth_of(outcome.output or b"") == kept
    assert ("limit_depth" in str(outcome.findings)) == (levels >= 5)


def test_f03_all_levels_together_count_against_the_limit() -> None:
    big = xlsx(cell("1+1")).part("xl/unused.xml", b"<a>" + b"x" * 700_000 + b"</a>").bytes()
    outcome = _sanitised(nested(2, big), Limits(total_bytes=1 << 20))
    assert depth_of(outcome.output or b"") == 3
    again = OBJECT.format(program="Excel.Sheet.12", type="Embed").replace("rId9", "rId7") + "</w:body>"
    two = in_word(big).rel("word/document.xml", Rel("rId7", "package", "embeddings/c.xlsx")).part("word/embeddings/c.xlsx", big)
    two.parts["word/document.xml"] = two.parts["word/document.xml"].replace(b"</w:body>", again.encode())
    assert "limit_size" in str(_sanitised(two.bytes(), Limits(total_bytes=1 << 20)).findings)


def test_f03_a_bomb_inside_costs_only_itself() -> None:
    bomb = xlsx(cell("1+1")).part("xl/unused.xml", b"<a>" + b" " * 30_000_000 + b"</a>").bytes()
    outcome = _sanitised(in_word(bomb).bytes(), Limits())
    assert depth_of(outcome.output or b"") == 0
    assert "limit_ratio" in str(outcome.findings)


def test_san02_the_profile_may_want_pictures_only() -> None:
    rebuilt = rebuild(in_word(BOOK).bytes(), DOCX, Switches(embedded_files=Setting.REMOVE))
    assert none_of(rebuilt)
    assert "w:pict" in rebuilt.xml("word/document.xml")


def test_san03_for_a_printed_document_nothing_is_kept_inside() -> None:
    job = LocalJob(Profile(method=Method.IMAGE, switches=Switchboard()))
    outcome = ooxml.sanitise(in_word(BOOK).bytes(), Part("1", "a.docx", ""), DOCX, job)
    assert depth_of(outcome.output or b"") == 0
