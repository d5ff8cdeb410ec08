"""Screen: what an external auditor looks at in a β-type house, as the last self-inspection found it; who looked, with which
result (AU-03)."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

from starlette.responses import Response

from gateway.audit import confirmation, external
from gateway.audit.confirmation import OCCASIONS, RESULTS, Confirmation, Occasion, Result
from gateway.compliance.model import STATUS_NAMES, Report
from gateway.console import papers
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.console.self_inspections import kept, names
from gateway.directory import book
from gateway.segment_settings import MODEL_NAMES
from gateway.words import Refusal, Words

screen = Screen()

_MISSING = {
    "auditor": Words("監査した人・法人を入力してください。", "Write who looked."),
    "reference": Words("報告書の番号や保管場所を入力してください。", "Write where the report is."),
    "on": Words("報告書の日付は今日までの日です。", "The day of the report is not in the future."),
}


@screen.get("/audit/external", Right.READ_FINDINGS)
async def show(visit: Visit) -> Response:
    segments, found = visit.desk.settings.segments, await visit.desk.store.db.read(confirmation.confirmations)
    report = await _newest(visit)
    return visit.page(
        "external.html",
        model=MODEL_NAMES[segments.model],
        beta=segments.model.is_beta,
        lacks=confirmation.missing(found, segments.external_audit_months, _today(visit)),
        found=found,
        report=report,
        standings=external.standings(report) if report else (),
        statuses={status: Words(name, status.replace("_", " ")) for status, name in STATUS_NAMES.items()},
        occasions=OCCASIONS,
        results=RESULTS,
        papers=papers.PAPERS,
        today=_today(visit),
    )


@screen.post("/audit/external", Right.SIGN_INSPECTION)
async def confirm(visit: Visit) -> Response:
    auditor, reference = (visit.text(name).strip()[:200] for name in ("auditor", "reference"))
    try:
        on = date.fromisoformat(visit.text("on"))
        occasion, result = Occasion(visit.text("occasion")), Result(visit.text("result"))
        made = Confirmation(auditor, occasion, on, result, reference, visit.who.name)
        await confirmation.record(visit.desk.store, made)
    except ValueError as missing:
        words = _MISSING.get(str(missing), Words("日付と選択肢を確かめてください。", "Look at the day and the choices."))
        raise Refusal(words.ja, words.en) from missing
    return visit.go("/audit/external", Words("外部の監査を記録しました。", "Recorded."))


@screen.post("/audit/external/paper", Right.READ_FINDINGS)
async def on_paper(visit: Visit) -> Response:
    papers.wanted(visit)
    if (report := await _newest(visit)) is None:
        raise Refusal("自己点検がまだありません。", "No self-inspection was held yet.", 409)
    found = await visit.desk.store.db.read(confirmation.confirmations)
    made = external.sheet(report, visit.desk.settings.segments, found, _today(visit))
    name, query, entries = "mugai-external-audit", "external audit", len(made.rows)
    return await papers.handed_out(visit, made, name, purpose="外部監査", query=query, entries=entries)


async def _newest(visit: Visit) -> Report | None:
    """The last self-inspection of any body that can be read."""
    for name in await names(visit.desk):
        with suppress(Refusal):
            return await kept(visit.desk, name)
    return None


def _today(visit: Visit) -> date:
    return book.day(visit.desk.store.clock.now())
