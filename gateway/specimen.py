"""One mail, or one file, that somebody brings to see what rules would make of it: nothing is delivered, stored or learnt.

A file is judged as the only attachment of an otherwise empty mail, so that one path answers for both.  Left out: who is proven
to have sent it (a mail at hand has no connection to judge), denied and allowed senders, passwords, the last look at the whole.
Raises ScannerDown, SandboxDown, and ValueError for an envelope that is none.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from gateway.model import Decision, Direction, Envelope, Group, Inspection, PartReport, QueueItem
from gateway.policy.observer import Observer
from gateway.policy.rules import Policy
from gateway.workflow.register import Register
from sanitizers.compose import compose
from sanitizers.letter import Attachment, Enclosure, Letter, Mailbox
from sanitizers.model import Profile

MAIL = (".eml", ".mime")  # by its name; whatever else is a file
RECEIPT = "00000000-TEST"  # in the notices of what was never received
_CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029/\\\\]")


class Inspect(Protocol):
    async def __call__(self, content: bytes, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        """As `Inspector.message`."""


@dataclass(frozen=True, slots=True)
class Specimen:
    name: str
    content: bytes = field(repr=False)
    envelope: Envelope

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def is_mail(self) -> bool:
        return self.name.lower().endswith(MAIL)

    def message(self) -> bytes:
        return self.content if self.is_mail else _around(self)


@dataclass(frozen=True, slots=True)
class Judged:
    """What would become of it for some recipients."""

    group: Group
    inspection: Inspection
    decision: Decision

    def files(self) -> Iterator[tuple[Enclosure, PartReport | None]]:
        """What would be attached, each with the report of the part that it was made from."""
        parts = {part.sha256_out: part for part in self.inspection.report.parts}
        for each in self.inspection.enclosures:
            yield each, parts.get(hashlib.sha256(each.content).hexdigest())


async def judge(
    specimen: Specimen, policy: Policy, inspect: Inspect, observers: Sequence[Observer], register: Register | None = None
) -> tuple[Judged, ...]:
    """`observers` look at what leaves; without `register` no rule is waived."""
    content, envelope = specimen.message(), specimen.envelope
    outbound = envelope.direction is Direction.OUTBOUND
    item = QueueItem("", RECEIPT, envelope, envelope.recipients, time.time(), len(content), hashlib.sha256(content).hexdigest())
    answers: list[Judged] = []
    for group in policy.split(envelope, envelope.recipients, len(content)):
        inspection = await inspect(content, policy.profiles[group.profile], keep_leaves=outbound)
        if outbound:
            seen = [o for each in observers for o in await each.observe(item, inspection)]
            inspection = replace(inspection, observations=tuple(seen))
        waivers = await register.waivers(policy, item, inspection) if register else ()
        decided = policy.decide(envelope, group, len(content), inspection, waivers)
        answers += [Judged(part, inspection, decision) for part, decision in decided]
    return tuple(answers)


def _around(specimen: Specimen) -> bytes:
    """A mail that holds this file and nothing else.  Raises ValueError for what is no address."""
    name = _CONTROL.sub("_", specimen.name)[:200] or "file"
    letter = Letter(
        subject=name,
        from_=tuple(Mailbox("", each) for each in (specimen.envelope.sender,) if each),
        sender=None,
        reply_to=(),
        to=tuple(Mailbox("", each) for each in specimen.envelope.recipients),
        cc=(),
        date="",
        message_id="",
        in_reply_to=(),
        references=(),
        body="",
        attachments=(Attachment(0, name),),
        extra=(),
    )
    return compose(letter, (Enclosure(name, "application/octet-stream", specimen.content),))
