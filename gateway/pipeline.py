"""The one path of a message: inspect, decide, clear or hold; then relay.  One step in, one Settlement out.

Every way out that is not a delivery holds or waits (I7).  Durable changes are the spool's: a step that dies half-way has
changed nothing.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway import alarm_names, dsn, journal
from gateway.backoff import Backoff
from gateway.candidates import Candidates
from gateway.clearance import Clearance, NotCleared, apart, releasable
from gateway.clock import Clock
from gateway.contacts import Contacts
from gateway.filed import Filed
from gateway.identity import Identifier
from gateway.inspection import MESSAGE, Inspector, ScannerDown
from gateway.judgement import may_leave_as_it_came
from gateway.model import (
    Authored,
    Cleared,
    Decision,
    Delivery,
    DeliveryOutcome,
    Direction,
    Disposition,
    GrantKind,
    Group,
    Hold,
    Inspection,
    Lease,
    Move,
    NextHop,
    QueueItem,
    Settlement,
    Sign,
    State,
    Telling,
    TlsPolicy,
    Work,
)
from gateway.notice import Notices
from gateway.notifier import Notifier
from gateway.policy.leaks import SEARCHED
from gateway.policy.memory import arrival_of
from gateway.policy.observer import Observer
from gateway.policy.protection import Lock
from gateway.policy.recipients import removed
from gateway.policy.rules import Guessing, Policy, Ruling
from gateway.policy.senders import Senders, denied, waivers
from gateway.relay import Relay
from gateway.routing import routes
from gateway.sandbox import SandboxDown
from gateway.settling import (
    FOREIGN,
    FORGOTTEN,
    NOT_AS_IT_CAME,
    UNCLEARED,
    UNDELIVERABLE,
    UNPROCESSABLE,
    WAITS_IN,
    merge,
    subject_of,
    wrote,
)
from gateway.spool import MissingContent
from gateway.unlocking import GATEWAY, Keyring
from gateway.workflow import opening
from gateway.workflow.model import Kind
from gateway.workflow.register import Register
from sanitizers.model import Cipher, Reason, Verdict


class Source(Protocol):
    """What the path reads of its mail: `spool.Spool`."""

    async def content(self, item_id: str) -> bytes | int: ...
    async def trace(self, item_id: str) -> bytes: ...
    async def cleared(self, lease: Lease) -> Cleared: ...


@dataclass
class Pipeline:
    """`policy` and `notices` are replaced on reload; a step keeps the ones that it started with."""

    spool: Source
    inspector: Inspector
    clearance: Clearance
    relay: Relay
    policy: Policy
    notices: Notices
    next_hops: dict[Direction, NextHop]
    backoff: Backoff
    clock: Clock
    worker_deaths: int
    hold_when_scanner_down: bool
    hostname: str
    notifier: Notifier
    identifier: Identifier | None = None  # None: senders are not judged
    observers: tuple[Observer, ...] = ()  # of outbound mail
    register: Register | None = None  # of approvals and exceptions; None: no rule is ever waived
    contacts: Contacts | None = None  # who inside hears of outbound mail; None: nobody
    senders: Senders | None = None  # denied and allowed ones; None: nobody is
    candidates: Candidates | None = None  # None: nothing is guessed
    tls_domains: Mapping[str, TlsPolicy] = field(default_factory=dict)  # of recipients outside (SD-08)
    keyring: Keyring = field(default_factory=lambda: Keyring(time.monotonic))

    async def step(self, lease: Lease) -> Settlement:
        if lease.deaths >= self.worker_deaths:
            return self._held(lease, lease.item.recipients, UNPROCESSABLE, None)
        try:
            return await (self._deliver(lease) if lease.work is Work.RELAY else self._inspect(lease))
        except (ScannerDown, SandboxDown) as down:
            return self._later(lease, str(down))

    async def _inspect(self, lease: Lease) -> Settlement:
        item, settlement = lease.item, Settlement()
        try:
            content = await self.spool.content(item.id)
        except MissingContent as missing:
            return self._held(lease, item.recipients, replace(UNPROCESSABLE, reason=str(missing)), None)
        try:
            async for ruling in self.rulings(lease, content):
                done = await self.carry_out(lease, ruling)
                settlement = merge(settlement, replace(done, filed=Filed.of(ruling.inspection)))
        finally:
            if isinstance(content, int):
                os.close(content)
        if any(opened.kind in (Kind.APPROVAL, Kind.DELAY) for opened in settlement.opened):
            self.keyring.keep(item.id)  # it comes again when somebody has decided
        else:
            self.keyring.forget(item.id)  # not when the scanner or the sandbox was down: then it is tried again
        return settlement

    async def rulings(self, lease: Lease, content: bytes | int) -> AsyncIterator[Ruling]:
        """One for each group of recipients that is treated and decided alike."""
        policy, item = self.policy, lease.item
        identifier = self.identifier if item.envelope.direction is Direction.INBOUND else None
        observers = self.observers if item.envelope.direction is Direction.OUTBOUND else ()
        proven = await identifier.authenticate(content, item) if identifier else None
        for group in policy.split(item.envelope, item.recipients, item.size):
            if lease.grant is not None and lease.grant.profile in policy.profiles:
                group = replace(group, profile=lease.grant.profile)
            inspection = await self._inspected(lease, content, group.profile, policy)
            if identifier:
                inspection = replace(inspection, identity=identifier.judge(item.envelope, proven, inspection.letter))
            # begun in the turn in which the register is asked: what all of them ask of the store is one read
            observing = asyncio.gather(*(each.observe(item, inspection) for each in observers))
            waived = await self.register.waivers(policy, item, inspection) if self.register else ()
            inspection = replace(inspection, observations=tuple(itertools.chain.from_iterable(await observing)))
            listed = await self.senders.about(item, inspection) if self.senders else ()
            waived = (*waived, *waivers(policy, listed))
            for part, decision in policy.decide(item.envelope, group, item.size, inspection, waived):
                yield Ruling(part, inspection, waived, denied(decision, listed))

    async def _inspected(self, lease: Lease, content: bytes | int, name: str, policy: Policy) -> Inspection:
        """With the password that somebody gave; else, where the profile says so, once more with those that may be guessed."""
        item, profile, guessing = lease.item, policy.profiles[name], policy.guessing.get(name, Guessing())
        given = self.keyring.of(item.id)
        reads = item.envelope.direction is Direction.OUTBOUND and bool(policy.signs() & SEARCHED)
        warrant = lease.grant.warrant if lease.grant else None
        files = frozenset(warrant.files) if warrant else frozenset[str]()
        profile_now = replace(profile, passwords=given)
        inspection = await self.inspector.message(content, profile_now, keep_leaves=reads, originals=files)
        if self.candidates is None or not guessing or item.envelope.direction is not Direction.INBOUND:
            return inspection
        if guessing.recent_mails and lease.grant is None and inspection.letter:
            await self.candidates.hear(item, inspection.letter)
        wanted = any(part.reason is Reason.ENCRYPTED for part in inspection.report.walk())
        guessed = self.candidates.of(item, guessing) if wanted and not given else ()
        if not guessed:
            return inspection
        opened = await self.inspector.message(content, replace(profile, passwords=guessed))
        return inspection if opened.verdict is Verdict.LOCKED else opened  # that nobody guessed it is no wrong password

    async def carry_out(self, lease: Lease, ruling: Ruling) -> Settlement:
        """What policy decided, for one group.  A release turns a hold into the delivery of the safe rest (SAN-05)."""
        item, group, inspection = lease.item, ruling.group, ruling.inspection
        decision = self._granted(lease, group, inspection, ruling.decision)
        recorded = Settlement(
            authored=await self._informed(lease, inspection, decision),
            events=self._recorded(lease, group, inspection, decision),
        )
        if decision.disposition is Disposition.DELETE:
            moves = tuple(Move(r, State.DELETED, decision.reason, decision.rule) for r in group.recipients)
            return merge(recorded, Settlement(moves=moves))
        if decision.disposition is Disposition.REJECT:
            if item.envelope.sender:
                return merge(recorded, self._rejected(item, group, inspection, decision))
            decision = replace(decision, disposition=Disposition.HOLD)  # nobody to tell: it is kept
        if decision.disposition is Disposition.DELIVER:
            try:
                return merge(recorded, await self._delivered(item, group, inspection, decision))
            except NotCleared as refusal:
                why = f"{UNCLEARED}({self.notices.reason(refusal.reason)})"
                decision = replace(decision, disposition=Disposition.HOLD, rule="not-cleared", reason=why)
                # rebuilder and verifier disagree: staff read why in plain words, the administrator all of it
                alarm = journal.Alarm(item=item.id, name="not-cleared", detail=str(refusal), ja=f"{item.receipt}: {why}")
                recorded = merge(recorded, Settlement(events=(alarm,)))
        told = self.notifier.held(self.notices, item, group.recipients, inspection, decision)
        recorded = merge(recorded, Settlement(authored=told if lease.grant is None else ()))
        return merge(recorded, self._held(lease, group.recipients, decision, inspection))

    def _recorded(self, lease: Lease, group: Group, inspection: Inspection, decision: Decision) -> tuple[journal.Event, ...]:
        decided = journal.Decided.of(lease.item, group, inspection, decision)
        if not decision.alarm or lease.grant is not None:
            return (decided,)
        return decided, journal.Alarm(item=lease.item.id, name=decision.alarm, detail=decision.reason)

    async def _delivered(self, item: QueueItem, group: Group, inspection: Inspection, decision: Decision) -> Settlement:
        """Cleared copies, one for each password that opens the files; what was hidden stays in the journal alone."""
        trace, done = await self.spool.trace(item.id), Settlement()
        for lot, lock in self.policy.protection.lots(item, group, inspection, self.keyring.of(item.id)):
            if lock is not None and not item.envelope.sender:
                raise NotCleared(Reason.ENCRYPTED, "nobody could be told the password")
            cleared = await self.clearance.clear(item, lot, inspection, decision, trace, lock)
            done = merge(done, self._cleared(cleared, decision))
            if lock is not None:
                done = merge(done, self._locked(cleared, inspection, decision, lock))
        if inspection.letter is not None and item.envelope.direction is Direction.INBOUND:
            return replace(done, learnt=(arrival_of(inspection.letter),))
        return merge(done, self._hidden(item, inspection, decision))

    def _cleared(self, cleared: Cleared, decision: Decision) -> Settlement:
        """One copy, or one for each recipient where the rule hides them."""
        moves = tuple(Move(r, State.SANITISED, "cleared", decision.rule) for r in cleared.recipients)
        each = decision.hiding is not None and decision.hiding.delivery == "each"
        event = journal.ClearedForDelivery.of(cleared)
        return Settlement(moves=moves, cleared=apart(cleared) if each else (cleared,), events=(event,))

    def _locked(self, cleared: Cleared, inspection: Inspection, decision: Decision, lock: Lock) -> Settlement:
        """Written with the copy, in the same commit: no ZIP leaves whose password its sender is not told."""
        files = tuple(enclosure.name for enclosure in inspection.enclosures)
        told = self.notifier.locked(self.notices, cleared, files, subject_of(inspection), decision, lock)
        event = journal.AttachmentsLocked(
            item=cleared.item.id,
            rule=decision.rule,
            origin=lock.origin,
            method=Cipher.ZIP_AES256,
            recipients=cleared.recipients,
            files=files,
        )
        return Settlement(authored=told, events=(event,))

    def _hidden(self, item: QueueItem, inspection: Inspection, decision: Decision) -> Settlement:
        letter, hiding = inspection.letter, decision.hiding
        if letter is None or hiding is None:
            return Settlement()
        gone = removed(letter)
        counted = {o.sign: o.count for o in inspection.observations}
        count = counted.get(Sign.BULK_RECIPIENTS, len(gone))
        event = journal.RecipientsHidden(item=item.id, rule=decision.rule, count=len(gone), removed=gone)
        told = self.notifier.hidden(self.notices, item, count, letter.subject, decision, hiding)
        return Settlement(authored=told, events=(event,))

    def _rejected(self, item: QueueItem, group: Group, inspection: Inspection, decision: Decision) -> Settlement:
        why = self._evidence(inspection, decision)
        told = self.notifier.rejected(self.notices, item, group.recipients, subject_of(inspection), decision, why)
        moves = tuple(Move(r, State.BOUNCED, decision.reason, decision.rule) for r in group.recipients)
        return Settlement(moves=moves, authored=told)

    async def _informed(self, lease: Lease, inspection: Inspection, decision: Decision) -> tuple[Authored, ...]:
        """Those whom the rule names, once: not again when a person has looked at the mail."""
        if not decision.inform or lease.grant is not None or self.contacts is None:
            return ()
        item = lease.item
        who = await self.contacts.of(decision.inform, item.envelope.sender)
        if decision.disposition is Disposition.REJECT:
            who = tuple(each for each in who if each != item.envelope.sender)  # who reads the reply already
        why = self._evidence(inspection, decision)
        return self.notifier.informed(self.notices, item, who, subject_of(inspection), decision, why)

    def _evidence(self, inspection: Inspection, decision: Decision) -> tuple[str, ...]:
        """What the deciding rule saw, masked by its observers."""
        signs = {sign for sign, _ in self.policy.rule(decision.rule).match.sign}
        return tuple(line for o in inspection.observations if o.sign in signs for line in self.notices.sign(o))

    def _granted(self, lease: Lease, group: Group, inspection: Inspection, decision: Decision) -> Decision:
        """A reviewer's grant delivers what is safe of a held mail, two people's also the files that they named; unless its rule
        forbids that."""
        held = decision.disposition in (Disposition.HOLD, Disposition.AWAIT_PASSWORD)
        if lease.grant is not None and lease.grant.kind in (GrantKind.UNLOCK, GrantKind.APPROVAL):
            return self._still_locked(lease, inspection, decision)
        if (
            lease.grant is None
            or lease.grant.kind not in (GrantKind.RELEASE, GrantKind.AS_IT_CAME)
            or not held
            or not releasable(inspection)
            or not self.policy.rule(decision.rule).releasable
        ):
            return decision
        warrant = lease.grant.warrant
        if warrant and not (
            self.policy.rule(decision.rule).original and may_leave_as_it_came(inspection, frozenset(warrant.files))
        ):
            return replace(decision, reason=NOT_AS_IT_CAME)
        rule = f"{'original' if warrant else 'release'}:{decision.rule}"
        hiding = self.policy.hiding(lease.item.envelope, group.recipients, lease.item.size, inspection)
        released = replace(decision, disposition=Disposition.DELIVER, rule=rule, reason=lease.grant.why, hiding=hiding)
        return replace(released, notice=Telling.ALWAYS, warrant=warrant)

    def _still_locked(self, lease: Lease, inspection: Inspection, decision: Decision) -> Decision:
        """A password allows nothing by itself; where it did not help, or is gone since an approval, staff read why."""
        if decision.disposition is not Disposition.AWAIT_PASSWORD:
            return decision
        if lease.grant and lease.grant.who == GATEWAY:
            return decision
        if not self.keyring.of(lease.item.id):
            return replace(decision, reason=FORGOTTEN)
        wrong = any(part.reason is Reason.WRONG_PASSWORD for part in inspection.report.walk())
        return replace(decision, reason=self.notices.reason(Reason.WRONG_PASSWORD) + "、保留しました。") if wrong else decision

    def _held(self, lease: Lease, recipients: Sequence[str], decision: Decision, inspection: Inspection | None) -> Settlement:
        hold = Hold(tuple(recipients), decision, inspection.report if inspection else None, subject_of(inspection))
        state = WAITS_IN.get(decision.disposition, State.HELD)
        moves = tuple(Move(r, state, decision.reason, decision.rule) for r in recipients)
        opened = opening.of_mail(lease.item, hold, self.policy.rule(decision.rule), inspection, again=lease.grant is not None)
        return Settlement(moves=moves, held=(hold,), opened=opened, events=(journal.Held.of(lease.item, hold),))

    def _later(self, lease: Lease, why: str) -> Settlement:
        if self.hold_when_scanner_down or self._is_old(lease):
            return self._held(
                lease,
                lease.item.recipients,
                replace(UNPROCESSABLE, rule="scanner-down", reason=f"検査できないため保留しました。({why})"),
                None,
            )
        attempts = lease.item.attempts + 1
        at = self.clock.now() + self.backoff.delay(attempts)
        return Settlement(
            retry_at=at, attempts=attempts, events=(journal.Deferred.of(lease.item, lease.item.recipients, why, at),)
        )

    def _is_old(self, lease: Lease) -> bool:
        """Past the queue lifetime: nothing is tried for ever (I5)."""
        return self.clock.now() - lease.item.received_at > self.backoff.lifetime

    async def _deliver(self, lease: Lease) -> Settlement:
        try:
            cleared = await self.spool.cleared(lease)
        except MissingContent as missing:
            return self._held(lease, lease.item.recipients, replace(UNDELIVERABLE, reason=str(missing)), None)
        if not cleared.vouched and (objections := await self._objections(cleared)):
            return self._disowned(lease, objections)
        direction = cleared.item.envelope.direction
        tls_domains = self.tls_domains if direction is Direction.OUTBOUND else {}
        ways = routes(cleared, self.next_hops[direction], tls_domains)
        outcomes = tuple([outcome for copy, hop in ways for outcome in await self.relay.send(copy, hop)])
        by = {d: tuple(o for o in outcomes if o.delivery is d) for d in Delivery}
        expired = self._is_old(lease)
        settlement = self._relayed(lease, cleared, by[Delivery.ACCEPTED])
        settlement = merge(
            settlement, self._undelivered(lease, by[Delivery.REFUSED] + (by[Delivery.DEFERRED] if expired else ()))
        )
        if by[Delivery.DEFERRED] and not expired:
            attempts = lease.item.attempts + 1
            at = self.clock.now() + self.backoff.delay(attempts)
            who = tuple(o.recipient for o in by[Delivery.DEFERRED])
            event = journal.Deferred.of(lease.item, who, str(by[Delivery.DEFERRED][0].reply), at)
            settlement = merge(settlement, Settlement(retry_at=at, attempts=attempts, events=(event,)))
        return settlement

    async def _objections(self, cleared: Cleared) -> tuple[str, ...]:
        """To a copy that nobody vouches for: it must be a plain letter of ours, by the second look."""
        if cleared.warrant is not None:
            return ("its warrant is nobody's",)
        return await self.inspector.verify(cleared.content, MESSAGE, frozenset())

    def _disowned(self, lease: Lease, objections: Sequence[str]) -> Settlement:
        held = self._held(lease, lease.item.recipients, FOREIGN, None)
        said = alarm_names.foreign_copy(lease.item.receipt, objections)
        return merge(held, Settlement(events=(journal.Alarm.of("foreign-copy", said, lease.item.id),)))

    def _relayed(self, lease: Lease, cleared: Cleared, outcomes: Sequence[DeliveryOutcome]) -> Settlement:
        moves = tuple(Move(o.recipient, State.RELAYED, str(o.reply)) for o in outcomes)
        over = {tls: tuple(o for o in outcomes if o.tls == tls) for tls in dict.fromkeys(o.tls for o in outcomes)}
        events = tuple(journal.Relayed.of(lease.item, same, cleared.sha256) for same in over.values())
        return Settlement(moves=moves, learnt=wrote(lease.item, outcomes), events=events)

    def _undelivered(self, lease: Lease, outcomes: Sequence[DeliveryOutcome]) -> Settlement:
        """A DSN to the sender; a mail that has nobody to tell (null reverse-path, RFC 5321 6.1) is kept in quarantine."""
        if not outcomes:
            return Settlement()
        item = lease.item
        if not item.envelope.sender:
            return self._held(lease, [o.recipient for o in outcomes], UNDELIVERABLE, None)
        text = self.notices.dsn_text(item, outcomes)
        content = dsn.failure(item, outcomes, text, hostname=self.hostname, now=self.clock.now())
        back = Direction.OUTBOUND if item.envelope.direction is Direction.INBOUND else Direction.INBOUND
        note = Authored("dsn", "", (item.envelope.sender,), back, content, item.envelope.smtputf8, item.id)
        moves = tuple(Move(o.recipient, State.BOUNCED, str(o.reply)) for o in outcomes)
        return Settlement(moves=moves, authored=(note,), events=(journal.Bounced.of(item, outcomes),))
