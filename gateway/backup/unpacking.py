"""A backup into a directory of its own, and whether it is whole: files, database, journal, every content (AVL-03).

Raises BadBackup, NoRoom, OSError.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from gateway import journal
from gateway.backup.making import REHEARSAL, NoRoom, Progress, bring, digest_of, forget_abandoned
from gateway.backup.manifest import BadBackup, Manifest
from gateway.journal.note import durable_write
from gateway.settings import Settings
from gateway.store.opening import Store

SHOWN = 20  # problems; the first ones say it
_STATE = "state/"


@dataclass(frozen=True, slots=True)
class Examined:
    contents: int
    problems: tuple[str, ...]


@contextmanager
def aside(settings: Settings) -> Iterator[Path]:
    """A directory on the disk of the state; nothing of it stays."""
    settings.state_directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    forget_abandoned(settings.state_directory, f"{REHEARSAL}*")
    place = Path(tempfile.mkdtemp(prefix=REHEARSAL, dir=settings.state_directory))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


async def unpack(backup: Path, manifest: Manifest, place: Path, keys: Mapping[str, bytes], progress: Progress) -> None:
    """The state directory as it was, in `place`; each file compared on its way."""
    free = shutil.disk_usage(place).free
    if free < manifest.size:
        raise NoRoom(f"{place}: {free >> 20} MB free, {manifest.size >> 20} MB needed")
    done = 0
    for name, digest in manifest.files.items():
        try:
            found, size = await asyncio.to_thread(_unpacked, backup / name, name, place)
        except FileNotFoundError:
            raise BadBackup(f"{backup / name} is missing") from None
        if found != digest:
            raise BadBackup(f"{backup / name} is not what was written")
        done += size
        progress(done, manifest.size)
    for name, key in keys.items():
        await asyncio.to_thread(durable_write, place / name, key)


def _unpacked(file: Path, name: str, place: Path) -> tuple[str, int]:
    """Its digest and size.  The configuration is put back by hand, before; here it is only compared."""
    if not name.startswith(_STATE):
        return digest_of(file)
    target = (place / name.removeprefix(_STATE)).resolve()
    if not target.is_relative_to(place.resolve()):
        raise BadBackup(f"its manifest names {name}")
    return bring(file, target)


def at(settings: Settings, manifest: Manifest, place: Path) -> Settings:
    """The installation that it was, there."""
    return settings.model_copy(update={"state_directory": place, "hostname": manifest.host})


async def examine(store: Store) -> Examined:
    """Everything that can be known of a store: reads all of it."""
    whole = await store.db.read(_integrity)
    contents, unreadable = await store.spool.unreadable()
    problems = [*whole, *await store.spool.audit(), *unreadable]
    record = await journal.verify(store.db, store.journal.verifier)
    if not record.ok:
        problems.append(f"journal: {record.problem}")
    more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return Examined(contents, (*problems[:SHOWN], *more))


def _integrity(conn: sa.Connection) -> list[str]:
    found = [str(line) for (line,) in conn.exec_driver_sql("PRAGMA integrity_check")]
    return [] if found == ["ok"] else [f"database: {line}" for line in found]
