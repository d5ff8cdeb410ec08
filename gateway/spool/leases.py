"""Who works on which job: claim, renew, take back.  One column says when a job may be touched (scale.md 3.3).

The token goes up when a lease begins and when it ends in order; whoever holds an old one has lost the lease (LostLease) and
changes nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gateway.cutoff import register
from gateway.model import Grant, Lease, Work
from gateway.spool.acceptance import read_item
from gateway.store.schema import job, recipient
from gateway.store.values import load

TOO_FAR = 86_400.0  # seconds: no retry and no lease lies further ahead; what does was written by a clock since set back

# made once: building a statement costs more than running it, and every step claims twice
_CONCERNED = sa.select(recipient.c.address).where(recipient.c.job == sa.bindparam("number"))
_READY = (
    sa.select(job)
    .where(
        job.c.work == sa.bindparam("work"),
        job.c.owner.is_(None),
        job.c.frozen.is_(sa.false()),
        job.c.visible_at <= sa.bindparam("now"),
    )
    .order_by(job.c.visible_at)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True)
)
_TAKE = (
    job.update()
    .where(job.c.id.in_(sa.bindparam("jobs", expanding=True)))
    .values(owner=sa.bindparam("by"), visible_at=sa.bindparam("until"), token=job.c.token + 1)
)
_OURS = sa.select(job.c.id).where(job.c.id == sa.bindparam("number"), job.c.token == sa.bindparam("held")).with_for_update()


class LostLease(Exception):
    """Another process took this job over; its result counts."""


def claim(conn: sa.Connection, owner: str, work: Work, limit: int, until: float, now: float) -> list[Lease]:
    halts = register.active(conn)
    ready = _READY.where(~register.stopped(halts)) if halts else _READY
    rows = conn.execute(ready, {"work": work, "now": now, "most": limit}).all()
    if rows:
        conn.execute(_TAKE, {"jobs": [row.id for row in rows], "by": owner, "until": until})
    leases = []
    for row in rows:
        item = read_item(conn, row.message, conn.scalars(_CONCERNED, {"number": row.id}).all(), row.attempts)
        grant = load(Grant, row.grant_json) if row.grant_json else None
        leases.append(Lease(row.id, row.token + 1, work, item, row.cleared or 0, until, row.deaths, grant))
    return leases


def renew(conn: sa.Connection, leases: Sequence[Lease], until: float) -> set[int]:
    """The jobs that are still ours."""
    ours = _still_ours(conn, leases)
    conn.execute(job.update().where(job.c.id.in_(ours), job.c.owner.is_not(None)).values(visible_at=until))
    return ours


def give_back(conn: sa.Connection, leases: Sequence[Lease]) -> None:
    """An orderly stop: back to the old place, no death; the lease is used up."""
    values = {"owner": None, "visible_at": job.c.due_at, "token": job.c.token + 1}
    conn.execute(job.update().where(job.c.id.in_(_still_ours(conn, leases))).values(values))


def reap(conn: sa.Connection, now: float) -> int:
    """Leases that ran out go back to their old place in the queue, with one death more."""
    lost = sa.and_(job.c.owner.is_not(None), sa.or_(job.c.visible_at <= now, job.c.visible_at > now + TOO_FAR))
    values = {"owner": None, "visible_at": job.c.due_at, "deaths": job.c.deaths + 1}
    reaped = conn.execute(job.update().where(lost).values(values)).rowcount
    ahead = sa.and_(job.c.owner.is_(None), job.c.visible_at > now + TOO_FAR)
    conn.execute(job.update().where(ahead).values(visible_at=now, due_at=now))
    return reaped


def fence(conn: sa.Connection, lease: Lease) -> None:
    """Raises LostLease."""
    if conn.execute(_OURS, {"number": lease.job, "held": lease.token}).one_or_none() is None:
        raise LostLease(f"job {lease.job} of {lease.item.id}")


def _still_ours(conn: sa.Connection, leases: Sequence[Lease]) -> set[int]:
    held = {lease.job: lease.token for lease in leases}
    rows = conn.execute(sa.select(job.c.id, job.c.token).where(job.c.id.in_(held)).with_for_update())
    return {row.id for row in rows if row.token == held[row.id]}
