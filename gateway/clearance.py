"""From an inspected mail to bytes that may leave: write the message anew, look at it once more, compare digests.

The only maker of `Cleared` besides the spool, which gives back what was cleared here after comparing its digest (I2).
`NotCleared` means hold; `ScannerDown` and `SandboxDown` mean later.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.clock import JST
from gateway.identity import results_header
from gateway.inspection import MESSAGE, Inspector
from gateway.judgement import may_leave_as_it_came
from gateway.model import Cleared, Decision, Group, Inspection, QueueItem, Warrant
from gateway.notice import Notices
from gateway.policy import recipients
from gateway.seal import Seal
from sanitizers.compose import compose
from sanitizers.letter import Enclosure
from sanitizers.model import Reason, Refused, Verdict

ORIGINAL = "original"  # X-Mugai-Verdict of a mail with files as they came; the verifier lets these pass in no other
OCTETS = "application/octet-stream"  # no mail program shows that by itself (RFC 2046 4.5.1)


class NotCleared(Exception):
    """What was built may not leave; `reason` says why."""

    def __init__(self, reason: Reason, detail: str):
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Clearance:
    inspector: Inspector
    notices: Notices
    originals_at: str  # where staff find the original, for the notice
    originals_days: int
    authserv_id: str  # our name in Authentication-Results
    seal: Seal | None = None
    now: Callable[[], float] = time.time

    async def clear(self, item: QueueItem, group: Group, inspection: Inspection, decision: Decision, trace: bytes) -> Cleared:
        """Builds, verifies, scans.  Raises NotCleared."""
        if inspection.letter is None:
            raise NotCleared(Reason.CRASHED, "the message itself could not be read")
        until = datetime.fromtimestamp(item.received_at, JST) + timedelta(days=self.originals_days)
        head = self.notices.head(inspection, decision, item.receipt, until, self.originals_at)
        foot = self.notices.foot(inspection, decision, item.receipt)
        identity = inspection.identity
        results = results_header(identity, self.authserv_id) if identity else ""
        headers = (
            *((("Authentication-Results", results),) if results else ()),
            ("X-Mugai-Receipt", item.receipt),
            ("X-Mugai-Id", item.id),
            ("X-Mugai-Verdict", ORIGINAL if decision.warrant else inspection.verdict.name.lower()),
        )
        letter, enclosures = inspection.letter, _enclosed(inspection, decision.warrant)
        if decision.hiding is not None:
            letter = recipients.hidden(letter, decision.hiding)
            headers = (*recipients.headers(decision.hiding), *headers)
        content = await asyncio.to_thread(
            compose,
            letter,
            enclosures,
            notice_head=head,
            notice_foot=foot,
            extra_headers=headers,
            trace=trace,
        )
        if self.seal is not None and results:
            content = await asyncio.to_thread(self.seal.on, content, results, self.now())
        await self._check(content, frozenset(hashlib.sha256(e.content).hexdigest() for e in enclosures))
        smtputf8 = item.envelope.smtputf8 and not (item.envelope.sender + "".join(group.recipients)).isascii()
        digest = hashlib.sha256(content).hexdigest()
        return Cleared(item, item.envelope.sender, group.recipients, content, digest, smtputf8, decision.warrant)

    async def _check(self, content: bytes, digests: frozenset[str]) -> None:
        """The second look, at exactly the bytes that leave: nothing but our grammar and the verified attachments."""
        if objections := await self.inspector.verify(content, MESSAGE, digests):
            raise NotCleared(Reason.VERIFY_FAILED, "; ".join(objections)[:500])
        try:
            scan = await self.inspector.scan(content)
        except Refused as refusal:
            raise NotCleared(refusal.reason, refusal.detail) from refusal
        if scan is not None and scan.signature:
            raise NotCleared(Reason.INFECTED, f"{scan.signature} in the rebuilt message")


def _enclosed(inspection: Inspection, warrant: Warrant | None) -> tuple[Enclosure, ...]:
    """What was rebuilt; and where two people say so, exactly the files that they named, in the place of their rebuilt form."""
    if warrant is None:
        return inspection.enclosures
    named, found = frozenset(warrant.files), inspection.originals
    if {original.sha256 for original in found} != named or not may_leave_as_it_came(inspection, named):
        raise NotCleared(Reason.VERIFY_FAILED, f"{warrant.by} is for other files, or they may not leave")
    replaced = {original.instead_of for original in found}
    rebuilt = [enclosure for place, enclosure in enumerate(inspection.enclosures) if place not in replaced]
    return (*rebuilt, *(Enclosure(original.name, OCTETS, original.content) for original in found))


def apart(cleared: Cleared) -> tuple[Cleared, ...]:
    """The same cleared bytes as one delivery for each recipient."""
    return tuple(replace(cleared, recipients=(recipient,)) for recipient in cleared.recipients)


def releasable(inspection: Inspection) -> bool:
    """A reviewer may release the safe rest of a mail: its letter exists and nothing was found in the mail as a whole."""
    return inspection.letter is not None and inspection.report.verdict < Verdict.LOCKED
