"""Taking responsibility: message, recipients, first job and the `received` event in one transaction (T1).

The same envelope and bytes again within RETRY_WINDOW is a client that did not see our 250: it gets the first answer again,
and no second mail (scale.md 3.4).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa

from gateway import journal
from gateway.clock import JST
from gateway.model import Authored, Client, Direction, Envelope, QueueItem, State, Work
from gateway.spool import keys
from gateway.spool.contents import Kept, about
from gateway.store.schema import cleared, job, message, recipient
from gateway.store.values import dump, load

RETRY_WINDOW = 3_600.0  # seconds: RFC 5321 4.5.4.1 has senders try again after 30 minutes
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: nothing to mistake on the telephone
NOBODY = Client("", 0, "")  # Mugai itself

# made once: building a statement costs more than running it
_ITEM = sa.select(*(c for c in message.c if c.name not in ("content", "trace"))).where(message.c.id == sa.bindparam("item"))
_EVERYBODY = sa.select(recipient.c.address).where(recipient.c.message == sa.bindparam("item")).order_by(recipient.c.position)
_KNOWN = (
    sa.select(message.c.id)
    .where(message.c.ingest_key == sa.bindparam("key"), message.c.received_at > sa.bindparam("since"))
    .order_by(message.c.received_at)
    .limit(1)
)
_RECEIPT = sa.select(sa.exists().where(message.c.receipt == sa.bindparam("wanted")))


def accept(conn: sa.Connection, envelope: Envelope, kept: Kept, trace: bytes, now: float) -> tuple[QueueItem, bool]:
    """The item, and whether it was there before."""
    key = _ingest_key(envelope, kept.sha256)
    if known := conn.scalar(_KNOWN, {"key": key, "since": now - RETRY_WINDOW}):
        # a write, not only a read: on a replicated store its commit waits until the first one is safe as well
        journal.insert(conn, (journal.Duplicate(item=known, client=envelope.client.address),), now)
        return read_item(conn, known), True
    envelope = replace(envelope, recipients=tuple(dict.fromkeys(envelope.recipients)))
    item = _new_item(conn, envelope, kept, now)
    _insert(conn, item, "mail", "", key, kept, trace)
    number = new_job(conn, Work.INSPECT, item.id, now)
    _insert_recipients(conn, item, State.RECEIVED, number, now)
    journal.insert(conn, (journal.Received.of(item),), now)
    return item, False


def author(conn: sa.Connection, note: Authored, kept: Kept, now: float) -> None:
    """A mail of our own: straight to SANITISED, with its relay job."""
    envelope = Envelope(note.sender, note.recipients, note.direction, NOBODY, note.smtputf8)
    item = _new_item(conn, envelope, kept, now)
    _insert(conn, item, note.kind, note.about, "", None, b"")
    copy = new_copy(conn, item.id, note.sender, note.smtputf8, kept)
    number = new_job(conn, Work.RELAY, item.id, now, copy=copy)
    _insert_recipients(conn, item, State.SANITISED, number, now)
    journal.insert(
        conn, (journal.NoticeSent(item=item.id, about=note.about, notice=note.kind, recipients=note.recipients),), now
    )


def new_copy(conn: sa.Connection, item: str, sender: str, smtputf8: bool, kept: Kept, warrant: str | None = None) -> int:
    values = {"message": item, "sender": sender, "smtputf8": smtputf8, "size": kept.size, "sha256": kept.sha256}
    return _number(conn.execute(cleared.insert(), {**values, **_place(conn, kept), "warrant": warrant}))


def new_job(
    conn: sa.Connection, work: Work, item: str, now: float, *, copy: int | None = None, grant: str | None = None
) -> int:
    values = {"work": work, "message": item, "cleared": copy, "visible_at": now, "due_at": now, "grant_json": grant}
    fresh = {"token": 0, "deaths": 0, "attempts": 0, "frozen": False, "why": ""}
    return _number(conn.execute(job.insert(), {**values, **fresh}))


def read_item(conn: sa.Connection, item_id: str, recipients: Sequence[str] | None = None, attempts: int = 0) -> QueueItem:
    """`recipients` None = all of the envelope.  Raises LookupError."""
    row = conn.execute(_ITEM, {"item": item_id}).one_or_none()
    if row is None:
        raise LookupError(f"no message {item_id}")
    everybody = tuple(conn.scalars(_EVERYBODY, {"item": item_id}))
    direction, client = Direction(row.direction), load(Client, row.client)
    envelope = Envelope(row.sender, everybody, direction, client, row.smtputf8, row.body_8bit)
    chosen = everybody if recipients is None else tuple(r for r in everybody if r in set(recipients))
    return QueueItem(row.id, row.receipt, envelope, chosen, row.received_at, row.size, row.sha256, attempts)


def _ingest_key(envelope: Envelope, sha256: str) -> str:
    parts = (envelope.direction, envelope.sender, *sorted(envelope.recipients), sha256)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _new_item(conn: sa.Connection, envelope: Envelope, kept: Kept, now: float) -> QueueItem:
    return QueueItem(_new_id(now), _new_receipt(conn, now), envelope, envelope.recipients, now, kept.size, kept.sha256)


def _new_id(now: float) -> str:
    """A ULID: 48 bits of milliseconds, 80 random ones, 26 characters that sort by time."""
    number = int(now * 1000) << 80 | secrets.randbits(80)
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))


def _new_receipt(conn: sa.Connection, now: float) -> str:
    """20261121-K7Q2: the day in Japan and as few letters as are free; four serve up to a million mails a day."""
    day = datetime.fromtimestamp(now, JST).strftime("%Y%m%d")
    for length in (4, 4, 4, 5, 5, 6, 8):
        receipt = f"{day}-{''.join(secrets.choice(_ALPHABET) for _ in range(length))}"
        if not conn.scalar(_RECEIPT, {"wanted": receipt}):
            return receipt
    raise AssertionError("eight random letters were taken")


def _insert(conn: sa.Connection, item: QueueItem, kind: str, about: str, key: str, kept: Kept | None, trace: bytes) -> None:
    envelope = item.envelope
    values = {
        "id": item.id,
        "receipt": item.receipt,
        "kind": kind,
        "about": about,
        "direction": envelope.direction,
        "sender": envelope.sender,
        "client": dump(envelope.client),
        "smtputf8": envelope.smtputf8,
        "body_8bit": envelope.body_8bit,
        "received_at": item.received_at,
        "ingest_key": key,
        "size": item.size,
        "sha256": item.sha256,
        "trace": trace,
        **_place(conn, kept),
    }
    conn.execute(message.insert(), values)


def _place(conn: sa.Connection, kept: Kept | None) -> dict[str, object]:
    """Where a row says that its content is; None = it has none of its own."""
    number = keys.put(conn, kept.key, about(kept)) if kept else None
    return {"content": kept and kept.content, "blob": kept and kept.blob, "content_key": number}


def _insert_recipients(conn: sa.Connection, item: QueueItem, state: State, number: int, now: float) -> None:
    common = {"message": item.id, "state": state, "job": number, "changed_at": now, "why": "", "rule": "", "actor": "gateway"}
    rows = [{**common, "address": address, "position": position} for position, address in enumerate(item.recipients)]
    conn.execute(recipient.insert(), rows)


def _number(result: sa.CursorResult[tuple[int]]) -> int:
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])
