"""Looking into the journal: the last entries, or those about a message, an address, a kind of fact, a time.

Clear text of personal fields is put back where it still exists; an erased one reads as ERASED.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.store.db import Db
from gateway.store.schema import journal, journal_pending, journal_personal, message

ERASED = "(erased)"


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int | None  # None: recorded, not yet sealed
    at: float  # Unix time, seconds
    kind: str
    item: str
    facts: tuple[tuple[str, str], ...]  # name and text for people, by name


async def tail(db: Db, count: int) -> list[Entry]:
    """The newest, oldest first."""
    return await search(db, limit=count)


async def search(
    db: Db, *, item: str = "", address: str = "", kind: str = "", since: float = 0.0, until: float = 0.0, limit: int = 200
) -> list[Entry]:
    """All conditions together; the newest `limit`, oldest first.  `item` is a message's id or its receipt number."""
    return await db.read(_search, item, address, kind, since, until, limit)


def _search(conn: sa.Connection, item: str, address: str, kind: str, since: float, until: float, limit: int) -> list[Entry]:
    """Sealed rows and waiting ones apart: each has its index, and every waiting one is newer."""
    found: list[Entry] = []
    for table, event, seq in (
        (journal_pending, journal_pending.c.id, sa.null()),
        (journal, journal.c.event, journal.c.seq),
    ):
        where: list[sa.ColumnElement[bool]] = []
        if item:
            by_receipt = sa.select(message.c.id).where(message.c.receipt == item.upper())
            where.append(sa.or_(table.c.item == item, table.c.item.in_(by_receipt)))
        if address:
            where.append(event.in_(sa.select(journal_personal.c.event).where(journal_personal.c.value == address)))
        if kind:
            where.append(table.c.kind == kind)
        if since:
            where.append(table.c.at >= since)
        if until:
            where.append(table.c.at < until)
        query = sa.select(seq.label("seq"), event.label("event"), table.c.at, table.c.kind, table.c.item, table.c.entry)
        found += _entries(conn, query.where(*where).order_by(event.desc()).limit(limit - len(found)))
    return found[::-1]


def _entries(conn: sa.Connection, query: sa.Select[Any]) -> list[Entry]:
    rows = conn.execute(query).all()
    table = journal_personal
    values: dict[tuple[int, str, int], str] = {}
    for start in range(0, len(rows), 500):  # SQLite takes a limited number of parameters
        events = [row.event for row in rows[start : start + 500]]
        for row in conn.execute(sa.select(table).where(table.c.event.in_(events))):
            values[row.event, row.field, row.position] = row.value
    return [_entry(row, values) for row in rows]


def _entry(row: sa.Row[Any], values: dict[tuple[int, str, int], str]) -> Entry:
    facts = []
    for name, value in json.loads(row.entry).items():
        if isinstance(value, dict):
            value = [values.get((row.event, name, position), ERASED) for position in range(len(value["sha256"]))]
        if name not in ("at", "kind", "item"):
            facts.append((name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return Entry(row.seq, row.at, row.kind, row.item, tuple(facts))
