"""A whole store in a directory, with a clock that tests move, and the few values that every test needs."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import journal
from gateway.clock import Clock
from gateway.model import (
    Cleared,
    Client,
    Decision,
    Direction,
    Disposition,
    Envelope,
    Hold,
    Lease,
    Move,
    PartReport,
    QueueItem,
    Settlement,
    State,
    Work,
)
from gateway.quarantine import Quarantine
from gateway.spool import Spool, keys
from gateway.spool.contents import Stored, fetch_bytes
from gateway.store.blobs import Blobs
from gateway.store.db import Db
from gateway.store.schema import cleared, content_key
from sanitizers.model import Finding, Kind, Treatment, Verdict

START = 1_795_000_000.0
SMALL = 1 << 10  # inline_bytes of the test store: contents above it become files
TO = ("hanako@city.example.lg.jp", "jiro@city.example.lg.jp")
HOLD = Decision(Disposition.HOLD, "macro", "マクロがあります", ("SAN-02",), "0123456789ab", "rebuild")


class Times:
    """Wall and monotonic time, moved by hand."""

    def __init__(self, wall: float = START) -> None:
        self.wall, self.monotonic = wall, 1_000.0

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds


@dataclass
class Rooms:
    root: Path
    times: Times
    clock: Clock
    db: Db
    blobs: Blobs
    key: X25519PrivateKey
    spool: Spool
    quarantine: Quarantine
    journal: journal.Journal

    async def accept(
        self, content: bytes = b"Subject: test\r\n\r\nbody\r\n", to: Sequence[str] = TO, sender: str = "a@b.example"
    ) -> QueueItem:
        incoming = self.spool.incoming()
        await incoming.write(content)
        return await self.spool.accept(envelope(to, sender), incoming, b"Received: by us\r\n")

    async def claim(self, work: Work = Work.INSPECT, owner: str = "here") -> Lease:
        [lease] = await self.spool.claim(owner, work, 1, 30.0)
        return lease

    async def clear(self, content: bytes = b"safe") -> Lease:
        """Everything that is accepted, up to its relay job, claimed."""
        lease = await self.claim()
        await self.spool.settle(lease, clearing(lease, content))
        return await self.claim(Work.RELAY)

    async def held(self, to: Sequence[str] = TO) -> int:
        """The id of a fresh quarantine entry."""
        await self.accept(b"held", to)
        lease = await self.claim()
        await self.spool.settle(lease, holding(lease))
        return (await self.quarantine.list())[0].id

    async def copies(self) -> list[tuple[str, bytes]]:
        """Message and content of all that waits to leave, oldest first."""
        there = sa.or_(cleared.c.content.is_not(None), cleared.c.blob.is_not(None))
        query = sa.select(cleared, content_key.c.wrapped).join(content_key).where(there).order_by(cleared.c.id)
        rows = await self.db.read(lambda conn: conn.execute(query).all())
        found = [(row.message, Stored(row.size, row.sha256, row.content, row.blob, row.wrapped)) for row in rows]
        return [(item, await fetch_bytes(self.blobs, self.key, stored)) for item, stored in found]


@asynccontextmanager
async def rooms(root: Path, wall: float = START) -> AsyncIterator[Rooms]:
    times = Times(wall)
    clock = Clock(lambda: times.wall, lambda: times.monotonic)
    db, blobs = Db(root / "mugai.db"), Blobs(root / "blobs")
    key = keys.opened(db, root / keys.FILE)
    spool = Spool(db, blobs, clock, key, inline_bytes=SMALL)
    book = journal.Journal(db, clock, root / "journal.key", "gw.example/journal")
    try:
        yield Rooms(root, times, clock, db, blobs, key, spool, Quarantine(db, spool, clock), book)
    finally:
        db.close()
        blobs.close()


def envelope(to: Sequence[str] = TO, sender: str = "a@b.example") -> Envelope:
    return Envelope(sender, tuple(to), Direction.INBOUND, Client("192.0.2.1", 40_000, "mx.b.example"))


def clearing(lease: Lease, content: bytes = b"safe", to: Sequence[str] | None = None) -> Settlement:
    who = tuple(to or lease.item.recipients)
    copy = Cleared(lease.item, lease.item.envelope.sender, who, content, hashlib.sha256(content).hexdigest())
    return Settlement(moves=moves(who, State.SANITISED), cleared=(copy,), events=(journal.ClearedForDelivery.of(copy),))


def holding(lease: Lease, to: Sequence[str] | None = None, state: State = State.HELD) -> Settlement:
    who = tuple(to or lease.item.recipients)
    hold = Hold(who, HOLD, report(), "見積書の件")
    return Settlement(moves=moves(who, state), held=(hold,), events=(journal.Held.of(lease.item, hold),))


def ending(lease: Lease, to: Sequence[str] | None = None, state: State = State.RELAYED) -> Settlement:
    return Settlement(moves=moves(to or lease.item.recipients, state), events=(journal.Alarm(name="test", detail=""),))


def moves(who: Sequence[str], state: State) -> tuple[Move, ...]:
    return tuple(Move(each, state, "because") for each in who)


def report() -> PartReport:
    """A mail with one attachment whose macro was removed."""
    finding = Finding(Kind.MACRO, "word/vbaProject.bin", "AutoOpen", Treatment.REMOVED)
    member = _part("1", "見積書.docm", Verdict.SANITISED, (finding,))
    return replace(_part("", "", Verdict.CLEAN), parts=(member,))


def _part(path: str, name: str, verdict: Verdict, findings: tuple[Finding, ...] = ()) -> PartReport:
    return PartReport(
        path, name, "", "application/msword", verdict, findings, None, "", 9, 5, "a" * 64, "b" * 64, name, "", 0.1
    )
