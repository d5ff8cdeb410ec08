"""Senders and files that are denied or allowed until a day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from gateway.api.call import Call
from gateway.api.paging import Paging, paged
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Moment, Number, Reason
from gateway.console.roles import Right
from gateway.console.senders import add, senders
from gateway.policy import senders as book
from gateway.policy.senders import LONGEST, Stance
from gateway.words import Words

resource = Resource("差出人の許可・拒否", "Senders")


@dataclass(frozen=True, slots=True)
class Sender:
    entry: int
    stance: Stance
    subject: str  # an address, "@domain" with all below it, or the SHA-256 of a file as it came
    reason: str
    by: str
    made_at: Moment
    until: Moment


@dataclass(frozen=True, slots=True)
class SenderList:
    items: tuple[Sender, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    stance: Stance
    subject: Line
    reason: Reason
    days: Annotated[int, Field(ge=1, le=LONGEST)] = 90


@dataclass(frozen=True, slots=True)
class Removing:
    reason: Reason


@resource.get("/senders", TokenScope.SENDERS_READ, Right.LIST_HELD, Words("許可・拒否の一覧", "What is listed now"))
async def listing(call: Call, query: Paging) -> SenderList:
    """Newest first; what has run out is not among them."""
    some, more = paged(await senders(call).list(), query, lambda each: (each.id,), descending=True)
    return SenderList(tuple(map(_sender, some)), more)


@resource.post("/senders", TokenScope.SENDERS_WRITE, Right.LIST_SENDERS, Words("許可・拒否を登録", "Deny or allow"), status=201)
async def write(call: Call, body: Listing) -> Sender:
    """Denied mail is held. Allowed mail is inspected and rebuilt as ever; a file cannot be allowed."""
    return _sender(await add(call, body.stance, body.subject, body.reason, body.days))


@resource.post("/senders/{entry}/removal", TokenScope.SENDERS_WRITE, Right.LIST_SENDERS, Words("登録を終える", "End an entry"))
async def remove(call: Call, entry: Number, body: Removing) -> SenderList:
    await senders(call).remove(entry, call.who.name, body.reason)
    return await listing(call, Paging())


def _sender(found: book.Listed) -> Sender:
    return Sender(found.id, found.stance, found.subject, found.reason, found.by, found.made_at, found.until)
