"""What a trusted mail server in front of us found out: its Authentication-Results (RFC 8601, SAN-07).

Only an authserv-id that the configuration names is read, and of its fields only the first: a server that may be trusted
removes forged ones of its own name (RFC 8601 5) and writes above everything older.  What can not be read says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sanitizers.authentication.fields import Message
from sanitizers.identity import DOMAIN, Result, Signature

_LONGEST = 10_000  # bytes of one field
_METHOD = re.compile(r"([a-z][a-z0-9-]*)(?:/1)?=([a-z]+)(.*)", re.ASCII | re.DOTALL)
_PROPERTY = re.compile(r"([a-z]+\.[a-z0-9_-]+)=([^\s;]+)", re.ASCII)
_RESULTS = {result.value: result for result in Result} | {"hardfail": Result.FAIL}


@dataclass(frozen=True, slots=True)
class Word:
    """Of one trusted server; None = it does not say."""

    authenticator: str = ""
    spf: Result | None = None
    spf_domain: str = ""
    signatures: tuple[Signature, ...] | None = None
    dmarc: Result | None = None
    arc: Result | None = None


def word(message: Message, believed: tuple[str, ...]) -> Word:
    for field in message.named(b"authentication-results"):
        text = _without_comments(field.value[:_LONGEST].decode("latin-1"))
        first, *rest = text.split(";")
        server = (first.split() or [""])[0].lower()
        if server in believed:
            return _word(server, rest)
    return Word()


def _word(server: str, statements: list[str]) -> Word:
    said: dict[str, list[tuple[Result, dict[str, str]]]] = {}
    for method, result, properties in _read(statements):
        said.setdefault(method, []).append((result, properties))
    spf, spf_properties = said.get("spf", [(None, {})])[0]
    sender = spf_properties.get("smtp.mailfrom") or spf_properties.get("smtp.helo", "")
    return Word(
        server,
        spf,
        _domain(sender),
        tuple(_signature(result, properties) for result, properties in said["dkim"]) if "dkim" in said else None,
        said["dmarc"][0][0] if "dmarc" in said else None,
        said["arc"][0][0] if "arc" in said else None,
    )


def _read(statements: list[str]) -> Iterator[tuple[str, Result, dict[str, str]]]:
    for statement in statements:
        match = _METHOD.fullmatch(statement.strip().lower())
        if match and match[2] in _RESULTS:
            yield match[1], _RESULTS[match[2]], dict(_PROPERTY.findall(match[3]))


def _signature(result: Result, properties: dict[str, str]) -> Signature:
    return Signature(_domain(properties.get("header.d") or properties.get("header.i", "")), "", result)


def _domain(value: str) -> str:
    domain = value.strip('"').rpartition("@")[2].lower()
    return domain if DOMAIN.fullmatch(domain) else ""


def _without_comments(text: str) -> str:
    """RFC 5322 3.2.2 comments nest; what is quoted stays, but ends no statement."""
    kept, depth, quoted = [], 0, False
    for piece in re.findall(r'\\.|["()]|[^\\"()]+|.', text, re.DOTALL):
        if piece == '"' and not depth:
            quoted = not quoted
        elif piece == "(" and not quoted:
            depth += 1
        elif piece == ")" and not quoted:
            depth = max(0, depth - 1)
            continue
        if not depth:
            kept.append(piece.replace(";", " ") if quoted else piece)
    return "".join(kept)
