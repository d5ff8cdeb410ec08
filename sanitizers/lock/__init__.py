"""The lock: what a process that meets hostile bytes gives up, for good, before it sees the first of them.

Order matters: rlimits, then landlock (which needs one descriptor), then the last rlimit, then seccomp (which forbids
changing any of it).  Raises OSError when the kernel refuses a step; the caller must then exit without working: there
is no half-locked worker.  Source: security.md 1.2 and 1.4.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import socket
import struct
from dataclasses import dataclass
from enum import Enum

from sanitizers.lock import landlock, seccomp
from sanitizers.lock.syscall import PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, prctl, syscall

FONTS = "/usr/share/fonts"
NOBODY = 65534  # the kernel's overflow uid and gid: owns nothing anywhere

_CLONE_NEWNET, _CLONE_NEWIPC = 0x40000000, 0x08000000


@dataclass(frozen=True, slots=True)
class _Confinement:
    readable: tuple[str, ...]  # directories; () = the file system does not exist
    descriptors: int  # RLIMIT_NOFILE: one above the highest
    threads: bool = False


class Confinement(Enum):
    """How tightly a worker is locked.  LibreOffice, which needs exec and a directory of its own, has `office.py`."""

    PARSE = _Confinement(readable=(), descriptors=3)
    RENDER = _Confinement(readable=(FONTS,), descriptors=16)
    DECODE = _Confinement(readable=(), descriptors=3, threads=True)


@dataclass(frozen=True, slots=True)
class Caps:
    """What one worker may use; the kernel enforces it."""

    memory_bytes: int = 1 << 30  # address space: the preloaded libraries take about a third
    cpu_seconds: int = 20


@dataclass(frozen=True, slots=True)
class Lock:
    """Chosen once in the zygote; the filters are built there, so that a fork only has to load them."""

    landlock_abi: int
    is_apart: bool
    filters: dict[Confinement, bytes]


def lock_zygote(*, permissive: bool, hidden: str) -> Lock:
    """For ever: no root, no capability, no network, no new privileges, no files but fonts, no exec, no socket.

    `hidden` is a path that only the gateway should see.  A kernel without landlock is accepted here and reported as
    ABI 0; the supervisor decides whether that is enough."""
    renounce()
    is_apart = _is_apart(hidden)  # while it can still ask
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_DUMPABLE, 0)  # no ptrace and no /proc/<pid>/mem for others of the same uid, no core dump
    limit(resource.RLIMIT_CORE, 0)
    abi = landlock.abi()
    if abi:
        landlock.restrict({FONTS: landlock.READ})
    seccomp.load(seccomp.zygote(permissive=permissive))
    filters = {
        c: seccomp.worker(reads_files=bool(c.value.readable), threads=c.value.threads, permissive=permissive)
        for c in Confinement
    }
    return Lock(abi, is_apart, filters)


def renounce() -> None:
    """No root, no network of the machine's (if it was root), no capability."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):  # a container's root may not; the self-test shows what came of it
            syscall("unshare", _CLONE_NEWNET | _CLONE_NEWIPC)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    _drop_capabilities()


def _drop_capabilities() -> None:
    """capset(2), version 3: effective, permitted and inheritable become empty, for a gateway that was given some."""
    header = ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0), 8)
    nothing = ctypes.create_string_buffer(24)
    syscall("capset", ctypes.addressof(header), ctypes.addressof(nothing))


def _is_apart(hidden: str) -> bool:
    """Level 4 (security.md 1.6): no network interface but lo, and the gateway's own files are not to be seen."""
    try:
        os.stat(hidden)
    except OSError:
        return {name for _, name in socket.if_nameindex()} <= {"lo"}
    return False


def lock_worker(lock: Lock, confinement: Confinement, caps: Caps, parent: int) -> None:
    """In a fresh fork that holds descriptors 0, 1, 2 and no other."""
    die_with(parent)
    limit(resource.RLIMIT_AS, caps.memory_bytes)
    resource.setrlimit(resource.RLIMIT_CPU, (caps.cpu_seconds, caps.cpu_seconds + 1))  # SIGXCPU, then SIGKILL
    for nothing in (resource.RLIMIT_FSIZE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE):
        limit(nothing, 0)
    if not confinement.value.threads:  # it counts them; seccomp refuses processes in any case
        limit(resource.RLIMIT_NPROC, 0)
    if lock.landlock_abi:
        landlock.restrict(dict.fromkeys(confinement.value.readable, landlock.READ))
    limit(resource.RLIMIT_NOFILE, confinement.value.descriptors)
    seccomp.load(lock.filters[confinement])


def die_with(parent: int) -> None:
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the parent died before this process was tied to it")


def limit(what: int, value: int) -> None:
    resource.setrlimit(what, (value, value))
