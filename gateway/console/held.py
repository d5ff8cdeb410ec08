"""Screen: the list of held mail with its filters, and what is done to many at once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.docket import PAGE, Filter
from gateway.model import QuarantineState
from gateway.quarantine import AlreadyDone, Kept
from gateway.words import Refusal, Words
from sanitizers.model import Verdict

screen = Screen()

STATES: dict[str, Words] = {
    QuarantineState.HELD: Words("保留中", "Held"),
    QuarantineState.RELEASED: Words("解除済み", "Released"),
    QuarantineState.DELETED: Words("削除済み", "Deleted"),
    QuarantineState.EXPIRED: Words("期限切れ", "Expired"),
    "all": Words("すべて", "All"),
}
AGES: dict[str, Words] = {
    "1": Words("1日より前", "Over a day"),
    "3": Words("3日より前", "Over 3 days"),
    "7": Words("7日より前", "Over a week"),
    "21": Words("21日より前", "Over 3 weeks"),
}
_FIELDS = ("text", "sender", "rule", "verdict", "age", "state")
_DAY = 86_400.0


@screen.get("/held", Right.LIST_HELD)
async def listing(visit: Visit) -> Response:
    query = visit.request.query_params
    given = {name: query.get(name, "")[:200] for name in _FIELDS}
    by, before = await _filter(visit, given), query.get("before", "")
    lines = await visit.desk.docket.page(by, int(before) if before.isdecimal() and len(before) < 16 else 0)
    more = lines[PAGE - 1].id if len(lines) > PAGE else None
    kept = {name: value for name, value in given.items() if value}
    return visit.page(
        "held.html",
        lines=lines[:PAGE],
        rules=await visit.desk.docket.rules(by),
        given=given,
        states=STATES,
        ages=AGES,
        verdicts=[each for each in Verdict if each > Verdict.CLEAN],
        more=f"/held?{urlencode({**kept, 'before': more})}" if more else "",
        names=visit.desk.names(visit.language),
        watchers={line.id: visit.desk.watchers(line.id) for line in lines},
        now=visit.desk.store.clock.now(),
        page_token=visit.desk.sessions.page_token(visit.session) if visit.session else "",
    )


async def _filter(visit: Visit, given: dict[str, str]) -> Filter:
    """What cannot be read does not filter: an address that somebody typed is not worth an error."""
    age, verdict = given["age"], given["verdict"].upper()
    return Filter(
        state=None if given["state"] == "all" else QuarantineState(given["state"] if given["state"] in STATES else "held"),
        rule=given["rule"],
        verdict=Verdict[verdict] if verdict in Verdict.__members__ else None,
        sender=given["sender"].strip(),
        text=given["text"],
        held_before=visit.desk.store.clock.now() - float(age) * _DAY if age in AGES else 0.0,
        recipients=(await visit.scope()).patterns,
    )


@screen.post("/held/release", Right.RELEASE)
async def release(visit: Visit) -> Response:
    quarantine, who, reason = visit.desk.store.quarantine, visit.who.name, visit.reason()
    return await _each(visit, lambda entry: quarantine.release(entry, who, reason), Words("解除しました", "Released"))


@screen.post("/held/delete", Right.DELETE)
async def delete(visit: Visit) -> Response:
    quarantine, who, reason = visit.desk.store.quarantine, visit.who.name, visit.reason()
    return await _each(visit, lambda entry: quarantine.delete(entry, who, reason), Words("削除しました", "Deleted"))


async def _each(visit: Visit, act: Callable[[int], Awaitable[None]], done: Words) -> Response:
    """Each by itself: one that somebody else was faster with does not stop the others."""
    entries = [int(each) for each in visit.texts("entry") if each.isdecimal() and len(each) < 16]
    if not entries:
        raise Refusal("メールが選ばれていません。", "No mail was chosen.")
    scope, acted = await visit.scope(), 0
    for entry in entries:
        try:
            shown = await visit.desk.store.quarantine.show(entry)
            if scope.sees(shown.recipients):
                await act(entry)
                acted += 1
        except (AlreadyDone, Kept, LookupError, ValueError):  # ValueError: it waits for an approval, or came back from a backup
            continue
    rest = len(entries) - acted
    ja = f"{acted}件を{done.ja}。" + (f"{rest}件はほかの人が処理したか、保全中か、復元後の確認待ちです。" if rest else "")
    en = f"{done.en}: {acted}." + (f" Not done: {rest} (somebody was faster, a legal hold, or a restore)." if rest else "")
    return visit.go("/held", Words(ja, en))
