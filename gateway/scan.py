"""clamd over its Unix socket: a fresh connection per content, the content as a descriptor (zFILDES).

Only the exact word OK is a clean answer.  End of file without a verdict, ERROR, a timeout, a content above the size
that clamd is known to look at: `ScanFailed`, never "clean".  `Heuristics.Limits.Exceeded*` means that clamd stopped
looking and is a failure too.  `Heuristics.Encrypted*` is handed on: whoever opens the container must judge it.
What follows from a finding is policy's; signature updates are freshclam's.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.descriptor import sealed
from gateway.model import ScanResult

REPLY_BYTES = 64 << 10  # a reply is one line; more is not clamd
NOT_SCANNED = "Heuristics.Limits.Exceeded"
ENCRYPTED = "Heuristics.Encrypted"


class ScanFailed(Exception):
    """No verdict on this content.  `transient` = clamd is absent or broken, trying later may help."""

    def __init__(self, message: str, *, transient: bool = True):
        super().__init__(message)
        self.transient = transient


@dataclass(frozen=True, slots=True)
class Version:
    """clamd's VERSION: `ClamAV 1.4.6/27400/Fri Nov 20 08:30:12 2026`."""

    engine: str
    database: int
    time: float  # Unix time, seconds; 0 when the database does not say

    @classmethod
    def parse(cls, reply: str) -> Version:
        engine, _, rest = reply.partition("/")
        number, _, stamp = rest.partition("/")
        try:
            moment = datetime.strptime(stamp.strip(), "%a %b %d %H:%M:%S %Y").replace(tzinfo=UTC).timestamp()
        except ValueError:
            moment = 0.0
        return cls(engine.strip()[:80], int(number) if number.isdigit() else 0, moment)


class Scanner:
    """`largest` in bytes: contents above it are not offered to clamd, which answers OK past its own limit.

    `oldest` in seconds: with signatures older than this nothing counts as scanned; 0 = any age."""

    def __init__(self, path: Path, *, largest: int, timeout: float = 120, parallel: int = 8, oldest: float = 0):
        self._path, self._largest, self._timeout, self._oldest = str(path), largest, timeout, oldest
        self._slots = asyncio.Semaphore(parallel)  # clamd queues above MaxThreads: keep the wait on our side
        self._version: Version | None = None
        self._version_until = 0.0

    async def scan(self, content: bytes | int) -> ScanResult:
        """Verdict on one content (bytes, or an open descriptor).  Raises ScanFailed."""
        size = os.fstat(content).st_size if isinstance(content, int) else len(content)
        if size > self._largest:
            raise ScanFailed(f"{size} bytes are more than the scanner looks at ({self._largest})", transient=False)
        version = await self.version()
        if self._oldest and version.time and (age := time.time() - version.time) > self._oldest:
            raise ScanFailed(f"the signatures are {age / 3_600:.0f} hours old", transient=False)  # AV-04
        signature = _signature(await self._scan_descriptor(content))
        if signature.startswith(NOT_SCANNED):
            raise ScanFailed(f"clamd stopped looking: {signature}", transient=False)
        return ScanResult(signature, version.engine, version.database, version.time)

    async def version(self) -> Version:
        """Asked again after ten seconds, so that each verdict names the database that gave it."""
        now = asyncio.get_running_loop().time()
        if self._version is None or now > self._version_until:
            self._version = Version.parse(await self._command(b"zVERSION\0"))
            self._version_until = now + 10
        return self._version

    async def _scan_descriptor(self, content: bytes | int) -> str:
        if isinstance(content, int):
            return await self._command(b"zFILDES\0", content)
        memory = sealed((content,))
        try:
            return await self._command(b"zFILDES\0", memory)
        finally:
            os.close(memory)

    async def _command(self, command: bytes, descriptor: int | None = None) -> str:
        try:
            async with self._slots, asyncio.timeout(self._timeout), self._connection() as connection:
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(connection, command)
                if descriptor is not None:
                    socket.send_fds(connection, [b"\0"], [descriptor])
                return await _reply(connection)
        except TimeoutError:
            raise ScanFailed(f"clamd did not answer within {self._timeout:g} seconds") from None
        except OSError as error:
            raise ScanFailed(f"clamd at {self._path}: {error.strerror or error}") from None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as connection:
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, self._path)
            yield connection


async def _reply(connection: socket.socket) -> str:
    reply = b""
    while not reply.endswith(b"\0"):
        received = await asyncio.get_running_loop().sock_recv(connection, 4096)
        if not received:
            # clamd killed in the middle of a scan ends here: the absence of FOUND is not a clean verdict
            raise ScanFailed("clamd closed the connection without a verdict")
        reply += received
        if len(reply) > REPLY_BYTES:
            raise ScanFailed("clamd's reply does not end")
    return reply[:-1].decode("utf-8", "replace").strip()


def _signature(reply: str) -> str:
    if reply.endswith(": OK"):
        return ""
    if match := re.fullmatch(r"[^:]*: (.{1,200}) FOUND", reply, re.DOTALL):
        return match[1]
    raise ScanFailed(f"clamd said {reply[:200]!r}")
