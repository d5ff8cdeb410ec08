"""The daily list of held mail: one to each recipient inside for whom something waits, so that no mail is lost from sight.

Sent when something new was held since the last list, or runs out soon; a list that says the same as yesterday's would not be
read.  Each day's is written once, however many gateways there are.  The words are `notice/`'s.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa

from gateway.clock import JST, Clock
from gateway.model import Authored, Decision, Direction, QuarantineState, State
from gateway.notice import Notices
from gateway.notice.values import HeldMail
from gateway.notifier import Notifier
from gateway.spool import Spool
from gateway.spool.announcement import announced, last
from gateway.spool.states import WAITING
from gateway.store.db import Db
from gateway.store.schema import message, quarantine, recipient
from gateway.store.values import load

SOON = 3 * 86_400.0  # seconds before its expiry in which a held mail is a reason for a list
_OCCASION = "digest "


@dataclass(frozen=True, slots=True)
class Digest:
    db: Db
    spool: Spool
    clock: Clock
    notifier: Notifier

    async def waiting(self) -> Mapping[str, Sequence[HeldMail]]:
        """By recipient, what waits for it; the newest first."""
        return await self.db.read(_waiting)

    async def due(self, notices: Notices, at: time) -> int:
        """Today's lists, once it is `at` o'clock in Japan; how many were written now."""
        today = datetime.fromtimestamp(self.clock.now(), JST)
        occasion = f"{_OCCASION}{today:%Y-%m-%d}"
        if today.time() < at or self.clock.jump or await self.db.read(announced, occasion):
            return 0
        soon = datetime.fromtimestamp(self.clock.now() + SOON, JST)
        return await self._send(notices, occasion, lambda mail: mail.fresh or mail.until < soon)

    async def now(self, notices: Notices) -> int:
        """Everybody's list, whatever the hour."""
        return await self._send(notices, f"{_OCCASION}{self.clock.now():.3f}", lambda mail: True)

    async def _send(self, notices: Notices, occasion: str, matters: Callable[[HeldMail], bool]) -> int:
        told = [(who, mails) for who, mails in (await self.waiting()).items() if any(map(matters, mails))]
        notes = [self._note(notices, occasion, number, who, mails) for number, (who, mails) in enumerate(told)]
        return len(notes) if await self.spool.announce(occasion, notes) else 0

    def _note(self, notices: Notices, occasion: str, number: int, who: str, mails: Sequence[HeldMail]) -> Authored:
        name = f"{occasion.replace(' ', '.')}.{number}"
        subject = f"【保留一覧】保留中のメールが{len(mails)}件あります"
        text = notices.digest(mails, self.notifier.link(who))
        content = self.notifier.mail(to=(who,), subject=subject, text=text, name=name, receipt="")
        return Authored("digest", "", (who,), Direction.INBOUND, content, not who.isascii())


def _waiting(conn: sa.Connection) -> dict[str, list[HeldMail]]:
    since = last(conn, _OCCASION)
    columns = (quarantine.c.subject, quarantine.c.decision, quarantine.c.held_at, quarantine.c.expires_at)
    inbound = message.c.direction == Direction.INBOUND
    locked = sa.and_(recipient.c.state == State.AWAITING_PASSWORD, message.c.sender != "")  # only its sender can open it
    who = sa.case((inbound, recipient.c.address), else_=message.c.sender)
    query = (
        sa.select(who.label("address"), message.c.receipt, message.c.sender, *columns)
        .distinct()
        .join(quarantine, recipient.c.quarantine == quarantine.c.id)
        .join(message, recipient.c.message == message.c.id)
        .where(quarantine.c.state == QuarantineState.HELD, recipient.c.state.in_(WAITING))
        .where(sa.or_(inbound, locked))
        .order_by(quarantine.c.held_at.desc())
    )
    found: dict[str, list[HeldMail]] = defaultdict(list)
    for row in conn.execute(query):
        held_at, until = (datetime.fromtimestamp(at, JST) for at in (row.held_at, row.expires_at))
        reason = load(Decision, row.decision).reason
        found[row.address].append(HeldMail(row.receipt, row.sender, row.subject, reason, held_at, until, row.held_at > since))
    return found
