"""What may not be destroyed while somebody looks into it: a legal hold on a mail, wherever its copies are (LG-11, DS-01).

Retention asks here before it disposes of an original; what waits in quarantine is kept as well.  Operations inside a
transaction.  A hold ends by hand, with a reason.  Raises LookupError (no hold on it).
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gateway import journal
from gateway.model import QuarantineState
from gateway.store.schema import message, metadata, quarantine

preserved = sa.Table(
    "preserved",
    metadata,
    sa.Column("message", sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)


def is_preserved() -> sa.ColumnElement[bool]:
    """Of a row of `message`: a legal hold is on it, or on its place in quarantine."""
    kept = sa.exists().where(quarantine.c.message == message.c.id, quarantine.c.kept_by != "")
    return sa.or_(sa.exists().where(preserved.c.message == message.c.id), kept)


def preserve(conn: sa.Connection, items: Sequence[str], actor: str, reason: str, now: float) -> int:
    """How many were not under a hold before."""
    known = set(conn.scalars(sa.select(preserved.c.message).where(preserved.c.message.in_(items))))
    fresh = [item for item in dict.fromkeys(items) if item not in known]
    for item in fresh:
        conn.execute(preserved.insert().values(message=item, at=now, actor=actor, reason=reason))
        held = sa.and_(quarantine.c.message == item, quarantine.c.state == QuarantineState.HELD, quarantine.c.kept_by == "")
        conn.execute(quarantine.update().where(held).values(kept_by=actor))
    journal.insert(conn, [journal.Kept(item=item, actor=actor, reason=reason, kept=True) for item in fresh], now)
    return len(fresh)


def let_go(conn: sa.Connection, item: str, actor: str, reason: str, now: float) -> None:
    """What somebody else keeps in quarantine stays kept."""
    by = conn.scalar(sa.select(preserved.c.actor).where(preserved.c.message == item))
    if by is None:
        raise LookupError(f"no legal hold is on {item}")
    conn.execute(preserved.delete().where(preserved.c.message == item))
    own = sa.and_(quarantine.c.message == item, quarantine.c.kept_by == by)
    conn.execute(quarantine.update().where(own).values(kept_by=""))
    journal.insert(conn, [journal.Kept(item=item, actor=actor, reason=reason, kept=False)], now)
