"""Screens of audit findings: an auditor enters and closes them, CSO and SYM answer, CISO and committee read (AU-01).

What may happen when is `gateway/audit/findings.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from starlette.responses import Response

from gateway.audit.findings import JUDGEMENTS, PAGE, Act, Elsewhere, Findings, Hand, Opening, Severity, elsewhere
from gateway.audit.letters import finding_letters
from gateway.audit.wording import ACTS, ELSEWHERE, SEVERITIES, STAGES
from gateway.audit.working_paper import register
from gateway.compliance.report import requirements
from gateway.console import papers
from gateway.console.asker import Asker
from gateway.console.roles import NAMES, Right
from gateway.console.screen import Screen, Visit
from gateway.directory.model import Role
from gateway.words import Refusal, Words

screen = Screen()

DAYS = 30  # to answer and mend: what the form proposes
_LONG = 2_000  # characters that somebody writes in one field
_MISSING = {
    "what": Words("指摘の内容を入力してください。", "Write what was found."),
    "requirement": Words("要求事項の番号か条項を入力してください。", "Name a requirement or a clause."),
    "section": Words("所属を入力してください。", "Name the section."),
    "evidence": Words(
        "根拠は受付番号か、S と抜き取りの番号です。見つからないものがあります。",
        "Evidence is a receipt or S and the number of a sample; one of them is not known.",
    ),
    "due": Words("期限は今日以降の日付です。", "The due date is today or later."),
    "plan": Words("改善計画を入力してください。", "Write what will be done."),
    "detail": Words("内容を入力してください。記録に残ります。", "Write something; it is recorded."),
    "elsewhere": Words(
        "完了を報告する前に、ほかの所属に同じ問題がないか確認してください。", "Look for the same in other sections first."
    ),
    "apart": Words("この指摘に対応した人は完了にできません (AC-08)。", "Whoever worked on it does not close it (AC-08)."),
}
_CHOICE = Words("選択できない値です。", "There is no such choice.")


@contextmanager
def plainly(status: int = 400) -> Iterator[None]:
    """What the register misses, in words for people."""
    try:
        yield
    except ValueError as missing:
        words = _MISSING.get(str(missing), _CHOICE)
        raise Refusal(words.ja, words.en, status) from missing


@screen.get("/audit", Right.READ_FINDINGS)
async def listing(visit: Visit) -> Response:
    query, found = visit.request.query_params, register_of(visit)
    before, everything = query.get("before", ""), query.get("all") == "yes"
    number = int(before) if before.isdecimal() and len(before) < 16 else 0
    findings = await found.list(live_only=not everything, before=number, limit=PAGE + 1)
    return visit.page(
        "findings.html",
        findings=findings[:PAGE],
        more=findings[PAGE - 1].id if len(findings) > PAGE else None,
        everything=everything,
        today=found.today,
        proposed=found.today + timedelta(days=DAYS),
        severities=SEVERITIES,
        stages=STAGES,
        roles=NAMES,
        requirements=requirements(),
        sections=(await visit.desk.store.directory.current()).sections,
        evidence=query.get("evidence", "")[:200],
        papers=papers.PAPERS,
    )


@screen.post("/audit/paper", Right.READ_FINDINGS)
async def on_paper(visit: Visit) -> Response:
    papers.wanted(visit)
    found = register_of(visit)
    each = await found.whole(1_000)
    made, purpose = register(each, visit.desk.settings.organisation, found.today), "監査の指摘事項の台帳"
    return await papers.handed_out(visit, made, "mugai-findings", purpose=purpose, query="findings", entries=len(each))


@screen.post("/audit/findings", Right.AUDIT)
async def enter(visit: Visit) -> Response:
    with plainly():
        opening = Opening(
            what=_long(visit, "what"),
            requirement=requirement(visit.text("requirement").strip().upper()),
            clause=visit.text("clause").strip()[:200],
            evidence=visit.text("evidence").strip()[:200],
            severity=Severity(visit.text("severity")),
            section=visit.text("section").strip()[:200],
            role=Role(visit.text("role")),
            due=_due(visit),
        )
        number = await register_of(visit).open(opening, hand(visit))
    return visit.go(f"/audit/findings/{number}", Words("指摘を登録しました。", "Entered."))


@screen.get("/audit/findings/{number}", Right.READ_FINDINGS)
async def show(visit: Visit) -> Response:
    found = register_of(visit)
    finding, steps = await found.show(visit.number("number"))
    looked = elsewhere(steps)
    sections = (await visit.desk.store.directory.current()).sections
    return visit.page(
        "finding.html",
        finding=finding,
        steps=steps,
        looked=looked,
        unseen=[each for each in sections if each.name not in looked],
        text={each.id: each.text for each in requirements()}.get(finding.requirement, ""),
        today=found.today,
        severities=SEVERITIES,
        stages=STAGES,
        acts=ACTS,
        results=ELSEWHERE,
        roles=NAMES,
        judgements=JUDGEMENTS,
    )


@screen.post("/audit/findings/{number}/answer", Right.ANSWER_FINDING)
async def answer(visit: Visit) -> Response:
    with plainly():
        await register_of(visit).answer(visit.number("number"), _long(visit, "plan"), _due(visit), hand(visit))
    return _back(visit)


@screen.post("/audit/findings/{number}/progress", Right.ANSWER_FINDING)
async def progress(visit: Visit) -> Response:
    done = visit.text("done") == "yes"
    with plainly():
        await register_of(visit).progress(visit.number("number"), _long(visit, "note"), hand(visit), done=done)
    return _back(visit)


@screen.post("/audit/findings/{number}/elsewhere", Right.ANSWER_FINDING)
async def look_elsewhere(visit: Visit) -> Response:
    section, number = visit.text("section").strip()[:200], visit.number("number")
    with plainly():
        result = Elsewhere(visit.text("result"))
        await register_of(visit).look_elsewhere(number, section, result, _long(visit, "note"), hand(visit))
    return _back(visit)


@screen.post("/audit/findings/{number}/judge", Right.AUDIT)
async def judge(visit: Visit) -> Response:
    with plainly():
        await register_of(visit).judge(visit.number("number"), Act(visit.text("act")), _long(visit, "reason"), hand(visit))
    return _back(visit)


def register_of(asker: Asker) -> Findings:
    desk = asker.desk
    return Findings(desk.store.db, desk.store.clock, finding_letters(desk.settings, desk.store))


def hand(asker: Asker) -> Hand:
    return Hand(asker.who.name, (asker.who.address or asker.who.name).lower())


def requirement(name: str) -> str:
    """Raises ValueError."""
    if name and name not in {each.id for each in requirements()}:
        raise ValueError("requirement")
    return name


def _due(visit: Visit) -> date:
    try:
        return date.fromisoformat(visit.text("due"))
    except ValueError:
        raise ValueError("due") from None


def _long(visit: Visit, name: str) -> str:
    return visit.text(name).strip()[:_LONG]


def _back(visit: Visit) -> Response:
    return visit.go(f"/audit/findings/{visit.number('number')}", Words("記録しました。", "Recorded."))
