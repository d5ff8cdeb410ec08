"""What the shipped rules make of the held-out set: ordinary mail of officials leaves, what identifies somebody does not."""

from __future__ import annotations

import pytest

from gateway.model import Sign
from gateway.policy import file
from sanitizers.disclosure import disclosed
from sanitizers.disclosure.model import Datum, Search
from tests.running import CONFIG
from tests.sanitizers.disclosure.held_out import Case, cases

POLICY = file.load(CONFIG / "policy.yaml")


def stopped_by(case: Case) -> list[str]:
    counts = {Sign(found.datum): found.count for found in disclosed(case.text, Search(tuple(Datum))).found}
    return [r.name for r in POLICY.rules if any(counts.get(sign, 0) >= least for sign, least in r.match.sign)]


@pytest.mark.parametrize("case", [case for case in cases() if case.ordinary], ids=lambda case: case.title)
def test_sd03_ordinary_mail_and_business_signatures_meet_no_shipped_rule(case: Case) -> None:
    assert stopped_by(case) == []


@pytest.mark.parametrize(
    "case", [c for c in cases() if c.discloses & {Datum.PASSPORT, Datum.CARD_NUMBER}], ids=lambda c: c.title
)
def test_sd03_an_identifying_number_meets_its_rule(case: Case) -> None:
    assert "identifying-numbers" in stopped_by(case)
