"""Small reads asked for in one turn are one; each has its own answer and its own failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.store.db import Db, StoreUnavailable


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Db]:
    opened = Db(tmp_path / "mugai.sqlite")
    yield opened
    opened.close()


def plus(conn: sa.Connection, number: int) -> tuple[int, int]:
    """By which connection, and a sum."""
    return id(conn), conn.scalar(sa.select(sa.literal(number) + 1)) or 0


def broken(conn: sa.Connection) -> None:
    raise ZeroDivisionError("mine")


def gone(conn: sa.Connection) -> None:
    conn.execute(sa.text("select * from nothing"))


async def test_who_asks_in_one_turn_shares_one_read(db: Db, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[object] = []
    read = db._read
    monkeypatch.setattr(db, "_read", lambda op: (reads.append(op), read(op))[1])
    answers = await asyncio.gather(*(db.together.read(plus, n) for n in range(5)))
    assert [answer for _, answer in answers] == [1, 2, 3, 4, 5]
    assert len(reads) == 1
    assert len({conn for conn, _ in answers}) == 1, "one snapshot"
    assert (await db.together.read(plus, 7))[1] == 8
    assert len(reads) == 2


async def test_one_that_fails_fails_alone(db: Db) -> None:
    good, bad, worse = await asyncio.gather(
        db.together.read(plus, 1), db.together.read(broken), db.together.read(gone), return_exceptions=True
    )
    assert isinstance(good, tuple)
    assert good[1] == 2
    assert isinstance(bad, ZeroDivisionError)
    assert isinstance(worse, sa.exc.OperationalError | StoreUnavailable)


async def test_who_is_cancelled_disturbs_nobody(db: Db) -> None:
    leaving, staying = asyncio.create_task(db.together.read(plus, 1)), asyncio.create_task(db.together.read(plus, 2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying)[1] == 3
    assert leaving.cancelled()


def test_each_loop_reads_for_itself(tmp_path: Path) -> None:
    """A command has a loop of its own; one that ended before its turn leaves nobody waiting."""
    db = Db(tmp_path / "mugai.sqlite")

    async def leave() -> None:
        asyncio.ensure_future(db.together.read(plus, 1))  # noqa: RUF006
        await asyncio.sleep(0)

    try:
        asyncio.run(leave())
        assert asyncio.run(db.together.read(plus, 2))[1] == 3
    finally:
        db.close()
