"""IDの棚卸し: once a year the head of each section says of each ID that it is needed, with these rights (AC-03).

The list is frozen in the case as it was asked for: who, which kind of address, which roles, when last used.  What shall change
is proposed there and goes to a second person as a case of its own (LG-08).  When it is due says `duties.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.clock import Clock
from gateway.console.schema import account
from gateway.directory import Directory, Person, Section, book
from gateway.paper import Sheet, moment
from gateway.store.db import Db
from gateway.workflow import ledger, opening
from gateway.workflow.engine import Workflow
from gateway.workflow.model import Act, Case, Details, Kind, Opening, Rungs, Stage

DAY = 86_400.0
UNUSED_DAYS = 90.0  # AC-03: from then on it is said that nobody used it
HEAD = ("所属", "氏名", "アドレス", "種類", "役割", "最終利用", "未利用")


@dataclass(frozen=True, slots=True)
class Known:
    """One ID of a section."""

    person: Person
    last_used: float  # Unix time; 0.0 = never

    def unused(self, now: float) -> bool:
        return now - self.last_used > UNUSED_DAYS * DAY


def roster(conn: sa.Connection, directory: Directory, section: str) -> tuple[Known, ...]:
    """Everybody of this section, and of those below it that have no head of their own to ask."""
    used = book.last_used(conn)
    signed = sa.select(account.c.address, account.c.signed_in_at).where(account.c.signed_in_at.is_not(None))
    for row in conn.execute(signed):
        used[row.address.lower()] = max(used.get(row.address.lower(), 0.0), row.signed_in_at)
    people = [person for person in directory.people if person.section == section]
    return tuple(Known(p, max(used.get(a, 0.0) for a in (p.address, *p.aliases))) for p in people)


def line(known: Known, directory: Directory, now: float) -> str:
    person, roles = known.person, "・".join(directory.role_names[role] for role in known.person.roles)
    state = "、".join(
        filter(
            None,
            (
                f"最終利用 {moment(known.last_used) or 'なし'}",
                f"{UNUSED_DAYS:.0f}日以上未利用" if known.unused(now) else "",
                f"期限 {person.until}" if person.until else "",
                "利用停止中" if person.suspended else "",
            ),
        )
    )
    return f"{person.name} <{person.address}> {person.attribute} {roles}: {state}"


class Certification:
    def __init__(self, db: Db, clock: Clock, rungs: Rungs, days: float):
        """`days` between two sign-offs of a section; 0 = never by itself."""
        self._db, self._clock, self._rungs, self._days = db, clock, rungs, days

    async def due(self) -> tuple[Section, ...]:
        """Whose last one was asked for too long ago, and none is open."""
        return await self._db.read(self._due, self._clock.now())

    async def ask(self, sections: Sequence[str] = ()) -> tuple[Case, ...]:
        """Of these sections, or of those that are due; none twice at a time."""
        if not sections and not await self.due():
            return ()
        return await self._db.write(self._ask, tuple(sections), self._clock.now())

    async def sheet(self, section: str) -> Sheet:
        """The list as it is now."""
        now = self._clock.now()

        def op(conn: sa.Connection) -> Sheet:
            directory = book.read(conn)[1]
            sections = [s for s in directory.sections if section in ("", s.code, s.name)]
            rows = tuple(_row(known, s, directory, now) for s in sections for known in roster(conn, directory, s.code))
            return Sheet("ID一覧 (棚卸し)", (f"作成 {moment(now)}",), HEAD, rows)

        return await self._db.read(op)

    def _due(self, conn: sa.Connection, now: float) -> tuple[Section, ...]:
        if not self._days:
            return ()
        directory, known, before = book.read(conn)[1], _newest(conn), now - self._days * DAY
        staffed = {person.section for person in directory.people}
        if book.since(conn) > before:
            staffed -= {code for code in staffed if code not in known}  # the first import was a sign-off itself
        return tuple(s for s in directory.sections if s.code in staffed and _over(known.get(s.code), before))

    def _ask(self, conn: sa.Connection, sections: tuple[str, ...], now: float) -> tuple[Case, ...]:
        directory, known = book.read(conn)[1], _newest(conn)
        asked = (
            [s for s in directory.sections if s.code in sections or s.name in sections] if sections else self._due(conn, now)
        )
        fresh = [s for s in asked if s.code not in known or known[s.code].stage is not Stage.WANTED]
        return tuple(ledger.open_case(conn, self._opening(conn, s, directory, now), None, now) for s in fresh)

    def _opening(self, conn: sa.Connection, section: Section, directory: Directory, now: float) -> Opening:
        people = roster(conn, directory, section.code)
        unused = sum(known.unused(now) for known in people)
        return Opening(
            kind=Kind.CERTIFICATION,
            stage=Stage.WANTED,
            applicant="",
            subject=f"IDの棚卸し: {section.name} ({len(people)} 件、うち未利用 {unused} 件)",
            reason="それぞれのIDが今も必要で、種類と役割が正しいことを確認し、変えるものがあれば記入してください。",
            rungs=self._rungs,
            section=section.code,
            details=Details(findings=tuple(line(known, directory, now) for known in people)),
        )


async def confirm(
    workflow: Workflow, number: int, actor: str, reason: str, changes: Sequence[str], approvers: Rungs, via: str = ""
) -> tuple[Case, ...]:
    """The sign-off, and a case for each change that it proposes."""
    said = f"{reason.strip()}{' 変更: ' + '、'.join(changes) if changes else ' 変更なし'}" if reason.strip() else ""
    done = await workflow.act(number, Act.CLOSE, actor, said, via)
    proposed = [opening.change(f"名簿の変更: {change}", actor, f"棚卸し {done.id}: {reason}", approvers) for change in changes]
    return tuple([await workflow.open(each) for each in proposed])


def _row(known: Known, section: Section, directory: Directory, now: float) -> tuple[str, ...]:
    person, roles = known.person, "・".join(directory.role_names[role] for role in known.person.roles)
    unused = f"{UNUSED_DAYS:.0f}日以上" if known.unused(now) else ""
    return (section.name, person.name, person.address, person.attribute, roles, moment(known.last_used) or "なし", unused)


def _newest(conn: sa.Connection) -> dict[str, Case]:
    """By section, the case that was asked for last."""
    cases = ledger.select(conn, (Kind.CERTIFICATION,), limit=10_000)
    return {case.opening.section: case for case in reversed(cases)}


def _over(case: Case | None, before: float) -> bool:
    return case is None or (case.stage is not Stage.WANTED and case.opened_at < before)
