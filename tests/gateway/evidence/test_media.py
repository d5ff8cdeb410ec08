"""LG-03: every day of the record comes to the medium once, convinces there, and a medium that is away or lies is an error."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.cutoff import Stops
from gateway.directory import Book
from gateway.evidence import media as module
from gateway.evidence import pack
from gateway.evidence.examine import examine
from gateway.evidence.media import BadCopy, Media
from gateway.journal import Query, find
from gateway.journal_settings import MediaSettings
from gateway.store.opening import Store
from tests.gateway.make_spool import Rooms, rooms

DAY = 86_400.0


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened


def media(r: Rooms, folder: str = "medium", at: str = "00:00") -> Media:
    store = Store(r.db, r.clock, r.spool, r.quarantine, r.journal, Book(r.db, r.clock), Stops(r.db, r.clock))
    return Media(MediaSettings(folder=folder and str(r.root / folder), at=at), store)


def later(r: Rooms, seconds: float) -> None:
    r.times.wall += seconds
    r.times.monotonic += seconds


async def test_lg03_a_day_is_copied_once_and_convinces_without_the_store(r: Rooms) -> None:
    (r.root / "medium").mkdir()
    await r.accept()
    await r.accept(b"another")
    await r.journal.seal()
    assert await media(r).due() == 0, "the day is not over"
    later(r, DAY)
    assert [await media(r).due(), await media(r).due()] == [1, 0]
    [slip], [copy] = (r.root / "medium").glob("*.txt"), (r.root / "medium").glob("*.zip")
    digest, name, entries = next(line for line in slip.read_text().splitlines() if copy.name in line).split()
    found = examine(copy.read_bytes(), r.journal.verifier)
    assert (found.problems, found.entries, entries, name) == ((), 2, "2", copy.name)
    assert digest[:12] in copy.name
    assert slip.read_text().rstrip().splitlines()[-1].startswith("— "), "the signed checkpoint is on the slip (LG-02)"
    [entry] = await find(r.db, Query(kind="copied"), 9)
    assert (dict(entry.facts)["packs"], dict(entry.facts)["entries"]) == ("1", "2")


async def test_lg03_days_that_were_missed_follow(r: Rooms) -> None:
    await r.accept()
    await r.journal.seal()
    later(r, 3 * DAY)
    with pytest.raises(FileNotFoundError, match="mounted"):
        await media(r).due()
    (r.root / "medium").mkdir()
    assert await media(r).due() == 3
    slips = sorted((r.root / "medium").glob("*.txt"))
    assert [slip.name[-14:] for slip in slips] == sorted(slip.name[-14:] for slip in slips)
    assert "0 件" in slips[-1].read_text()


async def test_lg03_a_busy_day_is_several_packs(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    (r.root / "medium").mkdir()
    for number in range(4):
        await r.accept(b"%d" % number)
        await r.journal.seal()
        later(r, 600)
    later(r, DAY)
    monkeypatch.setattr(pack, "MOST", 2)
    assert await media(r).due() == 1
    copies = [examine(copy.read_bytes()).entries for copy in (r.root / "medium").glob("*.zip")]
    assert sum(copies) == 4
    assert max(copies) <= 2


async def test_lg03_what_is_read_back_wrong_is_no_copy(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    (r.root / "medium").mkdir()
    await r.accept()
    await r.journal.seal()
    later(r, DAY)
    with monkeypatch.context() as lying:
        lying.setattr(module, "durable_write", lambda file, content: file.write_bytes(content[:-1]))
        with pytest.raises(BadCopy):
            await media(r).due()
    assert not list((r.root / "medium").glob("*.txt"))
    assert await media(r).due() == 1, "tried again"


async def test_lg03_before_its_hour_and_without_a_medium_nothing_happens(r: Rooms) -> None:
    (r.root / "medium").mkdir()
    await r.accept()
    await r.journal.seal()
    later(r, DAY)
    assert await media(r, "").due() == 0
    assert await media(r, at="23:59").due() == 0
    assert not list((r.root / "medium").iterdir())
