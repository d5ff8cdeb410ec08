"""The filters, run by a small BPF interpreter: which call gets which answer, without putting them on."""

from __future__ import annotations

import errno
import struct

import pytest

from sanitizers.lock import seccomp
from sanitizers.lock.syscall import MACHINE, NUMBERS, numbers

ALLOW, KILL = 0x7FFF0000, 0x80000000
ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[MACHINE]


def answer(program: bytes, number: int, *arguments: int, arch: int = ARCH) -> int:
    data = struct.pack("<iIQ6Q", number, arch, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    accumulator = at = 0
    while True:
        code, if_true, if_false, value = struct.unpack_from("<HBBI", program, 8 * at)
        at += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: accumulator & value != 0}[code]
            at += if_true if holds else if_false


def refused(code: int) -> int:
    return 0x00050000 | code


PARSE = seccomp.worker(reads_files=False, permissive=False)
RENDER = seccomp.worker(reads_files=True, permissive=False)
TWIN = seccomp.worker(reads_files=False, permissive=True)
ZYGOTE = seccomp.zygote(permissive=False)


@pytest.mark.parametrize("name", ["read", "write", "pread64", "brk", "munmap", "futex", "exit_group", "getrandom"])
def test_a_parser_may_compute_and_talk_on_what_it_holds(name: str) -> None:
    assert answer(PARSE, NUMBERS[name]) == ALLOW


@pytest.mark.parametrize(
    "name", ["execve", "socket", "connect", "ptrace", "bpf", "io_uring_setup", "kill", "memfd_create", "mount"]
)
def test_what_no_parser_needs_is_death(name: str) -> None:
    assert answer(PARSE, NUMBERS[name]) == KILL
    assert answer(RENDER, NUMBERS[name]) == KILL
    assert answer(TWIN, NUMBERS[name]) == refused(errno.EPERM)


@pytest.mark.parametrize("name", ["mmap", "mprotect"])
def test_no_memory_becomes_code(name: str) -> None:
    assert answer(PARSE, NUMBERS[name], 0, 4096, 3) == ALLOW
    assert answer(PARSE, NUMBERS[name], 0, 4096, 7) == KILL


def test_threads_are_told_no_and_processes_die() -> None:
    assert answer(PARSE, NUMBERS["clone"], 0x00010000 | 0x100 | 0x800) == refused(errno.EAGAIN)
    assert answer(PARSE, NUMBERS["clone"], 17) == KILL
    assert answer(PARSE, NUMBERS["clone3"]) == refused(errno.ENOSYS)


def test_parse_opens_nothing_and_render_only_for_reading() -> None:
    assert answer(PARSE, NUMBERS["openat"]) == refused(errno.EACCES)
    assert answer(RENDER, NUMBERS["openat"], 0, 0, 0o2000000) == ALLOW
    for flags in (0o1, 0o2, 0o100, 0o1000, 0o2000, 0o20200002):
        assert answer(RENDER, NUMBERS["openat"], 0, 0, flags) == refused(errno.EACCES)


def test_paths_can_not_be_asked_about_but_descriptors_can() -> None:
    assert answer(PARSE, NUMBERS["newfstatat"], 0, 0, 0, 0x1000) == ALLOW
    assert answer(PARSE, NUMBERS["newfstatat"], 0, 0, 0, 0) == refused(errno.ENOENT)


def test_a_call_of_a_future_kernel_looks_absent() -> None:
    assert answer(PARSE, 900) == refused(errno.ENOSYS)


def test_another_architectures_numbers_are_death() -> None:
    assert answer(PARSE, NUMBERS["read"], arch=0x40000003) == KILL
    assert answer(ZYGOTE, NUMBERS["read"], arch=0x40000003) == KILL
    if MACHINE == "x86_64":
        assert answer(PARSE, 0x40000000 | NUMBERS["read"]) == KILL


def test_a_decoder_starts_threads_and_no_process() -> None:
    decode = seccomp.worker(reads_files=False, threads=True, permissive=False)
    assert answer(decode, NUMBERS["clone"], 0x003D0F00) == ALLOW  # pthread_create
    assert answer(PARSE, NUMBERS["clone"], 0x003D0F00) == refused(errno.EAGAIN)
    assert answer(decode, NUMBERS["clone"], 17) == refused(errno.EPERM)  # fork
    assert answer(decode, NUMBERS["clone"], 0x003D0F00 | 0x10000000) == refused(errno.EPERM)  # CLONE_NEWUSER
    assert answer(decode, NUMBERS["clone3"]) == refused(errno.ENOSYS)


def test_the_zygote_forks_and_sends_but_never_executes() -> None:
    for name in ("clone", "sendmsg", "recvmsg", "wait4", "prlimit64"):
        assert answer(ZYGOTE, NUMBERS.get(name, 900)) == ALLOW
    for name in ("execve", "socket", "connect", "ptrace", "unshare"):
        assert answer(ZYGOTE, NUMBERS[name]) == KILL


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_each_table_gives_each_call_a_number_of_its_own(machine: str) -> None:
    table = numbers(machine)
    assert len(set(table.values())) == len(table)
    assert {"read", "execve", "openat", "clone3", "seccomp", "landlock_restrict_self"} <= table.keys()


def test_an_unknown_machine_is_refused() -> None:
    with pytest.raises(ImportError, match="riscv64"):
        numbers("riscv64")


OFFICE = seccomp.office(permissive=False)


@pytest.mark.parametrize("name", ["ptrace", "bpf", "io_uring_setup", "process_vm_readv", "mount", "unshare", "keyctl"])
def test_libreoffice_dies_of_what_no_conversion_needs(name: str) -> None:
    assert answer(OFFICE, NUMBERS[name]) == KILL


@pytest.mark.parametrize("name", ["fork", "vfork", "kill", "sendmsg", "memfd_create", "chmod", "fchown"])
def test_what_libreoffice_tries_is_refused(name: str) -> None:
    assert answer(OFFICE, NUMBERS[name]) == refused(errno.EPERM)


def test_libreoffice_has_threads_but_no_second_process() -> None:
    assert answer(OFFICE, NUMBERS["clone"], 0x003D0F00) == ALLOW  # pthread_create
    assert answer(OFFICE, NUMBERS["clone"], 17) == refused(errno.EPERM)  # fork
    assert answer(OFFICE, NUMBERS["clone"], 0x00004111) == refused(errno.EPERM)  # vfork
    assert answer(OFFICE, NUMBERS["clone"], 0x003D0F00 | 0x10000000) == refused(errno.EPERM)  # CLONE_NEWUSER
    assert answer(OFFICE, NUMBERS["clone3"]) == refused(errno.ENOSYS)


def test_libreoffice_listens_on_unix_streams_and_connects_to_nothing() -> None:
    assert answer(OFFICE, NUMBERS["socket"], 1, 0o2000001) == ALLOW
    for family, kind in ((2, 1), (10, 1), (16, 3), (1, 2), (1, 5)):
        assert answer(OFFICE, NUMBERS["socket"], family, kind) == refused(errno.EPERM)
    assert answer(OFFICE, NUMBERS["connect"]) == refused(errno.EACCES)


def test_libreoffice_answers_its_caller_and_sends_to_no_address() -> None:
    assert answer(OFFICE, NUMBERS["sendto"], 5, 0x7F0000000000, 9, 0, 0) == ALLOW
    for address in (1, 0x7FFF00001000, 0x100000000):
        assert answer(OFFICE, NUMBERS["sendto"], 5, 0x7F0000000000, 9, 0, address) == refused(errno.EPERM)


def test_libreoffice_signals_nobody_by_descriptors_and_limits_only_itself() -> None:
    for command in (8, 10, 15):  # F_SETOWN, F_SETSIG, F_SETOWN_EX
        assert answer(OFFICE, NUMBERS["fcntl"], 3, command) == refused(errno.EPERM)
    for command in (0, 1, 2, 3, 4, 6, 7, 1030):
        assert answer(OFFICE, NUMBERS["fcntl"], 3, command) == ALLOW
    assert answer(OFFICE, NUMBERS["prlimit64"], 0) == ALLOW
    assert answer(OFFICE, NUMBERS["prlimit64"], 1) == refused(errno.EPERM)
