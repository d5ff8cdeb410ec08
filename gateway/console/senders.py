"""Screen: senders and files that are denied or allowed until a day; written here, or with one click from a held mail."""

from __future__ import annotations

from starlette.responses import Response

from gateway.console.asker import Asker
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.policy.senders import LONGEST, Listed, Senders, Stance
from gateway.words import Refusal, Words

screen = Screen()

STANCES = {
    Stance.DENY: Words("拒否 (保留する)", "Deny (hold)"),
    Stance.ALLOW: Words("許可 (なりすまし判定で保留しない)", "Allow"),
}
DAYS = (30, 90, 180, LONGEST)


@screen.get("/senders", Right.LIST_HELD)
async def listing(visit: Visit) -> Response:
    return visit.page("senders.html", found=await senders(visit).list(), stances=STANCES, days=DAYS)


@screen.post("/senders", Right.LIST_SENDERS)
async def write(visit: Visit) -> Response:
    made = await add(visit, visit.text("stance"), visit.text("subject"), visit.reason(), visit.text("days"))
    return visit.go("/senders", Words(f"{made.subject} を登録しました。", f"{made.subject} was listed."))


async def add(asker: Asker, stance: str, subject: str, reason: str, days: str | int) -> Listed:
    """Raises Refusal."""
    try:
        return await senders(asker).add(Stance(stance), subject, asker.who.name, reason, float(days))
    except ValueError as error:
        raise Refusal(
            "登録できません。アドレス、ドメインまたは SHA-256 と、期限を確認してください。ファイルは許可できません。",
            str(error),
        ) from error


@screen.post("/senders/{number}/remove", Right.LIST_SENDERS)
async def remove(visit: Visit) -> Response:
    await senders(visit).remove(visit.number("number"), visit.who.name, visit.reason())
    return visit.go("/senders", Words("登録を終えました。", "The entry was ended."))


def senders(asker: Asker) -> Senders:
    return Senders(asker.desk.store.db, asker.desk.store.clock)
