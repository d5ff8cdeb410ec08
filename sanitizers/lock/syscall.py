"""The kernel's door: raw system calls and their numbers.

Raises OSError with the kernel's errno.  What is locked with these calls is in `landlock.py` and `seccomp.py`.
"""

from __future__ import annotations

import ctypes
import os
import platform

MACHINE = platform.machine()

# name, x86_64, aarch64 ("-": the architecture has no such call).  arch/x86/entry/syscalls/syscall_64.tbl and
# include/uapi/asm-generic/unistd.h; a name that is missing here can be neither allowed nor singled out.
_TABLE = """
read 0 63|write 1 64|close 3 57|fstat 5 80|lseek 8 62|mmap 9 222|mprotect 10 226|munmap 11 215|brk 12 214
rt_sigaction 13 134|rt_sigprocmask 14 135|rt_sigreturn 15 139|ioctl 16 29|pread64 17 67|readv 19 65|writev 20 66
access 21 -|sched_yield 24 124|mremap 25 216|madvise 28 233|getpid 39 172|socket 41 198|connect 42 203|accept 43 202
sendto 44 206|sendmsg 46 211|bind 49 200|listen 50 201|socketpair 53 199|clone 56 220|fork 57 -|vfork 58 -
execve 59 221|exit 60 93|kill 62 129|fcntl 72 25|getcwd 79 17|readlink 89 -|gettimeofday 96 169|getrusage 98 165
sysinfo 99 179|times 100 153|ptrace 101 117|getuid 102 174|getgid 104 176|geteuid 107 175|getegid 108 177
getppid 110 173|sigaltstack 131 132|personality 135 92|pivot_root 155 41|prctl 157 167|setrlimit 160 164|chroot 161 51
capset 126 91|mount 165 40
umount2 166 39|init_module 175 105|gettid 186 178|tkill 200 130|futex 202 98|sched_getaffinity 204 123
getdents64 217 61|restart_syscall 219 128|clock_gettime 228 113|clock_getres 229 114|clock_nanosleep 230 115
exit_group 231 94|tgkill 234 131|kexec_load 246 104|add_key 248 217|request_key 249 218|keyctl 250 219|openat 257 56
open 2 -|stat 4 -|lstat 6 -|newfstatat 262 79|readlinkat 267 78|faccessat 269 48|unshare 272 97|accept4 288 242
perf_event_open 298 241|prlimit64 302 261|open_by_handle_at 304 265|setns 308 268|process_vm_readv 310 270
process_vm_writev 311 271|finit_module 313 273|seccomp 317 277|getrandom 318 278|memfd_create 319 279
kexec_file_load 320 294|bpf 321 280|execveat 322 281|userfaultfd 323 282|statx 332 291|io_uring_setup 425 425
io_uring_enter 426 426|io_uring_register 427 427|open_tree 428 428|move_mount 429 429|fsopen 430 430|fsmount 432 432
pidfd_send_signal 424 424|clone3 435 435|openat2 437 437|pidfd_getfd 438 438|faccessat2 439 439
statfs 137 43|fstatfs 138 44|pwrite64 18 68|mkdir 83 -|mkdirat 258 34|rmdir 84 -|unlink 87 -|unlinkat 263 35
rename 82 -|renameat 264 38|renameat2 316 276|chmod 90 -|fchmod 91 52|fchmodat 268 53|chown 92 -|fchown 93 55
fchownat 260 54|utimensat 280 88|set_robust_list 273 99|set_tid_address 218 96|rseq 334 293|fadvise64 221 223
uname 63 160|dup 32 23|dup2 33 -|dup3 292 24|poll 7 -|ppoll 271 73|pipe2 293 59|eventfd2 290 19|arch_prctl 158 -
fsync 74 82|fdatasync 75 83|ftruncate 77 46|fallocate 285 47|wait4 61 260|shutdown 48 210|getsockname 51 204
getsockopt 55 209|setsockopt 54 208|recvfrom 45 207|nanosleep 35 101|umask 95 166|sched_getparam 143 121
sched_getscheduler 145 120|getpriority 140 141
landlock_create_ruleset 444 444|landlock_add_rule 445 445|landlock_restrict_self 446 446|memfd_secret 447 447
"""
_COLUMNS = {"x86_64": 1, "aarch64": 2}


def numbers(machine: str) -> dict[str, int]:
    if machine not in _COLUMNS:
        raise ImportError(f"no system call table for {machine}: the sandbox needs x86_64 or aarch64")
    rows = [entry.split() for entry in _TABLE.replace("\n", "|").split("|") if entry]
    return {row[0]: int(row[_COLUMNS[machine]]) for row in rows if row[_COLUMNS[machine]] != "-"}


NUMBERS = numbers(MACHINE)

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def syscall(name: str, *arguments: int) -> int:
    """Call the kernel.  Each argument goes as 64 bits: a bare int would be cut to a C int."""
    wide = [ctypes.c_uint64(argument & (2**64 - 1)) for argument in arguments]
    return _checked(_libc.syscall(ctypes.c_long(NUMBERS[name]), *wide))


def prctl(option: int, *values: int) -> int:
    wide = [ctypes.c_ulong(value) for value in (*values, 0, 0, 0, 0)[:4]]  # unused ones must be 0
    return _checked(_libc.prctl(option, *wide))


def _checked(answer: int) -> int:
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer
