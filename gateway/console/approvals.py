"""Screen: what waits for my decision, one case with all that it rests on, and my hand on it; by session or by a mail's link.

Who may do what is the workflow's alone, by the directory: never who asked, a deputy on behalf of its head.  A link shows what
its mail told; the words of the mail are read after signing in, through the sandbox, and each reading is journalled.
The register of all cases is `cases.py`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from gateway import journal
from gateway.console.asker import Asker
from gateway.console.casework import plainly
from gateway.console.mine import Reader, reader
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.model import Inspection
from gateway.preview import readable
from gateway.quarantine import QuarantineEntry
from gateway.words import Refusal, Words
from gateway.workflow import report
from gateway.workflow.engine import Shown
from gateway.workflow.letters import LINK
from gateway.workflow.machine import MACHINES
from gateway.workflow.model import Act, Case, Kind, Stage, Who

screen = Screen()

MAIN = frozenset({Act.APPROVE, Act.RATIFY, Act.CONFIRM, Act.SEND_NOW, Act.TAKE, Act.CONTAIN, Act.PROPOSE, Act.CLOSE, Act.APPLY})
DANGER = frozenset({Act.DENY, Act.CANCEL, Act.REVOKE, Act.WITHDRAW})
_CHARACTERS = 20_000  # of one text


@dataclass(frozen=True, slots=True)
class Mail:
    """What is known of the mail that a case is about."""

    facts: report.Facts
    entry: QuarantineEntry | None


@screen.get("/approvals", Right.SIGNED_IN)
async def inbox(visit: Visit) -> Response:
    who = await reader(visit)
    waiting = await waiting_for(visit, who)
    directory = await visit.desk.store.directory.current()
    today = visit.desk.store.directory.today
    heads = [directory.person(d.of) for d in directory.deputies if d.active(today) and d.by.lower() in who.addresses]
    return visit.page(
        "approvals.html",
        who=who,
        cases=waiting,
        heads=[head for head in heads if head],
        directory=directory,
        names=visit.desk.names(visit.language),
        now=visit.desk.store.clock.now(),
    )


async def waiting_for(asker: Asker, who: Reader) -> list[Case]:
    """What is due first comes first."""
    mine, limit = await asker.desk.workflow.mine(who.address, Who.SECOND), await asker.limit()
    waiting = [case for case in mine if not _in_force(case) and limit.sees(case.people)]
    return sorted(waiting, key=lambda case: case.due_at or float("inf"))


def _in_force(case: Case) -> bool:
    """It may be revoked, but nobody waits for that."""
    return case.stage is Stage.APPROVED and case.kind in (Kind.EXCEPTION, Kind.BLANKET)


@screen.get("/approvals/{number}", Right.SIGNED_IN)
async def show(visit: Visit) -> Response:
    who, shown = await shown_to(visit, visit.number("number"))
    if shown.acts:  # what is decided in less time than reading takes shows in the statistics
        await visit.desk.workflow.viewed(shown.case.id, who.address, "console")
    return await _page(visit, shown, f"/approvals/{shown.case.id}")


@screen.get(f"/{LINK}/{{secret}}", Right.PUBLIC)
async def show_by_link(visit: Visit) -> Response:
    """Changes nothing, not even a record: a program that follows links is no reader (W10)."""
    secret = visit.request.path_params["secret"]
    with plainly():
        shown = await visit.desk.workflow.look_by_link(secret)
    return await _page(visit, shown, f"/{LINK}/{secret}")


async def shown_to(asker: Asker, number: int) -> tuple[Reader, Shown]:
    """Raises LookupError: neither asked for by this person, nor waiting for it, nor ever in its hand."""
    who = await reader(asker) if asker.who.address else None
    shown = await asker.desk.workflow.show(number, who.address if who else "")
    case = shown.case
    asked = () if MACHINES[case.kind].hushed else (case.opening.applicant.lower(), *case.parties)
    hands = {*asked, *(step.actor for step in shown.steps if step.act is not Act.VIEW)}
    if not (shown.acts or asker.may(Right.LIST_CASES) or (who and hands & {*who.addresses})):
        raise LookupError("not theirs")
    if not (await asker.limit()).sees(case.people):
        raise LookupError("of other sections")
    return who or Reader("", (), "/mine", 0.0), shown


async def _page(visit: Visit, shown: Shown, base: str) -> Response:
    case, desk = shown.case, visit.desk
    by_link = not base.startswith("/approvals/")
    drafts = case.kind is Kind.MISDIRECTED and not by_link
    return visit.page(
        "case.html",
        shown=shown,
        case=case,
        base=base,
        by_link=by_link,
        mail=await _mail(visit, case) if case.opening.item else None,
        readable=not by_link and _may_read(visit, shown),
        details=desk.workflow.letters.details(case),
        drafts=[await desk.workflow.draft(case.id, each) for each in ("apology", "deletion")] if drafts else [],
        main=MAIN,
        danger=DANGER,
        names=desk.names(visit.language),
        directory=await desk.store.directory.current(),
        now=desk.store.clock.now(),
    )


async def _mail(visit: Visit, case: Case) -> Mail:
    store = visit.desk.store
    facts = await report.facts(store.db, store.spool, case.opening.item)
    return Mail(facts, await store.quarantine.show(case.entry) if case.entry else None)


def _may_read(asker: Asker, shown: Shown) -> bool:
    """The words of the mail: for who decides about it now, or may read held mail anyway."""
    machine, case = MACHINES[shown.case.kind], shown.case
    decides = any((t := machine.find(case.stage, act)) and t.who is not Who.APPLICANT for act in shown.acts)
    return bool(case.opening.item) and (decides or asker.may(Right.READ_HELD))


@screen.get("/approvals/{number}/text", Right.SIGNED_IN)
async def text(visit: Visit) -> Response:
    """The whole mail as words, made in the sandbox."""
    case, inspection = await read(visit, visit.number("number"))
    files = [(each.name, readable(each)[:_CHARACTERS]) for each in inspection.enclosures]
    return visit.page("case_text.html", case=case, letter=inspection.letter, files=files)


async def read(asker: Asker, number: int) -> tuple[Case, Inspection]:
    """The mail that a case is about; journalled.  Raises LookupError, Refusal."""
    who, shown = await shown_to(asker, number)
    if not _may_read(asker, shown):
        raise Refusal("本文を見られるのは、手続きをする人だけです。", "Only who decides reads the text.", 403)
    item = shown.case.opening.item
    viewed = journal.Viewed(item=item, actor=who.address or asker.who.name, what=f"text for case {shown.case.id}")
    await asker.desk.store.journal.write(viewed)
    return shown.case, await asker.desk.preview.text(item)


@screen.post("/approvals/{number}/comment", Right.SIGNED_IN)
async def comment(visit: Visit) -> Response:
    _, shown = await shown_to(visit, visit.number("number"))
    await visit.desk.workflow.comment(shown.case.id, (await reader(visit)).address, visit.reason(), "console")
    return visit.go(f"/approvals/{shown.case.id}", Words("コメントを残しました。", "The comment is kept."))


@screen.post("/approvals/{number}/{act}", Right.SIGNED_IN)
async def act(visit: Visit) -> Response:
    who = await reader(visit)
    with plainly():
        case = await visit.desk.workflow.act(visit.number("number"), _act(visit), who.address, visit.reason(), "console")
    stage = visit.desk.names(visit.language).stages[case.stage]
    said = Words(f"手続きを記録しました。(手続番号 {case.id}: {stage})", f"Done: case {case.id} is now: {stage}.")
    return visit.go(visit.text("back") or "/approvals", said)


@screen.post(f"/{LINK}/{{secret}}/{{act}}", Right.PUBLIC)
async def act_by_link(visit: Visit) -> Response:
    with plainly():
        case = await visit.desk.workflow.act_by_link(visit.request.path_params["secret"], _act(visit), visit.reason())
    return visit.page("case_done.html", case=case, names=visit.desk.names(visit.language))


def _act(visit: Visit) -> Act:
    try:
        return Act(visit.request.path_params["act"])
    except ValueError:
        raise LookupError("no such act") from None
