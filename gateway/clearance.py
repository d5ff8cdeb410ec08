"""From an inspected mail to bytes that may leave: write the message anew, look at it once more, compare digests.

The only maker of `Cleared` besides the spool, which gives back what was cleared here after comparing its digest (I2).
`NotCleared` means hold; `ScannerDown` and `SandboxDown` mean later.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gateway.clock import JST
from gateway.evidence.archive import archive
from gateway.identity import results_header
from gateway.inspection import ARCHIVE, MESSAGE, Inspector
from gateway.judgement import may_leave_as_it_came
from gateway.model import Cleared, Decision, Group, Inspection, QueueItem, Warrant
from gateway.notice import Notices
from gateway.policy import recipients
from gateway.policy.protection import Lock
from gateway.scan import ENCRYPTED
from gateway.seal import Seal
from sanitizers.compose import compose, inert
from sanitizers.letter import Enclosure
from sanitizers.model import Reason, Refused, Verdict
from sanitizers.names import with_extension

ORIGINAL = "original"  # X-Mugai-Verdict of a mail with files as they came; the verifier lets these pass in no other
SEVERAL = "添付ファイル.zip"
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

    async def clear(
        self,
        item: QueueItem,
        group: Group,
        inspection: Inspection,
        decision: Decision,
        trace: bytes,
        lock: Lock | None = None,
    ) -> Cleared:
        """Builds, verifies, scans; with a `lock` the attachments leave as one ZIP.  Raises NotCleared."""
        if inspection.letter is None:
            raise NotCleared(Reason.CRASHED, "the message itself could not be read")
        until = datetime.fromtimestamp(item.received_at, JST) + timedelta(days=self.originals_days)
        head = self.notices.head(inspection, decision, item.receipt, until, self.originals_at)
        foot = self.notices.foot(inspection, decision, item.receipt)
        if lock is not None:
            head = "\n".join(filter(None, (head, self.notices.locked(tuple(e.name for e in inspection.enclosures)))))
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
        if lock is not None:
            enclosures = (await self._locked(enclosures, lock),)
        content = await asyncio.to_thread(
            compose,
            letter,
            enclosures,
            notice_head=head,
            notice_foot=inert(foot),  # the text of attachments
            extra_headers=headers,
            trace=trace,
        )
        if self.seal is not None and results:
            content = await asyncio.to_thread(self.seal.on, content, results, self.now())
        await self._check(content, _digests(enclosures), locked=lock is not None)
        smtputf8 = item.envelope.smtputf8 and not (item.envelope.sender + "".join(group.recipients)).isascii()
        digest = hashlib.sha256(content).hexdigest()
        return Cleared(item, item.envelope.sender, group.recipients, content, digest, smtputf8, decision.warrant)

    async def _locked(self, enclosures: Sequence[Enclosure], lock: Lock) -> Enclosure:
        """All files in one ZIP.  The scanner sees them before they are locked; nobody can look into them afterwards."""
        stored = archive({str(number): enclosure.content for number, enclosure in enumerate(enclosures)})
        await self._scanned(stored)
        names = tuple(enclosure.name for enclosure in enclosures)
        name = with_extension(names[0], ARCHIVE) if len(names) == 1 else SEVERAL
        try:
            content = await self.inspector.packed(stored, name, names, _digests(enclosures), lock.password)
        except Refused as refusal:
            raise NotCleared(refusal.reason, refusal.detail) from refusal
        return Enclosure(name, ARCHIVE, content)

    async def _check(self, content: bytes, digests: frozenset[str], *, locked: bool) -> None:
        """The second look, at exactly the bytes that leave: nothing but our grammar and the verified attachments."""
        if objections := await self.inspector.verify(content, MESSAGE, digests):
            raise NotCleared(Reason.VERIFY_FAILED, "; ".join(objections)[:500])
        await self._scanned(content, ENCRYPTED if locked else "")

    async def _scanned(self, content: bytes, but: str = "") -> None:
        """`but`: what the scanner may say of it all the same."""
        try:
            scan = await self.inspector.scan(content)
        except Refused as refusal:
            raise NotCleared(refusal.reason, refusal.detail) from refusal
        if scan is not None and scan.signature and not (but and scan.signature.startswith(but)):
            raise NotCleared(Reason.INFECTED, f"{scan.signature} in the rebuilt message")


def _digests(enclosures: Sequence[Enclosure]) -> frozenset[str]:
    return frozenset(f"{hashlib.sha256(each.content).hexdigest()} {each.media_type}" for each in enclosures)


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
