"""The journal's clerk: once a second it moves new rows into the tree, and now and then signs for all of it.

Sealing is after the commit of the fact, so the tree never slows an accept.  A checkpoint every 5 minutes, every 1,000 entries
and at the end; the signer refuses to sign a tree that lost or changed what it signed before (`JournalDamaged`).
One gateway seals at a time: the tree's edge is read and written inside the sealing transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway import tally
from gateway.clock import Clock
from gateway.journal import index, record
from gateway.journal.events import Alarm, Event
from gateway.journal.note import Signer, durable_write
from gateway.journal.tree import Frontier, leaf
from gateway.store.db import Db, StoreUnavailable
from gateway.store.schema import journal, journal_checkpoint, journal_head, journal_pending
from gateway.trouble import Trouble
from gateway.words import Words

SEAL_SECONDS = 1.0
BATCH = 1_000  # rows in one transaction: about 20 ms of the writer's time
CHECKPOINT_SECONDS = 300.0
CHECKPOINT_ENTRIES = 1_000
LATER = 10_000  # refusals kept in memory for one batch: above this somebody is hammering, and a number says it as well

Listener = Callable[[str, dict[str, Any]], None]  # kind and facts of a sealed event

log = logging.getLogger(__name__)


class JournalDamaged(Trouble):
    """The journal is shorter than, or different from, what was signed: restored, truncated or tampered with."""


class NotOurs(Trouble):
    """This process may write events; sealing and signing them is the gateway's."""


class Journal:
    def __init__(self, db: Db, clock: Clock, key: Path, origin: str, *, signs: bool = True):
        """`key` is the private key's file; the last signed state and the public key are kept beside it.  Without `signs`
        only the public one is read, and events can be written, no more.  Raises OSError, ValueError."""
        self._db, self._clock = db, clock
        public = key.with_suffix(".pub")
        self._own_signer = Signer.open(origin, key) if signs else None
        if self._own_signer is None:
            self._verifier = public.read_text("ascii").strip()
        else:
            self._verifier = self._own_signer.verifier
            _publish(public, self._verifier)
        self._signed = key.with_name(key.name + ".signed")
        self._later: list[Event] = []
        self._dropped = 0
        self._jumped = False
        self._last = (0, 0.0)  # size and monotonic time of the last checkpoint
        self._task: asyncio.Task[None] | None = None
        self.listeners: list[Listener] = []  # told of each sealed event once; they must neither raise nor wait

    @property
    def verifier(self) -> str:
        """The public key (C2SP vkey): print it, keep it off this machine."""
        return self._verifier

    def sign(self, text: str) -> str:
        """A text of somebody else's, by the journal's key (`note.open_text` reads it)."""
        return self._signer.sign_text(text)

    @property
    def _signer(self) -> Signer:
        if self._own_signer is None:
            raise NotOurs("the journal is sealed and signed by the gateway; this process has no right to its key")
        return self._own_signer

    async def start(self) -> None:
        """Raises JournalDamaged, StoreUnavailable."""
        frontier, newest = await self._db.read(_edge)
        self._clock.resume(newest)
        await self._watch_clock()
        self._check_growth(frontier)
        self._last = (frontier.size, self._clock.monotonic())
        self._task = asyncio.create_task(self._run(), name="journal-sealer")

    async def stop(self) -> None:
        """Seals what is there and signs it."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.seal()
        await self.checkpoint()

    async def write(self, *events: Event) -> None:
        """Facts that change nothing else in the store; durable when it returns."""
        await self._db.write(record.insert, events, self._clock.now())

    def later(self, event: Event) -> None:
        """For refusals before 250: written within a second, in one transaction for all; a crash may lose that second."""
        if len(self._later) < LATER:
            self._later.append(event)
        else:
            self._dropped += 1

    async def seal(self) -> int:
        """Everything that waits; returns the tree's size."""
        assert self._signer
        await self._flush()
        while True:
            sealed, size = await self._db.write(_seal)
            for kind, entry in sealed if self.listeners else ():
                facts = json.loads(entry)
                for listener in self.listeners:
                    listener(kind, facts)
            if len(sealed) < BATCH:
                return size

    async def checkpoint(self) -> str:
        """Signs the present tree and keeps the note; give it to somebody outside.  Raises JournalDamaged."""
        frontier, _ = await self._db.read(_edge)
        self._check_growth(frontier)
        root = frontier.root()
        state = json.dumps({"size": frontier.size, "root": root.hex()}).encode()
        await asyncio.to_thread(durable_write, self._signed, state)
        note = self._signer.sign(frontier.size, root)
        await self._db.write(_keep, frontier.size, note, self._clock.now())
        self._last = (frontier.size, self._clock.monotonic())
        return note

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(SEAL_SECONDS)
            try:
                await self._watch_clock()
                size = await self.seal()
                grown, age = size - self._last[0], self._clock.monotonic() - self._last[1]
                if grown >= CHECKPOINT_ENTRIES or (grown and age >= CHECKPOINT_SECONDS):
                    await self.checkpoint()
            except (StoreUnavailable, JournalDamaged, OSError) as error:
                log.error("journal not sealed: %s", error)  # the facts are durable; sealing is tried again

    async def _watch_clock(self) -> None:
        """One alarm for each jump (I6)."""
        jump = self._clock.jump
        if jump and not self._jumped:
            ja = f"時計が{jump:+.0f}秒飛びました。1日の間、期限による削除や失効を止めます。"
            en = f"the clock is {jump:+.0f} s off its course; nothing expires for a day"
            await self.write(Alarm.of("clock", Words(ja, en)))
        self._jumped = bool(jump)

    async def _flush(self) -> None:
        events, self._later = self._later, []
        if self._dropped:
            ja = f"受付拒否が多いため、ほかの{self._dropped}件は1件ずつ記録していません。"
            events.append(Alarm.of("refusals", Words(ja, f"{self._dropped} further refusals were not recorded one by one")))
            self._dropped = 0
        if events:
            await self.write(*events)

    def _check_growth(self, frontier: Frontier) -> None:
        try:
            signed = json.loads(self._signed.read_bytes())
        except FileNotFoundError:
            return
        if frontier.size < signed["size"] or (frontier.size == signed["size"] and frontier.root().hex() != signed["root"]):
            raise JournalDamaged(f"the journal has {frontier.size} entries and is not what was signed at {signed['size']}")


def _publish(file: Path, verifier: str) -> None:
    """Only when it is another: who shares the file keeps the right to it."""
    line = f"{verifier}\n"
    if not file.exists() or file.read_text("ascii") != line:
        durable_write(file, line.encode())


def _edge(conn: sa.Connection) -> tuple[Frontier, float]:
    """The tree's right edge, and the newest time that the journal knows."""
    row = conn.execute(sa.select(journal_head.c.size, journal_head.c.frontier)).one_or_none()
    newest = [conn.execute(sa.select(sa.func.max(table.c.at))).scalar() or 0.0 for table in (journal, journal_pending)]
    return (Frontier.load(row.size, row.frontier) if row else Frontier()), max(newest)


def _seal(conn: sa.Connection) -> tuple[Sequence[tuple[str, bytes]], int]:
    """Up to BATCH rows in the order of their ids.  Returns their kinds and entries, and the tree's size."""
    rows = conn.execute(sa.select(journal_pending).order_by(journal_pending.c.id).limit(BATCH)).all()
    row = conn.execute(sa.select(journal_head.c.size, journal_head.c.frontier)).one_or_none()
    frontier = Frontier.load(row.size, row.frontier) if row else Frontier()
    if not rows:
        return (), frontier.size
    sealed = []
    for pending in rows:
        leaf_hash = leaf(pending.entry)
        common = {"at": pending.at, "kind": pending.kind, "item": pending.item, "entry": pending.entry}
        sealed.append({"seq": frontier.size, "event": pending.id, "leaf": leaf_hash, **common})
        frontier.add(leaf_hash)
    conn.execute(journal.insert(), sealed)
    index.insert(conn, [(pending.id, pending.entry) for pending in rows])
    conn.execute(journal_pending.delete().where(journal_pending.c.id <= rows[-1].id))
    head = {"size": frontier.size, "frontier": frontier.dump()}
    conn.execute(journal_head.update().values(head) if row else journal_head.insert().values(id=1, **head))
    tally.add(conn, [(row.at, row.kind, row.entry) for row in rows])
    return [(row.kind, row.entry) for row in rows], frontier.size


def _keep(conn: sa.Connection, size: int, note: str, now: float) -> None:
    conn.execute(journal_checkpoint.delete().where(journal_checkpoint.c.size == size))
    conn.execute(journal_checkpoint.insert().values(size=size, at=now, note=note))
