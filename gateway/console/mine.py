"""Screen: the one page of a member of staff: my held mail, its password, my delayed mail, what I asked for, what I report.

Two ways lead to it: a session, or the signed link of a notice, which opens what the notice told and no more; with it a
password can be given and a mail reported without signing in (C2).  GET changes nothing.  Whose mail it is, the directory says:
a person's own addresses and the shared ones it works at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from gateway import journal, pigeonhole
from gateway.console.asker import Asker
from gateway.console.casework import plainly
from gateway.console.mail import unlock
from gateway.console.roles import Right
from gateway.console.screen import Handler, Screen, Visit
from gateway.directory import Attribute, Directory
from gateway.model import GrantKind, State
from gateway.pigeonhole import Slip, Waiting
from gateway.ticket import PATH, BadTicket
from gateway.unlocking import GATEWAY, TRIES, WINDOW
from gateway.words import Refusal, Words
from gateway.workflow import opening, report
from gateway.workflow.model import Case, Kind, Opening, Who

screen = Screen()

REFRESH_SECONDS = 3  # of a page that waits for the inspection: it works without a script

WHERE: dict[State, Words] = {
    State.RECEIVED: Words("検査・無害化をしています", "being inspected"),
    State.SANITISED: Words("無害化が終わり、お届けしています", "sanitised, on its way"),
    State.RELAYED: Words("お届けしました", "delivered"),
    State.HELD: Words("保留しています", "held"),
    State.AWAITING_PASSWORD: Words("パスワードを待っています", "waits for a password"),
    State.AWAITING_APPROVAL: Words("承認を待っています", "waits for an approval"),
    State.DELAYED: Words("送信を待っています", "delayed"),
    State.BOUNCED: Words("お届けできませんでした", "could not be delivered"),
    State.DELETED: Words("削除されました", "deleted"),
    State.EXPIRED: Words("期限が過ぎて消えました", "expired"),
}
REVIEWED = Words(
    "担当者が確認します。解除されれば、無害化してお届けします。", "A reviewer looks at it; released, it arrives sanitised."
)
NEVER = Words("安全のため、お届けできません。", "It cannot be delivered: it is not safe.")
UNLOCKED = Words(
    "パスワードを入力すると、検査・無害化してお届けします。", "With its password it is inspected, sanitised and delivered."
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, by which way: `base` is where this page's links and forms lead."""

    address: str  # as whom it acts
    addresses: tuple[str, ...]
    base: str
    before: float  # held mail up to then may be shown

    @property
    def by_link(self) -> bool:
        return self.base != "/mine"


def addresses_of(directory: Directory, address: str) -> tuple[str, ...]:
    """All addresses whose mail is this person's, in lower case."""
    person = directory.person(address)
    if person is None:
        return (address.lower(),)
    own = (person.address, *person.aliases)
    shared = (p.address for p in directory.people if p.attribute is Attribute.SHARED and {*p.members} & {*own})
    return tuple(dict.fromkeys((*own, *shared)))


async def reader(asker: Asker) -> Reader:
    """Whoever is signed in.  Raises Refusal: the account is nobody of the directory."""
    if not (address := asker.who.address):
        words = "この利用者にはメールアドレスが登録されていません。管理者に依頼してください。"
        raise Refusal(words, "This account has no address: ask an administrator.", 409)
    own, limit = addresses_of(await asker.desk.store.directory.current(), address), await asker.limit()
    seen = tuple(each for each in own if limit.sees((each,)))
    return Reader(address, seen, "/mine", asker.desk.store.clock.now())


async def _holder(visit: Visit) -> Reader:
    """Whoever holds a link.  Raises Refusal; LookupError for a mail that its notice did not tell."""
    text = visit.request.path_params["ticket"]
    try:
        ticket = visit.desk.tickets.read(text)
    except BadTicket as bad:
        ja = "このリンクは期限が過ぎているか、正しくありません。「メールのコードで入る」から、自分のメールを確認できます。"
        raise Refusal(ja, "This link is too old or wrong. Sign in with a code by mail instead.", 410) from bad
    item = visit.request.path_params.get("item", "")
    if ticket.item and item and item != ticket.item:
        raise LookupError("not in the notice")
    return Reader(ticket.address, (ticket.address.lower(),), f"/{PATH}/{text}", ticket.made_at + 1)


# -- the list ------------------------------------------------------------------------------------------------------------


@screen.get("/mine", Right.SIGNED_IN)
async def listing(visit: Visit) -> Response:
    who, workflow = await reader(visit), visit.desk.workflow
    mine = await workflow.mine(who.address, Who.APPLICANT)
    own = [c for each in who.addresses for c in await workflow.cases(applicant=each, open_only=False, limit=20)]
    asked = [case for case in own if case.kind is not Kind.PASSWORD]  # stands among the held mail
    delayed = [case for case in mine if case.kind is Kind.DELAY]
    decide = await workflow.mine(who.address, Who.SECOND)
    return await _list(visit, who, delayed, [case for case in asked if case not in delayed][:20], len(decide))


@screen.get(f"/{PATH}/{{ticket}}", Right.PUBLIC)
async def listing_by_link(visit: Visit) -> Response:
    who = await _holder(visit)
    if item := visit.desk.tickets.read(visit.request.path_params["ticket"]).item:
        return visit.go(f"{who.base}/{item}")
    return await _list(visit, who, (), (), 0)


async def _next(visit: Visit) -> Callable[[Waiting | Slip], Words | None]:
    policy = await visit.desk.policy()

    def of(mail: Waiting | Slip) -> Words | None:
        if mail.state is State.HELD:
            return REVIEWED if policy.rule(mail.rule).releasable else NEVER
        return UNLOCKED if mail.state is State.AWAITING_PASSWORD else None

    return of


async def _list(visit: Visit, who: Reader, delayed: object, asked: object, decide: int) -> Response:
    return visit.page(
        "mine.html",
        who=who,
        mails=await visit.desk.store.db.read(pigeonhole.waiting, who.addresses, who.before),
        delayed=delayed,
        asked=asked,
        decide=decide,
        names=visit.desk.names(visit.language),
        where=WHERE,
        next=await _next(visit),
        now=visit.desk.store.clock.now(),
    )


@screen.get("/mine/report", Right.SIGNED_IN)
async def found(visit: Visit) -> Response:
    """A form for any mail that this person sent or received, by its receipt number; filled in from the journal."""
    who, key = await reader(visit), visit.request.query_params.get("mail", "").strip()[:40]
    known = await _facts(visit, who, key)
    sent = known.item.envelope.sender.lower() in who.addresses
    return visit.page(
        "mine_report.html", who=who, known=known, sent=sent, key=known.item.receipt, names=visit.desk.names(visit.language)
    )


@screen.post("/mine/report", Right.SIGNED_IN)
async def report_mail(visit: Visit) -> Response:
    who, key, reason = await reader(visit), visit.text("mail").strip()[:40], visit.reason()
    if visit.text("what") == "misdirected":
        case = await report_misdirected(visit, who, key, visit.texts("to"), reason)
    else:
        case = await report_suspicious(visit, who, key, reason)
    return visit.go(
        f"/approvals/{case.id}", Words("報告しました。担当者に知らせました。", "Reported; those in charge are told.")
    )


async def _facts(asker: Asker, who: Reader, key: str) -> report.Facts:
    """Raises LookupError for a mail that this person neither sent nor received; of a received one only its own part."""
    store = asker.desk.store
    known = await report.facts(store.db, store.spool, key)
    if known.item.envelope.sender.lower() in who.addresses:
        return known
    mine = [each for each in known.recipients if each.lower() in who.addresses]
    if not mine:
        raise LookupError("none of theirs")
    return await report.facts(store.db, store.spool, known.item.id, mine)


async def report_misdirected(asker: Asker, who: Reader, key: str, to: Sequence[str], reason: str) -> Case:
    """A mail that went to the wrong recipients: some of them, or all (ML-08).  Raises LookupError, Refusal."""
    known, desk = await _facts(asker, who, key), asker.desk
    wrong = tuple(each for each in to if each in known.recipients) or known.recipients
    chosen = await report.facts(desk.store.db, desk.store.spool, known.item.id, wrong)
    return await _open(asker, report.misdirected(chosen, who.address, reason, desk.settings.workflow.misdirected_chain))


async def report_suspicious(asker: Asker, who: Reader, key: str, reason: str) -> Case:
    """Raises LookupError, Refusal."""
    known, chain = await _facts(asker, who, key), asker.desk.settings.workflow.incident_chain
    subject = f"不審なメールの報告 {known.item.receipt}"
    return await _open(asker, report.incident(who.address, subject, reason, chain, known=known))


async def _open(asker: Asker, asked: Opening) -> Case:
    with plainly():
        return await asker.desk.workflow.open(asked)


# -- one mail ------------------------------------------------------------------------------------------------------------


Act = Callable[[Visit, Reader], Awaitable[Response]]


def _by_both(declare: Callable[[str, Right], Callable[[Handler], Handler]], act: str = "") -> Callable[[Act], Act]:
    """The two doors to one mail: a session's, and that of a notice's link."""

    def doors(does: Act) -> Act:
        async def by_session(visit: Visit) -> Response:
            return await does(visit, await reader(visit))

        async def by_link(visit: Visit) -> Response:
            return await does(visit, await _holder(visit))

        declare(f"/mine/{{item}}{act}", Right.SIGNED_IN)(by_session)
        declare(f"/{PATH}/{{ticket}}/{{item}}{act}", Right.PUBLIC)(by_link)
        return does

    return doors


async def slip_of(asker: Asker, who: Reader) -> Slip:
    """Of the `item` in the path.  Raises LookupError: not this person's, or newer than the notice."""
    found = await asker.desk.store.db.read(pigeonhole.slip, asker.request.path_params["item"], who.addresses)
    if found.received_at > who.before:
        raise LookupError("newer than the notice")
    return found


@_by_both(screen.get)
async def _show(visit: Visit, who: Reader) -> Response:
    slip = await slip_of(visit, who)
    known = await visit.desk.workflow.about(slip.item, who.addresses)
    cases = [case for case in known if case.kind is not Kind.PASSWORD]
    answer = visit.page(
        "mine_mail.html",
        who=who,
        slip=slip,
        cases=cases,
        tries=await tries_left(visit, slip),
        names=visit.desk.names(visit.language),
        where=WHERE,
        next=await _next(visit),
    )
    if slip.under_way:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


async def tries_left(asker: Asker, slip: Slip) -> int:
    """Passwords that people may still try now; the gateway has the last word."""
    since = asker.desk.store.clock.now() - WINDOW
    released = await journal.search(asker.desk.store.db, item=slip.item, kind="released", since=since)
    facts = [dict(each.facts) for each in released]
    return max(0, TRIES - sum(f["grant"] == GrantKind.UNLOCK and f["actor"] != GATEWAY for f in facts))


@_by_both(screen.post, "/password")
async def _password(visit: Visit, who: Reader) -> Response:
    slip = await slip_of(visit, who)
    await give_password(visit, who, slip, visit.text("password"))
    return visit.go(f"{who.base}/{slip.item}")


async def give_password(asker: Asker, who: Reader, slip: Slip, password: str) -> None:
    """Raises Refusal."""
    if slip.state is State.AWAITING_PASSWORD:  # a second click finds it under way
        await unlock(asker, slip.entry, who.address, password)


async def arrived(asker: Asker, who: Reader) -> Slip:
    """Raises LookupError: what one has sent is neither asked for nor suspicious."""
    if (slip := await slip_of(asker, who)).outgoing:
        raise LookupError("sent, not received")
    return slip


@_by_both(screen.post, "/original")
async def _original(visit: Visit, who: Reader) -> Response:
    slip = await arrived(visit, who)
    await ask_original(visit, who, slip, visit.reason())
    said = Words("原本の確認を依頼しました。結果はメールで届きます。", "Asked; the answer comes by mail.")
    return visit.go(f"{who.base}/{slip.item}", said)


async def ask_original(asker: Asker, who: Reader, slip: Slip, reason: str) -> Case:
    """A reviewer decides (SAN-05).  Raises Refusal."""
    desk = asker.desk
    mine = [r.address for r in (await desk.store.spool.show(slip.item)).recipients if r.address.lower() in who.addresses]
    known = await report.facts(desk.store.db, desk.store.spool, slip.item, mine)
    rungs, subject = desk.settings.workflow.original_approvers, slip.subject or slip.receipt
    return await _open(asker, opening.original(known, subject, who.address, reason, rungs))


@_by_both(screen.post, "/suspicious")
async def _report(visit: Visit, who: Reader) -> Response:
    slip = await arrived(visit, who)
    await report_suspicious(visit, who, slip.item, visit.reason())
    return visit.go(f"{who.base}/{slip.item}", Words("報告しました。", "Reported."))
