"""SD-03 on whole mails: what the shipped rules stop is to be stopped, and ordinary numbers are nobody's."""

from __future__ import annotations

from sanitizers.disclosure.model import Datum
from tests.sanitizers.disclosure.figures import by_datum, counts, decisions, labelled, stops
from tests.sanitizers.disclosure.mails import mails

KNOWN = {"a list of twelve public halls: the rule can not tell halls from homes"}


def test_the_set_has_both_kinds() -> None:
    assert sum(mail.stops for mail in mails()) >= 35
    assert sum(not mail.stops for mail in mails()) >= 60
    assert {datum for mail in mails() for datum in mail.discloses} == set(Datum)


def test_sd03_the_shipped_rules_stop_what_is_to_be_stopped_and_nothing_else() -> None:
    wrong = {mail.title for mail in mails() if stops(counts(mail.text)) is not mail.stops}
    assert wrong == KNOWN
    assert decisions().missed == 0


def test_sd03_each_kind_is_told_from_the_numbers_around_it() -> None:
    assert [(datum, str(tally)) for datum, tally in by_datum(labelled()["mails"]).items() if tally.wrong or tally.missed] == []
