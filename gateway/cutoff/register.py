"""The stops as rows: made by one hand, ended by two; what they mean for the queue; what a sender sent.

Operations inside a transaction; `Stops` is the same for everybody else.  Raises SecondPersonNeeded, LookupError (no such stop).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.cutoff.schema import halt, halted_mail
from gateway.model import Direction
from gateway.store.db import Db
from gateway.store.schema import job, message, recipient

# made once: every claim of the runner asks
_ACTIVE = sa.select(halt).where(halt.c.ended_at.is_(None)).order_by(halt.c.id)


class Scope(StrEnum):
    INBOUND = "inbound"  # the whole side
    OUTBOUND = "outbound"
    SENDER = "sender"  # an address, both ways
    HOST = "host"  # an IP, both ways
    MAILS = "mails"  # what was found to belong to one incident, named by its case


@dataclass(frozen=True, slots=True)
class Halt:
    id: int
    scope: Scope
    value: str
    since: float  # Unix time
    actor: str
    reason: str
    asked_by: str = ""
    asked_reason: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """One mail of an isolated sender or host."""

    receipt: str
    received_at: float
    direction: Direction
    sender: str
    recipients: tuple[tuple[str, str], ...]  # address, state
    size: int


class SecondPersonNeeded(Exception):
    """Who asked to resume can not confirm it as well (LG-08)."""


def active(conn: sa.Connection) -> tuple[Halt, ...]:
    return tuple(_halt(row) for row in conn.execute(_ACTIVE))


def stop(conn: sa.Connection, scope: Scope, value: str, actor: str, reason: str, now: float) -> Halt:
    """The stop, or the one that is in force already.  A side has no value; a host is an IP address."""
    value = valid(scope, value)
    known = next((h for h in active(conn) if (h.scope, h.value) == (scope, value)), None)
    if known is not None:
        return known
    values = {"scope": scope, "value": value, "since": now, "actor": actor, "reason": reason}
    fresh = {"asked_by": "", "asked_reason": "", "ended_by": ""}
    key = conn.execute(halt.insert().values(**values, **fresh)).inserted_primary_key
    assert key is not None
    journal.insert(conn, (journal.Halted(scope=scope, value=value, actor=actor, reason=reason),), now)
    return Halt(int(key[0]), scope, value, now, actor, reason)


def stop_mails(conn: sa.Connection, case: str, items: Sequence[str], actor: str, reason: str, now: float) -> Halt:
    """Nothing more is done about these mails; those that were stopped for the same case stay so (IN-04)."""
    made = stop(conn, Scope.MAILS, case, actor, reason, now)
    known = set(conn.scalars(sa.select(halted_mail.c.message).where(halted_mail.c.halt == made.id)))
    if fresh := [{"halt": made.id, "message": item} for item in dict.fromkeys(items) if item not in known]:
        conn.execute(halted_mail.insert(), fresh)
    return made


def resume(conn: sa.Connection, number: int, actor: str, reason: str, now: float) -> bool:
    """False: it was asked for, a second person must confirm.  True: it has ended."""
    found = next((h for h in active(conn) if h.id == number), None)
    if found is None:
        raise LookupError(f"no stop {number} is in force")
    if not found.asked_by:
        values: dict[str, object] = {"asked_by": actor, "asked_reason": reason}
    elif found.asked_by == actor:
        raise SecondPersonNeeded(f"{actor} asked for it: somebody else must confirm")
    else:
        values = {"ended_at": now, "ended_by": actor}
    conn.execute(halt.update().where(halt.c.id == number).values(values))
    ended = "ended_at" in values
    about = {"scope": found.scope, "value": found.value, "actor": actor, "reason": reason}
    event = journal.Resumed(asked_by=found.asked_by, **about) if ended else journal.ResumeAsked(**about)
    journal.insert(conn, (event,), now)
    return ended


def last_resumed(conn: sa.Connection, scope: Scope, value: str) -> float:
    """Unix time; what came before a resumption was looked at by two people and counts no more."""
    ended = sa.select(sa.func.max(halt.c.ended_at)).where(halt.c.scope == scope, halt.c.value == value)
    return float(conn.scalar(ended) or 0.0)


def stopped(halts: Sequence[Halt]) -> sa.ColumnElement[bool]:
    """Of a job: it is about mail that is stopped.  Mugai's own notices to people inside go on."""
    about = sa.or_(*(_about(h) for h in halts))
    return job.c.message.in_(sa.select(message.c.id).where(about, message.c.kind != "notice"))


def sent(conn: sa.Connection, scope: Scope, value: str, since: float) -> list[Sent]:
    """What a sender or host sent, newest first (AV-11)."""
    value = valid(scope, value)
    mine = _from(value) if scope is Scope.SENDER else _by_host(value)
    query = sa.select(message).where(mine, message.c.kind == "mail", message.c.received_at >= since)
    return [_sent(conn, row) for row in conn.execute(query.order_by(message.c.received_at.desc()))]


def _about(h: Halt) -> sa.ColumnElement[bool]:
    if h.scope is Scope.HOST:
        return _by_host(h.value)
    if h.scope is Scope.MAILS:
        return message.c.id.in_(sa.select(halted_mail.c.message).where(halted_mail.c.halt == h.id))
    if h.scope is not Scope.SENDER:
        return message.c.direction == h.scope.value
    to = sa.exists().where(recipient.c.message == message.c.id, sa.func.lower(recipient.c.address) == h.value)
    return sa.or_(_from(h.value), to)


def _from(address: str) -> sa.ColumnElement[bool]:
    return sa.func.lower(message.c.sender) == address


def _by_host(ip: str) -> sa.ColumnElement[bool]:
    return message.c.client.startswith(f'{{"address":"{ip}"', autoescape=True)  # how model.Client is written


def valid(scope: Scope, value: str) -> str:
    """Raises ValueError."""
    if scope in (Scope.INBOUND, Scope.OUTBOUND):
        return ""
    if scope is Scope.HOST:
        return str(ip_address(value))
    if scope is Scope.MAILS:
        return value
    if "@" not in value.strip("@"):
        raise ValueError(f"{value} is neither an address nor an IP")
    return value.lower()


def scope_of(who: str) -> Scope:
    """An IP is a host, everything else a sender."""
    try:
        ip_address(who)
    except ValueError:
        return Scope.SENDER
    return Scope.HOST


def _halt(row: sa.Row[tuple[object, ...]]) -> Halt:
    return Halt(row.id, Scope(row.scope), row.value, row.since, row.actor, row.reason, row.asked_by, row.asked_reason)


def _sent(conn: sa.Connection, row: sa.Row[tuple[object, ...]]) -> Sent:
    query = sa.select(recipient.c.address, recipient.c.state).where(recipient.c.message == row.id)
    to = tuple((r.address, r.state) for r in conn.execute(query.order_by(recipient.c.position)))
    return Sent(row.receipt, row.received_at, Direction(row.direction), row.sender, to, row.size)


class Stops:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    async def active(self) -> tuple[Halt, ...]:
        return await self._db.read(active)

    async def stop(self, scope: Scope, value: str, actor: str, reason: str) -> Halt:
        return await self._db.write(stop, scope, value, actor, reason, self._clock.now())

    async def resume(self, number: int, actor: str, reason: str) -> bool:
        return await self._db.write(resume, number, actor, reason, self._clock.now())

    async def last_resumed(self, scope: Scope, value: str) -> float:
        return await self._db.read(last_resumed, scope, value)

    async def sent(self, scope: Scope, value: str, seconds: float) -> list[Sent]:
        return await self._db.read(sent, scope, value, self._clock.now() - seconds)
