"""Mail is found again: by receipt number, subject, sender, recipient, file name; and by what it has in common with others.

Filed in the transaction that settles the inspection, for delivered and held mail alike; forgotten with the original.  Words are
folded (NFKC, case, width), so that ﾒｰﾙ finds メール; a term is a part of a word, as Japanese has no blanks to cut at.
One narrow table is read from end to end: 100,000 mails in well under a second (`mugai bench console`), and nothing to keep in
step.  Who may see what is not decided here.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from enum import StrEnum

import sqlalchemy as sa

from gateway.catalogue.schema import catalogue, likeness
from gateway.filed import Filed
from gateway.model import QueueItem

LONGEST = 2_000  # characters for one mail; a name list of a thousand recipients is not what anybody searches by
MOST_FILES = 20  # whose contents are compared
MOST_AUTHORS = 5  # addresses in From; RFC 5322 3.6.2 allows several, people write one
MOST_HOSTS = 50  # a newsletter links to a handful; more is a list of links
TERMS = 8


class Likeness(StrEnum):
    """In what two mails are alike."""

    SENDER = "sender"
    SUBJECT = "subject"
    FILE = "file"
    HOST = "host"  # of a link


def fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def terms(text: str) -> list[str]:
    """What somebody typed, cut at blanks."""
    return fold(text)[:200].split(" ")[:TERMS] if text.strip() else []


def matches(text: str) -> sa.ColumnElement[bool]:
    """On `catalogue`: every term, in any field."""
    return sa.and_(sa.true(), *(sa.func.instr(catalogue.c.words, term) > 0 for term in terms(text)))


def file(conn: sa.Connection, item: QueueItem, filed: Filed | None) -> None:
    """Once for a message; what a later inspection knows replaces it."""
    known = conn.scalar(sa.select(catalogue.c.message).where(catalogue.c.message == item.id))
    if known is not None and filed is None:
        return
    forget(conn, [item.id])
    filed = filed or Filed()
    conn.execute(catalogue.insert().values(message=item.id, words=words_of(item, filed), subject=filed.subject[:LONGEST]))
    if alike := likenesses_of(item, filed):
        conn.execute(likeness.insert(), alike)


def words_of(item: QueueItem, filed: Filed) -> str:
    some = (item.receipt, filed.subject, item.envelope.sender, filed.sender, *filed.names, *item.recipients)
    return fold("\n".join(some))[:LONGEST]


def likenesses_of(item: QueueItem, filed: Filed) -> list[dict[str, object]]:
    """Rows of `likeness`."""
    return [{"message": item.id, "kind": kind, "key": key} for kind, key in set(_likenesses(item, filed))]


def forget(conn: sa.Connection, items: Sequence[str]) -> None:
    for table in (catalogue, likeness):
        conn.execute(table.delete().where(table.c.message.in_(items)))


def alike(conn: sa.Connection, item: str, most: int) -> dict[Likeness, list[str]]:
    """Other mails with the same sender, subject or file, newest first."""
    found: dict[Likeness, list[str]] = {kind: [] for kind in Likeness}
    for row in conn.execute(sa.select(likeness).where(likeness.c.message == item)).all():
        same = sa.and_(likeness.c.kind == row.kind, likeness.c.key == row.key, likeness.c.message != item)
        query = sa.select(likeness.c.message).where(same).order_by(likeness.c.message.desc()).limit(most)
        found[Likeness(row.kind)] += conn.scalars(query)
    return {kind: sorted(set(some), reverse=True)[:most] for kind, some in found.items()}


def _likenesses(item: QueueItem, filed: Filed) -> Iterator[tuple[Likeness, bytes]]:
    for sender in filter(None, (item.envelope.sender.lower(), *filed.authors[:MOST_AUTHORS])):
        yield Likeness.SENDER, key(sender)
    if subject := fold(filed.subject):
        yield Likeness.SUBJECT, key(subject)
    for sha256 in filed.hashes[:MOST_FILES]:
        yield Likeness.FILE, key(sha256)
    for host in filed.hosts[:MOST_HOSTS]:
        yield Likeness.HOST, key(host)


def key(text: str) -> bytes:
    """Under which a likeness is filed."""
    return hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).digest()
