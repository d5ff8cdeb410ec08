"""How much mail went in the last minutes: of each sender, from each source, in all, each way (ML-01, HD-08, LG-10).

Counted in recipients, and read from the store, not kept beside it: a restart forgets nothing, and no door can go around it.
What is too much says `volume:` in gateway.yaml.  Whoever is registered as a bulk sender has a limit of its own until a day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from fnmatch import fnmatchcase
from typing import NamedTuple

import sqlalchemy as sa

from gateway.cutoff.register import Scope
from gateway.model import Client, Direction
from gateway.store.schema import message, recipient
from gateway.store.values import load
from gateway.volume_settings import LevelSettings, VolumeSettings

OVERLAP = 2.0  # seconds: how much later than its time a mail may be committed
_COUNT = sa.select(sa.func.count()).where(recipient.c.message == message.c.id).scalar_subquery()
_SINCE = sa.select(
    message.c.id, message.c.direction, message.c.sender, message.c.client, message.c.received_at, _COUNT.label("number")
).where(message.c.kind == "mail", message.c.received_at >= sa.bindparam("since"))


class Level(IntEnum):
    CALM = 0
    WARN = 1
    THROTTLE = 2
    STOP = 3


class Key(NamedTuple):
    """Whose mail is counted.  `value` is "" for all of one direction."""

    direction: Direction
    scope: Scope
    value: str


@dataclass(frozen=True, slots=True)
class Passed:
    id: str
    direction: Direction
    sender: str
    host: str
    at: float  # Unix time
    recipients: int


@dataclass
class _Window:
    entries: deque[tuple[float, int]] = field(default_factory=deque)
    total: int = 0


def since(conn: sa.Connection, at: float) -> list[Passed]:
    return [
        Passed(r.id, Direction(r.direction), r.sender.lower(), load(Client, r.client).address, r.received_at, r.number)
        for r in conn.execute(_SINCE, {"since": at})
    ]


class Volume:
    """The windows.  Pure: who reads the store and acts is `guard.py`."""

    def __init__(self, settings: VolumeSettings):
        self._settings = settings
        self._windows: dict[Key, _Window] = {}
        self._seen: dict[str, float] = {}
        self._from: float | None = None

    def read_from(self, now: float) -> float:
        """From when on the store must be asked."""
        return now - self._settings.window_seconds if self._from is None else self._from - OVERLAP

    def take(self, passed: list[Passed], now: float, today: date) -> tuple[Key, ...]:
        """Counts what is new; the keys that it concerned."""
        touched: dict[Key, None] = {}
        for mail in sorted(passed, key=lambda mail: mail.at):
            if mail.id in self._seen:
                continue
            self._seen[mail.id] = mail.at
            for key in self._counted(mail, today):
                window = self._windows.setdefault(key, _Window())
                window.entries.append((mail.at, mail.recipients))
                window.total += mail.recipients
                touched[key] = None
        self._from = now
        self._seen = {each: at for each, at in self._seen.items() if at >= now - 2 * OVERLAP}
        self._forget(now)
        return tuple(touched)

    def level(self, key: Key, today: date, after: float = 0.0) -> Level:
        """`after`: mail before that Unix time does not count."""
        count, limits = self.count(key, after), self._limits(key, today)
        if limits is None or not count:
            return Level.CALM
        reached = ((limits.stop, Level.STOP), (limits.throttle, Level.THROTTLE), (limits.warn, Level.WARN))
        return next((level for least, level in reached if least and count >= least), Level.CALM)

    def count(self, key: Key, after: float = 0.0) -> int:
        window = self._windows.get(key)
        if window is None:
            return 0
        return window.total if not after else sum(number for at, number in window.entries if at > after)

    def keys(self, direction: Direction, sender: str, host: str) -> tuple[Key, ...]:
        """Nobody is the sender of a report, so nobody is counted for it."""
        named = (Key(direction, Scope.SENDER, sender.lower()),) if sender else ()
        return (*named, Key(direction, Scope.HOST, host), Key(direction, Scope(direction.value), ""))

    def _counted(self, mail: Passed, today: date) -> Iterator[Key]:
        keys = self.keys(mail.direction, mail.sender, mail.host)
        yield from keys[:1] if self._registered(mail.sender, today) else keys

    def _limits(self, key: Key, today: date) -> LevelSettings | None:
        side = self._settings.inbound if key.direction is Direction.INBOUND else self._settings.outbound
        if key.scope is Scope.SENDER:
            allowed = self._registered(key.value, today)
            return LevelSettings(warn=0, throttle=0, stop=allowed) if allowed else side.sender
        return side.source if key.scope is Scope.HOST else side.all

    def _registered(self, sender: str, today: date) -> int:
        """How many recipients a registered bulk sender may have in one window; 0 = it is not one."""
        mine = (r.recipients for r in self._settings.registered if today <= r.until and fnmatchcase(sender, r.sender.lower()))
        return max(mine, default=0)

    def _forget(self, now: float) -> None:
        oldest = now - self._settings.window_seconds
        for key, window in list(self._windows.items()):
            while window.entries and window.entries[0][0] < oldest:
                window.total -= window.entries.popleft()[1]
            if not window.entries:
                del self._windows[key]
