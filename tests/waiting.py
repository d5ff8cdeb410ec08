"""Waits for what comes about by itself.  It goes on at once when that has happened, and gives up only when it never will:
a machine that stands still for a while is not a fault."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 240.0  # seconds; costs nothing when things go well
T = TypeVar("T")


async def until(what: Callable[[], T], otherwise: Callable[[], object] = lambda: "it did not come about") -> T:
    """What `what` answers once that is true; it is asked in a thread, for it may read files, run commands or ask a server."""
    ends = time.monotonic() + PATIENCE
    while not (answer := await asyncio.to_thread(what)):
        if time.monotonic() > ends:
            raise AssertionError(otherwise())
        await asyncio.sleep(0.05)
    return answer
