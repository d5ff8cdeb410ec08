"""The declared machines: no walk, whoever takes it, reaches what takes two people by one person alone (AC-08, LG-08)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.directory import Attribute, Deputy, Directory, Person, Role, Section
from gateway.workflow.engine import NotAllowed, _authorised
from gateway.workflow.machine import MACHINES, Climb
from gateway.workflow.model import Act, Case, Kind, Opening, Stage, Who
from tests.gateway.make_directory import DAY

PEOPLE = [f"p{n}@x.example" for n in range(4)]
ROLES = [Role.ISM, Role.BUR, Role.CSO]
RUNGS = ((Role.ISM,), (Role.BUR, Role.CSO))
FIRST = {
    Kind.APPROVAL: [Stage.WANTED],
    Kind.DELAY: [Stage.WAITING, Stage.UNCONFIRMED],
    Kind.EXCEPTION: [Stage.WANTED, Stage.EMERGENCY],
    Kind.BLANKET: [Stage.WANTED],
    Kind.CHANGE: [Stage.WANTED, Stage.EMERGENCY],
    Kind.AS_IT_CAME: [Stage.WANTED],
    Kind.RELEASE: [Stage.WANTED],
    Kind.PASSWORD: [Stage.LOCKED],
    Kind.ORIGINAL: [Stage.WANTED],
    Kind.MISDIRECTED: [Stage.REPORTED],
    Kind.INCIDENT: [Stage.REPORTED],
    Kind.VIOLATION: [Stage.REPORTED],
    Kind.CERTIFICATION: [Stage.WANTED],
    Kind.SELF_CHECK: [Stage.WANTED],
    Kind.DISPOSAL: [Stage.WANTED],
}


@st.composite
def houses(draw: st.DrawFn) -> Directory:
    address = st.sampled_from(PEOPLE)
    people = tuple(
        Person(
            a,
            a,
            draw(st.sampled_from(["s", "t"])),
            tuple(draw(st.sets(st.sampled_from(ROLES)))),
            draw(st.sampled_from([Attribute.STAFF, Attribute.STAFF, Attribute.SHARED])),
            members=tuple(draw(st.sets(address))),
        )
        for a in PEOPLE
    )
    deputies = tuple(Deputy(*pair) for pair in draw(st.sets(st.tuples(address, address))))
    return Directory(people, (Section("s", "S"), Section("t", "T", "s")), deputies)


@given(house=houses(), data=st.data())
def test_ac08_no_machine_reaches_an_approved_stage_without_a_second_person(house: Directory, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(Kind))
    applicant = data.draw(st.sampled_from(PEOPLE))
    opening = Opening(kind, data.draw(st.sampled_from(FIRST[kind])), applicant, "s", "r", RUNGS)
    case = Case(1, opening, opening.stage, 0, (), "", 0, 0.0, 0.0, None, None, False, 0)
    machine = MACHINES[kind]
    asked, decided = {applicant}, set[str]()
    for _ in range(data.draw(st.integers(1, 8))):
        possible = [t for t in machine.acts(case.stage)]
        if not possible:
            break
        transition = data.draw(st.sampled_from(possible))
        actor = data.draw(st.sampled_from(PEOPLE))
        if transition.who is not Who.GATEWAY:
            try:
                on_behalf = _authorised(house, case, transition, actor, DAY)
            except NotAllowed:
                continue
            behind = house.principals(tuple(asked))
            if transition.who is Who.SECOND:
                assert actor not in behind
                assert on_behalf not in behind
                decided.add(actor)
        parties = (*case.parties, actor) if transition.asks else case.parties
        asked |= {actor} if transition.asks else set()
        rung = len(RUNGS) - 1 if transition.climb in (Climb.NEXT, Climb.LAST) else case.rung
        case = replace(case, stage=transition.to, parties=parties, rung=rung)
        if case.stage in machine.approved:
            assert decided - asked, "one person alone"


@pytest.mark.parametrize("kind", Kind)
def test_each_machine_is_whole(kind: Kind) -> None:
    """Every stage is reached, every stage that is not final can be left by somebody, no act is ambiguous, the clock has its
    limit where it acts."""
    machine = MACHINES[kind]
    reached = set(FIRST[kind]) | {t.to for t in machine.transitions}
    assert {t.stage for t in machine.transitions} <= reached
    assert len({(t.stage, t.act) for t in machine.transitions}) == len(machine.transitions)
    assert all(machine.timers.get(t.stage) for t in machine.transitions if t.act is Act.LAPSE)
    assert set(machine.timers) <= reached
    for stage in reached - {s for s in reached if machine.final(s)}:
        # whoever gives a password does so beside the case, which never sees it
        assert any(t.who is not Who.GATEWAY or t.act is Act.UNLOCK for t in machine.acts(stage)), stage


@pytest.mark.parametrize("kind", Kind)
def test_what_takes_two_is_entered_only_by_a_second_person_or_from_there(kind: Kind) -> None:
    machine = MACHINES[kind]
    for transition in machine.transitions:
        if transition.to in machine.approved and transition.stage not in machine.approved:
            assert transition.who is Who.SECOND, transition
