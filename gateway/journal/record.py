"""An event becomes a row: canonical JSON with salted commitments, the clear text of personal fields beside it.

`insert` is an operation inside the transaction of the fact that it records: no event, no fact; no fact, no event.
Commitment: SHA-256(salt || UTF-8 value), salt of 16 random bytes per value, so that equal addresses are not linkable
and an erased one cannot be guessed back.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import sqlalchemy as sa

from gateway.journal import trouble
from gateway.journal.events import Alarm, Event
from gateway.store.schema import journal_pending, journal_personal


@dataclass(frozen=True, slots=True)
class Personal:
    field: str
    position: int
    salt: bytes
    value: str

    @property
    def commitment(self) -> str:
        return hashlib.sha256(self.salt + self.value.encode()).hexdigest()


def insert(conn: sa.Connection, events: Sequence[Event], now: float) -> None:
    for event in events:
        entry, personals = encode(event, now)
        values = {"at": now, "kind": event.kind(), "item": event.item, "entry": entry}
        [number] = conn.execute(journal_pending.insert(), values).inserted_primary_key or (None,)
        if personals:
            rows = [
                {"event": number, "field": p.field, "position": p.position, "salt": p.salt, "value": p.value} for p in personals
            ]
            conn.execute(journal_personal.insert(), rows)
        if isinstance(event, Alarm):
            trouble.raised(conn, event, now)


def encode(event: Event, now: float) -> tuple[bytes, tuple[Personal, ...]]:
    """The entry's bytes, which are hashed and kept verbatim, and what they commit to."""
    personals = tuple(_personals(event))
    facts: dict[str, object] = {"at": round(now, 3), "kind": event.kind()}
    for each in fields(event):
        committed = [p.commitment for p in personals if p.field == each.name]
        facts[each.name] = {"sha256": committed} if "personal" in each.metadata else getattr(event, each.name)
    return json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode(), personals


def _personals(event: Event) -> Iterator[Personal]:
    for each in fields(event):
        if "personal" in each.metadata:
            value = getattr(event, each.name)
            for position, text in enumerate(value if isinstance(value, tuple) else (value,)):
                clean = str(text).encode("utf-8", "backslashreplace").decode()  # lone surrogates of a broken name
                yield Personal(each.name, position, secrets.token_bytes(16), clean)
