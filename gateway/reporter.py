"""When the daily and the monthly report go out, and to whom; once each, however many gateways there are.

By mail, in words: a report needs no attachment that somebody would have to open.  What it says is `periodic.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from gateway import periodic
from gateway.clock import JST, Clock
from gateway.model import Authored, Direction
from gateway.notice import Notices
from gateway.notifier import Notifier
from gateway.periodic import Period
from gateway.settings import Settings
from gateway.spool import Spool
from gateway.spool.announcement import announced
from gateway.store.db import Db


@dataclass(frozen=True, slots=True)
class Reporter:
    settings: Settings
    db: Db
    spool: Spool
    clock: Clock
    notifier: Notifier

    async def due(self, notices: Notices) -> int:
        """Yesterday's report and last month's, once it is time; how many were written now."""
        now = self.clock.now()
        if datetime.fromtimestamp(now, JST).time() < time.fromisoformat(self.settings.regular_reports.at) or self.clock.jump:
            return 0
        return sum([await self._send(notices, period, to) for period, to in self._wanted(now)])

    def _wanted(self, now: float) -> Iterator[tuple[Period, Sequence[str]]]:
        wanted = self.settings.regular_reports
        for period, to in ((periodic.yesterday(now), wanted.daily), (periodic.last_month(now), wanted.monthly)):
            if to:
                yield period, to

    async def _send(self, notices: Notices, period: Period, to: Sequence[str]) -> bool:
        occasion = f"report {period.name} {period.since:%Y-%m-%d}"
        if await self.db.read(announced, occasion):
            return False
        organisation, names = self.settings.organisation, notices.names["ja"]
        made = await self.db.read(periodic.report, period, names, organisation, self.clock.now())
        name = f"report.{period.since:%Y%m%d}.{(period.until - period.since).days}"
        content = self.notifier.mail(to=to, subject=period.title, text=periodic.text(made), name=name, receipt="")
        return await self.spool.announce(occasion, [Authored("report", "", tuple(to), Direction.INBOUND, content, False)])
