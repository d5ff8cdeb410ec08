"""Contents lie encrypted, each under a key of its own; what was changed, moved or cut is missing; a destroyed key is gone."""

from __future__ import annotations

import fcntl
import mmap
import os
import random
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag

from gateway.model import Authored, Direction, QueueItem, Settlement, Work
from gateway.spool import MissingContent, Spool, keys
from gateway.spool.cipher import CHUNK, SEALED, Sealing, unsealed
from gateway.store.schema import cleared, content_key, message
from tests.gateway.make_spool import Rooms, clearing, ending, holding, rooms

CANARY = b"UNMISTAKABLE-CANARY-"
LARGE = b"Subject: x\r\n\r\n" + CANARY * 40_000  # four chunks


def chunks_of(content: bytes, sealing: Sealing) -> list[bytes]:
    pieces = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)] or [b""]
    return [sealing.seal(piece, last=piece is pieces[-1]) for piece in pieces]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_was_sealed_comes_out_again(size: int) -> None:
    content, sealing = random.Random(size).randbytes(size), Sealing()
    chunks = chunks_of(content, sealing)
    assert b"".join(unsealed(sealing.key, chunks)) == content
    assert Sealing().key != sealing.key


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:-1],
        lambda c: c[:1],
        lambda c: c[1:],
        lambda c: [],
        lambda c: [c[1], c[0], c[2]],
        lambda c: [c[0], c[0], c[2]],
        lambda c: [*c, c[2]],
        lambda c: [*c, b""],
        lambda c: [c[0], c[1], c[2][:-1]],
        lambda c: [c[0], c[1], c[2][:-1] + bytes([c[2][-1] ^ 1])],
    ],
    ids=("cut", "first only", "beheaded", "empty", "swapped", "repeated", "longer", "empty end", "shortened", "flipped"),
)
def test_chunks_that_are_missing_moved_or_changed_do_not_open(change) -> None:  # type: ignore[no-untyped-def]
    sealing = Sealing()
    chunks = chunks_of(bytes(2 * CHUNK + 5), sealing)
    with pytest.raises(InvalidTag):
        list(unsealed(sealing.key, change(chunks)))


def on_disk(root: Path) -> bytes:
    """Every byte of every file: database, write-ahead log, blobs, keys."""
    found = [file for file in root.rglob("*") if file.is_file()]
    assert any(file.name.endswith("-wal") for file in found)
    return b"".join(file.read_bytes() for file in found)


async def read(r: Rooms, item: QueueItem) -> bytes:
    content = await r.spool.content(item.id)
    if isinstance(content, bytes):
        return content
    with os.fdopen(content, "rb") as file:
        return file.read()


async def wrapped(r: Rooms, table: sa.Table) -> list[bytes]:
    query = sa.select(content_key.c.wrapped).join(table, table.c.content_key == content_key.c.id)
    return await r.db.read(lambda conn: list(conn.scalars(query)))


async def test_w17_no_word_of_a_mail_lies_on_the_disk_from_its_acceptance_to_its_relay(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        small, large = await r.accept(b"\r\n" + CANARY), await r.accept(LARGE)
        assert CANARY not in on_disk(tmp_path)
        for copy in (b"safe " + CANARY, b"safe " + LARGE):
            lease = await r.claim()
            note = Authored("notice", "", ("hanako@city.example.lg.jp",), Direction.INBOUND, copy, False, lease.item.id)
            step = clearing(lease, copy)
            await r.spool.settle(lease, Settlement(step.moves, step.cleared, events=step.events, authored=(note,)))
        held = await r.accept(b"held " + CANARY)
        lease = await r.claim()
        await r.spool.settle(lease, holding(lease))
        assert CANARY not in on_disk(tmp_path)
        for lease in await r.spool.claim("here", Work.RELAY, 9, 30.0):
            assert CANARY in (await r.spool.cleared(lease)).content
            await r.spool.settle(lease, ending(lease))
        assert CANARY not in on_disk(tmp_path)
        assert [await read(r, item) for item in (small, large, held)] == [b"\r\n" + CANARY, LARGE, b"held " + CANARY]


async def test_a_large_content_comes_as_a_descriptor_that_nobody_can_write(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        fd = await r.spool.content((await r.accept(LARGE)).id)
        assert isinstance(fd, int)
        assert fcntl.fcntl(fd, fcntl.F_GET_SEALS) & fcntl.F_SEAL_WRITE
        assert fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        with mmap.mmap(fd, 0, access=mmap.ACCESS_READ) as seen:
            assert seen[:] == LARGE
        assert not list((tmp_path / "blobs" / "new").iterdir())
        os.close(fd)


async def swapped(r: Rooms, *columns: str) -> None:
    """The columns of two rows change places."""

    def op(conn: sa.Connection) -> None:
        one, other = conn.execute(sa.select(message).order_by(message.c.id)).all()
        for here, there in ((one, other), (other, one)):
            values = {name: getattr(there, name) for name in columns}
            conn.execute(message.update().where(message.c.id == here.id).values(values))

    await r.db.write(op)


@pytest.mark.parametrize("size", [20, 5_000], ids=("in the row", "as a file"))
@pytest.mark.parametrize("columns", [("content", "blob"), ("content_key",), ("content", "blob", "content_key")])
async def test_contents_that_changed_places_are_missing(columns: tuple[str, ...], size: int, tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        items = [await r.accept(b"a" * size), await r.accept(b"b" * size)]
        await swapped(r, *columns)
        for item in items:
            with pytest.raises(MissingContent, match="was changed"):
                await r.spool.content(item.id)


@pytest.mark.parametrize(
    "damage",
    [lambda c: c[:-1], lambda c: c[: 2 * SEALED], lambda c: b"", lambda c: c[:50] + b"?" + c[51:], lambda c: c + c[:SEALED]],
    ids=("shorter", "a chunk shorter", "empty", "changed", "longer"),
)
async def test_a_damaged_file_is_missing(damage, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    async with rooms(tmp_path) as r:
        item = await r.accept(LARGE)
        [file] = (file for file in (tmp_path / "blobs").rglob("*") if file.is_file())
        file.write_bytes(damage(file.read_bytes()))
        with pytest.raises(MissingContent, match="was changed"):
            await r.spool.content(item.id)


async def test_what_an_earlier_version_kept_in_clear_is_read_delivered_and_disposed_of(tmp_path: Path) -> None:
    async with rooms(tmp_path) as r:
        plain = {await r.accept(b"small"): b"small", await r.accept(LARGE): LARGE}
        for item, content in plain.items():
            blob = await r.blobs.run(r.blobs.put, (content,)) if len(content) > 1_024 else None
            values = {"content": None if blob else content, "blob": blob, "content_key": None}
            old = message.update().where(message.c.id == item.id).values(values)
            await r.db.write(lambda conn, old=old: conn.execute(old))
        for item, content in plain.items():
            assert await read(r, item) == content
        for _ in plain:
            lease = await r.clear()
            await r.spool.settle(lease, ending(lease))
        r.times.pass_(31 * 86_400)
        assert await r.spool.gc() >= 2
        for item in plain:
            with pytest.raises(MissingContent, match="disposed of"):
                await r.spool.content(item.id)


async def test_ds01_after_delivery_and_disposal_the_keys_are_nowhere(tmp_path: Path) -> None:
    """Many, in no order: a page that SQLite frees or fills anew must not keep one."""
    async with rooms(tmp_path) as r:
        order = random.Random(1)
        for number in range(300):
            await r.accept(b"%d " % number * order.choice((1, 90)))
        leases = await r.spool.claim("here", Work.INSPECT, 300, 30.0)
        for lease in leases:
            await r.spool.settle(lease, clearing(lease, b"safe %d" % lease.job))
        originals, copies = await wrapped(r, message), await wrapped(r, cleared)
        assert len({*originals, *copies}) == 600
        out = await r.spool.claim("here", Work.RELAY, 300, 30.0)
        order.shuffle(out)
        for lease in out[:200]:
            await r.spool.settle(lease, ending(lease))
        gone = [key for key in copies if key not in await wrapped(r, cleared)]
        assert len(gone) == 200
        assert await r.db.empty_log()
        everything = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        assert [key in everything for key in gone] == [False] * 200
        assert all(key in everything for key in copies if key not in gone)
        for lease in out[200:]:
            await r.spool.settle(lease, ending(lease))
        r.times.pass_(31 * 86_400)
        assert await r.spool.gc() >= 300
        everything = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        assert not [key for key in (*originals, *copies) if key in everything]
        assert {*await wrapped(r, message)} == {keys.DESTROYED}


async def test_what_is_only_written_needs_no_key(tmp_path: Path) -> None:
    """As the console's letters are: in the transaction of what they tell, by a process that reads none."""
    async with rooms(tmp_path) as r:
        apart = Spool(r.db, r.blobs, r.clock)
        note = Authored("notice", "", ("hanako@city.example.lg.jp",), Direction.INBOUND, CANARY, False)
        assert await apart.announce("once", [note])
        assert CANARY not in on_disk(tmp_path)
        assert (await r.spool.cleared(await r.claim(Work.RELAY))).content == CANARY
