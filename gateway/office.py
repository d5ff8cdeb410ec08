"""LibreOffice as a converter of old documents: one locked process for each, in a directory of its own, killed when late.

`convert` never raises because of content: no result, a crash, time or an attack is an Outcome that fails the part.  It raises
`SandboxDown` when the lock can not be put on, or the directory is full.  Where there is no LibreOffice, or its lock leaks,
every conversion answers NO_CONVERTER and the rest of Mugai works.  What comes back is as hostile as what went in: the asking
worker rebuilds it.  The lock is `sanitizers/lock/office.py`; nothing here looks into a document.  Source: security.md 1.5.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import astuple
from pathlib import Path

import sanitizers
from gateway.zygote import SandboxDown
from sanitizers import attack
from sanitizers.conversion import Conversion, Source, Target, untrusted_request
from sanitizers.lock import NOBODY
from sanitizers.lock.office import EXIT_UNLOCKED, OfficeCaps
from sanitizers.model import Outcome, Reason, Refused, Verdict

WORK = Path("/dev/shm")  # noqa: S108 -- memory, not a disk; and not /tmp, where LibreOffice may remove files

_START_SECONDS = 60.0  # the first start writes a profile; a machine that is starting everything at once is slower
_SECONDS, _SECONDS_PER_MB = 30.0, 10.0  # 1,500 paragraphs of Japanese take 15 s of layout (libraries.md 12)
_RESTART = 81  # LibreOffice has written its profile and wants to be started again
_ATTEMPTS = 3
_PREFIX = "mugai-office-"
_YOUNG_SECONDS = 60.0  # another gateway may have made it just now and not yet leased it
_PACKAGE_ROOT = str(Path(sanitizers.__file__).parent.parent)
# -I: no environment, no current directory; -B: nothing written.  The root is appended, so it can shadow nothing.
_PROGRAM = """
import sys
sys.path.append(sys.argv[1])
from sanitizers import office_launcher
from sanitizers.lock.office import OfficeCaps
_, _, task, directory, program, parent, memory, cpu, file, *more = sys.argv
getattr(office_launcher, task)(directory, program, OfficeCaps(int(memory), int(cpu), int(file)), int(parent), *more)
"""
_SAMPLE = b"{\\rtf1 \\u28961 ?\\u23475 ?}"  # 無害
# Never run, fetch or update anything; Japanese where a document does not say its language
_SETTINGS = {
    "Office.Common/Security/Scripting": {
        "DisableMacrosExecution": "true",
        "MacroSecurityLevel": "3",
        "BlockUntrustedRefererLinks": "true",
        "DisableActiveContent": "true",
        "CheckDocumentEvents": "true",
    },
    "Office.Writer/Content/Update": {"Link": "0", "Field": "false", "Chart": "false"},
    "Office.Calc/Content/Update": {"Link": "2"},
    "Office.Java/VirtualMachine": {"Enable": "false"},
    "Office.Common/Misc": {"FirstRun": "false"},
    "Office.Linguistic/General": {"DefaultLocale_CJK": "ja-JP"},
    "Setup/L10N": {"ooLocale": "en-US", "ooSetupSystemLocale": "ja-JP"},
}


class Office:
    """`lanes` conversions at once; `work` holds their directories.  Made ready by `start`, or at the first use."""

    def __init__(
        self,
        *,
        enabled: bool = True,
        lanes: int = 2,
        caps: OfficeCaps | None = None,
        work: Path = WORK,
        on_alarm: Callable[[str], None] | None = None,
    ):
        self._caps, self._work, self._on_alarm = caps or OfficeCaps(), work, on_alarm or (lambda text: None)
        self._lanes, self._starting = asyncio.Semaphore(lanes), asyncio.Lock()
        self._program, self._root, self._lease = "", Path(), -1
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
        return self.problem

    async def stop(self) -> None:
        """After the last conversion."""
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
            async with self._lanes, self._job() as directory:
                output = await self._converted(directory, conversion, content, most_bytes, seconds)
        except Refused as refusal:
            return Outcome(refusal.verdict, "", reason=refusal.reason, detail=refusal.detail)
        except OSError as error:
            raise SandboxDown(f"{self._work}: {error}") from error
        return Outcome(Verdict.CLEAN, "", output, conversion.media_type)

    async def _prepare(self) -> str:
        self._program = _installed()
        if not self._program:
            return "LibreOffice is not installed"
        self._root, self._lease = await asyncio.to_thread(_new_root, self._work)
        async with self._job() as directory:
            if leaks := await self._attack(directory):
                return f"its sandbox leaks: {', '.join(leaks)}"
        async with self._job() as directory:
            await asyncio.to_thread(_write_settings, directory / "profile")
            await self._converted(directory, Conversion(Source.RTF, Target.DOCX), _SAMPLE, 1 << 20, _START_SECONDS)
            await asyncio.to_thread(shutil.copytree, directory / "profile", self._root / "profile")
        return ""

    async def _attack(self, directory: Path) -> tuple[str, ...]:
        victim = self._root / "victim"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(victim))
            listener.listen()
            victim.chmod(0o777)
            status, said = await self._run("assault", directory, str(victim), seconds=_START_SECONDS)
        victim.unlink()
        if status:
            raise SandboxDown(f"it can not be locked (status {status})")
        return attack.office_leaks(tuple(said.decode().splitlines()))

    @contextlib.asynccontextmanager
    async def _job(self) -> AsyncIterator[Path]:
        """A directory that only this job reaches, with a copy of the profile; gone afterwards, whatever happens."""
        directory = Path(tempfile.mkdtemp(dir=self._root))
        try:
            yield directory
        finally:
            await asyncio.to_thread(_clear, directory)

    async def _converted(
        self, directory: Path, conversion: Conversion, content: bytes, most_bytes: int, seconds: float
    ) -> bytes:
        source, target = conversion.source, conversion.target
        await asyncio.to_thread(_furnish, directory, self._root / "profile", f"in.{source}", content)
        for _ in range(_ATTEMPTS):
            status, _said = await self._run(
                "convert", directory, f"in.{source}", f"{target}:{conversion.filter}", seconds=seconds
            )
            if status != _RESTART:
                break
        if status == -signal.SIGSYS:
            self._on_alarm(f"converting a {source}: LibreOffice made a system call that no conversion needs")
            raise Refused(Reason.EXPLOIT_ATTEMPT, "LibreOffice made a system call that no conversion needs")
        if status == EXIT_UNLOCKED:
            raise SandboxDown("LibreOffice could not be locked")
        if status == -signal.SIGKILL:
            raise Refused(Reason.LIMIT_TIME, f"LibreOffice: more than {self._caps.cpu_seconds} s of CPU, or no memory left")
        if status:
            raise Refused(Reason.CRASHED, f"LibreOffice ended with status {status}")
        return await asyncio.to_thread(_collect, directory, f"in.{target}", most_bytes)

    async def _run(self, task: str, directory: Path, *more: str, seconds: float) -> tuple[int, bytes]:
        """Exit status and what was printed.  Nothing of it is alive afterwards: it can not start a second process."""
        arguments = [task, str(directory), self._program, str(os.getpid()), *map(str, astuple(self._caps)), *more]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-B", "-c", _PROGRAM, _PACKAGE_ROOT, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if task == "assault" else asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the gateway, which then drains
        )
        try:
            async with asyncio.timeout(seconds):
                said, _ = await process.communicate()
        except TimeoutError:
            raise Refused(Reason.LIMIT_TIME, f"LibreOffice: more than {seconds:.0f} s") from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return process.returncode or 0, said or b""


def _installed() -> str:
    """The program behind `soffice`: its starter would fork, which the lock forbids."""
    starter = shutil.which("soffice") or shutil.which("libreoffice")
    program = Path(os.path.realpath(starter)).with_name("soffice.bin") if starter else Path()
    return str(program) if program.is_file() else ""


def _new_root(work: Path) -> tuple[Path, int]:
    """A directory for all jobs, and the descriptor that keeps it; what a killed gateway left behind goes."""
    for left in work.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _YOUNG_SECONDS:
                os.close(_lease(left))
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


def _write_settings(profile: Path) -> None:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>\n'
        for path, values in _SETTINGS.items()
        for name, value in values.items()
    )
    (profile / "user").mkdir(parents=True)
    (profile / "user" / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry">\n'
        + items
        + "</oor:items>\n"
    )


def _furnish(directory: Path, profile: Path, name: str, content: bytes) -> None:
    if profile.is_dir():
        shutil.copytree(profile, directory / "profile")
    for each in ("out", "tmp"):
        (directory / each).mkdir()
    (directory / name).write_bytes(content)
    if os.geteuid() == 0:
        for place, _, files in os.walk(directory):
            for path in (place, *(os.path.join(place, file) for file in files)):
                os.chown(path, NOBODY, NOBODY)


def _clear(directory: Path) -> None:
    for socket_left in _sockets(directory):
        socket_left.unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)


def _sockets(directory: Path) -> list[Path]:
    """What LibreOffice leaves when it is killed: its socket's name has a hash of the profile's address."""
    address = f"file://{directory}/profile".encode("utf-16-le")
    name = "".join(f"{byte:x}" for byte in hashlib.md5(address, usedforsecurity=False).digest())
    return list(Path("/tmp").glob(f"OSL_PIPE_*SingleOfficeIPC_{name}"))  # noqa: S108 -- compiled in


def _collect(directory: Path, name: str, most_bytes: int) -> bytes:
    """The directory was in hostile hands: no link is followed, and nothing but a file is read."""
    try:
        place = os.open(directory / "out", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            result = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
        finally:
            os.close(place)
    except OSError:
        raise Refused(Reason.CORRUPT, "LibreOffice can not open it") from None
    if not stat.S_ISREG(os.fstat(result).st_mode):
        os.close(result)
        raise Refused(Reason.EXPLOIT_ATTEMPT, "the converted document is not a file")
    with open(result, "rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise Refused(Reason.LIMIT_SIZE, f"the converted document has more than {most_bytes} bytes")
    return content
