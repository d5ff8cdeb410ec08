"""What one person has sent to the outside, newest first, and what became of each copy: as staff are told it.

Reads only, no contents.  Whose mail it is goes by the envelope, as in `pigeonhole`; a mail of somebody else does not exist:
LookupError.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from gateway import catalogue
from gateway.catalogue.schema import catalogue as words
from gateway.model import Decision, QuarantineState, State
from gateway.spool.states import WAITING
from gateway.store.schema import SENT, message, quarantine, recipient
from gateway.store.values import load

PAGE = 50


class Fate(StrEnum):
    """Of one copy, as somebody asks after it."""

    DELIVERED = "delivered"
    UNDER_WAY = "under_way"
    WAITING = "waiting"  # for its time, a permission, a password
    HELD = "held"
    STOPPED = "stopped"


FATES: dict[State, Fate] = {
    State.RECEIVED: Fate.UNDER_WAY,
    State.SANITISED: Fate.UNDER_WAY,
    State.RELAYED: Fate.DELIVERED,
    State.HELD: Fate.HELD,
    State.AWAITING_APPROVAL: Fate.WAITING,
    State.AWAITING_PASSWORD: Fate.WAITING,
    State.DELAYED: Fate.WAITING,
    State.BOUNCED: Fate.STOPPED,
    State.DELETED: Fate.STOPPED,
    State.EXPIRED: Fate.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Copy:
    """For one recipient."""

    address: str
    state: State
    at: float  # since when; Unix time

    @property
    def fate(self) -> Fate:
        return FATES[self.state]

    @property
    def in_hand(self) -> bool:
        """The gateway can still stop it."""
        return not self.state.final


@dataclass(frozen=True, slots=True)
class Sent:
    item: str
    receipt: str
    sender: str
    subject: str  # "" when nobody has inspected it yet, and once its original is gone
    sent_at: float  # Unix time: when the gateway took it
    copies: tuple[Copy, ...]

    @property
    def fates(self) -> Counter[Fate]:
        return Counter(copy.fate for copy in self.copies)


@dataclass(frozen=True, slots=True)
class Held:
    """Why copies do not go on."""

    entry: int
    rule: str
    reason: str
    recipients: tuple[str, ...]
    until: float  # Unix time: then they are gone


@dataclass(frozen=True, slots=True)
class Filter:
    """All that is given must hold; empty = does not matter."""

    text: str = ""  # terms for the catalogue: subject, recipient, file name, receipt
    since: float = 0.0  # Unix time
    until: float = 0.0  # its end, not included
    fate: Fate | None = None  # of one copy at least


def listed(conn: sa.Connection, addresses: Sequence[str], by: Filter, before: str = "", limit: int = PAGE) -> list[Sent]:
    """`before` an id: the next page.  One more than `limit` comes if there is one."""
    query = sa.select(message.c.id).where(*_theirs(addresses))
    if by.text.strip():
        query = query.join(words, words.c.message == message.c.id).where(catalogue.matches(by.text))
    if by.since:
        query = query.where(message.c.received_at >= by.since)
    if by.until:
        query = query.where(message.c.received_at < by.until)
    if by.fate:
        states = [state for state, fate in FATES.items() if fate is by.fate]
        query = query.where(sa.exists().where(recipient.c.message == message.c.id, recipient.c.state.in_(states)))
    if before:
        query = query.where(message.c.id < before)
    return _read(conn, conn.scalars(query.order_by(message.c.id.desc()).limit(limit + 1)).all())


def one(conn: sa.Connection, item: str, addresses: Sequence[str]) -> tuple[Sent, tuple[Held, ...]]:
    """By its id, with why it is held.  Raises LookupError."""
    if conn.scalar(sa.select(message.c.id).where(*_theirs(addresses), message.c.id == item)) is None:
        raise LookupError(f"no mail {item} of theirs")
    return _read(conn, [item])[0], tuple(_held(conn, item))


def _theirs(addresses: Sequence[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """Along `message_sent`.  Notices of our own are nobody's."""
    return SENT, sa.func.lower(message.c.sender).in_(addresses), message.c.kind == "mail"


def _read(conn: sa.Connection, items: Sequence[str]) -> list[Sent]:
    columns = (message.c.id, message.c.receipt, message.c.sender, message.c.received_at, words.c.subject)
    rows = conn.execute(
        sa.select(*columns)
        .outerjoin(words, words.c.message == message.c.id)
        .where(message.c.id.in_(items))
        .order_by(message.c.id)
    ).all()
    copies: defaultdict[str, list[Copy]] = defaultdict(list)
    for each in conn.execute(sa.select(recipient).where(recipient.c.message.in_(items)).order_by(recipient.c.position)):
        copies[each.message].append(Copy(each.address, State(each.state), each.changed_at))
    return [
        Sent(row.id, row.receipt, row.sender, row.subject or "", row.received_at, tuple(copies[row.id]))
        for row in reversed(rows)
    ]


def _held(conn: sa.Connection, item: str) -> list[Held]:
    rows = conn.execute(
        sa.select(quarantine)
        .where(quarantine.c.message == item, quarantine.c.state == QuarantineState.HELD)
        .order_by(quarantine.c.id)
    ).all()
    found = []
    for row in rows:
        waiting = sa.and_(recipient.c.quarantine == row.id, recipient.c.state.in_(WAITING))
        who = conn.scalars(sa.select(recipient.c.address).where(waiting).order_by(recipient.c.position))
        found.append(Held(row.id, row.rule, load(Decision, row.decision).reason, tuple(who), row.expires_at))
    return found
