"""Screens: 自己点検 -- the self-inspections that were kept, what is not met, what changed, and the plan to mend it (AU-02).

Committee and bureau heads read here; who answers for the whole house, audits or sits in the committee has one held, as
`mugai report self-inspection` does.  A plan that is entered here stands in the next report on paper.
"""

from __future__ import annotations

import asyncio
import hashlib
import re

from starlette.responses import Response

from gateway import journal
from gateway.compliance import improvement, page
from gateway.compliance.holding import Holding
from gateway.compliance.model import OPEN, STATUS_NAMES, Plan, Report, Status
from gateway.compliance.report import KEPT, counted, load, with_plans
from gateway.console.asker import Asker
from gateway.console.desk import Desk
from gateway.console.exhibits import profiles_of
from gateway.console.journal import as_file
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.console.self_checks import of_the_house
from gateway.journal import Query
from gateway.words import Refusal, Words

screen = Screen()

NAMED = re.compile(r"[A-Za-z0-9_]{1,60}-[0-9]{8}-[0-9]{6}")
PAGE = 50
SPANS = (31, 92, 183, 365)  # days of the journal that are read for evidence
STATUSES = {
    Status.OK: Words(STATUS_NAMES[Status.OK], "met"),
    Status.NG: Words(STATUS_NAMES[Status.NG], "not met"),
    Status.PARTIAL: Words(STATUS_NAMES[Status.PARTIAL], "in part"),
    Status.UNSERVED: Words(STATUS_NAMES[Status.UNSERVED], "not served"),
    Status.ORGANISATIONAL: Words(STATUS_NAMES[Status.ORGANISATIONAL], "people's work"),
    Status.NOT_APPLICABLE: Words(STATUS_NAMES[Status.NOT_APPLICABLE], "no such clause"),
}


@screen.get("/self-inspections", Right.READ_REPORTS)
async def listing(visit: Visit) -> Response:
    found = await journal.find(visit.desk.store.db, Query(kind=journal.SelfInspected.kind()), 1_000)
    held = {facts["sha256"]: facts["actor"] for facts in (dict(each.facts) for each in found)}
    shown, broken = [], []
    for name in (await names(visit.desk))[:PAGE]:
        try:
            report, digest = await _read(visit.desk, name)
        except Refusal:
            broken.append(name)
        else:
            shown.append((name, report, counted(report.rows), held.get(digest)))
    return visit.page(
        "self_inspections.html",
        shown=shown,
        broken=broken,
        statuses=STATUSES,
        profiles=await profiles_of(visit) if visit.may(Right.START_CHECK) and of_the_house(visit) else (),
        spans=SPANS,
    )


@screen.post("/self-inspections", Right.START_CHECK)
async def begin(visit: Visit) -> Response:
    days = visit.text("days")
    name = await held_by(visit, visit.text("profile"), int(days) if days in map(str, SPANS) else SPANS[-1])
    return visit.go(f"/self-inspections/{name}", Words("自己点検を行い、保存しました。", "Held, and kept."))


async def held_by(asker: Asker, profile: str, days: int) -> str:
    """The name of the new report.  Raises Refusal."""
    if not of_the_house(asker):
        words = "装置全体の自己点検は、委員会・監査・CISO・CSOが行います。所属の自己点検を使ってください。"
        raise Refusal(words, "The whole house is not a bureau's to inspect: ask its sections.", 403)
    if profile not in await profiles_of(asker):  # a name, never a path
        raise Refusal("その規程 (プロファイル) はありません。", "There is no such profile.", 404)
    return await asker.desk.hold(Holding(profile, days, asker.who.name))


@screen.get("/self-inspections/{name}", Right.READ_REPORTS)
async def show(visit: Visit) -> Response:
    name, asked = visit.request.path_params["name"], visit.request.query_params.get("status", "")
    report, newest = await _planned(visit, name)
    wanted = {Status(asked)} if asked in set(Status) else OPEN if asked != "all" else set(Status)
    return visit.page(
        "self_inspection.html",
        name=name,
        report=report,
        rows=[row for row in report.rows if row.status in wanted],
        changed=[row for row in report.rows if row.before is not None and row.before is not row.status],
        counts=counted(report.rows),
        asked=asked,
        open=OPEN,
        newest=newest,
        statuses=STATUSES,
    )


@screen.post("/self-inspections/{name}/table", Right.READ_REPORTS)
async def as_table(visit: Visit) -> Response:
    """For Excel.  It leaves the console, so it is recorded."""
    name = visit.request.path_params["name"]
    report, _ = await _planned(visit, name)
    purpose, rows = "自己点検の報告", len(report.rows)
    done = journal.Exported(actor=visit.who.name, purpose=purpose, form="csv", entries=rows, query=name)
    await visit.desk.store.journal.write(done)
    return as_file(page.table(report).encode(), "text/csv; charset=utf-8", f"{name}.csv")


@screen.post("/self-inspections/{name}/{requirement}", Right.PLAN_IMPROVEMENT)
async def plan(visit: Visit) -> Response:
    name, requirement = visit.request.path_params["name"], visit.request.path_params["requirement"]
    report, newest = await _planned(visit, name)
    if not newest or requirement not in {row.id for row in report.rows if row.status in OPEN}:
        raise LookupError("nothing to plan there")
    wanted = Plan(*(visit.text(each).strip()[:500] for each in ("measure", "owner", "due")))
    if not (wanted.measure and wanted.owner and wanted.due):
        raise Refusal("改善策、担当、期限をすべて入力してください。", "A plan says what, who and until when.")
    store, entered = visit.desk.store, {requirement: wanted}
    await store.db.write(improvement.enter, report.profile, entered, visit.who.name, store.clock.now())
    return visit.go(f"/self-inspections/{name}", Words(f"{requirement} の改善計画を記録しました。", f"{requirement}: planned."))


async def names(desk: Desk) -> tuple[str, ...]:
    """Newest first.  Raises Refusal."""
    try:
        found = await asyncio.to_thread(lambda: [path.stem for path in desk.settings.place(KEPT).iterdir()])
    except FileNotFoundError:
        return ()
    except PermissionError as apart:
        ja = "この画面の利用者には、報告書のフォルダを読む権限がありません。管理者に依頼してください。"
        raise Refusal(ja, "The console's user may not read the folder of reports.", 409) from apart
    return tuple(sorted(filter(NAMED.fullmatch, found), key=lambda name: name[-15:], reverse=True))


async def kept(desk: Desk, name: str) -> Report:
    """Raises LookupError; Refusal for one that cannot be read."""
    return (await _read(desk, name))[0]


async def _read(desk: Desk, name: str) -> tuple[Report, str]:
    """With the SHA-256 of the file."""
    if not NAMED.fullmatch(name):
        raise LookupError(f"no report {name}")
    try:
        content = await asyncio.to_thread((desk.settings.place(KEPT) / f"{name}.json").read_bytes)
        return load(content), hashlib.sha256(content).hexdigest()
    except OSError as missing:
        raise LookupError(f"no report {name}") from missing
    except ValueError as broken:
        raise Refusal("この報告書は読めません。", f"This report cannot be read: {broken}", 409) from broken


async def _planned(visit: Visit, name: str) -> tuple[Report, bool]:
    """The newest one of its body shows the plans as they are today; an older one those that it was made with."""
    report = await kept(visit.desk, name)
    of_body = [each for each in await names(visit.desk) if each.rpartition("-")[0].rpartition("-")[0] == report.profile]
    if name not in of_body[:1]:
        return report, False
    return with_plans(report, await visit.desk.store.db.read(improvement.plans, report.profile)), True
