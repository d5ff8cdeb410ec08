"""The rules for programs: read, drafted, validated, tried on stored mail, proposed, published by two people (LG-07, LG-08)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.call import Call
from gateway.api.paging import Paging, page
from gateway.api.problem import Problem
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Moment, Number, Reason, VerdictName
from gateway.console.roles import Right
from gateway.console.rules import MOST, act_on, before, propose_version, said
from gateway.console.trials import Trial
from gateway.model import Direction, Disposition
from gateway.policy import file as policy_file
from gateway.policy import sentences
from gateway.policy.book import Standing, Version, difference
from gateway.policy.rules import Policy
from gateway.replay import Depth, Outcome, Replayed, Selection
from gateway.words import Words
from gateway.workflow.model import Act
from gateway.yaml_file import BadConfiguration

resource = Resource("規則", "Rules")

Yaml = Annotated[str, StringConstraints(max_length=1 << 19), Field(description="The whole policy.yaml.")]


@dataclass(frozen=True, slots=True)
class PolicyRule:
    name: str
    action: Disposition
    clauses: tuple[str, ...]
    sentence: str
    sentence_en: str


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    number: int  # 0 = the file, while nothing was ever published
    version: str
    text: str
    rules: tuple[PolicyRule, ...]


@dataclass(frozen=True, slots=True)
class VersionLine:
    number: int
    version: str
    standing: Standing
    author: str
    why: str
    saved_at: Moment
    came_at: Moment | None  # into force
    case: int  # 0 = none: what people decide about it


@dataclass(frozen=True, slots=True)
class Versions:
    items: tuple[VersionLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    version: VersionLine
    text: str
    difference: tuple[str, ...]  # lines of a unified diff against what it would replace, or replaced


@dataclass(frozen=True, slots=True)
class Validating:
    text: Yaml


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    line: int
    key: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Validated:
    ok: bool
    version: str
    problems: tuple[PolicyProblem, ...]


@dataclass(frozen=True, slots=True)
class Drafting:
    text: Yaml
    reason: Reason


@dataclass(frozen=True, slots=True)
class Proposing:
    reason: Reason
    emergency: bool = False  # in force at once for a day at most; somebody must ratify it


@dataclass(frozen=True, slots=True)
class Publishing:
    reason: Reason


@dataclass(frozen=True, slots=True)
class Trying:
    limit: Annotated[int, Field(ge=1, le=MOST)] = 200
    days: Annotated[int, Field(ge=0, le=3_650)] = 0  # 0 = however old
    direction: Direction | None = None
    full: bool = False  # inspected again, instead of taken from the record


@dataclass(frozen=True, slots=True)
class Discarding:
    pass


@dataclass(frozen=True, slots=True)
class Stopping:
    pass


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    disposition: Disposition
    rule: str
    profile: str
    verdict: VerdictName


@dataclass(frozen=True, slots=True)
class TrialChange:
    receipt: str
    received_at: Moment
    direction: Direction
    sender: str
    subject: str
    recipients: tuple[str, ...]
    before: TrialOutcome
    after: TrialOutcome


@dataclass(frozen=True, slots=True)
class PolicyTrial:
    number: int
    by: str
    running: bool
    total: int
    done: int
    failed: int
    problem: str  # why it did not go on; "" = it did
    changes: tuple[TrialChange, ...]


@resource.get("/policy", TokenScope.POLICY_READ, Right.READ_POLICY, Words("実施中の規則", "The rules in force"))
async def current(call: Call) -> PolicyInForce:
    policies = call.desk.policies
    version, policy = await policies.in_force(), await policies.current()
    rules = _rules(call, policy)
    return PolicyInForce(version.number if version else 0, policy.version, await policies.text(), rules)


@resource.get("/policy/versions", TokenScope.POLICY_READ, Right.READ_POLICY, Words("版の一覧", "All versions"))
async def versions(call: Call, query: Paging) -> Versions:
    """Newest first."""
    some, more = page(await call.desk.policies.list(query.limit + 1, query.before), query, lambda each: each.number)
    return Versions(tuple(map(_line, some)), more)


@resource.get(
    "/policy/versions/{number}", TokenScope.POLICY_READ, Right.READ_POLICY, Words("1つの版", "One version"), tagged=True
)
async def show(call: Call, number: Number) -> PolicyVersion:
    return await _version(call, await call.desk.policies.get(number))


@resource.post("/policy/validation", TokenScope.POLICY_TEST, Right.CHANGE_POLICY, Words("検査", "Does it load?"))
async def validate(call: Call, body: Validating) -> Validated:
    """Nothing is kept."""
    try:
        return Validated(True, policy_file.parse(body.text).version, ())
    except BadConfiguration as bad:
        return Validated(False, "", tuple(PolicyProblem(p.line, p.key, p.message, p.advice) for p in bad.problems))


@resource.post(
    "/policy/versions", TokenScope.POLICY_PROPOSE, Right.CHANGE_POLICY, Words("下書きを作る", "A new draft"), status=201
)
async def draft(call: Call, body: Drafting) -> PolicyVersion:
    """Only what loads becomes a version."""
    _loads(body.text)
    with said():
        return await _version(call, await call.desk.policies.draft(body.text, call.who.name, body.reason))


@resource.put(
    "/policy/versions/{number}", TokenScope.POLICY_PROPOSE, Right.CHANGE_POLICY, Words("下書きを直す", "Edit a draft")
)
async def edit(call: Call, number: Number, body: Drafting) -> PolicyVersion:
    _loads(body.text)
    present = await call.desk.policies.get(number)
    call.unchanged(await _version(call, present), PolicyVersion)
    with said():
        return await _version(call, await call.desk.policies.draft(body.text, call.who.name, body.reason, number, present.text))


@resource.post(
    "/policy/versions/{number}/discard",
    TokenScope.POLICY_PROPOSE,
    Right.CHANGE_POLICY,
    Words("下書きを捨てる", "Discard a draft"),
)
async def discard(call: Call, number: Number, body: Discarding) -> Versions:
    """Only a draft: what was proposed is withdrawn by its case."""
    with said():
        await call.desk.policies.discard(number)
    return await versions(call, Paging())


@resource.post(
    "/policy/versions/{number}/proposal", TokenScope.POLICY_PROPOSE, Right.CHANGE_POLICY, Words("承認を求める", "Propose it")
)
async def propose(call: Call, number: Number, body: Proposing) -> PolicyVersion:
    """A second person decides: under /approvals, or in the console."""
    await propose_version(call, await call.desk.policies.get(number), body.reason, body.emergency)
    return await _version(call, await call.desk.policies.get(number))


@resource.post(
    "/policy/versions/{number}/publication", TokenScope.POLICY_PROPOSE, Right.DECIDE_POLICY, Words("公開する", "Publish it")
)
async def publish(call: Call, number: Number, body: Publishing) -> PolicyVersion:
    """Once somebody else has approved it; the gateway takes it up within seconds."""
    found = await call.desk.policies.get(number)
    if not found.case:
        raise Problem("まだ申請されていません。", "It was not proposed.", 409)
    await act_on(call, found, Act.APPLY, body.reason)
    return await _version(call, await call.desk.policies.get(number))


@resource.get("/policy/versions/{number}/trial", TokenScope.POLICY_TEST, Right.CHANGE_POLICY, Words("試行の結果", "Its trial"))
async def trial(call: Call, number: Number) -> PolicyTrial:
    """What it would change of stored mail.  Kept in memory only."""
    found = call.desk.trials.of((await call.desk.policies.get(number)).number)
    if found is None:
        raise LookupError("no trial")
    return _trial(found)


@resource.post(
    "/policy/versions/{number}/trial", TokenScope.POLICY_TEST, Right.CHANGE_POLICY, Words("試す", "Try it"), status=202
)
async def begin(call: Call, number: Number, body: Trying) -> PolicyTrial:
    """Runs beside the reviewers' work: ask for the result later."""
    desk, version = call.desk, await call.desk.policies.get(number)
    since = desk.store.clock.now() - body.days * 86_400 if body.days else 0.0
    depth = Depth.FULL if body.full else Depth.RECORD
    await desk.trials.begin(desk, version, Selection(body.limit, since, body.direction), depth, call.who.name)
    return await trial(call, number)


@resource.post(
    "/policy/versions/{number}/trial/stop", TokenScope.POLICY_TEST, Right.CHANGE_POLICY, Words("試行を止める", "Stop its trial")
)
async def stop(call: Call, number: Number, body: Stopping) -> PolicyTrial:
    await call.desk.trials.stop(number)
    return await trial(call, number)


def _loads(text: str) -> None:
    """Raises Problem."""
    try:
        policy_file.parse(text)
    except BadConfiguration as bad:
        raise Problem(f"規則に誤りがあります。{bad.problems[0]}", f"It does not load: {bad.problems[0]}", 422) from bad


def _rules(call: Call, policy: Policy) -> tuple[PolicyRule, ...]:
    told = ((rule, sentences.of_rule(rule, call.desk.notices.names)) for rule in policy.rules)
    return tuple(PolicyRule(rule.name, rule.action, rule.clauses, each.ja, each.en) for rule, each in told)


def _line(each: Version) -> VersionLine:
    return VersionLine(each.number, each.version, each.standing, each.author, each.why, each.saved_at, each.came_at, each.case)


async def _version(call: Call, this: Version) -> PolicyVersion:
    old = await before(call, this)
    text = old.text if old else policy_file.text(Path(call.desk.settings.policy))
    return PolicyVersion(_line(this), this.text, tuple(difference(text, this.text)))


def _trial(found: Trial) -> PolicyTrial:
    changes = tuple(change for each in found.changed for change in _changes(each))
    problem = found.problem.ja if found.problem else ""
    counts = (found.total, len(found.done), len(found.failed))
    return PolicyTrial(found.version.number, found.by, found.is_running, *counts, problem, changes)


def _changes(each: Replayed) -> tuple[TrialChange, ...]:
    return tuple(
        TrialChange(
            each.receipt,
            each.received_at,
            each.direction,
            each.sender,
            each.subject,
            change.recipients,
            _outcome(change.before),
            _outcome(change.after),
        )
        for change in each.changes
    )


def _outcome(outcome: Outcome) -> TrialOutcome:
    return TrialOutcome(outcome.disposition, outcome.rule, outcome.profile, outcome.verdict)
