from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import journal
from gateway.model import QuarantineState, State, Work
from gateway.quarantine import AlreadyDone
from sanitizers.model import Kind, Verdict
from tests.gateway.make_spool import TO, Rooms, clearing, holding, rooms


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened
        assert await opened.spool.audit() == []


async def states(r: Rooms, item: str) -> list[State]:
    return [row.state for row in (await r.spool.show(item)).recipients]


async def test_an_entry_shows_the_whole_report(r: Rooms) -> None:
    entry = await r.quarantine.show(await r.held())
    assert (entry.subject, entry.rule, entry.reason, entry.clauses) == ("見積書の件", "macro", "マクロがあります", ("SAN-02",))
    assert (entry.recipients, entry.verdict, entry.state) == (TO, Verdict.SANITISED, QuarantineState.HELD)
    assert entry.expires_at - entry.held_at == 30 * 86_400
    assert entry.report is not None
    [part] = entry.report.parts
    assert (part.name, part.findings[0].kind) == ("見積書.docm", Kind.MACRO)


async def test_a_release_walks_the_path_again_with_the_grant(r: Rooms) -> None:
    number = await r.held()
    await r.quarantine.release(number, "clerk", " 課長が確認済み ")
    entry = await r.quarantine.show(number)
    assert entry.state is QuarantineState.RELEASED
    assert await states(r, entry.item.id) == [State.RECEIVED] * 2
    lease = await r.claim()
    assert lease.work is Work.INSPECT
    assert lease.grant is not None
    assert (lease.grant.kind, lease.grant.who, lease.grant.why) == ("release", "clerk", "課長が確認済み")
    await r.spool.settle(lease, clearing(lease))
    assert await states(r, entry.item.id) == [State.SANITISED] * 2


async def test_a_mail_can_be_held_again_after_its_release(r: Rooms) -> None:
    first = await r.held()
    await r.quarantine.release(first, "clerk", "looks good")
    lease = await r.claim()
    await r.spool.settle(lease, holding(lease))
    [second] = await r.quarantine.list()
    assert second.id != first
    with pytest.raises(AlreadyDone):
        await r.quarantine.release(first, "clerk", "again")


async def test_each_hand_acts_once(r: Rooms) -> None:
    """A release that delivers twice, or revives a deleted mail, is a lesson others paid for."""
    number = await r.held()
    hands = [
        r.quarantine.release(number, "a", "ok"),
        r.quarantine.release(number, "b", "ok"),
        r.quarantine.delete(number, "c", "no"),
    ]
    results = await asyncio.gather(*hands, return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, AlreadyDone) for result in results) == 2
    assert len(await r.spool.claim("w", Work.INSPECT, 9, 30)) <= 1


async def test_a_release_needs_a_reason_and_an_entry(r: Rooms) -> None:
    number = await r.held()
    with pytest.raises(ValueError, match="reason"):
        await r.quarantine.release(number, "clerk", "  ")
    with pytest.raises(LookupError):
        await r.quarantine.release(number + 1, "clerk", "ok")
    with pytest.raises(LookupError):
        await r.quarantine.show(number + 1)


async def test_deleting_is_final_and_recorded(r: Rooms) -> None:
    number = await r.held()
    await r.quarantine.delete(number, "clerk", "advertising")
    entry = await r.quarantine.show(number)
    assert await states(r, entry.item.id) == [State.DELETED] * 2
    [event] = await journal.search(r.db, kind="deleted")
    facts = dict(event.facts)
    assert (facts["actor"], facts["reason"], facts["recipients"]) == ("clerk", "advertising", ", ".join(TO))


async def test_entries_expire_at_their_time_and_not_before(r: Rooms) -> None:
    entry = await r.quarantine.show(await r.held())
    r.times.pass_(30 * 86_400 - 1)
    assert await r.quarantine.expire() == 0
    r.times.pass_(2)
    assert await r.quarantine.expire() == 1
    assert await states(r, entry.item.id) == [State.EXPIRED] * 2


async def test_i6_a_wrong_clock_expires_nothing(r: Rooms) -> None:
    await r.held()
    r.times.wall += 10 * 365 * 86_400
    assert await r.quarantine.expire() == 0


async def test_only_the_recipients_who_wait_there_are_released(r: Rooms) -> None:
    item = await r.accept(b"two groups")
    lease = await r.claim()
    one, other = holding(lease, TO[:1]), holding(lease, TO[1:], State.AWAITING_PASSWORD)
    both = type(one)(moves=one.moves + other.moves, held=one.held + other.held, events=one.events + other.events)
    await r.spool.settle(lease, both)
    locked, macro = await r.quarantine.list()
    assert (locked.recipients, macro.recipients) == (TO[1:], TO[:1])
    await r.quarantine.release(macro.id, "clerk", "ok")
    assert await states(r, item.id) == [State.RECEIVED, State.AWAITING_PASSWORD]


async def test_the_queue_deletes_what_is_held_as_well(r: Rooms) -> None:
    number = await r.held()
    item = (await r.quarantine.show(number)).item
    assert await r.spool.delete(item.id, "operator", "test") == 2
    assert (await r.quarantine.show(number)).state is QuarantineState.DELETED


async def test_listing_finds_by_words_and_pages(r: Rooms) -> None:
    numbers = [await r.held((f"u{n}@city.example.lg.jp",)) for n in range(3)]
    assert [entry.id for entry in await r.quarantine.list()] == numbers[::-1]
    assert [entry.id for entry in await r.quarantine.list(before=numbers[1])] == numbers[:1]
    assert [entry.id for entry in await r.quarantine.list(text="U1@")] == [numbers[1]]
    assert len(await r.quarantine.list(text="見積", limit=2)) == 2
    assert await r.quarantine.list(text="%") == []
    await r.quarantine.delete(numbers[0], "clerk", "x")
    assert len(await r.quarantine.list(state=None)) == 3
    assert len(await r.quarantine.list(state=QuarantineState.DELETED)) == 1
