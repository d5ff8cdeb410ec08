"""Passwords as the tools that locked a file took them, and how long they are tried.  Nothing here keeps or shows one."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_SECONDS = 8.0  # of CPU for the passwords of one file: a worker that runs into its own limit has failed, not locked

T = TypeVar("T")


def as_bytes(passwords: Iterable[str]) -> Iterator[bytes]:
    """Explorer and most Japanese tools take CP932 bytes, others UTF-8 (J12)."""
    for password in filter(None, passwords):
        utf8, cp932 = password.encode("utf-8", "ignore"), password.encode("cp932", "ignore")
        yield utf8
        if cp932 != utf8:
            yield cp932


def in_time(candidates: Iterable[T]) -> Iterator[T]:
    """At least one; no more of them once their trying has taken its time: some formats make each one slow by design."""
    remaining = iter(candidates)
    yield from islice(remaining, 1)  # nearly every file opens with the first; a clock of the whole process is slow to read
    ends = time.process_time() + _SECONDS
    for candidate in remaining:
        yield candidate
        if time.process_time() > ends:
            return
