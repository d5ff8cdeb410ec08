"""The stops as rows: made by one hand; what they mean for the queue; what a sender sent.  Ending one is `resuming.py`'s.

Operations inside a transaction; `Stops` is the same for everybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_address

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.cutoff.schema import halt, halted_mail
from gateway.model import Direction
from gateway.store.db import Db
from gateway.store.schema import job, message, recipient
from gateway.store.values import load
from gateway.workflow.model import Opening, Stage
from gateway.workflow.schema import case as cases
from gateway.workflow.schema import step

# made once: every claim of the runner asks
STANDS = frozenset({Stage.APPLIED, Stage.EMERGENCY})  # of its case: the stop has ended
_ENDED = cases.c.stage.in_(sorted(STANDS))
_ACTIVE = (
    sa.select(halt, cases.c.stage, cases.c.opening)
    .outerjoin(cases, halt.c.case == cases.c.id)
    .where(sa.or_(halt.c.case.is_(None), ~_ENDED))
    .order_by(halt.c.id)
)
_PENDING = (Stage.WANTED, Stage.RETURNED, Stage.APPROVED)


class Scope(StrEnum):
    INBOUND = "inbound"  # the whole side
    OUTBOUND = "outbound"
    SENDER = "sender"  # an address, both ways
    HOST = "host"  # an IP, both ways
    MAILS = "mails"  # what was found to belong to one incident, named by its case


SIDES = (Scope.INBOUND, Scope.OUTBOUND)


@dataclass(frozen=True, slots=True)
class Halt:
    id: int
    scope: Scope
    value: str
    since: float  # Unix time
    actor: str
    reason: str
    case: int = 0  # the last one that was to end it; 0 = nobody asked
    pending: Stage | None = None  # of that case, while it is undecided
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


def active(conn: sa.Connection) -> tuple[Halt, ...]:
    return tuple(_halt(row) for row in conn.execute(_ACTIVE))


def stop(conn: sa.Connection, scope: Scope, value: str, actor: str, reason: str, now: float) -> Halt:
    """The stop, or the one that is in force already.  A side has no value; a host is an IP address."""
    value = valid(scope, value)
    known = next((h for h in active(conn) if (h.scope, h.value) == (scope, value)), None)
    if known is not None:
        return known
    values = {"scope": scope, "value": value, "since": now, "actor": actor, "reason": reason}
    key = conn.execute(halt.insert().values(values)).inserted_primary_key
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


def last_resumed(conn: sa.Connection, scope: Scope, value: str) -> float:
    """Unix time; what came before a resumption was looked at by two people and counts no more."""
    mine = sa.and_(halt.c.scope == scope, halt.c.value == value, step.c.after.in_(sorted(STANDS)))
    return float(conn.scalar(sa.select(sa.func.max(step.c.at)).join(halt, halt.c.case == step.c.case).where(mine)) or 0.0)


def stopped(halts: Sequence[Halt]) -> sa.ColumnElement[bool]:
    """Of a job: it is about mail that is stopped.  Mugai's own notices to people inside go on."""
    about = sa.or_(*(_about(h) for h in halts))
    return job.c.message.in_(sa.select(message.c.id).where(about, message.c.kind != "notice"))


def sent(conn: sa.Connection, scope: Scope, value: str, since: float) -> list[Sent]:
    """What a sender or host sent, newest first (AV-11)."""
    value = valid(scope, value)
    mine = _from(value) if scope is Scope.SENDER else _by_host(value)
    return _mails(conn, sa.and_(mine, message.c.kind == "mail", message.c.received_at >= since))


def concerned(conn: sa.Connection, h: Halt, since: float) -> list[Sent]:
    """What an isolated sender or host sent, or the mails that a stop names; newest first."""
    return _mails(conn, _about(h)) if h.scope is Scope.MAILS else sent(conn, h.scope, h.value, since)


def _mails(conn: sa.Connection, which: sa.ColumnElement[bool]) -> list[Sent]:
    query = sa.select(message).where(which).order_by(message.c.received_at.desc())
    return [_sent(conn, row) for row in conn.execute(query)]


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


def name(h: Halt) -> str:
    """As the case that shall end it calls it."""
    return f"停止の解除 {h.id} ({' '.join(filter(None, (h.scope, h.value)))})"


def valid(scope: Scope, value: str) -> str:
    """Raises ValueError."""
    if scope in SIDES:
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
    found = Halt(row.id, Scope(row.scope), row.value, row.since, row.actor, row.reason, row.case or 0)
    if row.stage not in _PENDING:
        return found
    asked = load(Opening, row.opening)
    return replace(found, pending=Stage(row.stage), asked_by=asked.applicant, asked_reason=asked.reason)


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

    async def last_resumed(self, scope: Scope, value: str) -> float:
        return await self._db.read(last_resumed, scope, value)

    async def sent(self, scope: Scope, value: str, seconds: float) -> list[Sent]:
        return await self._db.read(sent, scope, value, self._clock.now() - seconds)

    async def concerned(self, halt: Halt, seconds: float) -> list[Sent]:
        return await self._db.read(concerned, halt, self._clock.now() - seconds)
