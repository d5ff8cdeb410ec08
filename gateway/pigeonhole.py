"""What waits for one person, and what becomes of one mail on its way to that person, or from it: as staff are told it.

Reads only, and only what a notice says of a mail: no contents.  What a reviewer sees is `docket.py`'s.  A mail that is none of
this person's does not exist: LookupError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.model import Decision, Direction, PartReport, QuarantineState, State
from gateway.spool.states import WAITING
from gateway.store.schema import message, quarantine, recipient
from gateway.store.values import load
from sanitizers.model import Reason, Verdict

MOST = 100  # lines of the page: whoever has more waiting asks the reviewer


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held mail for this person, or one from it that waits for a password."""

    entry: int
    item: str
    receipt: str
    sender: str
    subject: str
    rule: str
    reason: str
    state: State
    held_at: float
    until: float


@dataclass(frozen=True, slots=True)
class Slip:
    """One mail to or from this person, wherever it is; `entry` 0 and `until` None while it is not held."""

    item: str
    receipt: str
    sender: str
    subject: str
    received_at: float
    state: State
    rule: str  # that holds it, or ""
    reason: str
    changed_at: float
    entry: int
    until: float | None
    locked: tuple[str, ...]  # files that want a password
    wrong: bool  # the last one given was
    outgoing: bool  # sent by this person

    @property
    def under_way(self) -> bool:
        return self.state in (State.RECEIVED, State.SANITISED)


def waiting(conn: sa.Connection, addresses: Sequence[str], until: float, before: int = 0, most: int = MOST) -> list[Waiting]:
    """What was held until then and still is, each once; the newest first, below the entry `before`, 0 = all."""
    columns = (
        quarantine.c.id.label("entry"),
        quarantine.c.subject,
        quarantine.c.rule,
        quarantine.c.decision,
        quarantine.c.held_at,
        quarantine.c.expires_at,
    )
    query = (
        sa.select(sa.func.min(recipient.c.state).label("state"), message.c.id, message.c.receipt, message.c.sender, *columns)
        .join(quarantine, recipient.c.quarantine == quarantine.c.id)
        .join(message, recipient.c.message == message.c.id)
        .where(_theirs(addresses), recipient.c.quarantine.is_not(None))
        .where(quarantine.c.state == QuarantineState.HELD, recipient.c.state.in_(WAITING), quarantine.c.held_at <= until)
        .group_by(quarantine.c.id, message.c.id)  # one that was sent to many waits once
        .order_by(quarantine.c.id.desc())
        .limit(most)
    )
    if before:
        query = query.where(quarantine.c.id < before)
    return [
        Waiting(
            *(row.entry, row.id, row.receipt, row.sender, row.subject, row.rule, load(Decision, row.decision).reason),
            *(State(row.state), row.held_at, row.expires_at),
        )
        for row in conn.execute(query)
    ]


def _theirs(addresses: Sequence[str]) -> sa.ColumnElement[bool]:
    """Mail to them; and of what they sent, that which only they can open."""
    to_them = sa.and_(message.c.direction == Direction.INBOUND, sa.func.lower(recipient.c.address).in_(addresses))
    locked = sa.and_(message.c.direction == Direction.OUTBOUND, recipient.c.state == State.AWAITING_PASSWORD)
    return sa.or_(to_them, sa.and_(locked, sa.func.lower(message.c.sender).in_(addresses)))


def slip(conn: sa.Connection, item: str, addresses: Sequence[str]) -> Slip:
    """By the message's id.  Raises LookupError."""
    row = conn.execute(sa.select(message).where(message.c.id == item)).one_or_none()
    outgoing = row is not None and row.direction == Direction.OUTBOUND and row.sender.lower() in addresses
    mine = recipient.c.message == item
    if not outgoing:
        mine = sa.and_(mine, sa.func.lower(recipient.c.address).in_(addresses))
    rows = conn.execute(sa.select(recipient).where(mine)).all()
    if row is None or not rows or (row.direction == Direction.OUTBOUND and not outgoing):
        raise LookupError(f"no mail {item} of theirs")
    at = min(rows, key=lambda each: (State(each.state).final, each.position))  # of two addresses the one that still waits
    held = sa.select(quarantine).where(quarantine.c.message == item).order_by(quarantine.c.id.desc())
    if at.quarantine is not None:
        held = held.where(quarantine.c.id == at.quarantine)
    entry = conn.execute(held.limit(1)).one_or_none()
    report = load(PartReport, entry.report) if entry and entry.report and at.quarantine else None
    return Slip(
        item=item,
        receipt=row.receipt,
        sender=row.sender,
        subject=entry.subject if entry else "",
        received_at=row.received_at,
        state=State(at.state),
        rule=entry.rule if entry and at.quarantine else "",
        reason=load(Decision, entry.decision).reason if entry and at.quarantine else "",
        changed_at=at.changed_at,
        entry=at.quarantine or 0,
        until=entry.expires_at if entry and at.quarantine else None,
        locked=tuple(p.name for p in report.parts if p.worst().verdict is Verdict.LOCKED) if report else (),
        outgoing=outgoing,
        wrong=any(p.reason is Reason.WRONG_PASSWORD for p in report.walk()) if report else False,
    )
