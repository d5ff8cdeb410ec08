"""One-time links: 256 random bits in a mail, their SHA-256 here, for one case and one person, until a time.

Looking changes nothing, so that a link scanner that follows the link does no harm (W10); acting uses the token up, in the
transaction of the act.  Raises BadToken: unknown, used or too old; which of them is nobody's business.
"""

from __future__ import annotations

import hashlib
import secrets

import sqlalchemy as sa

from gateway.workflow.schema import token as tokens

BYTES = 32


class BadToken(Exception):
    """The link does not hold (any more)."""


def issue(conn: sa.Connection, case: int, address: str, expires_at: float) -> str:
    secret = secrets.token_urlsafe(BYTES)
    conn.execute(tokens.insert().values(hash=_hash(secret), case=case, address=address, expires_at=expires_at, used_at=None))
    return secret


def look(conn: sa.Connection, secret: str, now: float) -> tuple[int, str]:
    """The case, and for whom the link was written.  Changes nothing."""
    row = conn.execute(sa.select(tokens).where(tokens.c.hash == _hash(secret))).one_or_none()
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise BadToken("このリンクは使用済みか、期限が過ぎています。(This link was used, or is too old.)")
    return row.case, row.address


def spend(conn: sa.Connection, secret: str, now: float) -> tuple[int, str]:
    found = look(conn, secret, now)
    conn.execute(tokens.update().where(tokens.c.hash == _hash(secret)).values(used_at=now))
    return found


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
