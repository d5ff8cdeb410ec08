"""A store of an earlier version becomes one of this, in the transaction that opens it: nothing accepted is left behind.

Tables, indexes and columns that are new are read off the schema, so that it is not said twice; a new column of an old table
therefore names its `server_default`.  What they cannot say stands in `STEPS`.  Raises SchemaMismatch, and then nothing changed.
"""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateColumn, CreateIndex

from gateway.store import schema
from gateway.trouble import Trouble

# from each version that was handed out: what is to be done after it has grown
STEPS: dict[int, tuple[str, ...]] = {
    4: (
        "UPDATE console_account SET origin = 'mail' WHERE password = '' AND name LIKE '%@%'",
        "DELETE FROM halt WHERE ended_at IS NOT NULL",  # the journal has them; who ends one is a case's word now
        "DROP INDEX recipient_waiting",
        "DROP INDEX ix_halt_ended_at",
        *(f"ALTER TABLE halt DROP COLUMN {name}" for name in ("ended_at", "ended_by", "asked_by", "asked_reason")),
    ),
    7: (),
}


class SchemaMismatch(Trouble):
    """The store belongs to a program that we do not know."""


def settle(conn: sa.Connection) -> None:
    """A new store gets its tables, an old one grows.  Raises SchemaMismatch."""
    if not sa.inspect(conn).has_table("store_version"):
        for statement in _tables(frozenset(schema.metadata.tables)):
            conn.exec_driver_sql(statement)
        conn.execute(schema.store_version.insert().values(version=schema.VERSION))
        return
    found = conn.execute(sa.select(schema.store_version.c.version)).scalar_one()
    if found == schema.VERSION:
        return
    if found not in STEPS:
        known = ", ".join(map(str, (*STEPS, schema.VERSION)))
        raise SchemaMismatch(f"the store has version {found}, this program knows {known}")
    _grow(conn)
    for statement in STEPS[found]:
        conn.execute(sa.text(statement))
    conn.execute(schema.store_version.update().values(version=schema.VERSION))


@cache
def _tables(names: frozenset[str]) -> tuple[str, ...]:
    """What makes all of the schema; written out once for `names`, which grow with the rooms that are imported."""
    made: list[str] = []
    write = sa.create_mock_engine("sqlite://", lambda each, *_, **__: made.append(str(each.compile(dialect=sqlite.dialect()))))
    schema.metadata.create_all(write, checkfirst=False)
    return tuple(made)


def _grow(conn: sa.Connection) -> None:
    inspector = sa.inspect(conn)
    for table in schema.metadata.sorted_tables:
        if not inspector.has_table(table.name):
            table.create(conn)
            continue
        known = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                made = str(CreateColumn(column).compile(dialect=conn.dialect))
                made += "".join(f" REFERENCES {key.column.table.name} ({key.column.name})" for key in column.foreign_keys)
                conn.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {made}")
        for index in table.indexes:
            conn.execute(CreateIndex(index, if_not_exists=True))
