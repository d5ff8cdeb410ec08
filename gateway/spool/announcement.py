"""Mails of our own that no mail caused: written once for each occasion, however often and by however many it is tried."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gateway.model import Authored
from gateway.spool.acceptance import author
from gateway.spool.contents import Kept
from gateway.store.schema import metadata

announcement = sa.Table(
    "announcement",
    metadata,
    sa.Column("occasion", sa.Text, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
)


def announced(conn: sa.Connection, occasion: str) -> bool:
    return bool(conn.scalar(sa.select(sa.exists().where(announcement.c.occasion == occasion))))


def last(conn: sa.Connection, kind: str) -> float:
    """When an occasion whose name begins with `kind` was last announced; 0.0 = never."""
    query = sa.select(sa.func.max(announcement.c.at)).where(announcement.c.occasion.startswith(kind, autoescape=True))
    return conn.scalar(query) or 0.0


def announce(conn: sa.Connection, occasion: str, notes: Sequence[tuple[Authored, Kept]], now: float) -> bool:
    """False when it was announced before."""
    if announced(conn, occasion):
        return False
    conn.execute(announcement.insert().values(occasion=occasion, at=now))
    for note, kept in notes:
        author(conn, note, kept, now)
    return True
