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
