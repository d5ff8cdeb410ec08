"""What is recorded, how it is sealed, and that every way to change it is seen."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gateway import journal
from gateway.journal import sealer
from gateway.journal.note import BadNote, Signer, open_note
from gateway.journal.tree import Frontier, leaf
from gateway.model import Delivery, DeliveryOutcome, Group, Hold, Inspection, Reply
from gateway.store import schema
from sanitizers.model import Verdict
from tests.gateway.make_spool import HOLD, TO, Rooms, clearing, ending, report, rooms
from tests.waiting import until

# -- tree and notes ----------------------------------------------------------------------------------------------------


def merkle(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1, as it is written there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + merkle(leaves[:k]) + merkle(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=3), max_size=70))
def test_the_frontier_is_the_tree_of_rfc_6962(entries: list[bytes]) -> None:
    frontier = Frontier()
    for entry in entries:
        frontier.add(leaf(entry))
    assert frontier.root() == merkle([leaf(entry) for entry in entries])
    assert Frontier.load(len(entries), frontier.dump()) == frontier


def test_the_empty_and_the_first_tree_of_rfc_9162_test_vectors() -> None:
    assert Frontier().root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_a_note_opens_with_its_key_and_no_other(tmp_path: Path) -> None:
    ours, other = Signer.open("gw/j", tmp_path / "a"), Signer.open("gw/j", tmp_path / "b")
    note = ours.sign(7, b"r" * 32)
    checkpoint = open_note(note, ours.verifier)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == ("gw/j", 7, b"r" * 32)
    with pytest.raises(BadNote):
        open_note(note, other.verifier)
    with pytest.raises(BadNote, match="signature"):
        open_note(note.replace("\n7\n", "\n6\n"), ours.verifier)


@given(st.text())
def test_a_note_that_is_none_is_bad(text: str) -> None:
    with pytest.raises(BadNote):
        open_note(text, "gw/j+00000000+" + base64.b64encode(b"\x01" + bytes(32)).decode())


def test_the_key_is_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    first = Signer.open("gw/j", tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert Signer.open("gw/j", tmp_path / "key").verifier == first.verifier
    with pytest.raises(ValueError, match="space"):
        Signer.open("gw j", tmp_path / "key")


# -- recording and sealing ---------------------------------------------------------------------------------------------


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened


async def lives(r: Rooms, count: int = 5) -> None:
    """Some mails from end to end: three events each, with addresses in them."""
    for n in range(count):
        await r.accept(b"%d" % n)
        lease = await r.claim()
        await r.spool.settle(lease, clearing(lease))


async def verified(r: Rooms, *exported: str) -> journal.Verification:
    return await journal.verify(r.db, r.journal.verifier, exported)


async def test_addresses_are_committed_to_and_not_in_the_entry(r: Rooms) -> None:
    await r.accept()
    await r.journal.seal()
    [entry] = await r.db.read(lambda conn: conn.scalars(sa.select(schema.journal.c.entry)).all())
    facts = json.loads(entry)
    assert b"@" not in entry
    assert len(facts["recipients"]["sha256"]) == 2
    assert entry == json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


async def test_no_fact_without_its_event_and_no_event_without_its_fact(r: Rooms) -> None:
    await r.accept()
    lease = await r.claim()
    with pytest.raises(Exception, match="received -> relayed"):
        await r.spool.settle(lease, ending(lease))
    assert [entry.kind for entry in await journal.tail(r.db, 9)] == ["received"]


async def test_sealing_is_dense_and_in_order_over_batches(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "BATCH", 3)
    await lives(r)
    assert [entry.seq for entry in await journal.tail(r.db, 99)] == [None] * 10
    assert await r.journal.seal() == 10
    assert [entry.seq for entry in await journal.tail(r.db, 99)] == list(range(10))
    assert await r.journal.seal() == 10
    assert (await verified(r)).ok


async def test_refusals_are_written_together_and_counted_above_a_bound(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "LATER", 3)
    for _ in range(5):
        r.journal.later(journal.Refused(client="192.0.2.9", reply="554 5.7.1 no", sender="x@y.example"))
    assert await journal.tail(r.db, 9) == []
    await r.journal.seal()
    entries = await journal.tail(r.db, 9)
    assert [entry.kind for entry in entries] == ["refused"] * 3 + ["alarm"]
    assert dict(entries[3].facts)["detail"].startswith("2 further")


async def test_what_the_path_knows_becomes_events(r: Rooms) -> None:
    item = await r.accept()
    group = Group(TO, "rebuild")
    inspection = Inspection(report(), Verdict.SANITISED, None, (), 4)
    reply = Reply(250, "2.0.0", f"<{TO[0]}> queued")
    outcomes = [DeliveryOutcome(TO[0], Delivery.ACCEPTED, reply, "192.0.2.2:25", "TLSv1.3")]
    events = (
        journal.Decided.of(item, group, inspection, HOLD),
        journal.Held.of(item, Hold(TO, HOLD, None, "件名")),
        journal.Relayed.of(item, outcomes, "a" * 64),
        journal.Bounced.of(item, outcomes),
        journal.Deferred.of(item, TO, "451 later", 5.0),
    )
    await r.journal.write(*events)
    decided, held, relayed, bounced, deferred = (dict(e.facts) for e in (await journal.search(r.db, item=item.id))[1:])
    assert (decided["verdict"], decided["rule"], decided["sandbox_level"]) == ("SANITISED", "macro", "4")
    assert "見積書.docm" in decided["names"]
    assert (held["verdict"], held["subject"]) == ("FAILED", "件名")
    assert relayed["replies"] == bounced["replies"] == str(reply)
    assert (deferred["why"], deferred["attempts"]) == ("451 later", "1")
    entries = await r.db.read(lambda conn: conn.scalars(sa.select(schema.journal_pending.c.entry)).all())
    assert not any(b"@" in entry for entry in entries)


async def test_i6_a_clock_that_jumps_raises_one_alarm(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "SEAL_SECONDS", 0.005)
    await r.accept()
    await r.journal.start()
    looked, watch = list[None](), r.journal._watch_clock

    async def watched() -> None:
        await watch()
        looked.append(None)

    monkeypatch.setattr(r.journal, "_watch_clock", watched)
    r.times.wall += 86_400
    await until(lambda: len(looked) >= 3)
    await r.journal.stop()
    [alarm] = await journal.search(r.db, kind="alarm")
    assert dict(alarm.facts)["name"] == "clock"


async def test_the_sealer_runs_signs_and_stops(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    await lives(r)
    await r.journal.start()
    await r.journal.stop()
    verification = await verified(r)
    assert (verification.ok, verification.entries, verification.checkpoints, verification.pending) == (True, 10, 1, 0)


async def test_a_lone_surrogate_in_a_name_is_recorded(r: Rooms) -> None:
    await r.journal.write(journal.Deferred(until=0, attempts=1, why="broken \udcff name"))
    [entry] = await journal.tail(r.db, 1)
    assert dict(entry.facts)["why"] == "broken \\udcff name"


async def test_searching_by_mail_receipt_address_kind_and_time(r: Rooms) -> None:
    await lives(r, 2)
    await r.journal.seal()
    r.times.pass_(60)
    item = await r.accept(b"third", to=("x@city.example.lg.jp",))
    assert [e.kind for e in await journal.search(r.db, item=item.id)] == ["received"]
    assert [e.item for e in await journal.search(r.db, item=item.receipt)] == [item.id]
    assert [e.item for e in await journal.search(r.db, address="x@city.example.lg.jp")] == [item.id]
    assert len(await journal.search(r.db, address=TO[0])) == 4
    assert len(await journal.search(r.db, kind="received", until=r.times.wall)) == 2
    assert len(await journal.search(r.db, since=r.times.wall)) == 1
    assert [e.seq for e in await journal.search(r.db, limit=2)] == [3, None]


async def test_erased_personal_values_leave_the_journal_whole(r: Rooms) -> None:
    await lives(r, 1)
    await r.journal.seal()
    await r.journal.checkpoint()
    await r.db.write(lambda conn: conn.execute(sa.delete(schema.journal_personal)))
    verification = await verified(r)
    assert (verification.ok, verification.erased) == (True, 5)
    assert dict((await journal.tail(r.db, 2))[0].facts)["sender"] == "(erased)"


# -- tampering ---------------------------------------------------------------------------------------------------------

J = schema.journal
TAMPERINGS: dict[str, tuple[Callable[[sa.Connection], object], int]] = {
    "edit": (lambda c: c.execute(J.update().where(J.c.seq == 5), {"entry": b"{}"}), 5),
    "edit with its hash": (
        lambda c: c.execute(J.update().where(J.c.seq == 5), {"entry": _other(c), "leaf": leaf(_other(c))}),
        0,
    ),
    "delete": (lambda c: c.execute(J.delete().where(J.c.seq == 5)), 5),
    "delete and renumber": (lambda c: (c.execute(J.delete().where(J.c.seq == 5)), _renumber(c)), 5),
    "delete the first": (lambda c: c.execute(J.delete().where(J.c.seq == 0)), 0),
    "truncate": (lambda c: c.execute(J.delete().where(J.c.seq >= 7)), 7),
    "truncate all": (lambda c: c.execute(J.delete()), 0),
    "reorder": (lambda c: _swap(c, 3, 4), 0),
    "insert": (lambda c: c.execute(J.insert(), {**_row(c, 5), "seq": -1, "event": 999}), 0),
    "append": (lambda c: c.execute(J.insert(), {**_row(c, 5), "seq": 10, "event": 999}), 10),
    "another kind": (lambda c: c.execute(J.update().where(J.c.seq == 5), {"kind": "relayed"}), 5),
    "another address": (lambda c: c.execute(schema.journal_personal.update(), {"value": "x@y.example"}), 0),
    "a forged checkpoint": (
        lambda c: c.execute(schema.journal_checkpoint.update(), {"note": "gw\n10\nAAAA\n\n— gw AAAA\n"}),
        0,
    ),
    "the edge": (lambda c: c.execute(schema.journal_head.update(), {"frontier": bytes(64)}), 10),
    "no edge": (lambda c: c.execute(schema.journal_head.delete()), 0),
}


def _row(conn: sa.Connection, seq: int) -> dict[str, object]:
    return dict(conn.execute(sa.select(J).where(J.c.seq == seq)).one()._mapping)


def _other(conn: sa.Connection) -> bytes:
    """Entry 5 as its author would have liked it."""
    return bytes(conn.scalars(sa.select(J.c.entry).where(J.c.seq == 5)).one()).replace(b'"size":4', b'"size":5')


def _renumber(conn: sa.Connection) -> None:
    conn.execute(J.update().where(J.c.seq > 5).values(seq=-J.c.seq))
    conn.execute(J.update().where(J.c.seq < 0).values(seq=-J.c.seq - 1))


def _swap(conn: sa.Connection, one: int, other: int) -> None:
    for old, new in ((one, -1), (other, one), (-1, other)):
        conn.execute(J.update().where(J.c.seq == old), {"seq": new})


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_w16_tampering_is_found(r: Rooms, name: str) -> None:
    await lives(r)
    await r.journal.seal()
    await r.journal.checkpoint()
    assert (await verified(r)).ok
    tamper, first_bad = TAMPERINGS[name]
    await r.db.write(tamper)
    verification = await verified(r)
    assert (verification.ok, verification.first_bad) == (False, first_bad), verification.problem


async def test_a_checkpoint_kept_outside_convicts_whoever_rewrites_everything(r: Rooms) -> None:
    await lives(r)
    await r.journal.seal()
    outside = await r.journal.checkpoint()

    def rewrite(conn: sa.Connection) -> None:
        for table in (J, schema.journal_personal, schema.journal_checkpoint, schema.journal_head):
            conn.execute(table.delete())

    await r.db.write(rewrite)
    (r.root / "journal.key.signed").unlink()
    r.times.pass_(7_200)
    await lives(r, 9)
    await r.journal.seal()
    await r.journal.checkpoint()
    assert (await verified(r)).ok
    assert not (await verified(r, outside)).ok


async def test_a_grown_journal_agrees_with_an_old_checkpoint(r: Rooms) -> None:
    await lives(r, 2)
    await r.journal.seal()
    outside = await r.journal.checkpoint()
    r.times.pass_(7_200)
    await lives(r, 2)
    await r.journal.seal()
    assert (await verified(r, outside)).ok


async def test_a_shorter_journal_is_not_signed_again(r: Rooms) -> None:
    await lives(r)
    await r.journal.seal()
    await r.journal.checkpoint()

    def restore(conn: sa.Connection) -> None:
        conn.execute(J.delete())
        conn.execute(schema.journal_head.delete())

    await r.db.write(restore)
    with pytest.raises(journal.JournalDamaged):
        await r.journal.start()
    with pytest.raises(journal.JournalDamaged):
        await r.journal.checkpoint()
