from __future__ import annotations

import csv
import io
import json

import pytest

from gateway.evidence import export
from gateway.evidence.sentence import sentence
from gateway.journal import Entry
from gateway.words import Language

HOSTILE = (
    *("=1+1|cmd", "+1", "-1", "@SUM(1)", "  =1", "＝1+1", "\t=1", "\r=1"),
    *("a\r\n<13>1 forged", "\x1b]52;c;x\x07", "\u202exe", 'a"b]c\\d', "a|b=c", "\ufeff=1"),
)


def entry(subject: str, seq: int | None = 7) -> Entry:
    facts = (("reason", "確認"), ("recipients", "hanako@city.example.lg.jp"), ("rule", "macro"), ("subject", subject))
    return Entry(seq, 1_795_000_000.0, "held", "01ABCDEFGHJKMNPQRSTVWXYZ00", facts, 9)


@pytest.mark.parametrize("subject", HOSTILE)
def test_w7_no_cell_of_the_csv_is_a_formula_or_more_than_a_line(subject: str) -> None:
    text = b"".join(export.as_csv([entry(subject)])).decode()
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text[1:]), strict=True))
    assert len(rows) == 2
    for cell in (*rows[1], export.guarded(subject)):
        assert cell.lstrip(" ")[:1] not in set("=+-@＝＋－＠\t\r"), cell
        assert not set(cell) & set("\r\n\x1b\u202e"), cell


@pytest.mark.parametrize("form", ["cef", "rfc5424", "jsonl"])
@pytest.mark.parametrize("subject", HOSTILE)
def test_w8_an_entry_is_one_line_of_a_log(form: str, subject: str) -> None:
    write, _, _ = export.FORMS[form]
    [line] = write([entry(subject)])
    assert line.count(b"\n") == 1
    assert not set(line.decode()[:-1]) & set("\r\n\x1b\u202e\t")


def test_json_lines_lose_nothing() -> None:
    [line] = export.as_jsonl([entry("=1\r\n\u202e見積")])
    assert json.loads(line)["subject"] == "=1\r\n\u202e見積"
    assert json.loads(line)["seq"] == 7


def test_cef_escapes_what_it_separates_with() -> None:
    text = export.cef(entry("a|b=c\\d"))
    assert text.startswith("CEF:0|Mugai|Mugai|")
    assert text.count("|") == 8, "seven of the head, one of the subject"
    assert "mugaiSubject=a|b\\=c\\\\d" in text
    assert "|held|held|5|rt=1795000000000 " in text


def test_syslog_is_rfc_5424() -> None:
    [line] = export.as_syslog([entry('a"b]c\\d')], "gw.example")
    text = line.decode()
    assert text.startswith("<108>1 2026-11-18T")
    assert ' gw.example mugai - held [mugai@32473 seq="7"' in text
    assert 'subject="a\\"b\\]c\\\\d"' in text


def test_a_sentence_says_what_is_missing_and_what_a_time_is() -> None:
    held = sentence(entry(""))
    assert "規則「macro」（なし）により hanako@city.example.lg.jp あてを保留しました。件名: なし" in held
    assert "Subject: none" in sentence(entry(""), Language.EN)
    deferred = Entry(1, 1.0, "deferred", "", (("attempts", "2"), ("until", "1795000000.0"), ("why", "451")))
    assert "2026-11-18" in sentence(deferred)
    assert sentence(Entry(1, 1.0, "of_tomorrow", "", (("a", "b"),))) == "of_tomorrow: a=b"
