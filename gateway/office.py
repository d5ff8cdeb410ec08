"""LibreOffice as a converter: one locked process for each document, started ahead of it, killed when late.

`convert` never raises because of content: no result, a crash, time or an attack is an Outcome that fails the part.  It raises
`SandboxDown` when the lock can not be put on, or the directory is full.  Where there is no LibreOffice, or its lock leaks,
every conversion answers NO_CONVERTER and the rest of Mugai works.  What comes back is as hostile as what went in: the asking
worker rebuilds it.  One process from start to end is `soffice.py`'s; nothing here looks into a document.  (security.md 1.5)
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from gateway import soffice
from gateway.converter import Converter
from gateway.soffice import START_SECONDS, Waiting
from gateway.zygote import SandboxDown
from sanitizers import attack
from sanitizers.conversion import Conversion, Source, Target, untrusted_external, untrusted_request
from sanitizers.lock.office import EXIT_UNLOCKED, OfficeCaps
from sanitizers.model import Outcome, Reason, Refused, Verdict

WORK = Path("/dev/shm")  # noqa: S108 -- memory, not a disk; and not /tmp, where LibreOffice may remove files

_SECONDS, _SECONDS_PER_MB = 30.0, 10.0  # 1,500 paragraphs of Japanese take 15 s of layout (libraries.md 12)
_PREFIX = "mugai-office-"
_YOUNG_SECONDS = 60.0  # another gateway may have made it just now and not yet leased it
_SAMPLE = b"{\\rtf1 \\u28961 ?\\u23475 ?}"  # 無害


class Office:
    """`lanes` conversions at once, `spares` started ahead; `work` holds their directories.  Made ready by `start`, or at the
    first use."""

    def __init__(
        self,
        *,
        enabled: bool = True,
        lanes: int = 2,
        spares: int = 1,
        caps: OfficeCaps | None = None,
        work: Path = WORK,
        on_alarm: Callable[[str], None] | None = None,
        converters: Sequence[Converter] = (),
    ):
        self._caps, self._work, self._on_alarm = caps or OfficeCaps(), work, on_alarm or (lambda text: None)
        self._lanes, self._starting = asyncio.Semaphore(lanes), asyncio.Lock()
        self._converters = tuple(converters)
        self._program, self._root, self._lease = "", Path(), -1
        self._spares, self._wanted_spares = deque[asyncio.Task[Waiting]](), spares
        self.problem: str | None = None if enabled else "switched off"  # None: not yet started; "": ready

    async def start(self) -> str:
        """Attacks the lock, then prepares the profile by a conversion.  Returns why there is no converter, "" if there is."""
        async with self._starting:
            if self.problem is None:
                try:
                    self.problem = await self._prepare()
                except (OSError, SandboxDown, Refused) as error:
                    if isinstance(error, Refused) and error.reason is Reason.LIMIT_TIME:
                        await self.stop()  # the machine is busy, not unfit: the next document tries again
                        return str(error)
                    self.problem = str(error)
        if not self.problem:
            self._restock()
        return self.problem

    async def stop(self) -> None:
        """After the last conversion."""
        while self._spares:
            spare = self._spares.popleft()
            spare.cancel()
            with contextlib.suppress(asyncio.CancelledError, OSError, SandboxDown, Refused):
                await (await spare).end()
        if self._lease >= 0:
            await asyncio.to_thread(shutil.rmtree, self._root, ignore_errors=True)
            os.close(self._lease)
            self._lease, self.problem = -1, None

    async def convert(self, request: bytes, most_bytes: int, seconds: float) -> Outcome:
        """One document of `sanitizers.conversion`.  The output is at most `most_bytes` long."""
        if problem := await self.start():
            return Outcome(Verdict.WITHHELD, "", reason=Reason.NO_CONVERTER, detail=problem)
        try:
            conversion, content = untrusted_request(request)
            seconds = min(seconds, _SECONDS + _SECONDS_PER_MB * len(content) / (1 << 20))
            async with self._lanes, self._taken() as waiting:
                output = await self._converted(waiting, conversion, content, most_bytes, seconds)
        except Refused as refusal:
            return Outcome(refusal.verdict, "", reason=refusal.reason, detail=refusal.detail)
        except OSError as error:
            raise SandboxDown(f"{self._work}: {error}") from error
        return Outcome(Verdict.CLEAN, "", output, conversion.media_type)

    async def external(self, request: bytes, most_bytes: int, seconds: float) -> Outcome:
        """One file by the administrator's converter for its type: same lock, a directory of its own, nothing started ahead."""
        try:
            media_type, content = untrusted_external(request)
            converter = next((each for each in self._converters if media_type in each.types), None)
            if converter is None or (problem := await self.start()):
                detail = "no converter is set up" if converter is None else problem
                return Outcome(Verdict.WITHHELD, "", reason=Reason.NO_CONVERTER, detail=detail)
            async with self._lanes:
                output = await self._by(converter, content, most_bytes, min(seconds, converter.seconds))
        except Refused as refusal:
            return Outcome(refusal.verdict, "", reason=refusal.reason, detail=refusal.detail)
        except OSError as error:
            raise SandboxDown(f"{self._work}: {error}") from error
        return Outcome(Verdict.CLEAN, "", output, "application/octet-stream")

    async def _by(self, converter: Converter, content: bytes, most_bytes: int, seconds: float) -> bytes:
        directory = Path(tempfile.mkdtemp(dir=self._root))
        try:
            await asyncio.to_thread(soffice.furnish, directory, {"in": content})
            places = {"{in}": str(directory / "in"), "{out}": str(directory / "out" / "result")}
            arguments = [_filled(argument, places) for argument in converter.arguments]
            readable = ":".join(map(str, converter.readable))
            status, _ = await self._run(
                "external", directory, readable, *arguments, program=str(converter.program), seconds=seconds
            )
            self._judge(status, "the external converter")
            return await asyncio.to_thread(soffice.collect, directory, "result", most_bytes)
        finally:
            await asyncio.to_thread(soffice.clear, directory)

    async def _prepare(self) -> str:
        self._program = soffice.installed()
        if not self._program:
            return "LibreOffice is not installed"
        self._root, self._lease = await asyncio.to_thread(_new_root, self._work)
        if leaks := await self._attack():
            return f"its sandbox leaks: {', '.join(leaks)}"
        (self._root / "profile").mkdir()
        soffice.write_settings(self._root / "profile")
        async with self._taken() as waiting:
            await self._converted(waiting, Conversion(Source.RTF, Target.DOCX), _SAMPLE, 1 << 20, START_SECONDS)
            shutil.rmtree(self._root / "profile")
            await asyncio.to_thread(shutil.copytree, waiting.directory / "profile", self._root / "profile")
        return ""

    async def _attack(self) -> tuple[str, ...]:
        directory, victim = Path(tempfile.mkdtemp(dir=self._root)), self._root / "victim"
        try:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(victim))
                listener.listen()
                victim.chmod(0o777)
                status, said = await self._run("assault", directory, str(victim), seconds=START_SECONDS)
        finally:
            victim.unlink(missing_ok=True)
            await asyncio.to_thread(soffice.clear, directory)
        if status:
            raise SandboxDown(f"it can not be locked (status {status})")
        return attack.office_leaks(tuple(said.decode().splitlines()))

    @contextlib.asynccontextmanager
    async def _taken(self) -> AsyncIterator[Waiting]:
        """One that waits, for one document; afterwards nothing of it is left, and the next one starts."""
        waiting = await self._spares.popleft() if self._spares else await soffice.started(self._root, self._program, self._caps)
        if waiting.process.returncode is not None:  # ended while it waited: the machine is short of memory
            await waiting.end()
            waiting = await soffice.started(self._root, self._program, self._caps)
        try:
            yield waiting
        finally:
            await waiting.end()
            self._restock()

    def _restock(self) -> None:
        while self.problem == "" and len(self._spares) < self._wanted_spares:
            self._spares.append(asyncio.create_task(soffice.started(self._root, self._program, self._caps)))

    async def _converted(
        self, waiting: Waiting, conversion: Conversion, content: bytes, most_bytes: int, seconds: float
    ) -> bytes:
        await asyncio.to_thread(waiting.deliver, conversion, content)
        waiting.order(conversion)
        try:
            async with asyncio.timeout(seconds):
                status = await waiting.process.wait()
        except TimeoutError:
            raise Refused(Reason.LIMIT_TIME, f"LibreOffice: more than {seconds:.0f} s") from None
        self._judge(status, f"LibreOffice, converting a {conversion.source},")
        return await asyncio.to_thread(soffice.collect, waiting.directory, f"in.{conversion.target}", most_bytes)

    def _judge(self, status: int, who: str) -> None:
        """Raises Refused for every end but a good one."""
        if status == -signal.SIGSYS:
            self._on_alarm(f"{who} made a system call that no conversion needs")
            raise Refused(Reason.EXPLOIT_ATTEMPT, f"{who} made a system call that no conversion needs")
        if status == -signal.SIGKILL:
            raise Refused(Reason.LIMIT_TIME, f"{who} used more than {self._caps.cpu_seconds} s of CPU, or no memory was left")
        if status == EXIT_UNLOCKED:
            raise SandboxDown(f"{who} could not be locked and started")
        if status:
            raise Refused(Reason.CRASHED, f"{who} ended with status {status}")

    async def _run(self, task: str, directory: Path, *more: str, seconds: float, program: str = "") -> tuple[int, bytes]:
        """Exit status and what was printed.  Nothing of it is alive afterwards: it can not start a second process."""
        process = await soffice.launch(task, directory, program or self._program, self._caps, *more)
        try:
            async with asyncio.timeout(seconds):
                said, _ = await process.communicate()
        except TimeoutError:
            raise Refused(Reason.LIMIT_TIME, f"LibreOffice: more than {seconds:.0f} s") from None
        finally:
            await soffice.kill(process)
        return process.returncode or 0, said or b""


def _filled(argument: str, places: Mapping[str, str]) -> str:
    for place, path in places.items():
        argument = argument.replace(place, path)
    return argument


def _new_root(work: Path) -> tuple[Path, int]:
    """A directory for all jobs, and the descriptor that keeps it; what a killed gateway left behind goes."""
    for left in work.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _YOUNG_SECONDS:
                os.close(_lease(left))
                for job in left.iterdir():
                    soffice.clear(job)
                shutil.rmtree(left, ignore_errors=True)
    root = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=work))
    root.chmod(0o711)  # a gateway that runs as root converts as nobody
    return root, _lease(root)


def _lease(root: Path) -> int:
    """Raises OSError for what a living gateway holds."""
    lease = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lease)
        raise
    return lease
