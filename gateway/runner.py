"""Which work is due, how many at once, and an orderly stop.

Lanes bound the memory: inspections are as many as cores, deliveries are cheap and have lanes of their own, so that a slow
next hop never stops the inspection.  Twice as many are claimed, so that no lane waits while another step is committed.
What one step means is `pipeline.py`'s; what is due is the spool's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import socket
import time
from collections.abc import Callable

from gateway.model import Lease, Work
from gateway.pipeline import Pipeline
from gateway.spool import LostLease, Spool, StoreUnavailable

LEASE_SECONDS = 30.0  # a crashed gateway's work is taken over after this; renewed every third of it
IDLE_SECONDS = 0.2  # how long new work may wait unseen when nothing woke us
RELAY_LANES = 20
AHEAD = 2  # claimed per lane: one at work, one whose claim or result is being written

log = logging.getLogger(__name__)


class Runner:
    def __init__(self, spool: Spool, pipeline: Pipeline, *, lanes: int, timed: Callable[[float], None] = lambda seconds: None):
        """`timed` hears how many seconds each inspection took."""
        self._spool, self._pipeline, self._timed = spool, pipeline, timed
        # a delivery keeps its lane until it is committed: what is between is sent twice after a crash (I3)
        self._most = {Work.INSPECT: AHEAD * lanes, Work.RELAY: RELAY_LANES}
        self._lanes = {Work.INSPECT: asyncio.Semaphore(lanes), Work.RELAY: asyncio.Semaphore(RELAY_LANES)}
        self._busy: dict[asyncio.Task[None], Lease] = {}
        self._stopping = asyncio.Event()
        self.owner = f"{socket.gethostname()}:{os.getpid()}"

    async def run(self) -> None:
        """Until `stop`.  Never raises for a single message: its lease runs out and it comes back."""
        keeper = asyncio.create_task(self._keep())
        try:
            while not self._stopping.is_set():
                self._spool.wake.clear()  # before looking: what comes during the look wakes us again
                try:
                    found = [await self._fill(work) for work in Work]
                except StoreUnavailable as error:
                    log.error("the store does not answer, tried again: %s", error)
                    found = []
                if not any(found):
                    await self._pause()
        finally:
            keeper.cancel()

    async def stop(self, seconds: float) -> None:
        """Take nothing new; give the running steps `seconds`, then their leases back."""
        self._stopping.set()
        if self._busy:
            await asyncio.wait(list(self._busy), timeout=seconds)
        abandoned = dict(self._busy)
        for task in abandoned:
            task.cancel()
        await asyncio.gather(*abandoned, return_exceptions=True)
        await self._spool.give_back(list(abandoned.values()))

    async def _fill(self, work: Work) -> bool:
        free = self._most[work] - sum(lease.work is work for lease in self._busy.values())
        leases = await self._spool.claim(self.owner, work, free, LEASE_SECONDS) if free > 0 else []
        for lease in leases:
            task = asyncio.create_task(self._step(lease), name=f"{work}:{lease.item.id}")
            self._busy[task] = lease
            task.add_done_callback(self._done)
        return bool(leases)

    async def _step(self, lease: Lease) -> None:
        try:
            async with self._lanes[lease.work]:
                began = time.monotonic()
                settlement = await self._pipeline.step(lease)
                if lease.work is Work.INSPECT:
                    self._timed(time.monotonic() - began)
            await self._spool.settle(lease, settlement)
        except LostLease:
            log.warning("%s: another process took over this step; its result counts, not ours", lease.item.id)

    def _done(self, task: asyncio.Task[None]) -> None:
        lease = self._busy.pop(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # the job stays leased, comes back, and after some deaths is held as unprocessable (I5)
            log.error("%s: step failed, will be taken up again", lease.item.id, exc_info=error)
        self._spool.wake.set()

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(IDLE_SECONDS * random.uniform(0.5, 1.5)):  # noqa: S311 -- jitter, no secret
                await self._spool.wake.wait()
        except TimeoutError:
            pass

    async def _keep(self) -> None:
        """Renew what we work on, take back what a dead process left."""
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                await self._spool.renew(list(self._busy.values()), LEASE_SECONDS)
                await self._spool.reap()
            except Exception:
                log.exception("leases could not be renewed")  # they run out: another takes over, fencing keeps it single
