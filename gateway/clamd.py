"""A private clamd for `mugai demo` and for tests: own configuration, own directory in /tmp, stopped with us.

In production clamd is the system's or a container's, and `clamav.socket` names its socket.  Without downloaded
signatures this one knows the EICAR test string and nothing else, and says so.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gateway.trouble import Trouble

SYSTEM_DATABASE = Path("/var/lib/clamav")
# EICAR's test string in two halves, so that no scanner takes this source file for it
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

_CONFIGURATION = """\
LocalSocket {socket}
LocalSocketMode 660
DatabaseDirectory {database}
TemporaryDirectory {temporary}
LogFile {log}
Foreground yes
MaxThreads 4
# a content that clamd did not look at whole must not be called OK
AlertExceedsMax yes
AlertEncrypted yes
MaxFileSize 100M
StreamMaxLength 100M
MaxScanSize 400M
MaxRecursion 17
{user}
"""


class ClamdMissing(Trouble):
    """clamd is not installed, or did not come up; the text says what to do."""


@dataclass(frozen=True, slots=True)
class PrivateClamd:
    process: subprocess.Popen[bytes]
    directory: Path
    socket: Path
    only_eicar: bool

    @classmethod
    async def start(cls, *, wait_seconds: float = 60) -> PrivateClamd:
        """Starts clamd in a directory of its own: a checkout under /root is closed to the user that clamd becomes,
        and a socket's path must stay under 108 bytes.  Raises ClamdMissing."""
        program = shutil.which("clamd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if program is None:
            raise ClamdMissing("clamd is not installed: apt-get install clamav-daemon")
        directory = _directory()
        database, only_eicar = _database(directory)
        socket = directory / "clamd.sock"
        configuration = _configure(directory, database, socket)
        with (directory / "clamd.out").open("wb") as out:
            process = subprocess.Popen(  # noqa: ASYNC220 -- once, at start
                [program, "--config-file", str(configuration)], stdout=out, stderr=out, start_new_session=True
            )
        for _ in range(int(wait_seconds * 20)):
            if socket.exists():
                return cls(process, directory, socket, only_eicar)
            if process.poll() is not None:
                break
            await asyncio.sleep(0.05)
        process.kill()
        said = (directory / "clamd.out").read_text(errors="replace").strip()[-400:]
        raise ClamdMissing(f"clamd did not start: {said or 'no message'}; its configuration is {configuration}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def _directory() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="mugai-clamd-"))
    directory.chmod(0o755)
    return directory


def _database(directory: Path) -> tuple[Path, bool]:
    if any((SYSTEM_DATABASE / name).exists() for name in ("main.cvd", "main.cld", "daily.cvd", "daily.cld")):
        return SYSTEM_DATABASE, False
    database = directory / "database"
    database.mkdir()
    signatures = database / "eicar.ndb"
    signatures.write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    database.chmod(0o755)  # whatever the umask: the user that clamd becomes reads them
    signatures.chmod(0o644)
    return database, True


def _configure(directory: Path, database: Path, socket: Path) -> Path:
    temporary = directory / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    user = ""
    if os.geteuid() == 0:
        try:
            clamav = pwd.getpwnam("clamav")
        except KeyError:
            user = ""
        else:
            user = "User clamav"
            for path in (directory, temporary):
                os.chown(path, clamav.pw_uid, clamav.pw_gid)
    text = _CONFIGURATION.format(socket=socket, database=database, temporary=temporary, log=directory / "clamd.log", user=user)
    configuration = directory / "clamd.conf"
    configuration.write_text(text)
    return configuration
