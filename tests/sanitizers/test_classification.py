"""SD-04: the classification label survives every rebuild: in names, properties, headers and footers, as others wrote it."""

from __future__ import annotations

import email
import email.policy
import io
import zipfile

import docx
import openpyxl
import pikepdf
import pptx
import pytest

from samples import drawing, letter, office, picture
from samples.container import Entry, raw_zip
from sanitizers.job import LocalJob
from sanitizers.model import Outcome, Part
from sanitizers.registry import sanitise
from tests.sanitizers import make_pdf

LABEL = "【機密性2】"
NAME = f"{LABEL}予算案"


def run(content: bytes, extension: str) -> Outcome:
    outcome = sanitise(content, Part("1", NAME + extension, "", (NAME + extension,)), LocalJob())
    assert outcome.output is not None, outcome
    return outcome


def saved(document: object) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_sd04_word_keeps_it_in_properties_header_and_footer() -> None:
    made = docx.Document()
    made.core_properties.title, made.core_properties.author = f"{LABEL}計画", "鈴木"
    made.sections[0].header.paragraphs[0].text = f"{LABEL}取扱注意"
    made.sections[0].footer.paragraphs[0].text = f"{LABEL}複写禁止"
    made.add_paragraph("本文")
    after = docx.Document(io.BytesIO(run(saved(made), ".docx").output or b""))
    assert (after.core_properties.title, after.core_properties.author) == (f"{LABEL}計画", "")
    assert after.sections[0].header.paragraphs[0].text == f"{LABEL}取扱注意"
    assert after.sections[0].footer.paragraphs[0].text == f"{LABEL}複写禁止"


def test_sd04_excel_keeps_it_in_properties_header_footer_and_sheet_name() -> None:
    made = openpyxl.Workbook()
    made.properties.subject, made.properties.creator = f"{LABEL}予算", "鈴木"
    sheet = made.active
    sheet.title, sheet["A1"] = LABEL + "一覧", "本文"
    sheet.oddHeader.center.text, sheet.oddFooter.right.text = f"{LABEL}取扱注意", f"{LABEL}複写禁止"
    after = openpyxl.load_workbook(io.BytesIO(run(saved(made), ".xlsx").output or b""))
    assert (after.properties.subject, after.sheetnames) == (f"{LABEL}予算", [LABEL + "一覧"])
    assert after.active.oddHeader.center.text == f"{LABEL}取扱注意"
    assert after.active.oddFooter.right.text == f"{LABEL}複写禁止"


def test_sd04_powerpoint_keeps_it_in_properties_and_on_slide_and_master() -> None:
    made = pptx.Presentation()
    made.core_properties.keywords = f"{LABEL}発表"
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = f"{LABEL}表紙"
    made.slide_master.placeholders[0].text_frame.text = f"{LABEL}ひな形"
    after = pptx.Presentation(io.BytesIO(run(saved(made), ".pptx").output or b""))
    assert after.core_properties.keywords == f"{LABEL}発表"
    assert after.slides[0].shapes.title.text == f"{LABEL}表紙"
    assert after.slide_master.placeholders[0].text_frame.text == f"{LABEL}ひな形"


def test_sd04_pdf_keeps_it_in_its_properties() -> None:
    with pikepdf.open(io.BytesIO(make_pdf.pdf())) as made:
        made.docinfo["/Title"], made.docinfo["/Author"] = f"{LABEL}計画", "鈴木"
        content = saved(made)
    with pikepdf.open(io.BytesIO(run(content, ".pdf").output or b"")) as after:
        assert {key: str(value) for key, value in after.docinfo.items()} == {"/Title": f"{LABEL}計画"}


def test_sd04_archives_keep_it_in_the_names_of_folders_and_members() -> None:
    made = raw_zip(Entry(f"{LABEL}契約/{NAME}.txt".encode("cp932"), LABEL.encode("cp932")))
    with zipfile.ZipFile(io.BytesIO(run(made, ".zip").output or b"")) as after:
        assert after.namelist() == [f"{LABEL}契約/{NAME}.txt"]
        assert after.read(after.namelist()[0]).decode("utf-8-sig") == LABEL


def test_sd04_a_nested_mail_keeps_it_in_its_subject() -> None:
    made = letter.mail(f"{LABEL}照会", "本文\n")
    after = email.message_from_bytes(run(made, ".eml").output or b"", policy=email.policy.default)
    assert after["Subject"] == f"{LABEL}照会"


@pytest.mark.parametrize(
    ("content", "extension"),
    [
        (office.document().build(), ".docx"),
        (office.workbook().build(), ".xlsx"),
        (make_pdf.pdf(), ".pdf"),
        (picture.plain("JPEG"), ".jpg"),
        (picture.plain("PNG"), ".png"),
        (drawing.dxf(drawing.LINE), ".dxf"),
        (f"{LABEL}\r\n".encode(), ".txt"),
        (f"{LABEL},1\r\n".encode("cp932"), ".csv"),
        (raw_zip(Entry(b"a.txt", b"1")), ".zip"),
    ],
)
def test_sd04_every_format_keeps_it_in_its_name(content: bytes, extension: str) -> None:
    assert run(content, extension).name == NAME + extension


def test_sd04_a_macro_document_keeps_it_when_its_extension_changes() -> None:
    assert run(office.macro_document("canary").build(), ".docm").name == NAME + ".docx"
