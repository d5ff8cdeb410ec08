"""What holds for every request of a program, once: token, pace, scope, right, values; and how each answer looks.

Cookies count for nothing here and none is set, so there is nothing that another site could abuse; no CORS header is ever sent.
What `console/guard.py` asks of a connection (peers, host name) was asked before.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from gateway import journal
from gateway.api import problem, tokens
from gateway.api.again import Again
from gateway.api.call import Call, etag
from gateway.api.problem import Problem, invalid
from gateway.api.resource import A_FILE, BODY_BYTES, Declared, Zip
from gateway.api.tokens import Standing, Token
from gateway.api.values import adapter, dump
from gateway.console.desk import Desk
from gateway.console.refusals import KNOWN, refusal
from gateway.words import Refusal

_BEARER = re.compile(r"Bearer ([\x21-\x7e]{1,200})", re.IGNORECASE)  # RFC 6750 2.1; the scheme's case does not matter
FILES = 2  # bodies with a file in memory at once, each several times as large as the file
_HOUR = 3_600.0
ZIP = "application/zip"
_SEEN = 1_000  # tokens and sources whose reading was recorded lately

log = logging.getLogger(__name__)


class Door:
    def __init__(self, desk: Desk):
        self._desk, self._again = desk, Again(desk.store.db, desk.store.clock)
        self._pace = Pace(desk.settings.console.api_requests, desk.store.clock.monotonic)
        self._files = asyncio.Semaphore(FILES)
        self._read: OrderedDict[tuple[str, str], float] = OrderedDict()

    def route(self, root: str, declared: Declared) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                return await self._answered(request, declared)
            except Exception as error:
                return self.refused(error)

        return Route(f"{root}{declared.path}", endpoint, methods=[declared.method], name=declared.name)

    def refused(self, error: Exception) -> Response:
        if isinstance(error, ClientDisconnect):
            return Response(status_code=400)  # nobody reads it
        if not isinstance(error, KNOWN):
            log.error("the API failed", exc_info=error)
            error = Problem("画面サーバーの内部で誤りが起きました。", "An error of the console; it is in its log.", 500)
        return problem.answer(refusal(error), self._desk.settings.console.origin)

    async def admitted(self, request: Request) -> Token:
        """Raises Refusal."""
        shown = _BEARER.fullmatch(request.headers.get("authorization", ""))
        source = request.client.host if request.client else ""
        if not shown:
            raise Problem(
                "Authorization: Bearer にトークンを付けてください。",
                "Send the token as Authorization: Bearer.",
                401,
                {"WWW-Authenticate": 'Bearer realm="mugai"'},
            )
        try:
            page = await self._desk.sessions.of_page(shown[1])
            token = tokens.of_page(page) if page else await self._desk.tokens.prove(shown[1], source)
        except Refusal as wrong:
            header = {"Retry-After": "60"} if wrong.status == 429 else {"WWW-Authenticate": 'Bearer error="invalid_token"'}
            raise Problem(wrong.words.ja, wrong.words.en, wrong.status, header) from wrong
        if wait := self._pace.wait(token.mark):
            ja = f"{wait}秒後にもう一度お試しください。"
            raise Problem(ja, f"Try again in {wait} seconds.", 429, {"Retry-After": str(wait)})
        return token

    async def _answered(self, request: Request, declared: Declared) -> Response:
        token = await self.admitted(request)
        if declared.largest != A_FILE:
            return await self._done(Call(request, self._desk, token), declared)
        if self._files.locked():
            ja = "ほかのファイルを処理しています。少し待ってお試しください。"
            raise Problem(ja, "Other files are in work: try again soon.", 503, {"Retry-After": "10"})
        async with self._files:
            return await self._done(Call(request, self._desk, token), declared)

    async def _done(self, call: Call, declared: Declared) -> Response:
        request, token = call.request, call.token
        status = 500
        try:
            _authorise(call, declared)
            content = await self._content(request, declared)
            given = _given(request, declared, content)
            if declared.answer is Zip:
                made = _zipped(await declared.handler(call, **given))
                status = made.status_code
                return made
            key = request.headers.get("idempotency-key", "") if declared.once else ""
            whole = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + content
            status, body = await self._again.once(token.mark, key, whole, lambda: _work(call, declared, given))
        except KNOWN as error:
            status = refusal(error).status
            raise
        finally:
            await self._note(call, declared, status)
        return Response(body, status, {"ETag": etag(body)} if declared.tagged else None, "application/json")

    async def _content(self, request: Request, declared: Declared) -> bytes:
        """The body, b"" of a GET.  Raises Problem: too large, or no JSON by its own words."""
        if declared.body is None:
            return b""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem("Content-Type は application/json です。", "The body is application/json.", 415)
        largest = declared.largest or self._desk.settings.console.api_file * 3 // 2 + BODY_BYTES  # base64, and words
        taken = bytearray()
        async for chunk in request.stream():
            taken += chunk
            if len(taken) > largest:
                raise Problem(f"{largest >> 10} KB までです。", f"The body has {largest >> 10} KB at most.", 413)
        return bytes(taken)

    async def _note(self, call: Call, declared: Declared, status: int) -> None:
        """Whatever changes something, each time; reading, once an hour from each place."""
        now, key = self._desk.store.clock.now(), (call.token.mark, call.source)
        if call.token.standing is Standing.OF_A_PAGE:
            return  # it changes nothing, and shows what its page showed
        if not declared.changes and now - self._read.get(key, 0.0) < _HOUR:
            return
        if not declared.changes:
            self._read[key] = now
            if len(self._read) > _SEEN:
                self._read.popitem(last=False)
        what = f"{call.request.method} {call.request.url.path}"[:200]
        used = journal.TokenUsed(actor=call.who.name, token=call.token.mark, source=call.source, what=what, status=status)
        await self._desk.store.journal.write(used)


class Pace:
    """So many requests a minute for each token, some at once: a leaky bucket (GCRA), nothing but one number each."""

    def __init__(self, a_minute: float, monotonic: Callable[[], float]):
        self._gap, self._burst, self._monotonic = 60.0 / a_minute, 10.0, monotonic
        self._free: dict[str, float] = {}

    def wait(self, key: str) -> int:
        """Whole seconds; 0 = now, and counted."""
        now = self._monotonic()
        if len(self._free) >= _SEEN:  # whoever has not asked for a while counts as new anyway
            self._free = {each: at for each, at in self._free.items() if at > now}
        free = max(self._free.get(key, 0.0), now)
        if (early := free + self._gap - now - self._burst) > 0:
            return int(early) + 1
        self._free[key] = free + self._gap
        return 0


def _authorise(call: Call, declared: Declared) -> None:
    """Raises Problem.  The token's scope first: it says what the program was made for."""
    if declared.scope not in call.token.scopes:
        header = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{declared.scope}"'}
        raise Problem(
            f"このトークンには {declared.scope} がありません。", f"This token has no scope {declared.scope}.", 403, header
        )
    if not call.may(declared.right):
        raise Problem("この操作をする権限がありません。", "Its owner may not do this.", 403)
    if call.token.patterns and declared.of_the_house:
        ja = "このトークンは一部の課に限られています。庁内全体の情報は見られません。"
        raise Problem(ja, "This token is limited to sections and sees nothing of the whole house.", 403)


def _given(request: Request, declared: Declared, content: bytes) -> dict[str, Any]:
    """What the handler is called with.  Raises Problem."""
    given: dict[str, Any] = {}
    for name, kind in declared.places.items():
        try:
            given[name] = adapter(kind).validate_python(request.path_params[name])
        except ValidationError as error:
            raise LookupError(f"no such {name}") from error
    pairs = request.query_params.multi_items()
    if len(dict(pairs)) != len(pairs):
        raise Problem("同じ名前の値が二つあります。", "A parameter was given twice.", 422)
    if pairs and declared.query is None:
        raise Problem("この操作に検索条件はありません。", f"There is no parameter {pairs[0][0][:40]} here.", 422)
    try:
        if declared.query is not None:
            given["query"] = adapter(declared.query).validate_python(dict(pairs), extra="forbid")
    except ValidationError as error:
        raise invalid(error, "query") from error
    try:
        if declared.body is not None:
            given["body"] = adapter(declared.body).validate_json(content, strict=True, extra="forbid")
    except ValidationError as error:
        raise invalid(error) from error
    return given


def _zipped(made: Zip) -> Response:
    """Nothing of it stays here: whoever loses it on the way asks again."""
    digest = base64.b64encode(hashlib.sha256(made.content).digest()).decode()
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "Content-Digest": f"sha-256=:{digest}:",  # RFC 9530 2
    }
    return Response(made.content, 200, headers, ZIP)


async def _work(call: Call, declared: Declared, given: dict[str, Any]) -> tuple[int, bytes]:
    return declared.status, dump(await declared.handler(call, **given), declared.answer)
