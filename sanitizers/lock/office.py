"""The lock of LibreOffice: exec is necessary, so files are bounded by landlock and everything else by seccomp.

It may read its own program and the fonts, write its job's directory, and make the one socket in /tmp without which it does
not start.  It starts no second process: who kills it has killed all of it.  Raises OSError; the caller must then exit.
Without landlock there is no such lock.  Source: security.md 1.5.
"""

from __future__ import annotations

import os
import platform
import resource
from dataclasses import dataclass

from sanitizers.lock import die_with, landlock, limit, renounce, seccomp
from sanitizers.lock.syscall import PR_SET_NO_NEW_PRIVS, prctl

_LOADER = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}
_READABLE = """
/usr/lib /lib /lib64 /usr/lib64 /usr/share /etc/fonts /etc/libreoffice /etc/ld.so.cache /var/cache/fontconfig
/var/spool/libreoffice /var/lib/libreoffice /sys/devices/system/cpu /proc/meminfo /proc/cpuinfo /dev/urandom /dev/random
"""
_SOCKET_DIRECTORY = "/tmp"  # noqa: S108 -- LibreOffice has it compiled in
_DESCRIPTORS = 256

EXIT_UNLOCKED = 97  # LibreOffice has 0, 1, 77 to 81 and 126 upwards


@dataclass(frozen=True, slots=True)
class OfficeCaps:
    """What one conversion may use; the kernel enforces it.  `file_bytes` bounds each file that is written."""

    memory_bytes: int = 3 << 30  # address space; some 250 MB of it are ever touched
    cpu_seconds: int = 60
    file_bytes: int = 256 << 20


def lock(
    directory: str, program: str, caps: OfficeCaps, parent: int, *, readable: tuple[str, ...] = (), permissive: bool = False
) -> None:
    """For ever: `program` may be executed, `directory` be written, and no other uid's privilege is left.

    `permissive` answers EPERM where production kills: only the self-test may run so, to see every attack to its end."""
    renounce()
    die_with(parent)  # a change of uid would have untied it
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_AS, caps.memory_bytes)
    limit(resource.RLIMIT_CPU, caps.cpu_seconds)  # SIGKILL at once: it would handle SIGXCPU
    limit(resource.RLIMIT_FSIZE, caps.file_bytes)
    limit(resource.RLIMIT_NOFILE, _DESCRIPTORS)
    installation = os.path.dirname(os.path.dirname(program))  # also of packages that install below /opt
    landlock.restrict(
        dict.fromkeys([*_READABLE.split(), installation, *readable], landlock.READ)
        | {program: landlock.EXECUTE, _LOADER[platform.machine()]: landlock.EXECUTE}
        | {directory: landlock.WRITE, "/dev/null": landlock.WRITE, _SOCKET_DIRECTORY: landlock.SOCKETS}
    )
    seccomp.load(seccomp.office(permissive=permissive))
