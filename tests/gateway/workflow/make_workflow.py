"""A store, the small town of `make_directory`, and cases of outbound mails in it; the clock is moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gateway import journal
from gateway.directory import Book, Directory, Role
from gateway.model import Client, Direction, Disposition, Envelope, Hold, Lease, Settlement, State
from gateway.notice import Notices
from gateway.notifier import Notifier
from gateway.policy.rules import Approval, Delay, Match, Rule
from gateway.workflow import opening
from gateway.workflow.engine import Workflow
from gateway.workflow.letters import Letters
from gateway.workflow.model import Case
from sanitizers.letter import Mailbox
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_spool import HOLD, START, Rooms, moves, report, rooms

CONFIG = Path(__file__).parents[3] / "config"
NOTICES = Notices.load(CONFIG / "notices")
PARTNER = "partner@pref.example.jp"
DAY = 86_400.0
LADDER = ((Role.ISM,), (Role.BUR,), (Role.CSO,))

ASKING = Rule(
    "secret",
    Match(direction=Direction.OUTBOUND),
    Disposition.AWAIT_APPROVAL,
    "機密",
    ("SD-01",),
    approval=Approval(LADDER, DAY),
)
DELAYING = replace(ASKING, name="wait", action=Disposition.DELAY, approval=None, delay=Delay(300))
CONFIRMING = replace(DELAYING, name="sure", delay=Delay(300, unless_confirmed=True))


@dataclass
class Town:
    r: Rooms
    book: Book
    workflow: Workflow
    sent: int = 0

    async def mail(self, rule: Rule = ASKING, sender: str = "taro", to: Sequence[str] = (PARTNER,)) -> Case:
        """A mail that `rule` stopped; its case."""
        incoming = self.r.spool.incoming()
        self.sent += 1
        await incoming.write(b"Subject: test\r\n\r\nbody %d\r\n" % self.sent)
        who = Envelope(at(sender), tuple(to), Direction.OUTBOUND, Client("192.0.2.9", 25, "mx"))
        await self.r.spool.accept(who, incoming, b"")
        lease = await self.r.claim()
        await self.r.spool.settle(lease, stopping(lease, rule))
        return (await self.workflow.cases(limit=1))[0]

    async def states(self, case: Case) -> list[State]:
        return [row.state for row in (await self.r.spool.show(case.opening.item)).recipients]

    async def later(self, seconds: float) -> None:
        """Time passes as it does for a gateway that runs: the clock is looked at."""
        self.r.times.pass_(seconds)
        self.r.clock.now()
        while await self.workflow.tick():
            pass


def stopping(lease: Lease, rule: Rule, to: Sequence[str] | None = None) -> Settlement:
    who = tuple(to or lease.item.recipients)
    hold = Hold(who, replace(HOLD, disposition=rule.action, rule=rule.name, reason=rule.reason), report(), "見積書の件")
    state = State.AWAITING_APPROVAL if rule.approval else State.DELAYED
    opened = opening.of_mail(lease.item, hold, rule, None)
    return Settlement(moves=moves(who, state), held=(hold,), opened=opened, events=(journal.Held.of(lease.item, hold),))


def workflow_of(r: Rooms, domains: tuple[str, ...] = ("city.example.lg.jp",)) -> Workflow:
    notifier = Notifier(r.clock, Mailbox("Mugai", at("postmaster")), 30)
    return Workflow(r.db, r.spool, r.clock, Letters(NOTICES, notifier, domains, "https://mugai.example/l/"))


@asynccontextmanager
async def town(root: Path, house: Directory = HOUSE) -> AsyncIterator[Town]:
    """Opened a second time it is what it was."""
    async with rooms(root, START) as r:
        book = Book(r.db, r.clock)
        if await book.current() != house:
            await book.replace(house, 0, "test", "test")
        yield Town(r, book, workflow_of(r))
