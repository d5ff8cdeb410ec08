"""One message from reception to delivery, as one value for a page.  Raises LookupError."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from gateway.journal import Entry, Query, reading
from gateway.spool import Shown, overview
from gateway.store.db import Db
from gateway.store.schema import message, quarantine
from gateway.workflow import ledger
from gateway.workflow.model import Case

MOST = 500  # events of one mail on a page; a pack has them all
_CASES = 20


@dataclass(frozen=True, slots=True)
class Trace:
    shown: Shown
    subject: str
    entry: int  # its newest quarantine entry; 0 = none
    events: tuple[Entry, ...]  # oldest first
    written: tuple[tuple[str, str, str], ...]  # id, receipt and kind of what Mugai wrote about it: notices, DSNs
    about: str  # the message that this one speaks of; "" = none
    cases: tuple[Case, ...]

    def facts(self, kind: str) -> tuple[dict[str, str], ...]:
        return tuple(dict(each.facts) for each in self.events if each.kind == kind)


async def trace(db: Db, key: str) -> Trace:
    """`key` is a receipt number or id."""
    return await db.read(trace_in, key)


def trace_in(conn: sa.Connection, key: str) -> Trace:
    shown = overview.show(conn, key)
    item = shown.item.id
    events = tuple(reversed(reading.select(conn, Query(item=item), MOST)))
    written = conn.execute(
        sa.select(message.c.id, message.c.receipt, message.c.kind).where(message.c.about == item, message.c.about != "")
    )
    held = conn.execute(
        sa.select(quarantine.c.id, quarantine.c.subject).where(quarantine.c.message == item).order_by(quarantine.c.id.desc())
    ).first()
    return Trace(
        shown=shown,
        subject=held.subject if held else "",
        entry=held.id if held else 0,
        events=events,
        written=tuple(sorted((row.id, row.receipt, row.kind) for row in written)),
        about=conn.scalar(sa.select(message.c.about).where(message.c.id == item)) or "",
        cases=tuple(ledger.select(conn, item=item, limit=_CASES)),
    )
