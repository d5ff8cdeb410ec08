"""The gateway's mark on its copies: whatever is changed in the database, the mark no longer fits."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.journal import Alarm
from gateway.model import Authored, Cleared, Direction, Lease, Move, Settlement, State, Work
from gateway.spool import keys, vouching
from gateway.spool.acceptance import author
from gateway.spool.contents import small
from gateway.spool.vouching import voucher
from gateway.store.db import StoreUnavailable
from gateway.store.schema import cleared, message
from tests.gateway.make_spool import Rooms, clearing, rooms


async def relaying(r: Rooms) -> Lease:
    """A mail whose copy waits for the next hop."""
    await r.accept(b"Subject: x\r\n\r\nx\r\n")
    lease = await r.claim()
    await r.spool.settle(lease, clearing(lease))
    [found] = await r.spool.claim("test", Work.RELAY, 1, 60)
    return found


async def copy_of(r: Rooms, lease: Lease) -> Cleared:
    return await r.spool.cleared(lease)


async def changed(r: Rooms, table: sa.Table, **values: Any) -> None:
    await r.db.write(lambda conn: conn.execute(table.update().values(**values)))


async def test_what_the_gateway_cleared_is_vouched_for(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        assert (await copy_of(r, await relaying(r))).vouched


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (cleared, {"sender": "evil@example.com"}),
        (cleared, {"smtputf8": True}),
        (cleared, {"warrant": '{"files": [], "by": ["a", "b"]}'}),
        (message, {"direction": "outbound"}),
        (voucher, {"mark": b"0" * 32}),
        (voucher, {"recipients": '["somebody@else.example"]'}),
    ],
)
async def test_a_changed_row_is_not(tmp_path: Path, table: sa.Table, values: dict[str, Any]) -> None:
    async with rooms(tmp_path) as r:
        lease = await relaying(r)
        await changed(r, table, **values)
        key = keys.opened(r.db, tmp_path / keys.FILE)
        assert not await r.db.read(vouching.is_vouched, key, lease.cleared, lease.item.recipients)


async def test_another_content_another_recipient_and_another_number_are_not(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        lease = await relaying(r)
        key = keys.opened(r.db, tmp_path / keys.FILE)
        assert not await r.db.read(vouching.is_vouched, key, lease.cleared, ("somebody@else.example",))
        assert not await r.db.read(vouching.is_vouched, key, lease.cleared + 1, lease.item.recipients)
        await changed(r, cleared, sha256="0" * 64)
        assert not await r.db.read(vouching.is_vouched, key, lease.cleared, lease.item.recipients)


async def test_who_has_only_the_store_vouches_for_nothing(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        note = Authored("notice", "", ("hanako@city.example.lg.jp",), Direction.INBOUND, b"Subject: x\r\n\r\nx\r\n")
        await r.db.write(author, note, small(note.content), r.clock.now())
        assert await r.db.read(lambda conn: conn.scalar(sa.select(sa.func.count()).select_from(voucher))) == 0


async def test_a_trigger_that_somebody_put_into_the_file_makes_no_copy_in_the_gateways_name(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        await r.accept(b"Subject: x\r\n\r\nx\r\n")
        lease = await r.claim()
        columns = "message, sender, smtputf8, size, sha256"
        [file] = [each for each in tmp_path.iterdir() if each.suffix in (".db", ".sqlite")]
        with sqlite3.connect(file) as foreign:
            foreign.execute(
                "CREATE TRIGGER t AFTER INSERT ON cleared BEGIN"
                f" INSERT INTO cleared ({columns}) SELECT {columns} FROM cleared WHERE id = new.id; END"
            )
        with pytest.raises(StoreUnavailable, match="not authorized"):
            await r.spool.settle(lease, clearing(lease))
        assert await r.db.read(lambda conn: conn.scalar(sa.select(sa.func.count()).select_from(cleared))) == 0


async def test_a_store_of_an_earlier_version_gets_its_marks_with_its_key(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        lease = await relaying(r)
        await r.db.write(lambda conn: [conn.execute(t.delete()) for t in (voucher, keys.master_key)])
        key = keys.opened(r.db, tmp_path / keys.FILE)
        assert await r.db.read(vouching.is_vouched, key, lease.cleared, lease.item.recipients)


async def test_a_mark_goes_with_its_copy(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        lease = await relaying(r)
        moves = tuple(Move(who, State.RELAYED, "250") for who in lease.item.recipients)
        await r.spool.settle(lease, Settlement(moves=moves, events=(Alarm(item=lease.item.id, name="test", detail=""),)))
        assert await r.db.read(lambda conn: conn.scalar(sa.select(sa.func.count()).select_from(voucher))) == 0
