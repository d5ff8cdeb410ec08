"""What may be destroyed: originals of finished mails after their retention, and files that no row names (I8, DS-01).

The row lets go first and the file is unlinked afterwards: a crash leaves an orphan for the next round, never a row without
its file.  What a legal hold is on stays.  Where originals need a permission, `disposal/order.py` comes with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa

from gateway import catalogue, journal
from gateway.incident.preservation import is_preserved
from gateway.model import Sign
from gateway.spool import keys
from gateway.store.schema import cleared, message
from gateway.store.schema import journal as sealed

BATCH = 100  # originals in one transaction, so that accepting never waits long behind it
ORPHAN_SECONDS = 3_600.0  # a content is named by its row within seconds of its last byte
OVERWRITTEN = "データベースの領域をゼロで上書き"
UNLINKED = "ファイルを削除"
KEY_DESTROYED = "暗号鍵を破棄し、"  # before one of them
CLASSES = {Sign.CLASS_3: "機密性3", Sign.CLASS_2: "機密性2", Sign.CLASS_1: "機密性1"}  # the highest first


def disposable(finished_before: float) -> tuple[sa.ColumnElement[bool], ...]:
    """Of a row of `message`: its original is still there, and nobody needs it any more."""
    there = sa.or_(message.c.content.is_not(None), message.c.blob.is_not(None))
    return (message.c.finished_at < finished_before, there, ~is_preserved())


def dispose(conn: sa.Connection, finished_before: float, now: float, actor: str = "gateway", case: int = 0) -> int:
    """Up to BATCH originals; each leaves a record.  `case` permits it; 0 = its term was over."""
    columns = (message.c.id, message.c.sha256, message.c.size, message.c.blob, message.c.content_key)
    query = sa.select(*columns).where(*disposable(finished_before))
    rows = conn.execute(query.order_by(message.c.finished_at).limit(BATCH)).all()
    classes = _classes(conn, [row.id for row in rows])
    with overwriting(conn):
        conn.execute(keys.destroying(sa.select(message.c.content_key).where(message.c.id.in_([row.id for row in rows]))))
        conn.execute(message.update().where(message.c.id.in_([row.id for row in rows])).values(content=None, blob=None))
        catalogue.forget(conn, [row.id for row in rows])
    events = [
        journal.Disposed(
            item=row.id,
            sha256=row.sha256,
            actor=actor,
            case=case,
            size=row.size,
            classification=classes.get(row.id, ""),
            how=(KEY_DESTROYED if row.content_key else "") + (UNLINKED if row.blob else OVERWRITTEN),
            file=row.blob or "",
        )
        for row in rows
    ]
    journal.insert(conn, events, now)
    return len(rows)


@contextmanager
def overwriting(conn: sa.Connection) -> Iterator[None]:
    """What is deleted here can not be read out of the database's file afterwards; elsewhere it would cost every delete."""
    sqlite = conn.dialect.name == "sqlite"
    if sqlite:
        conn.exec_driver_sql("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        if sqlite:
            conn.exec_driver_sql("PRAGMA secure_delete = FAST")


def _classes(conn: sa.Connection, items: Sequence[str]) -> dict[str, str]:
    """As each mail stated it; only outbound mail is asked."""
    mine = sa.and_(sealed.c.item.in_(items), sealed.c.kind == journal.Decided.kind())
    found: dict[str, str] = {}
    for row in conn.execute(sa.select(sealed.c.item, sealed.c.entry).where(mine)):
        seen = {sign.partition(" ")[0] for sign in json.loads(row.entry).get("signs", ())}
        stated = next((name for sign, name in CLASSES.items() if sign in seen), "")
        found[row.item] = stated or found.get(row.item, "")
    return found


def orphans(conn: sa.Connection, keys: Sequence[str]) -> list[str]:
    """Those of `keys` that no row names."""
    named: set[str] = set()
    for start in range(0, len(keys), 500):  # SQLite takes a limited number of parameters
        some = keys[start : start + 500]
        for column in (message.c.blob, cleared.c.blob):
            named.update(conn.scalars(sa.select(column).where(column.in_(some))))
    return [key for key in keys if key not in named]
