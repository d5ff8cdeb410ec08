"""What is held, for reviewers: list, look, release, delete, expire; each once, each in the journal.

A release is no delivery: the mail walks the whole path again with the reviewer's grant (architecture.md 2).
Raises LookupError (no such entry), AlreadyDone (somebody was faster), Kept (a legal hold), Doubted (came back from a backup).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.model import Decision, Grant, GrantKind, Move, PartReport, QuarantineState, QueueItem, State
from gateway.spool import Spool, settlement
from gateway.spool.acceptance import read_item
from gateway.spool.states import WAITING
from gateway.store.db import Db
from gateway.store.schema import message, quarantine, recipient
from gateway.store.values import load
from gateway.workflow import ledger
from gateway.workflow.model import Act, Kind
from sanitizers.model import Verdict

BATCH = 100  # entries expired in one transaction


class AlreadyDone(Exception):
    """The entry was released, deleted or expired before."""


class Kept(Exception):
    """A legal hold is on it."""


class Doubted(ValueError):
    """It came back from a backup: somebody may have released it since, and nobody has made sure yet."""


@dataclass(frozen=True, slots=True)
class QuarantineEntry:
    id: int
    item: QueueItem
    recipients: tuple[str, ...]
    subject: str
    verdict: Verdict
    rule: str
    reason: str
    clauses: tuple[str, ...]
    held_at: float
    expires_at: float
    state: QuarantineState
    report: PartReport | None
    kept_by: str = ""  # who ordered that it may not be destroyed (LG-11); "" = nobody
    restored: str = ""  # when the backup was made that it came back from; "" = it did not, or it was confirmed


class Quarantine:
    def __init__(self, db: Db, spool: Spool, clock: Clock):
        self._db, self._spool, self._clock = db, spool, clock

    async def list(
        self, *, state: QuarantineState | None = QuarantineState.HELD, text: str = "", before: int = 0, limit: int = 100
    ) -> Sequence[QuarantineEntry]:
        """Newest first; `text` in subject, sender, recipients or receipt; `before` an id: the next page."""
        return await self._db.read(_list, state, text, before, limit)

    async def show(self, entry: int) -> QuarantineEntry:
        return await self._db.read(_show, entry)

    async def release(self, entry: int, actor: str, reason: str, profile: str = "") -> None:
        """Back into the path, treated by `profile` if one is named.  Raises ValueError without a reason."""
        if not reason.strip():
            raise ValueError("a release needs a reason")
        await self._grant(entry, GrantKind.RELEASE, actor, reason.strip(), profile)

    async def confirm(self, entry: int, actor: str, reason: str) -> None:
        """It was not delivered after the backup that it came back from: it may be released.  Raises ValueError."""
        if not reason.strip():
            raise ValueError("say how it was made sure")
        await self._db.write(_confirm, entry, actor, reason.strip(), self._clock.now())

    async def unlock(self, entry: int, actor: str, why: str = "パスワードが入力されたため、もう一度検査します。") -> None:
        """Back into the path, to be judged with a password that never comes here."""
        await self._grant(entry, GrantKind.UNLOCK, actor, why)

    async def locked_from(self, sender: str, recipients: Sequence[str], limit: int) -> Sequence[QuarantineEntry]:
        """What waits for a password, of this sender and for one of these recipients, newest first."""
        return await self._db.read(_locked_from, sender, recipients, limit)

    async def keep(self, entry: int, actor: str, reason: str) -> None:
        """A legal hold (LG-11): neither expiry nor anybody's hand destroys it until `let_go`."""
        await self._db.write(_keep, entry, actor, actor, reason, self._clock.now())

    async def let_go(self, entry: int, actor: str, reason: str) -> None:
        await self._db.write(_keep, entry, "", actor, reason, self._clock.now())

    async def _grant(self, entry: int, kind: GrantKind, actor: str, why: str, profile: str = "") -> None:
        now = self._clock.now()
        await self._db.write(_release, entry, Grant(kind, actor, why, now, profile), now)
        self._spool.wake.set()

    async def delete(self, entry: int, actor: str, reason: str) -> None:
        await self._db.write(delete_entry, entry, actor, reason, self._clock.now())

    async def expire(self) -> int:
        """How many entries ran out; none while the clock is in doubt (I6)."""
        expired = 0
        while not self._clock.jump and (some := await self._db.write(_expire, self._clock.now())):
            expired += some
        return expired


def _list(conn: sa.Connection, state: QuarantineState | None, text: str, before: int, limit: int) -> list[QuarantineEntry]:
    query = sa.select(quarantine).join(message, quarantine.c.message == message.c.id)
    if state is not None:
        query = query.where(quarantine.c.state == state)
    if text:
        fields = (quarantine.c.subject, quarantine.c.recipients, message.c.sender, message.c.receipt)
        query = query.where(sa.or_(*(field.icontains(text, autoescape=True) for field in fields)))
    if before:
        query = query.where(quarantine.c.id < before)
    return [_entry(conn, row) for row in conn.execute(query.order_by(quarantine.c.id.desc()).limit(limit)).all()]


def _locked_from(conn: sa.Connection, sender: str, recipients: Sequence[str], limit: int) -> list[QuarantineEntry]:
    theirs = sa.exists().where(recipient.c.quarantine == quarantine.c.id, recipient.c.address.in_(recipients))
    query = sa.select(quarantine).join(message, quarantine.c.message == message.c.id)
    query = query.where(quarantine.c.state == QuarantineState.HELD, quarantine.c.verdict == Verdict.LOCKED)
    query = query.where(sa.func.lower(message.c.sender) == sender, theirs)
    return [_entry(conn, row) for row in conn.execute(query.order_by(quarantine.c.id.desc()).limit(limit)).all()]


def _show(conn: sa.Connection, number: int) -> QuarantineEntry:
    row = conn.execute(sa.select(quarantine).where(quarantine.c.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"no quarantine entry {number}")
    return _entry(conn, row)


def _entry(conn: sa.Connection, row: sa.Row[Any]) -> QuarantineEntry:
    recipients = tuple(json.loads(row.recipients))
    decision = load(Decision, row.decision)
    return QuarantineEntry(
        id=row.id,
        item=read_item(conn, row.message, recipients),
        recipients=recipients,
        subject=row.subject,
        verdict=Verdict(row.verdict),
        rule=decision.rule,
        reason=decision.reason,
        clauses=decision.clauses,
        held_at=row.held_at,
        expires_at=row.expires_at,
        state=QuarantineState(row.state),
        report=load(PartReport, row.report) if row.report else None,
        kept_by=row.kept_by,
        restored=row.restored,
    )


def _release(conn: sa.Connection, number: int, grant: Grant, now: float) -> None:
    """A reviewer's hand: what waits for an approval or for its sender is not the reviewer's to release."""
    check_waiting(conn, number)
    release_entry(conn, number, grant, now)


def check_waiting(conn: sa.Connection, number: int) -> None:
    """It is held and nobody is asked about it.  Raises AlreadyDone, ValueError."""
    if (state := conn.scalar(sa.select(quarantine.c.state).where(quarantine.c.id == number))) != QuarantineState.HELD:
        raise AlreadyDone(f"entry {number} is {state}") if state else LookupError(f"no quarantine entry {number}")
    free = (Kind.PASSWORD, Kind.RELEASE)  # a reviewer's own release is an answer to both
    asked = (case for case in ledger.select(conn, entry=number, open_only=True) if case.kind not in free)
    if case := next(asked, None):
        raise ValueError(f"entry {number} waits for {case.by}: see `mugai approval show {case.id}`")


def release_entry(conn: sa.Connection, number: int, grant: Grant, now: float) -> None:
    """Back into the path, inside a transaction."""
    item, recipients = _close(conn, number, QuarantineState.RELEASED)
    act = Act.UNLOCK if grant.kind is GrantKind.UNLOCK else Act.DROP
    ledger.drop(conn, ledger.select(conn, entry=number, open_only=True), grant.who, grant.why, now, act)
    event = journal.Released(item=item, grant=grant.kind, actor=grant.who, reason=grant.why, recipients=recipients)
    settlement.reinspect(conn, item, recipients, grant, (event,), now)


def is_kept(conn: sa.Connection, number: int) -> bool:
    return bool(conn.scalar(sa.select(quarantine.c.kept_by).where(quarantine.c.id == number)))


def _keep(conn: sa.Connection, number: int, kept_by: str, actor: str, reason: str, now: float) -> None:
    row = conn.execute(sa.select(quarantine.c.message).where(quarantine.c.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"no quarantine entry {number}")
    conn.execute(quarantine.update().where(quarantine.c.id == number).values(kept_by=kept_by))
    journal.insert(conn, [journal.Kept(item=row.message, actor=actor, reason=reason, kept=bool(kept_by))], now)


def _confirm(conn: sa.Connection, number: int, actor: str, reason: str, now: float) -> None:
    row = conn.execute(sa.select(quarantine.c.message, quarantine.c.restored).where(quarantine.c.id == number)).one_or_none()
    if row is None:
        raise LookupError(f"no quarantine entry {number}")
    if not row.restored:
        raise AlreadyDone(f"entry {number} is in no doubt")
    conn.execute(quarantine.update().where(quarantine.c.id == number).values(restored=""))
    journal.insert(conn, [journal.Confirmed(item=row.message, actor=actor, reason=reason, made=row.restored)], now)


def delete_entry(conn: sa.Connection, number: int, actor: str, reason: str, now: float) -> None:
    item, recipients = _close(conn, number, QuarantineState.DELETED)
    ledger.drop(conn, ledger.select(conn, entry=number, open_only=True), actor, reason, now)
    moves = [Move(who, State.DELETED, reason, actor=actor) for who in recipients]
    event = journal.Deleted(item=item, actor=actor, reason=reason, recipients=recipients)
    settlement.end(conn, item, moves, (event,), now)


def expire_entry(conn: sa.Connection, number: int, why: str, now: float) -> None:
    item, recipients = _close(conn, number, QuarantineState.EXPIRED)
    ledger.drop(conn, ledger.select(conn, entry=number, open_only=True), ledger.GATEWAY, why, now)
    moves = [Move(who, State.EXPIRED, why) for who in recipients]
    settlement.end(conn, item, moves, (journal.Expired(item=item, recipients=recipients),), now)


def _expire(conn: sa.Connection, now: float) -> int:
    due = sa.and_(quarantine.c.state == QuarantineState.HELD, quarantine.c.expires_at <= now, quarantine.c.kept_by == "")
    numbers = conn.scalars(sa.select(quarantine.c.id).where(due).order_by(quarantine.c.expires_at).limit(BATCH)).all()
    for number in numbers:
        expire_entry(conn, number, "quarantine period over", now)
    return len(numbers)


def _close(conn: sa.Connection, number: int, state: QuarantineState) -> tuple[str, tuple[str, ...]]:
    """Exactly once: only who finds it HELD changes it.  The message, and the recipients that still wait there."""
    row = conn.execute(sa.select(quarantine).where(quarantine.c.id == number).with_for_update()).one_or_none()
    if row is None:
        raise LookupError(f"no quarantine entry {number}")
    if row.state != QuarantineState.HELD:
        raise AlreadyDone(f"entry {number} is {row.state}")
    if row.restored and state is QuarantineState.RELEASED:
        raise Doubted(
            f"entry {number} came back from the backup of {row.restored} and may have been delivered since: "
            f"mugai quarantine confirm {number}"
        )
    if row.kept_by and state is not QuarantineState.RELEASED:
        raise Kept(f"entry {number} is under a legal hold")
    conn.execute(quarantine.update().where(quarantine.c.id == number).values(state=state, version=row.version + 1))
    waiting = sa.and_(recipient.c.quarantine == number, recipient.c.state.in_(WAITING))
    return row.message, tuple(conn.scalars(sa.select(recipient.c.address).where(waiting).order_by(recipient.c.position)))
