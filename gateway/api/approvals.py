"""What waits for the owner's decision, the register of cases, what the owner asks for: exceptions, permits, changes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Literal

from pydantic import Field

from gateway.api import casework
from gateway.api.call import Call
from gateway.api.casework import DECISIONS, Acting, Cases, CaseShown
from gateway.api.originals import OriginalText, text_of
from gateway.api.paging import Paging, page, paged
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Number, Reason
from gateway.console.approvals import read, waiting_for
from gateway.console.cases import Asked, opening_of
from gateway.console.casework import plainly
from gateway.console.mine import reader
from gateway.console.roles import Right
from gateway.words import Words
from gateway.workflow.model import Act, Kind, Stage

resource = Resource("承認・例外", "Approvals and exceptions")

_NEVER = 1e15  # the clock decides nothing

Decision = Literal["approve", "return", "deny", "resubmit", "withdraw", "revoke", "ratify", "apply", "take", "hand_on", "close"]


@dataclass(frozen=True, slots=True)
class CasesQuery(Paging):
    kind: Kind | None = None
    closed: bool = False  # closed ones, too


@dataclass(frozen=True, slots=True)
class StatisticsQuery:
    days: Annotated[int, Field(ge=1, le=3_650)] = 30


@dataclass(frozen=True, slots=True)
class Deciding:
    actor: str
    decided: int
    approved: int
    hasty: int  # in less than 5 seconds after opening
    median_seconds: float


@dataclass(frozen=True, slots=True)
class CaseCount:
    kind: Kind
    stage: Stage
    count: int


@dataclass(frozen=True, slots=True)
class CaseStatistics:
    deciding: tuple[Deciding, ...]
    cases: tuple[CaseCount, ...]


@dataclass(frozen=True, slots=True)
class Asking:
    kind: Literal["exception", "blanket", "change"]
    reason: Reason
    subject: Line = ""  # of a change: what
    rule: Line = ""
    sender: Line = ""
    recipient: Line = ""
    media_type: Line = ""
    name: Line = ""
    until: Line = ""  # 2027-03-31
    measure: Line = ""  # what protects instead, of an exception
    break_glass: bool = False  # in force at once for a day at most; somebody must ratify it


@resource.get("/approvals", TokenScope.APPROVALS_READ, Right.SIGNED_IN, Words("承認待ち", "What waits for my decision"))
async def inbox(call: Call, query: Paging) -> Cases:
    """What is due first comes first."""
    waiting = [case for case in await waiting_for(call, await reader(call)) if case.kind in DECISIONS]
    some, more = paged(waiting, query, lambda case: (case.due_at or _NEVER, case.id))
    return Cases(tuple(map(casework.line, some)), more)


@resource.get("/approvals/{number}", TokenScope.APPROVALS_READ, Right.SIGNED_IN, Words("手続きの詳細", "One case"))
async def show(call: Call, number: Number) -> CaseShown:
    return await casework.shown(call, number, DECISIONS)


@resource.get(
    "/approvals/{number}/text", TokenScope.APPROVALS_READ, Right.SIGNED_IN, Words("メールの文面", "The words of its mail")
)
async def text(call: Call, number: Number) -> OriginalText:
    """For who decides about it now, or may read held mail anyway; as a sandbox read it, and journalled."""
    case, inspection = await read(call, number)
    return text_of(case.receipt, inspection)


@resource.get(
    "/cases/statistics", TokenScope.EXCEPTIONS_READ, Right.STATISTICS, Words("承認の統計", "How it is decided, and how fast")
)
async def statistics(call: Call, query: StatisticsQuery) -> CaseStatistics:
    """The hastiest first: what is decided within seconds of being opened was hardly read."""
    found = await call.desk.workflow.statistics(call.desk.store.clock.now() - query.days * 86_400)
    return CaseStatistics(
        tuple(Deciding(each.actor, each.decided, each.approved, each.hasty, each.median_seconds) for each in found.deciding),
        tuple(CaseCount(*each) for each in found.cases),
    )


@resource.post(
    "/approvals/{number}/comment", TokenScope.APPROVALS_DECIDE, Right.SIGNED_IN, Words("コメントを残す", "Leave a comment")
)
async def comment(call: Call, number: Number, body: Acting) -> CaseShown:
    """On any case that the owner sees, incidents and reports as well; it decides nothing."""
    return await casework.comment(call, number, body.reason)


@resource.post("/approvals/{number}/{act}", TokenScope.APPROVALS_DECIDE, Right.SIGNED_IN, Words("手続きをする", "Act on it"))
async def act(call: Call, number: Number, act: Decision, body: Acting) -> CaseShown:
    """As the owner, who must not have asked for it: two people stay two people."""
    return await casework.act(call, number, Act(act), body.reason, DECISIONS)


@resource.get("/cases", TokenScope.EXCEPTIONS_READ, Right.LIST_CASES, Words("手続きの台帳", "The register of cases"))
async def register(call: Call, query: CasesQuery) -> Cases:
    """Newest first."""
    kinds = (query.kind,) if query.kind else ()
    found = await call.desk.workflow.cases(kinds, open_only=not query.closed, before=query.before, limit=query.limit + 1)
    some, more = page(found, query, lambda case: case.id)
    return Cases(tuple(map(casework.line, some)), more)


@resource.post(
    "/cases",
    TokenScope.EXCEPTIONS_REQUEST,
    Right.SIGNED_IN,
    Words("例外などを申請", "Ask for an exception"),
    status=201,
    house=True,
)
async def ask(call: Call, body: Asking) -> CaseShown:
    """Who decides is told by mail, as with a request from the console."""
    given = asdict(body)
    kind, asked = Kind(given.pop("kind")), Asked(**given)
    with plainly():
        case = await call.desk.workflow.open(await opening_of(call, kind, asked))
    return await casework.shown(call, case.id, DECISIONS)
