"""What the shipped rules make of the held-out set: ordinary mail of officials leaves, what identifies somebody does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.model import Inspection, Leaf, PartReport, QueueItem, Sign
from gateway.observation import UNSEARCHED
from gateway.policy import file
from gateway.policy.leaks import SEARCHED, Leaks
from gateway.policy.protection import Mode
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


async def seen(answer: Disclosed | None, asked: frozenset[Sign], *locks: Finding, mode: Mode = Mode.ENCRYPT) -> dict[Sign, int]:
    item: QueueItem = cleared(b"").item
    part = PartReport("1", "a.xlsx", "", "", Verdict.CLEAN, locks, None, "", 1, 1, "", "", "a.xlsx", "", 0.0)
    inspection = Inspection(part, Verdict.CLEAN, None, (), 3, leaves=(Leaf("1", "text/csv", b"x"),))
    protection = replace(POLICY.protection, mode=mode)
    leaks = Leaks(Reader(answer), asked, POLICY.observe.classification, POLICY.observe.encryption, protection)
    observed = await leaks.observe(item, inspection)
    return {each.sign: each.count for each in observed}


async def test_sd03_what_cannot_be_searched_shows_every_sign_that_is_asked_for() -> None:
    counts = await seen(None, SEARCHED)
    assert set(counts) == SEARCHED
    assert all(counts[sign] >= UNSEARCHED for sign in SEARCHED if sign is not Sign.CLASS_UNKNOWN)
    assert set(await seen(None, frozenset({Sign.MY_NUMBER}))) == {Sign.MY_NUMBER}


OPENED = Finding(Kind.ENCRYPTION, "", Cipher.ZIP_AES256, Treatment.REMOVED)
SECRET = Disclosed(marking="機密性2", level=2)


async def test_sd02_where_senders_lock_files_a_classified_one_that_is_open_is_unprotected() -> None:
    asked = frozenset({Sign.CLASS_1, Sign.CLASS_2})
    assert await seen(SECRET, asked, mode=Mode.REQUIRE) == {Sign.CLASS_2: 1, Sign.UNPROTECTED: 1}
    assert await seen(Disclosed(marking="機密性1", level=1), asked, mode=Mode.REQUIRE) == {Sign.CLASS_1: 1}
    assert await seen(SECRET, asked, OPENED, mode=Mode.REQUIRE) == {Sign.CLASS_2: 1}  # it is locked again
    assert await seen(SECRET, asked, mode=Mode.ENCRYPT) == {Sign.CLASS_2: 1}


async def test_sd07_a_lock_shows_opened_or_not() -> None:
    asked = frozenset({Sign.WEAK_ENCRYPTION, Sign.ENCRYPTED_ATTACHMENT})
    closed = Finding(Kind.ENCRYPTION, "", Cipher.ZIPCRYPTO, Treatment.KEPT)
    assert await seen(Disclosed(), asked, OPENED) == {Sign.ENCRYPTED_ATTACHMENT: 1}
    assert await seen(Disclosed(), asked, closed) == {Sign.ENCRYPTED_ATTACHMENT: 1, Sign.WEAK_ENCRYPTION: 1}
