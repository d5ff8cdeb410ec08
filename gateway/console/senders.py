"""Screen: senders and files that are denied or allowed until a day; written here, or with one click from a held mail."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.policy.senders import LONGEST, Senders, Stance
from gateway.words import Refusal, Words

screen = Screen()

STANCES = {
    Stance.DENY: Words("拒否 (保留する)", "Deny (hold)"),
    Stance.ALLOW: Words("許可 (なりすまし判定で保留しない)", "Allow"),
}
DAYS = (30, 90, 180, LONGEST)


@screen.get("/senders", Right.LIST_HELD)
async def listing(visit: Visit) -> Response:
    return visit.page("senders.html", found=await _senders(visit).list(), stances=STANCES, days=DAYS)


@screen.post("/senders", Right.LIST_SENDERS)
async def write(visit: Visit) -> Response:
    try:
        stance, days = Stance(visit.text("stance")), float(visit.text("days"))
        made = await _senders(visit).add(stance, visit.text("subject"), visit.who.name, visit.reason(), days)
    except ValueError as error:
        raise Refusal(
            "登録できません。アドレス、ドメインまたは SHA-256 と、期限を確認してください。ファイルは許可できません。",
            str(error),
        ) from error
    return visit.go("/senders", Words(f"{made.subject} を登録しました。", f"{made.subject} was listed."))


@screen.post("/senders/{number}/remove", Right.LIST_SENDERS)
async def remove(visit: Visit) -> Response:
    await _senders(visit).remove(visit.number("number"), visit.who.name, visit.reason())
    return visit.go("/senders", Words("登録を終えました。", "The entry was ended."))


def _senders(visit: Visit) -> Senders:
    return Senders(visit.desk.store.db, visit.desk.store.clock)
