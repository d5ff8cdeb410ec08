"""The queue for people and for load balancers: what waits, since when, why; and an operator's hand on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.model import Move, QuarantineState, QueueItem, State, Work
from gateway.spool import settlement, states
from gateway.spool.acceptance import read_item
from gateway.store.schema import job, message, quarantine, recipient
from gateway.workflow import ledger


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One job.  Times are Unix seconds."""

    item: QueueItem
    work: Work
    visible_at: float  # next try, or end of the lease
    owner: str  # "" = nobody works on it now
    deaths: int
    frozen: bool
    why: str  # what the last try said


@dataclass(frozen=True, slots=True)
class RecipientRow:
    address: str
    state: State
    why: str
    rule: str
    actor: str
    changed_at: float


@dataclass(frozen=True, slots=True)
class Shown:
    item: QueueItem
    recipients: tuple[RecipientRow, ...]
    jobs: tuple[QueueRow, ...]


@dataclass(frozen=True, slots=True)
class Load:
    oldest_due: float | None  # Unix time of the oldest job that is ready and that nobody works on
    waiting: int


def queue(conn: sa.Connection, limit: int, item_id: str = "") -> list[QueueRow]:
    """Oldest first."""
    query = sa.select(job).order_by(job.c.due_at).limit(limit)
    rows = conn.execute(query.where(job.c.message == item_id) if item_id else query).all()
    return [_row(conn, row) for row in rows]


def show(conn: sa.Connection, key: str) -> Shown:
    """By id or receipt number.  Raises LookupError."""
    item_id = resolve(conn, key)
    query = sa.select(recipient).where(recipient.c.message == item_id).order_by(recipient.c.position)
    recipients = tuple(
        RecipientRow(r.address, State(r.state), r.why, r.rule, r.actor, r.changed_at) for r in conn.execute(query)
    )
    return Shown(read_item(conn, item_id), recipients, tuple(queue(conn, len(recipients), item_id)))


def resolve(conn: sa.Connection, key: str) -> str:
    """An id, from an id or a receipt number as staff say it.  Raises LookupError."""
    wanted = key.strip().upper()
    found = conn.scalar(sa.select(message.c.id).where(sa.or_(message.c.id == wanted, message.c.receipt == wanted)))
    if found is None:
        raise LookupError(f"no message {key}")
    return str(found)


def retry_now(conn: sa.Connection, key: str, actor: str, now: float) -> int:
    """How many jobs are due now that were not."""
    item_id = resolve(conn, key)
    idle = sa.and_(job.c.message == item_id, job.c.owner.is_(None))
    changed = conn.execute(job.update().where(idle).values(visible_at=now, due_at=now)).rowcount
    journal.insert(conn, (journal.QueueChanged(item=item_id, action="retry", actor=actor),), now)
    return changed


def freeze(conn: sa.Connection, key: str, frozen: bool, actor: str, now: float) -> int:
    """A frozen job is not taken up; one that runs is finished first."""
    item_id = resolve(conn, key)
    changed = conn.execute(job.update().where(job.c.message == item_id).values(frozen=frozen)).rowcount
    journal.insert(conn, (journal.QueueChanged(item=item_id, action="freeze" if frozen else "thaw", actor=actor),), now)
    return changed


def delete(conn: sa.Connection, key: str, actor: str, why: str, now: float) -> int:
    """All recipients that are not yet final, in the queue or in quarantine.  Whoever works on it loses the lease."""
    item_id = resolve(conn, key)
    finals = [state for state in State if state.final]
    query = sa.select(recipient.c.address).where(recipient.c.message == item_id, recipient.c.state.not_in(finals))
    addresses = tuple(conn.scalars(query))
    held = sa.and_(quarantine.c.message == item_id, quarantine.c.state == QuarantineState.HELD)
    if conn.scalar(sa.select(sa.func.max(quarantine.c.kept_by)).where(held)):
        raise states.IllegalMove("a legal hold is on it")
    conn.execute(quarantine.update().where(held).values(state=QuarantineState.DELETED, version=quarantine.c.version + 1))
    ledger.drop(conn, ledger.select(conn, item=item_id, open_only=True), actor, why, now)
    moves = [Move(address, State.DELETED, why, actor=actor) for address in addresses]
    event = journal.Deleted(item=item_id, actor=actor, reason=why, recipients=addresses)
    settlement.end(conn, item_id, moves, (event,), now)
    return len(addresses)


def load(conn: sa.Connection, now: float) -> Load:
    waiting = conn.scalar(sa.select(sa.func.count()).select_from(job)) or 0
    ready = sa.and_(job.c.owner.is_(None), job.c.frozen.is_(sa.false()), job.c.visible_at <= now)
    oldest = [conn.scalar(sa.select(sa.func.min(job.c.visible_at)).where(ready, job.c.work == work)) for work in Work]
    return Load(min((o for o in oldest if o is not None), default=None), waiting)


def _row(conn: sa.Connection, row: sa.Row[Any]) -> QueueRow:
    query = sa.select(recipient.c.address).where(recipient.c.job == row.id).order_by(recipient.c.position)
    item = read_item(conn, row.message, conn.scalars(query).all(), row.attempts)
    return QueueRow(item, Work(row.work), row.visible_at, row.owner or "", row.deaths, bool(row.frozen), row.why)
