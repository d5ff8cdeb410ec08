"""A file by itself, handed over the inner door to be sanitised by the gateway's own sandbox, scanner and rules for treatment.

Both sides know one folder in the state directory: whoever asks puts the file there under a name that nobody guesses, the
gateway takes it away, and puts beside it what may be delivered and the report.  No byte of it goes through the socket, and
nothing stays: what somebody left behind is swept with the next parcel.  Mail comes first: parcels take turns, one at a time.
Raises Rejected.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gateway import journal
from gateway.control import Rejected
from gateway.inspection import Inspector, ScannerDown
from gateway.journal import Journal
from gateway.model import PartReport
from gateway.policy.rules import Policy
from gateway.sandbox import SandboxDown
from gateway.store.values import dump
from sanitizers.model import Outcome, Profile

FOLDER = "parcels"
LEFT_BEHIND = 3_600.0  # seconds after which nobody comes back for it
_KEY = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Parcel:
    """The verb's arguments."""

    key: str  # of the file in the folder
    name: str
    profile: str  # "" = the policy's default
    actor: str


@dataclass(frozen=True, slots=True)
class Treated:
    """The report lies beside, as `<key>.json`; with `name`, what may be delivered as `<key>.out`."""

    name: str  # "" = nothing is delivered
    media_type: str


def patience(wall_seconds: float) -> float:
    """How long somebody waits for a parcel: its turn, its treatment and a second try."""
    return 2 * wall_seconds + 60


class Parcels:
    def __init__(self, folder: Path, inspector: Inspector, policy: Callable[[], Policy], record: Journal):
        self._folder, self._inspector, self._policy, self._journal = folder, inspector, policy, record
        self._turn = asyncio.Semaphore(1)

    async def sanitise(self, asked: Parcel) -> Treated:
        if not _KEY.fullmatch(asked.key):
            raise Rejected("a parcel's key has 32 hexadecimal digits")
        policy = self._policy()
        name = asked.profile or policy.default_profile
        if name not in policy.profiles:
            raise Rejected(f"there is no profile {name[:40]!r}; profiles: {', '.join(policy.profiles)}")
        async with self._turn:
            await asyncio.to_thread(sweep, self._folder, time.time() - LEFT_BEHIND)
            report, outcome = await self._inspected(asked, policy.profiles[name])
            await asyncio.to_thread(self._put, asked.key, report, outcome)
        done = journal.FileSanitised(
            actor=asked.actor,
            name=asked.name,
            profile=name,
            verdict=report.worst().verdict.name,
            sha256=report.sha256_in,
            delivered=report.sha256_out if outcome.output is not None else "",
        )
        await self._journal.write(done)
        return Treated("" if outcome.output is None else outcome.name, outcome.media_type)

    async def _inspected(self, asked: Parcel, profile: Profile) -> tuple[PartReport, Outcome]:
        """A second try when the sandbox itself broke: another file may have been the reason."""
        place = self._folder / asked.key
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise Rejected("there is no such parcel") from error
        try:
            place.unlink()
            try:
                return await self._inspector.file(descriptor, asked.name, profile)
            except SandboxDown:
                return await self._inspector.file(descriptor, asked.name, profile)
        except (ScannerDown, SandboxDown) as down:
            raise Rejected(f"nothing can be inspected now: {down}") from down
        finally:
            os.close(descriptor)

    def _put(self, key: str, report: PartReport, outcome: Outcome) -> None:
        if outcome.output is not None:
            write(self._folder / f"{key}.out", outcome.output)
        write(self._folder / f"{key}.json", dump(report).encode())


def write(place: Path, content: bytes) -> None:
    """Only for the gateway's own user; never over something that is there."""
    place.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(content)


def sweep(folder: Path, before: float) -> None:
    """What lies there since before that Unix time."""
    for each in folder.iterdir() if folder.is_dir() else ():
        with suppress(OSError):
            if each.lstat().st_mtime < before:
                each.unlink()
