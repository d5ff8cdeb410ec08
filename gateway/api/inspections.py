"""点検: what the log of a week or month should be read for, and who has signed it off (LG-04)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.call import Call
from gateway.api.paging import Paging, paged
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Moment
from gateway.console.records import period_of, sign_off
from gateway.console.roles import Right
from gateway.evidence import inspection
from gateway.evidence.inspection import Period
from gateway.evidence.sentence import sentence
from gateway.journal import Entry
from gateway.words import Words

resource = Resource("定期点検", "Inspections")

PeriodKey = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-(W[0-9]{2}|[0-9]{2})$"),
    Field(description="A week or a month: 2026-W48, 2026-11."),
]
Comment = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000),
    Field(description="What the inspection found; it goes into the journal."),
]


@dataclass(frozen=True, slots=True)
class InspectionPeriod:
    period: str
    since: Moment
    until: Moment


@dataclass(frozen=True, slots=True)
class InspectionPeriods:
    items: tuple[InspectionPeriod, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class InspectionPoint:
    name: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignOff:
    actor: str
    comment: str
    at: Moment


@dataclass(frozen=True, slots=True)
class InspectionReport:
    period: InspectionPeriod
    points: tuple[InspectionPoint, ...]
    signed: tuple[SignOff, ...]


@dataclass(frozen=True, slots=True)
class Signing:
    comment: Comment


@resource.get("/inspections", TokenScope.JOURNAL_READ, Right.SEARCH_JOURNAL, Words("点検の対象期間", "Periods to be inspected"))
async def periods(call: Call, query: Paging) -> InspectionPeriods:
    """The last weeks and months that are over, newest first; older ones are made when they are asked for."""
    over = Period.before(call.desk.store.clock.now())
    some, more = paged(over, query, lambda each: (each.since, each.key), descending=True)
    return InspectionPeriods(tuple(map(_period, some)), more)


@resource.get("/inspections/{period}", TokenScope.JOURNAL_READ, Right.SEARCH_JOURNAL, Words("点検表", "One inspection"))
async def show(call: Call, period: PeriodKey) -> InspectionReport:
    made = await call.desk.store.db.read(inspection.report, period_of(call))
    points = (
        InspectionPoint(
            each.name.ja,
            each.count,
            (*map(sentence, each.entries), *(f"{mail.receipt} {mail.sender} ({mail.recipients})" for mail in each.mails)),
        )
        for each in made.points
    )
    return InspectionReport(_period(made.period), tuple(points), tuple(map(_signed, made.signed)))


@resource.post(
    "/inspections/{period}/sign-off",
    TokenScope.INSPECTIONS_SIGN,
    Right.SIGN_INSPECTION,
    Words("点検済にする", "Sign it off"),
    status=201,
)
async def sign(call: Call, period: PeriodKey, body: Signing) -> InspectionReport:
    """In the owner's name; there is no way back."""
    await sign_off(call, period_of(call), body.comment)
    return await show(call, period)


def _period(found: Period) -> InspectionPeriod:
    return InspectionPeriod(found.key, found.since, found.until)


def _signed(entry: Entry) -> SignOff:
    facts = dict(entry.facts)
    return SignOff(facts["actor"], facts["comment"], entry.at)
