"""How often what happened, by hour: one row for each kind of fact and label, counted by the journal's sealer.

Each sealed event counts exactly once, in the transaction that seals it, whichever process wrote it: so a chart and a monthly
report read a few hundred rows however many events there are.  Labels come from closed sets or from the policy, never from a
mail.  What the numbers look like is not here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.store.schema import metadata

HOUR = 3_600
_LABEL = 80  # characters: a rule's or an alarm's name is shorter

# How each kind of fact is called when counted, and which of its fields is the label; the others count by their kind alone.
LABELS = {"received": "direction", "held": "rule", "alarm": "name", "released": "grant", "self_tested": "passed"}

tally = sa.Table(
    "tally",
    metadata,
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),  # Unix time of its beginning
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("label", sa.String(_LABEL), primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Count:
    hour: int
    name: str
    label: str
    count: int


def of(kind: str, facts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and label of everything that one event counts for."""
    yield kind, str(facts.get(LABELS[kind], ""))[:_LABEL] if kind in LABELS else ""
    if kind == "decided":
        yield "disposition", str(facts["disposition"])
        yield "verdict", str(facts["verdict"]).lower()
        for found in facts["found"]:  # "3 macro removed": mails count, not parts
            yield "finding", str(found).partition(" ")[2][:_LABEL]


def add(conn: sa.Connection, events: Iterable[tuple[float, str, bytes]]) -> None:
    """`events`: time, kind, entry as sealed."""
    counted = Counter(
        (int(at) // HOUR * HOUR, name, label) for at, kind, entry in events for name, label in of(kind, json.loads(entry))
    )
    for (hour, name, label), count in counted.items():
        this = (tally.c.hour == hour) & (tally.c.name == name) & (tally.c.label == label)
        if not conn.execute(tally.update().where(this).values(count=tally.c.count + count)).rowcount:
            conn.execute(tally.insert().values(hour=hour, name=name, label=label, count=count))


def between(conn: sa.Connection, since: float, until: float) -> list[Count]:
    """Hour by hour; whole hours, the one that `since` is in included."""
    query = sa.select(tally).where(tally.c.hour >= int(since) // HOUR * HOUR, tally.c.hour < until).order_by(tally.c.hour)
    return [Count(*row) for row in conn.execute(query)]


def totals(counts: Iterable[Count], name: str) -> Counter[str]:
    """By label."""
    found: Counter[str] = Counter()
    for each in counts:
        if each.name == name:
            found[each.label] += each.count
    return found
