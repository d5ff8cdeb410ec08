"""Audit for programs: samples of decisions, and the register of findings (AU-01).  No contents of any mail."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from gateway import journal
from gateway.api.call import Call
from gateway.api.paging import Paging, page, paged
from gateway.api.record import JournalEntry, Purpose, entry_of
from gateway.api.resource import Resource, Zip
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Moment, Number, Reason
from gateway.audit import findings, sampling
from gateway.audit.findings import Act, Elsewhere, Severity
from gateway.audit.sampling import ANY, LARGEST
from gateway.console.audits import refused
from gateway.console.exhibits import evidence_of
from gateway.console.findings import hand, plainly, register_of, requirement
from gateway.console.roles import Right
from gateway.directory.model import Role
from gateway.model import Direction
from gateway.words import Words

resource = Resource("監査", "Audit")

_MOST = 100_000  # samples: each is an entry of the journal

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


@dataclass(frozen=True, slots=True)
class Drawing:
    purpose: Purpose
    first: date
    last: date  # itself included
    count: Annotated[int, Field(ge=1, le=LARGEST)] = 25
    sort: Line = ANY  # deliver, hold, released, refused, approved, ...
    direction: Direction | None = None
    verdict: Line = ""
    seed: Line = ""  # empty = a new random one


@dataclass(frozen=True, slots=True)
class Drawn:
    """One decision, with all that happened to its mail or case."""

    decision: JournalEntry
    receipt: str
    events: tuple[JournalEntry, ...]  # oldest first


@dataclass(frozen=True, slots=True)
class SampleLine:
    sample: int
    at: Moment
    actor: str
    purpose: str
    first: date
    last: date
    sort: str
    direction: str
    verdict: str
    seed: str
    size: int  # entries of the sealed journal that it was drawn from
    population: int


@dataclass(frozen=True, slots=True)
class Sample(SampleLine):
    decisions: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class SamplePage:
    items: tuple[SampleLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class FindingsQuery(Paging):
    live: bool = True


@dataclass(frozen=True, slots=True)
class FindingStep:
    at: Moment
    act: str  # open, answer, progress, elsewhere, finish, return, close, withdraw
    actor: str
    section: str
    result: str
    detail: str


@dataclass(frozen=True, slots=True)
class Finding:
    finding: int
    opened_at: Moment
    opened_by: str
    requirement: str
    clause: str
    what: str
    evidence: tuple[str, ...]
    severity: Severity
    section: str
    role: Role
    stage: str  # opened, answered, done, closed, withdrawn
    due: date
    overdue: bool
    plan: str
    closed_at: Moment | None
    closed_by: str


@dataclass(frozen=True, slots=True)
class FindingPage:
    items: tuple[Finding, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class FindingShown:
    finding: Finding
    steps: tuple[FindingStep, ...]  # oldest first


@dataclass(frozen=True, slots=True)
class Entering:
    what: Text
    severity: Severity
    section: Line
    role: Role
    due: date
    requirement: Line = ""
    clause: Line = ""
    evidence: Line = ""  # receipts, and S with the number of a sample


@dataclass(frozen=True, slots=True)
class Answering:
    plan: Text
    due: date


@dataclass(frozen=True, slots=True)
class Progressing:
    note: Text
    done: bool = False


@dataclass(frozen=True, slots=True)
class Looking:
    section: Line
    result: Elsewhere
    note: Text


@dataclass(frozen=True, slots=True)
class Judging:
    act: Literal["close", "return", "withdraw"]
    reason: Reason


@dataclass(frozen=True, slots=True)
class Evidencing:
    profile: Line  # whose demands are judged by: a folder of config/profiles/
    requirements: Annotated[tuple[Line, ...], Field(min_length=1, max_length=100)]
    first: date
    last: date  # itself included
    reason: Reason


@resource.post("/samples", TokenScope.AUDIT_WRITE, Right.AUDIT, Words("判断を抜き取る", "Draw decisions"), status=201)
async def draw(call: Call, body: Drawing) -> Sample:
    """Journalled with seed, population and what was drawn; the same seed, period and journal give the same again."""
    values = {
        name: str(getattr(body, name) or "") for name in ("first", "last", "count", "sort", "direction", "verdict", "seed")
    }
    with refused():
        taken = await sampling.take(call.desk.store, sampling.sought(values), call.who.name, body.purpose)
    return await _sample(call, taken)


@resource.get("/samples", TokenScope.AUDIT_READ, Right.SEARCH_JOURNAL, Words("抜き取りの一覧", "List samples"))
async def samples(call: Call, query: Paging) -> SamplePage:
    """Newest first."""
    found, more = paged(
        await call.desk.store.db.read(sampling.all_taken, _MOST), query, lambda each: (each.number,), descending=True
    )
    return SamplePage(tuple(map(_line, found)), more)


@resource.get("/samples/{number}", TokenScope.AUDIT_READ, Right.SEARCH_JOURNAL, Words("抜き取りの参照", "One sample"))
async def sample(call: Call, number: Number) -> Sample:
    taken = await call.desk.store.db.read(sampling.taken, number)
    await call.desk.store.journal.write(journal.Viewed(actor=call.who.name, what=f"sample {number}"))
    return await _sample(call, taken)


@resource.get("/findings", TokenScope.AUDIT_READ, Right.READ_FINDINGS, Words("指摘の一覧", "List findings"))
async def listing(call: Call, query: FindingsQuery) -> FindingPage:
    """Newest first."""
    register = register_of(call)
    found = await register.list(live_only=query.live, before=query.before, limit=query.limit + 1)
    some, more = page(found, query, lambda each: each.id)
    return FindingPage(tuple(_finding(each, register.today) for each in some), more)


@resource.get("/findings/{number}", TokenScope.AUDIT_READ, Right.READ_FINDINGS, Words("1件の指摘", "One finding"))
async def show(call: Call, number: Number) -> FindingShown:
    register = register_of(call)
    found, steps = await register.show(number)
    told = tuple(FindingStep(each.at, each.act, each.actor, each.section, each.result, each.detail) for each in steps)
    return FindingShown(_finding(found, register.today), told)


@resource.post("/findings", TokenScope.AUDIT_WRITE, Right.AUDIT, Words("指摘の登録", "Enter a finding"), status=201)
async def enter(call: Call, body: Entering) -> FindingShown:
    with plainly(422):
        opening = findings.Opening(
            what=body.what,
            requirement=requirement(body.requirement.upper()),
            clause=body.clause,
            evidence=body.evidence,
            severity=body.severity,
            section=body.section,
            role=body.role,
            due=body.due,
        )
        number = await register_of(call).open(opening, hand(call))
    return await show(call, number)


@resource.post(
    "/findings/{number}/answer",
    TokenScope.FINDINGS_ANSWER,
    Right.ANSWER_FINDING,
    Words("改善計画", "What will be done, by when"),
)
async def answer(call: Call, number: Number, body: Answering) -> FindingShown:
    with plainly(422):
        await register_of(call).answer(number, body.plan, body.due, hand(call))
    return await show(call, number)


@resource.post("/findings/{number}/progress", TokenScope.FINDINGS_ANSWER, Right.ANSWER_FINDING, Words("進捗", "Progress"))
async def progress(call: Call, number: Number, body: Progressing) -> FindingShown:
    with plainly(422):
        await register_of(call).progress(number, body.note, hand(call), done=body.done)
    return await show(call, number)


@resource.post(
    "/findings/{number}/elsewhere",
    TokenScope.FINDINGS_ANSWER,
    Right.ANSWER_FINDING,
    Words("他部署の確認", "Looked for elsewhere"),
)
async def look_elsewhere(call: Call, number: Number, body: Looking) -> FindingShown:
    with plainly(422):
        await register_of(call).look_elsewhere(number, body.section, body.result, body.note, hand(call))
    return await show(call, number)


@resource.post(
    "/findings/{number}/judgement", TokenScope.AUDIT_WRITE, Right.AUDIT, Words("監査人の判断", "Close, return, withdraw")
)
async def judge(call: Call, number: Number, body: Judging) -> FindingShown:
    """Whoever worked on it does not close it."""
    with plainly(422):
        await register_of(call).judge(number, Act(body.act), body.reason, hand(call))
    return await show(call, number)


async def _sample(call: Call, taken: sampling.Taken) -> Sample:
    found = await call.desk.store.db.read(sampling.decisions, taken.sample)
    return Sample(**asdict(_line(taken)), decisions=tuple(map(_drawn, found)))


def _line(taken: sampling.Taken) -> SampleLine:
    wanted = taken.sample.sought
    return SampleLine(
        sample=taken.number,
        at=taken.at,
        actor=taken.actor,
        purpose=taken.purpose,
        first=wanted.first,
        last=wanted.last,
        sort=wanted.sort,
        direction=wanted.direction,
        verdict=wanted.verdict,
        seed=wanted.seed,
        size=taken.sample.size,
        population=taken.sample.population,
    )


def _drawn(each: sampling.Decision) -> Drawn:
    receipt = each.trace.shown.item.receipt if each.trace else ""
    return Drawn(entry_of(each.entry), receipt, tuple(map(entry_of, each.events)))


def _finding(found: findings.Finding, today: date) -> Finding:
    return Finding(
        finding=found.id,
        opened_at=found.opened_at,
        opened_by=found.opened_by,
        requirement=found.requirement,
        clause=found.clause,
        what=found.what,
        evidence=found.evidence,
        severity=found.severity,
        section=found.section,
        role=found.role,
        stage=found.stage,
        due=found.due,
        overdue=found.overdue(today),
        plan=found.plan,
        closed_at=found.closed_at,
        closed_by=found.closed_by,
    )


@resource.post(
    "/evidence", TokenScope.AUDIT_WRITE, Right.AUDIT, Words("要求事項の証拠一式", "Evidence of requirements"), secret=True
)
async def evidence(call: Call, body: Evidencing) -> Zip:
    """The judgement, the settings and rules that it rests on, and the entries of the period, as a ZIP.

    `mugai journal verify --pack` reads it."""
    chosen = tuple(dict.fromkeys(body.requirements))
    return Zip("mugai-evidence.zip", await evidence_of(call, body.profile, chosen, body.first, body.last, body.reason))
