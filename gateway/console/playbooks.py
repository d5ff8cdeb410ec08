"""Screen: the plan for an emergency, step by step, in the incident that follows it (IN-04): chosen, shown, taken, on record.

What stops something is shown first, and the button there does it.  Who may take which step is the plan's and the directory's;
what a step does is `gateway/incident/drive.py`'s.  The mails that a hunt found are shown to whoever reads the record.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from gateway import journal
from gateway.bulletin import bulletins
from gateway.console.approvals import shown_to
from gateway.console.asker import Asker
from gateway.console.casework import plainly
from gateway.console.journal import as_file, packed
from gateway.console.mine import reader
from gateway.console.roles import NAMES, Right
from gateway.console.screen import Screen, Visit
from gateway.contacts import Contacts
from gateway.incident import plan as plan_file
from gateway.incident.drive import Drive, Progress, Taken
from gateway.incident.hunt import PLACES, table
from gateway.incident.plan import Action, Plan
from gateway.journal import Query
from gateway.notifier import postmaster
from gateway.words import Refusal, Words
from gateway.workflow.ledger import Hand
from gateway.workflow.model import Case, Kind

screen = Screen()

DAYS = (1, 7, 30, 90)  # that a hunt looks back
SHOWN = 200  # mails on a page; the list has all
ACTIONS: dict[Action, Words] = {
    Action.NONE: Words("人が行う", "by people"),
    Action.HUNT: Words("メールを探す", "finds mails"),
    Action.HOLD: Words("メールを止める", "stops mails"),
    Action.ISOLATE: Words("切り離す", "isolates"),
    Action.STOP: Words("送受信を止める", "stops a side"),
    Action.PRESERVE: Words("証拠を保全する", "preserves evidence"),
    Action.COPIES: Words("写しの一覧を作る", "lists copies"),
}


@dataclass(frozen=True, slots=True)
class Course:
    case: Case
    steps: tuple[Progress, ...]  # () = no playbook yet
    mine: frozenset[str]  # that this person may take


@screen.get("/incidents/{number}/steps", Right.SIGNED_IN)
async def show(visit: Visit) -> Response:
    course = await course_of(visit, visit.number("number"))
    return visit.page(
        "steps.html",
        course=course,
        plan=plan_of(visit),
        actions=ACTIONS,
        roles=NAMES,
        days=DAYS,
        now=visit.desk.store.clock.now(),
        directory=await visit.desk.store.directory.current(),
    )


async def course_of(asker: Asker, number: int) -> Course:
    """Raises LookupError: no incident, or not theirs to see."""
    who, shown = await shown_to(asker, number)
    if shown.case.kind is not Kind.INCIDENT:
        raise LookupError("no incident")
    drive = driven(asker)
    try:
        _, steps = await drive.status(number)
    except LookupError:  # none is chosen, or the plan has it no more
        return Course(shown.case, (), frozenset())
    return Course(shown.case, steps, await drive.may(number, who.address))


@screen.post("/incidents/{number}/playbook", Right.RECORD_TROUBLE)
async def choose(visit: Visit) -> Response:
    number = visit.number("number")
    await follow(visit, number, visit.text("playbook"), visit.reason())
    return visit.go(f"/incidents/{number}/steps", Words("手順書に沿って始めました。", "It goes on by this playbook."))


async def follow(asker: Asker, number: int, name: str, reason: str) -> None:
    """Raises LookupError, Refusal."""
    await shown_to(asker, number)
    with plainly():
        await driven(asker).follow(number, name, Hand((await reader(asker)).address, reason, via=asker.via))


@screen.post("/incidents/{number}/steps/{step}", Right.SIGNED_IN)
async def take(visit: Visit) -> Response:
    number, reason, who, days = visit.number("number"), visit.reason(), visit.text("who").strip()[:200], _days(visit)
    step, do = visit.request.path_params["step"], visit.text("sure") == "yes"
    taken = await taken_by(visit, number, step, reason, do=do, who=who, days=days)
    if taken.done and not taken.caught:
        return visit.go(f"/incidents/{number}/steps#{step}", Words("手順を記録しました。", "The step is on record."))
    return visit.page(
        "step.html",
        number=number,
        taken=taken,
        mails=taken.caught[:SHOWN] if visit.may(Right.SEARCH_JOURNAL) else (),
        places=PLACES,
        reason=reason,
        who=who,
        days=days,
    )


async def taken_by(asker: Asker, number: int, step: str, reason: str, *, do: bool, who: str = "", days: float = 7) -> Taken:
    """Raises LookupError, Refusal."""
    await shown_to(asker, number)
    hand = Hand((await reader(asker)).address, reason, via=asker.via)
    with plainly():
        return await driven(asker).take(number, step, hand, do=do, who=who, days=days)


@screen.post("/incidents/{number}/steps/{step}/list", Right.EXPORT_JOURNAL)
async def listed(visit: Visit) -> Response:
    """What the step finds now, for whoever looks after the mailboxes; or as sealed evidence.  It is recorded."""
    number, step, days = visit.number("number"), visit.request.path_params["step"], _days(visit)
    hand = Hand(visit.who.name, f"手順 {step}", via=visit.via)
    with plainly():
        caught = await driven(visit).caught(number, step, hand, days)
    if visit.text("form") == "zip":
        if not caught:
            raise Refusal("該当するメールがありません。", "No mail was found.", 404)
        query = Query(items=tuple(mail.item for mail in caught))
        return await packed(visit, query, f"事案 {number} 手順 {step}", f"incident-{number}-{step}")
    purpose = f"事案 {number} 手順 {step}"
    done = journal.Exported(actor=visit.who.name, purpose=purpose, form="csv", entries=len(caught), query=f"{days} days")
    await visit.desk.store.journal.write(done)
    return as_file(table(caught).encode(), "text/csv; charset=utf-8", f"mugai-incident-{number}-{step}.csv")


def plan_of(asker: Asker) -> Plan:
    """Raises BadConfiguration."""
    return plan_file.load(Path(asker.desk.settings.playbooks))


def driven(asker: Asker) -> Drive:
    """Lists and packs are handed out here, not left on the machine."""
    store, settings = asker.desk.store, asker.desk.settings
    letters = bulletins(settings, store)
    contacts = Contacts(store.directory, letters.house, settings.contacts, postmaster(settings).address)
    return Drive(store, asker.desk.workflow, plan_of(asker), contacts, letters)


def _days(visit: Visit) -> int:
    asked = visit.text("days")
    return int(asked) if asked in map(str, DAYS) else 7
