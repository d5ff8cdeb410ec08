"""Pipes to and from a worker, non-blocking, in the event loop: no thread, every length known beforehand.

Raises EOFError when the other end closed early and BrokenPipeError when it no longer reads.  What the bytes mean is in
`sanitizers/protocol.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable

_CAPACITY = 1 << 20  # bytes in flight: 16 times fewer wake-ups than the kernel's 64 KiB; fs.pipe-max-size for all users


def make() -> tuple[int, int]:
    """(read end, write end), neither inherited by programs.  The caller owns both."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    with contextlib.suppress(OSError):  # over the user's pipe quota: smaller steps do as well
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _CAPACITY)
    return reading, writing


async def read(descriptor: int, size: int) -> bytes:
    """Exactly `size` bytes.  Memory grows with what arrives, not with what was announced."""
    loop = asyncio.get_running_loop()
    blocks: list[bytes] = []
    while size:
        try:
            block = os.read(descriptor, min(size, _CAPACITY))
        except BlockingIOError:
            await _readiness(loop.add_reader, loop.remove_reader, descriptor)
            continue
        if not block:
            raise EOFError("the worker closed its pipe")
        blocks.append(block)
        size -= len(block)
        if size:
            await asyncio.sleep(0)  # a worker that writes as fast as this reads must not keep the loop for itself
    return b"".join(blocks)


async def at_end(descriptor: int) -> bool:
    """Waits for the next byte or the end, whichever comes."""
    try:
        await read(descriptor, 1)
    except EOFError:
        return True
    return False


async def write(descriptor: int, data: bytes) -> None:
    loop = asyncio.get_running_loop()
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[os.write(descriptor, rest[:_CAPACITY]) :]
        except BlockingIOError:
            await _readiness(loop.add_writer, loop.remove_writer, descriptor)


async def _readiness(add: Callable[..., object], remove: Callable[[int], object], descriptor: int) -> None:
    ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    add(descriptor, _settle, ready)
    try:
        await ready
    finally:
        remove(descriptor)


def _settle(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
