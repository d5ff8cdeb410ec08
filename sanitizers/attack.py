"""What an attacker who runs code inside a worker would try.  The self-test plays it in every confinement.

Each attempt answers how it was stopped.  Anything but a refusal is a leak: success, and also EINVAL or EFAULT, since a
call with senseless arguments that is answered so has reached the kernel.  In a permissive twin the sandbox refuses
instead of killing, so that every attempt is seen; in production the first one ends the worker with SIGSYS.
Harmless also where nothing stops it: no attempt changes or sends anything.  Not here: the level (`gateway/sandbox.py`).
"""

# ruff: noqa: S103, S108, S606 - what the linter warns of is what is tried here
from __future__ import annotations

import _thread
import ctypes
import errno
import mmap
import os
import resource
import socket
from collections.abc import Callable

from sanitizers.lock import FONTS, Confinement
from sanitizers.lock.syscall import PR_SET_DUMPABLE, prctl, syscall

_FONTS = "list the font directory"  # what the render confinement is for
_RESIDUE = "does /etc/passwd exist"  # accepted (security.md 1.1): fstat() needs the call that can also ask this
_CONNECT, _BESIDE, _JOBS, _PROGRAM = "connect to a socket", "write beside the job", "list the jobs", "write the program"
_ANSWER, _SEND = "send on a descriptor", "send to an address"
# LibreOffice reads fonts, starts threads and maps code; its streams of AF_UNIX reach nobody (see "connect")
_OFFICE_MAY = {_RESIDUE, _FONTS, "one more descriptor", "Unix socket", "thread", "executable memory"}
_OFFICE_MAY |= {"write /dev/null", "own input for writing", "write to the input"}  # which is /dev/null, too
_OFFICE_MAY |= {_ANSWER}  # to whom it has accepted; "send to an address" may not
_OFFICE_MAY |= {"mkdir", "unlink", "rename"}  # judged by place: these have none, "write beside the job" has
_MAY = {Confinement.RENDER: {_FONTS}, Confinement.DECODE: {"thread"}}
_REFUSALS = frozenset({"EPERM", "EACCES", "ENOSYS", "EBADF", "EAGAIN", "ENOTTY", "RuntimeError", "ValueError"})

_READ, _WRITE = os.O_RDONLY, os.O_WRONLY | os.O_CREAT
_CLONE_NEWUSER = 0x10000000
_PTRACE_ATTACH = 16
_AT_FDCWD, _AT_EMPTY_PATH = -100, 0x1000
_STAT_BYTES = 256  # struct stat is 144


def attempt_all() -> tuple[str, ...]:
    """ "name: answer" for each attempt, in the order of the table."""
    return tuple(f"{name}: {_answer(action)}" for name, action in _ATTEMPTS.items())


def attempt_office(directory: str, program: str, victim: str) -> tuple[str, ...]:
    """The same from LibreOffice's place, and what only is possible there; `victim` is a Unix socket that is listened on."""
    more: dict[str, Callable[[], object]] = {
        _CONNECT: lambda: socket.socket(socket.AF_UNIX).connect(victim),
        _SEND: lambda: syscall("sendto", 1, 0, 0, 0, ctypes.addressof(ctypes.create_string_buffer(b"\1\0x")), 4),
        _BESIDE: lambda: os.open(os.path.dirname(directory), os.O_TMPFILE | os.O_WRONLY),
        _JOBS: lambda: os.listdir(os.path.dirname(directory)),
        _PROGRAM: lambda: os.open(program, os.O_RDWR),
    }
    return (*attempt_all(), *(f"{name}: {_answer(action)}" for name, action in more.items()))


def leaks(attempts: tuple[str, ...], confinement: Confinement) -> tuple[str, ...]:
    """What went through that should not; an attempt of which nothing was heard went through."""
    return _leaks(attempts, tuple(_ATTEMPTS), {_RESIDUE} | _MAY.get(confinement, set()))


def office_leaks(attempts: tuple[str, ...]) -> tuple[str, ...]:
    return _leaks(attempts, (*_ATTEMPTS, _CONNECT, _SEND, _BESIDE, _JOBS, _PROGRAM), _OFFICE_MAY)


def _leaks(attempts: tuple[str, ...], tried: tuple[str, ...], expected: set[str]) -> tuple[str, ...]:
    answers = dict(attempt.rsplit(": ", 1) for attempt in attempts)
    heard = {name: answers.get(name, "no answer") for name in tried if name not in expected}
    return tuple(f"{name}: {answer}" for name, answer in heard.items() if answer not in _REFUSALS)


def _answer(action: Callable[[], object]) -> str:
    try:
        action()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "OSError")
    except Exception as error:  # RuntimeError of a refused thread, ValueError of a refused rlimit
        return type(error).__name__
    return "OK"


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _exists() -> None:
    path, buffer = ctypes.create_string_buffer(b"/etc/passwd"), ctypes.create_string_buffer(_STAT_BYTES)
    syscall("newfstatat", _AT_FDCWD, ctypes.addressof(path), ctypes.addressof(buffer), _AT_EMPTY_PATH)


_ATTEMPTS: dict[str, Callable[[], object]] = {
    "read /etc/passwd": lambda: os.open("/etc/passwd", _READ),
    "list /": lambda: os.listdir("/"),
    _FONTS: lambda: os.listdir(FONTS),
    "write /tmp": lambda: os.open("/tmp", os.O_TMPFILE | os.O_WRONLY),
    "write /dev/shm": lambda: os.open("/dev/shm", os.O_TMPFILE | os.O_WRONLY),
    "write /dev/null": lambda: os.open("/dev/null", _WRITE),
    "own memory by /proc": lambda: os.open("/proc/self/mem", _READ),
    "parent's environment": lambda: os.open(f"/proc/{os.getppid()}/environ", _READ),
    "own input for writing": lambda: os.open("/proc/self/fd/0", os.O_RDWR),
    "write to the input": lambda: os.write(0, b"x"),
    "openat2": lambda: syscall("openat2", 0, 0, 0, 0),
    "one more descriptor": lambda: os.dup(0),
    "chmod": lambda: os.chmod("/tmp", 0o1777),
    "mkdir": lambda: os.mkdir("/"),
    "unlink": lambda: os.unlink("/tmp/no such file"),
    "rename": lambda: os.rename("/tmp/no such file", "/tmp/nor this"),
    "symlink": lambda: os.symlink("x", "/"),
    "IPv4 socket": lambda: socket.socket(socket.AF_INET).close(),
    "IPv6 datagram socket": lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close(),
    "Unix socket": lambda: socket.socket(socket.AF_UNIX).close(),
    "netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "socket pair": socket.socketpair,
    _ANSWER: lambda: syscall("sendto", 1, 0, 0, 0, 0, 0),
    "fork": _fork,
    "execute": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "thread": lambda: _thread.start_new_thread(int, ()),
    "clone3 into a namespace": lambda: syscall("clone3", 0, 0),
    "unshare": lambda: syscall("unshare", _CLONE_NEWUSER),
    "setns": lambda: syscall("setns", 0, 0),
    "signal the parent": lambda: os.kill(os.getppid(), 0),
    "signal everyone": lambda: os.kill(-1, 0),
    "ptrace the parent": lambda: syscall("ptrace", _PTRACE_ATTACH, os.getppid(), 0, 0),
    "read the parent's memory": lambda: syscall("process_vm_readv", os.getppid(), 0, 0, 0, 0, 0),
    "steal a descriptor": lambda: syscall("pidfd_getfd", 0, 0, 0),
    "io_uring": lambda: syscall("io_uring_setup", 1, 0),
    "bpf": lambda: syscall("bpf", 0, 0, 0),
    "perf events": lambda: syscall("perf_event_open", 0, 0, -1, -1, 0),
    "userfaultfd": lambda: syscall("userfaultfd", 0),
    "key ring": lambda: syscall("keyctl", 0, -3, 0),
    "memory file": lambda: os.memfd_create("x"),
    "mount": lambda: syscall("mount", 0, 0, 0, 0, 0),
    "chroot": lambda: os.chroot("/"),
    "executable memory": lambda: mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC),
    "raise the memory limit": lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)),
    "raise the CPU limit": lambda: resource.setrlimit(resource.RLIMIT_CPU, (-1, -1)),
    "become dumpable": lambda: prctl(PR_SET_DUMPABLE, 1),
    "become root": lambda: os.setuid(0),
    "terminal input": lambda: syscall("ioctl", 0, 0x5412, 0),
    _RESIDUE: _exists,
}
