"""Landlock (linux/landlock.h): which files a process may still reach.  Rulesets stack; each can only take away more.

Raises OSError; ENOSYS or EOPNOTSUPP mean that this kernel has none.  Not covered by landlock and therefore closed in
`seccomp.py`: chmod, chown, UDP and raw sockets, connect() to path sockets (before ABI 9), descriptors already open.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Mapping

from sanitizers.lock.syscall import syscall

_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
_PATH_BENEATH = 1  # LANDLOCK_RULE_PATH_BENEATH
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_REG, _MAKE_SOCK, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 9, 1 << 13, 1 << 14
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE  # the kernel refuses the others for what is no directory
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # access bits known to each ABI; from ABI 5 on (ioctl_dev) 16
_NET_TCP = 0b11  # bind, connect; ABI 4
_SCOPES = 0b11  # abstract Unix sockets, signals; ABI 6

# what may be done at and below a path
READ = _READ_FILE | _READ_DIR
EXECUTE = READ | _EXECUTE
WRITE = READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER  # no link, no device
SOCKETS = _MAKE_SOCK | _REMOVE_FILE


def abi() -> int:
    """The kernel's landlock version, 0 if it has none."""
    try:
        return syscall("landlock_create_ruleset", 0, 0, _VERSION)
    except OSError:
        return 0


def restrict(allowed: Mapping[str, int]) -> int:
    """Take away every right this kernel knows but `allowed`: path -> READ, EXECUTE, WRITE or SOCKETS.  Returns the ABI.

    Needs no_new_privs.  A path that does not exist can not be reached either, so it is passed over."""
    version = abi()
    if version < 1:
        raise OSError(errno.ENOSYS, "this kernel has no landlock")
    rights = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    attributes = ctypes.create_string_buffer(struct.pack("<QQQ", rights, _NET_TCP, _SCOPES), 24)
    known = 8 if version < 4 else 16 if version < 6 else 24  # a field the kernel does not know would be E2BIG
    ruleset = syscall("landlock_create_ruleset", ctypes.addressof(attributes), known, 0)
    try:
        for path, granted in allowed.items():
            _allow(ruleset, path, granted & rights)
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(beneath).st_mode):
            rights &= _OF_FILES
        rule = ctypes.create_string_buffer(struct.pack("<Qi", rights, beneath), 12)
        syscall("landlock_add_rule", ruleset, _PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(beneath)
