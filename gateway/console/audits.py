"""Screens of the audit: decisions are drawn at random and shown with all that happened, drawn again, put on paper (AU-01).

Whoever reads the record sees a sample; only an auditor draws one.  Contents of mail are not here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from starlette.responses import Response

from gateway import journal
from gateway.audit import sampling
from gateway.audit.sampling import ANY, LARGEST, SORTS, Taken, a_seed
from gateway.audit.working_paper import DIRECTIONS, criteria, sheet
from gateway.console import facts, papers
from gateway.console.journal import PURPOSES, packed
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.directory import book
from gateway.evidence.sentence import sentence
from gateway.journal import Query
from gateway.words import Refusal, Words
from sanitizers.model import Verdict

screen = Screen()

DAYS = 31  # of the period that the form proposes
USUAL = 25  # decisions: what auditors draw of a control that works many times a day
HISTORY = 50
_WRONG = {
    "period": Words("期間は始めと終わりの日で指定してください。", "Give the first and the last day of the period."),
    "count": Words(f"件数は1から{LARGEST}までです。", f"A sample has 1 to {LARGEST} decisions."),
    "nothing": Words("条件に合う判断が期間中にありません。", "No decision of the period fits."),
}
_CHOICE = Words("選択できない条件です。", "There is no such choice.")


@contextmanager
def refused() -> Iterator[None]:
    """What cannot be drawn, in words for people."""
    try:
        yield
    except ValueError as wrong:
        words = _WRONG.get(str(wrong), _CHOICE)
        raise Refusal(words.ja, words.en) from wrong


@screen.get("/audit/samples", Right.SEARCH_JOURNAL)
async def samples(visit: Visit) -> Response:
    today = book.day(visit.desk.store.clock.now())
    return visit.page(
        "samples.html",
        taken=await visit.desk.store.db.read(sampling.all_taken, HISTORY),
        criteria=criteria,
        names=visit.desk.names(visit.language),
        first_day=today - timedelta(days=DAYS),
        last_day=today,
        usual=USUAL,
        largest=LARGEST,
        seed=a_seed(),
        any=ANY,
        sorts=SORTS,
        directions=DIRECTIONS,
        verdicts=list(Verdict),
        purposes=PURPOSES,
    )


@screen.post("/audit/samples", Right.AUDIT)
async def draw(visit: Visit) -> Response:
    values = {name: visit.text(name).strip() for name in ("first", "last", "count", "seed", "sort", "direction", "verdict")}
    if not (purpose := visit.text("purpose").strip()[:200]):
        raise Refusal("目的を入力してください。記録に残ります。", "A purpose is needed; it is recorded.")
    with refused():
        made = await sampling.take(visit.desk.store, sampling.sought(values), visit.who.name, purpose)
    return visit.go(f"/audit/samples/{made.number}", Words("抜き取りました。記録に残りました。", "Drawn, and recorded."))


@screen.get("/audit/samples/{number}", Right.SEARCH_JOURNAL)
async def sample(visit: Visit) -> Response:
    store, names = visit.desk.store, visit.desk.names(visit.language)
    found = await _taken(visit)
    decisions = await store.db.read(sampling.decisions, found.sample)
    await store.journal.write(journal.Viewed(actor=visit.who.name, what=f"sample {found.number}"))
    return visit.page(
        "sample.html",
        taken=found,
        decisions=decisions,
        criteria=criteria(found, names, visit.language),
        sentence=sentence,
        fact=facts.name,
        papers=papers.PAPERS,
    )


@screen.post("/audit/samples/{number}/again", Right.AUDIT)
async def again(visit: Visit) -> Response:
    """Whether the same seed over the same journal still gives the same."""
    found = await _taken(visit)
    same = await visit.desk.store.db.read(sampling.is_same, found.sample)
    told = Words("もう一度抜き取り、同じ結果になりました。", "Drawn again: the same decisions.")
    if not same:
        told = Words("もう一度抜き取ると違う結果になりました。記録を検証してください。", "Not the same: verify the journal.")
    return visit.go(f"/audit/samples/{found.number}", told)


@screen.post("/audit/samples/{number}/paper", Right.EXPORT_JOURNAL)
async def on_paper(visit: Visit) -> Response:
    papers.wanted(visit)
    found = await _taken(visit)
    decisions = await visit.desk.store.db.read(sampling.decisions, found.sample)
    made = sheet(found, decisions, visit.desk.notices.names["ja"], visit.desk.settings.organisation)
    query, entries = f"sample {found.number}", sum(len(each.events) for each in decisions)
    name = f"mugai-sample-{found.number}"
    return await papers.handed_out(visit, made, name, purpose=found.purpose, query=query, entries=entries)


@screen.post("/audit/samples/{number}/pack", Right.EXPORT_JOURNAL)
async def pack(visit: Visit) -> Response:
    """The entries of all traces, and the one that says what was drawn."""
    found = await _taken(visit)
    decisions = await visit.desk.store.db.read(sampling.decisions, found.sample)
    events = {found.number, *(event.event for each in decisions for event in each.events)}
    return await packed(visit, Query(events=tuple(sorted(events))), found.purpose, f"sample-{found.number}")


async def _taken(visit: Visit) -> Taken:
    return await visit.desk.store.db.read(sampling.taken, visit.number("number"))
