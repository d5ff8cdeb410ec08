"""What the shipped rules make of the held-out set: ordinary mail of officials leaves, what identifies somebody does not."""

from __future__ import annotations

import pytest

from gateway.model import Inspection, Leaf, PartReport, QueueItem, Sign
from gateway.observation import UNSEARCHED
from gateway.policy import file
from gateway.policy.leaks import SEARCHED, Leaks
from sanitizers.disclosure import disclosed
from sanitizers.disclosure.model import Datum, Disclosed, Search
from sanitizers.model import Cipher, Finding, Kind, Reason, Refused, Treatment, Verdict
from tests.gateway.smtp.make_next_hop import cleared
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


class Reader:
    """Answers `answer`, or refuses when there is none."""

    def __init__(self, answer: Disclosed | None):
        self.answer = answer

    async def disclosed(self, leaf: Leaf, search: Search) -> Disclosed:
        if self.answer is None:
            raise Refused(Reason.CRASHED, "the worker died")
        return self.answer


async def seen(answer: Disclosed | None, asked: frozenset[Sign], *locks: Finding) -> dict[Sign, int]:
    item: QueueItem = cleared(b"").item
    part = PartReport("1", "a.xlsx", "", "", Verdict.CLEAN, locks, None, "", 1, 1, "", "", "a.xlsx", "", 0.0)
    inspection = Inspection(part, Verdict.CLEAN, None, (), 3, leaves=(Leaf("1", "text/csv", b"x"),))
    leaks = Leaks(Reader(answer), asked, POLICY.observe.classification, POLICY.observe.encryption)
    observed = await leaks.observe(item, inspection)
    return {each.sign: each.count for each in observed}


async def test_sd03_what_cannot_be_searched_shows_every_sign_that_is_asked_for() -> None:
    counts = await seen(None, SEARCHED)
    assert set(counts) == SEARCHED
    assert all(counts[sign] >= UNSEARCHED for sign in SEARCHED if sign is not Sign.CLASS_UNKNOWN)
    assert set(await seen(None, frozenset({Sign.MY_NUMBER}))) == {Sign.MY_NUMBER}


async def test_sd02_a_classified_file_is_unprotected_and_a_plain_one_is_not() -> None:
    asked = frozenset({Sign.UNPROTECTED})
    assert await seen(Disclosed(marking="機密性2", level=2), asked) == {Sign.UNPROTECTED: 1}
    assert await seen(Disclosed(marking="機密性1", level=1), asked) == {}


async def test_sd02_an_opened_lock_is_protection_removed_and_a_closed_one_is_not() -> None:
    asked = frozenset({Sign.PROTECTION_REMOVED, Sign.WEAK_ENCRYPTION, Sign.ENCRYPTED_ATTACHMENT})
    opened = Finding(Kind.ENCRYPTION, "", Cipher.ZIP_AES256, Treatment.REMOVED)
    closed = Finding(Kind.ENCRYPTION, "", Cipher.ZIPCRYPTO, Treatment.KEPT)
    assert await seen(Disclosed(), asked, opened) == {Sign.ENCRYPTED_ATTACHMENT: 1, Sign.PROTECTION_REMOVED: 1}
    assert await seen(Disclosed(), asked, closed) == {Sign.ENCRYPTED_ATTACHMENT: 1, Sign.WEAK_ENCRYPTION: 1}
