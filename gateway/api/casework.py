"""A case of the workflow as a program sees it, and the one way to act on it: approvals, delays and incidents are all cases.

Who may do what is the workflow's alone.  A token acts as its owner's person of the directory, so whoever asked for something
does not become its second person by using a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.api.call import Call
from gateway.api.values import Moment, Reason
from gateway.console.approvals import shown_to
from gateway.console.casework import plainly
from gateway.console.mine import reader
from gateway.directory import Role
from gateway.workflow.engine import Shown
from gateway.workflow.model import Act, Case, Kind, Stage

DECISIONS = (
    *(Kind.APPROVAL, Kind.BLANKET, Kind.CHANGE, Kind.AS_IT_CAME, Kind.RELEASE, Kind.ORIGINAL, Kind.EXCEPTION),
    *(Kind.VIOLATION, Kind.CERTIFICATION, Kind.SELF_CHECK, Kind.DISPOSAL),
)
REPORTS = (Kind.INCIDENT, Kind.MISDIRECTED)


@dataclass(frozen=True, slots=True)
class CaseLine:
    case: int
    kind: Kind
    stage: Stage
    subject: str
    applicant: str
    reason: str
    rule: str
    receipt: str  # of the mail that it is about; "" = none
    entry: int  # its quarantine entry; 0 = none
    waits_for: tuple[Role, ...]
    opened_at: Moment
    due_at: Moment | None  # when the clock acts


@dataclass(frozen=True, slots=True)
class CaseStep:
    at: Moment
    act: Act
    actor: str
    on_behalf: str
    via: str
    before: Stage
    after: Stage
    reason: str


@dataclass(frozen=True, slots=True)
class CaseShown:
    case: CaseLine
    recipients: tuple[str, ...]
    attachments: tuple[str, ...]
    measure: str  # what protects instead, of an exception
    ends_at: Moment | None
    steps: tuple[CaseStep, ...]
    acts: tuple[Act, ...]  # what the token's owner may do now


@dataclass(frozen=True, slots=True)
class Cases:
    items: tuple[CaseLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Acting:
    reason: Reason


def line(case: Case) -> CaseLine:
    asked = case.opening
    return CaseLine(
        case=case.id,
        kind=case.kind,
        stage=case.stage,
        subject=asked.subject,
        applicant=asked.applicant,
        reason=asked.reason,
        rule=asked.rule,
        receipt=case.receipt,
        entry=case.entry,
        waits_for=case.roles,
        opened_at=case.opened_at,
        due_at=case.due_at,
    )


async def shown(call: Call, number: int, kinds: Sequence[Kind]) -> CaseShown:
    """Raises LookupError: none of those, or not theirs to see."""
    who, found = await shown_to(call, number)
    if found.case.kind not in kinds:
        raise LookupError("another kind of case")
    if found.acts:  # what is decided in less time than reading takes shows in the statistics
        await call.desk.workflow.viewed(number, who.address, call.via)
    return _shown(found)


async def act(call: Call, number: int, chosen: Act, reason: str, kinds: Sequence[Kind]) -> CaseShown:
    """Raises Refusal, LookupError."""
    who = await reader(call)
    _, found = await shown_to(call, number)
    if found.case.kind not in kinds:
        raise LookupError("another kind of case")
    with plainly():
        await call.desk.workflow.act(number, chosen, who.address, reason, call.via)
    return _shown(await call.desk.workflow.show(number, who.address))


async def comment(call: Call, number: int, text: str) -> CaseShown:
    """Raises LookupError, Refusal."""
    who, _ = await shown_to(call, number)
    with plainly():
        await call.desk.workflow.comment(number, who.address, text, call.via)
    return _shown(await call.desk.workflow.show(number, who.address))


def _shown(found: Shown) -> CaseShown:
    asked = found.case.opening
    steps = (CaseStep(s.at, s.act, s.actor, s.on_behalf, s.via, s.before, s.after, s.reason) for s in found.steps)
    return CaseShown(
        case=line(found.case),
        recipients=asked.recipients,
        attachments=asked.details.attachments,
        measure=asked.details.measure,
        ends_at=asked.ends_at or None,
        steps=tuple(steps),
        acts=found.acts,
    )
