"""What the owner has sent: where each copy is, why one is held; asking that it may go (ML-08)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway import sent
from gateway.api import casework
from gateway.api.call import Call
from gateway.api.casework import Cases
from gateway.api.paging import Paging, page
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Item, Line, Moment, Reason
from gateway.console.mine import reader
from gateway.console.roles import Right
from gateway.console.sent import ask_release, mine_of
from gateway.model import State
from gateway.sent import Fate, Filter
from gateway.words import Words

resource = Resource("送信したメール", "Sent mail")


@dataclass(frozen=True, slots=True)
class MySentQuery(Paging):
    text: Line = ""  # subject, recipient, file name, receipt number
    since: Moment | None = None
    until: Moment | None = None
    fate: Fate | None = None  # of one copy at least


@dataclass(frozen=True, slots=True)
class MySentCopy:
    recipient: str
    state: State
    fate: Fate
    at: Moment  # since when


@dataclass(frozen=True, slots=True)
class MySentMail:
    item: str
    receipt: str
    sender: str
    subject: str
    sent_at: Moment
    copies: tuple[MySentCopy, ...]


@dataclass(frozen=True, slots=True)
class MySentPage:
    items: tuple[MySentMail, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class MySentHeld:
    rule: str
    why: str
    recipients: tuple[str, ...]
    until: Moment
    askable: bool


@dataclass(frozen=True, slots=True)
class MySentShown:
    mail: MySentMail
    held: tuple[MySentHeld, ...]
    cases: tuple[int, ...]  # that the owner opened or that stop it, newest first


@dataclass(frozen=True, slots=True)
class AskingRelease:
    reason: Reason


@resource.get("/sent", TokenScope.MINE_READ, Right.SIGNED_IN, Words("送信したメールの一覧", "List sent mail"))
async def listing(call: Call, query: MySentQuery) -> MySentPage:
    """To the outside, newest first, of shared addresses too."""
    by = Filter(query.text, query.since or 0.0, query.until or 0.0, query.fate)
    own = (await reader(call)).addresses
    some, more = page(
        await call.desk.store.db.read(sent.listed, own, by, query.cursor, query.limit), query, lambda each: each.item
    )
    return MySentPage(tuple(map(_mail, some)), more)


@resource.get("/sent/{item}", TokenScope.MINE_READ, Right.SIGNED_IN, Words("送信したメール1通", "One mail that was sent"))
async def show(call: Call, item: Item) -> MySentShown:
    mine = await mine_of(call, await reader(call), item)
    held = (MySentHeld(each.rule, each.reason, each.recipients, each.until, each in mine.askable) for each in mine.held)
    return MySentShown(_mail(mine.mail), tuple(held), tuple(shown.case.id for shown in mine.cases))


@resource.post(
    "/sent/{item}/release", TokenScope.MINE_ACT, Right.SIGNED_IN, Words("保留の解除を依頼", "Ask that it may go"), status=201
)
async def release(call: Call, item: Item, body: AskingRelease) -> Cases:
    """The section head or a reviewer decides; the answer comes by mail."""
    return Cases(tuple(map(casework.line, await ask_release(call, await reader(call), item, body.reason))), None)


def _mail(mail: sent.Sent) -> MySentMail:
    copies = tuple(MySentCopy(copy.address, copy.state, copy.fate, copy.at) for copy in mail.copies)
    return MySentMail(mail.item, mail.receipt, mail.sender, mail.subject, mail.sent_at, copies)
