"""The owner's own delayed mail: looked at, cancelled, sent now (ML-08)."""

from __future__ import annotations

from typing import Literal

from gateway.api import casework
from gateway.api.call import Call
from gateway.api.casework import Acting, Cases, CaseShown
from gateway.api.paging import Paging, paged
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Number
from gateway.console.mine import reader
from gateway.console.roles import Right
from gateway.words import Words
from gateway.workflow.model import Act, Kind, Who

resource = Resource("送信待ち", "Delayed mail")


@resource.get("/delays", TokenScope.DELAY_READ, Right.SIGNED_IN, Words("自分の送信待ち", "My delayed mail"))
async def listing(call: Call, query: Paging) -> Cases:
    """Newest first."""
    mine, limit = await call.desk.workflow.mine((await reader(call)).address, Who.APPLICANT), await call.limit()
    delayed = (case for case in mine if case.kind is Kind.DELAY and limit.sees(case.people))
    some, more = paged(delayed, query, lambda case: (case.id,), descending=True)
    return Cases(tuple(map(casework.line, some)), more)


@resource.post(
    "/delays/{number}/{act}", TokenScope.DELAY_CANCEL, Right.SIGNED_IN, Words("取消・今すぐ送信", "Cancel, send now")
)
async def act(call: Call, number: Number, act: Literal["cancel", "send_now", "confirm"], body: Acting) -> CaseShown:
    return await casework.act(call, number, Act(act), body.reason, (Kind.DELAY,))
