"""When the daily and the monthly report go out, and to whom; once each, however many gateways there are.

By mail, in words, with the same as a PDF to be filed; a paper that can not be made costs the report nothing but itself.  What
it says is `periodic.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from gateway import periodic
from gateway.clock import JST, Clock
from gateway.model import Authored, Direction
from gateway.notice import Notices
from gateway.notifier import Notifier
from gateway.paper import NoPaper
from gateway.periodic import Period, Periodic
from gateway.settings import Settings
from gateway.soffice import installed
from gateway.spool import Spool
from gateway.spool.announcement import announced
from gateway.store.db import Db
from gateway.words import Words
from sanitizers.letter import Enclosure


@dataclass(frozen=True, slots=True)
class Reporter:
    settings: Settings
    db: Db
    spool: Spool
    clock: Clock
    notifier: Notifier
    alarm: Callable[[str, Words], None]

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
        papers, missing = await self._papers(made)
        name = f"report.{period.since:%Y%m%d}.{(period.until - period.since).days}"
        text = f"{missing}{periodic.text(made)}"
        content = self.notifier.mail(to=to, subject=period.title, text=text, name=name, receipt="", papers=papers)
        return await self.spool.announce(occasion, [Authored("report", "", tuple(to), Direction.INBOUND, content, False)])

    async def _papers(self, made: Periodic) -> tuple[list[Enclosure], str]:
        """And what is to be said of one that could not be made."""
        wanted, missing = list(self.settings.regular_reports.attach), ""
        if "pdf" in wanted and not (self.settings.sandbox.office and installed()):
            wanted, missing = ["html"], "この装置にはLibreOfficeがないため、PDFの代わりにHTMLを添付しました。\n\n"
        papers = []
        for form in wanted:
            try:
                papers.append(await _paper(made, form))
            except (NoPaper, OSError) as problem:
                said = f"{made.period.title}: {problem}"
                self.alarm("report-paper", Words(f"PDFを作成できず、HTMLを添付しました。{said}", said))
                papers, missing = [await _paper(made, "html")], "PDFを作成できなかったため、HTMLを添付しました。\n\n"
        return papers, missing


async def _paper(made: Periodic, form: str) -> Enclosure:
    media_type = "application/pdf" if form == "pdf" else "text/html"
    return Enclosure(f"{made.period.title.replace(' ', '_')}.{form}", media_type, await periodic.paper(made, form))
