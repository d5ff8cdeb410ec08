"""The owner's own mail, as on the staff's page: what is held for me, its password, its original, what I report."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway import pigeonhole
from gateway.api import casework
from gateway.api.call import Call
from gateway.api.casework import CaseLine
from gateway.api.paging import Paging, page
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Item, Line, Moment, Password, Reason
from gateway.console import mine
from gateway.console.mine import Reader, reader
from gateway.console.roles import Right
from gateway.model import State
from gateway.words import Words

resource = Resource("自分のメール", "My mail")


@dataclass(frozen=True, slots=True)
class MyHeld:
    item: str
    receipt: str
    sender: str
    subject: str
    why: str
    state: State
    held_at: Moment
    until: Moment


@dataclass(frozen=True, slots=True)
class MyHeldMails:
    items: tuple[MyHeld, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class MyMail:
    item: str
    receipt: str
    sender: str
    subject: str
    received_at: Moment
    state: State
    why: str  # it is held; "" = it is not
    until: Moment | None
    locked: tuple[str, ...]  # files that want a password
    wrong: bool  # the last password was
    tries: int  # that are left now
    outgoing: bool


@dataclass(frozen=True, slots=True)
class Opening:
    password: Password = field(repr=False)


@dataclass(frozen=True, slots=True)
class Wanting:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Misdirecting:
    mail: Line  # its receipt number or id
    reason: Reason
    recipients: tuple[Line, ...] = ()  # who should not have got it; none = all


@resource.get("/mine", TokenScope.MINE_READ, Right.SIGNED_IN, Words("自分あての保留メール", "What is held for me"))
async def listing(call: Call, query: Paging) -> MyHeldMails:
    """Newest first, of shared addresses too."""
    who = await reader(call)
    found = await call.desk.store.db.read(pigeonhole.waiting, who.addresses, who.before, query.before, query.limit + 1)
    some, more = page(found, query, lambda each: each.entry)
    mails = (MyHeld(m.item, m.receipt, m.sender, m.subject, m.reason, m.state, m.held_at, m.until) for m in some)
    return MyHeldMails(tuple(mails), more)


@resource.get("/mine/{item}", TokenScope.MINE_READ, Right.SIGNED_IN, Words("自分のメール1通", "One mail of mine"))
async def show(call: Call, item: Item) -> MyMail:
    return await _shown(call, await reader(call))


@resource.post(
    "/mine/{item}/password", TokenScope.MINE_ACT, Right.SIGNED_IN, Words("パスワードを渡す", "Give its password"), secret=True
)
async def password(call: Call, item: Item, body: Opening) -> MyMail:
    """It is inspected again at once; ask again for what became of it."""
    who = await reader(call)
    await mine.give_password(call, who, await mine.slip_of(call, who), body.password)
    return await _shown(call, who)


@resource.post(
    "/mine/{item}/original", TokenScope.MINE_ACT, Right.SIGNED_IN, Words("原本の確認を依頼", "Ask for the original"), status=201
)
async def original(call: Call, item: Item, body: Wanting) -> CaseLine:
    """A reviewer decides; the answer comes by mail (SAN-05)."""
    who = await reader(call)
    return casework.line(await mine.ask_original(call, who, await mine.arrived(call, who), body.reason))


@resource.post(
    "/mine/{item}/suspicion", TokenScope.MINE_ACT, Right.SIGNED_IN, Words("不審なメールを報告", "Report it"), status=201
)
async def suspicion(call: Call, item: Item, body: Wanting) -> CaseLine:
    who = await reader(call)
    return casework.line(await mine.report_suspicious(call, who, (await mine.arrived(call, who)).item, body.reason))


@resource.post(
    "/misdirected", TokenScope.MINE_ACT, Right.SIGNED_IN, Words("誤送信を報告", "Report a misdirected mail"), status=201
)
async def misdirected(call: Call, body: Misdirecting) -> CaseLine:
    """Of a mail that the owner sent or received; the chain of reports is told at once (ML-08)."""
    case = await mine.report_misdirected(call, await reader(call), body.mail, body.recipients, body.reason)
    return casework.line(case)


async def _shown(call: Call, who: Reader) -> MyMail:
    slip = await mine.slip_of(call, who)
    return MyMail(
        item=slip.item,
        receipt=slip.receipt,
        sender=slip.sender,
        subject=slip.subject,
        received_at=slip.received_at,
        state=slip.state,
        why=slip.reason,
        until=slip.until,
        locked=slip.locked,
        wrong=slip.wrong,
        tries=await mine.tries_left(call, slip),
        outgoing=slip.outgoing,
    )
