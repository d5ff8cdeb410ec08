"""Group commit: many waiters, one fsync; one bad operation hurts only itself; a store that says no says StoreUnavailable."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.store import db as module
from gateway.store import schema
from gateway.store.db import Db, StoreUnavailable
from gateway.store.growth import SchemaMismatch
from tests.waiting import PATIENCE, until


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Db]:
    db = Db(tmp_path / "mugai.db")
    yield db
    db.close()


def add(conn: sa.Connection, size: int) -> int:
    conn.execute(schema.journal_checkpoint.insert(), {"size": size, "at": 0.0, "note": ""})
    return size


def fail(conn: sa.Connection, size: int) -> int:
    add(conn, size)
    raise KeyError(size)


def sizes(conn: sa.Connection) -> list[int]:
    return list(conn.scalars(sa.select(schema.journal_checkpoint.c.size).order_by(schema.journal_checkpoint.c.size)))


async def busy(db: Db) -> tuple[asyncio.Task[bool], threading.Event]:
    """The writer works until the event is set."""
    began, gate = threading.Event(), threading.Event()

    def work(conn: sa.Connection) -> bool:
        began.set()
        return gate.wait(PATIENCE)

    task = asyncio.create_task(db.write(work))
    await until(began.is_set)
    return task, gate


async def in_one_group(db: Db, ops: list[tuple[Callable[..., int], int]]) -> list[int | BaseException]:
    """The writer is kept busy until all `ops` wait."""
    working, gate = await busy(db)
    waiting = [asyncio.create_task(db.write(op, size)) for op, size in ops]
    await until(lambda: db._waiting.qsize() == len(ops))
    gate.set()
    await working
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_group_is_one_commit(db: Db) -> None:
    commits = 0

    @sa.event.listens_for(db._writer, "commit")
    def _count(conn: sa.Connection) -> None:
        nonlocal commits
        commits += 1

    assert await in_one_group(db, [(add, n) for n in range(50)]) == list(range(50))
    assert commits == 2
    assert await db.read(sizes) == list(range(50))


async def test_a_failing_operation_hurts_only_itself(db: Db) -> None:
    results = await in_one_group(db, [(add, 1), (fail, 2), (add, 3)])
    assert (results[0], results[2]) == (1, 3)
    assert isinstance(results[1], KeyError)
    assert await db.read(sizes) == [1, 3]


async def test_a_cancelled_write_leaves_the_writer_alive(db: Db) -> None:
    running, gate = await busy(db)
    waiting = asyncio.create_task(db.write(add, 1))
    await until(lambda: not db._waiting.empty())
    running.cancel()
    waiting.cancel()
    gate.set()
    assert await db.write(add, 2) == 2
    assert (await db.read(sizes))[-1] == 2  # the cancelled one may have been in the group already: unknown, never half


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path, db: Db) -> None:
    await db.write(add, 7)
    again = Db(tmp_path / "mugai.db")
    assert await again.read(sizes) == [7]
    again.close()


async def test_a_read_cannot_write(db: Db) -> None:
    with pytest.raises(StoreUnavailable, match="readonly"):
        await db.read(add, 1)


async def test_full_durability_is_switched_on(db: Db) -> None:
    assert await db.write(lambda conn: conn.exec_driver_sql("PRAGMA synchronous").scalar()) == 2
    assert await db.write(lambda conn: conn.exec_driver_sql("PRAGMA journal_mode").scalar()) == "wal"


async def test_another_version_of_the_store_is_refused(tmp_path: Path) -> None:
    db = Db(tmp_path / "other.db")
    await db.write(lambda conn: conn.execute(schema.store_version.update(), {"version": schema.VERSION + 1}))
    db.close()
    with pytest.raises(SchemaMismatch, match="this program knows"):
        Db(tmp_path / "other.db")


async def test_a_locked_store_is_unavailable_and_recovers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    db = Db(tmp_path / "mugai.db")
    other = sqlite3.connect(tmp_path / "mugai.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        await db.write(add, 1)
    other.execute("ROLLBACK")
    assert await db.write(add, 2) == 2
    db.close()


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "mugai.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Db(tmp_path / "mugai.db")


def test_nobody_else_may_read_the_files(tmp_path: Path) -> None:
    Db(tmp_path / "mugai.db").close()
    assert {f.stat().st_mode & 0o077 for f in tmp_path.glob("mugai.db*")} == {0}


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    db = Db(tmp_path / "closed.db")
    db.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await db.write(add, 1)
