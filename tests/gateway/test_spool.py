"""Accepting, leasing, settling: what the store promises, one promise a test."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import journal
from gateway.model import Authored, Direction, Grant, GrantKind, Settlement, State, Work
from gateway.spool import IllegalMove, LostLease, MissingContent, StoreUnavailable
from gateway.spool.acceptance import RETRY_WINDOW
from gateway.store import schema
from tests.gateway.make_spool import SMALL, START, TO, Rooms, clearing, ending, envelope, holding, rooms

LARGE = b"x" * (SMALL * 300)  # beside its row, in several chunks


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened
        assert await opened.spool.audit() == []


async def states(r: Rooms, item: str) -> list[State]:
    return [row.state for row in (await r.spool.show(item)).recipients]


async def kinds(r: Rooms) -> list[str]:
    return [entry.kind for entry in await journal.tail(r.db, 100)]


def blob_files(r: Rooms) -> list[str]:
    return r.blobs.older_than(float("inf"))


# -- accept ------------------------------------------------------------------------------------------------------------


async def test_i1_each_recipient_is_received_with_a_job(r: Rooms) -> None:
    item = await r.accept(to=(TO[0], TO[1], TO[0]))
    assert await states(r, item.id) == [State.RECEIVED] * 2
    lease = await r.claim()
    assert (lease.item, lease.work, lease.deaths, lease.grant) == (item, Work.INSPECT, 0, None)
    assert item.recipients == TO
    assert await r.spool.trace(item.id) == b"Received: by us\r\n"
    assert await kinds(r) == ["received"]


async def test_a_small_content_is_inline_and_comes_back(r: Rooms) -> None:
    item = await r.accept(b"small")
    assert blob_files(r) == []
    assert await r.spool.content(item.id) == b"small"


async def test_a_large_content_is_a_file_and_comes_back(r: Rooms) -> None:
    item = await r.accept(LARGE)
    assert len(blob_files(r)) == 1
    fd = await r.spool.content(item.id)
    assert isinstance(fd, int)
    with os.fdopen(fd, "rb") as file:
        assert file.read() == LARGE
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)


async def test_receipts_and_ids_are_sortable_and_speakable(r: Rooms) -> None:
    first = await r.accept(b"1")
    r.times.pass_(1)
    second = await r.accept(b"2")
    assert first.id < second.id
    day, letters = first.receipt.split("-")
    assert len(day) == 8
    assert not set(letters) & set("ILOU")
    assert (await r.spool.show(first.receipt.lower())).item.id == first.id


async def test_a_clients_retry_is_the_same_mail(r: Rooms) -> None:
    first = await r.accept(LARGE)
    r.times.pass_(RETRY_WINDOW - 1)
    again = await r.accept(LARGE, to=TO[::-1])
    assert again.id == first.id
    assert len(blob_files(r)) == 1
    assert await kinds(r) == ["received", "duplicate"]


async def test_another_envelope_content_or_time_is_another_mail(r: Rooms) -> None:
    ids = {(await r.accept(b"1")).id, (await r.accept(b"2")).id, (await r.accept(b"1", to=TO[:1])).id}
    ids.add((await r.accept(b"1", sender="c@b.example")).id)
    r.times.pass_(RETRY_WINDOW + 1)
    ids.add((await r.accept(b"1")).id)
    assert len(ids) == 5


async def test_an_aborted_content_leaves_nothing(r: Rooms) -> None:
    incoming = r.spool.incoming()
    await incoming.write(LARGE)
    await incoming.abort()
    await incoming.abort()
    assert blob_files(r) == []
    assert await r.spool.queue() == []


@pytest.mark.parametrize("call", ["fsync", "write"])
async def test_a_disk_error_is_unavailable_until_a_probe_succeeds(r: Rooms, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    original = getattr(os, call)
    broken = [True]

    def sometimes(fd: int, *rest: object) -> object:
        if broken:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(fd, *rest)

    monkeypatch.setattr(os, call, sometimes)
    incoming = r.spool.incoming()
    with pytest.raises(StoreUnavailable, match="No space"):  # noqa: PT012 -- whichever of the two meets the disk first
        await incoming.write(LARGE)
        await r.spool.accept(envelope(), incoming, b"")
    await incoming.abort()
    if call == "fsync":
        with pytest.raises(StoreUnavailable, match="a moment ago"):
            await r.accept(b"inline, but the disk is in doubt")
        r.times.pass_(2)
        with pytest.raises(StoreUnavailable, match="No space"):
            await r.accept(b"the probe fails as well")
    broken.clear()
    r.times.pass_(2)
    item = await r.accept(LARGE)
    assert await states(r, item.id) == [State.RECEIVED] * 2


# -- leases ------------------------------------------------------------------------------------------------------------


async def test_a_job_is_claimed_once(r: Rooms) -> None:
    for n in range(20):
        await r.accept(b"%d" % n)
    found = await asyncio.gather(*(r.spool.claim(f"w{n}", Work.INSPECT, 3, 30) for n in range(10)))
    jobs = [lease.job for leases in found for lease in leases]
    assert len(jobs) == len(set(jobs)) == 20


async def test_whoever_lost_the_lease_changes_nothing(r: Rooms) -> None:
    item = await r.accept()
    old = await r.claim()
    r.times.pass_(31)
    assert await r.spool.reap() == 1
    new = await r.claim()
    assert (new.job, new.token, new.deaths) == (old.job, old.token + 1, 1)
    with pytest.raises(LostLease):
        await r.spool.settle(old, ending(old, state=State.DELETED))
    assert await r.spool.renew([old, new], 30) == {new.job}
    await r.spool.settle(new, ending(new, state=State.DELETED))
    with pytest.raises(LostLease):
        await r.spool.settle(new, ending(new, state=State.DELETED))
    assert await states(r, item.id) == [State.DELETED] * 2


async def test_a_renewed_lease_is_not_reaped(r: Rooms) -> None:
    await r.accept()
    lease = await r.claim()
    r.times.pass_(29)
    await r.spool.renew([lease], 30)
    r.times.pass_(29)
    assert await r.spool.reap() == 0


async def test_a_lost_job_keeps_its_place_in_the_queue(r: Rooms) -> None:
    first = await r.accept(b"first")
    lost = await r.claim()
    r.times.pass_(10)
    await r.accept(b"second")
    r.times.pass_(21)
    await r.spool.reap()
    assert (await r.claim()).item.id == first.id == lost.item.id


async def test_i5_deaths_are_counted_and_an_orderly_return_is_none(r: Rooms) -> None:
    await r.accept()
    for deaths in range(3):
        lease = await r.claim()
        assert lease.deaths == deaths
        await r.spool.give_back([lease])
        assert (await r.claim()).deaths == deaths
        r.times.pass_(31)
        await r.spool.reap()
    lease = await r.claim()
    assert lease.deaths == 3
    await r.spool.settle(lease, Settlement(retry_at=r.clock.now()))
    assert (await r.claim()).deaths == 0


async def test_a_clock_set_back_strands_no_job(tmp_path: Path) -> None:
    async with rooms(tmp_path, START + 400 * 86_400) as ahead:
        await ahead.accept(b"leased")
        await ahead.claim()
        await ahead.accept(b"waiting")
    async with rooms(tmp_path) as right:
        assert await right.spool.claim("w", Work.INSPECT, 9, 30) == []
        await right.spool.reap()
        assert len(await right.spool.claim("w", Work.INSPECT, 9, 30)) == 2


# -- settle ------------------------------------------------------------------------------------------------------------


async def test_the_whole_way_to_relayed(r: Rooms) -> None:
    item = await r.accept(LARGE)
    relay = await r.clear(b"safe" * SMALL)
    cleared = await r.spool.cleared(relay)
    assert (cleared.content, cleared.recipients, cleared.sender) == (b"safe" * SMALL, TO, "a@b.example")
    assert len(blob_files(r)) == 2
    await r.spool.settle(relay, ending(relay))
    assert await states(r, item.id) == [State.RELAYED] * 2
    assert await r.spool.queue() == []
    with pytest.raises(MissingContent):
        await r.spool.cleared(relay)


async def test_groups_part_and_a_deferred_recipient_stays(r: Rooms) -> None:
    item = await r.accept()
    lease = await r.claim()
    both = replace(clearing(lease, to=TO[:1]), held=holding(lease, TO[1:]).held)
    await r.spool.settle(lease, replace(both, moves=(*both.moves, *holding(lease, TO[1:]).moves)))
    assert await states(r, item.id) == [State.SANITISED, State.HELD]
    relay = await r.claim(Work.RELAY)
    assert relay.item.recipients == TO[:1]
    later = r.clock.now() + 60
    why = journal.Deferred.of(relay.item, TO[:1], "451 4.3.0 later", later)
    await r.spool.settle(relay, Settlement(retry_at=later, attempts=1, events=(why,)))
    [row] = await r.spool.queue()
    assert (row.why, row.item.attempts, row.visible_at) == ("451 4.3.0 later", 1, later)
    assert await r.spool.claim("w", Work.RELAY, 1, 30) == []
    r.times.pass_(60)
    again = await r.claim(Work.RELAY)
    assert (again.item.attempts, again.cleared) == (1, relay.cleared)
    assert (await r.spool.cleared(again)).content == b"safe"


async def test_a_dsn_is_a_message_of_its_own(r: Rooms) -> None:
    item = await r.accept(to=TO[:1])
    relay = await r.clear()
    note = Authored("dsn", "", ("a@b.example",), Direction.OUTBOUND, b"could not", about=item.id)
    await r.spool.settle(relay, replace(ending(relay, state=State.BOUNCED), authored=(note,)))
    lease = await r.claim(Work.RELAY)
    assert lease.item.envelope.sender == ""
    assert lease.item.envelope.direction is Direction.OUTBOUND
    assert (await r.spool.cleared(lease)).content == b"could not"
    assert await states(r, item.id) == [State.BOUNCED]


@pytest.mark.parametrize(
    "case", ["stranger", "twice", "backwards", "no copy", "no entry", "left over", "no event", "wrong digest"]
)
async def test_i1_what_the_table_does_not_know_is_refused_whole(r: Rooms, case: str) -> None:
    item = await r.accept()
    lease = await r.claim()
    good, held = clearing(lease), holding(lease)
    bad = {
        "stranger": ending(lease, (*TO, "x@y.example"), State.DELETED),
        "twice": ending(lease, (TO[0], TO[0], TO[1]), State.DELETED),
        "backwards": ending(lease, state=State.RELAYED),
        "no copy": replace(good, cleared=()),
        "no entry": replace(held, held=()),
        "left over": ending(lease, TO[:1], State.DELETED),
        "no event": replace(good, events=()),
        "wrong digest": replace(good, cleared=(replace(good.cleared[0], sha256="0" * 64),)),
    }[case]
    with pytest.raises(IllegalMove):
        await r.spool.settle(lease, bad)
    assert await states(r, item.id) == [State.RECEIVED] * 2
    assert await kinds(r) == ["received"]
    await r.spool.settle(lease, good)


@pytest.mark.parametrize("size", [10, SMALL * 10])
async def test_i2_w18_a_changed_content_is_missing(r: Rooms, size: int) -> None:
    item = await r.accept(b"x" * size)
    relay = await r.clear(b"y" * size)
    for name in blob_files(r):
        file = r.root / "blobs" / name
        file.write_bytes(b"z" * size)
    if size < SMALL:
        await r.db.write(lambda conn: conn.execute(schema.message.update(), {"content": b"z"}))
        await r.db.write(lambda conn: conn.execute(schema.cleared.update(), {"content": b"z"}))
    with pytest.raises(MissingContent, match="changed"):
        await r.spool.content(item.id)
    with pytest.raises(MissingContent, match="changed"):
        await r.spool.cleared(relay)


async def test_only_what_waits_can_be_inspected_again(r: Rooms) -> None:
    item = await r.accept()
    grant = Grant(GrantKind.RELEASE, "clerk", "checked", 0.0)
    with pytest.raises(IllegalMove):
        await r.spool.reinspect(item.id, TO, grant, ())
    lease = await r.claim()
    await r.spool.settle(lease, ending(lease, state=State.DELETED))
    with pytest.raises(IllegalMove):
        await r.spool.reinspect(item.id, TO, grant, ())


# -- operators and age -------------------------------------------------------------------------------------------------


async def test_freeze_retry_and_delete(r: Rooms) -> None:
    item = await r.accept()
    await r.spool.freeze(item.receipt, True, "operator")
    assert await r.spool.claim("w", Work.INSPECT, 1, 30) == []
    await r.spool.freeze(item.id, False, "operator")
    lease = await r.claim()
    await r.spool.settle(lease, Settlement(retry_at=r.clock.now() + 900, attempts=1))
    assert await r.spool.retry_now(item.id, "operator") == 1
    lease = await r.claim()
    assert await r.spool.delete(item.id, "operator", "test mail") == 2
    with pytest.raises(LostLease):
        await r.spool.settle(lease, clearing(lease))
    assert await states(r, item.id) == [State.DELETED] * 2
    assert await kinds(r) == ["received", *["queue_changed"] * 3, "deleted"]
    with pytest.raises(LookupError):
        await r.spool.delete("20261121-0000", "operator", "nothing")


async def test_pressure_is_of_ready_work(r: Rooms) -> None:
    assert (await r.spool.pressure()).oldest_seconds == 0.0
    await r.accept(b"1")
    await r.accept(b"2")
    r.times.pass_(90)
    pressure = await r.spool.pressure()
    assert (pressure.oldest_seconds, pressure.waiting) == (90.0, 2)
    assert pressure.free_bytes > 0


async def test_i8_w17_the_original_goes_after_its_retention_and_leaves_a_record(r: Rooms) -> None:
    item = await r.accept(LARGE)
    relay = await r.clear()
    kept = await r.accept(b"still waiting" * SMALL)
    r.times.pass_(40 * 86_400)
    assert await r.spool.gc() == 0
    await r.spool.settle(relay, ending(relay))
    r.times.pass_(29 * 86_400)
    assert await r.spool.gc() == 0
    r.times.pass_(2 * 86_400)
    assert await r.spool.gc() == 2  # the row lets go, then the file is an orphan
    assert len(blob_files(r)) == 1
    with pytest.raises(MissingContent, match="disposed"):
        await r.spool.content(item.id)
    assert (await kinds(r))[-1] == "disposed"
    fd = await r.spool.content(kept.id)
    assert isinstance(fd, int)
    os.close(fd)


async def test_an_orphan_goes_after_an_hour_and_a_named_file_never(r: Rooms) -> None:
    await r.accept(LARGE)
    orphan = r.blobs.put((b"crashed before its commit",))
    left = r.blobs.begin()
    left.write(b"crashed before its end")
    [named] = set(blob_files(r)) - {orphan, f"new/{left._temporary.name}"}
    for name in blob_files(r):
        os.utime(r.root / "blobs" / name, (r.times.wall - 60, r.times.wall - 60))
    assert await r.spool.gc() == 0
    r.times.pass_(3_600)
    assert await r.spool.gc() == 2
    assert blob_files(r) == [named]


async def test_i6_nothing_is_destroyed_while_the_clock_is_in_doubt(r: Rooms) -> None:
    await r.accept()
    relay = await r.clear()
    await r.spool.settle(relay, ending(relay))
    r.times.wall += 3_650 * 86_400
    assert await r.spool.gc() == 0


async def test_the_auditor_sees_what_is_wrong(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        item = await r.accept(LARGE)
        r.blobs.delete(blob_files(r)[0])
        [missing] = await r.spool.audit()
        assert missing == f"{item.id}: its content is missing"
        values = [{"state": State.RELAYED}, {"state": State.HELD, "job": None}, {"state": State.SANITISED}]
        for value in values:
            await r.db.write(lambda conn, value=value: conn.execute(schema.recipient.update(), value))
            assert len(await r.spool.audit()) > 1
        await r.db.write(lambda conn: conn.execute(sa.delete(schema.recipient)))
        assert f"{item.id}: has no recipient" in await r.spool.audit()
