"""What may be destroyed: originals of finished mails after their retention, and files that no row names (I8).

The row lets go first and the file is unlinked afterwards: a crash leaves an orphan for the next round, never a row without
its file.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from gateway import catalogue, journal
from gateway.incident.preservation import is_preserved
from gateway.store.schema import cleared, message

BATCH = 100  # originals in one transaction, so that accepting never waits long behind it
ORPHAN_SECONDS = 3_600.0  # a content is named by its row within seconds of its last byte


def dispose(conn: sa.Connection, finished_before: float, now: float) -> int:
    """Up to BATCH originals; each leaves a record."""
    there = sa.or_(message.c.content.is_not(None), message.c.blob.is_not(None))
    query = sa.select(message.c.id, message.c.sha256).where(message.c.finished_at < finished_before, there, ~is_preserved())
    rows = conn.execute(query.order_by(message.c.finished_at).limit(BATCH)).all()
    conn.execute(message.update().where(message.c.id.in_([row.id for row in rows])).values(content=None, blob=None))
    catalogue.forget(conn, [row.id for row in rows])
    journal.insert(conn, [journal.Disposed(item=row.id, sha256=row.sha256) for row in rows], now)
    return len(rows)


def orphans(conn: sa.Connection, keys: Sequence[str]) -> list[str]:
    """Those of `keys` that no row names."""
    named: set[str] = set()
    for start in range(0, len(keys), 500):  # SQLite takes a limited number of parameters
        some = keys[start : start + 500]
        for column in (message.c.blob, cleared.c.blob):
            named.update(conn.scalars(sa.select(column).where(column.in_(some))))
    return [key for key in keys if key not in named]
