"""Senders and files that a person judged in advance, until a day: denied ones are held, allowed ones not held for suspicion.

An allowed sender only takes away the rules that ask who he is (`match: identity`): what he sends is inspected and rebuilt as
ever, and the next rule decides.  Denying wins, and never opens what another rule closes.  Entries are addresses, domains with
all below them, or the SHA-256 of an attachment as it came; each names who wrote it, why and until when; none is overwritten.
Raises ValueError (not a subject, no reason, too long), LookupError (no such entry).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.model import Decision, Direction, Disposition, Inspection, QueueItem, Waiver
from gateway.policy.rules import Policy
from gateway.policy.schema import listed
from gateway.store.db import Db

DAY = 86_400.0
LONGEST = 366  # days: nobody knows any more why after that
DENIED = "denied-sender"  # the name of the rule that the holds go by
_ADDRESS = re.compile(r"[^\s@<>*?\[\]]{1,64}@[a-z0-9.-]{1,190}")
_DOMAIN = re.compile(r"(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Stance(StrEnum):
    DENY = "deny"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    stance: Stance
    subject: str
    reason: str
    by: str
    made_at: float  # Unix time, seconds
    until: float


def subject_of(text: str) -> str:
    """An address, a domain (with or without @), or a SHA-256, as it is kept.  Raises ValueError."""
    subject = text.strip().lower()
    domain = subject.removeprefix("*").removeprefix("@")
    if _ADDRESS.fullmatch(subject) or _DIGEST.fullmatch(subject):
        return subject
    if _DOMAIN.fullmatch(domain):
        return f"@{domain}"
    raise ValueError("write an address, a domain, or the SHA-256 of a file")


class Senders:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    async def add(self, stance: Stance, text: str, by: str, reason: str, days: float) -> Listed:
        """Raises ValueError."""
        subject = subject_of(text)
        if stance is Stance.ALLOW and _DIGEST.fullmatch(subject):
            raise ValueError("a file cannot be allowed: every file is rebuilt; allow its sender")
        if not reason.strip():
            raise ValueError("a reason is needed: it goes into the journal")
        if not 0 < days <= LONGEST:
            raise ValueError(f"it may last {LONGEST} days at most; then it can be written again")
        now = self._clock.now()
        values = {"stance": stance, "subject": subject, "reason": reason.strip()[:500], "by": by, "made_at": now}
        return await self._db.write(_add, {**values, "until": now + days * DAY}, now)

    async def remove(self, number: int, by: str, reason: str) -> None:
        """Raises LookupError, ValueError."""
        if not reason.strip():
            raise ValueError("a reason is needed: it goes into the journal")
        await self._db.write(_remove, number, by, reason.strip()[:500], self._clock.now())

    async def list(self) -> Sequence[Listed]:
        """What holds now, newest first."""
        return await self._db.read(_select, self._clock.now(), None)

    async def about(self, item: QueueItem, inspection: Inspection) -> tuple[Listed, ...]:
        """The entries that an inbound mail meets."""
        if item.envelope.direction is not Direction.INBOUND:
            return ()
        shown = {box.address.lower() for box in inspection.letter.from_} if inspection.letter else set[str]()
        senders = {item.envelope.sender.lower(), *shown} - {""}
        files = {part.sha256_in for part in inspection.report.walk() if part.path}
        names = {name for sender in senders for name in _names(sender)}
        found = await self._db.read(_select, self._clock.now(), sorted(names | files))
        return tuple(each for each in found if each.stance is Stance.DENY or _speaks_for_all(each, senders))


def _speaks_for_all(entry: Listed, senders: Iterable[str]) -> bool:
    """A familiar From before a stranger's envelope, or the other way about, is no allowed sender."""
    return all(entry.subject in _names(sender) for sender in senders)


def _names(address: str) -> Iterator[str]:
    """a@x.example.jp, @x.example.jp, @example.jp, @jp: whatever an entry might call it."""
    yield address
    labels = address.rpartition("@")[2].split(".")
    yield from (f"@{'.'.join(labels[at:])}" for at in range(len(labels)))


def waivers(policy: Policy, found: Sequence[Listed]) -> tuple[Waiver, ...]:
    """An allowed sender is not held because of who he might be."""
    by = next((f"{each.stance} {each.id}" for each in found if each.stance is Stance.ALLOW), "")
    asking = [rule.name for rule in policy.rules if rule.match.identity and rule.action is Disposition.HOLD]
    return tuple(Waiver(name, by) for name in asking) if by else ()


def denied(decision: Decision, found: Sequence[Listed]) -> Decision:
    """What would be delivered is held; what is held, locked or deleted anyway stays so, by its own rule."""
    entry = next((each for each in found if each.stance is Stance.DENY), None)
    if entry is None or decision.disposition is not Disposition.DELIVER:
        return decision
    reason = f"受信を拒否する差出人・ファイルの一覧にあるため、保留しました。({entry.reason})"
    return replace(
        decision, disposition=Disposition.HOLD, rule=DENIED, reason=reason, waived=(*decision.waived, f"deny {entry.id}")
    )


def _add(conn: sa.Connection, values: dict[str, object], now: float) -> Listed:
    [number] = conn.execute(listed.insert(), values).inserted_primary_key or (0,)
    made = _listed(conn.execute(sa.select(listed).where(listed.c.id == number)).one())
    journal.insert(conn, (_event(made, made.by, "added", made.reason),), now)
    return made


def _remove(conn: sa.Connection, number: int, by: str, reason: str, now: float) -> None:
    row = conn.execute(sa.select(listed).where(listed.c.id == number, listed.c.until > now)).one_or_none()
    if row is None:
        raise LookupError(f"no entry {number}")
    conn.execute(listed.update().where(listed.c.id == number).values(until=now))
    journal.insert(conn, (_event(_listed(row), by, "removed", reason),), now)


def _event(entry: Listed, actor: str, change: str, reason: str) -> journal.SenderListed:
    return journal.SenderListed(
        actor=actor, entry=entry.id, stance=entry.stance, change=change, until=entry.until, reason=reason, subject=entry.subject
    )


def _select(conn: sa.Connection, now: float, subjects: Sequence[str] | None) -> list[Listed]:
    query = sa.select(listed).where(listed.c.until > now).order_by(listed.c.id.desc())
    if subjects is not None:
        query = query.where(listed.c.subject.in_(subjects))
    return [_listed(row) for row in conn.execute(query)]


def _listed(row: sa.Row[tuple[object, ...]]) -> Listed:
    return Listed(row.id, Stance(row.stance), row.subject, row.reason, row.by, row.made_at, row.until)
