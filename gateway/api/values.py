"""The small types that requests and answers are made of, each with its place in a JSON schema; and values as bytes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, StringConstraints, TypeAdapter, WithJsonSchema
from typing_extensions import TypeAliasType

from sanitizers.model import Verdict

_VERDICTS = [each.name.lower() for each in Verdict]


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unix(text: object) -> object:
    """RFC 3339 with its offset: a time without one would be somebody's guess."""
    if not isinstance(text, str):
        return text
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs its offset: 2026-11-28T09:00:00+09:00")
    return at.timestamp()


def _verdict(text: object) -> object:
    if text not in _VERDICTS:
        raise ValueError(f"must be one of {', '.join(_VERDICTS)}")
    return Verdict[str(text).upper()]


def _decoded(text: object) -> object:
    return base64.b64decode(text, validate=True) if isinstance(text, str) else text


Moment = Annotated[  # Unix seconds here, RFC 3339 outside
    float,
    BeforeValidator(_unix),
    PlainSerializer(_rfc3339),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-28T09:00:00+09:00"]}),
]
VerdictName = TypeAliasType(  # an alias has a name in the document, so a client has one type for all
    "VerdictName",
    Annotated[
        Verdict,
        BeforeValidator(_verdict),
        PlainSerializer(lambda each: each.name.lower()),
        WithJsonSchema({"type": "string", "enum": _VERDICTS, "title": "VerdictName"}),
    ],
)
Content = Annotated[
    bytes,
    BeforeValidator(_decoded),
    PlainSerializer(lambda each: base64.b64encode(each).decode(), return_type=str),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "pattern": "^[A-Za-z0-9+/]*={0,2}$"}),
]
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=500),
    Field(description="Why; it goes into the journal.", examples=["電話で送信者に確認した"]),
]
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000),
    Field(description="Of a locked file, for one inspection; it is kept nowhere.", json_schema_extra={"writeOnly": True}),
]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Number = Annotated[int, Field(ge=0, lt=10**15)]
Item = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Za-z-]{1,40}$"),
    Field(description="A mail's id or receipt number.", examples=["20261128-7K2M"]),
]


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Making one takes milliseconds."""
    return TypeAdapter(kind)


def dump(value: Any, kind: Any) -> bytes:
    """UTF-8; a lone surrogate that a stranger's mail smuggled as far as this becomes a question mark."""
    shaped = adapter(kind).dump_python(value, mode="json")
    return json.dumps(shaped, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")
