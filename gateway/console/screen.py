"""How a screen of the console is made: a module declares `screen = Screen()` and each route with the right that it needs.

    @screen.get("/held", Right.LIST_HELD)
    async def listing(visit: Visit) -> Response:
        return visit.page("held.html", rows=...)

A route without a right cannot be written.  What every route has in common happens here once: the session, the right, privileged
work confirmed, the form's token, words for whoever is refused.  Handlers raise Refusal, LookupError, AlreadyDone.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Match, Route

from gateway.console.asker import Asker
from gateway.console.desk import Desk
from gateway.console.guard import BODY_BYTES
from gateway.console.menu import menu
from gateway.console.provider import CALLBACK
from gateway.console.refusals import KNOWN, refusal
from gateway.console.roles import PRIVILEGED, Right
from gateway.console.sessions import Session
from gateway.console.standing import Account
from gateway.cutoff import Halt
from gateway.cutoff.register import SIDES
from gateway.words import Language, Refusal, Words

EXPIRED = Words(
    "ログインの有効期限が切れているか、別の場所でログアウトされています。操作は行われていません。ログインしてから、もう一度操作してください。",
    "You are no longer signed in. Nothing was done. Sign in and do it again.",
)
UNCONFIRMED = Words(
    "特権操作の時間が過ぎています。操作は行われていません。本人確認をしてから、もう一度操作してください。",
    "The time for privileged work is over. Nothing was done. Confirm who you are and do it again.",
)
COOKIE = "__Host-mugai"  # the prefix binds it to this host, to TLS and to the path /
LANGUAGE_COOKIE = "__Host-language"
_FIELDS = 2_000  # of one form: a whole page of ticks, and room
MultiPartParser.spool_max_size = 64 << 20  # an uploaded file stays in memory: nothing of it touches a disk
_LOCAL = re.compile(r"/(?!/)[A-Za-z0-9/_?=&%.,+*-]*")  # where a redirect may lead: no other host (W6)
# fields that take time to write
_TYPED = ("reason", "what", "cause", "action", "measure", "plan", "comment", "note", "text")


@dataclass
class Visit(Asker):
    """One request of a browser: who asks, in which language, with which form; and the answers."""

    session: Session | None
    form: FormData = field(default_factory=FormData)
    cut_off: tuple[Halt, ...] = ()  # whole sides: each page tells it to whoever runs the gateway

    @property
    def who(self) -> Account:
        """Who is signed in.  Only on routes that ask for more than PUBLIC."""
        assert self.session is not None, "a public route knows nobody"
        return self.session.account

    @property
    def via(self) -> str:
        return "console"

    @property
    def language(self) -> Language:
        return Language.EN if self.request.cookies.get(LANGUAGE_COOKIE) == Language.EN else Language.JA

    @property
    def agent(self) -> str:
        return self.request.headers.get("user-agent", "")

    @property
    def csrf(self) -> str:
        return self.session.csrf if self.session else ""

    def text(self, name: str) -> str:
        """A field of the form; "" when it is not there."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    async def file(self, name: str) -> tuple[str, bytes]:
        """What was uploaded: its name and its bytes; ("", b"") when nothing was."""
        value = self.form.get(name)
        return (value.filename or "", await value.read()) if isinstance(value, UploadFile) else ("", b"")

    def reason(self) -> str:
        """What is done to a mail has a reason.  Raises Refusal."""
        if not (reason := self.text("reason").strip()):
            raise Refusal("理由を入力してください。記録に残ります。", "A reason is needed; it is recorded.")
        return reason[:500]

    def period(self, first: str, last: str) -> tuple[date, date]:
        """Two fields with a day each.  Raises Refusal."""
        try:
            return date.fromisoformat(self.text(first)), date.fromisoformat(self.text(last))
        except ValueError as bad:
            raise Refusal("期間は始めと終わりの日で指定してください。", "Give the first and the last day.") from bad

    def may(self, right: Right) -> bool:
        return self.session is not None and self.session.whole and right in self.who.rights

    @property
    def place(self) -> str:
        """Where this page can be asked for again, its filters kept; of a form's answer, the nearest page above it."""
        url = self.request.url
        if url.path == CALLBACK:  # a provider's answer serves once, and what it brings stands on no page (RFC 9700 4.2)
            return "/sign-in"
        if self.request.method == "GET":
            return f"{url.path}?{url.query}" if url.query else url.path
        scope, path = dict(self.request.scope) | {"method": "GET"}, url.path
        while path and not any(each.matches(scope | {"path": path})[0] is Match.FULL for each in self.request.app.routes):
            path = path.rpartition("/")[0]
        return path or "/"

    def put_off(self, to: str, words: Words) -> Response:
        """Nothing was done and somebody must go elsewhere first: what was written is not lost over it."""
        typed = [self.text(name) for name in _TYPED if self.text(name).strip()]
        return self.page("put_off.html", 403, to=to, words=words, typed=typed) if typed else self.go(to)

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        said = self.desk.said.pop(self.session.id, None) if self.session else None
        last = self.desk.sessions.last.pop(self.session.id, None) if self.session and self.session.whole else None
        values |= {"last": last, "visit": self, "Right": Right, "said": said, "path": self.request.url.path}
        values["csrf"] = self.csrf
        values["menu"] = menu(self.may)
        values["elevated"] = self.session is not None and self.desk.sessions.is_elevated(self.session)
        return HTMLResponse(self.desk.pages.render(template, self.language, **values), status)

    def go(self, path: str, said: Words | None = None) -> Response:
        """After a state change; `said` appears on the next page."""
        if said is not None and self.session is not None:
            self.desk.said[self.session.id] = said
        return RedirectResponse(self.local(path), 303)

    @staticmethod
    def local(path: str) -> str:
        """Where a redirect or a link may lead that a request asks for."""
        return path if _LOCAL.fullmatch(path) else "/"

    def signed_in(self, token: str, path: str) -> Response:
        """`go` with a new cookie."""
        return self.with_session(self.go(path), token)

    def with_session(self, answer: Response, token: str) -> Response:
        answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
        return answer


Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Declared:
    method: str
    path: str
    right: Right
    handler: Handler
    body: int  # bytes that its form may have

    @property
    def takes_file(self) -> bool:
        return self.body > BODY_BYTES


class Screen:
    def __init__(self) -> None:
        self.declared: list[Declared] = []

    def get(self, path: str, right: Right) -> Callable[[Handler], Handler]:
        return self._declare("GET", path, right)

    def post(self, path: str, right: Right, *, body: int = BODY_BYTES) -> Callable[[Handler], Handler]:
        """`body` of more than usual: its form may hold one file.  Only on a path without parameters."""
        return self._declare("POST", path, right, body)

    def _declare(self, method: str, path: str, right: Right, body: int = BODY_BYTES) -> Callable[[Handler], Handler]:
        def remember(handler: Handler) -> Handler:
            self.declared.append(Declared(method, path, right, handler, body))
            return handler

        return remember


def route(declared: Declared, desk: Desk) -> Route:
    async def endpoint(request: Request) -> Response:
        visit = Visit(request, desk, await desk.sessions.find(request.cookies.get(COOKIE, "")))
        try:
            if (elsewhere := await _turned_away(visit, declared)) is not None:
                return elsewhere
            if visit.may(Right.SEE_DASHBOARD):
                visit.cut_off = tuple(each for each in await desk.store.stops.active() if each.scope in SIDES)
            return await declared.handler(visit)
        except KNOWN as error:
            said = refusal(error)
            return visit.page("refused.html", said.status, words=said.words)

    return Route(declared.path, endpoint, methods=[declared.method], name=f"{declared.method} {declared.path}")


async def _turned_away(visit: Visit, declared: Declared) -> Response | None:
    """None = let in.  The order matters: who is unknown learns nothing but where to sign in."""
    right, session = declared.right, visit.session
    if right is not Right.PUBLIC:
        if session is None:
            visit.form = await visit.request.form(max_fields=_FIELDS, max_files=int(declared.takes_file))
            return visit.put_off("/sign-in", EXPIRED)
        if not session.whole and right is not Right.HALF_SIGNED_IN:
            return visit.go("/sign-in/second")
        if right not in (Right.HALF_SIGNED_IN, Right.SIGNED_IN) and not visit.may(right):
            raise Refusal("この操作をする権限がありません。", "You may not do this.", 403)
        if right in PRIVILEGED and not visit.desk.sessions.is_elevated(session):
            if declared.method == "POST":
                visit.form = await visit.request.form(max_fields=_FIELDS, max_files=int(declared.takes_file))
            return visit.put_off(f"/confirm?{urlencode({'next': visit.place})}", UNCONFIRMED)
    if declared.method == "POST":
        await visit.request.body()  # kept: a handler may want the bytes themselves
        visit.form = await visit.request.form(max_fields=_FIELDS, max_files=int(declared.takes_file))
        # a public form has no session to abuse, and `guard` has seen that it is our own page's
        if right is not Right.PUBLIC and not hmac.compare_digest(visit.text("csrf").encode(), visit.csrf.encode()):
            raise Refusal("画面の有効期限が切れました。もう一度操作してください。", "This page is too old. Try again.", 403)
    return None
