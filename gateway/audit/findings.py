"""指摘事項: the register of audit findings (AU-01): entered and closed by an auditor, answered in between; never deleted.

What is not in `ACTS` can not happen.  Whoever answered for a finding or worked on it does not close it (AC-08), and none is
closed before it was looked for elsewhere.  Each step is one transaction with its journal entry.
Raises LookupError, AlreadyDone (not possible at this stage), ValueError (its text names what is missing).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.audit import sampling
from gateway.audit.letters import FindingLetters, Occasion
from gateway.audit.schema import finding, step
from gateway.clock import Clock
from gateway.directory import book
from gateway.directory.model import Role
from gateway.quarantine import AlreadyDone
from gateway.store.db import Db
from gateway.store.schema import message

PAGE = 100
_MOST = 10_000  # live findings that one look of the calendar takes up
_SAMPLE = re.compile(r"S([0-9]{1,15})")


class Severity(StrEnum):
    MAJOR = "major"
    MINOR = "minor"
    OBSERVATION = "observation"


class Stage(StrEnum):
    OPENED = "opened"  # nobody has answered
    ANSWERED = "answered"  # there is a plan
    DONE = "done"  # whoever worked on it says so; an auditor looks
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"  # it was none


class Act(StrEnum):
    OPEN = "open"
    ANSWER = "answer"
    PROGRESS = "progress"
    ELSEWHERE = "elsewhere"  # the same looked for in another section (M-10.1(7))
    FINISH = "finish"
    RETURN = "return"
    CLOSE = "close"
    WITHDRAW = "withdraw"


class Elsewhere(StrEnum):
    """Whether a section has the same."""

    SAME = "same"
    NONE = "none"
    NOT_CONCERNED = "not_concerned"


LIVE = (Stage.OPENED, Stage.ANSWERED, Stage.DONE)
ACTS: dict[Act, dict[Stage, Stage]] = {
    Act.ANSWER: {Stage.OPENED: Stage.ANSWERED, Stage.ANSWERED: Stage.ANSWERED},
    Act.PROGRESS: {Stage.ANSWERED: Stage.ANSWERED},
    Act.ELSEWHERE: {stage: stage for stage in LIVE},
    Act.FINISH: {Stage.ANSWERED: Stage.DONE},
    Act.RETURN: {Stage.DONE: Stage.ANSWERED},
    Act.CLOSE: {Stage.DONE: Stage.CLOSED},
    Act.WITHDRAW: dict.fromkeys(LIVE, Stage.WITHDRAWN),
}
JUDGEMENTS = (Act.CLOSE, Act.RETURN, Act.WITHDRAW)  # an auditor's
_TOLD = {
    Act.OPEN: Occasion.OPENED,
    Act.RETURN: Occasion.RETURNED,
    Act.FINISH: Occasion.DONE,
    Act.CLOSE: Occasion.CLOSED,
    Act.WITHDRAW: Occasion.WITHDRAWN,
}
_WORK = (Act.ANSWER, Act.PROGRESS, Act.ELSEWHERE, Act.FINISH)


@dataclass(frozen=True, slots=True)
class Hand:
    """Who acts: the account's name, and what stays the same if somebody has two."""

    actor: str
    person: str


@dataclass(frozen=True, slots=True)
class Opening:
    what: str
    requirement: str
    clause: str
    evidence: str
    severity: Severity
    section: str
    role: Role
    due: date


@dataclass(frozen=True, slots=True)
class Step:
    at: float  # Unix time
    act: Act
    actor: str
    person: str
    section: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    id: int
    opened_at: float  # Unix time
    opened_by: str
    requirement: str
    clause: str
    what: str
    evidence: tuple[str, ...]
    severity: Severity
    section: str
    role: Role
    stage: Stage
    due: date
    plan: str
    told: str  # day of the last letter that the calendar sent; "" = none
    closed_at: float | None
    closed_by: str

    @property
    def live(self) -> bool:
        return self.stage in LIVE

    def overdue(self, today: date) -> bool:
        """Whoever must act is late; an auditor who has not looked yet is not."""
        return self.stage in (Stage.OPENED, Stage.ANSWERED) and self.due < today


class Findings:
    def __init__(self, db: Db, clock: Clock, letters: FindingLetters | None = None):
        """Without `letters` nobody is written to: for whoever only reads."""
        self._db, self._clock, self._letters = db, clock, letters

    @property
    def today(self) -> date:
        return book.day(self._clock.now())

    async def list(self, *, live_only: bool = False, before: int = 0, limit: int = PAGE) -> Sequence[Finding]:
        """Newest first."""
        return await self._db.read(select, live_only, before, limit)

    async def show(self, number: int) -> tuple[Finding, Sequence[Step]]:
        """With all of its steps, oldest first."""
        return await self._db.read(_show, number)

    async def whole(self, limit: int) -> Sequence[tuple[Finding, Sequence[Step]]]:
        """The newest `limit`, oldest first, each with its steps."""
        return await self._db.read(_whole, limit)

    async def open(self, opening: Opening, hand: Hand) -> int:
        def op(conn: sa.Connection, now: float) -> int:
            number = _open(conn, opening, hand, now)
            self._tell(conn, number, Act.OPEN, "", now)
            return number

        return await self._db.write(op, self._clock.now())

    async def remind(self, soon_days: int, late_days: int) -> int:
        """Letters of the calendar: due soon, once; overdue, every so many days.  How many were written; 0 days = none."""
        today = self.today

        def op(conn: sa.Connection, now: float) -> int:
            late = [each for each in select(conn, True, limit=_MOST) if _is_owed(each, today, soon_days, late_days)]
            for each in late:
                occasion = Occasion.LATE if each.overdue(today) else Occasion.SOON
                conn.execute(finding.update().where(finding.c.id == each.id).values(told=today.isoformat()))
                if self._letters is not None:
                    self._letters.write(conn, each, occasion, each.plan, now)
            return len(late)

        return await self._db.write(op, self._clock.now())

    def _tell(self, conn: sa.Connection, number: int, act: Act, detail: str, now: float) -> None:
        if self._letters is not None and act in _TOLD:
            self._letters.write(conn, _show(conn, number)[0], _TOLD[act], detail, now)

    async def answer(self, number: int, plan: str, due: date, hand: Hand) -> None:
        """What will be done, and by when; again if it changes."""
        if not plan:
            raise ValueError("plan")
        if due < self.today:
            raise ValueError("due")
        await self._act(number, Act.ANSWER, hand, detail=f"{plan} (期限 {due})", plan=plan, due=due.isoformat())

    async def progress(self, number: int, note: str, hand: Hand, *, done: bool = False) -> None:
        await self._act(number, Act.FINISH if done else Act.PROGRESS, hand, detail=note)

    async def look_elsewhere(self, number: int, section: str, result: Elsewhere, note: str, hand: Hand) -> None:
        if not section:
            raise ValueError("section")
        await self._act(number, Act.ELSEWHERE, hand, detail=note, section=section, result=result)

    async def judge(self, number: int, act: Act, reason: str, hand: Hand) -> None:
        """One of JUDGEMENTS."""
        if act not in JUDGEMENTS:
            raise ValueError("act")
        await self._act(number, act, hand, detail=reason)

    async def _act(
        self, number: int, act: Act, hand: Hand, *, detail: str, section: str = "", result: str = "", **changes: str
    ) -> None:
        if not detail:
            raise ValueError("detail")
        made = Step(self._clock.now(), act, hand.actor, hand.person, section, result, detail)

        def op(conn: sa.Connection, now: float) -> None:
            _take(conn, number, made, changes)
            self._tell(conn, number, act, detail, now)

        await self._db.write(op, made.at)


def _is_owed(found: Finding, today: date, soon_days: int, late_days: int) -> bool:
    """A letter of the calendar: none twice for the same date, another one when the date has moved on."""
    if found.stage not in (Stage.OPENED, Stage.ANSWERED):
        return False
    told = date.fromisoformat(found.told) if found.told else date.min
    if found.overdue(today):
        return bool(late_days) and (told <= found.due or today - told >= timedelta(days=late_days))
    begins = found.due - timedelta(days=soon_days)
    return bool(soon_days) and begins <= today and told < begins


def select(conn: sa.Connection, live_only: bool, before: int = 0, limit: int = PAGE) -> list[Finding]:
    query = sa.select(finding).order_by(finding.c.id.desc()).limit(limit)
    if live_only:
        query = query.where(finding.c.stage.in_(LIVE))
    if before:
        query = query.where(finding.c.id < before)
    return [_read(row) for row in conn.execute(query)]


def _show(conn: sa.Connection, number: int) -> tuple[Finding, Sequence[Step]]:
    row = conn.execute(sa.select(finding).where(finding.c.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"no finding {number}")
    columns = (step.c.at, step.c.act, step.c.actor, step.c.person, step.c.section, step.c.result, step.c.detail)
    rows = conn.execute(sa.select(*columns).where(step.c.finding == number).order_by(step.c.id))
    return _read(row), [Step(each.at, Act(each.act), *each[2:]) for each in rows]


def _whole(conn: sa.Connection, limit: int) -> list[tuple[Finding, Sequence[Step]]]:
    return [_show(conn, each.id) for each in reversed(select(conn, live_only=False, limit=limit))]


def _open(conn: sa.Connection, opening: Opening, hand: Hand, now: float) -> int:
    for name in ("what", "section"):
        if not getattr(opening, name):
            raise ValueError(name)
    if not (opening.requirement or opening.clause):
        raise ValueError("requirement")
    if opening.due < book.day(now):
        raise ValueError("due")
    evidence = opening.evidence.replace(",", " ").replace("、", " ").split()
    for mark in evidence:
        _exists(conn, mark)
    values = {
        "opened_at": now,
        "opened_by": hand.actor,
        "requirement": opening.requirement,
        "clause": opening.clause,
        "what": opening.what,
        "evidence": " ".join(evidence),
        "severity": opening.severity,
        "section": opening.section,
        "role": opening.role,
        "stage": Stage.OPENED,
        "due": opening.due.isoformat(),
        "plan": "",
        "closed_by": "",
    }
    [number] = conn.execute(finding.insert(), values).inserted_primary_key or (0,)
    about = (
        f"[{opening.requirement or opening.clause}] {opening.what} (根拠 {values['evidence'] or 'なし'}、期限 {opening.due})"
    )
    _note(conn, int(number), Step(now, Act.OPEN, hand.actor, hand.person, opening.section, opening.severity, about))
    return int(number)


def _exists(conn: sa.Connection, mark: str) -> None:
    """A receipt number, or S and the number of a sample: what a finding rests on can be looked at.  Raises ValueError."""
    try:
        if found := _SAMPLE.fullmatch(mark):
            sampling.taken(conn, int(found[1]))
        elif not conn.scalar(sa.select(sa.exists().where(message.c.receipt == mark))):
            raise LookupError(mark)
    except LookupError:
        raise ValueError("evidence") from None


def _take(conn: sa.Connection, number: int, made: Step, changes: dict[str, str]) -> None:
    found, steps = _show(conn, number)
    after = ACTS[made.act].get(found.stage)
    if after is None:
        raise AlreadyDone(f"finding {number} is {found.stage}")
    if made.act in JUDGEMENTS and made.person in {each.person for each in steps if each.act in _WORK}:
        raise ValueError("apart")
    if made.act is Act.FINISH and not any(each.act is Act.ELSEWHERE for each in steps):
        raise ValueError("elsewhere")
    closing = {} if after in LIVE else {"closed_at": made.at, "closed_by": made.actor}
    conn.execute(finding.update().where(finding.c.id == number).values(stage=after, **changes, **closing))
    _note(conn, number, made)


def _note(conn: sa.Connection, number: int, made: Step) -> None:
    values = {
        "finding": number,
        "at": made.at,
        "act": made.act,
        "actor": made.actor,
        "person": made.person,
        "section": made.section,
        "result": made.result,
        "detail": made.detail,
    }
    conn.execute(step.insert(), values)
    event = journal.FindingStep(
        finding=number, act=made.act, actor=made.actor, section=made.section, result=made.result, detail=made.detail
    )
    journal.insert(conn, [event], made.at)


def elsewhere(steps: Sequence[Step]) -> dict[str, Step]:
    """The newest look in each section."""
    return {each.section: each for each in steps if each.act is Act.ELSEWHERE}


def _read(row: sa.Row[Any]) -> Finding:
    values = dict(row._mapping)
    values |= {"evidence": tuple(row.evidence.split()), "due": date.fromisoformat(row.due)}
    values |= {"severity": Severity(row.severity), "role": Role(row.role), "stage": Stage(row.stage)}
    return Finding(**values)
