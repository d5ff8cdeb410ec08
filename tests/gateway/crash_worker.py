"""A small gateway to be killed: accepts numbered mails, clears and relays them, and says each thing only after it is durable.

Run as `python -m tests.gateway.crash_worker DIRECTORY ROUND`; one word and one id a line on standard output.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from gateway.clock import Clock
from gateway.journal import Journal
from gateway.model import Work
from gateway.spool import Spool, keys
from gateway.store.blobs import Blobs
from gateway.store.db import Db
from tests.gateway.make_spool import clearing, ending, envelope

SENDERS = 6


def say(word: str, item: str) -> None:
    os.write(1, f"{word} {item}\n".encode())


async def send(spool: Spool, name: str) -> None:
    number = 0
    while True:
        number += 1
        incoming = spool.incoming()
        await incoming.write(f"{name} {number} ".encode() * (10_000 if number % 3 == 0 else 1))
        item = await spool.accept(envelope(), incoming, b"")
        say("accepted", item.id)


async def work(spool: Spool) -> None:
    while True:
        for kind in Work:
            for lease in await spool.claim("crash", kind, 8, 0.2):
                if kind is Work.RELAY:
                    cleared = await spool.cleared(lease)
                    say("sending", cleared.item.id)
                    await spool.settle(lease, ending(lease))
                    say("relayed", lease.item.id)
                else:
                    await spool.settle(lease, clearing(lease, b"safe" * 30_000))
        await spool.reap()
        await asyncio.sleep(0)


async def main(root: Path, name: str) -> None:
    db, blobs, clock = Db(root / "mugai.db"), Blobs(root / "blobs"), Clock(time.time)
    spool = Spool(db, blobs, clock, keys.opened(db, root / keys.FILE))
    await Journal(db, clock, root / "journal.key", "gw.example/journal").start()
    say("ready", "-")
    async with asyncio.TaskGroup() as tasks:
        for sender in range(SENDERS):
            tasks.create_task(send(spool, f"{name}-{sender}"))
        tasks.create_task(work(spool))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
