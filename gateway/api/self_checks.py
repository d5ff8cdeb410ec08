"""Self-inspections of sections: asked for, answered, reminded of (AU-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.api import casework
from gateway.api.call import Call
from gateway.api.casework import Cases
from gateway.api.paging import Paging, paged
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Moment, Number, Reason
from gateway.console.roles import Right
from gateway.console.self_checks import answered, asked_by, asked_of, reminded, shown_of, started
from gateway.self_check import Answer, Asked, Mark
from gateway.words import Words

resource = Resource("所属の自己点検", "Self-inspection of sections")


@dataclass(frozen=True, slots=True)
class AskingSections:
    since: date
    until: date
    reason: Reason
    sections: tuple[Line, ...] = ()  # codes; none = all that the owner may ask


@dataclass(frozen=True, slots=True)
class SectionAnswer:
    question: Line
    mark: Mark
    note: Line = ""  # what is lacking, and what will be done


@dataclass(frozen=True, slots=True)
class AnsweringChecks:
    answers: tuple[SectionAnswer, ...]


@dataclass(frozen=True, slots=True)
class SectionAsked:
    case: int
    section: str
    period: str
    due_at: Moment | None
    answered_by: str  # "" = nobody yet
    answered_at: Moment | None
    reminded: int
    answers: tuple[SectionAnswer, ...]


@dataclass(frozen=True, slots=True)
class SectionsAsked:
    items: tuple[SectionAsked, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    question: str
    clause: str
    text: str


@dataclass(frozen=True, slots=True)
class AskedQuestions:
    questions: tuple[AskedQuestion, ...]
    counted: tuple[str, ...]  # what the gateway knows of the section, a line each
    due_at: Moment | None


@dataclass(frozen=True, slots=True)
class Reminding:
    pass


@resource.get("/self-checks", TokenScope.REPORTS_READ, Right.START_CHECK, Words("所属ごとの回答", "Who has answered what"))
async def listing(call: Call, query: Paging) -> SectionsAsked:
    """Newest first, of the sections that the owner may ask."""
    some, more = paged(await asked_by(call), query, lambda each: (each.case.id,), descending=True)
    return SectionsAsked(tuple(map(_asked, some)), more)


@resource.get("/self-checks/{number}", TokenScope.APPROVALS_READ, Right.SIGNED_IN, Words("質問", "What a section is asked"))
async def show(call: Call, number: Number) -> AskedQuestions:
    case = (await shown_of(call, number)).case
    asked = (AskedQuestion(each.id, each.clause, each.ja) for each in asked_of(call))
    return AskedQuestions(tuple(asked), case.opening.details.findings, case.due_at)


@resource.post("/self-checks", TokenScope.AUDIT_WRITE, Right.START_CHECK, Words("自己点検の依頼", "Ask sections"), status=201)
async def start(call: Call, body: AskingSections) -> Cases:
    made = await started(call, body.since, body.until, list(body.sections), body.reason)
    return Cases(tuple(map(casework.line, made)), None)


@resource.post("/self-checks/{number}/reminder", TokenScope.AUDIT_WRITE, Right.START_CHECK, Words("督促", "Remind a section"))
async def remind(call: Call, number: Number, body: Reminding) -> casework.CaseLine:
    """By the letter that the case sends; once a day."""
    await reminded(call, number)
    return casework.line((await call.desk.workflow.show(number)).case)


@resource.post(
    "/self-checks/{number}/answer", TokenScope.APPROVALS_DECIDE, Right.SIGNED_IN, Words("回答する", "Answer for a section")
)
async def answer(call: Call, number: Number, body: AnsweringChecks) -> casework.CaseLine:
    await answered(call, number, [Answer(each.question, each.mark, each.note) for each in body.answers])
    return casework.line((await call.desk.workflow.show(number)).case)


def _asked(each: Asked) -> SectionAsked:
    given = tuple(SectionAnswer(a.question, a.mark, a.note) for a in each.answers)
    times = (each.case.due_at, each.by, each.at or None, each.reminded)
    return SectionAsked(each.case.id, each.section, each.case.opening.details.round, *times, given)
