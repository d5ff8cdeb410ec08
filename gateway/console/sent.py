"""Screen: what I have sent: where each copy is, why one is held, and my hand on it: recall, report, ask for it (ML-08).

What waits for me, and what I ask for of received mail, is `mine.py`'s.  Nobody reaches a mail that another person sent; a
shared address is each of its members'.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from gateway import sent
from gateway.clock import JST
from gateway.console.approvals import DANGER, MAIN
from gateway.console.asker import Asker
from gateway.console.casework import plainly
from gateway.console.mail import obstacle_to
from gateway.console.mine import WHERE, Reader, reader
from gateway.console.originals import ID
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.sent import PAGE, Fate, Filter, Held, Sent
from gateway.words import Refusal, Words
from gateway.workflow import opening
from gateway.workflow.engine import Shown
from gateway.workflow.machine import MACHINES
from gateway.workflow.model import Case, Who

screen = Screen()

FATES: dict[Fate, Words] = {
    Fate.DELIVERED: Words("配送済み", "delivered"),
    Fate.UNDER_WAY: Words("検査・配送中", "under way"),
    Fate.WAITING: Words("送信待ち", "waiting"),
    Fate.HELD: Words("保留", "held"),
    Fate.STOPPED: Words("送信されず", "stopped"),
}
_FIELDS = ("text", "since", "until", "fate")


@dataclass(frozen=True, slots=True)
class Mine:
    """One mail of this person, with all that may be done about it."""

    mail: Sent
    held: tuple[Held, ...]
    cases: tuple[Shown, ...]  # newest first; `acts` are those of the sender alone
    askable: tuple[Held, ...]  # may be asked for: nobody is asked yet, and its rule lets it go


@screen.get("/sent", Right.SIGNED_IN)
async def listing(visit: Visit) -> Response:
    who, query = await reader(visit), visit.request.query_params
    given = {name: value for name in _FIELDS if (value := query.get(name, "").strip()[:200])}
    before = query.get("before", "")
    found = await visit.desk.store.db.read(sent.listed, who.addresses, wanted(given), before if ID.fullmatch(before) else "")
    more = urlencode({**given, "before": found[PAGE - 1].item}) if len(found) > PAGE else ""
    return visit.page("sent.html", who=who, found=found[:PAGE], given=given, fates=FATES, more=f"/sent?{more}" if more else "")


def wanted(given: dict[str, str]) -> Filter:
    """What cannot be read does not filter, as in the list of held mail."""
    fate, until = given.get("fate", ""), _day(given.get("until", ""))
    return Filter(
        text=given.get("text", ""),
        since=_start(_day(given.get("since", ""))),
        until=_start(until + timedelta(days=1)) if until else 0.0,
        fate=Fate(fate) if fate in set(Fate) else None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _start(day: date | None) -> float:
    """Of a day in Japan."""
    return datetime.combine(day, time(), JST).timestamp() if day else 0.0


@screen.get("/sent/{item}", Right.SIGNED_IN)
async def show(visit: Visit) -> Response:
    who = await reader(visit)
    return visit.page(
        "sent_mail.html",
        who=who,
        mine=await mine_of(visit, who, visit.request.path_params["item"]),
        fates=FATES,
        where=WHERE,
        main=MAIN,
        danger=DANGER,
        names=visit.desk.names(visit.language),
    )


async def mine_of(asker: Asker, who: Reader, item: str) -> Mine:
    """Raises LookupError: not this person's."""
    desk = asker.desk
    mail, held = await desk.store.db.read(sent.one, item, who.addresses)
    cases = [await desk.workflow.show(case.id, who.address) for case in await desk.workflow.about(item, who.addresses)]
    asked = {each.case.entry for each in cases if not MACHINES[each.case.kind].final(each.case.stage)}
    askable = [each for each in held if each.entry not in asked and await _obstacle(asker, each.entry) is None]
    return Mine(mail, held, tuple(map(_own, cases)), tuple(askable))


async def _obstacle(asker: Asker, entry: int) -> Words | None:
    return obstacle_to(await asker.desk.store.quarantine.show(entry), await asker.desk.policy())


def _own(shown: Shown) -> Shown:
    """A section head may have sent it: as the second person it acts on the page of approvals."""
    machine, stage = MACHINES[shown.case.kind], shown.case.stage
    acts = (act for act in shown.acts if (step := machine.find(stage, act)) and step.who in (Who.APPLICANT, Who.EITHER))
    return Shown(shown.case, shown.steps, shown.uses, tuple(acts))


@screen.post("/sent/{item}/release", Right.SIGNED_IN)
async def ask(visit: Visit) -> Response:
    item = visit.request.path_params["item"]
    await ask_release(visit, await reader(visit), item, visit.reason())
    said = Words("所属長・担当者に確認を依頼しました。結果はメールで届きます。", "Asked; the answer comes by mail.")
    return visit.go(f"/sent/{item}", said)


async def ask_release(asker: Asker, who: Reader, item: str, reason: str) -> list[Case]:
    """Whoever answers for the sender, or a reviewer, lets it go or not; a case for each place where it is held.

    Raises LookupError, Refusal."""
    desk, mine = asker.desk, await mine_of(asker, who, item)
    if not mine.askable:
        ja = "このメールは、いま確認を依頼できません。依頼済みか、安全のため送信できないものです。"
        raise Refusal(ja, "It cannot be asked for: it was asked already, or it is not safe.", 409)
    made, rungs = [], desk.settings.workflow.release_approvers
    for each in mine.askable:
        entry = await desk.store.quarantine.show(each.entry)
        with plainly():
            made.append(await desk.workflow.open(opening.release(entry, who.address, reason, rungs), entry.id))
    return made
