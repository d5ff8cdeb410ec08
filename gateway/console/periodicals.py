"""Screen: the daily, monthly and yearly reports of any past period, made anew from the record, and as PDF (AVL-04, COM).

What a report says is `gateway/periodic.py`'s, so that screen, mail and paper say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from starlette.responses import Response

from gateway import periodic
from gateway.clock import JST
from gateway.console import papers
from gateway.console.asker import Asker
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.periodic import Period, Periodic
from gateway.words import Language, Words

screen = Screen()

PAPERS = ("pdf", "html")


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of report; a period is named by its first day, as far as that is needed: 2026-11-28, 2026-11, 2026."""

    words: Words
    around: Callable[[datetime], Period]
    characters: int  # of a name
    rest: str  # that makes a day of it
    offered: int  # of the last ones


SERIES = {
    "daily": Series(Words("日報", "Daily"), periodic.day, 10, "", 31),
    "monthly": Series(Words("月報", "Monthly"), periodic.month, 7, "-01", 24),
    "yearly": Series(Words("年報", "Yearly"), periodic.year, 4, "-04-01", 5),  # the fiscal one, from April
}


@screen.get("/periodicals", Right.READ_PERIODIC)
async def listing(visit: Visit) -> Response:
    now = datetime.fromtimestamp(visit.desk.store.clock.now(), JST)
    offered = {name: list(islice(_past(series, now), series.offered)) for name, series in SERIES.items()}
    return visit.page("periodicals.html", series=SERIES, offered=offered)


@screen.get("/periodicals/{series}/{of}", Right.READ_PERIODIC)
async def show(visit: Visit) -> Response:
    series, of = visit.request.path_params["series"], visit.request.path_params["of"]
    made = await made_for(visit, period_of(visit, series, of))
    return visit.page("periodical.html", made=made, name=SERIES[series].words, series=series, of=of, papers=PAPERS)


@screen.post("/periodicals/{series}/{of}/paper", Right.READ_PERIODIC)
async def on_paper(visit: Visit) -> Response:
    if visit.text("form") not in PAPERS:
        raise LookupError("no such form")
    series, of = visit.request.path_params["series"], visit.request.path_params["of"]
    made = await made_for(visit, period_of(visit, series, of))
    rows = sum(len(section.rows) for section in made.sections)
    write, name = partial(periodic.paper, made), f"mugai-{series}-{of}"
    return await papers.written(visit, write, name, purpose=made.period.title, query=name, entries=rows)


def period_of(asker: Asker, series: str, of: str) -> Period:
    """Raises LookupError: no such series, no date, or not over yet."""
    found = SERIES.get(series)
    if found is None or len(of) != found.characters:
        raise LookupError(f"no report {series} {of}")
    try:
        period = found.around(datetime.fromisoformat(of + found.rest).replace(tzinfo=JST))
    except (ValueError, OverflowError) as wrong:
        raise LookupError(str(wrong)) from wrong
    if period.until.timestamp() > asker.desk.store.clock.now() or period.since.year < 2000:
        raise LookupError(f"{of} is not over yet, or too long ago")
    return period


async def made_for(asker: Asker, period: Period) -> Periodic:
    desk = asker.desk
    names, organisation = desk.names(Language.JA), desk.settings.organisation
    return await desk.store.db.read(periodic.report, period, names, organisation, desk.store.clock.now())


def _past(series: Series, now: datetime) -> Iterator[str]:
    """How the periods that are over are named, newest first."""
    since = series.around(now).since
    while True:
        since = series.around(since - timedelta(days=1)).since
        yield since.date().isoformat()[: series.characters]
