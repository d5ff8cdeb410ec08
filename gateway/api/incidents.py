"""Incidents along the chain of reports, and the trouble register (IN-01 to IN-03, LG-06)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway.api import casework
from gateway.api.call import Call
from gateway.api.casework import REPORTS, Acting, Cases, CaseShown
from gateway.api.paging import Paging, page
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Moment, Number, Reason
from gateway.console import playbooks
from gateway.console.cases import Asked, opening_of
from gateway.console.casework import plainly
from gateway.console.incidents import drafted, incident
from gateway.console.roles import Right
from gateway.directory import Role
from gateway.evidence import troubles
from gateway.evidence.troubles import Handling, Troubles
from gateway.incident.drive import Progress
from gateway.incident.plan import Action
from gateway.model import State
from gateway.words import Refusal, Words
from gateway.workflow import ledger
from gateway.workflow.model import Act, Kind

resource = Resource("インシデント・障害", "Incidents and troubles")

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_000)]


@dataclass(frozen=True, slots=True)
class Reporting:
    subject: Line
    reason: Reason
    severity: Line = ""
    mail: Line = ""  # receipt number of the mail that it began with
    drill: bool = False


@dataclass(frozen=True, slots=True)
class ChoosingPlaybook:
    playbook: Line
    reason: Reason


@dataclass(frozen=True, slots=True)
class TakingStep:
    reason: Reason  # what was done, and where the evidence is
    sure: bool = False  # what stops something is only shown without it
    who: Line = ""  # address or IP to isolate; "" = who sent the first mail
    days: Annotated[int, Field(ge=1, le=366)] = 7  # that a hunt looks back


@dataclass(frozen=True, slots=True)
class StepRecord:
    at: Moment
    actor: str
    what: str


@dataclass(frozen=True, slots=True)
class PlanStep:
    name: str
    text: str
    by: tuple[Role, ...]
    action: Action
    due_at: Moment
    record: tuple[StepRecord, ...]  # each time that it was taken
    mine: bool  # the owner may take it


@dataclass(frozen=True, slots=True)
class PlanSteps:
    steps: tuple[PlanStep, ...]  # none = no playbook yet


@dataclass(frozen=True, slots=True)
class StepMail:
    item: str
    receipt: str
    sender: str
    subject: str
    recipients: tuple[str, ...]
    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class StepTaken:
    done: bool  # False: it was only shown
    result: str
    told: tuple[str, ...]
    mails: tuple[StepMail, ...]  # for whoever reads the record


@dataclass(frozen=True, slots=True)
class ReportText:
    text: str


@dataclass(frozen=True, slots=True)
class TroublesQuery(Paging):
    closed: bool = True  # closed ones, too


@dataclass(frozen=True, slots=True)
class Trouble:
    trouble: int
    opened_at: Moment
    opened_by: str
    alarm: str
    times: int
    last_at: Moment
    what: str
    english: str
    cause: str
    action: str
    down_minutes: int
    mails: str
    closed_at: Moment | None
    closed_by: str


@dataclass(frozen=True, slots=True)
class TroublePage:
    items: tuple[Trouble, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class OpeningTrouble:
    what: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


@dataclass(frozen=True, slots=True)
class HandlingTrouble:
    cause: Text = ""
    action: Text = ""
    down_minutes: Annotated[int, Field(ge=0, lt=10**7)] = 0
    mails: Text = ""
    close: bool = False


@resource.get("/incidents", TokenScope.INCIDENTS_READ, Right.SEARCH_JOURNAL, Words("インシデントの一覧", "List incidents"))
async def listing(call: Call, query: Paging) -> Cases:
    """Newest first, closed ones as well."""
    found = await call.desk.store.db.read(ledger.select, REPORTS, before=query.before, limit=query.limit + 1)
    some, more = page(found, query, lambda case: case.id)
    return Cases(tuple(map(casework.line, some)), more)


@resource.get("/incidents/{number}", TokenScope.INCIDENTS_READ, Right.SEARCH_JOURNAL, Words("1件の詳細", "One incident"))
async def show(call: Call, number: Number) -> CaseShown:
    return await casework.shown(call, number, REPORTS)


@resource.get("/incidents/{number}/steps", TokenScope.INCIDENTS_READ, Right.SIGNED_IN, Words("手順", "Its steps"))
async def steps(call: Call, number: Number) -> PlanSteps:
    """Of the playbook that it follows (IN-04)."""
    course = await playbooks.course_of(call, number)
    return PlanSteps(tuple(_step(each, each.task.name in course.mine) for each in course.steps))


@resource.post(
    "/incidents/{number}/playbook", TokenScope.INCIDENTS_WRITE, Right.RECORD_TROUBLE, Words("手順書を選ぶ", "Choose a playbook")
)
async def follow(call: Call, number: Number, body: ChoosingPlaybook) -> PlanSteps:
    await playbooks.follow(call, number, body.playbook, body.reason)
    return await steps(call, number)


@resource.post(
    "/incidents/{number}/steps/{step}",
    TokenScope.INCIDENTS_WRITE,
    Right.SIGNED_IN,
    Words("手順を行う", "Take a step"),
    house=True,
)
async def take(call: Call, number: Number, step: Line, body: TakingStep) -> StepTaken:
    taken = await playbooks.taken_by(call, number, step, body.reason, do=body.sure, who=body.who, days=body.days)
    caught = taken.caught if call.may(Right.SEARCH_JOURNAL) else ()
    mails = (
        StepMail(m.item, m.receipt, m.sender, m.subject, tuple(c.address for c in m.copies), tuple(c.state for c in m.copies))
        for m in caught
    )
    return StepTaken(taken.done, taken.result, taken.told, tuple(mails))


@resource.get(
    "/incidents/{number}/{report}", TokenScope.INCIDENTS_READ, Right.SEARCH_JOURNAL, Words("報告書の案", "Draft report")
)
async def draft(call: Call, number: Number, report: Literal["first", "further", "final"]) -> ReportText:
    return ReportText(await drafted(call, await incident(call, number), report))


@resource.post(
    "/incidents", TokenScope.INCIDENTS_WRITE, Right.SIGNED_IN, Words("インシデントの報告", "Report one"), status=201, house=True
)
async def open_incident(call: Call, body: Reporting) -> CaseShown:
    """The first rung of the chain is told at once."""
    asked = Asked(body.reason, body.subject, mail=body.mail, severity=body.severity, drill=body.drill)
    with plainly():
        case = await call.desk.workflow.open(await opening_of(call, Kind.INCIDENT, asked))
    return await casework.shown(call, case.id, REPORTS)


@resource.post("/incidents/{number}/{act}", TokenScope.INCIDENTS_WRITE, Right.SIGNED_IN, Words("対応を記録", "Act on it"))
async def act(
    call: Call,
    number: Number,
    act: Literal["take", "hand_on", "contain", "propose", "approve", "return", "close"],
    body: Acting,
) -> CaseShown:
    """Whoever proposed the closure does not approve it."""
    return await casework.act(call, number, Act(act), body.reason, REPORTS)


@resource.get("/troubles", TokenScope.INCIDENTS_READ, Right.SEARCH_JOURNAL, Words("障害記録の一覧", "List troubles"))
async def list_troubles(call: Call, query: TroublesQuery) -> TroublePage:
    """Newest first."""
    found = await _register(call).newest(query.before, query.limit + 1, closed=query.closed)
    some, more = page(found, query, lambda each: each.id)
    return TroublePage(tuple(map(_trouble, some)), more)


@resource.get(
    "/troubles/{number}", TokenScope.INCIDENTS_READ, Right.SEARCH_JOURNAL, Words("1件の障害", "One trouble"), tagged=True
)
async def show_trouble(call: Call, number: Number) -> Trouble:
    return _trouble(await _register(call).show(number))


@resource.post("/troubles", TokenScope.INCIDENTS_WRITE, Right.RECORD_TROUBLE, Words("障害の登録", "Record one"), status=201)
async def open_trouble(call: Call, body: OpeningTrouble) -> Trouble:
    register = _register(call)
    return _trouble(await register.show(await register.open(body.what, call.who.name)))


@resource.put("/troubles/{number}", TokenScope.INCIDENTS_WRITE, Right.RECORD_TROUBLE, Words("原因と対処", "Cause and measures"))
async def handle(call: Call, number: Number, body: HandlingTrouble) -> Trouble:
    """What is left out is emptied; to close it takes cause and action."""
    register = _register(call)
    call.unchanged(_trouble(await register.show(number)), Trouble)
    handling = Handling(body.cause, body.action, body.down_minutes, body.mails)
    try:
        await register.handle(number, handling, call.who.name, close=body.close)
    except ValueError as missing:
        raise Refusal("完了するには原因と対処が必要です。", str(missing), 422) from missing
    return _trouble(await register.show(number))


def _register(call: Call) -> Troubles:
    return Troubles(call.desk.store.db, call.desk.store.clock)


def _step(each: Progress, mine: bool) -> PlanStep:
    task = each.task
    record = (StepRecord(step.at, step.actor, step.reason.partition(": ")[2]) for step in each.record)
    return PlanStep(task.name, task.ja, task.by, task.action, each.due_at, tuple(record), mine)


def _trouble(found: troubles.Trouble) -> Trouble:
    return Trouble(
        found.id,
        found.opened_at,
        found.opened_by,
        found.alarm,
        found.times,
        found.last_at,
        found.what,
        found.english,
        found.cause,
        found.action,
        found.down_minutes,
        found.mails,
        found.closed_at,
        found.closed_by,
    )
