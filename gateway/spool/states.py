"""The state table of a recipient, and the auditor that proves the store keeps to it (I1).

| from \\ to | received | sanitised | waiting | relayed | bounced | deleted | expired |
|---|---|---|---|---|---|---|---|
| received | | inspect | inspect | | inspect | inspect, operator | inspect |
| sanitised | | | relay | relay | relay | operator | relay |
| waiting | release, approval, time | | | | | reviewer, sender | expiry |
| relayed, bounced, deleted, expired | | | | | | | |

waiting = held, awaiting_approval, awaiting_password, delayed: exactly those with a quarantine entry.
awaiting_approval and delayed: exactly those whose entry an open case of the workflow is about.
received and sanitised: exactly those with a job.  Raises IllegalMove.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import sqlalchemy as sa

from gateway.model import QuarantineState, Settlement, State, Work
from gateway.store.schema import cleared, job, message, quarantine, recipient
from gateway.workflow.machine import GRANTED
from gateway.workflow.model import Kind
from gateway.workflow.schema import case

WAITING = frozenset({State.HELD, State.AWAITING_APPROVAL, State.AWAITING_PASSWORD, State.DELAYED})
CASED = frozenset({State.AWAITING_APPROVAL, State.DELAYED})
_GIVEN_UP = frozenset({State.BOUNCED, State.DELETED, State.EXPIRED})

ALLOWED: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset({State.SANITISED}) | WAITING | _GIVEN_UP,
    State.SANITISED: frozenset({State.RELAYED}) | WAITING | _GIVEN_UP,
    **{waiting: frozenset({State.RECEIVED, State.DELETED, State.EXPIRED}) for waiting in WAITING},
    **{state: frozenset() for state in State if state.final},
}


class IllegalMove(Exception):
    """A settlement that the state table does not know: a defect of ours; nothing of it was stored."""


def check(current: dict[str, State], settlement: Settlement) -> None:
    """Each recipient moves once, along the table; with its cleared copy or quarantine entry; nobody is left without work."""
    moved = {move.recipient: move.state for move in settlement.moves}
    if len(moved) != len(settlement.moves):
        raise IllegalMove("a recipient moves twice")
    if settlement.moves and not settlement.events:
        raise IllegalMove("a state may not change unrecorded")
    for who, state in moved.items():
        if who not in current:
            raise IllegalMove(f"{who} is not in this step")
        if state not in ALLOWED[current[who]]:
            raise IllegalMove(f"{current[who]} -> {state}")
    _same(
        "cleared copy",
        [r for c in settlement.cleared for r in c.recipients],
        {w for w, s in moved.items() if s is State.SANITISED},
    )
    _same("quarantine entry", [r for h in settlement.held for r in h.recipients], {w for w, s in moved.items() if s in WAITING})
    asked = [
        o for o in settlement.opened if o.kind is not Kind.PASSWORD
    ]  # where nobody can be asked, a mail waits all the same
    _same("case", [r for o in asked for r in o.recipients], {w for w, s in moved.items() if s in CASED})
    if settlement.retry_at is None and len(moved) < len(current):
        raise IllegalMove(f"{len(current) - len(moved)} recipients would have no job any more")


def _same(what: str, named: list[str], moved: set[str]) -> None:
    if sorted(named) != sorted(moved):
        raise IllegalMove(f"each recipient needs exactly one {what}: {len(named)} named, {len(moved)} moved")


def audit(conn: sa.Connection, blob_exists: Callable[[str], bool]) -> list[str]:
    """Every contradiction in the store, in words; empty = whole.  Reads all of it: for tests and `mugai check`."""
    return [*_lost_recipients(conn), *_idle_rows(conn), *_cases(conn), *_missing_contents(conn, blob_exists)]


def _lost_recipients(conn: sa.Connection) -> Iterator[str]:
    joined = recipient.outerjoin(job, recipient.c.job == job.c.id).outerjoin(
        quarantine, recipient.c.quarantine == quarantine.c.id
    )
    columns = (
        recipient.c.message,
        recipient.c.state,
        job.c.work,
        job.c.message.label("job_message"),
        quarantine.c.message.label("held_message"),
        quarantine.c.state.label("held_state"),
    )
    wanted: dict[State, tuple[Work | None, QuarantineState | None]] = {
        State.RECEIVED: (Work.INSPECT, None),
        State.SANITISED: (Work.RELAY, None),
    }
    wanted |= {state: (None, QuarantineState.HELD) for state in WAITING}
    for row in conn.execute(sa.select(*columns).select_from(joined)):
        state = State(row.state)
        held = row.held_state if row.held_state == QuarantineState.HELD and not row.work else None
        if (row.work, held) != wanted.get(state, (None, held)):
            yield f"{row.message}: a recipient is {state} with job {row.work} and quarantine entry {row.held_state}"
        if {row.job_message, row.held_message} - {row.message, None}:
            yield f"{row.message}: a recipient hangs on another message's job or quarantine entry"


def _idle_rows(conn: sa.Connection) -> Iterator[str]:
    for key in conn.scalars(sa.select(job.c.id).where(~sa.exists().where(recipient.c.job == job.c.id))):
        yield f"job {key} is about nobody"
    waiting = sa.exists().where(recipient.c.quarantine == quarantine.c.id, recipient.c.state.in_(WAITING))
    for key in conn.scalars(sa.select(quarantine.c.id).where(quarantine.c.state == QuarantineState.HELD, ~waiting)):
        yield f"quarantine entry {key} is about nobody"
    finals = [state for state in State if state.final]
    busy = sa.exists().where(recipient.c.message == message.c.id, recipient.c.state.not_in(finals))
    someone = sa.exists().where(recipient.c.message == message.c.id)
    for key in conn.scalars(sa.select(message.c.id).where(message.c.finished_at.is_not(None) == busy)):
        yield f"{key}: finished or not, its recipients say otherwise"
    for key in conn.scalars(sa.select(message.c.id).where(~someone)):
        yield f"{key}: has no recipient"


def _cases(conn: sa.Connection) -> Iterator[str]:
    # what ended against its mail leaves the mail where it is while a legal hold keeps it
    undecided = sa.or_(case.c.final.is_(sa.false()), case.c.stage.not_in(sorted(GRANTED)))
    about = sa.exists().where(case.c.entry == recipient.c.quarantine, undecided)
    waiting = recipient.c.state.in_(CASED)
    for row in conn.execute(sa.select(recipient.c.message, recipient.c.state).where(waiting, ~about)):
        yield f"{row.message}: a recipient is {row.state} and no case is about it"
    held = sa.and_(case.c.kind.in_((Kind.AS_IT_CAME, Kind.RELEASE, Kind.PASSWORD)), recipient.c.state.in_(WAITING))
    someone = sa.exists().where(recipient.c.quarantine == case.c.entry, sa.or_(waiting, held))
    lost = sa.select(case.c.id).where(case.c.entry.is_not(None), case.c.final.is_(sa.false()), ~someone)
    for key in conn.scalars(lost):
        yield f"case {key} is open and nobody waits for it"


def _missing_contents(conn: sa.Connection, blob_exists: Callable[[str], bool]) -> Iterator[str]:
    needed = sa.select(message.c.id, message.c.content.is_not(None).label("inline"), message.c.blob)
    originals = needed.where(message.c.finished_at.is_(None), message.c.kind == "mail")
    copies = sa.select(cleared.c.message.label("id"), cleared.c.content.is_not(None).label("inline"), cleared.c.blob)
    for row in [*conn.execute(originals), *conn.execute(copies.join(job, job.c.cleared == cleared.c.id))]:
        if not row.inline and not (row.blob and blob_exists(row.blob)):
            yield f"{row.id}: its content is missing"
