"""Pipes in the event loop: exact lengths, both ends closing early, and no busy waiting."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from gateway import pipe


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    reading, writing = pipe.make()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    yield reading, writing
    for descriptor in (reading, writing):
        if os.path.exists(f"/proc/self/fd/{descriptor}"):
            os.close(descriptor)


async def test_more_than_the_pipe_holds_goes_through_whole(ends: tuple[int, int]) -> None:
    data = os.urandom(5_000_000)
    _, received = await asyncio.gather(pipe.write(ends[1], data), pipe.read(ends[0], len(data)))
    assert received == data


async def test_reading_stops_at_the_length_asked_for(ends: tuple[int, int]) -> None:
    await pipe.write(ends[1], b"headbody")
    assert await pipe.read(ends[0], 4) == b"head"
    assert await pipe.read(ends[0], 0) == b""
    assert await pipe.read(ends[0], 4) == b"body"


async def test_an_early_end_is_an_error(ends: tuple[int, int]) -> None:
    await pipe.write(ends[1], b"abc")
    os.close(ends[1])
    with pytest.raises(EOFError):
        await pipe.read(ends[0], 4)


async def test_the_end_is_told_from_one_more_byte(ends: tuple[int, int]) -> None:
    await pipe.write(ends[1], b"x")
    assert not await pipe.at_end(ends[0])
    os.close(ends[1])
    assert await pipe.at_end(ends[0])


async def test_nobody_reading_is_an_error(ends: tuple[int, int]) -> None:
    os.close(ends[0])
    with pytest.raises(BrokenPipeError):
        await pipe.write(ends[1], b"x")


async def test_a_cancelled_wait_leaves_no_reader_in_the_loop(ends: tuple[int, int]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pipe.read(ends[0], 1), 0.01)
    assert not asyncio.get_running_loop().remove_reader(ends[0])


async def test_a_huge_announcement_takes_no_memory_before_bytes_come(ends: tuple[int, int]) -> None:
    def resident() -> int:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = resident()
    announced = asyncio.create_task(pipe.read(ends[0], 256 << 20))
    await asyncio.sleep(0.01)
    assert resident() - before < 16 << 20
    announced.cancel()
    await asyncio.gather(announced, return_exceptions=True)
