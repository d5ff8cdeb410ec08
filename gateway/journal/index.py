"""What sealed entries are found by: their kind, rule, people and SHA-256, as short terms in one table.

Written by the sealer, off the path of mail; waiting entries are few and are read themselves.  The terms are an index and no
record: what they lead to is read from the entries, and those are what the tree vouches for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import sqlalchemy as sa

from gateway.store.schema import metadata

journal_term = sa.Table(
    "journal_term",
    metadata,
    sa.Column("term", sa.String(80), primary_key=True),
    sa.Column("event", sa.BigInteger, primary_key=True),
    sqlite_with_rowid=False,  # the key is the row: a term is read backwards by event without another look-up
)

_PEOPLE = ("actor", "asked_by", "on_behalf")
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_LONGEST = 80


def term(name: str, value: str) -> str:
    """64 bits of a hash are enough for an index."""
    return f"{name}={value[:16] if name == 'sha256' else value}"[:_LONGEST]


def terms(entry: bytes) -> set[str]:
    facts = json.loads(entry)
    found = {term("kind", facts["kind"])}
    found |= {term("actor", facts[name]) for name in _PEOPLE if facts.get(name)}
    if facts.get("rule"):
        found.add(term("rule", facts["rule"]))
    for value in facts.values():
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str) and len(text) >= 64:
                found |= {term("sha256", each) for each in _SHA256.findall(text)}
    return found


def insert(conn: sa.Connection, entries: Sequence[tuple[int, bytes]]) -> None:
    rows = [{"term": each, "event": event} for event, entry in entries for each in terms(entry)]
    conn.execute(journal_term.insert(), rows)
