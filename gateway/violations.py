"""Who broke which rule how often, with masked evidence; and the notice of it to the head of the section (IN-05).

Read from the journal: outbound mail that a rule stopped, or whose recipients had to be hidden.  From the number that the policy
sets, a case of the workflow goes to whoever answers for the person; it is acknowledged, and closed with the measure taken.
Reads; only `ViolationNotices.send` opens cases.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.directory import Directory, book
from gateway.model import Direction, Disposition, Sign
from gateway.paper import Sheet, moment
from gateway.policy.observing import Violating
from gateway.store.db import Db
from gateway.store.schema import journal as sealed
from gateway.store.schema import journal_pending, message
from gateway.workflow import ledger
from gateway.workflow.model import Case, Details, Kind, Opening, Rungs, Stage

DAY = 86_400.0
STOPPED = frozenset({Disposition.REJECT, Disposition.HOLD, Disposition.DELETE})
_KINDS = (journal.Decided.kind(), journal.RecipientsHidden.kind())
_EXAMPLES = 3  # of evidence, for each rule, in a letter


@dataclass(frozen=True, slots=True)
class Hit:
    """One mail that met one rule."""

    rule: str
    clauses: str
    at: float  # Unix time
    receipt: str
    evidence: tuple[str, ...]  # sign, count and masked evidence, as the observers wrote them


@dataclass(frozen=True, slots=True)
class Violator:
    address: str
    name: str
    section: str  # its name; "" = not in the directory
    hits: tuple[Hit, ...]  # oldest first

    @property
    def counted(self) -> Counter[str]:
        return Counter(hit.rule for hit in self.hits)


def violators(conn: sa.Connection, ask: Violating, since: float, until: float) -> tuple[Violator, ...]:
    """Most hits first."""
    directory, found = book.read(conn)[1], defaultdict[str, list[Hit]](list)
    for sender, hit in _hits(conn, ask, since, until):
        person = directory.person(sender)
        found[person.address if person else sender.lower()].append(hit)
    each = (_violator(directory, address, hits) for address, hits in found.items())
    return tuple(sorted(each, key=lambda v: (-len(v.hits), v.address)))


def _violator(directory: Directory, address: str, hits: Sequence[Hit]) -> Violator:
    person = directory.person(address)
    section = directory.section(person.section) if person else None
    return Violator(address, person.name if person else "", section.name if section else "", tuple(hits))


def _hits(conn: sa.Connection, ask: Violating, since: float, until: float) -> list[tuple[str, Hit]]:
    """A mail that is judged again by the same rule has still met it once."""
    found: dict[tuple[str, str], tuple[str, Hit]] = {}
    for table in (sealed, journal_pending):
        about = sa.select(table.c.at, table.c.kind, table.c.entry, message.c.id, message.c.receipt, message.c.sender)
        joined = about.join(message, table.c.item == message.c.id).where(
            *(message.c.kind == "mail", message.c.direction == Direction.OUTBOUND, message.c.sender != ""),
            *(table.c.kind.in_(_KINDS), table.c.at >= since, table.c.at < until),
        )
        for row in conn.execute(joined.order_by(table.c.at)):
            facts = json.loads(row.entry)
            stopped = row.kind == journal.RecipientsHidden.kind() or facts["disposition"] in STOPPED
            if stopped and facts["rule"] not in ask.excepted:
                clauses, signs = " ".join(facts.get("clauses", ())), tuple(facts.get("signs", ()))
                hit = Hit(facts["rule"], clauses, row.at, row.receipt, signs)
                found.setdefault((row.id, hit.rule), (row.sender, hit))
    return sorted(found.values(), key=lambda each: each[1].at)


def summary(violator: Violator, names: dict[Sign, str]) -> tuple[str, ...]:
    """A few lines for a letter: each rule, how often, when last, and what was seen."""
    lines = []
    for rule, number in violator.counted.most_common():
        hits = [hit for hit in violator.hits if hit.rule == rule]
        lines.append(f"規則 {rule} ({hits[-1].clauses or 'なし'}): {number} 件、最近 {moment(hits[-1].at)}")
        for hit in hits[-_EXAMPLES:]:
            lines.append(f"  {hit.receipt} {'、'.join(_named(sign, names) for sign in hit.evidence) or '(宛先・添付による)'}")
    return tuple(lines)


def _named(evidence: str, names: dict[Sign, str]) -> str:
    """`telephone 21 03-****` as a person reads it."""
    sign, _, rest = evidence.partition(" ")
    return f"{names.get(Sign(sign), sign) if sign in set(Sign) else sign} {rest}".strip()


def sheet(found: Sequence[Violator], names: dict[Sign, str], since: float, until: float) -> Sheet:
    rows = tuple(_row(v, rule, number, names) for v in found for rule, number in v.counted.most_common())
    head = ("所属", "氏名", "アドレス", "規則", "件数", "最近", "受付番号", "見えたもの (伏せ字)")
    return Sheet("違反の集計", (f"期間: {moment(since)} から {moment(until)} まで",), head, rows)


def _row(violator: Violator, rule: str, number: int, names: dict[Sign, str]) -> tuple[str, ...]:
    last = next(hit for hit in reversed(violator.hits) if hit.rule == rule)
    seen = "、".join(_named(each, names) for each in last.evidence)
    who = (violator.section, violator.name, violator.address)
    return (*who, rule, str(number), moment(last.at), last.receipt, seen)


class ViolationNotices:
    """To the heads of the sections, once for each person and occasion."""

    def __init__(self, db: Db, clock: Clock, ask: Violating, rungs: Rungs, names: dict[Sign, str]):
        self._db, self._clock, self._ask, self._rungs, self._names = db, clock, ask, rungs, names

    async def due(self) -> tuple[Violator, ...]:
        """Who reached the number since the last notice about it."""
        return await self._db.read(self._due, self._clock.now())

    async def send(self) -> tuple[Case, ...]:
        """The cases that were opened; their letters are the workflow's.  Nobody's mail waits while a month is counted."""
        return await self._db.write(self._open, self._clock.now()) if await self.due() else ()

    def _due(self, conn: sa.Connection, now: float) -> tuple[Violator, ...]:
        if not self._ask.count:
            return ()
        found = []
        for violator in violators(conn, self._ask, now - self._ask.days * DAY, now + 1):
            known = ledger.select(conn, (Kind.VIOLATION,), applicant=violator.address, limit=1)
            if known and known[0].stage is Stage.REPORTED:
                continue  # nobody has acknowledged the last one yet
            last = known[0].opened_at if known else 0.0
            fresh = tuple(hit for hit in violator.hits if hit.at > last)
            if len(fresh) >= self._ask.count:
                found.append(Violator(violator.address, violator.name, violator.section, fresh))
        return tuple(found)

    def _open(self, conn: sa.Connection, now: float) -> tuple[Case, ...]:
        return tuple(ledger.open_case(conn, self._opening(violator), None, now) for violator in self._due(conn, now))

    def _opening(self, violator: Violator) -> Opening:
        return Opening(
            kind=Kind.VIOLATION,
            stage=Stage.REPORTED,
            applicant=violator.address,
            subject=f"規程違反の通知: {violator.name or violator.address} ({len(violator.hits)} 件)",
            reason=f"{self._ask.days:g} 日間に {self._ask.count} 件以上の違反がありました。措置を記録してください。",
            rungs=self._rungs,
            details=Details(findings=summary(violator, self._names)),
        )
