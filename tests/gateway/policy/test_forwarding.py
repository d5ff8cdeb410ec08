"""ML-04: which of the labelled mails count as forwarded by a rule; the figures, and each way by itself."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from dataclasses import dataclass
from email.message import EmailMessage

import pytest

from gateway.model import Client, Direction, Envelope, Inspection, Observation, PartReport, QueueItem
from gateway.policy.forwarding import Forwarding
from gateway.policy.memory import arrival_of
from gateway.policy.observer import House
from sanitizers.envelope import Writer
from sanitizers.job import Findings
from sanitizers.letter import Letter
from sanitizers.mime_strict import read
from sanitizers.model import Limits, Verdict
from tests.gateway.policy.forwarding_set import AWAY, CASES, INQUIRY, OWN, STAFF, Case, _mine, exchange_redirect

THRESHOLD = 5  # of the shipped policy.yaml
HOUSE = House((OWN,), ("*@school.example.ed.jp",))


@dataclass
class Remembered:
    """A memory of one arrival."""

    letter: Letter | None
    seconds: float

    async def came_in(self, digests: list[str]) -> dict[str, float]:
        known = arrival_of(self.letter).digests if self.letter else ()
        return {digest: self.seconds for digest in digests if digest in known}


def letter(content: bytes) -> Letter:
    findings = Findings()
    root = read(content, Limits(), findings)
    [text] = [p for p in _parts(content) if p.get_content_type() == "text/plain"][:1] or [None]
    return Writer(root, None, findings).letter(text.get_content() if text else "", ())


def _parts(content: bytes) -> list[EmailMessage]:
    """What stands in the mail itself, a mail inside of it as one part."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return list(message.iter_parts()) if message.is_multipart() else [message]  # type: ignore[arg-type]


def _report(content: bytes) -> PartReport:
    def part(path: str, media_type: str, *parts: PartReport) -> PartReport:
        return PartReport(path, "", "", media_type, Verdict.CLEAN, (), None, "", 1, 1, "", "", "", "", 0.0, parts=parts)

    attached = [p.get_content_type() for p in _parts(content) if p.get_content_type() != "text/plain"]
    return part("", "message/rfc822", *(part(str(n), media_type) for n, media_type in enumerate(attached, 1)))


async def observed(case: Case, scope: str = "external") -> tuple[Observation, ...]:
    before = None
    if case.before is not None:
        fields = "".join(f"{name}: {value}\r\n" for name, value in case.before.fields())
        before = letter(f"{fields}Content-Type: text/plain; charset=utf-8\r\n\r\n{case.before.body}".encode())
    envelope = Envelope(case.sender, (case.recipient,), Direction.OUTBOUND, Client("192.0.2.1", 25, "mail"))
    item = QueueItem("ID", "R", envelope, envelope.recipients, 0.0, 1, "")
    observer = Forwarding(HOUSE, Remembered(before, case.seconds), scope, 600.0)  # type: ignore[arg-type]
    return await observer.observe(item, Inspection(_report(case.content), Verdict.CLEAN, letter(case.content), (), 3))


async def points(case: Case) -> int:
    return sum(o.count for o in await observed(case))


async def test_ml04_precision_and_recall_of_the_labelled_set() -> None:
    counted: Counter[tuple[bool, bool]] = Counter()
    wrong: Counter[str] = Counter()
    for case in CASES:
        found = await points(case) >= THRESHOLD
        counted[case.automatic, found] += 1
        if found is not case.automatic:
            wrong[case.name] += 1
    precision = counted[True, True] / (counted[True, True] + counted[False, True])
    recall = counted[True, True] / (counted[True, True] + counted[True, False])
    figures = f"precision {precision:.3f}, recall {recall:.3f}, wrong: {dict(wrong)}"
    print(f"\n{len(CASES)} mails, {sum(case.automatic for case in CASES)} of them automatic: {figures}")
    assert len(CASES) >= 100
    assert precision >= 0.98
    assert recall >= 0.88


def _once(automatic: bool) -> list[Case]:
    """Each way with the first original."""
    missed = ("groupware every 15 minutes", "redirect by hand")
    first = {case.name: case for case in reversed(CASES) if case.automatic is automatic and case.name not in missed}
    return list(first.values())


@pytest.mark.parametrize("case", _once(True), ids=lambda case: case.name)
async def test_ml04_a_program_is_found(case: Case) -> None:
    assert await points(case) >= THRESHOLD


@pytest.mark.parametrize("case", _once(False), ids=lambda case: case.name)
async def test_ml04_a_person_is_not(case: Case) -> None:
    assert await points(case) < THRESHOLD


async def test_ml04_the_evidence_says_why_and_whom_it_is_about() -> None:
    [observation] = await observed(exchange_redirect(INQUIRY))
    assert observation.recipients == (AWAY,)
    assert any("x-ms-exchange-inbox-rules-loop" in line and "5点" in line for line in observation.evidence)
    assert any("4秒前に届いています" in line for line in observation.evidence)


async def test_ml04_scope_external_leaves_what_counts_as_ours_and_any_does_not() -> None:
    case = exchange_redirect(INQUIRY)
    ours = Case(case.name, True, case.content, STAFF, "tanaka@school.example.ed.jp", case.before, case.seconds)
    assert await observed(ours) == ()
    assert await observed(ours, "any") != ()
    assert _mine(INQUIRY)
