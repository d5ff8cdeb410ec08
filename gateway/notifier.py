"""Mails that Mugai writes to its own staff: held, sent back, changed (issue: nobody's mail disappears without a word).

Only to people inside, never to a sender outside (H8).  Of held and changed mail one recipient hears at most a few times in a
while, so that ten thousand bad mails do not become ten thousand notices (H9); a mail that was sent back is always told,
since nothing else is left of it, and so is a password.  The words are `notice/`'s.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

from gateway import ticket
from gateway.clock import JST, Clock
from gateway.model import Authored, Cleared, Decision, Direction, Disposition, Hiding, Inspection, QueueItem
from gateway.notice import Notices
from gateway.policy.protection import Lock, Origin
from gateway.rights import TICKET_KEY
from gateway.settings import Settings
from gateway.ticket import Tickets
from sanitizers.compose import compose
from sanitizers.letter import Enclosure, Letter, Mailbox
from sanitizers.model import Verdict

WINDOW = 3_600.0  # seconds
MOST = 10  # notices to one recipient in one window; the list of all is in quarantine


def postmaster(settings: Settings) -> Mailbox:
    return Mailbox(f"{settings.organisation} メール無害化", f"postmaster@{settings.inbound.domains[0]}")


def notifying(settings: Settings, clock: Clock) -> Notifier:
    origin = settings.console.origin if settings.workflow.links else ""
    tickets = Tickets(ticket.key(settings.place(TICKET_KEY)), origin, clock.now)
    return Notifier(clock, postmaster(settings), settings.retention.quarantine_days, tickets)


@dataclass
class Notifier:
    """`sender` is the mailbox in From; the reverse-path is always null (RFC 3834 3.3).  `tickets` None = no links."""

    clock: Clock
    sender: Mailbox
    quarantine_days: int
    tickets: Tickets | None = None
    _sent: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def held(
        self, notices: Notices, item: QueueItem, recipients: Sequence[str], inspection: Inspection, decision: Decision
    ) -> tuple[Authored, ...]:
        """To the recipients of a held inbound mail, which may wait for a password; none for what leaves.

        One notice for all, or, with links, one for each: a link is one person's."""
        told = tuple(r for r in recipients if item.envelope.direction is Direction.INBOUND and self.may(r))
        if not told:
            return ()
        groups = [(who,) for who in told] if self.link(told[0]) else [told]
        until = datetime.fromtimestamp(self.clock.now() + self.quarantine_days * 86_400, JST)
        subject = inspection.letter.subject if inspection.letter else ""
        waits = decision.disposition is Disposition.AWAIT_PASSWORD
        locked = [p.name for p in inspection.report.parts if p.worst().verdict is Verdict.LOCKED]
        mark, head = "パスワード待ち" if waits else "保留", (item.receipt, item.envelope.sender, subject)

        def text(link: str) -> str:
            if waits:
                return notices.password(*head, locked, until, link)
            return notices.held(*head, decision.reason, until, link)

        return tuple(
            self._note(f"held.{at}", item, who, f"【{mark}】{subject or item.receipt}", text(self.link(who[0], item.id)))
            for at, who in enumerate(groups)
        )

    def link(self, address: str, item: str = "") -> str:
        """To the console's page for staff, "" = there are none."""
        return self.tickets.link(address, item) if self.tickets else ""

    def rejected(
        self, notices: Notices, item: QueueItem, recipients: Sequence[str], subject: str, decision: Decision, why: Sequence[str]
    ) -> tuple[Authored, ...]:
        """The whole mail goes no further: its sender inside reads why, and what to do."""
        text = notices.rejected(item.receipt, recipients, subject, decision, why)
        return (self._note("rejected", item, (item.envelope.sender,), f"【送信できません】{subject or item.receipt}", text),)

    def hidden(
        self, notices: Notices, item: QueueItem, count: int, subject: str, decision: Decision, hiding: Hiding
    ) -> tuple[Authored, ...]:
        """What was changed on the sender's mail."""
        told = tuple(r for r in (item.envelope.sender,) if r and self.may(r))
        text = notices.hidden(item.receipt, count, subject, decision, hiding)
        return (self._note("hidden", item, told, f"【宛先を非表示にしました】{subject or item.receipt}", text),) if told else ()

    def locked(
        self, notices: Notices, cleared: Cleared, files: Sequence[str], subject: str, decision: Decision, lock: Lock
    ) -> tuple[Authored, ...]:
        """To the sender alone, however many they are: a password that nobody is told opens nothing (SD-02)."""
        item, made = cleared.item, lock.origin is Origin.MADE
        to = item.envelope.sender
        if not made and not self.may(to):
            return ()
        password = lock.password if made else ""
        text = notices.protected(item.receipt, cleared.recipients, subject, files, decision, lock.origin, password)
        name = f"locked.{cleared.sha256[:16]}"  # a mail may leave under several passwords
        return (self._note(name, item, (to,), f"【添付を暗号化しました】{subject or item.receipt}", text),)

    def informed(
        self, notices: Notices, item: QueueItem, who: Sequence[str], subject: str, decision: Decision, why: Sequence[str]
    ) -> tuple[Authored, ...]:
        """For those who answer for an outbound mail that did not simply leave."""
        told = tuple(r for r in who if self.may(r))
        text = notices.informed(item.receipt, item.envelope.sender, item.recipients, subject, decision, why)
        return (self._note("informed", item, told, f"【送信の監視】{decision.rule}: {item.receipt}", text),) if told else ()

    def _note(self, kind: str, item: QueueItem, told: tuple[str, ...], subject: str, text: str) -> Authored:
        content = self.mail(to=told, subject=subject, text=text, name=f"{kind}.{item.id}", receipt=item.receipt)
        return Authored("notice", "", told, Direction.INBOUND, content, item.envelope.smtputf8, item.id)

    def mail(
        self, *, to: Sequence[str], subject: str, text: str, name: str, receipt: str, papers: Sequence[Enclosure] = ()
    ) -> bytes:
        """A whole message from us; `name` makes its Message-ID.  `papers` are our own as well, never a sender's."""
        letter = Letter(
            subject=subject,
            from_=(self.sender,),
            sender=None,
            reply_to=(),
            to=tuple(Mailbox("", address) for address in to),
            cc=(),
            date=format_datetime(datetime.fromtimestamp(self.clock.now(), JST)),
            message_id=f"<{name}@{self.sender.address.rpartition('@')[2]}>",
            in_reply_to=(),
            references=(),
            body=text,
            attachments=(),
            extra=(("Auto-Submitted", "auto-generated"),),
        )
        return compose(letter, papers, extra_headers=(("X-Mugai-Receipt", receipt),) if receipt else ())

    def may(self, recipient: str) -> bool:
        """Not yet too many for this one; counts it."""
        sent, now = self._sent[recipient], self.clock.monotonic()
        while sent and now - sent[0] > WINDOW:
            sent.popleft()
        if len(sent) >= MOST:
            return False
        sent.append(now)
        return True
