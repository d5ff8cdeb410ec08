"""Looking into the journal: the last entries, or those about a message, an address, a rule, a person, a hash, a time.

Pages go by key, newest first.  Clear text of personal fields is put back where it still exists; an erased one reads as ERASED.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.journal.index import journal_term, term, terms
from gateway.store.db import Db
from gateway.store.schema import journal, journal_pending, journal_personal, message

ERASED = "(erased)"
_VALUES = 500  # of a text; SQLite takes a limited number of parameters
_SLACK = 60.0  # seconds: events are numbered when they are committed, a little after the time they carry


Part = Callable[[sa.ColumnElement[Any]], sa.ColumnElement[bool]]  # whether a column holds the text


@dataclass(frozen=True, slots=True)
class Entry:
    seq: int | None  # None: recorded, not yet sealed
    at: float  # Unix time, seconds
    kind: str
    item: str
    facts: tuple[tuple[str, str], ...]  # name and text for people, by name
    event: int = 0  # the key of paging


@dataclass(frozen=True, slots=True)
class Query:
    """All that is given must hold; empty = does not matter."""

    item: str = ""  # a message's id or its receipt number
    items: tuple[str, ...] = ()  # any of these ids
    events: tuple[int, ...] = ()  # these and no other; their number alone is told
    address: str = ""  # or any other personal value, as a whole
    kind: str = ""
    rule: str = ""
    actor: str = ""
    sha256: str = ""
    text: str = ""  # a part of a personal value: subject, file name, address
    since: float = 0.0  # Unix time
    until: float = 0.0
    before: int = 0  # the event that the last page ended with

    def __str__(self) -> str:
        told = {name: getattr(self, name) for name in self.__slots__ if name != "before"} | {"events": len(self.events)}
        return " ".join(f"{name}={value}" for name, value in told.items() if value)

    @property
    def terms(self) -> tuple[str, ...]:
        """Rarest first."""
        given = (("sha256", self.sha256.lower()), ("actor", self.actor), ("rule", self.rule), ("kind", self.kind))
        return tuple(term(name, value) for name, value in given if value)


async def tail(db: Db, count: int) -> list[Entry]:
    """The newest, oldest first."""
    return await search(db, limit=count)


async def search(
    db: Db, *, item: str = "", address: str = "", kind: str = "", since: float = 0.0, until: float = 0.0, limit: int = 200
) -> list[Entry]:
    """The newest `limit`, oldest first."""
    found = await find(db, Query(item=item, address=address, kind=kind, since=since, until=until), limit)
    return found[::-1]


async def find(db: Db, query: Query, limit: int) -> list[Entry]:
    """Newest first."""
    return await db.read(select, query, limit)


def select(conn: sa.Connection, query: Query, limit: int) -> list[Entry]:
    """Waiting rows and sealed ones apart: every waiting one is newer."""
    found = _waiting(conn, query, limit)
    if len(found) < limit:
        found += _sealed(conn, query, limit - len(found))
    return found


def _waiting(conn: sa.Connection, query: Query, limit: int) -> list[Entry]:
    """A second's worth, or what a console wrote while no gateway runs."""
    table, wanted = journal_pending, set(query.terms)
    columns = (sa.null().label("seq"), table.c.id.label("event"), table.c.at, table.c.kind, table.c.item, table.c.entry)
    where = [*_of_item(query, table.c.item), *_personal(query, table.c.id, _holds(query.text)), *_times(query, table.c.at)]
    if query.before:
        where.append(table.c.id < query.before)
    if query.events:
        where.append(table.c.id.in_(query.events))
    rows = conn.execute(sa.select(*columns).where(*where).order_by(table.c.id.desc()))
    return entries(conn, [row for row in rows if wanted <= terms(row.entry)][:limit])


def count(conn: sa.Connection, query: Query) -> int:
    """How many there are; waiting ones as well."""
    event, where = _conditions(conn, query)
    sealed = conn.scalar(sa.select(sa.func.count(event.distinct())).where(*where))
    return int(sealed or 0) + len(_waiting(conn, query, 1 << 30))


def _sealed(conn: sa.Connection, query: Query, limit: int) -> list[Entry]:
    """The ids first, along the narrowest index there is; then the rows of this page alone."""
    event, where = _conditions(conn, query)
    ids = conn.scalars(sa.select(event).where(*where).distinct().order_by(event.desc()).limit(limit)).all()
    columns = (journal.c.seq, journal.c.event, journal.c.at, journal.c.kind, journal.c.item, journal.c.entry)
    rows: list[Any] = []
    for start in range(0, len(ids), 500):  # SQLite takes a limited number of parameters
        chosen = sa.select(*columns).where(journal.c.event.in_(ids[start : start + 500]))
        rows += conn.execute(chosen.order_by(journal.c.event.desc())).all()
    return entries(conn, rows)


def _conditions(conn: sa.Connection, query: Query) -> tuple[sa.Column[Any], list[sa.ColumnElement[bool]]]:
    event, where = _along(query, _part(conn, query.text))
    if query.before:
        where.append(event < query.before)
    if query.events:
        where.append(event.in_(query.events))
    if query.since:
        where.append(event >= _edge(conn, journal.c.at >= query.since - _SLACK, journal.c.at.asc()))
    if query.until:
        where.append(event <= _edge(conn, journal.c.at < query.until + _SLACK, journal.c.at.desc()))
    if times := _times(query, journal.c.at):
        exact = sa.select(1).where(journal.c.event == event, *times).correlate(event.table)
        where += times if event.table is journal else [sa.exists(exact)]
    return event, where


def _along(query: Query, part: Part) -> tuple[sa.Column[Any], list[sa.ColumnElement[bool]]]:
    """The column that is walked backwards, and all conditions."""
    personal, rest = journal_personal, list(query.terms)
    if query.item or query.items:
        event, where = journal.c.event, _of_item(query, journal.c.item)
    elif query.address:
        event, where = personal.c.event, [personal.c.value == query.address]
    elif rest:
        event, where = journal_term.c.event, [journal_term.c.term == rest.pop(0)]
    elif query.text:
        event, where = personal.c.event, [part(personal.c.value)]
    else:
        event, where = journal.c.event, []
    other = journal_term.alias()
    for each in rest:
        where.append(sa.exists(sa.select(1).where(other.c.term == each, other.c.event == event).correlate(event.table)))
    if event.table is not personal:
        where += _personal(query, event, part)
    elif query.address and query.text:
        again = personal.alias()
        where.append(sa.exists(sa.select(1).where(again.c.event == event, part(again.c.value)).correlate(personal)))
    return event, where


def _edge(conn: sa.Connection, where: sa.ColumnElement[bool], order: sa.ColumnElement[Any]) -> int:
    """The event at one end of a period; -1: there is none, and then nothing is found."""
    found = conn.scalar(sa.select(journal.c.event).where(where).order_by(order).limit(1))
    return -1 if found is None else int(found)


def _of_item(query: Query, column: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
    if not query.item:
        return [column.in_(query.items)] if query.items else []
    by_receipt = sa.select(message.c.id).where(message.c.receipt == query.item.upper())
    return [sa.or_(column == query.item, column.in_(by_receipt))]


def _personal(query: Query, event: sa.ColumnElement[Any], part: Part) -> list[sa.ColumnElement[bool]]:
    table, found = journal_personal, list[sa.ColumnElement[bool]]()
    if query.address:
        found.append(event.in_(sa.select(table.c.event).where(table.c.value == query.address)))
    if query.text:
        found.append(sa.exists(sa.select(1).where(table.c.event == event, part(table.c.value))))
    return found


def _part(conn: sa.Connection, text: str) -> Part:
    """A part of few values is those values, found in the index of values alone; a part of many is soon met by looking."""
    value = journal_personal.c.value
    query = sa.select(value).where(sa.func.instr(value, text) > 0).distinct().limit(_VALUES + 1)
    few = conn.scalars(query).all() if text else ()
    if len(few) <= _VALUES:
        return lambda column: column.in_(few)
    return _holds(text)


def _holds(text: str) -> Part:
    return lambda column: sa.func.instr(column, text) > 0


def _times(query: Query, at: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
    return [*([at >= query.since] if query.since else ()), *([at < query.until] if query.until else ())]


def entries(conn: sa.Connection, rows: Sequence[Any]) -> list[Entry]:
    """Of rows of the journal, with the clear text of personal fields."""
    table = journal_personal
    values: dict[tuple[int, str, int], str] = {}
    for start in range(0, len(rows), 500):
        events = [row.event for row in rows[start : start + 500]]
        for row in conn.execute(sa.select(table).where(table.c.event.in_(events))):
            values[row.event, row.field, row.position] = row.value
    return [_entry(row, values) for row in rows]


def _entry(row: Any, values: dict[tuple[int, str, int], str]) -> Entry:
    facts = []
    for name, value in json.loads(row.entry).items():
        if isinstance(value, dict):
            value = [values.get((row.event, name, position), ERASED) for position in range(len(value["sha256"]))]
        if name not in ("at", "kind", "item"):
            facts.append((name, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return Entry(row.seq, row.at, row.kind, row.item, tuple(facts), row.event)
