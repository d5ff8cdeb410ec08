"""The spool: takes responsibility for mail, hands out work under leases, settles it, and forgets nothing before its time.

`contents` bytes in and out · `keys` who can read them · `vouching` who made a copy · `acceptance` T1 · `leases` who works on
what · `settlement` what a step changed · `states` the table and its auditor · `overview` for operators · `retention` what may
be destroyed.  Every method that changes something is one transaction.  Raises StoreUnavailable (answer 451), LostLease,
IllegalMove, MissingContent (hold), NoKey (not in this process), LookupError (no such message).  Reviewing what is held is
`quarantine.py`'s.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import journal
from gateway.clock import Clock
from gateway.model import Authored, Cleared, Envelope, Grant, Lease, QueueItem, Settlement, Warrant, Work
from gateway.policy import memory
from gateway.spool import acceptance, announcement, contents, leases, overview, retention, settlement, states, vouching
from gateway.spool.contents import Incoming, Kept, MissingContent, Stored
from gateway.spool.keys import NoKey
from gateway.spool.leases import LostLease
from gateway.spool.overview import Load, QueueRow, RecipientRow, Shown
from gateway.spool.states import IllegalMove
from gateway.store.blobs import Blobs
from gateway.store.db import Db, StoreUnavailable
from gateway.store.schema import cleared as copies
from gateway.store.schema import content_key, message
from gateway.store.values import load
from gateway.words import Words

__all__ = [
    "IllegalMove",
    "Incoming",
    "LostLease",
    "MissingContent",
    "NoKey",
    "Pressure",
    "QueueRow",
    "RecipientRow",
    "Shown",
    "Spool",
    "StoreUnavailable",
]

DAY = 86_400.0
PRESSURE_SECONDS = 1.0  # how old an answer of `pressure` may be
PROBE_SECONDS = 1.0  # how often a store that failed is tried again


@dataclass(frozen=True, slots=True)
class Pressure:
    """Why new mail may have to wait outside."""

    oldest_seconds: float  # how long the oldest ready job has waited for a lane
    waiting: int  # jobs
    free_bytes: int  # for contents


class Spool:
    """`wake` is set whenever a job may have become ready in this process; others are found by polling."""

    def __init__(
        self,
        db: Db,
        blobs: Blobs,
        clock: Clock,
        key: X25519PrivateKey | None = None,  # of `keys.opened`; without it no content can be read
        *,
        inline_bytes: int = 64 << 10,  # most mails: one group commit makes row and content durable together
        quarantine_days: float = 30,
        originals_days: float = 30,
        by_permission: bool = False,  # originals past that are not disposed of by themselves (DS-01)
    ):
        self._db, self._blobs, self._clock, self._key, self._inline = db, blobs, clock, key, inline_bytes
        self._quarantine_seconds, self._original_seconds = quarantine_days * DAY, originals_days * DAY
        self._by_permission = by_permission
        self._pressure: tuple[float, Pressure] | None = None
        self._failed_at: float | None = None  # monotonic; while set, nothing is accepted before a probe succeeds
        self._probing = asyncio.Lock()
        self.wake = asyncio.Event()

    # -- taking responsibility -------------------------------------------------------------------------------------------

    def incoming(self) -> Incoming:
        return Incoming(self._blobs, self._inline)

    async def accept(self, envelope: Envelope, incoming: Incoming, trace: bytes) -> QueueItem:
        """Durable when it returns; any exception means that the outcome is unknown and the answer is 451, never 250.

        `trace` is our Received field, kept beside the original.  A client's retry gets the first item again."""
        await self._probe()
        try:
            kept = await incoming.keep()
            item, known = await self._db.write(acceptance.accept, envelope, kept, trace, self._clock.now())
        except StoreUnavailable:
            self._failed_at = self._clock.monotonic()
            raise
        if known and kept.blob is not None:
            await self._blobs.run(self._blobs.delete, kept.blob)
        self.wake.set()
        return item

    async def _probe(self) -> None:
        """After a failure the whole way to the disk is walked once before anybody's mail depends on it."""
        async with self._probing:
            if self._failed_at is None:
                return
            if self._clock.monotonic() - self._failed_at < PROBE_SECONDS:
                raise StoreUnavailable("the store failed a moment ago")
            try:
                await self._blobs.run(lambda: self._blobs.delete(self._blobs.put((b"probe",))))
                words = Words("書き込めなかった保存領域に、また書き込めるようになりました。", "works again")
                await self._db.write(journal.insert, (journal.Alarm.of("store", words),), self._clock.now())
            except StoreUnavailable:
                self._failed_at = self._clock.monotonic()
                raise
            self._failed_at = None

    # -- working ---------------------------------------------------------------------------------------------------------

    async def claim(self, owner: str, work: Work, limit: int, lease_seconds: float) -> list[Lease]:
        """The longest due first.  `lease.deaths` counts the processes that died on it (I5)."""
        now = self._clock.now()
        return await self._db.write(leases.claim, owner, work, limit, now + lease_seconds, now)

    async def renew(self, held: Sequence[Lease], lease_seconds: float) -> set[int]:
        """The jobs that are still ours."""
        return await self._db.write(leases.renew, held, self._clock.now() + lease_seconds) if held else set()

    async def reap(self) -> int:
        """Takes back what dead processes held; each counts as one death."""
        reaped = await self._db.write(leases.reap, self._clock.now())
        if reaped:
            self.wake.set()
        return reaped

    async def give_back(self, held: Sequence[Lease]) -> None:
        if held:
            await self._db.write(leases.give_back, held)

    async def content(self, item_id: str) -> bytes | int:
        """The original as it came: bytes, or an open read-only descriptor that the caller closes.

        Raises MissingContent, NoKey."""
        return await contents.fetch(self._blobs, self._key, await self._db.read(_original, item_id))

    async def trace(self, item_id: str) -> bytes:
        return await self._db.read(_trace, item_id)

    async def cleared(self, lease: Lease) -> Cleared:
        """The copy that was cleared in an earlier step, its digest compared (I2).  Raises MissingContent, NoKey."""
        (sender, smtputf8, warrant, stored), vouched = await self._db.read(_marked, self._key, lease)
        content = await contents.fetch_bytes(self._blobs, self._key, stored)
        return Cleared(lease.item, sender, lease.item.recipients, content, stored.sha256, smtputf8, warrant, vouched)

    async def settle(self, lease: Lease, outcome: Settlement) -> None:
        """All of it or nothing; ends the job, or defers it to `retry_at` for the recipients that have not moved.

        Each recipient of `cleared` needs a Move to SANITISED, each of `held` one to a waiting state, and moves need an event.
        Raises LostLease, IllegalMove."""
        once = {copy.sha256: await self._keep(copy.content) for copy in outcome.cleared}  # several may share one content
        copied = [once[copy.sha256] for copy in outcome.cleared]
        for kept, copy in zip(copied, outcome.cleared, strict=True):
            if kept.sha256 != copy.sha256:
                raise IllegalMove("a cleared copy is not what its digest says")
        authored = [await self._keep(note.content) for note in outcome.authored]
        durable = settlement.KeptSettlement(outcome, tuple(copied), tuple(authored))
        now, seconds = self._clock.now(), self._quarantine_seconds
        if copied or authored:
            await self._db.write(vouching.vouched, self._key, settlement.settle, lease, durable, seconds, now)
        else:
            await self._db.write(settlement.settle, lease, durable, seconds, now)
        self.wake.set()

    async def announce(self, occasion: str, notes: Sequence[Authored]) -> bool:
        """Mails of our own that no mail caused, once for each occasion; False when it was announced before."""
        kept = [(note, await self._keep(note.content)) for note in notes]
        now = self._clock.now()
        fresh = await self._db.write(vouching.vouched, self._key, announcement.announce, occasion, kept, now)
        self.wake.set()
        return fresh

    async def reinspect(self, item_id: str, recipients: Sequence[str], grant: Grant, events: Sequence[journal.Event]) -> None:
        """Waiting recipients back to RECEIVED, never further.  Raises IllegalMove."""
        await self._db.write(settlement.reinspect, item_id, recipients, grant, events, self._clock.now())
        self.wake.set()

    # -- looking after it ------------------------------------------------------------------------------------------------

    async def queue(self, limit: int = 1_000) -> list[QueueRow]:
        return await self._db.read(overview.queue, limit)

    async def show(self, key: str) -> Shown:
        """`key` here and below: an id or a receipt number.  Raises LookupError."""
        return await self._db.read(overview.show, key)

    async def retry_now(self, key: str, actor: str) -> int:
        changed = await self._db.write(overview.retry_now, key, actor, self._clock.now())
        self.wake.set()
        return changed

    async def freeze(self, key: str, frozen: bool, actor: str) -> int:
        return await self._db.write(overview.freeze, key, frozen, actor, self._clock.now())

    async def delete(self, key: str, actor: str, why: str) -> int:
        """How many recipients it was deleted for."""
        return await self._db.write(overview.delete, key, actor, why, self._clock.now())

    async def pressure(self) -> Pressure:
        asked = self._clock.monotonic()
        if self._pressure is None or asked - self._pressure[0] > PRESSURE_SECONDS:
            now = self._clock.now()
            queued: Load = await self._db.read(overview.load, now)
            free = await self._blobs.run(self._blobs.free_bytes)
            oldest = 0.0 if queued.oldest_due is None else max(0.0, now - queued.oldest_due)
            self._pressure = (asked, Pressure(oldest, queued.waiting, free))
        return self._pressure[1]

    async def gc(self) -> int:
        """How much was destroyed: originals past their retention, files that no row names.  Nothing while the clock is off."""
        if self._clock.jump:
            return 0
        now, disposed = self._clock.now(), 0
        await self._db.write(memory.forget, now)
        if not self._by_permission:
            disposed = await self.dispose(self.disposable_before(now))
        old = await self._blobs.run(self._blobs.older_than, now - retention.ORPHAN_SECONDS)
        orphans = await self._db.read(retention.orphans, old)
        for key in orphans:
            await self._blobs.run(self._blobs.delete, key)
        await self._db.empty_log()  # keys of cleared copies that were delivered since
        return disposed + len(orphans)

    def disposable_before(self, now: float) -> float:
        """Originals of mails that were finished before it have had their time."""
        return now - self._original_seconds

    async def dispose(self, before: float, actor: str = "gateway", case: int = 0) -> int:
        """Of all originals finished before; how many."""
        disposed = 0
        while some := await self._db.write(retention.dispose, before, self._clock.now(), actor, case):
            disposed += some
        if disposed:
            await self._db.empty_log()
        return disposed

    def has_file(self, key: str) -> bool:
        """In a thread."""
        return self._blobs.exists(key)

    async def audit(self) -> list[str]:
        """Every contradiction in the store (I1); reads all of it."""
        return await self._db.read(states.audit, self._blobs.exists)

    async def unreadable(self) -> tuple[int, list[str]]:
        """How many contents rows name, and each that can not be read; reads all of them: for backups."""
        items, numbers = await self._db.read(_contents)
        found = []
        for item in items:
            try:
                content = await self.content(item)
            except MissingContent as missing:
                found.append(f"{item}: {missing}")
            else:
                if isinstance(content, int):
                    os.close(content)
        for number in numbers:
            try:
                await contents.fetch_bytes(self._blobs, self._key, (await self._db.read(_copy, number))[-1])
            except MissingContent as missing:
                found.append(f"cleared copy {number}: {missing}")
        return len(items) + len(numbers), found

    async def _keep(self, content: bytes) -> Kept:
        return await contents.keep(self._blobs, content, self._inline)


def _original(conn: sa.Connection, item_id: str) -> Stored:
    row = conn.execute(_with_key(message).where(message.c.id == item_id)).one_or_none()
    if row is None:
        raise LookupError(f"no message {item_id}")
    return Stored(row.size, row.sha256, row.content, row.blob, row.wrapped)


def _with_key(table: sa.Table) -> sa.Select[Any]:
    return sa.select(table, content_key.c.wrapped).join(content_key, table.c.content_key == content_key.c.id, isouter=True)


def _contents(conn: sa.Connection) -> tuple[list[str], list[int]]:
    """Messages that have their original, and cleared copies that somebody needs."""
    there = (sa.or_(table.c.content.is_not(None), table.c.blob.is_not(None)) for table in (message, copies))
    originals, kept = there
    return list(conn.scalars(sa.select(message.c.id).where(originals))), list(conn.scalars(sa.select(copies.c.id).where(kept)))


def _trace(conn: sa.Connection, item_id: str) -> bytes:
    return bytes(conn.execute(sa.select(message.c.trace).where(message.c.id == item_id)).scalar_one())


def _marked(
    conn: sa.Connection, key: X25519PrivateKey | None, lease: Lease
) -> tuple[tuple[str, bool, Warrant | None, Stored], bool]:
    """A copy, and whether the gateway made it; without a key nobody can say, and nobody can read it."""
    return _copy(conn, lease.cleared), key is not None and vouching.is_vouched(conn, key, lease.cleared, lease.item.recipients)


def _copy(conn: sa.Connection, number: int) -> tuple[str, bool, Warrant | None, Stored]:
    row = conn.execute(_with_key(copies).where(copies.c.id == number)).one_or_none()
    if row is None:
        raise MissingContent(f"no cleared copy {number}")
    warrant = load(Warrant, row.warrant) if row.warrant else None
    return row.sender, bool(row.smtputf8), warrant, Stored(row.size, row.sha256, row.content, row.blob, row.wrapped)
