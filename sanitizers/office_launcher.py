"""Starts one LibreOffice inside its lock, or attacks that lock: the whole of a small process of its own.

The supervisor (`gateway/office.py`) executes it ahead of time, writes the document into the job's directory when there is
one, and reads the result after its end.  Exit statuses are LibreOffice's own, and EXIT_UNLOCKED when it was not started at all.
"""

from __future__ import annotations

import os
from typing import NoReturn

from sanitizers import attack
from sanitizers.lock.office import EXIT_UNLOCKED, OfficeCaps, lock

_QUIET = ["--headless", "--invisible", "--nodefault", "--nofirststartwizard", "--nolockcheck", "--nologo", "--norestore"]


def wait(directory: str, program: str, caps: OfficeCaps, parent: int) -> NoReturn:
    """Starts without a document, and waits on its socket for the one conversion that it will ever do."""
    environment = {
        "HOME": directory,
        "TMPDIR": f"{directory}/tmp",  # noqa: S108 -- its own
        "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",  # no display
        "SAL_DISABLE_OPENCL": "1",
    }
    try:
        os.umask(0o077)
        os.chdir(directory)
        lock(directory, program, caps, parent)
        os.execve(program, [program, *_QUIET, f"-env:UserInstallation=file://{directory}/profile"], environment)  # noqa: S606
    except BaseException:
        os._exit(EXIT_UNLOCKED)


def external(directory: str, program: str, caps: OfficeCaps, parent: int, readable: str, *arguments: str) -> NoReturn:
    """An administrator's converter, in the same lock; `readable` are further directories, separated by colons."""
    environment = {"HOME": directory, "TMPDIR": f"{directory}/tmp", "LC_ALL": "C.UTF-8"}  # noqa: S108 -- its own
    try:
        os.umask(0o077)
        os.chdir(directory)
        lock(directory, program, caps, parent, readable=tuple(filter(None, readable.split(":"))))
        os.execve(program, [program, *arguments], environment)  # noqa: S606 -- no shell
    except BaseException:
        os._exit(EXIT_UNLOCKED)


def assault(directory: str, program: str, caps: OfficeCaps, parent: int, victim: str) -> NoReturn:
    """Prints "name: answer" for each attempt, one a line; `victim` is a Unix socket that somebody listens on."""
    try:
        lock(directory, program, caps, parent, permissive=True)
    except BaseException:
        os._exit(EXIT_UNLOCKED)
    print(*attack.attempt_office(directory, program, victim), sep="\n", flush=True)
    os._exit(0)
