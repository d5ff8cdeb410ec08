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
from gateway.words import Words

LOOK_SECONDS = 60.0
REPEAT_SECONDS = 3_600.0  # while it lasts, so that the journal shows how long

_VERSION = version("mugai")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Concern:
    name: str
    detail: Words


def concerns(facts: Mapping[str, Any], settings: Settings, now: float) -> tuple[Concern, ...]:
    return tuple(_concerns(facts, settings, now))


def _concerns(facts: Mapping[str, Any], settings: Settings, now: float) -> Iterator[Concern]:
    limits = settings.alerts
    if (level := facts["sandbox_level"]) < settings.sandbox.minimum_level:
        ja = f"隔離の強さが{level}に下がったため、メールの処理を止めています。"
        yield _concern("sandbox-level", ja, f"sandbox level {level}: no mail is processed")
    if facts["clamd"].startswith("down"):
        ja = f"ウイルス検査 (clamd) が応答しません。検査できるまで、メールは配送されずに待ちます: {facts['clamd']}"
        yield _concern("clamd", ja, f"clamd is {facts['clamd']}")
    hours = (now - facts.get("signatures_time", 0)) / 3_600
    if facts.get("signatures_time") and hours > settings.clamav.alarm_age_hours:
        ja = f"ウイルス定義 {facts['signatures']} は{hours:.0f}時間前のものです。更新を確認してください。"
        yield _concern("signatures", ja, f"clamd's database {facts['signatures']} is {hours:.0f} hours old")
    if facts["oldest_seconds"] > limits.queue_minutes * 60:
        count, minutes = facts["waiting"], facts["oldest_seconds"] / 60
        ja = f"{count}通が処理を待っています。最も古いものは{minutes:.0f}分待っています。"
        yield _concern("queue", ja, f"{count} mails wait, the oldest for {minutes:.0f} minutes")
    if facts["free_bytes"] < settings.queue.free_space:
        free = f"{facts['free_bytes'] >> 20} MB"
        ja = f"空きが{free}しかないため、新しいメールを受け付けていません。"
        yield _concern("disk", ja, f"{free} are free: new mail gets 452")
    elif facts["disk_days_left"] is not None and facts["disk_days_left"] < limits.disk_days:
        days = facts["disk_days_left"]
        yield _concern("disk", f"このままでは約{days:.0f}日で満杯になります。", f"the disk will be full in {days:.0f} days")
    error = facts["clock_error_seconds"]
    if limits.clock_seconds and (error is None or error > limits.clock_seconds):
        if error is None:
            yield _concern("clock-sync", "時計が時刻サーバーと同期していません。", "nobody synchronises the clock")
        else:
            ja = f"時計が{error:.1f}秒ずれているおそれがあります。"
            yield _concern("clock-sync", ja, f"the clock may be off by {error:.1f} s")
    for which, days in facts["certificate_days"].items():
        if days is None:
            yield _concern("certificate", f"{which}: 証明書を読めません。", f"{which}: the certificate cannot be read")
        elif days < limits.certificate_days:
            ends, en = (f"あと{days:.0f}日で切れます", f"ends in {days:.0f} days") if days > 0 else ("切れました", "has ended")
            yield _concern("certificate", f"{which}: 証明書の有効期限が{ends}。", f"{which}: the certificate {en}")


def _concern(name: str, ja: str, en: str) -> Concern:
    return Concern(name, Words(ja, en))


class Watch:
    """`alarm` is told of what begins, and again each hour while it lasts."""

    def __init__(self, status: Status, alarm: Callable[[str, Words], None]):
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
