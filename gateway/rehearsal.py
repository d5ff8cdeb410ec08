"""What would become of one mail: the gateway's own rooms walk it once, and nothing of it is stored, sent, journalled or learnt.

The rules are those in force in the store, the memory, directory, exceptions and lists are the store's as they are now.  Left
out: approvals of an earlier walk, and passwords out of recent mails, since hearing them would try them on what waits.
Raises ScannerDown, SandboxDown, BadConfiguration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gateway.app import Gateway
from gateway.directory import book
from gateway.model import Cleared, Envelope, Lease, QueueItem, State, Work
from gateway.notifier import Notifier, postmaster
from gateway.policy.rules import Asked, Policy, Ruling
from gateway.settings import Settings
from gateway.specimen import RECEIPT
from gateway.store.opening import Store
from gateway.workflow.engine import waited_for
from gateway.workflow.letters import Letters
from gateway.workflow.model import Case, Kind, Opening
from sanitizers.letter import Enclosure

NOBODY = "00000000000000000000000000"  # the id of no mail


@dataclass(frozen=True, slots=True)
class Said:
    """A mail that somebody inside would get about this one."""

    to: tuple[str, ...]
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """For some of the recipients.  `asked` are the rules in their order, the deciding one last."""

    ruling: Ruling
    asked: tuple[Asked, ...]
    state: State
    rule: str  # as it would be recorded: what the clearance refuses is held by another name
    why: str
    letters: tuple[Said, ...]
    deciders: tuple[str, ...] | None  # whom the case that it would open waits for; None = it opens none


@dataclass
class _Overheard(Notifier):
    said: list[Said] = field(default_factory=list)

    def mail(
        self, *, to: Sequence[str], subject: str, text: str, name: str, receipt: str, papers: Sequence[Enclosure] = ()
    ) -> bytes:
        self.said.append(Said(tuple(to), subject, text))
        return super().mail(to=to, subject=subject, text=text, name=name, receipt=receipt, papers=papers)


@dataclass(frozen=True, slots=True)
class _Unstored:
    """Stands where the spool does."""

    held: bytes

    async def content(self, item_id: str) -> bytes | int:
        return self.held

    async def trace(self, item_id: str) -> bytes:
        return b""

    async def cleared(self, lease: Lease) -> Cleared:
        raise LookupError("nothing is relayed in a rehearsal")


async def rehearse(
    settings: Settings, store: Store, policy: Policy, content: bytes, envelope: Envelope, *, scan: bool = True
) -> list[Rehearsed]:
    quiet = replace(policy, guessing={name: replace(each, recent_mails=False) for name, each in policy.guessing.items()})
    gateway = Gateway(settings, store, policy=quiet)
    if not scan:
        gateway.inspector.scanner = None
    try:
        await gateway.sandbox.start()
        await gateway.office.start()
        return await _walk(gateway, content, envelope)
    finally:
        await gateway.sandbox.stop()
        await gateway.office.stop()


async def _walk(gateway: Gateway, content: bytes, envelope: Envelope) -> list[Rehearsed]:
    settings, now = gateway.settings, gateway.store.clock.now()
    overheard = _Overheard(gateway.store.clock, postmaster(settings), settings.retention.quarantine_days)
    pipeline = replace(gateway.pipeline, spool=_Unstored(content), notifier=overheard)
    item = QueueItem(NOBODY, RECEIPT, envelope, envelope.recipients, now, len(content), "")
    lease, found = Lease(0, 0, Work.INSPECT, item), []
    async for ruling in pipeline.rulings(lease, content):
        done = await pipeline.carry_out(lease, ruling)
        deciders = None
        for opening in done.opened:
            deciders = await _asked(gateway, replace(gateway.workflow.letters, notifier=overheard, link=""), opening, now)
        first, seen, by = ruling.group.recipients[0], ruling.inspection, ruling.waivers
        asked = tuple(pipeline.policy.asked(envelope, first, item.size, seen, by))
        move = done.moves[0]
        found.append(Rehearsed(ruling, asked, move.state, move.rule, move.why, tuple(overheard.said), deciders))
        overheard.said.clear()
    return found


async def _asked(gateway: Gateway, letters: Letters, opening: Opening, now: float) -> tuple[str, ...]:
    """Has the first letters of a case written that would be opened; to whom."""
    directory, due = await gateway.store.directory.current(), now + opening.seconds
    case = Case(0, opening, opening.stage, 0, (), RECEIPT, 0, now, now, due, now, False, 0)
    deciders = waited_for(directory, case, book.day(now))
    for address in deciders if opening.tell else ():
        letters.wanted(directory, case, address, "", now)
    if opening.kind is Kind.APPROVAL:
        letters.waiting(directory, case, deciders, "", now)
    return deciders
