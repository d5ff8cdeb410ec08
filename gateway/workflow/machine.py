"""The state machines, declared: from which stage, by which act of whom, to which stage, and how long it may take.

Whatever is not in these tables can not happen.  `engine.py` walks them; a property test proves that no walk reaches a stage in
`Machine.approved` without a second person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.directory.model import Role
from gateway.workflow.model import Act, Kind, Stage, Who

HOUR, DAY = 3_600.0, 86_400.0
BREAK_GLASS = DAY  # seconds that an emergency exception may last unratified (EX-02)


class Climb(StrEnum):
    """What an act does to the ladder of who decides."""

    STAY = "stay"
    FIRST = "first"
    NEXT = "next"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Transition:
    stage: Stage
    act: Act
    who: Who
    to: Stage
    climb: Climb = Climb.STAY
    asks: bool = False  # whoever does this has asked, and can not be the second person later
    exact: bool = False  # only the present rung decides, not those below it


@dataclass(frozen=True, slots=True)
class Timer:
    """How long a stage may last, and how long before its end who must act is reminded; seconds."""

    seconds: float
    remind: float = 0.0
    climbs: bool = False  # at its end the next rung is asked, as long as there is one


@dataclass(frozen=True, slots=True)
class Machine:
    transitions: tuple[Transition, ...]
    timers: dict[Stage, Timer]
    approved: frozenset[Stage]  # what takes two people
    informs: tuple[Role, ...] = ()  # who gets a copy of the first letter, without being asked
    anytime: tuple[Role, ...] = ()  # who may act whatever the rung, unless only the present one decides
    hushed: bool = False  # whom it is about is not written to: that is for the head to do

    def find(self, stage: Stage, act: Act) -> Transition | None:
        return next((t for t in self.transitions if t.stage is stage and t.act is act), None)

    def acts(self, stage: Stage) -> tuple[Transition, ...]:
        return tuple(t for t in self.transitions if t.stage is stage)

    def final(self, stage: Stage) -> bool:
        return not self.acts(stage)


_A, _S, _G = Who.APPLICANT, Who.SECOND, Who.GATEWAY

# somebody asks, somebody else decides
_ASKED = (
    Transition(Stage.WANTED, Act.APPROVE, _S, Stage.APPROVED),
    Transition(Stage.WANTED, Act.RETURN, _S, Stage.RETURNED),
    Transition(Stage.WANTED, Act.DENY, _S, Stage.DENIED),
    Transition(Stage.WANTED, Act.WITHDRAW, _A, Stage.WITHDRAWN),
    Transition(Stage.WANTED, Act.LAPSE, _G, Stage.EXPIRED),
    Transition(Stage.RETURNED, Act.RESUBMIT, _A, Stage.WANTED, Climb.FIRST, asks=True),
    Transition(Stage.RETURNED, Act.WITHDRAW, _A, Stage.WITHDRAWN),
    Transition(Stage.RETURNED, Act.LAPSE, _G, Stage.EXPIRED),
)
# what holds until it ends
_STANDING = (
    *_ASKED,
    Transition(Stage.APPROVED, Act.REVOKE, _S, Stage.REVOKED),
    Transition(Stage.APPROVED, Act.WITHDRAW, _A, Stage.WITHDRAWN),
    Transition(Stage.APPROVED, Act.LAPSE, _G, Stage.EXPIRED),
)
_EMERGENCY = (
    Transition(Stage.EMERGENCY, Act.RATIFY, _S, Stage.APPROVED),
    Transition(Stage.EMERGENCY, Act.DENY, _S, Stage.DENIED),
    Transition(Stage.EMERGENCY, Act.WITHDRAW, _A, Stage.WITHDRAWN),
    Transition(Stage.EMERGENCY, Act.LAPSE, _G, Stage.LAPSED),
    Transition(Stage.LAPSED, Act.RATIFY, _S, Stage.CLOSED),
    Transition(Stage.LAPSED, Act.DENY, _S, Stage.DENIED),
)
_REPORTED = (
    Transition(Stage.REPORTED, Act.TAKE, _S, Stage.IN_HAND),
    Transition(Stage.REPORTED, Act.HAND_ON, _S, Stage.REPORTED, Climb.NEXT),
    Transition(Stage.IN_HAND, Act.HAND_ON, _S, Stage.REPORTED, Climb.NEXT),
)


def _with_mail(*transitions: Transition) -> tuple[Transition, ...]:
    """The mail that the case is about may be deleted by an operator or run out in quarantine."""
    stages = dict.fromkeys(t.stage for t in transitions)
    return (*transitions, *(Transition(stage, Act.DROP, _G, Stage.DROPPED) for stage in stages))


_DECIDING = {
    Stage.WANTED: Timer(DAY, remind=4 * HOUR, climbs=True),  # a working day, then the next one is asked
    Stage.RETURNED: Timer(3 * DAY, remind=DAY),
}
_IN_FORCE = {Stage.APPROVED: Timer(0, remind=7 * DAY)}  # ends when it says

MACHINES: dict[Kind, Machine] = {
    Kind.APPROVAL: Machine(_with_mail(*_ASKED), _DECIDING, frozenset({Stage.APPROVED})),
    Kind.AS_IT_CAME: Machine(_with_mail(*_ASKED), _DECIDING, frozenset({Stage.APPROVED})),
    Kind.RELEASE: Machine(_with_mail(*_ASKED), _DECIDING, frozenset({Stage.APPROVED})),
    Kind.PASSWORD: Machine(
        _with_mail(
            Transition(Stage.LOCKED, Act.UNLOCK, _G, Stage.GIVEN),
            Transition(Stage.LOCKED, Act.LAPSE, _G, Stage.EXPIRED),  # the mail stays held, for the reviewers
        ),
        {Stage.LOCKED: Timer(5 * DAY, remind=3 * DAY)},  # the password of a PPAP mail comes within a day or is forgotten
        frozenset(),
    ),
    Kind.DELAY: Machine(
        _with_mail(
            Transition(Stage.WAITING, Act.SEND_NOW, _A, Stage.RELEASED),
            Transition(Stage.WAITING, Act.CANCEL, _A, Stage.CANCELLED),
            Transition(Stage.WAITING, Act.LAPSE, _G, Stage.RELEASED),
            Transition(Stage.UNCONFIRMED, Act.CONFIRM, _A, Stage.RELEASED),
            Transition(Stage.UNCONFIRMED, Act.CANCEL, _A, Stage.CANCELLED),
            Transition(Stage.UNCONFIRMED, Act.LAPSE, _G, Stage.EXPIRED),
        ),
        {Stage.WAITING: Timer(300), Stage.UNCONFIRMED: Timer(DAY, remind=4 * HOUR)},
        frozenset(),
    ),
    Kind.EXCEPTION: Machine(
        (*_STANDING, *_EMERGENCY),
        {
            **_DECIDING,
            **_IN_FORCE,
            Stage.EMERGENCY: Timer(BREAK_GLASS, remind=4 * HOUR),
        },
        frozenset({Stage.APPROVED, Stage.CLOSED}),
    ),
    Kind.BLANKET: Machine(_STANDING, {**_DECIDING, **_IN_FORCE}, frozenset({Stage.APPROVED})),
    Kind.CHANGE: Machine(
        (
            *_ASKED,
            Transition(Stage.APPROVED, Act.APPLY, Who.EITHER, Stage.APPLIED),
            Transition(Stage.APPROVED, Act.LAPSE, _G, Stage.EXPIRED),
            *(replace(t, to=Stage.APPLIED) if t.to is Stage.APPROVED else t for t in _EMERGENCY),
        ),
        {**_DECIDING, Stage.APPROVED: Timer(DAY), Stage.EMERGENCY: Timer(BREAK_GLASS, remind=4 * HOUR)},
        frozenset({Stage.APPROVED, Stage.APPLIED, Stage.CLOSED}),
    ),
    Kind.ORIGINAL: Machine(
        (
            *_ASKED,
            Transition(Stage.APPROVED, Act.APPLY, _S, Stage.APPLIED),
            Transition(Stage.APPROVED, Act.LAPSE, _G, Stage.EXPIRED),
        ),
        {**_DECIDING, Stage.APPROVED: Timer(3 * DAY, remind=DAY)},
        frozenset({Stage.APPROVED, Stage.APPLIED}),
    ),
    Kind.MISDIRECTED: Machine(
        (*_REPORTED, Transition(Stage.IN_HAND, Act.CLOSE, _S, Stage.CLOSED)),
        {Stage.REPORTED: Timer(2 * HOUR, remind=HOUR, climbs=True), Stage.IN_HAND: Timer(5 * DAY, remind=DAY, climbs=True)},
        frozenset({Stage.CLOSED}),
        (Role.CSIRT,),
    ),
    Kind.VIOLATION: Machine(
        (*_REPORTED, Transition(Stage.IN_HAND, Act.CLOSE, _S, Stage.CLOSED)),
        {
            Stage.REPORTED: Timer(7 * DAY, remind=3 * DAY, climbs=True),
            Stage.IN_HAND: Timer(14 * DAY, remind=3 * DAY, climbs=True),
        },
        frozenset({Stage.CLOSED}),
        hushed=True,
    ),
    Kind.CERTIFICATION: Machine(
        (
            Transition(Stage.WANTED, Act.CLOSE, _S, Stage.CLOSED),
            Transition(Stage.WANTED, Act.HAND_ON, _S, Stage.WANTED, Climb.NEXT),
        ),
        {Stage.WANTED: Timer(30 * DAY, remind=7 * DAY, climbs=True)},
        frozenset({Stage.CLOSED}),
    ),
    Kind.SELF_CHECK: Machine(
        (
            Transition(Stage.WANTED, Act.CLOSE, _S, Stage.CLOSED),
            Transition(Stage.WANTED, Act.HAND_ON, _S, Stage.WANTED, Climb.NEXT),
        ),
        {Stage.WANTED: Timer(30 * DAY, remind=7 * DAY, climbs=True)},
        frozenset({Stage.CLOSED}),
    ),
    Kind.DISPOSAL: Machine(
        (
            *_ASKED,
            Transition(Stage.APPROVED, Act.APPLY, Who.EITHER, Stage.APPLIED),
            Transition(Stage.APPROVED, Act.LAPSE, _G, Stage.EXPIRED),
        ),
        {**_DECIDING, Stage.APPROVED: Timer(14 * DAY, remind=3 * DAY)},
        frozenset({Stage.APPROVED, Stage.APPLIED}),
    ),
    Kind.INCIDENT: Machine(
        (
            *_REPORTED,
            Transition(Stage.IN_HAND, Act.CONTAIN, _S, Stage.CONTAINED),
            Transition(Stage.CONTAINED, Act.HAND_ON, _S, Stage.CONTAINED, Climb.NEXT),
            Transition(Stage.CONTAINED, Act.PROPOSE, _S, Stage.CLOSING, Climb.LAST, asks=True),
            Transition(Stage.CLOSING, Act.APPROVE, _S, Stage.CLOSED, exact=True),
            Transition(Stage.CLOSING, Act.RETURN, _S, Stage.CONTAINED, Climb.FIRST, exact=True),
        ),
        {
            Stage.REPORTED: Timer(HOUR, remind=HOUR / 2, climbs=True),
            Stage.IN_HAND: Timer(DAY, remind=4 * HOUR, climbs=True),
            Stage.CONTAINED: Timer(14 * DAY, remind=3 * DAY),
            Stage.CLOSING: Timer(7 * DAY, remind=DAY),
        },
        frozenset({Stage.CLOSED}),
        (Role.CSIRT,),
        anytime=(Role.CSIRT,),  # the one window of the house takes it at once; the head's hour is not waited for (IN-02)
    ),
}

IN_FORCE = frozenset({Stage.APPROVED, Stage.EMERGENCY})  # of an exception or a blanket approval
GRANTED = frozenset({Stage.APPROVED, Stage.RELEASED})  # of a mail's own case
