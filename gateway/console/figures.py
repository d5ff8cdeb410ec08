"""The numbers behind the dashboard: what came, went and was held in a span of time, and what waits now.

Read from the hourly tally and from indexes only, so that a year of mail costs as much as a day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway import tally
from gateway.clock import JST
from gateway.model import Direction, QuarantineState
from gateway.store.schema import quarantine
from gateway.words import Words

_JAPAN = 9 * tally.HOUR  # a day begins at midnight in Japan
_TOP = 8


@dataclass(frozen=True, slots=True)
class Span:
    name: Words
    bucket: int  # seconds
    places: int
    form: str  # strftime of a bucket's beginning


SPANS = {
    "day": Span(Words("24時間", "24 hours"), tally.HOUR, 24, "%-H:00"),
    "week": Span(Words("7日間", "7 days"), 6 * tally.HOUR, 28, "%-m/%-d %-H:00"),
    "month": Span(Words("31日間", "31 days"), 24 * tally.HOUR, 31, "%-m/%-d"),
}


@dataclass(frozen=True, slots=True)
class Figures:
    places: tuple[str, ...]  # names of the buckets, the present one last
    received: dict[Direction, tuple[int, ...]]
    held: tuple[int, ...]
    totals: dict[str, int]  # by kind of fact
    verdicts: tuple[tuple[str, int], ...]
    findings: tuple[tuple[str, int], ...]
    rules: tuple[tuple[str, int], ...]  # that held mail
    alarms: tuple[tuple[str, int], ...]
    waiting: int  # held now
    oldest_held: float | None  # Unix time


def figures(conn: sa.Connection, span: Span, now: float) -> Figures:
    first = (int(now) + _JAPAN) // span.bucket - span.places + 1
    since = first * span.bucket - _JAPAN
    counts = tally.between(conn, since, now)
    beginnings = [since + place * span.bucket for place in range(span.places)]

    def row(name: str, label: str | None = None) -> tuple[int, ...]:
        values = [0] * span.places
        for each in counts:
            if each.name == name and label in (None, each.label):
                values[(each.hour - since) // span.bucket] += each.count
        return tuple(values)

    held = quarantine.c.state == QuarantineState.HELD
    waiting, oldest = conn.execute(sa.select(sa.func.count(), sa.func.min(quarantine.c.held_at)).where(held)).one()
    return Figures(
        places=tuple(datetime.fromtimestamp(at, JST).strftime(span.form) for at in beginnings),
        received={direction: row("received", direction) for direction in Direction},
        held=row("held"),
        totals={name: tally.totals(counts, name).total() for name in ("received", "relayed", "held", "bounced", "refused")},
        verdicts=_most(counts, "verdict"),
        findings=_most(counts, "finding"),
        rules=_most(counts, "held"),
        alarms=_most(counts, "alarm"),
        waiting=waiting,
        oldest_held=oldest,
    )


def _most(counts: Sequence[tally.Count], name: str) -> tuple[tuple[str, int], ...]:
    return tuple(tally.totals(counts, name).most_common(_TOP))
