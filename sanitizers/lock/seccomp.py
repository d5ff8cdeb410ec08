"""seccomp-BPF (linux/seccomp.h): which system calls a process may still make.  Filters stack; the strictest wins.

`worker()` is an allow-list, `zygote()` a deny-list for the one process that still has to fork.  A call that no parser
needs and an exploit wants (exec, socket, ptrace, executable memory, ...) kills the process with SIGSYS, which the
supervisor reads as an attack; a call that libraries merely try answers an errno; calls that are unknown here, those of
future kernels included, answer ENOSYS.  Raises OSError when the kernel refuses the filter.
"""

from __future__ import annotations

import ctypes
import errno
import struct

from sanitizers.lock.syscall import MACHINE, NUMBERS, prctl, syscall

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[MACHINE]
_X32_BIT = 0x40000000  # x86_64's second numbering of the same calls

_KILL_PROCESS, _ERRNO, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000  # SECCOMP_RET_*
_SET_MODE_FILTER = 1
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|JGE|JSET, BPF_RET
_NUMBER_AT, _ARCH_AT, _ARGUMENTS_AT = 0, 4, 16  # struct seccomp_data; both architectures are little endian

_PROT_EXEC = 4
_CLONE_THREAD = 0x00010000
_AT_EMPTY_PATH = 0x1000
_WRITING = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000  # O_WRONLY O_RDWR O_CREAT O_TRUNC O_APPEND

_NEVER_LEGITIMATE = """
execve execveat fork vfork socket socketpair connect bind listen accept accept4 sendto sendmsg kill ptrace
process_vm_readv process_vm_writev pidfd_getfd pidfd_send_signal bpf userfaultfd perf_event_open io_uring_setup
io_uring_enter io_uring_register keyctl add_key request_key mount umount2 pivot_root chroot open_tree move_mount
fsopen fsmount unshare setns kexec_load kexec_file_load init_module finit_module personality openat2
open_by_handle_at memfd_create memfd_secret setrlimit
"""

_HARMLESS = """
read write readv writev pread64 close fstat lseek munmap mremap madvise brk rt_sigaction rt_sigprocmask
rt_sigreturn sigaltstack sched_yield sched_getaffinity futex getpid getppid gettid getuid geteuid getgid getegid
getrusage times sysinfo gettimeofday clock_gettime clock_getres clock_nanosleep restart_syscall getrandom getcwd
exit exit_group
"""

# What libraries try and can live without.  tgkill is raise(): abort() falls back to a trap, seen as SIGSEGV or SIGILL.
_REFUSED = {
    "open": errno.EACCES,
    "openat": errno.EACCES,
    "stat": errno.ENOENT,
    "lstat": errno.ENOENT,
    "statx": errno.ENOSYS,  # ENOSYS makes libc fall back to newfstatat
    "access": errno.EACCES,
    "faccessat": errno.EACCES,
    "faccessat2": errno.EACCES,
    "readlink": errno.ENOENT,
    "readlinkat": errno.ENOENT,
    "ioctl": errno.ENOTTY,
    "fcntl": errno.EPERM,
    "prctl": errno.EPERM,
    "prlimit64": errno.EPERM,
    "tgkill": errno.EPERM,
    "tkill": errno.EPERM,
    "clone3": errno.ENOSYS,  # its flags are behind a pointer: libc must come back with clone()
}


# What LibreOffice does beyond a parser, found with strace over doc, xls, ppt, rtf and xlsb; exec is its own start.
_OFFICE_NEEDS = """
open openat stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat statfs fstatfs getdents64 pwrite64
mkdir mkdirat rmdir unlink unlinkat rename renameat renameat2 fsync fdatasync ftruncate fallocate fadvise64 uname dup
dup2 dup3 poll ppoll pipe2 eventfd2 arch_prctl set_robust_list set_tid_address rseq mmap mprotect execve bind
listen accept accept4 shutdown getsockname getsockopt setsockopt recvfrom nanosleep umask sched_getparam
sched_getscheduler getpriority wait4
"""

# What it tries and can live without: helper programs (paperconf, gpgconf), nscd, its own socket, modes of its files.
_OFFICE_TRIES = {
    **dict.fromkeys(("fork", "vfork", "socketpair", "sendmsg", "kill", "memfd_create", "setrlimit"), errno.EPERM),
    **dict.fromkeys(("chmod", "fchmod", "fchmodat", "chown", "fchown", "fchownat", "utimensat"), errno.EPERM),
    "connect": errno.EACCES,
}

_AF_UNIX, _SOCK_STREAM = 1, 1
_CLONE_THREAD_FLAGS = 0x003D0F00  # CLONE_VM|FS|FILES|SIGHAND|THREAD|SYSVSEM|SETTLS|PARENT_SETTID|CHILD_CLEARTID
_FCNTL_OWNER = 0x8  # this bit is in F_SETOWN, F_SETSIG and F_SETOWN_EX, which send signals to others, and in none it needs


def worker(*, reads_files: bool, permissive: bool, threads: bool = False) -> bytes:
    """The filter of a locked worker.  `reads_files` leaves open() for reading to landlock (fonts), `threads` allows threads.

    `permissive` answers EPERM where production kills: only the self-test may run so, to see every attack to its end."""
    kill = _refuse(errno.EPERM) if permissive else _KILL_PROCESS
    refused = {name: code for name, code in _REFUSED.items() if not (reads_files and name == "openat")}
    program = [
        *_prologue(),
        *_rules(_HARMLESS, _ALLOW),
        # fstat(fd) of today's libc; the path behind AT_EMPTY_PATH can not be checked, it tells existence, no content
        *_rule("newfstatat", *_if_any_bit(3, _AT_EMPTY_PATH, _ALLOW, _refuse(errno.ENOENT))),
        *_rule("mmap", *_if_any_bit(2, _PROT_EXEC, kill, _ALLOW)),
        *_rule("mprotect", *_if_any_bit(2, _PROT_EXEC, kill, _ALLOW)),
    ]
    if threads:
        program += _rule("clone", *_refuse_bits(0, ~_CLONE_THREAD_FLAGS), *_if_any_bit(0, _CLONE_THREAD, _ALLOW, kill))
        program += _rules("set_robust_list rseq", _ALLOW)
    else:  # a library that wants a thread is told no; a new process or namespace is an attack
        program += _rule("clone", *_if_any_bit(0, _CLONE_THREAD, _refuse(errno.EAGAIN), kill))
    if reads_files:
        program += _rule("openat", *_if_any_bit(2, _WRITING, _refuse(errno.EACCES), _ALLOW)) + _rules("getdents64", _ALLOW)
    for name, code in refused.items():
        program += _rules(name, _refuse(code))
    program += [*_rules(_NEVER_LEGITIMATE, kill), _instruction(_RETURN, _refuse(errno.ENOSYS))]
    return b"".join(program)


def office(*, permissive: bool) -> bytes:
    """For LibreOffice: files are landlock's; one process with threads, and one listening Unix socket that it insists on.

    It may neither connect nor send to an address, so that it reaches no other socket of the machine (before ABI 9 landlock
    lets it) and only answers who has called it; and change no mode or owner, which landlock does not cover.  It maps
    executable memory: its UNO bridges are made at run time."""
    kill = _refuse(errno.EPERM) if permissive else _KILL_PROCESS
    harmless = _HARMLESS.split() + _OFFICE_NEEDS.split()
    refused = {name: code for name, code in (_REFUSED | _OFFICE_TRIES).items() if name not in harmless}
    allowed = _instruction(_RETURN, _ALLOW)
    program = [
        *_prologue(),
        *_rules(" ".join(harmless), _ALLOW),
        *_rule("clone", *_refuse_bits(0, ~_CLONE_THREAD_FLAGS), *_if_any_bit(0, _CLONE_THREAD, _ALLOW, _refuse(errno.EPERM))),
        *_rule("socket", *_refuse_bits(0, ~_AF_UNIX), *_refuse_bits(1, 0xF & ~_SOCK_STREAM), allowed),
        # to whom it has accepted, which is the gateway; not to an address
        *_rule("sendto", *_refuse_bits(4, 0xFFFFFFFF), *_refuse_bits(4, 0xFFFFFFFF, half=4), allowed),
        *_rule("fcntl", *_refuse_bits(1, _FCNTL_OWNER), allowed),
        *_rule("prlimit64", *_refuse_bits(0, 0xFFFFFFFF), allowed),  # its own limits only; it has no right to raise them
    ]
    for name, code in refused.items():
        program += _rules(name, _refuse(code))
    never = " ".join(name for name in _NEVER_LEGITIMATE.split() if name not in harmless and name not in refused)
    return b"".join([*program, *_rules(never, kill), _instruction(_RETURN, _refuse(errno.ENOSYS))])


def zygote(*, permissive: bool) -> bytes:
    """The zygote forks, receives descriptors and lowers rlimits; it never executes a program or opens a socket."""
    needed = ("fork", "vfork", "sendmsg", "sendto", "setrlimit")
    action = _refuse(errno.EPERM) if permissive else _KILL_PROCESS
    denied = " ".join(name for name in _NEVER_LEGITIMATE.split() if name not in needed)
    return b"".join([*_prologue(), *_rules(denied, action), _instruction(_RETURN, _ALLOW)])


def load(program: bytes) -> None:
    """Put the filter on.  Needs no_new_privs; can not be undone."""
    filters = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("<HxxxxxxQ", len(program) // 8, ctypes.addressof(filters)), 16)
    try:
        syscall("seccomp", _SET_MODE_FILTER, 0, ctypes.addressof(header))
    except OSError:  # an outer profile may know only the older door
        prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(header))


def _refuse(code: int) -> int:
    return _ERRNO | code


def _instruction(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """struct sock_filter; jumps count instructions to skip."""
    return struct.pack("<HBBI", code, if_true, if_false, value)


def _prologue() -> list[bytes]:
    """A foreign architecture's numbers mean other calls: whoever uses them dies."""
    lines = [_instruction(_LOAD, _ARCH_AT), _instruction(_EQUAL, _AUDIT_ARCH, 1, 0), _instruction(_RETURN, _KILL_PROCESS)]
    lines.append(_instruction(_LOAD, _NUMBER_AT))
    if MACHINE == "x86_64":
        lines += [_instruction(_AT_LEAST, _X32_BIT, 0, 1), _instruction(_RETURN, _KILL_PROCESS)]
    return lines


def _rules(names: str, action: int) -> list[bytes]:
    return [line for name in names.split() for line in _rule(name, _instruction(_RETURN, action))]


def _rule(name: str, *body: bytes) -> list[bytes]:
    """`body` decides about `name` for good; other calls skip it."""
    if name not in NUMBERS:
        return []
    return [_instruction(_EQUAL, NUMBERS[name], 0, len(body)), *body]


def _refuse_bits(argument: int, mask: int, half: int = 0) -> list[bytes]:
    """EPERM if any of these bits of an argument is set; else go on.  `half` 4 looks at the upper 32 bits."""
    return [
        _instruction(_LOAD, _ARGUMENTS_AT + 8 * argument + half),
        _instruction(_ANY_BIT, mask & 0xFFFFFFFF, 0, 1),
        _instruction(_RETURN, _refuse(errno.EPERM)),
    ]


def _if_any_bit(argument: int, mask: int, then: int, otherwise: int) -> list[bytes]:
    """Decide by the low 32 bits of an argument: all flags looked at here are C ints."""
    return [
        _instruction(_LOAD, _ARGUMENTS_AT + 8 * argument),
        _instruction(_ANY_BIT, mask, 0, 1),
        _instruction(_RETURN, then),
        _instruction(_RETURN, otherwise),
    ]
