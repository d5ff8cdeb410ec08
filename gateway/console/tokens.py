"""Screens: tokens of the API, and the page about it.  An administrator makes a token, its owner takes the secret, both end it.

Whoever makes it never sees the secret of another person's token: the right to make tokens must not become everybody's rights.
"""

from __future__ import annotations

from starlette.responses import Response

from gateway.api import app as api
from gateway.api import problem
from gateway.api.scopes import LONGEST_DAYS, SCOPES, TokenScope
from gateway.api.tokens import Standing, Wanted
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.words import Refusal, Words

screen = Screen()

STANDINGS = {
    Standing.WAITING: ("warn", Words("受取待ち", "to be taken")),
    Standing.ACTIVE: ("good", Words("有効", "active")),
    Standing.EXPIRED: ("", Words("期限切れ", "expired")),
    Standing.REVOKED: ("", Words("失効", "revoked")),
}
DAYS = (30, 90, 180, LONGEST_DAYS)
ENDED = (Standing.EXPIRED, Standing.REVOKED)


@screen.get("/tokens", Right.SIGNED_IN)
async def listing(visit: Visit) -> Response:
    """One's own; an administrator sees all, and makes new ones."""
    manages = visit.may(Right.MANAGE_PEOPLE)
    return visit.page(
        "tokens.html",
        manages=manages,
        tokens=await visit.desk.tokens.list("" if manages else visit.who.name),
        people=[each for each in await visit.desk.accounts.list() if not each.barred] if manages else [],
        scopes=SCOPES,
        standings=STANDINGS,
        ended=ENDED,
        days=DAYS,
    )


@screen.post("/tokens", Right.MANAGE_PEOPLE)
async def make(visit: Visit) -> Response:
    limits = (tuple(visit.text("sections").split()), tuple(visit.text("networks").split()))
    made = await visit.desk.tokens.make(
        Wanted(visit.text("name"), visit.text("owner"), _scopes(visit), _days(visit), *limits), visit.who.name
    )
    ja = f"トークン {made.mark} を作りました。{made.account.name} がこの画面で受け取ると使えます。"
    return visit.go("/tokens", Words(ja, f"Token {made.mark} was made; {made.account.name} takes it on this page."))


@screen.post("/tokens/{mark}/take", Right.SIGNED_IN)
async def take(visit: Visit) -> Response:
    """Shown in this answer and never again."""
    mark = visit.request.path_params["mark"]
    return visit.page("token_taken.html", mark=mark, secret=await visit.desk.tokens.take(mark, visit.who.name))


@screen.post("/tokens/{mark}/revoke", Right.SIGNED_IN)
async def revoke(visit: Visit) -> Response:
    owner = "" if visit.may(Right.MANAGE_PEOPLE) else visit.who.name
    await visit.desk.tokens.revoke(visit.request.path_params["mark"], visit.who.name, owner)
    return visit.go("/tokens", Words("トークンを失効させました。", "The token is revoked."))


@screen.get("/api", Right.SIGNED_IN)
async def about(visit: Visit) -> Response:
    """For people: what can be asked, and how; from the same declarations as the document for programs."""
    routes = api.declared()
    rooms = [(tag, [each for each in routes if each.tag == tag]) for tag in dict.fromkeys(each.tag for each in routes)]
    return visit.page("api.html", rooms=rooms, titles=problem.TITLES, root=api.ROOT)


def _scopes(visit: Visit) -> tuple[TokenScope, ...]:
    """Raises Refusal."""
    try:
        return tuple(TokenScope(each) for each in visit.texts("scope"))
    except ValueError as error:
        raise Refusal("知らない権限です。", "Not a scope.") from error


def _days(visit: Visit) -> float:
    text = visit.text("days")
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0.0
