"""Asks whoever sent a held mail for its files in another form (SAN-05); a reviewer's act, once for a mail.

A stranger is written to only when it is proven that the address is theirs: what anybody may have forged would make us write to
a third party (backscatter, RFC 3834 2).  In any other case the recipient inside is asked to telephone.  Letter and record are
one transaction.  Raises AlreadyAsked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.model import Authored, Direction, PartReport
from gateway.notice import Notices
from gateway.notice.values import Way
from gateway.notifier import Notifier
from gateway.quarantine import QuarantineEntry
from gateway.spool import Spool
from gateway.spool.acceptance import author
from gateway.spool.contents import small
from gateway.store.db import Db
from gateway.store.schema import message
from sanitizers.model import Verdict

KIND = "resend"  # of the letter, among the mails of our own


class AlreadyAsked(Exception):
    """Somebody asked before."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the journal has of an inbound mail's sender: `spf=pass dkim=none dmarc=pass`, and what speaks against it."""

    results: str
    warnings: str

    def holds(self, mechanism: str) -> bool:
        return f"{mechanism}=pass" in self.results.split()


@dataclass(frozen=True, slots=True)
class Addressee:
    way: Way
    to: tuple[str, ...]


def addressee(entry: QuarantineEntry, proof: Proof, shown_from: Sequence[str]) -> Addressee:
    """SPF proves the reverse-path, DMARC the only address in From, `shown_from`; neither counts beside a doubt or a virus."""
    sender, inside = entry.item.envelope.sender, Addressee(Way.RECIPIENT, entry.recipients)
    if entry.item.envelope.direction is Direction.OUTBOUND:
        return Addressee(Way.STAFF, (sender,) if sender else ())
    if not sender or proof.warnings or entry.verdict is Verdict.INFECTED:
        return inside
    if proof.holds("dmarc") and len(shown_from) == 1:
        return Addressee(Way.SENDER, tuple(shown_from))
    return Addressee(Way.SENDER, (sender,)) if proof.holds("spf") else inside


@dataclass(frozen=True, slots=True)
class Resend:
    db: Db
    spool: Spool
    clock: Clock
    notices: Notices
    notifier: Notifier

    async def asked(self, item: str) -> bool:
        return await self.db.read(_asked, item)

    async def ask(self, entry: QuarantineEntry, whom: Addressee, actor: str, words: str) -> None:
        """`words` are the reviewer's own."""
        text = self.notices.resend(whom.way, entry.item, entry.recipients, entry.subject, _files(entry), words)
        subject, name = f"【ファイルの再送のお願い】{entry.subject or entry.item.receipt}", f"{KIND}.{entry.item.id}"
        content = self.notifier.mail(to=whom.to, subject=subject, text=text, name=name, receipt=entry.item.receipt)
        direction = Direction.OUTBOUND if whom.way is Way.SENDER else Direction.INBOUND
        international = not all(each.isascii() for each in whom.to)
        note = Authored(KIND, "", whom.to, direction, content, international, entry.item.id)
        event = journal.SenderAsked(item=entry.item.id, actor=actor, way=whom.way, reason=words, to=whom.to)
        await self.db.write(_write, note, event, self.clock.now())
        self.spool.wake.set()


def _files(entry: QuarantineEntry) -> list[PartReport]:
    """What does not arrive; of a mail that was held as a whole all of it."""
    parts = entry.report.parts if entry.report else ()
    return [part for part in parts if not part.sha256_out] or list(parts)


def _asked(conn: sa.Connection, item: str) -> bool:
    known = sa.and_(message.c.about == item, message.c.kind == KIND)
    return bool(conn.scalar(sa.select(sa.exists().where(known))))


def _write(conn: sa.Connection, note: Authored, event: journal.SenderAsked, now: float) -> None:
    if _asked(conn, note.about):
        raise AlreadyAsked("it was asked before")
    content = note.content
    author(conn, note, small(content), now)
    journal.insert(conn, (event,), now)
