"""Held mail for programs: the list and its filters, one mail with its findings, its words, and what a reviewer does with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, WithJsonSchema
from typing_extensions import TypeAliasType

from gateway.api import casework
from gateway.api.call import Call
from gateway.api.casework import CaseLine
from gateway.api.paging import Paging, page
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Moment, Number, Password, Reason, VerdictName
from gateway.console.mail import (
    CHARACTERS,
    ask_again,
    ask_as_it_came,
    entry_of,
    let_through,
    obstacle_to,
    outcome_by,
    unlock,
    viewed,
)
from gateway.console.roles import Right
from gateway.docket import Filter
from gateway.docket import Line as Listed
from gateway.model import PartReport, QuarantineState
from gateway.preview import readable
from gateway.quarantine import QuarantineEntry
from gateway.words import Words
from sanitizers.model import Kind, Treatment
from sanitizers.model import Reason as Withheld

resource = Resource("保留メール", "Held mail")


# cases of the workflow have a Kind of their own
FindingKind = TypeAliasType(
    "FindingKind", Annotated[str, WithJsonSchema({"type": "string", "enum": list(Kind), "title": "FindingKind"})]
)


@dataclass(frozen=True, slots=True)
class HeldQuery(Paging):
    state: QuarantineState = QuarantineState.HELD
    rule: Line = ""
    verdict: VerdictName | None = None
    sender: Line = ""
    text: Line = ""
    held_before: Moment | None = None


@dataclass(frozen=True, slots=True)
class HeldLine:
    entry: int
    item: str
    receipt: str
    state: QuarantineState
    verdict: VerdictName
    rule: str
    subject: str
    sender: str
    recipients: tuple[str, ...]
    size: int
    held_at: Moment
    expires_at: Moment
    kept_by: str  # who ordered a legal hold; "" = nobody
    restored: str  # from the backup of then, and it may have been delivered since; "" = no


@dataclass(frozen=True, slots=True)
class HeldPage:
    items: tuple[HeldLine, ...]
    next: str | None  # the cursor of the next page


@dataclass(frozen=True, slots=True)
class HeldNewest:
    waiting: int
    entry: int  # the newest; 0 = none


@dataclass(frozen=True, slots=True)
class HeldFinding:
    kind: FindingKind
    where: str
    detail: str
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class HeldPart:
    """One part of the mail, and the parts in it."""

    path: str
    name: str
    declared: str
    detected: str
    verdict: VerdictName
    reason: Withheld | None
    detail: str
    size: int
    sha256: str
    sha256_out: str  # "" = nothing of it would be delivered
    scanned_as: str | None  # the scanner's signature; "" = nothing found, null = not scanned
    findings: tuple[HeldFinding, ...]
    parts: tuple[HeldPart, ...]


@dataclass(frozen=True, slots=True)
class HeldMail:
    entry: int
    item: str
    receipt: str
    state: QuarantineState
    verdict: VerdictName
    rule: str
    reason: str
    clauses: tuple[str, ...]
    subject: str
    sender: str
    recipients: tuple[str, ...]
    received_at: Moment
    held_at: Moment
    expires_at: Moment
    kept_by: str
    restored: str  # as in the list
    obstacle: str  # why a release would only hold it again; "" = it may be released
    report: HeldPart | None  # null: it could not be inspected


@dataclass(frozen=True, slots=True)
class HeldFile:
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class HeldText:
    """As a sandbox read it: nothing here was ever HTML."""

    header: str
    subject: str
    body: str
    files: tuple[HeldFile, ...]


@dataclass(frozen=True, slots=True)
class OutcomeQuery:
    profile: Line = ""  # "" = the policy's default


@dataclass(frozen=True, slots=True)
class HeldResult:
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class HeldOutcome:
    profile: str
    verdict: VerdictName
    text: str  # the body
    files: tuple[HeldResult, ...]
    differences: tuple[str, ...]  # of all words, body and files: "-" stood in the original, "+" would be delivered
    report: HeldPart


@dataclass(frozen=True, slots=True)
class Releasing:
    reason: Reason
    profile: Line = ""  # to treat it with; "" = the policy's choice


@dataclass(frozen=True, slots=True)
class Reasoned:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Unlocking:
    password: Password = field(repr=False)


@dataclass(frozen=True, slots=True)
class LettingThrough:
    reason: Reason
    parts: Annotated[tuple[Line, ...], Field(min_length=1, description="Paths of parts, as the report names them.")]


@dataclass(frozen=True, slots=True)
class Keeping:
    reason: Reason
    keep: bool  # false = lift it


@resource.get("/held", TokenScope.QUARANTINE_READ, Right.LIST_HELD, Words("保留メールの一覧", "List held mail"))
async def listing(call: Call, query: HeldQuery) -> HeldPage:
    """Newest first; all filters that are given must hold."""
    by = Filter(
        state=query.state,
        rule=query.rule,
        verdict=query.verdict,
        sender=query.sender,
        text=query.text,
        held_before=query.held_before or 0.0,
        recipients=(await call.scope()).patterns,
    )
    lines, more = page(await call.desk.docket.page(by, query.before, query.limit), query, lambda each: each.id)
    return HeldPage(tuple(map(_line, lines)), more)


@resource.get("/held/newest", TokenScope.QUARANTINE_READ, Right.LIST_HELD, Words("保留中の数", "How many wait"))
async def newest(call: Call) -> HeldNewest:
    """Cheap enough to be asked each minute: the list of the console does so."""
    by = Filter(recipients=(await call.scope()).patterns)
    lines, rules = await call.desk.docket.page(by, limit=1), await call.desk.docket.rules(by)
    return HeldNewest(sum(count for _, count in rules), lines[0].id if lines else 0)


@resource.get("/held/{entry}", TokenScope.QUARANTINE_READ, Right.LIST_HELD, Words("1通の詳細", "One held mail"))
async def show(call: Call, entry: Number) -> HeldMail:
    return await _mail(call, await entry_of(call, entry))


@resource.get(
    "/held/{entry}/text", TokenScope.QUARANTINE_READ, Right.READ_HELD, Words("本文とヘッダー", "Its words and header")
)
async def text(call: Call, entry: Number) -> HeldText:
    """Journalled, as every look into a mail."""
    found = await entry_of(call, entry)
    await viewed(call, found, "text")
    inspection = await call.desk.preview.text(found.item.id)
    files = tuple(HeldFile(each.name, readable(each)[:CHARACTERS]) for each in inspection.enclosures)
    letter = inspection.letter
    return HeldText(
        await call.desk.preview.header(found.item.id), letter.subject if letter else "", letter.body if letter else "", files
    )


@resource.get(
    "/held/{entry}/outcome", TokenScope.QUARANTINE_READ, Right.READ_HELD, Words("解除した場合の内容", "What a release delivers")
)
async def outcome(call: Call, entry: Number, query: OutcomeQuery) -> HeldOutcome:
    """By a profile, as a sandbox rebuilt it just now; nothing is released.  Journalled, as every look into a mail."""
    found = await entry_of(call, entry)
    name = query.profile or (await call.desk.policy()).default_profile
    inspection, changed = await outcome_by(call, found, name)
    return HeldOutcome(
        profile=name,
        verdict=inspection.verdict,
        text=inspection.letter.body if inspection.letter else "",
        files=tuple(HeldResult(each.name, each.media_type, len(each.content)) for each in inspection.enclosures),
        differences=tuple(f"{each.mark}{each.text}" for each in changed),
        report=part(inspection.report),
    )


@resource.post(
    "/held/{entry}/release", TokenScope.QUARANTINE_RELEASE, Right.RELEASE, Words("無害化して解除", "Release sanitised")
)
async def release(call: Call, entry: Number, body: Releasing) -> HeldMail:
    """It walks its whole path again; what cannot be proven harmless is held again."""
    await let_through(call, await entry_of(call, entry), body.reason, body.profile)
    return await _mail(call, await entry_of(call, entry))


@resource.post(
    "/held/{entry}/undelivered",
    TokenScope.QUARANTINE_RELEASE,
    Right.RELEASE,
    Words("復元後の未配送を確認", "Confirm after a restore"),
)
async def undelivered(call: Call, entry: Number, body: Reasoned) -> HeldMail:
    """It came back from a backup, and somebody has made sure that it was not delivered since: now it may be released."""
    found = await entry_of(call, entry)
    await call.desk.store.quarantine.confirm(found.id, call.who.name, body.reason)
    return await _mail(call, await entry_of(call, entry))


@resource.post(
    "/held/{entry}/password",
    TokenScope.QUARANTINE_RELEASE,
    Right.RELEASE,
    Words("パスワードを渡す", "Give its password"),
    secret=True,
)
async def password(call: Call, entry: Number, body: Unlocking) -> HeldMail:
    """It is inspected again at once; what the password opens is delivered or held as any mail."""
    await unlock(call, (await entry_of(call, entry)).id, call.who.name, body.password)
    return await _mail(call, await entry_of(call, entry))


@resource.post(
    "/held/{entry}/as-it-came",
    TokenScope.QUARANTINE_RELEASE,
    Right.RELEASE,
    Words("原本のままの配送を申請", "Ask that files leave as they came"),
    status=201,
)
async def as_it_came(call: Call, entry: Number, body: LettingThrough) -> CaseLine:
    """Where the mail's rule allows it. Somebody else looks at them and decides (`/approvals`); then they are scanned anew."""
    return casework.line(await ask_as_it_came(call, await entry_of(call, entry), body.parts, body.reason))


@resource.post(
    "/held/{entry}/request", TokenScope.QUARANTINE_RELEASE, Right.RELEASE, Words("再送を依頼", "Ask for another form")
)
async def request(call: Call, entry: Number, body: Reasoned) -> HeldMail:
    """A letter to the sender where the sender is proven, else to the recipient inside; once for each mail."""
    await ask_again(call, await entry_of(call, entry), body.reason)
    return await _mail(call, await entry_of(call, entry))


@resource.post("/held/{entry}/delete", TokenScope.QUARANTINE_DELETE, Right.DELETE, Words("削除", "Delete"))
async def delete(call: Call, entry: Number, body: Reasoned) -> HeldMail:
    found = await entry_of(call, entry)
    await call.desk.store.quarantine.delete(found.id, call.who.name, body.reason)
    return await _mail(call, await entry_of(call, entry))


@resource.post("/held/{entry}/hold", TokenScope.QUARANTINE_KEEP, Right.KEEP, Words("証拠保全", "Legal hold"))
async def hold(call: Call, entry: Number, body: Keeping) -> HeldMail:
    """Neither expiry nor anybody's hand destroys it until the hold is lifted."""
    found, quarantine = await entry_of(call, entry), call.desk.store.quarantine
    await (quarantine.keep if body.keep else quarantine.let_go)(found.id, call.who.name, body.reason)
    return await _mail(call, await entry_of(call, entry))


def _line(each: Listed) -> HeldLine:
    return HeldLine(
        each.id,
        each.item,
        each.receipt,
        each.state,
        each.verdict,
        each.rule,
        each.subject,
        each.sender,
        each.recipients,
        each.size,
        each.held_at,
        each.expires_at,
        each.kept_by,
        each.restored,
    )


async def _mail(call: Call, entry: QuarantineEntry) -> HeldMail:
    obstacle = obstacle_to(entry, await call.desk.policy())
    return HeldMail(
        entry=entry.id,
        item=entry.item.id,
        receipt=entry.item.receipt,
        state=entry.state,
        verdict=entry.verdict,
        rule=entry.rule,
        reason=entry.reason,
        clauses=entry.clauses,
        subject=entry.subject,
        sender=entry.item.envelope.sender,
        recipients=entry.recipients,
        received_at=entry.item.received_at,
        held_at=entry.held_at,
        expires_at=entry.expires_at,
        kept_by=entry.kept_by,
        restored=entry.restored,
        obstacle=obstacle.ja if obstacle else "",
        report=part(entry.report) if entry.report else None,
    )


def part(found: PartReport) -> HeldPart:
    return HeldPart(
        path=found.path,
        name=found.name,
        declared=found.declared,
        detected=found.detected,
        verdict=found.verdict,
        reason=found.reason,
        detail=found.detail,
        size=found.size_in,
        sha256=found.sha256_in,
        sha256_out=found.sha256_out,
        scanned_as=found.scan.signature if found.scan else None,
        findings=tuple(HeldFinding(each.kind, each.where, each.detail, each.treatment) for each in found.findings),
        parts=tuple(part(each) for each in found.parts),
    )
