"""What is held, many at once: a page of the list by filters, how many there are of what, what is alike.

Reads only, and only what a line of the list shows: reports stay in their rows.  One mail as a whole and every change are
`quarantine.py`'s.  Pages go by key, never by offset: a list that shrinks while somebody reviews it skips nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway import catalogue
from gateway.catalogue import Likeness
from gateway.catalogue.schema import catalogue as words
from gateway.model import QuarantineState
from gateway.store.db import Db
from gateway.store.schema import message, quarantine, recipient
from sanitizers.model import Verdict

PAGE = 50
ALIKE = 20  # mails named as alike, of each kind


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is given must hold; empty = does not matter."""

    state: QuarantineState | None = QuarantineState.HELD
    rule: str = ""
    verdict: Verdict | None = None
    sender: str = ""  # a part of the reverse-path
    text: str = ""  # terms for the catalogue
    held_before: float = 0.0  # Unix time: older than that
    recipients: tuple[str, ...] | None = None  # patterns (*, ?) of whose mail may be seen; None = everybody's


@dataclass(frozen=True, slots=True)
class Line:
    """One held mail in the list."""

    id: int
    item: str
    receipt: str
    state: QuarantineState
    verdict: Verdict
    rule: str
    subject: str
    sender: str
    recipients: tuple[str, ...]
    size: int
    held_at: float
    expires_at: float
    kept_by: str
    restored: str


class Docket:
    def __init__(self, db: Db):
        self._db = db

    async def page(self, by: Filter, before: int = 0, limit: int = PAGE) -> Sequence[Line]:
        """Newest first; `before` an id: the next page.  One more than `limit` comes if there is a next page."""
        return await self._db.read(_page, by, before, limit)

    async def rules(self, by: Filter) -> Sequence[tuple[str, int]]:
        """How many mails each rule held, of what the filter's state and recipients leave; most first."""
        return await self._db.read(_rules, by)

    async def alike(self, item: str, by: Filter) -> dict[Likeness, Sequence[Line]]:
        """Held mails, in any state, that share something with this message."""
        return await self._db.read(_alike, item, by)


_LINE = (
    quarantine.c.id,
    quarantine.c.message,
    message.c.receipt,
    quarantine.c.state,
    quarantine.c.verdict,
    quarantine.c.rule,
    quarantine.c.subject,
    quarantine.c.sender,
    quarantine.c.recipients,
    message.c.size,
    quarantine.c.held_at,
    quarantine.c.expires_at,
    quarantine.c.kept_by,
    quarantine.c.restored,
)


def _page(conn: sa.Connection, by: Filter, before: int, limit: int) -> list[Line]:
    """The ids first, from the narrow index; then the rows of this page alone."""
    chosen = sa.select(quarantine.c.id).where(*_conditions(by))
    if by.text.strip():
        chosen = chosen.join(words, words.c.message == quarantine.c.message).where(catalogue.matches(by.text))
    if before:
        chosen = chosen.where(quarantine.c.id < before)
    ids = conn.scalars(chosen.order_by(quarantine.c.id.desc()).limit(limit + 1)).all()
    return _lines(conn, quarantine.c.id.in_(ids))


def _lines(conn: sa.Connection, which: sa.ColumnElement[bool]) -> list[Line]:
    joined = quarantine.join(message, quarantine.c.message == message.c.id)
    query = sa.select(*_LINE).select_from(joined).where(which).order_by(quarantine.c.id.desc())
    return [_line(row) for row in conn.execute(query)]


def _line(row: Any) -> Line:
    return Line(
        row.id,
        row.message,
        row.receipt,
        QuarantineState(row.state),
        Verdict(row.verdict),
        row.rule,
        row.subject,
        row.sender,
        tuple(json.loads(row.recipients)),
        row.size,
        row.held_at,
        row.expires_at,
        row.kept_by,
        row.restored,
    )


def _conditions(by: Filter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if by.state is not None:
        found.append(quarantine.c.state == by.state)
    if by.rule:
        found.append(quarantine.c.rule == by.rule)
    if by.verdict is not None:
        found.append(quarantine.c.verdict == by.verdict)
    if by.sender:
        found.append(sa.func.instr(sa.func.lower(quarantine.c.sender), by.sender.lower()) > 0)
    if by.held_before:
        found.append(quarantine.c.held_at < by.held_before)
    if by.recipients is not None:
        found.append(_for(by.recipients) if by.state is QuarantineState.HELD else _of(by.recipients))
    return found


def _for(patterns: Sequence[str]) -> sa.ColumnElement[bool]:
    """AC-02: it is held for one of those.  Along an index of nothing but addresses and entries."""
    address = sa.func.lower(recipient.c.address)
    theirs = sa.or_(sa.false(), *(address.op("GLOB")(pattern) for pattern in patterns))
    return quarantine.c.id.in_(sa.select(recipient.c.quarantine).where(recipient.c.quarantine.is_not(None), theirs))


def _of(patterns: Sequence[str]) -> sa.ColumnElement[bool]:
    """AC-02: some recipient is one of those, as `roles.Scope.sees` says of one mail, whatever became of it."""
    each = sa.func.json_each(quarantine.c.recipients).table_valued("value")
    matching = sa.or_(sa.false(), *(sa.func.lower(each.c.value).op("GLOB")(pattern) for pattern in patterns))
    return sa.exists(sa.select(1).select_from(each).where(matching))


def _rules(conn: sa.Connection, by: Filter) -> list[tuple[str, int]]:
    only, mails = Filter(state=by.state, recipients=by.recipients), sa.func.count().label("mails")
    query = sa.select(quarantine.c.rule, mails).where(*_conditions(only)).group_by(quarantine.c.rule)
    return [(row.rule, row.mails) for row in conn.execute(query.order_by(mails.desc(), quarantine.c.rule))]


def _alike(conn: sa.Connection, item: str, by: Filter) -> dict[Likeness, Sequence[Line]]:
    found = catalogue.alike(conn, item, ALIKE)
    seen = _conditions(Filter(state=None, recipients=by.recipients))
    return {
        kind: _lines(conn, sa.and_(quarantine.c.message.in_(items), *seen)) if items else [] for kind, items in found.items()
    }
