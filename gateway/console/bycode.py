"""Screen: staff without an account sign in with a one-time code that is sent to their mailbox."""

from __future__ import annotations

from starlette.background import BackgroundTask
from starlette.responses import Response

from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.words import Refusal

screen = Screen()


@screen.get("/sign-in/code", Right.PUBLIC)
async def form(visit: Visit) -> Response:
    return visit.page("code.html", address="", refusal=None)


@screen.post("/sign-in/code", Right.PUBLIC)
async def send(visit: Visit) -> Response:
    """The same page whether the address is anybody's or not (W4)."""
    address, codes = visit.text("address").strip()[:254], visit.desk.codes
    try:
        codes.may_ask(visit.source)
    except Refusal as refusal:
        return visit.page("code.html", refusal.status, address="", refusal=refusal)
    answer = visit.page("code.html", address=address, refusal=None)
    answer.background = BackgroundTask(codes.send, address, visit.desk.settings.inbound.domains, visit.source)
    return answer


@screen.post("/sign-in/code/check", Right.PUBLIC)
async def check(visit: Visit) -> Response:
    try:
        who = await visit.desk.codes.prove(visit.text("address"), visit.text("code"), visit.source)
    except Refusal as refusal:
        return visit.page("code.html", refusal.status, address=visit.text("address").strip()[:254], refusal=refusal)
    token = await visit.desk.sessions.begin(who, visit.source, visit.agent, whole=True, method="code by mail")
    return visit.signed_in(token, "/mine")
