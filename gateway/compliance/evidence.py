"""What the journal has on each subject, in one walk over it: by kind of entry, by requirement cited, by alarm, by case.

Only sealed entries count: their numbers can be shown to an auditor.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa

from gateway.compliance.model import Evidence
from gateway.store.schema import journal

SHOWN = 3  # entry numbers of each subject
_READ = ("alarm", "case_step", "decided")  # kinds whose words are looked at


def evidence(conn: sa.Connection, since: float, until: float | None = None) -> dict[str, Evidence]:
    """By subject: `relayed`, `clause:SD-01`, `alarm:signatures`, `case:incident`, `act:step`."""
    counts, last = defaultdict[str, int](int), dict[str, float]()
    newest: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=SHOWN))
    for row in _entries(conn, since, until):
        for subject in _subjects(row.kind, row.entry):
            counts[subject] += 1
            last[subject] = row.at
            newest[subject].append(row.seq)
    return {subject: Evidence(count, last[subject], tuple(newest[subject])) for subject, count in counts.items()}


def events_of(conn: sa.Connection, subjects: Collection[str], since: float, until: float) -> tuple[int, ...]:
    """Which entries they are."""
    return tuple(row.event for row in _entries(conn, since, until) if not _subjects(row.kind, row.entry).isdisjoint(subjects))


def _entries(conn: sa.Connection, since: float, until: float | None) -> sa.CursorResult[Any]:
    columns = (journal.c.seq, journal.c.event, journal.c.at, journal.c.kind, journal.c.entry)
    period = (journal.c.at >= since, *((journal.c.at < until,) if until is not None else ()))
    return conn.execute(sa.select(*columns).where(*period).order_by(journal.c.seq)).yield_per(1_000)


def together(found: Mapping[str, Evidence], subjects: tuple[str, ...]) -> Evidence:
    """Several subjects as one; an entry that belongs to two is counted with the first that names it only if they differ."""
    each = [found[subject] for subject in dict.fromkeys(subjects) if subject in found]
    entries = sorted({number for one in each for number in one.entries})[-SHOWN:]
    return Evidence(sum(one.count for one in each), max((one.last for one in each), default=0.0), tuple(entries))


def _subjects(kind: str, entry: bytes) -> frozenset[str]:
    if kind not in _READ:
        return frozenset((kind,))
    facts = json.loads(entry)
    if kind == "decided":
        return frozenset((kind, *(f"clause:{clause}" for clause in facts["clauses"])))
    if kind == "alarm":
        return frozenset((kind, f"alarm:{facts['name']}"))
    return frozenset((kind, f"case:{facts['machine']}", f"act:{facts['act']}"))
