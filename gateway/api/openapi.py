"""The declarations as an OpenAPI 3.1 document: nothing of it is written a second time.

Schemas are pydantic's (JSON Schema 2020-12, which 3.1 takes as it is), made from the dataclasses that validate and answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from gateway.api import problem
from gateway.api.problem import ProblemDetails
from gateway.api.resource import Declared, Zip
from gateway.api.scopes import SCOPES
from gateway.api.values import adapter

REF = "#/components/schemas/{model}"
_TEXT = {"type": "string"}
_CONVENTIONS = """\
- **Who asks**: `Authorization: Bearer mugai_...`, nothing else. A token acts as its owner, within its scopes and its limit.
- **Values**: JSON; a member or parameter that is not named here is refused with 422. Times are RFC 3339 with an offset.
- **Lists** have `items` and `next`: send `next` as `cursor` for the next page; null = there is none. Their order stays.
- **Refusals** are `application/problem+json` (RFC 9457): `title`, `detail` in Japanese, `title_en`, `detail_en` in English,
  `errors` with the place of each wrong value. 401 no token that counts, 403 not allowed, 404 not there or not yours to see,
  409 not in its present state, 412 and 428 about `If-Match`, 422 wrong values, 429 and 503 with `Retry-After`.
- **Once**: a POST with an `Idempotency-Key` is done once; the same request is answered alike for a day.
- **Two people** where the console asks for two: the second one acts with a token of their own, under `/approvals`.
"""
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 200},
    "description": "同じキーの要求は一度だけ実行し、1日のあいだ同じ答えを返します / done once, answered alike for a day",
}
_DIGEST = "`sha-256=:...:`, the digest of what is sent, in base64 (RFC 9530)"
_IF_MATCH = {"name": "If-Match", "in": "header", "required": True, "schema": _TEXT, "description": "The ETag that was read."}


@cache
def text(origin: str, routes: tuple[Declared, ...]) -> bytes:
    return json.dumps(document(origin, routes), ensure_ascii=False, separators=(",", ":")).encode()


def document(origin: str, routes: Sequence[Declared]) -> dict[str, Any]:
    schemas, components = _schemas(routes)
    paths: dict[str, dict[str, Any]] = {}
    for each in routes:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schemas, components)
    components = {name: schema for name, schema in components.items() if _used(name, (paths, components))}
    bearer = {"type": "http", "scheme": "bearer", "bearerFormat": "mugai_...", "description": _scopes()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mugai API",
            "version": version("mugai"),
            "summary": "無害化ゲートウェイの操作 / the sanitisation gateway, for programs",
            "description": _CONVENTIONS,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": f"{origin}/api/v1"}],
        "security": [{"token": []}],
        "tags": [{"name": tag.en, "description": tag.ja} for tag in dict.fromkeys(each.tag for each in routes)],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": bearer}},
    }


def _schemas(routes: Iterable[Declared]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """By type and direction; and what they refer to."""
    wanted: dict[Any, Any] = {(ProblemDetails, "serialization"): adapter(ProblemDetails)}
    for each in routes:
        if each.answer is not Zip:
            wanted[each.answer, "serialization"] = adapter(each.answer)
        for kind in (each.body, each.query, *each.places.values()):
            if kind is not None:
                wanted[kind, "validation"] = adapter(kind)
    inputs = [(kind, mode, made) for (kind, mode), made in wanted.items()]
    schemas, definitions = TypeAdapter.json_schemas(inputs, ref_template=REF)
    components: dict[str, Any] = definitions.get("$defs", {})
    for each in routes:
        if each.body is not None:  # as `door` reads it
            components[each.body.__name__]["additionalProperties"] = False
    return schemas, components


def _operation(each: Declared, schemas: dict[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": f"{each.handler.__module__.rpartition('.')[2]}_{each.handler.__name__}",
        "tags": [each.tag.en],
        "summary": f"{each.words.ja} / {each.words.en}",
        "description": each.handler.__doc__ or "",
        "security": [{"token": [each.scope.value]}],
        "parameters": [*_parameters(each, schemas, components)],
        "responses": {str(each.status): _success(each, schemas), **_refusals(each)},
    }
    if each.body is not None:
        content = {"application/json": {"schema": schemas[each.body, "validation"]}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _parameters(each: Declared, schemas: dict[Any, Any], components: dict[str, Any]) -> Iterable[dict[str, Any]]:
    for name, kind in each.places.items():
        yield {"name": name, "in": "path", "required": True, "schema": schemas[kind, "validation"]}
    if each.query is not None:
        made = components[each.query.__name__]
        for name, schema in made["properties"].items():
            required = name in made.get("required", ())
            yield {"name": name, "in": "query", "required": required, "schema": _said(schema)}
    if each.once:
        yield _KEY
    if each.method == "PUT":
        yield _IF_MATCH


def _said(schema: dict[str, Any]) -> dict[str, Any]:
    """Of a parameter: what may be left out has no null that could be sent."""
    [*some] = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {name: value for name, value in schema.items() if name not in ("anyOf", "title") and value is not None}
    return rest | (some[0] if some else {})


def _used(name: str, where: object) -> bool:
    return f'"{REF.format(model=name)}"' in json.dumps(where)


def _success(each: Declared, schemas: dict[Any, Any]) -> dict[str, Any]:
    if each.answer is Zip:
        headers = {"Content-Disposition": {"schema": _TEXT}, "Content-Digest": {"schema": _TEXT, "description": _DIGEST}}
        zipped = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
        return {"description": each.words.en, "headers": headers, "content": zipped}
    found: dict[str, Any] = {
        "description": each.words.en,
        "content": {"application/json": {"schema": schemas[each.answer, "serialization"]}},
    }
    return found | ({"headers": {"ETag": {"schema": _TEXT}}} if each.tagged else {})


def _refusals(each: Declared) -> dict[str, Any]:
    """One for all: what the codes mean stands at the page about the API."""
    schema = {"$ref": REF.format(model=ProblemDetails.__name__)}
    body = {problem.MEDIA_TYPE: {"schema": schema}}
    limited = {"description": problem.TITLES[429].en, "content": body, "headers": {"Retry-After": {"schema": _TEXT}}}
    return {"429": limited, "default": {"description": f"Refused. Needs the right {each.right}.", "content": body}}


def _scopes() -> str:
    return "\n".join(f"- `{scope}` {use.words.ja} / {use.words.en}" for scope, use in SCOPES.items())
