"""Lanes: never more inspections at once than there are lanes, and none of them waits for another step's commit."""

from __future__ import annotations

import asyncio
from typing import cast

from gateway.model import Client, Direction, Envelope, Lease, QueueItem, Settlement, Work
from gateway.pipeline import Pipeline
from gateway.runner import Runner
from gateway.spool import Spool
from tests.waiting import until

ENVELOPE = Envelope("a@example.com", ("b@city.example.lg.jp",), Direction.INBOUND, Client("192.0.2.1", 25, "x"))


class SlowToSettle:
    """A spool whose commits do not end before `commit` is set."""

    def __init__(self, mails: int):
        self.wake, self.commit = asyncio.Event(), asyncio.Event()
        self.waiting, self.settling, self.settled = list(range(mails)), 0, 0

    async def claim(self, owner: str, work: Work, limit: int, seconds: float) -> list[Lease]:
        if work is not Work.INSPECT:
            return []
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        item = QueueItem("01", "R", ENVELOPE, ENVELOPE.recipients, 0.0, 1, "")
        return [Lease(number, 1, work, item, 0, seconds) for number in taken]

    async def settle(self, lease: Lease, settlement: Settlement) -> None:
        self.settling += 1
        await self.commit.wait()
        self.settled += 1

    async def give_back(self, leases: list[Lease]) -> None:
        assert not leases


class Inspections:
    def __init__(self) -> None:
        self.running = self.most = self.done = 0

    async def step(self, lease: Lease) -> Settlement:
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0.001)
        self.running -= 1
        self.done += 1
        return Settlement()


async def test_lanes_are_never_exceeded_and_never_wait_for_a_commit() -> None:
    spool, inspections = SlowToSettle(10), Inspections()
    runner = Runner(cast(Spool, spool), cast(Pipeline, inspections), lanes=2)
    running = asyncio.create_task(runner.run())
    await until(lambda: inspections.done == 4)
    assert (spool.settling, spool.settled) == (4, 0), "two more were inspected while two commits hung"
    assert len(spool.waiting) == 6, "and nothing was claimed beyond that"
    spool.commit.set()
    await until(lambda: spool.settled == 10)
    assert inspections.most == 2
    await runner.stop(1.0)
    await running
