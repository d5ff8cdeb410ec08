"""Time, guarded: a wall clock that a wrong time server cannot throw, and the monotonic one for deadlines (I6).

`now` follows the system's wall clock while that agrees with the monotonic one.  After a jump it keeps counting as before,
`jump` tells how far the system's clock is off, and whoever expires or destroys anything waits until it is 0 again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")  # what staff read, whatever zone the container has

JUMP = 3_600.0  # seconds: no clock discipline steps this far in normal service
LONGEST_OFF = 30 * 86_400.0  # seconds: a gateway that was off for longer than a month, or a wrong clock; we cannot tell
GRACE = 86_400.0  # seconds after which a jump is believed: the alarm has been out for a working day


def days(first: date, last: date) -> tuple[float, float]:
    """Whole days in Japan, as Unix times; the second is the first moment after.  Raises ValueError."""
    if first > last or last.year > 9_000:
        raise ValueError("period")
    start = datetime(first.year, first.month, first.day, tzinfo=JST)
    return start.timestamp(), (start + (last - first) + timedelta(days=1)).timestamp()


class Clock:
    def __init__(self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic):
        self._wall, self.monotonic = wall, monotonic
        self._started = monotonic()
        self._offset = wall() - self._started
        self._gap = 0.0  # incredible time between the last run and this one
        self._jump = 0.0  # incredible step while we run, and when it was first seen
        self._seen = 0.0

    def now(self) -> float:
        """Unix time, seconds."""
        monotonic = self.monotonic()
        error = self._wall() - monotonic - self._offset
        if abs(error) <= JUMP or (self._jump and monotonic - self._seen > GRACE):
            self._offset, self._jump = self._offset + error, 0.0
        elif not self._jump:
            self._jump, self._seen = error, monotonic
        return monotonic + self._offset

    @property
    def jump(self) -> float:
        """Seconds by which the wall clock left its course; 0.0 = nothing to doubt.  While it lasts, nothing expires."""
        self.now()
        if self.monotonic() - self._started > GRACE:
            self._gap = 0.0
        return self._jump or self._gap

    def resume(self, last_known: float) -> None:
        """At start: `last_known` is the newest time that the store has seen, 0.0 if none."""
        gap = self.now() - last_known
        if last_known and not -JUMP <= gap <= LONGEST_OFF:
            self._gap = gap
