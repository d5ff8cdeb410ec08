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
from gateway.console.specimens import judged, read_as, specimen_of
from gateway.model import Direction, Disposition
from gateway.specimen import Judged
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


@dataclass(frozen=True, slots=True)
class TestedFile:
    """What would be attached; its bytes come from POST /files/sanitised."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class TestAnswer:
    """What would become of it for some recipients."""

    recipients: tuple[str, ...]
    disposition: Disposition
    rule: str
    reason: str
    profile: str
    verdict: VerdictName
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
    """As the console's page does it, by the sandbox of its previews; recorded."""
    version = await call.desk.policies.get(body.version) if body.version else None
    specimen = specimen_of(body.name, body.content, body.direction, body.sender, body.recipients)
    tested = await judged(call, specimen, version)
    return TestAnswers(tested.policy.version, specimen.sha256, tuple(_answer(call, each) for each in tested.answers))


def _answer(call: Call, each: Judged) -> TestAnswer:
    decision, inspection = each.decision, each.inspection
    return TestAnswer(
        recipients=each.group.recipients,
        disposition=decision.disposition,
        rule=decision.rule,
        reason=decision.reason,
        profile=decision.profile,
        verdict=inspection.verdict,
        text=read_as(call, each),
        files=tuple(TestedFile(f.name, f.media_type, len(f.content)) for f in inspection.enclosures),
        report=part(inspection.report),
    )
