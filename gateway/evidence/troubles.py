"""障害記録: the trouble register (LG-06).  Opened by alarms or by hand, worked on, closed; never deleted, never reopened.

Each change by hand is one transaction with its journal entry.  Raises LookupError, AlreadyDone (closed), ValueError (a trouble
is not closed without its cause and what was done).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.journal.trouble import add, trouble
from gateway.quarantine import AlreadyDone
from gateway.store.db import Db

PAGE = 100


@dataclass(frozen=True, slots=True)
class Trouble:
    id: int
    opened_at: float  # Unix time, like all below
    opened_by: str
    alarm: str
    times: int
    last_at: float
    what: str
    english: str  # of what an alarm said; "" where somebody wrote it
    cause: str
    action: str
    down_minutes: int
    mails: str
    closed_at: float | None
    closed_by: str


@dataclass(frozen=True, slots=True)
class Handling:
    """What somebody writes about it."""

    cause: str
    action: str
    down_minutes: int
    mails: str

    def __str__(self) -> str:
        return f"原因: {self.cause} / 対処: {self.action} / 停止: {self.down_minutes}分 / メール: {self.mails}"


class Troubles:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    async def list(self, before: int = 0) -> Sequence[Trouble]:
        """Open ones first, then newest first."""
        return await self._db.read(_list, before)

    async def newest(self, before: int, limit: int, *, closed: bool) -> Sequence[Trouble]:
        """Newest first, whatever their state: who turns pages while somebody closes one misses none."""
        return await self._db.read(_newest, before, limit, closed)

    async def show(self, number: int) -> Trouble:
        return await self._db.read(_show, number)

    async def open(self, what: str, actor: str) -> int:
        return await self._db.write(_open, what, actor, self._clock.now())

    async def handle(self, number: int, handling: Handling, actor: str, *, close: bool) -> None:
        await self._db.write(_handle, number, handling, actor, close, self._clock.now())


def _list(conn: sa.Connection, before: int) -> list[Trouble]:
    closed = trouble.c.closed_at.is_not(None)
    query = sa.select(trouble).order_by(closed, trouble.c.id.desc()).limit(PAGE)
    if before:
        was_open = conn.scalar(sa.select(sa.true()).where(trouble.c.id == before, ~closed))
        rest = trouble.c.id < before
        query = query.where(sa.or_(closed, rest) if was_open else sa.and_(closed, rest))
    return [_read(row) for row in conn.execute(query)]


def _newest(conn: sa.Connection, before: int, limit: int, closed: bool) -> list[Trouble]:
    query = sa.select(trouble).order_by(trouble.c.id.desc()).limit(limit)
    if before:
        query = query.where(trouble.c.id < before)
    if not closed:
        query = query.where(trouble.c.closed_at.is_(None))
    return [_read(row) for row in conn.execute(query)]


def _show(conn: sa.Connection, number: int) -> Trouble:
    row = conn.execute(sa.select(trouble).where(trouble.c.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"no trouble {number}")
    return _read(row)


def _open(conn: sa.Connection, what: str, actor: str, now: float) -> int:
    number = add(conn, opened_by=actor, alarm="", what=what, now=now)
    journal.insert(conn, [journal.TroubleStep(trouble=number, act="opened", actor=actor, detail=what)], now)
    return number


def _handle(conn: sa.Connection, number: int, handling: Handling, actor: str, close: bool, now: float) -> None:
    if _show(conn, number).closed_at is not None:
        raise AlreadyDone(f"trouble {number} is closed")
    if close and not (handling.cause and handling.action):
        raise ValueError("cause and action are needed to close it")
    written = {"cause": handling.cause, "action": handling.action, "down_minutes": handling.down_minutes}
    closing = {"closed_at": now, "closed_by": actor} if close else {}
    conn.execute(trouble.update().where(trouble.c.id == number).values(mails=handling.mails, **written, **closing))
    step = journal.TroubleStep(trouble=number, act="closed" if close else "noted", actor=actor, detail=str(handling))
    journal.insert(conn, [step], now)


def _read(row: sa.Row[Any]) -> Trouble:
    return Trouble(**row._mapping)
