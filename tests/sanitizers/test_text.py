"""Plain text and CSV: every Japanese charset readable afterwards, nothing that calculates or runs."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import text
from sanitizers.job import LocalJob
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Verdict


def treated(content: bytes, name: str = "memo.txt", detected: str = "text/plain") -> Outcome:
    return text.sanitise(content, Part("1", name, "", (name,)), detected, LocalJob())


def read(outcome: Outcome) -> str:
    assert outcome.output is not None
    assert outcome.output.startswith(text.MARK)
    return outcome.output.decode("utf-8-sig")


@pytest.mark.parametrize("charset", ["utf-8", "cp932", "euc_jp", "iso2022_jp", "utf-16", "utf-32"])
def test_j10_every_japanese_charset_becomes_utf_8_with_crlf(charset: str) -> None:
    sentence = "議会の日程について、ご確認をお願いいたします。ソ表能\n"
    outcome = treated((sentence * 2).encode(charset))
    assert read(outcome) == (sentence * 2).replace("\n", "\r\n")
    assert (outcome.verdict, outcome.media_type, outcome.name) == (Verdict.CLEAN, "text/plain", "memo.txt")


def test_h04_invisible_characters_go_and_are_counted() -> None:
    outcome = treated("請求書\u202efdp.exe\u200b".encode())
    assert read(outcome) == "請求書fdp.exe"
    assert [f.kind for f in outcome.findings if f.detail.startswith("2 ")] == [Kind.CONTROL_CHARACTER]
    assert outcome.verdict is Verdict.SANITISED


@pytest.mark.parametrize("name", ["a.js", "a.vbs", "a.BAT", "請求書.ps1", "a.txt.hta", "a.txt．ｗｓｆ", "a.cmd ", "a.url"])
def test_f10_a_text_that_its_name_would_run_is_withheld(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        treated(b"WScript.Echo 1", name)
    assert (refusal.value.reason, refusal.value.verdict) == (Reason.EXECUTABLE, Verdict.WITHHELD)


def test_j09_the_worst_of_all_names_decides() -> None:
    with pytest.raises(Refused):
        text.sanitise(b"x", Part("1", "memo.txt", "", ("memo.txt", "memo.js")), "text/plain", LocalJob())


@pytest.mark.parametrize(
    ("name", "given_name"), [("設定.xml", "設定.txt"), ("a.json", "a.txt"), ("予定.ics", "予定.txt"), ("", "無題.txt")]
)
def test_other_kinds_of_text_leave_as_txt(name: str, given_name: str) -> None:
    outcome = treated(b'{"a": 1}', name)
    assert (outcome.name, outcome.media_type) == (given_name, "text/plain")


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "＝1+1", "＠x", " =1+1", '=HYPERLINK("\\\\h")', "+81-3-1234-5678"],
)
def test_d17_cells_that_would_calculate_are_text(cell: str) -> None:
    line = io.StringIO()
    csv.writer(line).writerow(["品名", cell])
    outcome = treated(line.getvalue().encode(), "a.csv", "text/csv")
    assert next(csv.reader(io.StringIO(read(outcome)))) == ["品名", "'" + cell]
    assert Kind.FORMULA in {f.kind for f in outcome.findings}


@pytest.mark.parametrize(
    "cell", ["-5", "+1,234.5", "－１２", "-", "－", "-¥1,000", "-12%", "1-2", "a=b", "2026-11-21", "=", "---"]
)
def test_d17_numbers_and_dashes_stay(cell: str) -> None:
    outcome = treated(f'"{cell}",次\r\n'.encode(), "a.csv", "text/csv")
    assert next(csv.reader(io.StringIO(read(outcome)))) == [cell, "次"]
    assert outcome.verdict is Verdict.CLEAN


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("a;=b\n", [["a", "'=b"]]),
        ("a\t=b\n", [["a", "'=b"]]),
        ("sep=;\na;=b\n", [["a", "'=b"]]),
        ("sep=|\na|=b\n", [["a", "'=b"]]),
        ('a;"x\n=b\n', [["a", "x\n=b\n"]]),
        ('a,b;"x\n=c\n', [["a", 'b;"x'], ["'=c"]]),
        ('"a\n=b",c\n', [["a\n=b", "c"]]),
        ('"\n=b","\n○主催",c\n', [["'\n=b", "\n○主催", "c"]]),
    ],
)
def test_d17_no_other_delimiter_or_quote_hides_a_formula(content: str, rows: list[list[str]]) -> None:
    outcome = treated(content.encode(), "a.csv", "text/csv")
    assert list(csv.reader(io.StringIO(read(outcome), newline=""))) == [[c.replace("\n", "\r\n") for c in row] for row in rows]


def test_a_tsv_stays_one() -> None:
    outcome = treated("名前\t値\n山田\t=1\n".encode("cp932"), "表.tsv", "text/csv")
    assert read(outcome) == "名前\t値\r\n山田\t'=1\r\n"
    assert (outcome.media_type, outcome.name) == ("text/tab-separated-values", "表.tsv")


def test_the_charset_that_xml_declares_is_used() -> None:
    content = '<?xml version="1.0" encoding="Shift_JIS"?><a>ｶﾅ①</a>'.encode("cp932")
    assert "ｶﾅ①" in read(treated(content, "a.xml", "text/xml"))


@given(st.binary(max_size=200))
def test_any_bytes_give_clean_text_and_treating_it_again_changes_nothing(content: bytes) -> None:
    for name, detected in (("a.txt", "text/plain"), ("a.csv", "text/csv")):
        first = treated(content, name, detected)
        assert first.output is not None
        again = treated(first.output, name, detected)
        assert again.output == first.output
        assert not {f.kind for f in again.findings} - {Kind.CHARSET}
