"""Screens: 遮断 -- what is stopped now, since when, by whom and why; stopping a side, a sender or a host; how it ends.

One person stops, after reading what will happen; two people end it (LG-08): one asks, another says yes here or on the case's
page.  What a stop means is `gateway/cutoff/`'s.  A store that a hanging gateway has locked gets a file instead, as by the
command `mugai stop`.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from gateway import journal
from gateway.console.asker import Asker
from gateway.console.casework import plainly
from gateway.console.mine import reader
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.cutoff import Halt, Scope, pending, register, resuming
from gateway.cutoff.register import SIDES, STANDS, Sent
from gateway.words import Refusal, Words

screen = Screen()

DAYS = (1, 7, 30, 90)  # how far back what somebody sent is listed
_DAY = 86_400.0

CHOICES: dict[str, Words] = {
    "inbound": Words("インターネットからの受信", "Mail in from the Internet"),
    "outbound": Words("LGWANからの送信", "Mail out from the LGWAN"),
    "both": Words("受信と送信の両方", "Both, in and out"),
    "isolate": Words("差出人・ホストの隔離", "One sender or host"),
}
NAMES: dict[Scope, Words] = {
    Scope.INBOUND: CHOICES["inbound"],
    Scope.OUTBOUND: CHOICES["outbound"],
    Scope.SENDER: Words("アドレス", "Address"),
    Scope.HOST: Words("ホスト", "Host"),
    Scope.MAILS: Words("インシデントのメール", "Mails of an incident"),
}
LATER = Words(
    "相手のサーバーは、あとで自動的に送り直します。停止が長引くと (多くは4～5日)、あきらめて差出人に不達を知らせます。",
    "The other server tries again by itself. After some days, mostly four or five, it gives up and tells its sender.",
)
KEPT = Words(
    "すでに受け付けたメールは、待ち行列にそのまま残ります。検査も配送もされませんが、失われません。",
    "Mail that was accepted stays in the queue: not inspected, not delivered, not lost.",
)
REFUSED = Words(
    "新しいメールは受け付けません。送ろうとした相手には「421 いまは受け付けられない」と答えます。",
    "New mail is not taken: whoever wants to send hears 421, try later.",
)
HAPPENS: dict[Scope, tuple[Words, ...]] = {
    Scope.INBOUND: (REFUSED, LATER, KEPT),
    Scope.OUTBOUND: (REFUSED, LATER, KEPT),
    Scope.SENDER: (
        Words(
            "このアドレスからのメールも、このアドレスあてのメールも受け付けません。「450 いまは受け付けられない」と答えます。",
            "Mail from this address and mail for it is not taken: it is answered 450, try later.",
        ),
        LATER,
        KEPT,
    ),
    Scope.HOST: (
        Words(
            "このホストからのメールを「421 いまは受け付けられない」と断ります。内側のホストでも外側のホストでも同じです。",
            "Mail of this host is answered 421, try later, on either side.",
        ),
        LATER,
        KEPT,
    ),
    Scope.MAILS: (Words("挙げたメールだけを止めます。ほかのメールは流れます。", "These mails only; all others go on."), KEPT),
}


@screen.get("/stops", Right.SEE_DASHBOARD)
async def listing(visit: Visit) -> Response:
    halts = await visit.desk.store.stops.active()
    return visit.page("stops.html", halts=halts, names=NAMES, choices=CHOICES)


@screen.post("/stops", Right.CUT_OFF)
async def stop(visit: Visit) -> Response:
    """First the page that says what will happen; the button there does it."""
    choice, reason, wanted = visit.text("choice"), visit.reason(), _wanted(visit)
    if visit.text("sure") != "yes":
        happens = HAPPENS[wanted[0][0]]
        return visit.page("stop_sure.html", choice=choice, wanted=wanted, reason=reason, happens=happens, names=NAMES)
    halts = [await halted(visit, scope, value, reason) for scope, value in wanted]
    if None in halts:
        words = "保管庫が応答しません。停止の指示を残しました。ゲートウェイが動き出すか再起動すると、直ちに止まります。"
        return visit.go("/stops", Words(words, "The store is locked: the stop counts as soon as the gateway goes on."))
    single = halts[0] if choice == "isolate" else None
    return visit.go(f"/stops/{single.id}" if single else "/stops", Words("遮断しました。", "Stopped."))


async def halted(asker: Asker, scope: Scope, value: str, reason: str) -> Halt | None:
    """At once; None: the store is locked, and it counts as soon as the gateway breathes.  Raises Refusal."""
    wanted = pending.Wanted(scope, value, asker.who.name, reason)
    try:
        return await pending.stop(asker.desk.store.stops, asker.desk.settings.state_directory, wanted)
    except OSError as apart:  # a console with a user of its own writes nothing beside the store
        ja = "保管庫が応答せず、停止の指示も残せません。サーバーで mugai stop を実行してください。"
        raise Refusal(ja, "The store is locked and nothing can be left beside it: use `mugai stop`.", 503) from apart


@screen.get("/stops/{number}", Right.SEARCH_JOURNAL)
async def show(visit: Visit) -> Response:
    halt = await _in_force(visit)
    asked = visit.request.query_params.get("days", "")
    days = int(asked) if asked in map(str, DAYS) else 7
    mails = await concerned(visit, halt, days) if halt.scope not in SIDES else []
    own = visit.who.address and visit.who.address == halt.asked_by
    return visit.page(
        "stop.html", halt=halt, mails=mails, days=days, spans=DAYS, own=own, names=NAMES, happens=HAPPENS[halt.scope]
    )


async def concerned(asker: Asker, halt: Halt, days: int) -> Sequence[Sent]:
    """The mails that a stop is about; a look at them is a search of the record (ML-11)."""
    found = await asker.desk.store.stops.concerned(halt, days * _DAY)
    asked = f"stop {halt.id}: {halt.scope} {halt.value}, {days} days"
    looked = journal.Searched(actor=asker.who.name, purpose="遮断中のメールの確認", query=asked, found=len(found))
    await asker.desk.store.journal.write(looked)
    return found


@screen.post("/stops/{number}/resume", Right.CUT_OFF)
async def resume(visit: Visit) -> Response:
    """Asks, or says yes to what another asked."""
    number, who, reason, desk = visit.number("number"), (await reader(visit)).address, visit.reason(), visit.desk
    with plainly():
        case = await resuming.resume(desk.store.stops, desk.workflow, desk.settings.workflow, number, who, reason, visit.via)
    if case.stage in STANDS:
        return visit.go("/stops", Words("停止を解除しました。メールの処理を再開します。", "It has ended: mail goes on."))
    words = "再開を申請しました。2人目が承認すると再開します。"
    return visit.go(f"/stops/{number}", Words(words, "Asked for. It ends when a second person says yes."))


def _wanted(visit: Visit) -> list[tuple[Scope, str]]:
    """Raises Refusal."""
    choice, value = visit.text("choice"), visit.text("value").strip()
    if choice == "both":
        return [(scope, "") for scope in SIDES]
    if choice in SIDES:
        return [(Scope(choice), "")]
    if choice != "isolate":
        raise Refusal("何を止めるかを選んでください。", "Choose what to stop.")
    scope = register.scope_of(value)
    try:
        return [(scope, register.valid(scope, value))]
    except ValueError as wrong:
        raise Refusal("メールアドレスかIPアドレスを入力してください。", str(wrong)) from wrong


async def _in_force(visit: Visit) -> Halt:
    """Raises LookupError."""
    number = visit.number("number")
    found = next((halt for halt in await visit.desk.store.stops.active() if halt.id == number), None)
    if found is None:
        raise LookupError(f"no stop {number} is in force")
    return found
