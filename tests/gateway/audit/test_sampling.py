"""AU-01: who draws, draws what anybody can draw again; what was drawn is what the journal says."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

from gateway import journal
from gateway.audit import sampling
from gateway.audit.sampling import ANY, SORTS, Sample, Sought
from gateway.audit.working_paper import sheet
from gateway.notice import Notices
from gateway.paper import page, text
from tests.gateway.audit.make_decisions import a_day, decided, received
from tests.gateway.make_spool import Rooms, rooms

NAMES = Notices.load(Path(__file__).parents[3] / "config" / "notices").names["ja"]
TODAY = date(2026, 11, 18)  # of `make_spool.START`, in Japan
WANTED = Sought(TODAY, TODAY, 10, "秋の監査")


@pytest_asyncio.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        await a_day(opened)
        yield opened


async def drawn(r: Rooms, **changes: object) -> Sample:
    return await r.db.read(sampling.draw, replace(WANTED, **changes))  # type: ignore[arg-type]


async def test_au01_a_sample_is_the_lowest_hashes_of_seed_and_number(r: Rooms) -> None:
    found = await drawn(r)
    assert (found.population, len(found.drawn)) == (68, 10)
    everything = await drawn(r, count=200)
    assert len(everything.drawn) == 68
    lowest = sorted(everything.drawn, key=lambda n: hashlib.sha256(f"秋の監査:{n}".encode()).digest())[:10]
    assert found.drawn == tuple(sorted(lowest)), "computed here by hand"
    assert (await drawn(r)).drawn == found.drawn
    assert (await drawn(r, seed="another")).drawn != found.drawn
    assert set(found.drawn) < set((await drawn(r, count=20)).drawn), "a larger one only adds"


async def test_au01_what_came_since_changes_no_sample_of_the_same_journal(r: Rooms) -> None:
    found = await drawn(r)
    for n in range(60, 90):
        await r.journal.write(received(f"M{n}", "inbound"), decided(f"M{n}", "deliver"))
    await r.journal.seal()
    assert (await drawn(r)).population == 98
    assert await r.db.read(sampling.draw, WANTED, found.size) == found


@pytest.mark.parametrize(
    ("changes", "population"),
    [
        ({"sort": "hold"}, 20),
        ({"sort": "deliver"}, 40),
        ({"sort": "released"}, 5),
        ({"sort": "refused"}, 2),
        ({"sort": "approved"}, 1),
        ({"sort": "denied"}, 0),
        ({"direction": "outbound"}, 17),  # 15 decided, 2 of them released
        ({"direction": "inbound"}, 48),
        ({"verdict": "WITHHELD"}, 20),
        ({"sort": "hold", "direction": "outbound", "verdict": "WITHHELD"}, 5),
        ({"sort": "deliver", "verdict": "WITHHELD"}, 0),
        ({"first": date(2026, 11, 19), "last": date(2026, 11, 30)}, 0),
    ],
)
async def test_au01_the_population_is_what_was_asked_for(r: Rooms, changes: dict[str, object], population: int) -> None:
    assert (await drawn(r, **changes)).population == population


async def test_what_is_not_sealed_is_not_drawn(r: Rooms) -> None:
    await r.journal.write(received("M99", "inbound"), decided("M99", "deliver"))
    assert (await drawn(r)).population == 68


async def test_au01_each_comes_with_all_that_happened_and_the_paper_says_how_to_draw_it_again(r: Rooms) -> None:
    found = await drawn(r, count=200)
    decisions = await r.db.read(sampling.decisions, found)
    assert [each.entry.seq for each in decisions] == list(found.drawn)
    released = [each for each in decisions if each.entry.kind == "released"]
    assert [[e.kind for e in each.events] for each in released] == [["received", "decided", "released"]] * 5
    [approved] = [each for each in decisions if each.entry.kind == "case_step"]
    assert [dict(e.facts)["act"] for e in approved.events] == ["open", "approve"]
    [refused, _] = [each for each in decisions if each.entry.kind == "refused"]
    assert refused.events == (refused.entry,)
    made = sheet(sampling.Taken(1, 0.0, "aud", "監査", found), decisions, NAMES, "例示市")
    for paper in (text(made), page(made)):
        for words in ("秋の監査", "母集団 68 件", f"記録 {found.size} 件", "2026-11-18", "保留を解除しました"):
            assert words in paper, words


def test_what_somebody_types_is_checked() -> None:
    good = {"first": "2026-11-01", "last": "2026-11-30", "count": "25", "sort": ANY}
    made = sampling.sought(good)
    assert (made.count, made.sort, len(made.seed)) == (25, ANY, 16)
    assert sampling.sought(good).seed != made.seed
    for field, value in (
        *(("last", "2026-10-31"), ("first", "x"), ("count", "0"), ("count", "201"), ("count", "9" * 99), ("count", "٣")),
        *(("sort", "nothing"), ("direction", "up"), ("verdict", "clean")),
    ):
        with pytest.raises(ValueError, match=r"period|count|sort|direction|verdict"):
            sampling.sought(good | {field: value})


def test_every_sort_is_an_entry_that_exists() -> None:
    kinds = {journal.Decided.kind(), journal.Refused.kind(), journal.Released.kind(), journal.Deleted.kind()}
    assert {each.kind for each in SORTS.values()} == kinds | {journal.Expired.kind(), journal.CaseStep.kind()}
