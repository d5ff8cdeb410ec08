"""The journal for programs: searched for a purpose, one mail followed, verified, exported (ML-11, LG-01, LG-02)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway import journal
from gateway.api.call import Call
from gateway.api.paging import Cursor, Limit, before
from gateway.api.resource import Resource, Zip
from gateway.api.scopes import TokenScope
from gateway.api.values import Item, Line, Moment, Reason
from gateway.console.journal import pack_of, trace_of
from gateway.console.records import begin_proof
from gateway.console.roles import Right
from gateway.evidence.export import FORMS
from gateway.evidence.packing import Wanted
from gateway.evidence.sentence import sentence
from gateway.journal import Query
from gateway.model import Direction, State
from gateway.words import Words
from gateway.workflow.model import Kind, Stage

resource = Resource("記録", "Journal")

EXPORTED = 10_000  # entries in one answer; the next ones follow by `next`

Purpose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(
        description="What for: nobody reads records of mail without a purpose, and each query is itself recorded.",
        examples=["監査"],
    ),
]


@dataclass(frozen=True, slots=True)
class _Sought:
    purpose: Purpose
    item: Line = ""
    address: Line = ""
    text: Line = ""
    kind: Line = ""
    rule: Line = ""
    actor: Line = ""
    sha256: Line = ""
    since: Moment | None = None
    until: Moment | None = None
    cursor: Cursor = ""


@dataclass(frozen=True, slots=True)
class JournalQuery(_Sought):
    limit: Limit = 50


@dataclass(frozen=True, slots=True)
class JournalEntry:
    seq: int | None  # null: recorded, not yet sealed
    at: Moment
    kind: str
    item: str
    sentence: str
    facts: dict[str, str]


@dataclass(frozen=True, slots=True)
class JournalPage:
    items: tuple[JournalEntry, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class TraceRecipient:
    address: str
    state: State
    why: str
    rule: str
    actor: str
    changed_at: Moment


@dataclass(frozen=True, slots=True)
class TraceWritten:
    """What Mugai wrote about the mail."""

    item: str
    receipt: str
    kind: str


@dataclass(frozen=True, slots=True)
class TraceCase:
    case: int
    kind: Kind
    stage: Stage


@dataclass(frozen=True, slots=True)
class MailTrace:
    item: str
    receipt: str
    direction: Direction
    sender: str
    subject: str
    received_at: Moment
    size: int
    sha256: str
    entry: int  # its newest quarantine entry; 0 = none
    recipients: tuple[TraceRecipient, ...]
    events: tuple[JournalEntry, ...]  # oldest first
    written: tuple[TraceWritten, ...]
    cases: tuple[TraceCase, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    running: bool
    ok: bool | None  # of the last one; null: there was none, or it runs
    entries: int = 0
    checkpoints: int = 0
    problem: str = ""
    at: Moment | None = None


@dataclass(frozen=True, slots=True)
class Proving:
    pass


@dataclass(frozen=True, slots=True)
class Exporting(_Sought):
    form: Literal["csv", "jsonl", "cef", "rfc5424"] = "jsonl"


@dataclass(frozen=True, slots=True)
class Packing(_Sought):
    """`cursor` counts for nothing: a pack has all that is found."""


@dataclass(frozen=True, slots=True)
class PackingMail:
    reason: Reason
    original: bool = False  # with the mail as it came: hostile bytes


@dataclass(frozen=True, slots=True)
class Export:
    form: str
    media_type: str
    entries: int
    content: str
    next: str | None


@resource.get("/journal", TokenScope.JOURNAL_READ, Right.SEARCH_JOURNAL, Words("記録を検索", "Search the journal"))
async def search(call: Call, query: JournalQuery) -> JournalPage:
    """Newest first."""
    asked = _query(query)
    found = await journal.find(call.desk.store.db, asked, query.limit + 1)
    some = found[: query.limit]
    searched = journal.Searched(actor=call.who.name, purpose=query.purpose, query=str(asked), found=len(some))
    await call.desk.store.journal.write(searched)
    return JournalPage(tuple(map(entry_of, some)), str(some[-1].event) if len(found) > query.limit else None)


@resource.get("/journal/mail/{item}", TokenScope.JOURNAL_READ, Right.LIST_HELD, Words("1通を追跡", "Follow one mail"))
async def follow(call: Call, item: Item) -> MailTrace:
    """From reception to delivery; journalled."""
    found = await trace_of(call, item)
    shown = found.shown.item
    await call.desk.store.journal.write(journal.Viewed(item=shown.id, actor=call.who.name, what="history"))
    return MailTrace(
        item=shown.id,
        receipt=shown.receipt,
        direction=shown.envelope.direction,
        sender=shown.envelope.sender,
        subject=found.subject,
        received_at=shown.received_at,
        size=shown.size,
        sha256=shown.sha256,
        entry=found.entry,
        recipients=tuple(
            TraceRecipient(r.address, r.state, r.why, r.rule, r.actor, r.changed_at) for r in found.shown.recipients
        ),
        events=tuple(map(entry_of, found.events)),
        written=tuple(TraceWritten(*each) for each in found.written),
        cases=tuple(TraceCase(case.id, case.kind, case.stage) for case in found.cases),
    )


@resource.get(
    "/journal/verification", TokenScope.JOURNAL_READ, Right.SEARCH_JOURNAL, Words("検証の結果", "The last verification")
)
async def verification(call: Call) -> Proof:
    running = call.desk.proving
    if running is not None and not running.done():
        return Proof(True, None)
    [last, *_] = [*await journal.find(call.desk.store.db, Query(kind=journal.Verified.kind()), 1), None]
    if last is None:
        return Proof(False, None)
    facts = dict(last.facts)
    return Proof(False, facts["ok"] == "True", int(facts["entries"]), int(facts["checkpoints"]), facts["problem"], last.at)


@resource.post(
    "/journal/verification",
    TokenScope.JOURNAL_READ,
    Right.SEARCH_JOURNAL,
    Words("記録を検証", "Verify the journal"),
    status=202,
)
async def verify(call: Call, body: Proving) -> Proof:
    """A large journal takes minutes: ask for the result later."""
    await begin_proof(call)
    return await verification(call)


@resource.post("/journal/export", TokenScope.JOURNAL_EXPORT, Right.EXPORT_JOURNAL, Words("記録を出力", "Export the journal"))
async def export(call: Call, body: Exporting) -> Export:
    """Oldest first within one answer; `next` leads to older ones.  CSV is safe to open in Excel."""
    asked = _query(body)
    found = await journal.find(call.desk.store.db, asked, EXPORTED + 1)
    some = found[:EXPORTED]
    write, media_type, _ = FORMS[body.form]
    done = journal.Exported(actor=call.who.name, purpose=body.purpose, form=body.form, entries=len(some), query=str(asked))
    await call.desk.store.journal.write(done)
    content = b"".join(write(some[::-1])).decode("utf-8", "replace")
    return Export(body.form, media_type, len(some), content, str(some[-1].event) if len(found) > EXPORTED else None)


@resource.post(
    "/journal/pack", TokenScope.JOURNAL_EXPORT, Right.EXPORT_JOURNAL, Words("証拠一式", "An evidence pack"), secret=True
)
async def pack(call: Call, body: Packing) -> Zip:
    """Of all entries that are found, signed by the journal's key (LG-11): a ZIP with hashes, the tree's proofs and the sheet of
    custody; `mugai journal verify --pack` reads it."""
    made = await call.desk.pack(Wanted(replace(_query(body), before=0), call.who.name, body.purpose))
    return Zip("mugai-evidence-journal.zip", made)


@resource.post(
    "/journal/mail/{item}/pack",
    TokenScope.JOURNAL_EXPORT,
    Right.EXPORT_JOURNAL,
    Words("1通の証拠一式", "An evidence pack of one mail"),
    secret=True,
)
async def pack_mail(call: Call, item: Item, body: PackingMail) -> Zip:
    """A ZIP; taking the original is a right of its own."""
    found = await trace_of(call, item)
    made = await pack_of(call, found, body.reason, original=body.original)
    return Zip(f"mugai-evidence-{found.shown.item.receipt}.zip", made)


def _query(given: _Sought) -> Query:
    return Query(
        item=given.item,
        address=given.address,
        kind=given.kind,
        rule=given.rule,
        actor=given.actor,
        sha256=given.sha256,
        text=given.text,
        since=given.since or 0.0,
        until=given.until or 0.0,
        before=before(given.cursor),
    )


def entry_of(entry: journal.Entry) -> JournalEntry:
    return JournalEntry(entry.seq, entry.at, entry.kind, entry.item, sentence(entry), dict(entry.facts))
