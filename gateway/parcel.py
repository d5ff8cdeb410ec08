"""A file by itself, handed over the inner door to be sanitised by the gateway's own sandbox, scanner and rules for treatment.

Back come the report and what may be delivered; nothing of it lies on the disk.  Mail comes first: parcels take turns, one at a
time.  Raises Rejected.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from gateway import journal
from gateway.control import Carried, Rejected
from gateway.inspection import Inspector, ScannerDown
from gateway.journal import Journal
from gateway.model import PartReport
from gateway.policy.rules import Policy
from gateway.sandbox import SandboxDown
from gateway.store.values import dump, load
from sanitizers.model import Outcome, Profile


@dataclass(frozen=True, slots=True)
class Parcel:
    """The verb's arguments."""

    name: str
    profile: str  # "" = the policy's default
    actor: str


@dataclass(frozen=True, slots=True)
class Treated:
    """The content that goes with it is the report in JSON, and after it what may be delivered."""

    name: str  # "" = nothing is delivered
    media_type: str
    report: int  # bytes

    def parted(self, content: bytes) -> tuple[PartReport, bytes | None]:
        return load(PartReport, content[: self.report].decode()), content[self.report :] if self.name else None


def patience(wall_seconds: float) -> float:
    """How long somebody waits for a parcel: its turn, its treatment and a second try."""
    return 2 * wall_seconds + 60


class Parcels:
    def __init__(self, inspector: Inspector, policy: Callable[[], Policy], record: Journal):
        self._inspector, self._policy, self._journal = inspector, policy, record
        self._turn = asyncio.Semaphore(1)

    async def sanitise(self, asked: Parcel, content: bytes) -> Carried:
        policy = self._policy()
        name = asked.profile or policy.default_profile
        if name not in policy.profiles:
            raise Rejected(f"there is no profile {name[:40]!r}; profiles: {', '.join(policy.profiles)}")
        async with self._turn:
            report, outcome = await self._inspected(asked, content, policy.profiles[name])
        done = journal.FileSanitised(
            actor=asked.actor,
            name=asked.name,
            profile=name,
            verdict=report.worst().verdict.name,
            sha256=report.sha256_in,
            delivered=report.sha256_out if outcome.output is not None else "",
        )
        await self._journal.write(done)
        told = dump(report).encode()
        treated = Treated("" if outcome.output is None else outcome.name, outcome.media_type, len(told))
        return Carried(treated, told + (outcome.output or b""))

    async def _inspected(self, asked: Parcel, content: bytes, profile: Profile) -> tuple[PartReport, Outcome]:
        """A second try when the sandbox itself broke: another file may have been the reason."""
        try:
            try:
                return await self._inspector.file(content, asked.name, profile)
            except SandboxDown:
                return await self._inspector.file(content, asked.name, profile)
        except (ScannerDown, SandboxDown) as down:
            raise Rejected(f"nothing can be inspected now: {down}") from down
