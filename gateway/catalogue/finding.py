"""Mail in the catalogue by words, newest first, with what became of it: for whoever looks for an original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway import catalogue
from gateway.catalogue.schema import catalogue as words
from gateway.model import Direction, State
from gateway.store.schema import message, quarantine, recipient

PAGE = 50


@dataclass(frozen=True, slots=True)
class Found:
    item: str
    receipt: str
    direction: Direction
    sender: str
    subject: str  # "" when nobody has inspected it yet, and once its original is gone
    recipients: tuple[str, ...]
    states: tuple[State, ...]  # each once
    received_at: float
    size: int
    kept: bool  # the original is still there
    entry: int | None  # its newest place in quarantine


def find(conn: sa.Connection, text: str, patterns: Sequence[str] | None, before: str, limit: int) -> list[Found]:
    """`before` an id: the next page; `patterns` of recipients whose mail may be seen.  One more than `limit` if there are."""
    query = sa.select(words.c.message).where(catalogue.matches(text)).order_by(words.c.message.desc()).limit(limit + 1)
    if before:
        query = query.where(words.c.message < before)
    if patterns is not None:
        address = sa.func.lower(recipient.c.address)
        mine = sa.or_(sa.false(), *(address.op("GLOB")(pattern) for pattern in patterns))
        query = query.where(sa.exists().where(recipient.c.message == words.c.message, mine))
    return [found(conn, item) for item in conn.scalars(query).all()]


def found(conn: sa.Connection, item: str) -> Found:
    there = sa.or_(message.c.content.is_not(None), message.c.blob.is_not(None)).label("kept")
    columns = (message.c.receipt, message.c.direction, message.c.sender, message.c.received_at, message.c.size, there)
    row = conn.execute(sa.select(*columns).where(message.c.id == item)).one()
    held = sa.select(quarantine.c.id, quarantine.c.subject).where(quarantine.c.message == item).order_by(quarantine.c.id.desc())
    place = conn.execute(held.limit(1)).one_or_none()
    subject = conn.scalar(sa.select(words.c.subject).where(words.c.message == item))
    to = sa.select(recipient.c.address, recipient.c.state).where(recipient.c.message == item).order_by(recipient.c.position)
    recipients = conn.execute(to).all()
    return Found(
        item=item,
        receipt=row.receipt,
        direction=Direction(row.direction),
        sender=row.sender,
        subject=subject or (place.subject if place else ""),
        recipients=tuple(r.address for r in recipients),
        states=tuple(dict.fromkeys(State(r.state) for r in recipients)),
        received_at=row.received_at,
        size=row.size,
        kept=bool(row.kept),
        entry=place.id if place else None,
    )
