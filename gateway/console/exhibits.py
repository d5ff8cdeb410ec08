"""Screen: the evidence of requirements over a period, as a pack that an auditor takes along (AU-01).

The judgement, the settings and rules that it rests on, and the entries of the journal; `mugai audit evidence` makes the same.
"""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

from starlette.responses import Response

from gateway.audit.exhibit import Sought
from gateway.compliance import demands
from gateway.compliance.report import requirements
from gateway.console.asker import Asker
from gateway.console.journal import as_file
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.directory import book
from gateway.words import Refusal

screen = Screen()

DAYS = 183  # of the period that the form proposes: half a year, as audits go


@screen.get("/audit/evidence", Right.AUDIT)
async def form(visit: Visit) -> Response:
    today, chosen = book.day(visit.desk.store.clock.now()), visit.request.query_params.get("requirement", "").upper()[:8]
    return visit.page(
        "exhibits.html",
        profiles=await profiles_of(visit),
        requirements=requirements(),
        chosen=chosen,
        first_day=today - timedelta(days=DAYS),
        last_day=today,
    )


@screen.post("/audit/evidence", Right.AUDIT)
async def take(visit: Visit) -> Response:
    first, last = visit.period("first", "last")
    chosen = tuple(dict.fromkeys(visit.texts("requirement")))
    content = await evidence_of(visit, visit.text("profile"), chosen, first, last, visit.reason())
    name = chosen[0] if len(chosen) == 1 else f"{len(chosen)}-requirements"
    return as_file(content, "application/zip", f"mugai-evidence-{name}.zip")


async def evidence_of(asker: Asker, profile: str, chosen: tuple[str, ...], first: date, last: date, reason: str) -> bytes:
    """Raises Refusal."""
    if not chosen:
        raise Refusal("要求事項を選んでください。", "Choose a requirement.")
    if profile not in await profiles_of(asker):  # a name, never a path
        raise Refusal("その規程 (プロファイル) はありません。", "There is no such profile.", 404)
    return await asker.desk.prove(Sought(profile, chosen, first, last, asker.who.name, reason))


async def profiles_of(asker: Asker) -> tuple[str, ...]:
    """Whose demands can be judged by."""
    config = asker.desk.config
    return await asyncio.to_thread(demands.profiles, config) if config is not None else ()
