"""抜き取り: n decisions of a period, drawn so that anybody can draw the same ones again (AU-01).

Each sealed decision that fits has a rank, SHA-256 of seed and entry number, and the n lowest are the sample: neither this
program's random numbers nor the order of a database decide, and a larger n only adds.  What was asked, from how many, of how
large a journal, and which entries it gave is itself an entry; a sample is read back from there.  No contents of any mail.
Raises LookupError (no such sample), ValueError (nothing fits, or more asked than one sample holds).
"""

from __future__ import annotations

import hashlib
import heapq
import json
import math
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from gateway import journal
from gateway.clock import days
from gateway.evidence.trace import MOST, Trace, trace_in
from gateway.journal import Entry, Query, reading
from gateway.model import Direction, Disposition
from gateway.store.opening import Store
from gateway.store.schema import journal as sealed
from gateway.store.schema import journal_head, journal_pending
from gateway.words import Words
from gateway.workflow import ledger
from gateway.workflow.model import Act
from sanitizers.model import Verdict

LARGEST = 200  # decisions of one sample: each comes with all that happened to its mail
ANY = "any"


@dataclass(frozen=True, slots=True)
class Sort:
    """What one sort of decision is in the journal: a kind of entry, and the value of one of its facts."""

    words: Words
    kind: str
    fact: str = ""
    value: str = ""


SORTS: Mapping[str, Sort] = {
    "deliver": Sort(Words("規則による配送", "Delivered by a rule"), "decided", "disposition", Disposition.DELIVER),
    "hold": Sort(Words("規則による保留", "Held by a rule"), "decided", "disposition", Disposition.HOLD),
    "await_password": Sort(Words("パスワード待ち", "Awaits a password"), "decided", "disposition", Disposition.AWAIT_PASSWORD),
    "await_approval": Sort(Words("承認待ち", "Awaits approval"), "decided", "disposition", Disposition.AWAIT_APPROVAL),
    "delay": Sort(Words("送信待ち", "Delayed"), "decided", "disposition", Disposition.DELAY),
    "delete": Sort(Words("規則による削除", "Deleted by a rule"), "decided", "disposition", Disposition.DELETE),
    "reject": Sort(Words("差出人への返送", "Returned to the sender"), "decided", "disposition", Disposition.REJECT),
    "refused": Sort(Words("受付拒否", "Refused before acceptance"), "refused"),
    "released": Sort(Words("保留の解除", "Released from quarantine"), "released"),
    "deleted": Sort(Words("職員による削除", "Deleted by hand"), "deleted"),
    "expired": Sort(Words("期限切れ", "Expired in quarantine"), "expired"),
    "approved": Sort(Words("承認", "Approved"), "case_step", "act", Act.APPROVE),
    "denied": Sort(Words("却下", "Denied"), "case_step", "act", Act.DENY),
}


@dataclass(frozen=True, slots=True)
class Sought:
    first: date
    last: date  # a whole day as well
    count: int
    seed: str
    sort: str = ANY  # of SORTS
    direction: str = ""  # of the mail; "" = does not matter
    verdict: str = ""  # of a decision by the rules

    @property
    def period(self) -> tuple[float, float]:
        return days(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Sample:
    sought: Sought
    size: int  # entries of the journal that it was drawn from
    population: int
    drawn: tuple[int, ...]  # numbers of entries, in the order of the journal


@dataclass(frozen=True, slots=True)
class Taken:
    """A sample as the journal has it."""

    number: int
    at: float  # Unix time
    actor: str
    purpose: str
    sample: Sample


@dataclass(frozen=True, slots=True)
class Decision:
    """One that was drawn, with its full trace."""

    entry: Entry
    trace: Trace | None  # None: of no mail that was accepted
    events: tuple[Entry, ...]  # of its mail or case, oldest first


def a_seed() -> str:
    return secrets.token_hex(8)


def sought(values: Mapping[str, str]) -> Sought:
    """As somebody typed it; "" = not given.  Raises ValueError: the field that is wrong."""

    def one_of(name: str, known: frozenset[str]) -> str:
        if (value := values.get(name, "")) not in known:
            raise ValueError(name)
        return value

    try:
        first, last = date.fromisoformat(values["first"]), date.fromisoformat(values["last"])
    except (KeyError, ValueError):
        raise ValueError("period") from None
    days(first, last)
    count = values.get("count", "")
    if not (count.isascii() and count.isdecimal() and 1 <= int(count[:9]) <= LARGEST):
        raise ValueError("count")
    return Sought(
        first=first,
        last=last,
        count=int(count),
        seed=values.get("seed", "").strip()[:64] or a_seed(),
        sort=one_of("sort", frozenset((ANY, *SORTS))),
        direction=one_of("direction", frozenset(("", *Direction))),
        verdict=one_of("verdict", frozenset(("", *(each.name for each in Verdict)))),
    )


def draw(conn: sa.Connection, wanted: Sought, size: int | None = None) -> Sample:
    """`size` of an earlier sample gives that one again, however much came since."""
    size = size if size is not None else conn.scalar(sa.select(journal_head.c.size)) or 0
    population = 0

    def ranked() -> Iterator[tuple[bytes, int]]:
        nonlocal population
        for number in _fitting(conn, wanted, size):
            population += 1
            yield hashlib.sha256(f"{wanted.seed}:{number}".encode()).digest(), number

    lowest = heapq.nsmallest(wanted.count, ranked())
    return Sample(wanted, size, population, tuple(sorted(number for _, number in lowest)))


def is_same(conn: sa.Connection, sample: Sample) -> bool:
    """Drawn again, it is what it was."""
    return draw(conn, sample.sought, sample.size) == sample


def _fitting(conn: sa.Connection, wanted: Sought, size: int) -> Iterator[int]:
    """By the sealed entries alone: a mail's direction is read from the entry of its reception."""
    sorts = list(SORTS.values()) if wanted.sort == ANY else [SORTS[wanted.sort]]
    reception = sealed.alias("reception")
    joined = sealed.outerjoin(reception, sa.and_(reception.c.item == sealed.c.item, reception.c.kind == "received"))
    since, until = wanted.period
    kinds = {each.kind for each in sorts}
    where = (sealed.c.kind.in_(kinds), sealed.c.seq < size, sealed.c.at >= since, sealed.c.at < until)
    columns = (sealed.c.seq, sealed.c.kind, sealed.c.entry, reception.c.entry.label("reception"))
    for row in conn.execute(sa.select(*columns).select_from(joined).where(*where).order_by(sealed.c.seq)).yield_per(1_000):
        facts = json.loads(row.entry)
        if wanted.verdict and facts.get("verdict") != wanted.verdict:
            continue
        if wanted.direction and (row.reception is None or json.loads(row.reception)["direction"] != wanted.direction):
            continue
        if any(each.kind == row.kind and (not each.fact or facts[each.fact] == each.value) for each in sorts):
            yield row.seq


async def take(store: Store, wanted: Sought, actor: str, purpose: str) -> Taken:
    """Draws from all that is sealed at this moment, and records it.  Sealing is the gateway's: it does so each second."""
    sample, now = await store.db.read(draw, wanted), store.clock.now()
    if not sample.drawn:
        raise ValueError("nothing")
    number = await store.db.write(_record, _event(sample, actor, purpose), now)
    return Taken(number, now, actor, purpose, sample)


def _event(sample: Sample, actor: str, purpose: str) -> journal.Sampled:
    wanted = sample.sought
    return journal.Sampled(
        actor=actor,
        purpose=purpose,
        first=wanted.first.isoformat(),
        last=wanted.last.isoformat(),
        asked=wanted.count,
        seed=wanted.seed,
        sort=wanted.sort,
        direction=wanted.direction,
        verdict=wanted.verdict,
        size=sample.size,
        population=sample.population,
        drawn=sample.drawn,
    )


def _record(conn: sa.Connection, event: journal.Sampled, now: float) -> int:
    journal.insert(conn, [event], now)
    return int(conn.scalar(sa.select(sa.func.max(journal_pending.c.id))) or 0)


def taken(conn: sa.Connection, number: int) -> Taken:
    """`number` is the journal's for the entry that says what was drawn."""
    for entry in reading.select(conn, Query(kind=journal.Sampled.kind(), before=number + 1), 1):
        if entry.event == number:
            return _read(entry)
    raise LookupError(f"no sample {number}")


def all_taken(conn: sa.Connection, limit: int) -> list[Taken]:
    """Newest first."""
    return [_read(entry) for entry in reading.select(conn, Query(kind=journal.Sampled.kind()), limit)]


def _read(entry: Entry) -> Taken:
    facts = dict(entry.facts)
    wanted = Sought(
        first=date.fromisoformat(facts["first"]),
        last=date.fromisoformat(facts["last"]),
        count=int(facts["asked"]),
        seed=facts["seed"],
        sort=facts["sort"],
        direction=facts["direction"],
        verdict=facts["verdict"],
    )
    drawn = tuple(int(each) for each in facts["drawn"].split(", "))
    return Taken(
        number=entry.event,
        at=entry.at,
        actor=facts["actor"],
        purpose=facts["purpose"],
        sample=Sample(wanted, int(facts["size"]), int(facts["population"]), drawn),
    )


def decisions(conn: sa.Connection, sample: Sample) -> tuple[Decision, ...]:
    """What was drawn, in the order of the journal."""
    rows = conn.execute(sa.select(sealed).where(sealed.c.seq.in_(sample.drawn)).order_by(sealed.c.seq)).all()
    return tuple(_traced(conn, entry) for entry in reading.entries(conn, rows))


def _traced(conn: sa.Connection, entry: Entry) -> Decision:
    if entry.item:
        try:
            found = trace_in(conn, entry.item)
        except LookupError:
            events = reading.select(conn, Query(item=entry.item), MOST)
            return Decision(entry, None, tuple(reversed(events)))
        return Decision(entry, found, found.events)
    if case := dict(entry.facts).get("case"):
        return Decision(entry, None, tuple(_of_case(conn, entry.kind, case)))
    return Decision(entry, None, (entry,))


def _of_case(conn: sa.Connection, kind: str, case: str) -> Iterator[Entry]:
    """The journal is not indexed by case, but each step of one tells the moment of its entry."""
    for at in sorted({step.at for step in ledger.history(conn, int(case))}):
        then = reading.select(conn, Query(kind=kind, since=at, until=math.nextafter(at, math.inf)), MOST)
        yield from (each for each in reversed(then) if dict(each.facts)["case"] == case)
