"""What all sessions of one listener share, and how a refusal is told to the journal."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from gateway.intake import Gate, Listener
from gateway.model import Client, Reply
from gateway.spool import Spool

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A no to somebody's mail.  Syntax errors and other noise are not."""

    listener: str
    client: Client
    sender: str
    recipient: str  # "" when the refusal is not about one
    reply: Reply


TooLarge = Callable[[int, int, bool], str]  # limit, actual size in octets, whether the client reads more than ASCII -> text


@dataclass(frozen=True, slots=True)
class Reception:
    listener: Listener
    spool: Spool
    gate: Gate
    on_refused: Callable[[Refusal], None]
    now: Callable[[], float]  # Unix time
    context: ssl.SSLContext | None
    too_large: TooLarge
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def finish(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Runs to its end even if the session does not live so long; a failure is logged."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s: a content could not be stored", self.listener.name, exc_info=error)
