"""One LibreOffice: started without a document, given one, ended.  A directory of its own is all that it reaches.

A start costs ten times a conversion, so it is done ahead; the document is announced over the socket by which a second start
would hand its documents to the first.  No process ever sees two documents.  Raises SandboxDown when it can not be started,
Refused(LIMIT_TIME) when the machine is too busy for it, and what `collect` says of a result.  Which wait, and for whom, is
`office.py`'s; the lock is `sanitizers/lock/office.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import stat
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path

import sanitizers
from gateway.zygote import SandboxDown
from sanitizers.conversion import Conversion
from sanitizers.lock import NOBODY
from sanitizers.lock.office import OfficeCaps
from sanitizers.model import Reason, Refused

START_SECONDS = 60.0  # the first start writes a profile; a machine that is starting everything at once is slower
_RESTART = 81  # LibreOffice has written its profile and wants to be started again
_ATTEMPTS = 3
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
_READY, _ARGUMENTS = b"InternalIPC::SendArguments\0", b"InternalIPC::Arguments"  # desktop/source/app/officeipcthread.cxx
_DIRECTORY_FOLLOWS = b"2"
_POLL_SECONDS = 0.02
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


@dataclass(slots=True)
class Waiting:
    """A LibreOffice that has started and seen no document.  `orders` goes to its socket."""

    directory: Path
    process: asyncio.subprocess.Process
    orders: asyncio.StreamWriter

    def deliver(self, conversion: Conversion, content: bytes) -> None:
        """The one document that it will ever see."""
        self._document(conversion).write_bytes(content)
        _give_away(self._document(conversion))

    def order(self, conversion: Conversion) -> None:
        """It ends when that is done; the result is for `collect`."""
        target = f"{conversion.target}:{conversion.filter}".rstrip(":")
        line = ("--headless", "--convert-to", target, "--outdir", f"{self.directory}/out", str(self._document(conversion)))
        words = b"".join(b"," + word.replace("\\", "\\\\").replace(",", "\\,").encode() for word in line)
        self.orders.write(_ARGUMENTS + _DIRECTORY_FOLLOWS + str(self.directory).encode() + words + b"\0")

    def _document(self, conversion: Conversion) -> Path:
        return self.directory / f"in.{conversion.source}"

    async def end(self) -> None:
        """Nothing of it is left."""
        self.orders.close()
        await kill(self.process)
        await asyncio.to_thread(clear, self.directory)


def installed() -> str:
    """The program behind `soffice`: its starter would fork, which the lock forbids."""
    starter = shutil.which("soffice") or shutil.which("libreoffice")
    program = Path(os.path.realpath(starter)).with_name("soffice.bin") if starter else Path()
    return str(program) if program.is_file() else ""


async def started(root: Path, program: str, caps: OfficeCaps) -> Waiting:
    """In a new directory below `root`, with a copy of the profile that is there."""
    directory = Path(tempfile.mkdtemp(dir=root))
    process: asyncio.subprocess.Process | None = None
    try:
        await asyncio.to_thread(furnish, directory, {}, root / "profile")
        async with asyncio.timeout(START_SECONDS):
            for _ in range(_ATTEMPTS):
                process = await launch("wait", directory, program, caps)
                if orders := await _connected(directory, process):
                    return Waiting(directory, process, orders)
                if process.returncode != _RESTART:
                    break
        raise SandboxDown(f"LibreOffice did not start (status {process.returncode if process else None})")
    except BaseException as error:
        if process is not None:
            await kill(process)
        await asyncio.to_thread(clear, directory)
        if isinstance(error, TimeoutError):
            raise Refused(Reason.LIMIT_TIME, f"LibreOffice did not start within {START_SECONDS:.0f} s") from None
        raise


async def launch(task: str, directory: Path, program: str, caps: OfficeCaps, *more: str) -> asyncio.subprocess.Process:
    """A function of `office_launcher` in a process of its own."""
    arguments = [task, str(directory), program, str(os.getpid()), *map(str, astuple(caps)), *more]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-B", "-c", _PROGRAM, _PACKAGE_ROOT, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if task == "assault" else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        cwd="/",
        start_new_session=True,  # Ctrl-C is for the gateway, which then drains
    )


async def kill(process: asyncio.subprocess.Process) -> None:
    """And all of it: it can not start a second process."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _connected(directory: Path, process: asyncio.subprocess.Process) -> asyncio.StreamWriter | None:
    """To the socket of a LibreOffice that is starting, when it is ready for orders; None if it has ended."""
    while process.returncode is None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            for place in sockets(directory):
                reader, writer = await asyncio.open_unix_connection(str(place))
                if await reader.readexactly(len(_READY)) == _READY:
                    return writer
                writer.close()
        await asyncio.sleep(_POLL_SECONDS)
    return None


def write_settings(profile: Path) -> None:
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


def furnish(directory: Path, files: Mapping[str, bytes], profile: Path | None = None) -> None:
    """What a process finds in its directory before it starts."""
    if profile is not None:
        shutil.copytree(profile, directory / "profile")
    for each in ("out", "tmp"):
        (directory / each).mkdir()
    for name, content in files.items():
        (directory / name).write_bytes(content)
    _give_away(directory)


def _give_away(path: Path) -> None:
    """A gateway that runs as root converts as nobody."""
    if os.geteuid() == 0:
        for place, _, files in os.walk(path) if path.is_dir() else [(str(path), [], [])]:
            for each in (place, *(os.path.join(place, file) for file in files)):
                os.chown(each, NOBODY, NOBODY)


def clear(directory: Path) -> None:
    for socket_left in sockets(directory):
        socket_left.unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)


def sockets(directory: Path) -> list[Path]:
    """Where it listens, and what it leaves when it is killed: the name has a hash of the profile's address."""
    address = f"file://{directory}/profile".encode("utf-16-le")
    name = "".join(f"{byte:x}" for byte in hashlib.md5(address, usedforsecurity=False).digest())
    return list(Path("/tmp").glob(f"OSL_PIPE_*SingleOfficeIPC_{name}"))  # noqa: S108 -- compiled in


def collect(directory: Path, name: str, most_bytes: int) -> bytes:
    """The directory was in hostile hands: no link is followed, and nothing but a file is read."""
    try:
        place = os.open(directory / "out", os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            result = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
        finally:
            os.close(place)
    except OSError:
        raise Refused(Reason.CORRUPT, "the converter can not open it") from None
    if not stat.S_ISREG(os.fstat(result).st_mode):
        os.close(result)
        raise Refused(Reason.EXPLOIT_ATTEMPT, "the converted document is not a file")
    with open(result, "rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise Refused(Reason.LIMIT_SIZE, f"the converted document has more than {most_bytes} bytes")
    return content
