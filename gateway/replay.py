"""Stored mail through two policies: what a draft would change (DV-02).  Nothing is delivered, stored, journalled or learnt.

Both policies decide on the same inspection, so that a difference is the draft's.  Depth RECORD takes what the journal recorded
when the mail was decided, where both policies would have treated and searched it alike; whatever else, and all with depth FULL,
is inspected again.  Facts of their day (who was proven to have sent it, who was a stranger) are always the record's.
The lists of denied and allowed senders are asked as they are now; a mail that an entry may be about is inspected again, as the
record does not say whom it shows as its sender.  Left out, for both policies alike: passwords that people gave or that are
guessed, and the clearance after the decision.  One mail with all of that is `rehearsal.py`'s.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import sqlalchemy as sa

from gateway.catalogue import finding
from gateway.catalogue.schema import catalogue
from gateway.model import Direction, Disposition, Group, Inspection, QueueItem, Sign
from gateway.policy.leaks import SEARCHED
from gateway.policy.observer import Observer
from gateway.policy.rules import Policy
from gateway.policy.senders import Senders, denied, waivers
from gateway.recorded import Record, records
from gateway.spool import MissingContent, Spool
from gateway.spool.acceptance import read_item
from gateway.store.db import Db
from gateway.store.schema import message
from gateway.workflow.register import Register
from sanitizers.model import Profile, Verdict

OF_THEIR_DAY = frozenset({Sign.AUTO_FORWARDED, Sign.NEW_RECIPIENT})  # by now its own delivery speaks against it


class Depth(StrEnum):
    RECORD = "record"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Outcome:
    disposition: Disposition
    rule: str
    profile: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Change:
    """For some recipients of one mail."""

    recipients: tuple[str, ...]
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class Replayed:
    item: str
    receipt: str
    received_at: float
    direction: Direction
    sender: str
    subject: str
    changes: tuple[Change, ...] = ()  # () = as before
    inspected: bool = False  # anew
    failure: str = ""  # why it could not be replayed


@dataclass(frozen=True, slots=True)
class Selection:
    """Newest first."""

    limit: int = 200
    since: float = 0.0  # Unix time
    direction: Direction | None = None


class Inspect(Protocol):
    async def __call__(self, content: bytes | int, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        """As `Inspector.message`."""


class Look(Protocol):
    async def __call__(self, item: str, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        """The stored mail, inspected.  Raises MissingContent."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A `Look` at what lies in the spool."""

    spool: Spool
    inspect: Inspect

    async def __call__(self, item: str, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        content = await self.spool.content(item)
        try:
            return await self.inspect(content, profile, keep_leaves=keep_leaves)
        finally:
            if isinstance(content, int):
                os.close(content)


@dataclass(frozen=True)
class Replay:
    db: Db
    register: Register
    current: Policy
    draft: Policy
    look: Look
    observers: Callable[[Policy], Sequence[Observer]]
    known: Mapping[str, Policy]  # by version: what past decisions rested on
    depth: Depth = Depth.RECORD
    senders: Senders | None = None  # None: nobody is denied or allowed

    async def select(self, selection: Selection) -> list[str]:
        return await self.db.read(_select, selection)

    async def run(self, items: Sequence[str], lanes: int = 1) -> AsyncIterator[Replayed]:
        """Each mail once, at most `lanes` at a time.  Raises ScannerDown, SandboxDown: what is missing then is not known."""
        waiting, running = list(reversed(items)), set[asyncio.Task[Replayed]]()
        try:
            while waiting or running:
                while waiting and len(running) < lanes:
                    running.add(asyncio.create_task(self.one(waiting.pop())))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def one(self, item_id: str) -> Replayed:
        item, subject, past = await self.db.read(_stored, item_id)
        envelope = item.envelope
        told = Replayed(item.id, item.receipt, item.received_at, envelope.direction, envelope.sender, subject)
        recorded = all(self._is_recorded(item, policy, past) for policy in self._both)
        inspected = self.depth is Depth.FULL or not recorded or await self._may_be_listed(item)
        looks = _Looks(self, item, past, inspected)
        try:
            before, after = [await self._decided(policy, item, looks) for policy in self._both]
        except MissingContent as missing:
            return replace(told, failure=str(missing))
        changed: dict[tuple[Outcome, Outcome], list[str]] = {}
        for recipient in item.recipients:
            if before[recipient] != after[recipient]:
                changed.setdefault((before[recipient], after[recipient]), []).append(recipient)
        changes = tuple(Change(tuple(who), *outcomes) for outcomes, who in changed.items())
        return replace(told, changes=changes, inspected=inspected)

    @property
    def _both(self) -> tuple[Policy, Policy]:
        return self.current, self.draft

    def _is_recorded(self, item: QueueItem, policy: Policy, past: Mapping[str, Record]) -> bool:
        """The record says all that this policy would want to know."""
        for group in policy.split(item.envelope, item.recipients, item.size):
            record = past.get(group.profile)
            then = self.known.get(record.policy_version) if record else None
            if then is None or then.profiles.get(group.profile) != policy.profiles[group.profile]:
                return False
            searched = policy.observe == then.observe and policy.signs() <= then.signs()
            if item.envelope.direction is Direction.OUTBOUND and not searched:
                return False
        return True

    async def _may_be_listed(self, item: QueueItem) -> bool:
        """An address or domain of the lists stands somewhere among its words: only its From says whether that is the sender."""
        if self.senders is None or item.envelope.direction is not Direction.INBOUND:
            return False
        named = [each.subject.removeprefix("@") for each in await self.senders.list() if "." in each.subject]
        return bool(named) and await self.db.read(_is_among_its_words, item.id, named)

    async def _decided(self, policy: Policy, item: QueueItem, looks: _Looks) -> dict[str, Outcome]:
        outcomes: dict[str, Outcome] = {}
        for group in policy.split(item.envelope, item.recipients, item.size):
            inspection = await looks.at(policy, group)
            waived = await self.register.waivers(policy, item, inspection)
            listed = await self.senders.about(item, inspection) if self.senders else ()
            waived = (*waived, *waivers(policy, listed))
            for part, decided in policy.decide(item.envelope, group, item.size, inspection, waived):
                decision = denied(decided, listed)
                outcome = Outcome(decision.disposition, decision.rule, group.profile, inspection.verdict)
                outcomes |= dict.fromkeys(part.recipients, outcome)
        return outcomes


class _Looks:
    """The inspections of one mail: each profile once, for both policies."""

    def __init__(self, replay: Replay, item: QueueItem, past: Mapping[str, Record], inspected: bool):
        self._replay, self._item, self._past, self._inspected = replay, item, past, inspected
        self._known: dict[Profile, Inspection] = {}
        self._searched = any(policy.signs() & SEARCHED for policy in replay._both)

    async def at(self, policy: Policy, group: Group) -> Inspection:
        if not self._inspected:
            return self._past[group.profile].inspection
        profile, outbound = policy.profiles[group.profile], self._item.envelope.direction is Direction.OUTBOUND
        if profile not in self._known:
            keep = outbound and self._searched
            self._known[profile] = await self._replay.look(self._item.id, profile, keep_leaves=keep)
        inspection, record = self._known[profile], next(iter(self._past.values()), None)
        if not outbound:
            return replace(inspection, identity=record.inspection.identity if record else None)
        observed = [o for each in self._replay.observers(policy) for o in await each.observe(self._item, inspection)]
        if record is not None:
            observed = [o for o in observed if o.sign not in OF_THEIR_DAY]
            observed += [o for o in record.inspection.observations if o.sign in OF_THEIR_DAY]
        return replace(inspection, observations=tuple(observed))


def _select(conn: sa.Connection, selection: Selection) -> list[str]:
    query = sa.select(message.c.id).where(message.c.kind == "mail", message.c.received_at >= selection.since)
    if selection.direction is not None:
        query = query.where(message.c.direction == selection.direction)
    return list(conn.scalars(query.order_by(message.c.id.desc()).limit(selection.limit)))


def _is_among_its_words(conn: sa.Connection, item_id: str, named: Sequence[str]) -> bool:
    """One that was never filed may say anything."""
    words = conn.scalar(sa.select(catalogue.c.words).where(catalogue.c.message == item_id))
    return words is None or any(name in words for name in named)


def _stored(conn: sa.Connection, item_id: str) -> tuple[QueueItem, str, dict[str, Record]]:
    return read_item(conn, item_id), finding.found(conn, item_id).subject, records(conn, item_id)
