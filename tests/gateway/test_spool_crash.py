"""Promise 1 with a real process: killed anywhere, or with a full disk, nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway import journal
from gateway.clock import Clock
from gateway.journal import Journal
from gateway.model import State
from gateway.spool import Spool, StoreUnavailable, keys
from gateway.store.blobs import Blobs
from gateway.store.db import Db
from tests.gateway.make_spool import envelope

ROOT = Path(__file__).resolve().parents[2]


def killed_run(root: Path, name: str, seconds: float) -> list[tuple[str, str]]:
    """Starts the worker, kills it -9 after `seconds` of work; what it said until then."""
    command = [sys.executable, "-m", "tests.gateway.crash_worker", str(root), name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready -\n"
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().decode().split("\n")[:-1]
    assert process.returncode == -signal.SIGKILL
    return [(word, item) for word, _, item in (line.partition(" ") for line in lines)]


async def check(root: Path, said: list[tuple[str, str]]) -> None:
    db, blobs, clock = Db(root / "mugai.db"), Blobs(root / "blobs"), Clock()
    spool = Spool(db, blobs, clock, keys.opened(db, root / keys.FILE))
    accepted = {item for word, item in said if word == "accepted"}
    relayed = [item for word, item in said if word == "relayed"]
    assert len(accepted) > 20
    assert len(relayed) == len(set(relayed))
    assert await spool.audit() == []
    for item in accepted:
        states = {row.state for row in (await spool.show(item)).recipients}
        assert states <= ({State.RELAYED} if item in relayed else {State.RECEIVED, State.SANITISED, State.RELAYED})
        content = await spool.content(item)
        if isinstance(content, int):
            os.close(content)
    book = Journal(db, clock, root / "journal.key", "gw.example/journal")
    await book.seal()
    assert (await journal.verify(db, book.verifier)).ok
    received = {entry.item for entry in await journal.search(db, kind="received", limit=100_000)}
    assert accepted <= received
    db.close()
    blobs.close()


@pytest.mark.parametrize("rounds", [2, pytest.param(30, marks=pytest.mark.slow)])
async def test_i1_kill_9_loses_nothing_and_repeats_nothing(tmp_path: Path, rounds: int) -> None:
    said: list[tuple[str, str]] = []
    for number in range(rounds):
        said += killed_run(tmp_path, str(number), random.uniform(0.2, 0.6))
    await check(tmp_path, said)


async def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands for the disk: no file may grow beyond it, neither the write-ahead log nor a content."""
    db, blobs, clock = Db(tmp_path / "mugai.db"), Blobs(tmp_path / "blobs"), Clock()
    spool = Spool(db, blobs, clock, keys.opened(db, tmp_path / keys.FILE))
    accepted: list[str] = []

    async def accept(content: bytes) -> None:
        incoming = spool.incoming()
        await incoming.write(content)
        accepted.append((await spool.accept(envelope(), incoming, b"")).id)

    for number in range(5):
        await accept(b"before %d" % number)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    log = (tmp_path / "mugai.db-wal").stat().st_size  # as large as the tables of all rooms make it
    resource.setrlimit(resource.RLIMIT_FSIZE, (log + (1 << 19), hard))
    try:
        with pytest.raises(StoreUnavailable):  # noqa: PT012 -- whichever mail meets the end
            for number in range(100):
                await accept(b"during %d " % number + bytes(50_000))
        with pytest.raises(StoreUnavailable, match="a moment ago"):
            await accept(b"not yet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    spool._failed_at = clock.monotonic() - 2
    await accept(b"after " + bytes(100_000))
    assert len({row.item.id for row in await spool.queue()} & set(accepted)) == len(accepted) > 6
    assert await spool.audit() == []
    db.close()
    blobs.close()
