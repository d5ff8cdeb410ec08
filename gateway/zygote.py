"""The zygote as the supervisor sees it: one process that forks locked workers (its inside is `sanitizers/zygote.py`).

Raises `SandboxDown` when it can not be started or has died: an infrastructure error, the same content may be tried again.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import sanitizers
from gateway import pipe
from gateway.descriptor import reopened, sealed
from sanitizers.lock import Caps, Confinement
from sanitizers.protocol import REPORT, REQUEST, ReportType

START_SECONDS = 60.0  # imports take 1 to 2 s of CPU; a machine that is starting everything at once is slower
REPORT_SECONDS = 30.0  # a fork takes milliseconds; a stopped zygote must not hold the lanes for ever
_PACKAGE_ROOT = str(Path(sanitizers.__file__).parent.parent)
# -I: no environment, no current directory; -B: nothing written.  The root is appended, so it can shadow nothing.
_PROGRAM = """
import sys
sys.path.append(sys.argv[1])
from sanitizers.lock import Caps
from sanitizers.zygote import main
main(int(sys.argv[2]), sys.argv[3], Caps(int(sys.argv[4]), int(sys.argv[5])), sys.argv[6] == "permissive", sys.argv[7])
"""
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}


T = TypeVar("T")


class SandboxDown(Exception):
    """The sandbox can not work now.  Says nothing about the content: try the message again later."""


@dataclass(frozen=True, slots=True)
class Usage:
    """How a worker ended: the wait status, and what it used."""

    status: int
    peak_bytes: int
    cpu_seconds: float


@dataclass(slots=True)
class Worker:
    """One locked process and our ends of its pipes."""

    pidfd: int
    frames: int  # read end
    replies: int  # write end
    ended: asyncio.Future[Usage | None]  # None: the zygote died, and the worker with it

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def close(self) -> None:
        for descriptor in (self.pidfd, self.frames, self.replies):
            os.close(descriptor)


class _Descriptors(list[int]):
    """Closed on leaving, whatever happens."""

    def __enter__(self) -> _Descriptors:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self:
            os.close(descriptor)


@dataclass(slots=True)
class _Job:
    started: asyncio.Future[int]  # pidfd
    ended: asyncio.Future[Usage | None]


@dataclass(eq=False, slots=True)
class Zygote:
    process: subprocess.Popen[bytes]
    channel: socket.socket
    landlock_abi: int = 0
    is_apart: bool = False
    forks: int = 0
    born: float = field(default_factory=time.monotonic)
    dead: bool = False
    _retired: bool = False
    _jobs: dict[int, _Job] = field(default_factory=dict)
    _hello: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @classmethod
    async def spawn(cls, tasks: str, caps: Caps, *, permissive: bool = False, hidden: str = "") -> Zygote:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            mode = "permissive" if permissive else "strict"
            process = _execute(theirs.fileno(), tasks, str(caps.memory_bytes), str(caps.cpu_seconds), mode, hidden)
        ours.setblocking(False)
        zygote = cls(process, ours)
        asyncio.get_running_loop().add_reader(ours.fileno(), zygote._on_report)
        try:
            await asyncio.wait_for(zygote._hello, START_SECONDS)
        except BaseException as error:
            zygote.kill()
            if isinstance(error, TimeoutError):
                raise SandboxDown(f"the zygote did not start within {START_SECONDS:.0f} s") from error
            raise
        return zygote

    async def fork(self, content: bytes | int, confinement: Confinement) -> Worker:
        """A new worker that will read `content` (bytes, or a descriptor that may be at any offset) as its input."""
        loop = asyncio.get_running_loop()
        job = _Job(loop.create_future(), loop.create_future())
        self.forks += 1
        number = self.forks
        with _Descriptors() as theirs, _Descriptors() as ours:
            theirs.append(_read_only(content))
            for our_end in (0, 1):
                ends = pipe.make()
                os.set_blocking(ends[our_end], False)
                ours.append(ends[our_end])
                theirs.append(ends[1 - our_end])
            await self._send(REQUEST.pack(number, confinement.name.encode()), theirs)
            self._jobs[number] = job
            frames, replies = ours
            worker = Worker(await self._soon(job.started), frames, replies, job.ended)
            ours.clear()
        return worker

    async def reap(self, worker: Worker) -> Usage:
        """After its kill or its end."""
        usage = await self._soon(worker.ended)
        if usage is None:
            raise SandboxDown("the zygote died")
        return usage

    async def _soon(self, report: asyncio.Future[T]) -> T:
        try:
            return await asyncio.wait_for(report, REPORT_SECONDS)
        except TimeoutError as late:
            self.kill()
            raise SandboxDown(f"the zygote did not answer for {REPORT_SECONDS:.0f} s") from late

    def retire(self) -> None:
        """No new jobs; ends when the last one has."""
        self._retired = True
        if not self._jobs:
            with contextlib.suppress(OSError):
                self.channel.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        """Now, with all its workers (PDEATHSIG)."""
        if self.dead:
            return
        self.dead = True
        asyncio.get_running_loop().remove_reader(self.channel.fileno())
        self.channel.close()
        self.process.kill()
        self.process.wait()
        died = SandboxDown(f"the zygote ended with status {self.process.returncode}")
        if not self._hello.done():
            self._hello.set_exception(died)
        for job in self._jobs.values():
            if not job.started.done():
                job.started.set_exception(died)
            if not job.ended.done():
                job.ended.set_result(None)
        self._jobs.clear()

    async def _send(self, message: bytes, descriptors: list[int]) -> None:
        while True:
            try:
                socket.send_fds(self.channel, [message], descriptors)
                return
            except BlockingIOError:  # some 200 requests are waiting: the kernel's socket buffer
                await asyncio.sleep(0.01)
            except OSError as error:
                raise SandboxDown("the zygote died") from error

    def _on_report(self) -> None:
        try:
            message, descriptors, _, _ = socket.recv_fds(self.channel, REPORT.size, 1, socket.MSG_CMSG_CLOEXEC)
        except BlockingIOError:
            return
        except OSError:
            message, descriptors = b"", []
        if not message:
            self.kill()
            return
        kind, number, status, peak_kib, cpu_seconds = REPORT.unpack(message)
        if kind == ReportType.HELLO:
            self.is_apart, self.landlock_abi = bool(number), status
            self._hello.set_result(None)
        elif kind == ReportType.STARTED:
            started = self._jobs[number].started
            if started.cancelled():
                os.close(descriptors[0])  # nobody waits any more; the worker reads the end of its pipe and leaves
            else:
                started.set_result(descriptors[0])
        else:
            ended = self._jobs.pop(number).ended
            if not ended.done():
                ended.set_result(Usage(status, peak_kib << 10, cpu_seconds))
            if self._retired:
                self.retire()


def _execute(channel: int, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-B", "-c", _PROGRAM, _PACKAGE_ROOT, str(channel), *arguments],
        pass_fds=(channel,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=_ENVIRONMENT | ({"TZ": os.environ["TZ"]} if "TZ" in os.environ else {}),
        cwd="/",
        start_new_session=True,  # Ctrl-C is for the gateway, which then drains
    )


def _read_only(content: bytes | int) -> int:
    """A new open file description at offset 0.  Re-opened, as a descriptor that can write would be a channel."""
    return reopened(content) if isinstance(content, int) else sealed((content,))
