"""One mail or file at hand, judged by a version of the rules or by those in force (DV-02).  Nothing is delivered or stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from gateway.api.call import Call
from gateway.api.held import HeldPart, part
from gateway.api.resource import A_FILE, Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Content, Line, Number, VerdictName
from gateway.console.roles import Right
from gateway.console.specimens import judged, proven, read_as, specimen_of
from gateway.model import Direction, Disposition, Sign, State
from gateway.policy import sentences
from gateway.policy.rules import Answer
from gateway.rehearsal import Rehearsed
from gateway.words import Words

resource = Resource("規則", "Rules")


@dataclass(frozen=True, slots=True)
class Testing:
    name: Annotated[str, StringConstraints(min_length=1, max_length=255), Field(description=".eml = a whole mail.")]
    content: Content
    sender: Line
    recipients: Annotated[tuple[Line, ...], Field(min_length=1, max_length=20)]
    direction: Direction = Direction.INBOUND
    version: Number = 0  # 0 = the rules in force
    client: Annotated[Line, Field(description="IP address that is supposed to have sent it; empty = SPF is not judged.")] = ""


@dataclass(frozen=True, slots=True)
class TestedFile:
    """What would be attached; its bytes come from POST /files/sanitised."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class AskedRule:
    rule: str
    answer: Answer
    by: str  # whose word waived it


@dataclass(frozen=True, slots=True)
class TestSign:
    """Of an outbound mail."""

    sign: Sign
    count: int
    evidence: tuple[str, ...]  # masked


@dataclass(frozen=True, slots=True)
class TestLetter:
    """That somebody inside would get."""

    to: tuple[str, ...]
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class TestAnswer:
    """What would become of it for some recipients."""

    recipients: tuple[str, ...]
    disposition: Disposition
    rule: str
    reason: str
    sentence: str  # the deciding rule; empty = the list of denied senders decided
    sentence_en: str
    state: State  # the first one; held although delivered = what was rebuilt did not pass the last look
    state_why: str
    profile: str
    verdict: VerdictName
    rules: tuple[AskedRule, ...]  # in their order, the deciding one last
    waived: tuple[str, ...]
    signs: tuple[TestSign, ...]
    identity: str  # SPF, DKIM, DMARC and ARC; empty = not asked
    warnings: tuple[str, ...]
    opens_case: bool
    waits_for: tuple[str, ...]  # whom that case waits for
    letters: tuple[TestLetter, ...]
    text: str  # as it would be read, with its notice
    files: tuple[TestedFile, ...]
    report: HeldPart


@dataclass(frozen=True, slots=True)
class TestAnswers:
    policy_version: str
    sha256: str
    answers: tuple[TestAnswer, ...]


@resource.post(
    "/policy/test", TokenScope.POLICY_TEST, Right.CHANGE_POLICY, Words("1通・1ファイルを試す", "Judge one file"), largest=A_FILE
)
async def test(call: Call, body: Testing) -> TestAnswers:
    """As `mugai explain` and the console's page do it, by the gateway's own path; recorded."""
    version = await call.desk.policies.get(body.version) if body.version else None
    specimen = specimen_of(body.name, body.content, body.direction, body.sender, body.recipients, body.client)
    tested = await judged(call, specimen, version)
    return TestAnswers(tested.policy_version, specimen.sha256, tuple(_answer(call, each) for each in tested.answers))


def _answer(call: Call, each: Rehearsed) -> TestAnswer:
    decision, inspection, notices = each.ruling.decision, each.ruling.inspection, call.desk.notices
    sentence = sentences.of_rule(each.decides, notices.names) if each.decides else None
    return TestAnswer(
        recipients=each.ruling.group.recipients,
        disposition=decision.disposition,
        rule=decision.rule,
        reason=decision.reason,
        sentence=sentence.ja if sentence else "",
        sentence_en=sentence.en if sentence else "",
        state=each.state,
        state_why=each.why,
        profile=decision.profile,
        verdict=inspection.verdict,
        rules=tuple(AskedRule(asked.rule.name, asked.answer, asked.by) for asked in each.asked),
        waived=decision.waived,
        signs=tuple(TestSign(seen.sign, seen.count, seen.evidence) for seen in inspection.observations),
        identity=proven(each),
        warnings=notices.warnings(inspection),
        opens_case=each.deciders is not None,
        waits_for=each.deciders or (),
        letters=tuple(TestLetter(letter.to, letter.subject, letter.text) for letter in each.letters),
        text=read_as(call, each),
        files=tuple(TestedFile(f.name, f.media_type, len(f.content)) for f in inspection.enclosures),
        report=part(inspection.report),
    )
