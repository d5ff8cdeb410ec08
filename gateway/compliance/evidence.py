"""What the journal has on each subject, in one walk over it: by kind of entry, by requirement cited, by alarm, by case.

Only sealed entries count: their numbers can be shown to an auditor.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from gateway.compliance.model import Evidence
from gateway.store.schema import journal

SHOWN = 3  # entry numbers of each subject
_READ = ("alarm", "case_step", "decided")  # kinds whose words are looked at


def evidence(conn: sa.Connection, since: float) -> dict[str, Evidence]:
    """By subject: `relayed`, `clause:SD-01`, `alarm:signatures`, `case:incident`, `act:step`."""
    counts, last = defaultdict[str, int](int), dict[str, float]()
    newest: defaultdict[str, deque[int]] = defaultdict(lambda: deque(maxlen=SHOWN))
    columns = (journal.c.seq, journal.c.at, journal.c.kind, journal.c.entry)
    for row in conn.execute(sa.select(*columns).where(journal.c.at >= since).order_by(journal.c.seq)).yield_per(1_000):
        for subject in _subjects(row.kind, row.entry):
            counts[subject] += 1
            last[subject] = row.at
            newest[subject].append(row.seq)
    return {subject: Evidence(count, last[subject], tuple(newest[subject])) for subject, count in counts.items()}


def together(found: Mapping[str, Evidence], subjects: tuple[str, ...]) -> Evidence:
    """Several subjects as one; an entry that belongs to two is counted with the first that names it only if they differ."""
    each = [found[subject] for subject in dict.fromkeys(subjects) if subject in found]
    entries = sorted({number for one in each for number in one.entries})[-SHOWN:]
    return Evidence(sum(one.count for one in each), max((one.last for one in each), default=0.0), tuple(entries))


def _subjects(kind: str, entry: bytes) -> Iterator[str]:
    yield kind
    if kind not in _READ:
        return
    facts = json.loads(entry)
    if kind == "decided":
        yield from (f"clause:{clause}" for clause in facts["clauses"])
    elif kind == "alarm":
        yield f"alarm:{facts['name']}"
    else:
        yield f"case:{facts['machine']}"
        yield f"act:{facts['act']}"
