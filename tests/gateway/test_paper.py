"""A sheet says the same on every paper; nothing in it is markup, a formula or a second line."""

from __future__ import annotations

import csv
import io
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.paper import NoPaper, Sheet, page, table, text, unbroken, widths, write

SHEET = Sheet(
    "廃棄証明書",
    ("例示市　作成 2026-11-28",),
    ("受付番号", "内容"),
    (("20261128-AAAA", "見積書 髙﨑 ①㈱ <b>&"), ("20261128-BBBB", "=cmd|' /C calc'!A0"), ("c", "一\n二")),
    {"20261128-AAAA": "http://localhost:8026/journal/mail/20261128-AAAA"},
    ("確認者 ＿＿＿＿",),
)


async def test_every_paper_has_every_row() -> None:
    for form in ("text", "csv", "html"):
        content = (await write(SHEET, form)).decode()
        for word in ("20261128-AAAA", "髙﨑", "20261128-BBBB"):
            assert word in content, (form, word)


def test_no_cell_is_markup_or_a_formula() -> None:
    shown = page(SHEET)
    assert "<b>&" not in shown
    assert "&lt;b&gt;&amp;" in shown
    lines = list(csv.reader(io.StringIO(table(SHEET)[1:])))
    assert lines[2][1].startswith("'=")
    assert len(lines) == 4
    assert "内容: 一 二" in text(SHEET)


def test_a_word_with_a_link_is_one() -> None:
    assert '<a href="http://localhost:8026/journal/mail/20261128-AAAA">20261128-AAAA</a>' in page(SHEET)
    assert page(SHEET).count("<a ") == 1


def test_an_empty_sheet_says_so() -> None:
    assert "ありません。" in text(Sheet("x", (), ("a",), ()))


def test_columns_are_as_wide_as_what_stands_in_them() -> None:
    rows = (
        ("1", "短い", "0" * 64),
        ("2", "とても長い理由がここに書かれているので何行にもなる" * 3, "0" * 64),
        ("10", "一\n二", "0" * 64),
    )
    number, reason, digest = widths(("番号", "理由", "SHA-256"), rows)
    assert number < 10 < reason == digest
    assert number + reason + digest <= 100
    assert widths(("a", "b"), ()) == (50, 50)
    assert page(SHEET).count("<th width=") == 2


def test_no_line_of_a_pdf_ends_within_a_receipt_a_date_or_a_clause() -> None:
    cell = '<td><a href="/journal/mail/20261128-AAAA">20261128-AAAA</a> 2026-11-28 07:53 LG-08 a-b</td>'
    told = unbroken(cell).replace("\N{NON-BREAKING HYPHEN}", "~")
    assert told == '<td><a href="/journal/mail/20261128-AAAA">20261128~AAAA</a> 2026~11~28 07:53 LG~08 a-b</td>'


async def test_without_libreoffice_no_paper_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.paper.installed", lambda: "")
    with pytest.raises(NoPaper, match="take html"):
        await write(SHEET, "pdf")


@pytest.mark.slow
async def test_a_pdf_holds_the_japanese_words_and_the_link(tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    long = replace(SHEET, rows=SHEET.rows * 40)
    file.write_bytes(await write(long, "pdf"))
    said = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    for word in ("廃棄証明書", "見積書", "髙﨑", "①㈱", "確認者"):
        assert word in said, word
    assert b"/journal/mail/20261128-AAAA" in file.read_bytes()
    pages = said.split("\f")[:-1]
    assert len(pages) > 1
    for number, each in enumerate(pages, 1):
        assert "廃棄証明書" in each
        assert "受付番号" in each, "the table's head is on each page"
        assert f"例示市作成2026-11-28{number}/{len(pages)}" in "".join(each.split())
