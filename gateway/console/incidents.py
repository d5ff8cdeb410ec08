"""Screens: incidents and misdirected mail as the workflow keeps them: chain, timeline, draft reports (IN-01 to IN-03).

Here is what was done; to do something is the approvals' screen and `mugai incident`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from starlette.responses import Response

from gateway import journal
from gateway.console import papers
from gateway.console.asker import Asker
from gateway.console.playbooks import Course, course_of
from gateway.console.roles import NAMES, Right
from gateway.console.screen import Screen, Visit
from gateway.evidence import incident_report
from gateway.evidence.incident_report import ACTS, KINDS, REPORTS, STAGES
from gateway.evidence.trace import MOST
from gateway.journal import Entry
from gateway.workflow import ledger
from gateway.workflow.model import Case, Kind, Step
from gateway.yaml_file import BadConfiguration

screen = Screen()

PAGE = 50
T = TypeVar("T")


@screen.get("/incidents", Right.SEARCH_JOURNAL)
async def listing(visit: Visit) -> Response:
    before = visit.request.query_params.get("before", "")
    start = int(before) if before.isdecimal() and len(before) < 16 else 0
    cases = await visit.desk.store.db.read(ledger.select, tuple(KINDS), before=start, limit=PAGE)
    more = f"/incidents?before={cases[-1].id}" if len(cases) == PAGE else ""
    return visit.page("incidents.html", cases=cases, kinds=KINDS, stages=STAGES, roles=NAMES, more=more)


@screen.get("/incidents/{number}", Right.SEARCH_JOURNAL)
async def show(visit: Visit) -> Response:
    case = await _case(visit)
    steps = await visit.desk.store.db.read(ledger.history, case.id)
    return visit.page(
        "incident.html",
        case=case,
        course=await _course(visit, case),
        steps=steps,
        kinds=KINDS,
        stages=STAGES,
        acts=ACTS,
        roles=NAMES,
        reports=REPORTS,
    )


async def _course(visit: Visit, case: Case) -> Course | None:
    """On its playbook; None where the plan cannot be read: the record stands without it."""
    if case.kind is Kind.INCIDENT and visit.may(Right.LIST_CASES):
        with suppress(BadConfiguration, OSError):
            return await course_of(visit, case.id)
    return None


@screen.get("/incidents/{number}/{report}", Right.SEARCH_JOURNAL)
async def report(visit: Visit) -> Response:
    """The draft as text, to be copied into whatever the prefecture wants."""
    case, name = await _case(visit), visit.request.path_params["report"]
    text = await drafted(visit, case, name)
    return visit.page("incident_report.html", case=case, name=REPORTS[name], report=name, text=text, papers=papers.PAPERS)


@screen.post("/incidents/{number}/{report}/paper", Right.SEARCH_JOURNAL)
async def on_paper(visit: Visit) -> Response:
    """As the form that is handed in and filed."""
    papers.wanted(visit)
    case, name = await _case(visit), visit.request.path_params["report"]
    made = await _made(visit, case, name, incident_report.form)
    title = f"事案 {case.id} {REPORTS[name].ja}"
    file, rows = f"mugai-incident-{case.id}-{name}", len(made.rows)
    return await papers.handed_out(visit, made, file, purpose=title, query=f"case {case.id} {name}", entries=rows)


async def drafted(asker: Asker, case: Case, name: str) -> str:
    """One of REPORTS.  Raises LookupError, BadConfiguration."""
    return await _made(asker, case, name, incident_report.draft)


Write = Callable[[Path, str, str, Case, tuple[Step, ...], tuple[Entry, ...]], T]


async def _made(asker: Asker, case: Case, name: str, write: Write[T]) -> T:
    if name not in REPORTS:
        raise LookupError("no such report")
    store, settings, item = asker.desk.store, asker.desk.settings, case.opening.item
    steps = await store.db.read(ledger.history, case.id)
    mail = await journal.search(store.db, item=item, limit=MOST) if item else []
    made = write(Path(settings.reports), name, settings.organisation, case, steps, tuple(mail))
    await store.journal.write(journal.Viewed(item=item, actor=asker.who.name, what=f"{name} report of case {case.id}"))
    return made


async def _case(visit: Visit) -> Case:
    return await incident(visit, visit.number("number"))


async def incident(asker: Asker, number: int) -> Case:
    """Raises LookupError."""
    case = await asker.desk.store.db.read(ledger.get, number)
    if case.kind not in (Kind.INCIDENT, Kind.MISDIRECTED):
        raise LookupError("no incident")
    return case
