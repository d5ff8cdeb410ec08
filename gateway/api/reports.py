"""Reports as values: one day, one month, and the self-inspections that were kept (AVL-04, AU-02, LG-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway import periodic
from gateway.api.call import Call
from gateway.api.paging import Paging, paged
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Moment
from gateway.clock import JST
from gateway.compliance.model import Status
from gateway.console import self_inspections
from gateway.console.roles import Right
from gateway.periodic import Period
from gateway.words import Language, Words

resource = Resource("報告書", "Reports")


@dataclass(frozen=True, slots=True)
class DailyQuery:
    day: Annotated[date, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))] | None = None  # empty = yesterday


@dataclass(frozen=True, slots=True)
class MonthlyQuery:
    month: Annotated[str, StringConstraints(pattern=r"^(2[01][0-9]{2}-(0[1-9]|1[0-2]))?$")] = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ReportSection:
    title: str
    head: ReportRow
    rows: tuple[ReportRow, ...]
    note: str


@dataclass(frozen=True, slots=True)
class PeriodicReport:
    title: str
    organisation: str
    since: Moment
    until: Moment
    made_at: Moment
    sections: tuple[ReportSection, ...]


@dataclass(frozen=True, slots=True)
class InspectionNames:
    items: tuple[str, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class InspectionRow:
    id: str
    text: str
    clause: str  # "" = this body's document has none
    recommended: bool
    status: Status
    before: Status | None
    setting: str
    actual: str
    why: str
    evidence: int  # entries of the journal
    measure: str
    owner: str
    due: str


@dataclass(frozen=True, slots=True)
class SelfInspection:
    profile: str
    tenant: str
    title: str
    at: Moment
    since: Moment
    policy_version: str
    rows: tuple[InspectionRow, ...]


_MOMENT = len("20261128-090000")


@dataclass(frozen=True, slots=True)
class HoldingInspection:
    profile: Annotated[str, StringConstraints(max_length=60)]  # a folder of config/profiles/
    days: Annotated[int, Field(ge=1, le=3_660)] = 365  # of the journal that are read for evidence


@dataclass(frozen=True, slots=True)
class HeldInspection:
    name: str


InspectionName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,60}-[0-9]{8}-[0-9]{6}$")]


@resource.get("/reports/daily", TokenScope.REPORTS_READ, Right.READ_PERIODIC, Words("日報", "One day"))
async def daily(call: Call, query: DailyQuery) -> PeriodicReport:
    at = query.day
    period = periodic.day(datetime.combine(at, time(), JST)) if at else periodic.yesterday(call.desk.store.clock.now())
    return await _periodic(call, period)


@resource.get("/reports/monthly", TokenScope.REPORTS_READ, Right.READ_PERIODIC, Words("月報", "One month"))
async def monthly(call: Call, query: MonthlyQuery) -> PeriodicReport:
    at = datetime.strptime(query.month, "%Y-%m").replace(tzinfo=JST) if query.month else None
    return await _periodic(call, periodic.month(at) if at else periodic.last_month(call.desk.store.clock.now()))


@resource.get("/reports/self-inspection", TokenScope.REPORTS_READ, Right.READ_REPORTS, Words("自己点検の一覧", "All of them"))
async def inspections(call: Call, query: Paging) -> InspectionNames:
    """Newest first.  Made by `mugai report self-inspection`, which knows the demands of each body."""
    made = await self_inspections.names(call.desk)
    some, more = paged(made, query, lambda name: (name[-_MOMENT:], name), descending=True)
    return InspectionNames(tuple(some), more)


@resource.post(
    "/reports/self-inspection", TokenScope.AUDIT_WRITE, Right.START_CHECK, Words("自己点検を行う", "Hold one"), status=201
)
async def hold(call: Call, body: HoldingInspection) -> HeldInspection:
    """Of the whole house, as `mugai report self-inspection` does."""
    return HeldInspection(await self_inspections.held_by(call, body.profile, body.days))


@resource.get(
    "/reports/self-inspection/{name}", TokenScope.REPORTS_READ, Right.READ_REPORTS, Words("自己点検", "One self-inspection")
)
async def inspection(call: Call, name: InspectionName) -> SelfInspection:
    found = await self_inspections.kept(call.desk, name)
    rows = (
        InspectionRow(
            row.id,
            row.text,
            row.clause,
            row.recommended,
            row.status,
            row.before,
            row.setting,
            row.actual,
            row.why,
            row.evidence.count,
            row.plan.measure,
            row.plan.owner,
            row.plan.due,
        )
        for row in found.rows
    )
    times = (found.at, found.since)
    return SelfInspection(found.profile, found.tenant, found.title, *times, found.policy_version, tuple(rows))


async def _periodic(call: Call, period: Period) -> PeriodicReport:
    desk, now = call.desk, call.desk.store.clock.now()
    since, until = period.since.timestamp(), period.until.timestamp()
    made = await desk.store.db.read(periodic.report, period, desk.names(Language.JA), desk.settings.organisation, now)
    sections = (
        ReportSection(each.title, ReportRow(*each.head), tuple(ReportRow(*row) for row in each.rows), each.note)
        for each in made.sections
    )
    return PeriodicReport(period.title, made.organisation, since, until, now, tuple(sections))
