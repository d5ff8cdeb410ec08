"""Improvement plans in the store: entered on the console or by a CSV, taken up by each later self-inspection (AU-02).

Operations inside a transaction; each change is journalled with its author.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import sqlalchemy as sa

from gateway import journal
from gateway.compliance.model import Plan
from gateway.compliance.schema import improvement


def plans(conn: sa.Connection, profile: str) -> dict[str, Plan]:
    """By requirement."""
    rows = conn.execute(sa.select(improvement).where(improvement.c.profile == profile))
    return {row.requirement: Plan(row.measure, row.owner, row.due) for row in rows}


def enter(conn: sa.Connection, profile: str, wanted: Mapping[str, Plan], actor: str, now: float) -> None:
    """What is as it was before is no change."""
    known = plans(conn, profile)
    for requirement, plan in wanted.items():
        if plan != known.get(requirement, Plan()):
            this = sa.and_(improvement.c.profile == profile, improvement.c.requirement == requirement)
            conn.execute(improvement.delete().where(this))
            conn.execute(improvement.insert().values(profile=profile, requirement=requirement, **asdict(plan)))
            event = journal.ImprovementPlanned(actor=actor, profile=profile, requirement=requirement, **asdict(plan))
            journal.insert(conn, (event,), now)
