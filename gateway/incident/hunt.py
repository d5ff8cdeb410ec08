"""Retro-hunt: the mails of the last days that have something in common with an incident, and where each copy is now.

Both directions, whatever became of them.  Contents are found in the journal, which forgets nothing; link hosts and words of the
subject as long as the original is kept.  Reads only.  Raises ValueError (nothing to look for, or too much found).
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway import catalogue
from gateway.catalogue import Likeness
from gateway.catalogue.schema import catalogue as words
from gateway.catalogue.schema import likeness
from gateway.clock import JST
from gateway.evidence.export import BOM, guarded
from gateway.incident.indicators import Indicators
from gateway.journal.index import journal_term, term
from gateway.model import Direction, State
from gateway.sent import Copy
from gateway.store.schema import cleared, journal, journal_pending, message, quarantine, recipient

MOST = 20_000  # mails; more is no incident but everyday mail: a narrower indicator is wanted
_SOME = 500  # SQLite takes a limited number of parameters
HEADINGS = (
    "受付番号",
    "受付日時",
    "方向",
    "差出人",
    "件名",
    "宛先",
    "所在",
    "所在の日時",
    "一致した手掛かり",
    "配送した写しのSHA-256",
)
PLACES = {  # where a copy is, for whoever must fetch it
    State.RECEIVED: "この装置 (検査待ち)",
    State.SANITISED: "この装置 (配送待ち)",
    State.HELD: "この装置 (保留)",
    State.AWAITING_APPROVAL: "この装置 (承認待ち)",
    State.AWAITING_PASSWORD: "この装置 (パスワード待ち)",
    State.DELAYED: "この装置 (送信待ち)",
    State.RELAYED: "配送済み (宛先のメールボックス)",
    State.BOUNCED: "配送不能",
    State.DELETED: "削除済み",
    State.EXPIRED: "期限切れで削除済み",
}


@dataclass(frozen=True, slots=True)
class Caught:
    item: str
    receipt: str
    received_at: float
    direction: Direction
    sender: str
    subject: str  # "" of a mail that nobody inspected, or whose original is gone and that was never held
    copies: tuple[Copy, ...]
    by: tuple[str, ...]  # which indicators it has
    delivered: tuple[str, ...]  # SHA-256 of the copies that left

    @property
    def in_hand(self) -> bool:
        return any(copy.in_hand for copy in self.copies)


def hunt(conn: sa.Connection, wanted: Indicators, since: float, until: float) -> list[Caught]:
    """Newest first."""
    if not wanted:
        raise ValueError("nothing to look for: name a mail, a SHA-256, a sender, a link host or words of a subject")
    found: dict[str, list[str]] = defaultdict(list)
    for name, items in _each(conn, wanted):
        for item in items:
            found[item].append(name)
    caught = [each for some in _parts(sorted(found)) for each in _caught(conn, some, found, since, until)]
    if len(caught) > MOST:
        raise ValueError(f"more than {MOST} mails have that in common; name something rarer")
    return sorted(caught, key=lambda each: each.item, reverse=True)


def _each(conn: sa.Connection, wanted: Indicators) -> Iterator[tuple[str, Iterable[str]]]:
    for value in wanted.content:
        yield f"content={value[:16]}", _with_content(conn, value.lower())
    for value in wanted.sender:
        own = sa.select(message.c.id).where(sa.func.lower(message.c.sender) == value.lower())
        yield f"sender={value}", {*conn.scalars(own), *_alike(conn, Likeness.SENDER, value)}
    for value in wanted.host:
        yield f"host={value}", _alike(conn, Likeness.HOST, value)
    for value in wanted.subject:
        part = sa.func.instr(words.c.words, catalogue.fold(value)) > 0
        yield f"subject={value}", conn.scalars(sa.select(words.c.message).where(part)).all()
    for value in wanted.like:
        yield f"like={value}", _like(conn, value)


def _alike(conn: sa.Connection, kind: Likeness, value: str) -> Sequence[str]:
    same = (likeness.c.kind == kind, likeness.c.key == catalogue.key(value.lower()))
    return conn.scalars(sa.select(likeness.c.message).where(*same)).all()


def _like(conn: sa.Connection, receipt: str) -> set[str]:
    """The mail itself, and what has its subject or one of its link hosts."""
    item = sa.select(message.c.id).where(message.c.receipt == receipt.upper())
    own = sa.select(likeness.c.kind, likeness.c.key).where(likeness.c.message.in_(item))
    own = own.where(likeness.c.kind.in_((Likeness.SUBJECT, Likeness.HOST)))
    found = set(conn.scalars(item))
    for row in conn.execute(own).all():
        same = sa.select(likeness.c.message).where(likeness.c.kind == row.kind, likeness.c.key == row.key)
        found |= set(conn.scalars(same))
    return found


def _with_content(conn: sa.Connection, sha256: str) -> set[str]:
    """A whole mail or a file in it; the index knows 64 bits of it, the entry all."""
    found = set(conn.scalars(sa.select(message.c.id).where(message.c.sha256 == sha256)))
    indexed = sa.select(journal_term.c.event).where(journal_term.c.term == term("sha256", sha256))
    sealed = sa.select(journal.c.item, journal.c.entry).where(journal.c.event.in_(indexed))
    waiting = sa.select(journal_pending.c.item, journal_pending.c.entry)
    for row in (*conn.execute(sealed), *conn.execute(waiting)):
        if row.item and sha256.encode() in row.entry:
            found.add(row.item)
    return found


def _caught(
    conn: sa.Connection, items: Sequence[str], by: dict[str, list[str]], since: float, until: float
) -> Iterator[Caught]:
    columns = (message.c.id, message.c.receipt, message.c.received_at, message.c.direction, message.c.sender)
    mine = (message.c.id.in_(items), message.c.kind == "mail", message.c.received_at >= since, message.c.received_at <= until)
    subjects = {
        each.message: each.subject
        for table in (quarantine, words)
        for each in conn.execute(
            sa.select(table.c.message, table.c.subject).where(table.c.message.in_(items), table.c.subject != "")
        )
    }
    copies: dict[str, list[Copy]] = defaultdict(list)
    for row in conn.execute(sa.select(recipient).where(recipient.c.message.in_(items)).order_by(recipient.c.position)):
        copies[row.message].append(Copy(row.address, State(row.state), row.changed_at))
    left = _delivered(conn, items)
    for row in conn.execute(sa.select(*columns).where(*mine)):
        where = tuple(copies[row.id])
        about = (row.id, row.receipt, row.received_at, Direction(row.direction), row.sender, subjects.get(row.id, ""))
        yield Caught(*about, where, tuple(by[row.id]), tuple(left[row.id]))


def _delivered(conn: sa.Connection, items: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in conn.execute(sa.select(cleared.c.message, cleared.c.sha256).where(cleared.c.message.in_(items))):
        found[row.message].append(row.sha256)
    return found


def _parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(items), _SOME):
        yield items[start : start + _SOME]


def table(caught: Sequence[Caught]) -> str:
    """A line for each copy, as CSV that Excel opens: whoever looks after mailboxes works it off."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    for mail in caught:
        for copy in mail.copies:
            direction = "受信" if mail.direction is Direction.INBOUND else "送信"
            about = (mail.receipt, _moment(mail.received_at), direction, mail.sender or "<>", mail.subject, copy.address)
            rest = (PLACES[copy.state], _moment(copy.at), " ".join(mail.by), " ".join(mail.delivered))
            writer.writerow([guarded(cell) for cell in (*about, *rest)])
    return BOM + out.getvalue()


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M:%S")
