"""How cases are decided: by whom, how fast, how often in less time than reading takes (C7); and how many of each kind.

The time of a decision runs from the approver's last look at the case, or, without one, from when it was asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import sqlalchemy as sa

from gateway.workflow.model import Act, Kind, Stage
from gateway.workflow.schema import case, step

HASTY = 5.0  # seconds: nobody reads a mail with attachments in less
DECISIONS = (Act.APPROVE, Act.RETURN, Act.DENY, Act.RATIFY)


@dataclass(frozen=True, slots=True)
class Deciding:
    """One approver."""

    actor: str
    decided: int
    approved: int
    hasty: int  # within HASTY seconds
    median_seconds: float


@dataclass(frozen=True, slots=True)
class Statistics:
    deciding: tuple[Deciding, ...]  # the hastiest first
    cases: tuple[tuple[Kind, Stage, int], ...]


def statistics(conn: sa.Connection, since: float) -> Statistics:
    taken: dict[str, list[tuple[Act, float]]] = defaultdict(list)
    for actor, act, seconds in _decisions(conn, since):
        taken[actor].append((act, seconds))
    deciding = [
        Deciding(
            actor,
            len(each),
            sum(act in (Act.APPROVE, Act.RATIFY) for act, _ in each),
            sum(seconds < HASTY for _, seconds in each),
            median(seconds for _, seconds in each),
        )
        for actor, each in taken.items()
    ]
    counted = sa.select(case.c.kind, case.c.stage, sa.func.count()).where(case.c.opened_at >= since)
    rows = conn.execute(counted.group_by(case.c.kind, case.c.stage).order_by(case.c.kind, case.c.stage))
    return Statistics(
        tuple(sorted(deciding, key=lambda d: (-d.hasty / d.decided, d.actor))),
        tuple((Kind(kind), Stage(stage), count) for kind, stage, count in rows),
    )


def _decisions(conn: sa.Connection, since: float) -> Iterator[tuple[str, Act, float]]:
    """Actor, act, seconds."""
    asked: dict[int, float] = {}
    looked: dict[tuple[int, str], float] = {}
    concerned = sa.select(step.c.case).where(step.c.at >= since)
    for row in conn.execute(sa.select(step).where(step.c.case.in_(concerned)).order_by(step.c.id)):
        if row.act == Act.VIEW:
            looked[row.case, row.actor] = row.at
        elif row.act in DECISIONS and row.at >= since:
            yield row.actor, Act(row.act), row.at - looked.get((row.case, row.actor), asked.get(row.case, row.at))
        elif row.act in (Act.OPEN, Act.RESUBMIT):
            asked[row.case] = row.at
