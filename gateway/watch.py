"""Looks at the gateway's own state every minute: what is not as it should be becomes an alarm (LG-09, AV-04, AVL-04).

`concerns` judges the facts of /health and is the dashboard's judge too: a red light there and an alarm are the same thing.
Who hears of alarms is `alerts.py`'s.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from platform import node
from typing import Any

from gateway import nodes
from gateway.nodes import Node
from gateway.settings import Settings
from gateway.status import Status

LOOK_SECONDS = 60.0
REPEAT_SECONDS = 3_600.0  # while it lasts, so that the journal shows how long

_VERSION = version("mugai")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Concern:
    name: str
    detail: str


def concerns(facts: Mapping[str, Any], settings: Settings, now: float) -> tuple[Concern, ...]:
    return tuple(_concerns(facts, settings, now))


def _concerns(facts: Mapping[str, Any], settings: Settings, now: float) -> Iterator[Concern]:
    limits = settings.alerts
    if facts["sandbox_level"] < settings.sandbox.minimum_level:
        yield Concern("sandbox-level", f"sandbox level {facts['sandbox_level']}: no mail is processed")
    if facts["clamd"].startswith("down"):
        yield Concern("clamd", f"clamd is {facts['clamd']}")
    hours = (now - facts.get("signatures_time", 0)) / 3_600
    if facts.get("signatures_time") and hours > settings.clamav.alarm_age_hours:
        yield Concern("signatures", f"clamd's database {facts['signatures']} is {hours:.0f} hours old")
    if facts["oldest_seconds"] > limits.queue_minutes * 60:
        yield Concern("queue", f"{facts['waiting']} mails wait, the oldest for {facts['oldest_seconds'] / 60:.0f} minutes")
    if facts["free_bytes"] < settings.queue.free_space:
        yield Concern("disk", f"{facts['free_bytes'] >> 20} MB are free: new mail gets 452")
    elif facts["disk_days_left"] is not None and facts["disk_days_left"] < limits.disk_days:
        yield Concern("disk", f"the disk will be full in {facts['disk_days_left']:.0f} days")
    error = facts["clock_error_seconds"]
    if limits.clock_seconds and (error is None or error > limits.clock_seconds):
        detail = "nobody synchronises the clock" if error is None else f"the clock may be off by {error:.1f} s"
        yield Concern("clock-sync", detail)
    for which, days in facts["certificate_days"].items():
        if days is None:
            yield Concern("certificate", f"{which}: the certificate cannot be read")
        elif days < limits.certificate_days:
            yield Concern(
                "certificate", f"{which}: the certificate " + (f"ends in {days:.0f} days" if days > 0 else "has ended")
            )


class Watch:
    """`alarm` is told of what begins, and again each hour while it lasts."""

    def __init__(self, status: Status, alarm: Callable[[str, str], None]):
        self._status, self._alarm = status, alarm
        self._told: dict[str, float] = {}
        self._since = status.store.clock.now()

    async def run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("the gateway's own state could not be looked at, tried again in a minute")
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        healthy, facts = await self._status.health()
        store, clock = self._status.store, self._status.store.clock
        policy, level = self._status.policy_version(), self._status.sandbox.level
        here = Node(node(), self._since, clock.now(), _VERSION, policy, level, healthy)
        await store.db.write(nodes.note, here)
        found = {each.name: each for each in concerns(facts, self._status.settings, clock.now())}
        self._told = {name: at for name, at in self._told.items() if name in found}
        for name, concern in found.items():
            if clock.monotonic() - self._told.get(name, float("-inf")) >= REPEAT_SECONDS:
                self._told[name] = clock.monotonic()
                self._alarm(name, concern.detail)
