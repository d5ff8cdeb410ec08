"""What holds for every request and every response of the console, before and after any screen (security.md 5.4).

Before: who may connect, which host name is ours, how long a body may be, and that a state change comes from our own page (W2).
After: the headers, on every answer, errors included.  Which right a route needs is `screen`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problem import answer
from gateway.settings import ConsoleSettings, Network
from gateway.words import Refusal

BODY_BYTES = 1 << 20  # of a form; a route that takes a file declares more
API = "/api/"  # all versions, and what is none: a program is answered there
REPORTS = "/reports"  # the browser's word that a policy was broken; it comes without cookie and origin

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'; "
    f"report-uri {REPORTS}; report-to console"
)
PICTURE_POLICY = f"sandbox; default-src 'none'; frame-ancestors 'none'; report-uri {REPORTS}"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Reporting-Endpoints": f'console="{REPORTS}"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


class Guard:
    def __init__(self, app: ASGIApp, programs: ASGIApp, settings: ConsoleSettings, larger: Mapping[str, int]):
        """`programs` is for all below API; `larger` is how many bytes the bodies of some paths may have."""
        self._app, self._programs, self._peers, self._larger = app, programs, settings.peers, larger
        self._origin, self._proxies = settings.origin, settings.proxies
        self._host = urlsplit(settings.origin).netloc
        self._headers = HEADERS | (
            {"Strict-Transport-Security": "max-age=63072000"} if settings.origin.startswith("https:") else {}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        scope = self._in_front(scope)

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        by_token = scope["path"].startswith(API)
        if problem := self._problem(scope, by_token):
            refusal = answer(problem, self._origin) if by_token else PlainTextResponse(problem.words.en, problem.status)
            await refusal(scope, receive, dressed)
        elif by_token:
            await self._programs(scope, receive, dressed)
        else:
            await self._app(scope, _bounded(receive, self._larger.get(scope["path"], BODY_BYTES)), dressed)

    def _in_front(self, scope: Scope) -> Scope:
        """The client that a proxy of ours speaks for: whom the last of them saw, not what anybody wrote before (W4, AC-09)."""
        if not self._proxies:
            return scope
        hops = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",") if _among(scope, self._proxies) else []
        for hop in (each.strip() for each in reversed(hops)):
            if not _among({"client": (hop, 0)}, self._proxies):
                return {**scope, "client": (hop, 0)}
        return {**scope, "client": None}

    def _problem(self, scope: Scope, by_token: bool) -> Refusal | None:
        headers = Headers(scope=scope)
        if not _among(scope, self._peers):
            return Refusal("この接続元からは利用できません。", "this address may not connect", 403)
        if headers.get("host", "") != self._host:
            return Refusal("ホスト名が違います。", "another host name than the console's", 421)
        if by_token:  # no cookie counts there, so no page can abuse one; its routes know their methods and sizes
            return None
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return Refusal("この操作はありません。", "method not allowed", 405)
        if scope["method"] == "POST" and scope["path"] != REPORTS and not self._is_ours(headers):
            return Refusal("画面から送られたものではありません。", "not sent by a page of the console", 403)
        return None

    def _is_ours(self, headers: Headers) -> bool:
        """Both words of the browser count; a client that says neither is none of ours.

        Under `no-referrer` a browser writes the origin of its own forms as "null": then the other word must be there."""
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is None:
            return origin == self._origin
        return site == "same-origin" and origin in (None, "null", self._origin)


def _among(scope: Scope, peers: Iterable[Network]) -> bool:
    client = scope.get("client")
    try:
        return client is not None and any(ip_address(client[0]) in network for network in peers)
    except ValueError:
        return False


def _bounded(receive: Receive, most: int) -> Receive:
    """Raises HTTPException 413 at the first byte too many."""
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413)
        return message

    return bounded
