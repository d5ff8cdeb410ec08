"""Screens: 所属の自己点検 -- sections are asked, answer, are reminded; who has answered what (AU-02).

Committee, auditors, CISO and CSO ask any section, a bureau head those of its bureau.  Whoever may answer is the workflow's to
say; the answer is part of the case's record.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from starlette.responses import Response

from gateway.console.approvals import shown_to
from gateway.console.asker import Asker
from gateway.console.casework import plainly
from gateway.console.mine import reader
from gateway.console.roles import OF_A_SECTION, RIGHTS, Right
from gateway.console.screen import Screen, Visit
from gateway.directory import Section
from gateway.self_check import MARKS, Answer, Asked, Mark, Question, SelfChecks, answers, bureau, questions, written
from gateway.words import Refusal, Words
from gateway.workflow.engine import Shown
from gateway.workflow.model import Act, Case, Kind, Stage

screen = Screen()


@screen.get("/self-checks", Right.START_CHECK)
async def listing(visit: Visit) -> Response:
    today = visit.desk.store.directory.today
    year = date(today.year - (today.month < 4), 4, 1)  # the fiscal one
    return visit.page(
        "self_checks.html",
        asked=await asked_by(visit),
        sections=await sections_of(visit),
        since=year,
        until=today,
        marks=MARKS,
        now=visit.desk.store.clock.now(),
        directory=await visit.desk.store.directory.current(),
    )


@screen.post("/self-checks", Right.START_CHECK)
async def ask(visit: Visit) -> Response:
    since, until = visit.period("since", "until")
    made = await started(visit, since, until, visit.texts("section"), visit.reason())
    said = Words(f"{len(made)}所属に自己点検を依頼しました。", f"Asked: {len(made)} sections.")
    return visit.go("/self-checks", said)


async def started(asker: Asker, since: date, until: date, chosen: list[str], reason: str) -> tuple[Case, ...]:
    """`chosen` none = all of theirs.  Raises Refusal."""
    theirs = [section.code for section in await sections_of(asker)]
    wanted = [code for code in theirs if code in chosen] if chosen else theirs
    if until - since > timedelta(days=366 * 2):
        raise Refusal("期間は2年までです。", "Two years at most.")
    with plainly():
        made = await checks(asker).ask(since, until, wanted, asker.who.address, reason)
    if not made:
        raise Refusal("依頼できる所属がありません。同じ期間を依頼中です。", "Nothing to ask: these are asked already.", 409)
    return made


@screen.post("/self-checks/{number}/remind", Right.START_CHECK)
async def remind(visit: Visit) -> Response:
    await reminded(visit, visit.number("number"))
    return visit.go("/self-checks", Words("督促しました。", "Reminded."))


async def reminded(asker: Asker, number: int) -> None:
    """Raises LookupError: none of their sections; Refusal."""
    if number not in {each.case.id for each in await asked_by(asker)}:
        raise LookupError("none of theirs")
    with plainly():
        await checks(asker).remind(number)


@screen.get("/self-checks/{number}", Right.SIGNED_IN)
async def show(visit: Visit) -> Response:
    shown = await shown_of(visit, visit.number("number"))
    closed = next((step for step in reversed(shown.steps) if step.act is Act.CLOSE), None)
    return visit.page(
        "self_check.html",
        case=shown.case,
        mine=Act.CLOSE in shown.acts,
        closed=closed,
        answers={each.question: each for each in answers(closed.reason)} if closed else {},
        questions=asked_of(visit),
        marks=MARKS,
        directory=await visit.desk.store.directory.current(),
        over=shown.case.stage is not Stage.WANTED,
    )


@screen.post("/self-checks/{number}/answer", Right.SIGNED_IN)
async def answer(visit: Visit) -> Response:
    number = visit.number("number")
    given = [
        Answer(each.id, Mark(mark), visit.text(f"note-{each.id}").strip())
        for each in asked_of(visit)
        if (mark := visit.text(f"mark-{each.id}")) in set(Mark)
    ]
    await answered(visit, number, given)
    return visit.go(f"/self-checks/{number}", Words("回答を記録しました。", "The answer is on record."))


async def answered(asker: Asker, number: int, given: list[Answer]) -> None:
    """Raises LookupError, Refusal."""
    await shown_of(asker, number)
    try:
        text = written(given, asked_of(asker))
    except ValueError as missing:
        ja = "すべての質問に答えてください。「一部」「未実施」には、足りないことと対応を書いてください。"
        raise Refusal(ja, f"Answer all; what is not wholly done has a note: {missing}") from missing
    with plainly():
        await asker.desk.workflow.act(number, Act.CLOSE, (await reader(asker)).address, text, asker.via)


async def shown_of(asker: Asker, number: int) -> Shown:
    """Raises LookupError: no such one, or neither theirs to answer nor to ask for."""
    whole = (await asker.limit()).patterns is None
    if whole and asker.may(Right.START_CHECK) and number in {each.case.id for each in await asked_by(asker)}:
        return await asker.desk.workflow.show(number, asker.who.address)
    shown = (await shown_to(asker, number))[1]
    if shown.case.kind is not Kind.SELF_CHECK:
        raise LookupError("no self-inspection of a section")
    return shown


async def asked_by(asker: Asker) -> tuple[Asked, ...]:
    """Newest first, of the sections that this person may ask."""
    return await checks(asker).list(None if of_the_house(asker) else frozenset(s.code for s in await sections_of(asker)))


async def sections_of(asker: Asker) -> list[Section]:
    directory = await asker.desk.store.directory.current()
    if of_the_house(asker):
        return list(directory.sections)
    below = bureau(directory, asker.who.address)
    return [section for section in directory.sections if section.code in below]


def of_the_house(asker: Asker) -> bool:
    """By a role that is not of a section."""
    return any(Right.START_CHECK in RIGHTS[role] for role in asker.who.roles if role not in OF_A_SECTION)


def asked_of(asker: Asker) -> tuple[Question, ...]:
    """Raises BadConfiguration."""
    return questions(Path(asker.desk.settings.self_check))


def checks(asker: Asker) -> SelfChecks:
    store, workflow = asker.desk.store, asker.desk.settings.workflow
    return SelfChecks(store.db, store.clock, workflow.self_check_chain, workflow.self_check_days)
