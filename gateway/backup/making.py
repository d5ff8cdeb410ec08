"""One backup beside a running gateway: contents, then the database, then the contents that came meanwhile.

The database is one moment (`VACUUM INTO`: one read transaction, and nothing of what was erased in free pages).  A content file
is written before its row and outlives it by an hour (`retention.ORPHAN_SECONDS`), so each file that the moment names was there
in the first round or still is in the second.  Made under another name and renamed when it is whole: nobody takes half of one
for a backup.  Raises BadBackup, NoRoom, OSError; nothing is left behind then.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from gateway import journal, yaml_file
from gateway.backup import keys as keyring
from gateway.backup.manifest import DATABASE, FILE, BadBackup, Manifest
from gateway.clock import JST
from gateway.journal.note import durable_write
from gateway.settings import Settings
from gateway.spool.keys import NEXT
from gateway.spool.retention import ORPHAN_SECONDS
from gateway.store.opening import Store
from gateway.trouble import Trouble

PARTIAL = ".partial"
REHEARSAL = "rehearsal."  # how the directories of `unpacking.aside` are called
# of the state directory: the store, which has a way of its own, what is nobody's a moment later, and what can be fetched again
_LEFT_OUT = ("mugai.sqlite", "blobs", "clamd", "parcels", REHEARSAL)
_BLOBS = "state/blobs/"
_ROUND_SECONDS = ORPHAN_SECONDS / 6  # the last round before the database takes less: what it does not see is young
_ABANDONED_SECONDS = 2 * 86_400.0
_ROOM = 64 << 20  # bytes, over what is counted

Progress = Callable[[int, int], None]  # bytes done, and of how many


class NoRoom(Trouble):
    """The medium is too small."""


@dataclass(frozen=True, slots=True)
class Made:
    place: Path
    manifest: Manifest
    seconds: float


async def make(settings: Settings, config: Path, store: Store, folder: Path, actor: str, progress: Progress) -> Made:
    """A new directory in `folder`, which must be there: it is mounted from elsewhere."""
    started, state = time.monotonic(), settings.state_directory.resolve()
    await asyncio.to_thread(_look_at, folder, state)
    made = datetime.fromtimestamp(store.clock.now(), JST)
    place = folder / f"mugai-{settings.hostname}-{made:%Y%m%d-%H%M%S}"
    if place.exists():
        raise BadBackup(f"{place} is there already: wait a second")
    work = place.with_name(place.name + PARTIAL)
    copying = _Copying(state, work, progress)
    try:
        await asyncio.to_thread(copying.begin)
        await copying.rounds()
        await copying.files(_state(state))
        await copying.files(_config(settings, config))
        await copying.database()
        keys = keyring.digests(keyring.of(state))
        head = settings.hostname, f"{made:%Y-%m-%d %H:%M:%S}", version("mugai"), copying.entries
        manifest = Manifest(*head, copying.done, keys, dict(sorted(copying.digests.items())))
        note = store.journal.sign(manifest.text())
        await asyncio.to_thread(_finish, work, place, note)
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        raise
    seconds = time.monotonic() - started
    written = journal.BackedUp(
        actor=actor,
        place=str(place),
        files=len(manifest.files),
        size=manifest.size,
        seconds=round(seconds, 1),
        sha256=hashlib.sha256(note.encode()).hexdigest(),
    )
    await store.journal.write(written)
    return Made(place, manifest, seconds)


@dataclass
class _Copying:
    state: Path
    work: Path
    progress: Progress
    digests: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    entries: int = 0

    def begin(self) -> None:
        """In a thread."""
        blobs = sum(_size(file) for file in _blobs(self.state).values())
        self.total = blobs + _size(self.state / "mugai.sqlite") + _size(self.state / "mugai.sqlite-wal")
        free = shutil.disk_usage(self.work.parent).free
        if free < self.total + _ROOM:
            raise NoRoom(f"{self.work.parent}: {free >> 20} MB free, about {(self.total + _ROOM) >> 20} MB needed")
        for shelf in ("new", *"0123456789abcdef"):  # all that `Blobs` wants to find: a medium may be read only
            (self.work / "state" / "blobs" / shelf).mkdir(mode=0o700, parents=True)

    async def rounds(self) -> None:
        """Contents, until a round is short."""
        seconds = ORPHAN_SECONDS
        while seconds > _ROUND_SECONDS:
            began = time.monotonic()
            for name, file in (await asyncio.to_thread(_blobs, self.state)).items():
                if name not in self.digests:
                    with contextlib.suppress(FileNotFoundError):  # disposed of meanwhile: the database will not name it
                        await self._bring(file, name)
            seconds = time.monotonic() - began

    async def files(self, files: Mapping[str, Path]) -> None:
        for name, file in files.items():
            with contextlib.suppress(FileNotFoundError):
                await self._bring(file, name)

    async def database(self) -> None:
        """This moment, and exactly the contents that it names."""
        named = {f"{_BLOBS}{key}" for key in await self._moment()}
        for name in [name for name in self.digests if name.startswith(_BLOBS) and name not in named]:
            await asyncio.to_thread((self.work / name).unlink)
            del self.digests[name]
            self.done -= self.sizes.pop(name)
        for name in sorted(named - self.digests.keys()):
            try:
                await self._bring(self.state / name.removeprefix("state/"), name)
            except FileNotFoundError:
                raise BadBackup(f"{name} was gone before it was copied: is the medium too slow? try again") from None

    async def _moment(self) -> list[str]:
        copy, conn = self.work / DATABASE, sqlite3.connect(_uri(self.state / "mugai.sqlite"), uri=True, check_same_thread=False)
        try:
            writing = asyncio.ensure_future(asyncio.to_thread(conn.execute, "VACUUM INTO ?", (str(copy),)))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                conn.interrupt()
                await asyncio.gather(writing, return_exceptions=True)
                raise
        except sqlite3.Error as error:
            raise BadBackup(f"the database could not be copied: {error}") from error
        finally:
            conn.close()
        await asyncio.to_thread(_made_durable, copy)
        self._note(DATABASE, *await asyncio.to_thread(digest_of, copy))
        keys, self.entries = await asyncio.to_thread(_named, copy)
        return keys

    async def _bring(self, file: Path, name: str) -> None:
        self._note(name, *await asyncio.to_thread(bring, file, self.work / name, name.startswith(_BLOBS)))

    def _note(self, name: str, digest: str, size: int) -> None:
        self.digests[name], self.sizes[name] = digest, size
        self.done += size
        self.progress(self.done, max(self.total, self.done))


def bring(file: Path, copy: Path, link: bool = False) -> tuple[str, int]:
    """In a thread.  Its digest and size; durable when it returns.  `link`: of what never changes, on one disk."""
    copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if link:
        with contextlib.suppress(OSError):
            os.link(file, copy)
            return digest_of(copy)
    sha256, size = hashlib.sha256(), 0
    fd = os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with open(file, "rb") as reading, open(fd, "wb") as writing:
            while chunk := reading.read(1 << 20):
                sha256.update(chunk)
                size += writing.write(chunk)
            writing.flush()
            os.fsync(writing.fileno())
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    return sha256.hexdigest(), size


def _finish(work: Path, place: Path, note: str) -> None:
    durable_write(work / FILE, note.encode())
    for each in (*(path for path in work.rglob("*") if path.is_dir()), work):
        _made_durable(each)
    work.rename(place)
    _made_durable(place.parent)


def _state(state: Path) -> dict[str, Path]:
    """All files beside the store but keys; what somebody just writes is in the next one."""
    found = {}
    for file in sorted(state.rglob("*")):
        name = file.relative_to(state)
        ours = file.suffix not in (".key", ".new", NEXT) and not name.parts[0].startswith(_LEFT_OUT)
        if ours and file.is_file() and not file.is_symlink():
            found[f"state/{name}"] = file
    return _named_plainly(found)


def _config(settings: Settings, config: Path) -> dict[str, Path]:
    """Under their whole path.  Keys and certificates that lie elsewhere are their owner's."""
    files = [Path(settings.free_mail), Path(settings.playbooks), Path(settings.self_check)]
    for written in (config, Path(settings.policy)):
        files += [written, *(Path(name) for name in yaml_file.read(written).below)]
    for folder in (settings.notices, settings.reports):
        files += [path for path in sorted(Path(folder).rglob("*")) if path.is_file()]
    return _named_plainly({f"config{file.absolute()}": file for file in files if file.exists()})


def _named_plainly(files: Mapping[str, Path]) -> dict[str, Path]:
    """A line feed in a name would be a second line of the manifest."""
    return {name: file for name, file in files.items() if name.isprintable()}


def _blobs(state: Path) -> dict[str, Path]:
    files = (file for file in (state / "blobs").glob("[0-9a-f]/*") if file.is_file())
    return {f"{_BLOBS}{file.parent.name}/{file.name}": file for file in files}


def _named(database: Path) -> tuple[list[str], int]:
    """The contents that it names, and how long its journal is."""
    with contextlib.closing(sqlite3.connect(_uri(database, immutable=True), uri=True)) as conn:
        names = "SELECT blob FROM message WHERE blob IS NOT NULL UNION SELECT blob FROM cleared WHERE blob IS NOT NULL"
        keys = [str(key) for (key,) in conn.execute(names)]
        row = conn.execute("SELECT size FROM journal_head").fetchone()
        return keys, int(row[0]) if row else 0


def digest_of(file: Path) -> tuple[str, int]:
    with open(file, "rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest(), os.fstat(reading.fileno()).st_size


def _uri(database: Path, *, immutable: bool = False) -> str:
    return f"{database.absolute().as_uri()}?mode=ro{'&immutable=1' if immutable else ''}"


def _size(file: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


def _made_durable(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _look_at(folder: Path, state: Path) -> None:
    if not folder.is_dir():  # never made here: it would be on our own disk, and nobody would notice
        raise BadBackup(f"{folder} is not there: is the medium mounted?")
    if folder.resolve().is_relative_to(state):
        raise BadBackup(f"{folder} is inside {state}: what destroys one would destroy the other")
    forget_abandoned(folder, f"mugai-*{PARTIAL}")


def forget_abandoned(folder: Path, names: str) -> None:
    """What a machine that died left there goes; not what somebody else may be making."""
    for work in folder.glob(names):
        if time.time() - work.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(work, ignore_errors=True)


def found(folder: Path, host: str) -> list[Path]:
    """The whole ones of one gateway, oldest first."""
    return sorted(each.parent for each in folder.glob(f"mugai-{host}-{'[0-9]' * 8}-{'[0-9]' * 6}/{FILE}"))
