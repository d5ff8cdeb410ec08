"""How much room is left for contents, hour by hour, and when it will be used up at the pace of the last week (AVL-04)."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.store.schema import metadata

DAY = 86_400.0
WINDOW = 7 * DAY  # a week has every kind of day in it
LEAST = DAY  # with less than a day of samples a forecast would be a guess
FAR = 3_650.0  # days: beyond ten years the answer is "not"

disk_sample = sa.Table(
    "disk_sample",
    metadata,
    sa.Column("at", sa.Double, primary_key=True),
    sa.Column("free_bytes", sa.BigInteger, nullable=False),
)


def note(conn: sa.Connection, free_bytes: int, now: float) -> None:
    """One sample; those older than the window go."""
    conn.execute(disk_sample.delete().where((disk_sample.c.at < now - WINDOW) | (disk_sample.c.at == now)))
    conn.execute(disk_sample.insert().values(at=now, free_bytes=free_bytes))


def days_left(conn: sa.Connection, free_bytes: int, now: float) -> float | None:
    """By least squares; None when the room does not shrink, or too little is known."""
    rows = conn.execute(sa.select(disk_sample).where(disk_sample.c.at >= now - WINDOW)).all()
    if len(rows) < 2 or max(row.at for row in rows) - min(row.at for row in rows) < LEAST:
        return None
    middle, mean = sum(row.at for row in rows) / len(rows), sum(row.free_bytes for row in rows) / len(rows)
    spread = sum((row.at - middle) ** 2 for row in rows)
    slope = sum((row.at - middle) * (row.free_bytes - mean) for row in rows) / spread
    days = free_bytes / -slope / DAY if slope < 0 else FAR
    return round(days, 1) if days < FAR else None
