"""A program that speaks to the API with a token, without a network; each answer is held against the document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from gateway.api import app as api
from gateway.api import openapi
from gateway.api.scopes import TokenScope
from gateway.api.tokens import Wanted
from gateway.console.standing import Account
from tests.gateway.console.make_console import ORIGIN, Console

SCOPED = tuple(TokenScope)


@dataclass
class Program:
    client: httpx.AsyncClient
    mark: str
    secret: str

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return self._seen("get", path, await self.client.get(f"/api/v1{path}", headers=self._headers(headers)))

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        sent = self._headers(headers)
        return self._seen("post", path, await self.client.post(f"/api/v1{path}", json=body or {}, headers=sent))

    async def put(self, path: str, body: object, **headers: str) -> httpx.Response:
        return self._seen("put", path, await self.client.put(f"/api/v1{path}", json=body, headers=self._headers(headers)))

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"authorization": f"Bearer {self.secret}"} | named

    def _seen(self, method: str, path: str, answer: httpx.Response) -> httpx.Response:
        """What is answered is what the document promises, refusals as well."""
        check(method, path.partition("?")[0], answer)
        return answer


async def program(
    c: Console,
    who: Account,
    *scopes: TokenScope,
    patterns: Sequence[str] = (),
    networks: Sequence[str] = (),
    days: float = 30,
    source: str = "127.0.0.1",
) -> Program:
    """With a token that its owner has taken."""
    wanted = Wanted("test", who.name, scopes, days, tuple(patterns), tuple(networks))
    made = await c.desk.tokens.make(wanted, "admin")
    return Program(c.client(source), made.mark, await c.desk.tokens.take(made.mark, who.name))


@cache
def document() -> dict[str, Any]:
    return openapi.document(ORIGIN, api.declared())


def check(method: str, path: str, answer: httpx.Response) -> None:
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control") or name == "set-cookie"]
    operation = _operation(method, path)
    if operation is None:
        assert answer.headers["content-type"] in ("application/problem+json", "application/json")
        return
    said = operation["responses"].get(str(answer.status_code), operation["responses"]["default"])
    content = said["content"][answer.headers["content-type"]]
    if "json" in answer.headers["content-type"]:
        validator(content["schema"]).validate(json.loads(answer.content))


def _operation(method: str, path: str) -> dict[str, Any] | None:
    """Of the template that fits best: the one with the fewest places."""
    for template, operations in sorted(document()["paths"].items(), key=lambda each: each[0].count("{")):
        parts, wanted = path.split("/"), template.split("/")
        if len(parts) == len(wanted) and all(
            w in (p, w if w.startswith("{") else p) for p, w in zip(parts, wanted, strict=True)
        ):
            found: dict[str, Any] | None = operations.get(method)
            return found
    return None


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    whole = {**schema, "components": document()["components"]}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
