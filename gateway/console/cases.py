"""Screen: the register of all cases, how they were decided, and the forms that open one (EX-01 to EX-03, SD-01, LG-08, IN-01).

One case and every hand on it are `approvals.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from gateway.console.asker import Asker
from gateway.console.casework import plainly
from gateway.console.mine import reader
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.words import Words
from gateway.workflow import export, opening, report
from gateway.workflow.model import Kind, Opening, Scope
from gateway.workflow.opening import end_of

screen = Screen()

PAGE = 50
PERIODS = (7, 30, 90, 365)  # days
FORMS: dict[str, Words] = {
    Kind.EXCEPTION: Words("例外措置の申請", "Ask for an exception"),
    Kind.BLANKET: Words("包括承認の申請", "Ask for a blanket approval"),
    Kind.CHANGE: Words("二人による変更の申請", "Propose a change by two people"),
    Kind.INCIDENT: Words("インシデントの報告", "Report an incident"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody filled in; which of it counts depends on the kind."""

    reason: str
    subject: str = ""
    rule: str = ""
    sender: str = ""
    recipient: str = ""
    media_type: str = ""
    name: str = ""
    until: str = ""  # 2027-03-31
    measure: str = ""
    mail: str = ""  # receipt number
    severity: str = ""
    drill: bool = False
    break_glass: bool = False


@screen.get("/cases", Right.LIST_CASES)
async def listing(visit: Visit) -> Response:
    query, workflow = visit.request.query_params, visit.desk.workflow
    kind, everything, before = query.get("kind", ""), query.get("all") == "yes", query.get("before", "")
    kinds = (Kind(kind),) if kind in list(Kind) else ()
    number = int(before) if before.isdecimal() and len(before) < 16 else 0
    cases = await workflow.cases(kinds, open_only=not everything, before=number, limit=PAGE + 1)
    return visit.page(
        "cases.html",
        shown=[await workflow.show(case.id) for case in cases[:PAGE]],
        more=cases[PAGE - 1].id if len(cases) > PAGE else None,
        kinds=list(Kind),
        kind=kind,
        everything=everything,
        forms=FORMS,
        names=visit.desk.names(visit.language),
        now=visit.desk.store.clock.now(),
    )


@screen.get("/cases/export", Right.LIST_CASES)
async def register(visit: Visit) -> Response:
    """EX-03, safe to open in Excel."""
    workflow = visit.desk.workflow
    kinds = (Kind.EXCEPTION, Kind.BLANKET)
    shown = [await workflow.show(case.id) for case in await workflow.cases(kinds, open_only=False, limit=export.MOST)]
    headers = {"Content-Disposition": 'attachment; filename="exceptions.csv"'}
    origin = visit.desk.settings.console.origin
    return Response(export.register(shown[::-1], origin), media_type="text/csv", headers=headers)


@screen.get("/cases/statistics", Right.STATISTICS)
async def statistics(visit: Visit) -> Response:
    asked = visit.request.query_params.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else 30
    found = await visit.desk.workflow.statistics(visit.desk.store.clock.now() - days * 86_400)
    directory = await visit.desk.store.directory.current()
    names = visit.desk.names(visit.language)
    return visit.page("statistics.html", found=found, days=days, periods=PERIODS, directory=directory, names=names)


@screen.get("/ask/{form}", Right.SIGNED_IN)
async def form(visit: Visit) -> Response:
    await reader(visit)
    kind, rules = _kind(visit), (await visit.desk.policy()).rules
    fitting = [r for r in rules if (r.exceptions if kind is Kind.EXCEPTION else r.approval is not None)]
    days = visit.desk.settings.workflow.exception_days
    return visit.page("ask.html", kind=kind, title=FORMS[kind], rules=fitting, days=days)


@screen.post("/ask/{form}", Right.SIGNED_IN)
async def ask(visit: Visit) -> Response:
    with plainly():
        case = await visit.desk.workflow.open(await opening_of(visit, _kind(visit), _asked(visit)))
    return visit.go(f"/approvals/{case.id}", Words("申請しました。承認者に知らせました。", "Asked; who decides is told."))


def _kind(visit: Visit) -> Kind:
    name = visit.request.path_params["form"]
    if name not in FORMS:
        raise LookupError("no such form")
    return Kind(name)


def _asked(visit: Visit) -> Asked:
    names = ("subject", "rule", "sender", "recipient", "media_type", "name", "until", "mail", "severity")
    given: dict[str, Any] = {name: visit.text(name).strip()[:200] for name in names}
    given |= {name: visit.text(name) == "yes" for name in ("drill", "break_glass")}
    return Asked(visit.reason(), measure=visit.text("measure").strip()[:500], **given)


async def opening_of(asker: Asker, kind: Kind, asked: Asked) -> Opening:
    """One of FORMS.  Raises ValueError: what is missing; Refusal."""
    desk, who, reason = asker.desk, (await reader(asker)).address, asked.reason
    settings, now, store = desk.settings.workflow, desk.store.clock.now(), desk.store
    if kind is Kind.INCIDENT:
        known = await report.facts(store.db, store.spool, asked.mail) if asked.mail and asker.may(Right.LIST_HELD) else None
        if known and not (await asker.scope()).sees(known.recipients):
            raise LookupError("not in scope")
        chain, severity, drill = settings.incident_chain, asked.severity, asked.drill
        return report.incident(who, asked.subject, reason, chain, severity=severity, drill=drill, known=known)
    if kind is Kind.CHANGE:
        if not asked.subject:
            raise ValueError("what shall be changed")
        return opening.change(asked.subject, who, reason, settings.change_approvers)
    scope = Scope(asked.rule, asked.sender, asked.recipient, media_type=asked.media_type, name=asked.name)
    ends_at, policy, directory = end_of(asked.until), await desk.policy(), await store.directory.current()
    if kind is Kind.BLANKET:
        longest = settings.exception_days
        return opening.blanket(
            policy, scope, directory, applicant=who, reason=reason, ends_at=ends_at, now=now, longest_days=longest
        )
    made = opening.exception(
        policy,
        scope,
        applicant=who,
        reason=reason,
        measure=asked.measure,
        ends_at=ends_at,
        now=now,
        approvers=settings.exception_approvers,
        longest_days=settings.exception_days,
    )
    return opening.break_glass(made, directory, settings.break_glass) if asked.break_glass else made
