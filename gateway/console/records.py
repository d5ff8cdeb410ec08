"""Screens around the record: is it whole, has somebody looked at it, what went wrong (LG-02, LG-04, LG-06, HD-07)."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from gateway import journal
from gateway.alarm_names import japanese
from gateway.console.asker import Asker
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.evidence import inspection, proving
from gateway.evidence.inspection import Period
from gateway.evidence.sentence import sentence
from gateway.evidence.troubles import PAGE, Handling, Troubles
from gateway.journal import Query, Verification
from gateway.words import Refusal, Words

screen = Screen()

HISTORY = 30


@screen.get("/journal/proof", Right.SEARCH_JOURNAL)
async def proof(visit: Visit) -> Response:
    store, running = visit.desk.store, visit.desk.proving
    history = await journal.find(store.db, Query(kind=journal.Verified.kind()), HISTORY)
    return visit.page(
        "proof.html",
        history=[(each, dict(each.facts)) for each in history],
        running=running is not None and not running.done(),
        verifier=store.journal.verifier,
    )


@screen.post("/journal/proof", Right.SEARCH_JOURNAL)
async def prove(visit: Visit) -> Response:
    running = await begin_proof(visit)
    if not running.done():
        return visit.go("/journal/proof", Words("検証しています。あとで開き直してください。", "It is being verified."))
    ok = running.exception() is None and running.result().ok
    done = Words("正常です。改ざんはありません。", "It is whole.") if ok else Words("異常があります。", "It is not whole.")
    return visit.go("/journal/proof", done)


async def begin_proof(asker: Asker) -> asyncio.Task[Verification]:
    """The one that runs, or a new one.  A large journal takes minutes: nobody waits for it longer than a moment."""
    desk = asker.desk
    if desk.proving is None or desk.proving.done():
        desk.proving = asyncio.create_task(proving.prove(desk.store, asker.who.name))
        await asyncio.wait([desk.proving], timeout=2.0)
    return desk.proving


@screen.get("/journal/inspection", Right.SEARCH_JOURNAL)
async def periods(visit: Visit) -> Response:
    store = visit.desk.store
    done = await journal.find(store.db, Query(kind=journal.Inspected.kind()), 1_000)
    return visit.page(
        "inspections.html",
        periods=Period.before(store.clock.now()),
        signed=[(each, dict(each.facts)) for each in done],
    )


@screen.get("/journal/inspection/{period}", Right.SEARCH_JOURNAL)
async def report(visit: Visit) -> Response:
    store, period = visit.desk.store, period_of(visit)
    made = await store.db.read(inspection.report, period)
    signed = [(each, dict(each.facts)) for each in made.signed]
    over = store.clock.now() >= period.until
    return visit.page("inspection.html", report=made, signed=signed, over=over, sentence=sentence)


@screen.post("/journal/inspection/{period}", Right.SIGN_INSPECTION)
async def sign(visit: Visit) -> Response:
    """点検済: name and time are the entry's; there is no way back."""
    period = period_of(visit)
    await sign_off(visit, period, visit.text("comment").strip()[:2_000])
    return visit.go(f"/journal/inspection/{period.key}", Words("点検済として記録しました。", "Signed off."))


async def sign_off(asker: Asker, period: Period, comment: str) -> None:
    """Raises Refusal."""
    store = asker.desk.store
    if store.clock.now() < period.until:
        raise Refusal("この期間はまだ終わっていません。", "This period is not over yet.", 409)
    if not comment:
        raise Refusal("点検の結果を入力してください。", "Write what the inspection found.")
    await store.journal.write(journal.Inspected(actor=asker.who.name, period=period.key, comment=comment))


@screen.get("/troubles", Right.SEARCH_JOURNAL)
async def troubles(visit: Visit) -> Response:
    before = visit.request.query_params.get("before", "")
    found = await _register(visit).list(int(before) if before.isdecimal() and len(before) < 16 else 0)
    more = f"/troubles?before={found[-1].id}" if len(found) == PAGE else ""
    return visit.page("troubles.html", troubles=found, more=more, alarm=japanese)


@screen.post("/troubles", Right.RECORD_TROUBLE)
async def open_trouble(visit: Visit) -> Response:
    if not (what := visit.text("what").strip()[:2_000]):
        raise Refusal("何が起きたかを入力してください。", "Write what happened.")
    number = await _register(visit).open(what, visit.who.name)
    return visit.go(f"/troubles/{number}", Words("障害を登録しました。", "Recorded."))


@screen.get("/troubles/{number}", Right.SEARCH_JOURNAL)
async def trouble(visit: Visit) -> Response:
    found = await _register(visit).show(visit.number("number"))
    steps = await journal.find(visit.desk.store.db, Query(kind=journal.TroubleStep.kind(), since=found.opened_at - 1), 1_000)
    own = [each for each in reversed(steps) if dict(each.facts)["trouble"] == str(found.id)]
    return visit.page("trouble.html", trouble=found, steps=own, sentence=sentence, alarm=japanese)


@screen.post("/troubles/{number}", Right.RECORD_TROUBLE)
async def handle(visit: Visit) -> Response:
    number, minutes = visit.number("number"), visit.text("down_minutes").strip() or "0"
    if not (minutes.isascii() and minutes.isdecimal() and len(minutes) < 8):
        raise Refusal("停止時間は分の数で入力してください。", "Down time is a number of minutes.")
    cause, action, mails = (visit.text(name).strip()[:2_000] for name in ("cause", "action", "mails"))
    handling, close = Handling(cause, action, int(minutes), mails), visit.text("close") == "yes"
    try:
        await _register(visit).handle(number, handling, visit.who.name, close=close)
    except ValueError as missing:
        raise Refusal("完了するには原因と対処が必要です。", str(missing), 400) from missing
    return visit.go(f"/troubles/{number}", Words("記録しました。", "Recorded."))


def _register(visit: Visit) -> Troubles:
    return Troubles(visit.desk.store.db, visit.desk.store.clock)


def period_of(asker: Asker) -> Period:
    """Of the path.  Raises LookupError."""
    try:
        return Period.parse(asker.request.path_params["period"])
    except ValueError as bad:
        raise LookupError(str(bad)) from bad
