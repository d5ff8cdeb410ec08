"""The reasons to say no that depend on the hour: sandbox, stops, queue, space.  RFC 3463 4.3.x: come again later."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.cutoff import Guard
from gateway.intake import Listener
from gateway.model import Client, Reply
from gateway.sandbox import Sandbox
from gateway.spool import Spool


@dataclass(frozen=True, slots=True)
class HourlyGate:
    spool: Spool
    guard: Guard
    sandbox: Sandbox
    free_space: int  # bytes
    longest: int  # jobs waiting

    async def admit(self, listener: Listener, client: Client, sender: str, size: int) -> Reply | None:
        if not self.sandbox.ready:
            return Reply(451, "4.3.2", "not accepting mail: isolation of the inspection is not assured")
        if reply := await self.guard.refuse(listener.direction, client, sender):
            return reply
        pressure = await self.spool.pressure()
        if pressure.free_bytes - size < self.free_space:
            return Reply(452, "4.3.1", "insufficient storage, try later")
        if pressure.waiting >= self.longest:
            return Reply(452, "4.3.1", "queue is full, try later")
        return None

    async def admit_recipient(self, recipient: str) -> Reply | None:
        return await self.guard.refuse_recipient(recipient)
