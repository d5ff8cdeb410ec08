"""What the doors ask before they take a mail, and the hand that stops by itself when there is too much.

Asked at MAIL and RCPT, so it looks into the store a few times a second at most.  A store that does not answer is the caller's:
the session answers 451 and no mail is taken.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import date, datetime
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from gateway import journal
from gateway.clock import JST, Clock
from gateway.cutoff import pending, volume
from gateway.cutoff.register import Halt, Scope, Stops
from gateway.cutoff.volume import Key, Level, Volume
from gateway.model import Client, Direction, Reply
from gateway.store.db import Db, StoreUnavailable
from gateway.volume_settings import VolumeSettings
from gateway.words import Words

WATCH_SECONDS = 1.0
LOOK_SECONDS = 0.2  # how old the guard's knowledge may be; a stop by hand takes effect as fast

log = logging.getLogger(__name__)


class Guard:
    def __init__(self, db: Db, clock: Clock, settings: VolumeSettings, state: Path):
        self._db, self._clock, self._settings, self._state = db, clock, settings, state
        self._stops = Stops(db, clock)
        self._volume = Volume(settings)
        self._halts: tuple[Halt, ...] = ()
        self._warned: dict[Key, Level] = {}
        self._looked: float | None = None
        self._looking = asyncio.Lock()

    async def watch(self) -> None:
        """For ever: a stop counts, and a flood is seen, also when nobody knocks."""
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                log.error("stops and volume could not be read, tried again: %s", error)
            await asyncio.sleep(WATCH_SECONDS)

    async def refuse(self, direction: Direction, client: Client, sender: str) -> Reply | None:
        """At MAIL.  A sender who sends too much is first slowed down: its server notices nothing but a slow peer."""
        await self.look()
        host = _plain(client.address)
        if any(h.scope == direction.value or (h.scope is Scope.HOST and h.value == host) for h in self._halts):
            return Reply(421, "4.3.2", "mail is stopped here by the administrator, try later")
        if self._isolated(sender):
            return Reply(450, "4.7.1", "mail of this address is stopped by the administrator, try later")
        if self._settings.enabled:
            today = self._today
            keys = self._volume.keys(direction, sender, client.address)
            if any(self._volume.level(key, today) >= Level.THROTTLE for key in keys):
                await asyncio.sleep(self._settings.throttle_seconds)
        return None

    async def refuse_recipient(self, recipient: str) -> Reply | None:
        """At RCPT: an isolated address gets nothing either."""
        if self._isolated(recipient):
            return Reply(450, "4.7.1", "mail to this address is stopped by the administrator, try later")
        return None

    def _isolated(self, address: str) -> bool:
        return any(h.scope is Scope.SENDER and h.value == address.lower() for h in self._halts)

    @property
    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now(), JST).date()

    async def look(self) -> None:
        """Takes up what was wanted, counts, reads the stops; at most a few times a second."""
        async with self._looking:
            if self._looked is not None and self._clock.monotonic() - self._looked < LOOK_SECONDS:
                return
            for path, wanted in pending.left(self._state):
                await self._stops.stop(wanted.scope, wanted.value, wanted.actor, wanted.reason)
                path.unlink(missing_ok=True)
            if self._settings.enabled:
                await self._count()
            self._halts = await self._stops.active()
            self._looked = self._clock.monotonic()

    async def _count(self) -> None:
        now, today = self._clock.now(), self._today
        passed = await self._db.read(volume.since, self._volume.read_from(now))
        for key in self._volume.take(passed, now, today):
            level = self._volume.level(key, today)
            if level is Level.STOP:
                resumed = await self._stops.last_resumed(key.scope, key.value)
                level = self._volume.level(key, today, resumed)
            if level > self._warned.get(key, Level.CALM):
                await self._act(key, level)
            self._warned[key] = level
        self._warned = {key: level for key, level in self._warned.items() if level and self._volume.count(key)}

    async def _act(self, key: Key, level: Level) -> None:
        minutes = self._settings.window_seconds / 60
        count, side = self._volume.count(key), "受信" if key.direction is Direction.INBOUND else "送信"
        what = Words(
            f"{side} {key.value or '全体'}: {minutes:g}分間に宛先{count}件",
            f"{key.direction} {key.value or 'all'}: {count} recipients in {minutes:g} minutes",
        )
        log.error("ALARM volume-%s: %s", level.name.lower(), what.en)
        alarm = journal.Alarm.of(f"volume-{level.name.lower()}", what)
        await self._db.write(journal.insert, (alarm,), self._clock.now())
        if level is Level.STOP:
            reason = f"送受信量の上限を超えたため、自動停止しました。({what.ja})"
            await self._stops.stop(key.scope, key.value, "gateway", reason)


def _plain(address: str) -> str:
    ip = ip_address(address.partition("%")[0])
    return str(ip.ipv4_mapped if isinstance(ip, IPv6Address) and ip.ipv4_mapped else ip)
