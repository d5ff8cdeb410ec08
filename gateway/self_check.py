"""所属の自己点検: each section answers how it keeps the rules, for a period, beside what the gateway has counted of it (AU-02).

One case of the workflow for each section: its head answers, is reminded, and after its time the next one above is asked.  What
is asked is config/self_check.yaml; an answer stands in the case's record as a line for each question.  What the whole
installation is held to is `compliance`'s.  Raises BadConfiguration; ValueError: what is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway import yaml_file
from gateway.clock import Clock, days
from gateway.directory import Directory, Section, book
from gateway.model import State
from gateway.sent import FATES, Fate
from gateway.store.db import Db
from gateway.store.schema import SENT, message, recipient
from gateway.words import Words
from gateway.workflow import ledger
from gateway.workflow.engine import NotPossible
from gateway.workflow.machine import DAY
from gateway.workflow.model import Act, Case, Details, Kind, Opening, Rungs, Stage
from gateway.yaml_file import BadConfiguration

MOST = 10_000  # cases that one look reads
AGAIN = DAY  # a section is reminded by hand once a day
Text = Annotated[str, Field(min_length=1, max_length=300)]


class Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9-]{0,11}$")]
    clause: str = ""
    ja: Text
    en: Text


class Questions(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    questions: tuple[Question, ...] = Field(min_length=1, max_length=100)


def questions(path: Path) -> tuple[Question, ...]:
    document = yaml_file.read(path)
    try:
        found = Questions.model_validate(document.values).questions
    except ValidationError as error:
        raise BadConfiguration(yaml_file.problems_of(error, document)) from None
    twice = [name for name, number in Counter(each.id for each in found).items() if number > 1]
    if twice:
        raise BadConfiguration([document.problem("questions", f"{twice[0]} is there twice")])
    return found


class Mark(StrEnum):
    DONE = "done"
    PARTLY = "partly"
    NOT = "not"
    NONE = "none"  # does not concern this section


MARKS: dict[Mark, Words] = {
    Mark.DONE: Words("実施", "done"),
    Mark.PARTLY: Words("一部", "in part"),
    Mark.NOT: Words("未実施", "not done"),
    Mark.NONE: Words("対象外", "not concerned"),
}
_MARKED = {words.ja: mark for mark, words in MARKS.items()}
_LINE = re.compile(r"(?P<id>[A-Z][A-Z0-9-]{0,11}) (?P<mark>[^\s:]+)(?:: (?P<note>.*))?")


@dataclass(frozen=True, slots=True)
class Answer:
    question: str
    mark: Mark
    note: str = ""


def written(answers: Sequence[Answer], asked: Sequence[Question]) -> str:
    """As it goes into the record.  Whoever does not keep a rule wholly says why."""
    given = {each.question: each for each in answers}
    if missing := [each.id for each in asked if each.id not in given]:
        raise ValueError(f"answer {', '.join(missing)}")
    lines = []
    for question in asked:
        each = given[question.id]
        note = " ".join(each.note.split())[:200]
        if each.mark in (Mark.PARTLY, Mark.NOT) and not note:
            raise ValueError(f"{question.id}: what is lacking, and what will be done")
        lines.append(f"{question.id} {MARKS[each.mark].ja}" + (f": {note}" if note else ""))
    return "\n".join(lines)


def answers(text: str) -> tuple[Answer, ...]:
    """Out of the record; what is no answer is left out."""
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return tuple(Answer(m["id"], _MARKED[m["mark"]], m["note"] or "") for m in found if m and m["mark"] in _MARKED)


@dataclass(frozen=True, slots=True)
class Asked:
    """One section in one round."""

    case: Case
    section: str  # its name
    answers: tuple[Answer, ...]  # () = it has not answered
    by: str  # who did; "" = nobody yet
    at: float  # Unix time
    reminded: int

    @property
    def marks(self) -> Counter[Mark]:
        return Counter(each.mark for each in self.answers)


class SelfChecks:
    def __init__(self, db: Db, clock: Clock, rungs: Rungs, days: float):
        """`days` to answer."""
        self._db, self._clock, self._rungs, self._days = db, clock, rungs, days

    async def ask(self, since: date, until: date, sections: Sequence[str], applicant: str, reason: str) -> tuple[Case, ...]:
        """Of these sections (codes); none that is still asked about the same days."""
        if not since <= until:
            raise ValueError("the period goes from a day to a day that is not before it")
        if not reason.strip():
            raise ValueError("a reason is needed: it goes into the record")

        def op(conn: sa.Connection, now: float) -> tuple[Case, ...]:
            directory, round_ = book.read(conn)[1], f"{since}/{until}"
            open_ = {c.opening.section for c in _all(conn, open_only=True) if c.opening.details.round == round_}
            wanted = [s for s in directory.sections if s.code in sections and s.code not in open_]
            return tuple(
                ledger.open_case(conn, self._opening(conn, directory, s, since, until, applicant, reason), None, now)
                for s in wanted
            )

        return await self._db.write(op, self._clock.now())

    def _opening(
        self, conn: sa.Connection, directory: Directory, section: Section, since: date, until: date, by: str, reason: str
    ) -> Opening:
        return Opening(
            kind=Kind.SELF_CHECK,
            stage=Stage.WANTED,
            applicant=by,
            subject=f"所属の自己点検 {since}～{until}: {section.name}",
            reason=reason.strip(),
            rungs=self._rungs,
            seconds=self._days * DAY,
            section=section.code,
            details=Details(round=f"{since}/{until}", findings=tuple(_counted(conn, directory, section, since, until))),
        )

    async def list(self, sections: frozenset[str] | None = None) -> tuple[Asked, ...]:
        """Newest first; of these sections, None = of all."""

        def op(conn: sa.Connection) -> tuple[Asked, ...]:
            directory = book.read(conn)[1]
            cases = [c for c in _all(conn) if sections is None or c.opening.section in sections]
            return tuple(_asked(conn, directory, case) for case in cases)

        return await self._db.read(op)

    async def remind(self, number: int) -> None:
        """Whoever must answer is written to again.  Raises LookupError, NotPossible: it is over, or was told today."""

        def op(conn: sa.Connection, now: float) -> None:
            case = ledger.get(conn, number)
            if case.kind is not Kind.SELF_CHECK:
                raise LookupError("no self-inspection of a section")
            told = [step.at for step in ledger.history(conn, number) if step.act in (Act.REMIND, Act.OPEN)]
            if case.stage is not Stage.WANTED or (case.tell_at is not None and case.tell_at <= now) or now - told[-1] < AGAIN:
                raise NotPossible(f"{case.by} is {case.stage}, or was told within a day")
            ledger.tell_again(conn, case, now)

        await self._db.write(op, self._clock.now())


def bureau(directory: Directory, address: str) -> frozenset[str]:
    """The section of this person and all below it."""
    person = directory.person(address)
    own = person.section if person else ""
    return frozenset(s.code for s in directory.sections if own and any(a.code == own for a in directory.above(s.code)))


def _all(conn: sa.Connection, open_only: bool = False) -> list[Case]:
    return ledger.select(conn, (Kind.SELF_CHECK,), open_only=open_only, limit=MOST)


def _asked(conn: sa.Connection, directory: Directory, case: Case) -> Asked:
    steps = ledger.history(conn, case.id)
    closed = next((step for step in reversed(steps) if step.act is Act.CLOSE), None)
    section = directory.section(case.opening.section)
    return Asked(
        case=case,
        section=section.name if section else case.opening.section,
        answers=answers(closed.reason) if closed else (),
        by=closed.actor if closed else "",
        at=closed.at if closed else 0.0,
        reminded=sum(step.act is Act.REMIND for step in steps),
    )


def _counted(conn: sa.Connection, directory: Directory, section: Section, since: date, until: date) -> Iterator[str]:
    """What the gateway knows of the section in that time, a line each."""
    begin, end = days(since, until)
    people = [person for person in directory.people if person.section == section.code]
    own = [address.lower() for person in people for address in (person.address, *person.aliases)]
    joined = sa.select(recipient.c.state, sa.func.count()).join(message, recipient.c.message == message.c.id)
    sent = joined.where(SENT, message.c.kind == "mail", sa.func.lower(message.c.sender).in_(own))
    sent = sent.where(message.c.received_at >= begin, message.c.received_at < end).group_by(recipient.c.state)
    fates: Counter[Fate] = Counter()
    for state, number in conn.execute(sent):
        fates[FATES[State(state)]] += number
    yield f"職員・アドレス: {len(people)} 件"
    told = ((Fate.DELIVERED, "配送"), (Fate.STOPPED, "送信されず"), (Fate.HELD, "保留中"))
    yield f"外部への送信 (宛先の数): {'、'.join(f'{words} {fates[fate]:,}' for fate, words in told)}"
    cases: Mapping[Kind, str] = {
        Kind.MISDIRECTED: "誤送信の報告",
        Kind.INCIDENT: "インシデントの報告",
        Kind.VIOLATION: "違反の通知",
        Kind.EXCEPTION: "例外措置の申請",
    }
    for kind, words in cases.items():
        found = ledger.select(conn, (kind,), limit=MOST)
        number = sum(begin <= c.opened_at < end and c.opening.applicant.lower() in own for c in found)
        yield f"{words}: {number} 件"
