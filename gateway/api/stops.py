"""遮断: one side, one sender or one host stopped at once; on again with two people (ML-01, HD-04, AV-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from gateway.api.call import Call
from gateway.api.paging import Paging, paged
from gateway.api.problem import Problem
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Moment, Number, Reason
from gateway.console.casework import plainly
from gateway.console.mine import reader
from gateway.console.roles import Right
from gateway.console.stops import concerned
from gateway.cutoff import Halt, Scope, resuming
from gateway.cutoff.register import STANDS
from gateway.model import Direction, State
from gateway.words import Words

resource = Resource("遮断", "Stops")


@dataclass(frozen=True, slots=True)
class Stop:
    stop: int
    scope: Scope
    value: str  # an address or an IP; "" = the whole side
    since: Moment
    actor: str
    reason: str
    asked_by: str  # who wants it to end; "" = nobody yet
    asked_reason: str


@dataclass(frozen=True, slots=True)
class Stops:
    items: tuple[Stop, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Halting:
    scope: Literal["inbound", "outbound", "sender", "host"]
    reason: Reason
    value: Line = ""  # of a sender or a host


@dataclass(frozen=True, slots=True)
class Resuming:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Resumed:
    ended: bool  # false: asked for; a second person must confirm
    case: int


@dataclass(frozen=True, slots=True)
class SentQuery(Paging):
    days: Annotated[int, Field(ge=1, le=3_650)] = 7


@dataclass(frozen=True, slots=True)
class SentRecipient:
    address: str
    state: State


@dataclass(frozen=True, slots=True)
class SentMail:
    receipt: str
    received_at: Moment
    direction: Direction
    sender: str
    recipients: tuple[SentRecipient, ...]
    size: int


@dataclass(frozen=True, slots=True)
class SentMails:
    items: tuple[SentMail, ...]
    next: str | None


@resource.get("/stops", TokenScope.CUTOFF_READ, Right.SEE_DASHBOARD, Words("遮断中のもの", "What is stopped"))
async def listing(call: Call, query: Paging) -> Stops:
    """Newest first."""
    some, more = paged(await call.desk.store.stops.active(), query, lambda halt: (halt.id,), descending=True)
    return Stops(tuple(map(_stop, some)), more)


@resource.post("/stops", TokenScope.CUTOFF_WRITE, Right.CUT_OFF, Words("遮断する", "Stop it"), status=201)
async def stop(call: Call, body: Halting) -> Stop:
    """Counts within a second, also while the gateway hangs; what is in force already stays as it is.  Nothing is lost."""
    try:
        return _stop(await call.desk.store.stops.stop(Scope(body.scope), body.value, call.who.name, body.reason))
    except ValueError as wrong:
        raise Problem("アドレスまたはIPアドレスを確かめてください。", str(wrong), 422) from wrong


@resource.get("/stops/{number}/sent", TokenScope.CUTOFF_READ, Right.SEARCH_JOURNAL, Words("送信したメール", "What it sent"))
async def sent(call: Call, number: Number, query: SentQuery) -> SentMails:
    """Of an isolated sender or host, newest first (AV-11)."""
    halt = next((each for each in await call.desk.store.stops.active() if each.id == number), None)
    if halt is None or halt.scope not in (Scope.SENDER, Scope.HOST):
        raise LookupError("no isolated sender or host")
    found, more = paged(
        await concerned(call, halt, query.days), query, lambda each: (each.received_at, each.receipt), descending=True
    )
    mails = (
        SentMail(
            each.receipt,
            each.received_at,
            each.direction,
            each.sender,
            tuple(SentRecipient(address, State(state)) for address, state in each.recipients),
            each.size,
        )
        for each in found
    )
    return SentMails(tuple(mails), more)


@resource.post("/stops/{number}/resumption", TokenScope.CUTOFF_WRITE, Right.CUT_OFF, Words("再開する", "Let mail go on"))
async def resume(call: Call, number: Number, body: Resuming) -> Resumed:
    """The first person asks, a second one confirms by the same request; the case is listed with all others (`/approvals`)."""
    who, desk = await reader(call), call.desk
    with plainly():
        case = await resuming.resume(
            desk.store.stops, desk.workflow, desk.settings.workflow, number, who.address, body.reason, call.via
        )
    return Resumed(case.stage in STANDS, case.id)


def _stop(halt: Halt) -> Stop:
    return Stop(halt.id, halt.scope, halt.value, halt.since, halt.actor, halt.reason, halt.asked_by, halt.asked_reason)
