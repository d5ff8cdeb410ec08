"""The one table of all cases and its history: operations inside a transaction, each with its journal event.

Who may do what is `engine.py`'s; here a transition is only written, once: whoever comes second gets AlreadyDone.
Raises LookupError (no such case).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.store.schema import message
from gateway.store.values import dump, load
from gateway.workflow import schema
from gateway.workflow.machine import GRANTED, IN_FORCE, MACHINES, Climb, Transition
from gateway.workflow.model import Act, Case, Kind, Opening, Stage, Step, Who

GATEWAY = "gateway"

_CASE = sa.select(schema.case, message.c.receipt).outerjoin(message, schema.case.c.message == message.c.id)
# made once: these two are asked for every mail
_OWN = _CASE.where(
    schema.case.c.message == sa.bindparam("item"),
    schema.case.c.kind.in_((Kind.APPROVAL, Kind.DELAY)),
    schema.case.c.stage.in_(sorted(GRANTED)),
)
_STANDING = _CASE.where(
    schema.case.c.kind.in_((Kind.EXCEPTION, Kind.BLANKET)), schema.case.c.stage.in_(sorted(IN_FORCE))
).order_by(schema.case.c.id.desc())


class AlreadyDone(Exception):
    """The case has moved on meanwhile."""


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts: itself or for another, and by which way."""

    actor: str
    reason: str
    on_behalf: str = ""
    via: str = ""


def open_case(conn: sa.Connection, opening: Opening, entry: int | None, now: float) -> Case:
    """`entry`: the quarantine entry of the mail that waits for it."""
    values = {
        "kind": opening.kind,
        "stage": opening.stage,
        "final": False,
        "rung": 0,
        "applicant": opening.applicant,
        "rule": opening.rule,
        "parties": json.dumps(opening.parties),
        "message": opening.item or None,
        "entry": entry,
        "opened_at": now,
        "changed_at": now,
        "due_at": _due(opening, opening.stage, now),
        "tell_at": _first(opening, now),
        "told": opening.told,
        "opening": dump(opening),
        "version": 0,
    }
    [number] = conn.execute(schema.case.insert(), values).inserted_primary_key or (0,)
    case = get(conn, int(number))
    asked = "" if MACHINES[opening.kind].hushed else opening.applicant
    _record(conn, case, case, Act.OPEN, Hand(asked or GATEWAY, opening.reason), now)
    return case


def get(conn: sa.Connection, number: int) -> Case:
    row = conn.execute(_CASE.where(schema.case.c.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"no case {number}")
    return _read(row)


def select(
    conn: sa.Connection,
    kinds: Sequence[Kind] = (),
    *,
    stages: Sequence[Stage] = (),
    open_only: bool = False,
    applicant: str = "",
    item: str = "",
    entry: int = 0,
    before: int = 0,
    limit: int = 1_000,
) -> list[Case]:
    """Newest first."""
    query = _CASE.order_by(schema.case.c.id.desc()).limit(limit)
    table = schema.case.c
    conditions: list[tuple[object, sa.ColumnElement[bool]]] = [
        (kinds, table.kind.in_(kinds)),
        (stages, table.stage.in_(stages)),
        (open_only, table.final.is_(sa.false())),
        (applicant, sa.func.lower(table.applicant) == applicant.lower()),
        (item, table.message == item),
        (entry, table.entry == entry),
        (before, table.id < before),
    ]
    return [_read(row) for row in conn.execute(query.where(*(condition for given, condition in conditions if given)))]


def granted(conn: sa.Connection, item: str) -> list[Case]:
    """What was decided in favour of this mail."""
    return [_read(row) for row in conn.execute(_OWN, {"item": item})]


def in_force(conn: sa.Connection) -> list[Case]:
    """Exceptions and blanket approvals that may waive a rule today; whether they are over is the asker's to see."""
    return [_read(row) for row in conn.execute(_STANDING)]


def due(conn: sa.Connection, now: float, limit: int) -> list[Case]:
    """What the clock must act on."""
    query = _CASE.where(schema.case.c.due_at <= now).order_by(schema.case.c.due_at).limit(limit)
    return [_read(row) for row in conn.execute(query)]


def untold(conn: sa.Connection, now: float, limit: int) -> list[Case]:
    """What somebody must be written to about."""
    query = _CASE.where(schema.case.c.tell_at <= now).order_by(schema.case.c.tell_at).limit(limit)
    return [_read(row) for row in conn.execute(query)]


def move(conn: sa.Connection, case: Case, transition: Transition, hand: Hand, now: float) -> Case:
    """Along one transition.  Raises AlreadyDone."""
    rung = {
        Climb.STAY: case.rung,
        Climb.FIRST: 0,
        Climb.NEXT: min(case.rung + 1, len(case.opening.rungs) - 1),
        Climb.LAST: len(case.opening.rungs) - 1,
    }[transition.climb]
    final = MACHINES[case.kind].final(transition.to)
    parties = (*case.parties, hand.actor) if transition.asks else case.parties
    values = {
        "stage": transition.to,
        "final": final,
        "rung": rung,
        "parties": json.dumps(parties),
        "due_at": None if final else _due(case.opening, transition.to, now),
        "tell_at": None if final or not case.opening.tell else _tell(case.opening, transition.to, now),
        "told": False,
    }
    return _changed(conn, case, values, transition.act, hand, now)


def climb(conn: sa.Connection, case: Case, rung: int, now: float) -> Case:
    """Time ran out: the next rung is asked."""
    due_at, tell_at = _due(case.opening, case.stage, now), now if case.opening.tell else None
    values: dict[str, object] = {"rung": rung, "due_at": due_at, "tell_at": tell_at, "told": False}
    return _changed(conn, case, values, Act.ESCALATE, Hand(GATEWAY, "期限までに処理されませんでした。"), now)


def mark_told(conn: sa.Connection, case: Case, now: float) -> None:
    """Written to; once more some time before its end."""
    timer = MACHINES[case.kind].timers.get(case.stage)
    again = case.due_at - timer.remind if timer and timer.remind and case.due_at is not None else 0.0
    values = {"told": True, "tell_at": again if again > now and not case.told else None}
    conn.execute(schema.case.update().where(schema.case.c.id == case.id).values(values))
    if case.told:
        _record(conn, case, case, Act.REMIND, Hand(GATEWAY, ""), now)


def tell_again(conn: sa.Connection, case: Case, now: float) -> None:
    """Somebody asks that who must act is reminded now; the clock writes it."""
    conn.execute(schema.case.update().where(schema.case.c.id == case.id).values(tell_at=now, told=True))


def note(conn: sa.Connection, case: Case, act: Act, hand: Hand, now: float) -> None:
    """A comment or a look: no change of stage."""
    _record(conn, case, case, act, hand, now)


def drop(conn: sa.Connection, cases: Sequence[Case], actor: str, reason: str, now: float, act: Act = Act.DROP) -> None:
    """What they were about is gone, by another hand."""
    for case in cases:
        transition = MACHINES[case.kind].find(case.stage, act)
        if transition:
            move(conn, case, transition, Hand(actor, reason), now)


def history(conn: sa.Connection, number: int) -> tuple[Step, ...]:
    query = sa.select(schema.step).where(schema.step.c.case == number).order_by(schema.step.c.id)
    return tuple(
        Step(r.case, r.at, Act(r.act), r.actor, r.on_behalf, r.via, Stage(r.before), Stage(r.after), r.reason)
        for r in conn.execute(query)
    )


def used(conn: sa.Connection, by: Sequence[str], item: str, now: float) -> None:
    """The mail `item` met another decision because of these ("exception 7"); once for each mail."""
    named = [name.rpartition(" ") for name in by]
    for number in {int(number) for kind, _, number in named if kind in tuple(Kind)}:
        there = sa.select(schema.use.c.at).where(schema.use.c.case == number, schema.use.c.message == item)
        if conn.execute(there).one_or_none() is None:
            conn.execute(schema.use.insert().values(case=number, message=item, at=now))


def uses(conn: sa.Connection, number: int) -> tuple[tuple[str, float], ...]:
    """Receipt of each mail that used it, and when."""
    query = sa.select(message.c.receipt, schema.use.c.at).join(message, schema.use.c.message == message.c.id)
    return tuple((r.receipt, r.at) for r in conn.execute(query.where(schema.use.c.case == number).order_by(schema.use.c.at)))


def _changed(conn: sa.Connection, case: Case, values: dict[str, object], act: Act, hand: Hand, now: float) -> Case:
    same = sa.and_(schema.case.c.id == case.id, schema.case.c.version == case.version)
    fresh = {**values, "changed_at": now, "version": case.version + 1}
    if conn.execute(schema.case.update().where(same).values(fresh)).rowcount != 1:
        raise AlreadyDone(f"{case.by} has moved on")
    after = get(conn, case.id)
    _record(conn, case, after, act, hand, now)
    return after


def _record(conn: sa.Connection, before: Case, after: Case, act: Act, hand: Hand, now: float) -> None:
    stages = {"before": before.stage, "after": after.stage}
    who = {"actor": hand.actor, "on_behalf": hand.on_behalf, "via": hand.via}
    conn.execute(schema.step.insert().values(case=after.id, at=now, act=act, reason=hand.reason, **who, **stages))
    event = journal.CaseStep(
        item=after.opening.item,
        case=after.id,
        machine=after.kind,
        act=act,
        rule=after.opening.rule,
        reason=hand.reason,
        subject=after.opening.subject if act is Act.OPEN else "",
        **who,
        **stages,
    )
    journal.insert(conn, (event,), now)


def _due(opening: Opening, stage: Stage, now: float) -> float | None:
    """The end of a stage; of what is in force when it says, and never later than that."""
    timer = MACHINES[opening.kind].timers.get(stage)
    if timer is None:
        return None
    asked = stage is opening.stage or stage is Stage.WANTED
    seconds = opening.seconds if asked and opening.seconds else timer.seconds
    if not seconds:
        return opening.ends_at or None
    return min(now + seconds, opening.ends_at or now + seconds)


def _first(opening: Opening, now: float) -> float | None:
    """When who must act is written to: at once, or by the reminder alone."""
    timer, ends = MACHINES[opening.kind].timers.get(opening.stage), _due(opening, opening.stage, now)
    if not opening.tell or not opening.told:
        return now if opening.tell else None
    return ends - timer.remind if timer and ends else None


def _tell(opening: Opening, stage: Stage, now: float) -> float | None:
    """Who must act hears of it at once; of an exception in force only before it ends."""
    transitions = MACHINES[opening.kind].acts(stage)
    if stage is not Stage.APPROVED and any(t.who in (Who.SECOND, Who.APPLICANT) for t in transitions):
        return now
    timer, ends = MACHINES[opening.kind].timers.get(stage), _due(opening, stage, now)
    return max(now, ends - timer.remind) if timer and timer.remind and ends else None


@lru_cache(1_024)
def _opening(text: str) -> Opening:
    """It never changes, and those in force are read with every mail."""
    return load(Opening, text)


def _read(row: sa.Row[Any]) -> Case:
    return Case(
        id=row.id,
        opening=_opening(row.opening),
        stage=Stage(row.stage),
        rung=row.rung,
        parties=tuple(json.loads(row.parties)),
        receipt=row.receipt or "",
        entry=row.entry or 0,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        due_at=row.due_at,
        tell_at=row.tell_at,
        told=bool(row.told),
        version=row.version,
    )
