"""What was answered to a request that may come twice, in the database for a day.  What it is kept for is `again`'s.

Apart from there because the gateway's housekeeping destroys what is older, and knows no HTTP.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.api.schema import answer
from gateway.spool.retention import overwriting

KEPT = 86_400.0  # seconds


def claim(conn: sa.Connection, token: str, key: str, request: str, now: float) -> tuple[str, int, bytes] | None:
    """Request, status and body of the time before.  None: it is ours now."""
    mine = sa.and_(answer.c.token == token, answer.c.key == key)
    conn.execute(answer.delete().where(mine, answer.c.at < now - KEPT))
    row = conn.execute(sa.select(answer).where(mine)).one_or_none()
    if row is not None:
        return row.request, row.status, row.body
    conn.execute(answer.insert().values(token=token, key=key, request=request, status=0, body=b"", at=now))
    return None


def free(conn: sa.Connection, token: str, key: str) -> None:
    conn.execute(answer.delete().where(answer.c.token == token, answer.c.key == key))


def keep(conn: sa.Connection, token: str, key: str, status: int, body: bytes) -> None:
    conn.execute(answer.update().where(answer.c.token == token, answer.c.key == key).values(status=status, body=body))


def forget(conn: sa.Connection, now: float) -> None:
    """For good: it told of mail, and packs once lay here (DS-01)."""
    with overwriting(conn):
        conn.execute(answer.delete().where(answer.c.at < now - KEPT))
