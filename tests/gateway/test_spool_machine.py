"""The queue against a model: whatever happens in whatever order, each recipient is in the state that the model says (I1)."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from gateway.directory import Book, Role
from gateway.model import Lease, Settlement, State, Work
from gateway.policy.rules import Approval
from gateway.quarantine import AlreadyDone
from gateway.spool import LostLease
from gateway.spool.states import CASED, WAITING
from gateway.workflow.engine import NotAllowed, NotPossible
from gateway.workflow.model import Act, Kind
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_spool import START, Rooms, clearing, ending, holding, rooms
from tests.gateway.workflow.make_workflow import ASKING, DELAYING, stopping, workflow_of

T = TypeVar("T")
LEASE = 30.0
PEOPLE = [f"u{n}@city.example.lg.jp" for n in range(3)]
INSPECTED = [State.SANITISED, *WAITING, State.BOUNCED, State.DELETED, None]
SHORT = 600.0  # seconds that an approval may take here
STOPPING = {
    State.AWAITING_APPROVAL: replace(ASKING, approval=Approval(((Role.CSO,),), SHORT)),
    State.DELAYED: DELAYING,
}
LAPSED = {State.AWAITING_APPROVAL: State.EXPIRED, State.DELAYED: State.RECEIVED}
DELIVERED = [State.RELAYED, State.HELD, State.BOUNCED, None]


class Queue(RuleBasedStateMachine):
    """`states` is the model; `None` among the outcomes means that the recipient is tried again later."""

    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.states: dict[tuple[str, str], State] = {}
        self.tokens: dict[int, tuple[str, int]] = {}  # of the jobs with a lease that still counts
        self.cases: dict[int, tuple[str, list[str], State, float]] = {}  # open: mail, recipients, their state, deadline
        self.contents = 0
        self.wall = START
        self.open()
        self.run(Book(self.r.db, self.r.clock).replace(HOUSE, 0, "test", "test"))

    def open(self) -> None:
        self.context = rooms(self.root, self.wall)
        self.r: Rooms = self.run(self.context.__aenter__())
        self.workflow = workflow_of(self.r, domains=())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(coroutine)

    def teardown(self) -> None:
        self.run(self.context.__aexit__(None, None, None))
        self.loop.close()
        shutil.rmtree(self.root)

    @rule(to=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4), large=st.booleans())
    def accept(self, to: list[str], large: bool) -> None:
        self.contents += 1
        item = self.run(self.r.accept(b"%d" % self.contents * (2_000 if large else 1), to))
        self.states |= {(item.id, who): State.RECEIVED for who in to}

    @rule(target=leases, work=st.sampled_from(Work), limit=st.integers(1, 3))
    def claim(self, work: Work, limit: int) -> Any:
        found = self.run(self.r.spool.claim("w", work, limit, LEASE))
        busy = State.RECEIVED if work is Work.INSPECT else State.SANITISED
        for lease in found:
            self.tokens[lease.job] = (lease.item.id, lease.token)
            assert {self.states[lease.item.id, who] for who in lease.item.recipients} == {busy}
        return multiple(*found)

    @rule(lease=consumes(leases), data=st.data())
    def settle(self, lease: Lease, data: st.DataObject) -> None:
        choices = st.sampled_from(INSPECTED if lease.work is Work.INSPECT else DELIVERED)
        outcome = {who: data.draw(choices) for who in lease.item.recipients}
        step = Settlement(retry_at=self.r.clock.now() + 5) if None in outcome.values() else Settlement()
        for state in {*outcome.values()} - {None}:
            who = [each for each in outcome if outcome[each] is state]
            if state is State.SANITISED:
                step = merge(step, clearing(lease, to=who))
            elif state in STOPPING:
                step = merge(step, stopping(lease, STOPPING[state], who))
            elif state in WAITING:
                step = merge(step, holding(lease, who, state))
            else:
                step = merge(step, ending(lease, who, state))
        if self.tokens.get(lease.job) != (lease.item.id, lease.token):
            with pytest.raises(LostLease):
                self.run(self.r.spool.settle(lease, step))
            return
        self.run(self.r.spool.settle(lease, step))
        del self.tokens[lease.job]
        with pytest.raises(LostLease):
            self.run(self.r.spool.settle(lease, step))
        self.states |= {(lease.item.id, who): state for who, state in outcome.items() if state is not None}
        for case in self.run(self.workflow.cases(limit=1_000)):
            if case.id not in self.cases:
                state = State.AWAITING_APPROVAL if case.kind is Kind.APPROVAL else State.DELAYED
                ends = self.r.clock.now() + (SHORT if case.kind is Kind.APPROVAL else 300)
                self.cases[case.id] = (case.opening.item, list(case.opening.recipients), state, ends)

    @rule(lease=leases)
    def give_back(self, lease: Lease) -> None:
        self.run(self.r.spool.give_back([lease]))
        if self.tokens.get(lease.job) == (lease.item.id, lease.token):
            del self.tokens[lease.job]

    @rule()
    def hang(self) -> None:
        """All workers sleep through their leases; who wakes before another claimed the job may still settle."""
        self.r.times.pass_(LEASE + 1)
        self.wall += LEASE + 1
        self.run(self.r.spool.reap())

    @rule()
    def crash(self) -> None:
        self.run(self.context.__aexit__(None, None, None))
        self.open()

    @rule(release=st.booleans(), pick=st.integers(0, 5))
    def review(self, release: bool, pick: int) -> None:
        entries = self.run(self.r.quarantine.list())
        if not entries:
            return
        entry = entries[pick % len(entries)]
        waits = {self.states[entry.item.id, who] for who in entry.recipients}
        if release and waits <= CASED:
            with pytest.raises(ValueError, match="approval"):
                self.run(self.r.quarantine.release(entry.id, "clerk", "because"))
            return
        act = self.r.quarantine.release if release else self.r.quarantine.delete
        self.run(act(entry.id, "clerk", "because"))
        with pytest.raises(AlreadyDone):
            self.run(act(entry.id, "clerk", "again"))
        new = State.RECEIVED if release else State.DELETED
        self.states |= {(entry.item.id, who): new for who in entry.recipients}
        self.forget()

    def forget(self) -> None:
        """Cases whose recipients have gone another way."""
        self.cases = {
            number: case for number, case in self.cases.items() if all(self.states[case[0], who] is case[2] for who in case[1])
        }

    @rule(yes=st.booleans(), pick=st.integers(0, 5))
    def decide(self, yes: bool, pick: int) -> None:
        if not self.cases:
            return
        number = sorted(self.cases)[pick % len(self.cases)]
        item, recipients, state, _ = self.cases[number]
        if state is State.AWAITING_APPROVAL:
            act, actor = Act.APPROVE if yes else Act.DENY, at("itchief")
            with pytest.raises(NotAllowed):
                self.run(self.workflow.act(number, act, "a@b.example", "because"))
        else:
            act, actor = Act.SEND_NOW if yes else Act.CANCEL, "a@b.example"
        self.run(self.workflow.act(number, act, actor, "because"))
        with pytest.raises(NotPossible):
            self.run(self.workflow.act(number, act, actor, "again"))
        self.states |= {(item, who): State.RECEIVED if yes else State.DELETED for who in recipients}
        self.forget()

    @rule(seconds=st.sampled_from([100.0, 310.0, 610.0]))
    def time_passes(self, seconds: float) -> None:
        """Leases may run out meanwhile; nobody takes them back here."""
        self.r.times.pass_(seconds)
        self.wall += seconds
        now = self.r.clock.now()
        self.run(self.workflow.tick())
        for item, recipients, state, ends in self.cases.values():
            if ends <= now:
                self.states |= {(item, who): LAPSED[state] for who in recipients}
        self.forget()

    @rule(pick=st.integers(0, 9))
    def delete(self, pick: int) -> None:
        keys = sorted({item for item, _ in self.states})
        if keys:
            item = keys[pick % len(keys)]
            self.run(self.r.spool.delete(item, "operator", "because"))
            gone = [key for key, state in self.states.items() if key[0] == item and not state.final]
            self.states |= dict.fromkeys(gone, State.DELETED)
            self.tokens = {job: held for job, held in self.tokens.items() if held[0] != item}
            self.forget()

    @rule()
    def collect(self) -> None:
        self.run(self.r.spool.gc())

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        assert self.run(self.r.spool.audit()) == []
        for item in {item for item, _ in self.states}:
            shown = self.run(self.r.spool.show(item))
            assert {row.address: row.state for row in shown.recipients} == {
                w: s for (i, w), s in self.states.items() if i == item
            }

    @invariant()
    def what_waits_is_what_is_held(self) -> None:
        entries = self.run(self.r.quarantine.list(limit=1_000))
        held = {(entry.item.id, who) for entry in entries for who in entry.recipients}
        assert held == {key for key, state in self.states.items() if state in WAITING}


def merge(one: Settlement, more: Settlement) -> Settlement:
    return replace(
        one,
        moves=one.moves + more.moves,
        cleared=one.cleared + more.cleared,
        held=one.held + more.held,
        opened=one.opened + more.opened,
        events=one.events + more.events,
    )


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=10, stateful_step_count=20)
