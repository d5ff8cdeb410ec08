"""clamd's answers: only the exact OK is clean.  A scripted clamd on a Unix socket gives every other answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.clamd import EICAR, PrivateClamd
from gateway.scan import ScanFailed, Scanner, Version


@asynccontextmanager
async def clamd_that_says(path: Path, answer: bytes, *, delay: float = 0) -> AsyncIterator[Scanner]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readuntil(b"\0")
        await asyncio.sleep(delay if command != b"zVERSION\0" else 0)
        writer.write(b"ClamAV 1.4.6/27400/Fri Nov 20 08:30:12 2026\0" if command == b"zVERSION\0" else answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(serve, path)
    try:
        yield Scanner(path, largest=1000, timeout=0.5)
    finally:
        server.close()


async def test_ok_is_clean_and_names_the_database(tmp_path: Path) -> None:
    async with clamd_that_says(tmp_path / "s", b"fd[10]: OK\0") as scanner:
        result = await scanner.scan(b"hello")
    assert (result.signature, result.engine, result.database_version) == ("", "ClamAV 1.4.6", 27400)
    assert result.database_time == 1795163412


async def test_found_is_the_signature(tmp_path: Path) -> None:
    async with clamd_that_says(tmp_path / "s", b"fd[10]: Win.Test.EICAR_HDB-1 FOUND\0") as scanner:
        assert (await scanner.scan(b"hello")).signature == "Win.Test.EICAR_HDB-1"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"fd[10]: OK",
        b"\0",
        b"OK\0",
        b"fd[10]: lstat() failed: No such file. ERROR\0",
        b"fd[10]: OKAY\0",
        b"UNKNOWN COMMAND\0",
        b"x" * 70_000,
    ],
)
async def test_anything_else_is_no_verdict(tmp_path: Path, answer: bytes) -> None:
    async with clamd_that_says(tmp_path / "s", answer) as scanner:
        with pytest.raises(ScanFailed) as failure:
            await scanner.scan(b"hello")
    assert failure.value.transient


async def test_a_silent_clamd_is_no_verdict(tmp_path: Path) -> None:
    async with clamd_that_says(tmp_path / "s", b"fd[10]: OK\0", delay=2) as scanner:
        with pytest.raises(ScanFailed, match="did not answer"):
            await scanner.scan(b"hello")


async def test_d19_what_is_larger_than_clamd_looks_at_is_not_offered(tmp_path: Path) -> None:
    async with clamd_that_says(tmp_path / "s", b"fd[10]: OK\0") as scanner:
        with pytest.raises(ScanFailed, match="more than the scanner looks at") as failure:
            await scanner.scan(b"x" * 1001)
    assert not failure.value.transient


async def test_d19_limits_exceeded_is_not_scanned(tmp_path: Path) -> None:
    async with clamd_that_says(tmp_path / "s", b"fd[10]: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0") as scanner:
        with pytest.raises(ScanFailed, match="stopped looking") as failure:
            await scanner.scan(b"hello")
    assert not failure.value.transient


async def test_av04_with_signatures_that_are_too_old_nothing_counts_as_scanned(tmp_path: Path) -> None:
    async with clamd_that_says(tmp_path / "s", b"fd[10]: OK\0"):
        scanner = Scanner(tmp_path / "s", largest=1000, oldest=1.0)
        with pytest.raises(ScanFailed, match="hours old") as failure:
            await scanner.scan(b"hello")
    assert not failure.value.transient


async def test_no_clamd_is_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(ScanFailed) as failure:
        await Scanner(tmp_path / "nothing", largest=1000).scan(b"hello")
    assert failure.value.transient


def test_a_version_without_database_has_no_time() -> None:
    assert Version.parse("ClamAV 1.4.6") == Version("ClamAV 1.4.6", 0, 0.0)


@pytest.mark.slow
async def test_real_clamd_finds_eicar_and_dies_without_a_verdict() -> None:
    clamd = await PrivateClamd.start()
    try:
        scanner = Scanner(clamd.socket, largest=95 << 20)
        assert (await scanner.scan(b"harmless")).signature == ""
        assert "icar" in (await scanner.scan(EICAR)).signature
        clamd.process.kill()
        clamd.process.wait()
        with pytest.raises(ScanFailed):
            await scanner.scan(b"harmless")
    finally:
        clamd.stop()
