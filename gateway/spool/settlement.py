"""What one step changed, in one transaction: states, cleared copies, quarantine entries, mails of our own, events.

Fenced by the lease's token and checked against the state table before anything is written (LostLease, IllegalMove).
The same few writes serve the hand of a reviewer or operator: `reinspect`, `end`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway import catalogue, journal
from gateway.model import Grant, Hold, Lease, Move, QuarantineState, QueueItem, Settlement, State, Work
from gateway.policy import memory
from gateway.spool import keys, leases, states, vouching
from gateway.spool.acceptance import author, new_copy, new_job
from gateway.spool.contents import Kept
from gateway.store.schema import cleared, job, message, quarantine, recipient
from gateway.store.values import dump
from gateway.workflow import ledger
from sanitizers.model import Verdict

# made once: building a statement costs more than running it
_RECIPIENT = recipient.update().where(recipient.c.message == sa.bindparam("of"), recipient.c.address == sa.bindparam("who"))
_CONCERNED = sa.select(recipient.c.address, recipient.c.state).where(recipient.c.job == sa.bindparam("number"))
_IDLE = sa.select(job.c.id).where(job.c.message == sa.bindparam("of"), ~sa.exists().where(recipient.c.job == job.c.id))
_BUSY = sa.exists().where(
    recipient.c.message == sa.bindparam("of"), recipient.c.state.not_in([state for state in State if state.final])
)
_COPY = sa.select(job.c.cleared).where(job.c.id == sa.bindparam("number"))
_DONE = job.delete().where(job.c.id == sa.bindparam("number"))
_DISPOSED = cleared.update().where(cleared.c.id == sa.bindparam("copy")).values(content=None, blob=None)
_DESTROYED = keys.destroying(sa.select(cleared.c.content_key).where(cleared.c.id == sa.bindparam("copy")))
_FINISHED = message.update().where(message.c.id == sa.bindparam("of"), ~_BUSY)


@dataclass(frozen=True, slots=True)
class KeptSettlement:
    """A settlement whose contents are already durable, in the same order."""

    settlement: Settlement
    cleared: tuple[Kept, ...]
    authored: tuple[Kept, ...]


def settle(conn: sa.Connection, lease: Lease, kept: KeptSettlement, quarantine_seconds: float, now: float) -> None:
    settlement = kept.settlement
    leases.fence(conn, lease)
    rows = conn.execute(_CONCERNED, {"number": lease.job}).all()
    states.check({row.address: State(row.state) for row in rows}, settlement)
    places: dict[str, dict[str, int | None]] = {}
    for copy, content in zip(settlement.cleared, kept.cleared, strict=True):
        warrant = dump(copy.warrant) if copy.warrant else None
        number = new_copy(conn, lease.item.id, copy.sender, copy.smtputf8, content, warrant)
        relay = new_job(conn, Work.RELAY, lease.item.id, now, copy=number)
        places |= {who: {"job": relay} for who in copy.recipients}
    for hold in settlement.held:
        entry = _new_entry(conn, lease.item, hold, now, now + quarantine_seconds)
        places |= {who: {"job": None, "quarantine": entry} for who in hold.recipients}
    for opening in settlement.opened:
        ledger.open_case(conn, opening, places[opening.recipients[0]]["quarantine"], now)
    for move in settlement.moves:
        _move(conn, lease.item.id, move, now, places.get(move.recipient, {"job": None}))
    for note, content in zip(settlement.authored, kept.authored, strict=True):
        author(conn, note, content, now)
    if len(settlement.moves) < len(rows):
        _defer(conn, lease, settlement)
    if lease.work is Work.INSPECT and settlement.moves:
        catalogue.file(conn, lease.item, settlement.filed)
    memory.remember(conn, settlement.learnt, now)
    _finish_message(conn, lease.item.id, now)
    events = _events(settlement)
    journal.insert(conn, events, now)
    for event in events:
        if isinstance(event, journal.Decided):
            ledger.used(conn, event.waived, event.item, now)


def reinspect(
    conn: sa.Connection, item_id: str, recipients: Sequence[str], grant: Grant, events: Sequence[journal.Event], now: float
) -> None:
    """Waiting recipients back to RECEIVED with a new job that carries the grant.  Raises IllegalMove."""
    number = new_job(conn, Work.INSPECT, item_id, now, grant=dump(grant))
    for who in recipients:
        move = Move(who, State.RECEIVED, grant.why, actor=grant.who)
        _move_from(conn, item_id, move, states.WAITING, now, {"job": number, "quarantine": None})
    journal.insert(conn, events, now)


def end(conn: sa.Connection, item_id: str, moves: Sequence[Move], events: Sequence[journal.Event], now: float) -> None:
    """Recipients in any state that is not final reach one by somebody's hand or by age.  Raises IllegalMove."""
    busy = frozenset(state for state in State if not state.final)
    for move in moves:
        _move_from(conn, item_id, move, busy, now, {"job": None})
    _finish_message(conn, item_id, now)
    journal.insert(conn, events, now)


def _events(settlement: Settlement) -> tuple[journal.Event, ...]:
    events = tuple(event for event in settlement.events if isinstance(event, journal.Event))
    assert len(events) == len(settlement.events), "only journal events can be recorded"
    return events


def _move_from(
    conn: sa.Connection, item_id: str, move: Move, allowed: frozenset[State], now: float, places: dict[str, int | None]
) -> None:
    where = (recipient.c.message == item_id, recipient.c.address == move.recipient)
    found = conn.scalar(sa.select(recipient.c.state).where(*where))
    if found is None or State(found) not in allowed or move.state not in states.ALLOWED[State(found)]:
        raise states.IllegalMove(f"{found} -> {move.state}")
    _move(conn, item_id, move, now, places)


def _move(conn: sa.Connection, item_id: str, move: Move, now: float, places: dict[str, int | None]) -> None:
    values = {"state": move.state, "changed_at": now, "why": move.why, "rule": move.rule, "actor": move.actor, **places}
    conn.execute(_RECIPIENT, {"of": item_id, "who": move.recipient, **values})


def _new_entry(conn: sa.Connection, item: QueueItem, hold: Hold, now: float, expires_at: float) -> int:
    values = {
        "message": item.id,
        "rule": hold.decision.rule,
        "sender": item.envelope.sender,
        "version": 0,
        "state": QuarantineState.HELD,
        "recipients": json.dumps(hold.recipients, ensure_ascii=False),
        "subject": hold.subject,
        "verdict": hold.report.worst().verdict if hold.report else Verdict.FAILED,
        "decision": dump(hold.decision),
        "report": dump(hold.report) if hold.report else None,
        "held_at": now,
        "expires_at": expires_at,
    }
    key = conn.execute(quarantine.insert().values(values)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _defer(conn: sa.Connection, lease: Lease, settlement: Settlement) -> None:
    """A step that ended, if only with `later`, was no death.  The lease is used up."""
    values = {
        "owner": None,
        "visible_at": settlement.retry_at,
        "due_at": settlement.retry_at,
        "deaths": 0,
        "token": lease.token + 1,
    }
    attempts = lease.item.attempts if settlement.attempts is None else settlement.attempts
    why = next((event.why for event in settlement.events if isinstance(event, journal.Deferred)), "")
    conn.execute(job.update().where(job.c.id == lease.job).values(**values, attempts=attempts, why=why))


def _finish_job(conn: sa.Connection, number: int) -> None:
    """Its cleared copy and the key of it go with it: nobody needs it again, and its file becomes an orphan for gc."""
    copy = conn.scalar(_COPY, {"number": number})
    conn.execute(_DONE, {"number": number})
    if copy is not None:
        conn.execute(_DESTROYED, {"copy": copy})
        conn.execute(_DISPOSED, {"copy": copy})
        conn.execute(vouching.FORGET, {"copy_": copy})


def _finish_message(conn: sa.Connection, item_id: str, now: float) -> None:
    """Jobs that are about nobody any more go; with the last recipient the message is finished."""
    for number in conn.scalars(_IDLE, {"of": item_id}).all():
        _finish_job(conn, number)
    conn.execute(_FINISHED, {"of": item_id, "finished_at": now})
