"""The database: one writer thread that commits in groups, read-only connections for the rest.

An operation is a synchronous function `op(conn, ...)` of SQLAlchemy Core that may be run twice: if one operation of a group
fails, the group is rolled back and each is run again by itself.  `write` returns only after a durable commit (WAL,
synchronous=FULL).  Raises StoreUnavailable, SchemaMismatch; an operation's own exception passes through unchanged.
No table is named here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from gateway.store import growth
from gateway.store.together import Together
from gateway.trouble import Trouble

P = ParamSpec("P")
T = TypeVar("T")

GROUP = 64  # operations in one commit: one fsync serves them all, and a failing one costs at most this many re-runs
READERS = 4  # threads and connections; reads are short
LOG_SECONDS = 1.0  # nobody writes meanwhile, so the log waits no longer than this for those who read
BUSY_SECONDS = 10.0  # how long `mugai quarantine release` and the gateway wait for each other

_WRITES = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})

log = logging.getLogger(__name__)


class StoreUnavailable(Trouble):
    """The store did not say yes: full, broken, locked.  The outcome is unknown, so the answer is 451, never 250."""


@dataclass
class _Waiting:
    call: Callable[[sa.Connection], object]
    future: Future[Any] = field(default_factory=Future)


class Db:
    def __init__(self, path: Path):
        """Opens or creates.  Raises StoreUnavailable, SchemaMismatch."""
        self._closed, self._path = False, path
        self._pinned: dict[str, object] = {}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))  # -wal and -shm inherit the mode
            self._writer = _engine(lambda: _connect(path, read_only=False), "BEGIN IMMEDIATE", size=1)
            sa.event.listen(self._writer, "connect", lambda _, record: record.info.update(self._pinned))
            with self._writer.begin() as conn:
                growth.settle(conn)
        except (OSError, SQLAlchemyError) as error:
            raise StoreUnavailable(f"{path}: {error}") from error
        self._readers = _engine(lambda: _connect(path, read_only=True), "BEGIN", size=READERS)
        self._reading = ThreadPoolExecutor(READERS, "store-read")
        self.together = Together(self)
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writing = threading.Thread(target=self._run, name="store-write", daemon=True)
        self._writing.start()

    async def write(self, op: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Durable when it returns."""
        if self._closed:
            raise StoreUnavailable("the store is closed")
        waiting = _Waiting(lambda conn: op(conn, *args, **kwargs))
        self._waiting.put(waiting)
        result: T = await asyncio.wrap_future(waiting.future)
        return result

    def at_once(self, op: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write` for whoever opens the store, before there is mail: everybody waits."""
        waiting = _Waiting(lambda conn: op(conn, *args, **kwargs))
        self._waiting.put(waiting)
        result: T = waiting.future.result()
        return result

    def pin(self, name: str, value: object) -> None:
        """Into the `info` of every connection that writes, the present one and those after an error."""
        self._pinned[name] = value
        self.at_once(lambda conn: conn.info.update(self._pinned))

    async def read(self, op: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """One consistent snapshot."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, lambda: self._read(op, *args, **kwargs))

    async def empty_log(self) -> bool:
        """What was overwritten is gone from the write-ahead log, too.  False: not now, somebody reads an older state."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._empty_log)

    def _empty_log(self) -> bool:
        try:
            with closing(_connect(self._path, read_only=False)) as conn:
                conn.execute(f"PRAGMA busy_timeout={LOG_SECONDS * 1_000:.0f}")
                busy, *_ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not busy
        except sqlite3.OperationalError as error:
            raise _translated(error) from error

    def close(self) -> None:
        """Commits what waits, then closes."""
        self._closed = True
        self._waiting.put(None)
        self._writing.join()
        self._reading.shutdown()
        self._readers.dispose()
        self._writer.dispose()

    def _read(self, op: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            with self._readers.begin() as conn:
                return op(conn, *args, **kwargs)
        except DatabaseError as error:
            raise _translated(error) from error.orig

    def _run(self) -> None:
        """The writer thread."""
        while (first := self._waiting.get()) is not None:
            group = [first]
            while len(group) < GROUP and not self._waiting.empty():
                if (more := self._waiting.get()) is None:
                    self._waiting.put(None)
                    break
                group.append(more)
            # whoever was cancelled before its turn has no turn; from here on nobody can cancel
            group = [waiting for waiting in group if waiting.future.set_running_or_notify_cancel()]
            if not self._commit(group):
                for single in group:
                    self._commit([single])

    def _commit(self, group: list[_Waiting]) -> bool:
        """False: the group was rolled back and nobody has an answer yet."""
        try:
            with self._writer.begin() as conn:
                results = [waiting.call(conn) for waiting in group]
        except BaseException as error:  # the answer to whoever waits, whatever it is; this thread must live on
            if _of_the_store(error):
                # an fsync that failed is not tried again on the same descriptor: the kernel may have dropped the page
                self._writer.dispose()
                log.error("store: %s", error)
            if len(group) > 1:
                return False
            group[0].future.set_exception(_translated(error))
            return True
        for waiting, result in zip(group, results, strict=True):
            waiting.future.set_result(result)
        return True


@contextmanager
def alone(path: Path) -> Iterator[sa.Connection]:
    """One transaction while nobody else has the store open, in whatever process.  Raises StoreUnavailable: somebody has."""
    engine = _engine(lambda: _connect(path, read_only=False, alone=True), "BEGIN EXCLUSIVE", size=1)
    try:
        with engine.begin() as conn:
            yield conn
    except DatabaseError as error:
        raise _translated(error) from error.orig
    finally:
        engine.dispose()


def _of_the_store(error: BaseException) -> bool:
    """Disk, lock or a damaged file (SQLite's plain DatabaseError); not a statement that was wrong."""
    return isinstance(error, OperationalError) or type(error) is DatabaseError


def _translated(error: BaseException) -> BaseException:
    return StoreUnavailable(str(error)) if _of_the_store(error) else error


def _connect(path: Path, *, read_only: bool, alone: bool = False) -> sqlite3.Connection:
    where, patience = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}", 0 if alone else BUSY_SECONDS
    conn = sqlite3.connect(where, uri=True, timeout=patience, isolation_level=None, check_same_thread=False)
    try:
        conn.set_authorizer(_ours_alone)
        if alone:
            conn.execute("PRAGMA locking_mode=EXCLUSIVE")
        for pragma in (
            ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536", "secure_delete=FAST")
            if not read_only
            else ("query_only=ON",)
        ):
            conn.execute(f"PRAGMA {pragma}")
    except BaseException:
        conn.close()  # left to the collector it would keep others out
        raise
    return conn


def _ours_alone(action: int, first: str | None, second: str | None, database: str | None, inner: str | None) -> int:
    """No trigger writes: we have none, and one that somebody else put into the file would act in our name."""
    return sqlite3.SQLITE_DENY if inner is not None and action in _WRITES else sqlite3.SQLITE_OK


def _engine(connect: Callable[[], sqlite3.Connection], begin: str, *, size: int) -> sa.Engine:
    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.QueuePool, pool_size=size, max_overflow=0)

    @sa.event.listens_for(engine, "begin")
    def _begin(conn: sa.Connection) -> None:
        conn.exec_driver_sql(begin)  # the driver's own implicit transactions are switched off

    return engine
