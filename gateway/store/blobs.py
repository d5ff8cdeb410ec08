"""Large contents as files: written beside, made durable, then visible under their name (I4); destroyed only by `delete`.

temp file -> fsync -> rename -> fsync(directory); a crash leaves at most a temp file or an orphan that `Spool.gc` finds.
Everything that touches the disk runs in threads of its own.  Raises StoreUnavailable; a failed fsync is never repeated on the
same descriptor.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from gateway.store.db import StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 8  # measured best for 1 MB files: fsyncs overlap


class Blobs:
    def __init__(self, root: Path, *, ours: bool = True):
        """Not `ours`: the kernel keeps this process out, and what is asked raises StoreUnavailable."""
        self._root, self._new = root, root / "new"
        self._threads = ThreadPoolExecutor(THREADS, "blobs")
        if not ours:
            return
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._new.mkdir(mode=0o700, exist_ok=True)
            for shelf in "0123456789abcdef":  # all at once: one made beside a running rename might not be durable with it
                (root / shelf).mkdir(mode=0o700, exist_ok=True)
            _sync_directory(root.parent)
            _sync_directory(root)
        except OSError as error:
            raise StoreUnavailable(str(error)) from error

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work` in a thread; an OSError becomes StoreUnavailable."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(*args, **kwargs))
        except OSError as error:
            raise StoreUnavailable(str(error)) from error

    def begin(self) -> Writing:
        """In a thread.  A new content under a temporary name."""
        return Writing(self._root, self._new / secrets.token_hex(16))

    def put(self, chunks: Iterable[bytes]) -> str:
        """In a thread.  Durable when it returns the key."""
        writing = self.begin()
        try:
            for chunk in chunks:
                writing.write(chunk)
            return writing.keep()
        except BaseException:
            writing.drop()
            raise

    def open(self, key: str) -> int:
        """In a thread.  Read-only descriptor.  Raises FileNotFoundError."""
        return os.open(self._root / key, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)

    def exists(self, key: str) -> bool:
        return (self._root / key).is_file()

    def delete(self, key: str) -> None:
        """In a thread: unlink takes milliseconds on some mounts.  Absent is fine."""
        (self._root / key).unlink(missing_ok=True)

    def older_than(self, limit: float) -> list[str]:
        """In a thread.  Keys, and abandoned temporary files as `new/...`, last written before `limit` (Unix time)."""
        found = []
        for file in self._root.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime < limit:
                    found.append(f"{file.parent.name}/{file.name}")
        return found

    def free_bytes(self) -> int:
        return shutil.disk_usage(self._root).free

    def close(self) -> None:
        self._threads.shutdown()


class Writing:
    """One content on its way in.  Each method in a thread; after an error only `drop`.

    The lock is for a task that was cancelled while its thread still writes: `drop` must not close the descriptor under it,
    the number could be somebody else's file a moment later."""

    def __init__(self, root: Path, temporary: Path):
        self._root, self._temporary, self._lock = root, temporary, threading.Lock()
        self._fd = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def write(self, chunk: bytes) -> None:
        with self._lock:
            view = memoryview(chunk)
            while view:
                view = view[os.write(self._fd, view) :]

    def keep(self) -> str:
        """Makes it durable and visible; returns its key."""
        with self._lock:
            os.fsync(self._fd)
            self._close()
            key = f"{self._temporary.name[0]}/{self._temporary.name}"
            place = self._root / key
            self._temporary.rename(place)
            _sync_directory(place.parent)
            return key

    def drop(self) -> None:
        with self._lock:
            if self._fd >= 0:
                self._close()
            with contextlib.suppress(OSError):
                self._temporary.unlink(missing_ok=True)

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        os.close(fd)


def _sync_directory(directory: Path) -> None:
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
