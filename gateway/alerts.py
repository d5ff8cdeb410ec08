"""Alarms reach people: each target has a bounded queue and a task of its own; a slow one delays neither mail nor the others.

Fed by the journal's sealer: every Alarm of every process, after its commit.  Past the spool on purpose: a full disk or a stuck
queue must be told too.  A target that fails is tried again, then told of in the log and by an alarm to the others.  What an
alarm is, is not decided here; how it goes out is `post.py`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from gateway.alert_settings import TargetSettings
from gateway.words import Words

QUEUE = 200  # alerts per target; more at once than anybody reads
PAUSES = (0.0, 5.0, 60.0)  # seconds before each attempt
HEARTBEAT = "heartbeat"
FAILED = "alerts"  # the alarm that a target cannot be reached

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Alert:
    name: str
    detail: str
    at: float  # Unix time, seconds
    item: str = ""  # the mail that it is about
    before: int = 0  # how often the same came in the quiet time before, untold
    ja: str = ""  # the detail as staff read it; "" = the same


Send = Callable[[Alert], Awaitable[None]]  # raises OSError, TimeoutError or ValueError when it was not taken


@dataclass
class Target:
    name: str
    send: Send
    alarms: Sequence[str] = ("*",)
    waiting: asyncio.Queue[Alert] = field(default_factory=lambda: asyncio.Queue(QUEUE))

    def wants(self, alert: Alert) -> bool:
        return alert.name == HEARTBEAT or any(fnmatchcase(alert.name, pattern) for pattern in self.alarms)


class Alerts:
    """`alarm` writes to the journal; `now` and `monotonic` are the guarded clock's."""

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        quiet_seconds: float,
        heartbeat_seconds: float,
        now: Callable[[], float],
        monotonic: Callable[[], float],
        alarm: Callable[[str, Words], None],
        pauses: Sequence[float] = PAUSES,
    ):
        self.targets, self._quiet, self._heartbeat = targets, quiet_seconds, heartbeat_seconds
        self._now, self._monotonic, self._alarm, self._pauses = now, monotonic, alarm, pauses
        self._told: dict[str, float] = {}  # by name: when it was last told
        self._untold: dict[str, int] = {}

    def sealed(self, kind: str, facts: Mapping[str, Any]) -> None:
        """A fact from the journal.  Never waits."""
        if kind != "alarm":
            return
        name = facts["name"]
        if self._monotonic() - self._told.get(name, float("-inf")) < self._quiet:
            self._untold[name] = self._untold.get(name, 0) + 1
            return
        self._told[name] = self._monotonic()
        before, ja = self._untold.pop(name, 0), facts.get("ja", "")  # none, if written before an upgrade
        self._tell(Alert(name, facts["detail"], facts["at"], facts["item"], before, ja))

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for target in self.targets:
                group.create_task(self._serve(target))
            if self._heartbeat and self.targets:
                group.create_task(self._beat())

    def _tell(self, alert: Alert) -> None:
        for target in self.targets:
            if target.wants(alert):
                try:
                    target.waiting.put_nowait(alert)
                except asyncio.QueueFull:
                    log.error("alert %s for %s is dropped: %d others wait", alert.name, target.name, QUEUE)

    async def _serve(self, target: Target) -> None:
        while True:
            alert = await target.waiting.get()
            problem = ""
            for pause in self._pauses:
                await asyncio.sleep(pause)
                try:
                    await target.send(alert)
                    break
                except Exception as error:
                    problem = f"{target.name}: {error or type(error).__name__}"[:300]
            else:
                log.error("alert %s was not taken by %s", alert.name, problem)
                if alert.name != FAILED:  # or the failure to tell of a failure would be the next failure
                    self._alarm(FAILED, Words(f"警報を送れませんでした。宛先と通信経路を確認してください: {problem}", problem))

    async def _beat(self) -> None:
        while True:
            self._tell(Alert(HEARTBEAT, "Mugai is running", self._now(), ja="稼働しています"))
            await asyncio.sleep(self._heartbeat)


def named(target: TargetSettings) -> str:
    return target.syslog or target.webhook or ", ".join(target.mail)
