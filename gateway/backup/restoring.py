"""A backup comes back: for work into an empty state directory, or aside to see that it does and how long it takes (AVL-03).

What was on its way at the moment of the backup may have been delivered since, and must not go a second time by itself (I3):
all that would go on without a person is stopped until two people end the stop, Mugai's own letters are frozen, and nobody is
signed in.  Held mail waits for a person, who makes sure of each before it can be released.  The database comes to its place
last: before that nothing can start.
Raises BadBackup, NoRoom, OSError, JournalDamaged.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from gateway import journal
from gateway.backup import keys as keyring
from gateway.backup import manifest as manifests
from gateway.backup.making import Progress
from gateway.backup.manifest import BadBackup, Manifest
from gateway.backup.unpacking import Examined, aside, at, examine, unpack
from gateway.console.schema import session
from gateway.cutoff import register
from gateway.model import State
from gateway.settings import Settings
from gateway.spool import overview
from gateway.store.opening import Store, open_store
from gateway.store.schema import job, message, quarantine, recipient

REASON = "バックアップから復元。配送済みかを確かめてから再開してください / restored: what has arrived must not go twice"
# of a recipient: what time, another mail or somebody who does not know would set going
_GOES_ON = (State.RECEIVED, State.SANITISED, State.DELAYED, State.AWAITING_APPROVAL, State.AWAITING_PASSWORD)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One recipient of a mail that was on its way."""

    receipt: str
    direction: str
    sender: str
    recipient: str
    state: str


@dataclass(frozen=True, slots=True)
class Back:
    manifest: Manifest
    examined: Examined
    stop: int  # its number, 0 = nothing was on its way
    waiting: tuple[Waiting, ...]
    seconds: float


async def restore(settings: Settings, backup: Path, keys: Mapping[str, bytes], actor: str, progress: Progress) -> Back:
    """Into the state directory, which must be empty.  With problems nothing is put there."""
    started, state = time.monotonic(), settings.state_directory
    if state.exists() and any(state.iterdir()):
        raise BadBackup(f"{state} is not empty: a restore never overwrites; move it away first, and keep it")
    manifest = manifests.signed(backup, keyring.fitting(manifests.read(backup), keys))
    if manifest.host != settings.hostname:
        raise BadBackup(f"it is of {manifest.host}, gateway.yaml says {settings.hostname}: put its config back first")
    with aside(settings) as place:
        await unpack(backup, manifest, place, keys, progress)
        with open_store(at(settings, manifest, place)) as store:
            examined = await examine(store)
            if examined.problems:
                return Back(manifest, examined, 0, (), time.monotonic() - started)
            now = store.clock.now()
            stop, waiting = await store.db.write(calmed, manifest.made, actor, now)
            back = Back(manifest, examined, stop, waiting, time.monotonic() - started)
            await store.journal.write(_restored(backup, back, actor))
            await store.journal.seal()
            await store.journal.checkpoint()
        _take_up(place, state)
    return back


async def rehearse(
    settings: Settings, store: Store, backup: Path, keys: Mapping[str, bytes], actor: str, progress: Progress
) -> Back:
    """The same aside, recorded in the journal of `store`."""
    back = await verify(settings, backup, keys, progress)
    done = journal.Rehearsed(
        actor=actor,
        place=str(backup),
        made=back.manifest.made,
        seconds=round(back.seconds, 1),
        contents=back.examined.contents,
        problems=back.examined.problems,
    )
    await store.journal.write(done)
    return back


async def verify(settings: Settings, backup: Path, keys: Mapping[str, bytes], progress: Progress) -> Back:
    """Puts it back aside and reads all of it; nothing is recorded, nothing stays."""
    started = time.monotonic()
    manifest = manifests.signed(backup, keyring.fitting(manifests.read(backup), keys))
    with aside(settings) as place:
        await unpack(backup, manifest, place, keys, progress)
        with open_store(at(settings, manifest, place)) as store:
            examined = await examine(store)
            _, waiting = await store.db.write(calmed, manifest.made, "rehearsal", store.clock.now())
            await store.journal.seal()
            await store.journal.checkpoint()  # would say that it is not what was signed
    return Back(manifest, examined, 0, waiting, time.monotonic() - started)


def calmed(conn: sa.Connection, made: str, actor: str, now: float) -> tuple[int, tuple[Waiting, ...]]:
    """Nothing goes out by itself any more; the stop that says so, and for whom."""
    columns = (message.c.id, message.c.kind, message.c.receipt, message.c.direction, message.c.sender)
    goes_on = sa.select(*columns, recipient.c.address, recipient.c.state).join(recipient, recipient.c.message == message.c.id)
    order = (message.c.received_at, message.c.id, recipient.c.position)
    rows = conn.execute(goes_on.where(recipient.c.state.in_(_GOES_ON)).order_by(*order)).all()
    for own in dict.fromkeys(row.id for row in rows if row.kind == "notice"):  # no stop is about these
        overview.freeze(conn, own, True, actor, now)
    conn.execute(job.update().where(job.c.owner.is_not(None)).values(owner=None, visible_at=now))  # nobody works on it here
    conn.execute(session.delete())
    held = sa.select(recipient.c.quarantine).where(recipient.c.state == State.HELD, recipient.c.quarantine.is_not(None))
    conn.execute(quarantine.update().where(quarantine.c.id.in_(held)).values(restored=made))
    mails = [row for row in rows if row.kind != "notice"]
    stop = register.stop_mails(conn, f"restored {made}", [row.id for row in mails], actor, REASON, now).id if mails else 0
    return stop, tuple(Waiting(row.receipt, row.direction, row.sender, row.address, row.state) for row in mails)


def _restored(backup: Path, back: Back, actor: str) -> journal.Restored:
    return journal.Restored(
        actor=actor,
        place=str(backup),
        made=back.manifest.made,
        entries=back.manifest.entries,
        seconds=round(back.seconds, 1),
        stopped=len({each.receipt for each in back.waiting}),
        sha256=hashlib.sha256((backup / manifests.FILE).read_bytes()).hexdigest(),
    )


def _take_up(place: Path, state: Path) -> None:
    """The database last: the journal's key without it starts nothing."""
    for entry in sorted(place.iterdir(), key=lambda each: each.name == "mugai.sqlite"):
        entry.rename(state / entry.name)
