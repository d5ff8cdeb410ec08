"""SD-03 on the held-out set: how much is found of what is there, and nothing that is not."""

from __future__ import annotations

import pytest

from sanitizers.disclosure import disclosed
from sanitizers.disclosure.model import Datum, Search
from tests.sanitizers.disclosure.held_out import cases

EVERYTHING = Search(tuple(Datum))
SHOWN = [(case, {found.datum for found in disclosed(case.text, EVERYTHING).found}) for case in cases()]
RARE = {Datum.PERSON_NAME: 0.75, Datum.DRIVERS_LICENCE: 0.75}  # a dictionary of surnames; a number whose label stands behind it


def test_the_held_out_set_is_large_enough() -> None:
    assert sum(not case.ordinary for case, _ in SHOWN) >= 60
    assert sum(case.ordinary for case, _ in SHOWN) >= 60


@pytest.mark.parametrize("datum", Datum)
def test_sd03_the_held_out_set_keeps_its_floors(datum: Datum) -> None:
    asked = [(case, datum in seen) for case, seen in SHOWN if datum not in case.either]
    wrong = [case.title for case, seen in asked if seen and datum not in case.discloses]
    there = [(case.title, seen) for case, seen in asked if datum in case.discloses]
    missed = [title for title, seen in there if not seen]
    assert not wrong
    assert 1 - len(missed) / len(there) >= RARE.get(datum, 0.9), missed
