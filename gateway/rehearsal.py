"""What would become of one mail: the gateway's own rooms walk it once, and nothing of it is stored, sent, journalled or learnt.

One path for `mugai explain`, the console's page and the API, by the rules in force or by a draft.  Memory, directory,
exceptions and lists are the store's as they are now.  Left out: approvals of an earlier walk, passwords out of recent mails
(hearing them would try them on what waits), our ARC seal, and whether the scanner's signatures are too old for any mail.
Who sent a bare file is not asked: nobody signed the mail that is made around it.
Raises ScannerDown, SandboxDown, BadConfiguration, and ValueError for an envelope that is none.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace

from gateway.directory import book
from gateway.inspection import Inspector
from gateway.model import Cleared, Lease, PartReport, QueueItem, State, Work
from gateway.notice import Notices
from gateway.notifier import Notifier, postmaster
from gateway.path import pipeline_of
from gateway.pipeline import Pipeline
from gateway.policy.rules import Asked, Policy, Rule, Ruling
from gateway.settings import Settings
from gateway.specimen import RECEIPT, Specimen
from gateway.store.opening import Store
from gateway.workflow.engine import waited_for
from gateway.workflow.letters import Letters, letters
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

    @property
    def decides(self) -> Rule | None:
        """None where the list of denied senders decided instead."""
        rule = self.asked[-1].rule
        return rule if rule.name == self.ruling.decision.rule else None

    def files(self) -> Iterator[tuple[Enclosure, PartReport | None]]:
        """What would be attached, each with the report of the part that it was made from."""
        inspection = self.ruling.inspection
        parts = {part.sha256_out: part for part in inspection.report.parts}
        for each in inspection.enclosures:
            yield each, parts.get(hashlib.sha256(each.content).hexdigest())


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
    settings: Settings, store: Store, notices: Notices, inspector: Inspector, policy: Policy, specimen: Specimen
) -> tuple[Rehearsed, ...]:
    """For each group of recipients that is treated and decided alike."""
    quiet = replace(policy, guessing={name: replace(each, recent_mails=False) for name, each in policy.guessing.items()})
    content, overheard = specimen.message(), _Overheard(store.clock, postmaster(settings), settings.retention.quarantine_days)
    pipeline = replace(pipeline_of(settings, store, quiet, notices, overheard, inspector), spool=_Unstored(content))
    if not specimen.is_mail:
        pipeline.identifier = None
    wrote = replace(letters(settings, notices, overheard), link="")
    return tuple([each async for each in _walk(store, pipeline, overheard, wrote, specimen, content)])


async def _walk(
    store: Store, pipeline: Pipeline, overheard: _Overheard, wrote: Letters, specimen: Specimen, content: bytes
) -> AsyncIterator[Rehearsed]:
    now, envelope = store.clock.now(), specimen.envelope
    item = QueueItem(NOBODY, RECEIPT, envelope, envelope.recipients, now, len(content), "")
    lease = Lease(0, 0, Work.INSPECT, item)
    async for ruling in pipeline.rulings(lease, content):
        done = await pipeline.carry_out(lease, ruling)
        deciders = None
        for opening in done.opened:
            deciders = await _asked(store, wrote, opening, now)
        first, seen, by = ruling.group.recipients[0], ruling.inspection, ruling.waivers
        asked = tuple(pipeline.policy.asked(envelope, first, item.size, seen, by))
        bare = replace(ruling, inspection=replace(seen, leaves=()))  # they were the observers'
        move = done.moves[0]
        yield Rehearsed(bare, asked, move.state, move.rule, move.why, tuple(overheard.said), deciders)
        overheard.said.clear()


async def _asked(store: Store, wrote: Letters, opening: Opening, now: float) -> tuple[str, ...]:
    """Has the first letters of a case written that would be opened; to whom."""
    directory, due = await store.directory.current(), now + opening.seconds
    case = Case(0, opening, opening.stage, 0, (), RECEIPT, 0, now, now, due, now, False, 0)
    deciders = waited_for(directory, case, book.day(now))
    for address in deciders if opening.tell else ():
        wrote.wanted(directory, case, address, "", now)
    if opening.kind is Kind.APPROVAL:
        wrote.waiting(directory, case, deciders, "", now)
    return deciders
