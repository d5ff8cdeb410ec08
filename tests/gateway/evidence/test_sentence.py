"""An entry of the record reads as a sentence in either language, without names out of the program."""

from __future__ import annotations

from gateway.evidence.sentence import sentence
from gateway.journal import Entry
from gateway.words import Language

FACTS = {"actor": "head", "case": "4", "machine": "approval", "act": "approve", "before": "wanted", "after": "approved"}
STEP = Entry(1, 0.0, "case_step", "", (*FACTS.items(), ("on_behalf", ""), ("via", "link"), ("reason", "確認済み")))


def test_a_step_of_a_case_is_told_in_japanese() -> None:
    told = "head が送信承認 4 で「承認する」を行いました（承認待ち → 承認、経路: メールのリンク）。理由: 確認済み"
    assert sentence(STEP) == told


def test_a_step_of_a_case_is_told_in_english() -> None:
    told = "head: approve in case 4 (approval; waits for a decision to approved, by link): 確認済み"
    assert sentence(STEP, Language.EN) == told


def test_what_was_found_and_looked_at_is_told_in_the_readers_language() -> None:
    decided = Entry(2, 0.0, "decided", "", (("found", "2 macro removed, 1 failed corrupt, 1 of tomorrow"),))
    assert "検出内容: マクロを除去 2、" in sentence(decided)
    assert "of tomorrow 1。" in sentence(decided)  # what is not known stays as the journal has it
    looked = Entry(3, 0.0, "viewed", "", (("actor", "shinsa"), ("what", "page 2 of file 1")))
    assert sentence(looked) == "shinsa が内容を閲覧しました: ファイル 1 の 2 ページ"
    assert sentence(looked, Language.EN) == "shinsa looked at: page 2 of file 1"


def test_an_alarm_is_told_in_japanese_with_the_english_behind() -> None:
    facts = (("name", "disk"), ("detail", "the disk will be full in 5 days"), ("ja", "このままでは約5日で満杯になります。"))
    told = "警報「ディスクの空き不足」: このままでは約5日で満杯になります。 (the disk will be full in 5 days)"
    assert sentence(Entry(4, 0.0, "alarm", "", facts)) == told
    assert sentence(Entry(4, 0.0, "alarm", "", facts), Language.EN) == "Alarm disk: the disk will be full in 5 days"
    before = (("name", "own-rule"), ("detail", "添付が多い"))  # a rule's own, or of an earlier version
    assert sentence(Entry(5, 0.0, "alarm", "", before)) == "警報「own-rule」: 添付が多い"
