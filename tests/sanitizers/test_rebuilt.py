"""The words of each kind of rebuilt file, as the search for personal information reads them (SD-03)."""

from __future__ import annotations

import io

import openpyxl
import pytest

from sanitizers.model import Limits
from sanitizers.plain.rebuilt import read
from tests.sanitizers import make_pdf
from tests.sanitizers.make_odf import ODS, ODT, cell, ods, odt, paragraph
from tests.sanitizers.make_ooxml import DOCX, PPTX, pptx
from tests.sanitizers.rebuilt import rebuild
from tests.sanitizers.test_ooxml_embedded import KEEP, in_word

SVG = '<svg xmlns="http://www.w3.org/2000/svg"><text>個人番号</text><g><text>1234</text></g></svg>'.encode()
SLIDE = "<p:sp><p:nvSpPr/><p:txBody><a:p><a:r><a:t>議題</a:t></a:r></a:p></p:txBody></p:sp>"
MESSAGE = "Subject: =?utf-8?B?5Lu25ZCN?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n本文\r\n".encode()


@pytest.mark.parametrize(
    ("content", "media_type", "words"),
    [
        (make_pdf.pdf(), "application/pdf", ["Notice of the town hall"]),
        (pptx(SLIDE).bytes(), PPTX, ["議題"]),
        (odt(paragraph("議事録")), ODT, ["議事録"]),
        (ods(cell("")), ODS, ["42"]),
        ("氏名,番号\r\n山田,12\r\n".encode(), "text/csv", ["氏名\t番号", "山田\t12"]),
        ("氏名\t番号\r\n".encode(), "text/tab-separated-values", ["氏名\t番号"]),
        (SVG, "image/svg+xml", ["個人番号", "1234"]),
        (MESSAGE, "message/rfc822", ["本文"]),
        ("\ufeff文字".encode(), "text/plain", ["文字"]),
    ],
    ids=["pdf", "pptx", "odt", "ods", "csv", "tsv", "svg", "eml", "txt"],
)
def test_sd03_every_kind_of_file_has_its_reader(content: bytes, media_type: str, words: list[str]) -> None:
    found = read(content, media_type, Limits())
    assert found is not None
    lines = found.text.splitlines()
    assert all(word in lines for word in words), lines


def test_sd03_a_picture_has_no_words_and_a_message_has_its_subject() -> None:
    assert read(b"\x89PNG", "image/png", Limits()) is None
    message = read(MESSAGE, "message/rfc822", Limits())
    assert message is not None
    assert message.properties == "件名"


def test_sd03_the_words_of_a_document_inside_another_are_read_with_its_own() -> None:
    made = openpyxl.Workbook()
    made.properties.subject = "機密性2"
    made.active["A1"], made.active.oddHeader.center.text = "個人番号", "住民課"
    book = io.BytesIO()
    made.save(book)
    letter = in_word(in_word(book.getvalue()).bytes(), "Word.Document.12", "b.docx").bytes()
    found = read(rebuild(letter, DOCX, KEEP).outcome.output or b"", DOCX, Limits())
    assert found is not None
    assert {"見積", "個人番号", "住民課"} <= set(found.text.splitlines())
    assert found.properties == "機密性2"
