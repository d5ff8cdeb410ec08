"""How often somebody may be wrong: growing delays per person and source, never a lock that an attacker could turn (W4, AC-01).

Keys are counted apart: this person from this address, this person from anywhere (many machines, one name), this address for
anybody (one machine, many names).  While a key waits, no password is looked at.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.console.schema import attempt

FREE = {"pair": 5, "account": 30, "source": 20}  # failures before the first wait
LONGEST = 900.0  # seconds
FORGOTTEN = 86_400.0  # seconds after the last failure


def keys(name: str, source: str) -> dict[str, str]:
    return {"pair": f"pair:{name}@{source}", "account": f"account:{name}", "source": f"source:{source}"}


def wait(conn: sa.Connection, name: str, source: str, now: float) -> float:
    """Seconds until the next attempt is looked at; 0 = now."""
    longest = 0.0
    for kind, key in keys(name, source).items():
        row = conn.execute(sa.select(attempt).where(attempt.c.key == key)).one_or_none()
        if row is not None and row.failures >= FREE[kind]:
            delay = min(LONGEST, 2.0 ** min(row.failures - FREE[kind] + 1, 20))
            longest = max(longest, row.last_at + delay - now)
    return longest


def failed(conn: sa.Connection, name: str, source: str, now: float) -> None:
    conn.execute(attempt.delete().where(attempt.c.last_at < now - FORGOTTEN))
    for key in keys(name, source).values():
        found = conn.scalar(sa.select(attempt.c.failures).where(attempt.c.key == key))
        if found is None:
            conn.execute(attempt.insert().values(key=key, failures=1, last_at=now))
        else:
            conn.execute(attempt.update().where(attempt.c.key == key).values(failures=found + 1, last_at=now))


def succeeded(conn: sa.Connection, name: str, source: str) -> None:
    """The source's own count stays: one guessed account must not buy an attacker the next twenty."""
    some = keys(name, source)
    conn.execute(attempt.delete().where(attempt.c.key.in_([some["pair"], some["account"]])))
