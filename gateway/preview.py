"""What a reviewer may see of a hostile mail: its text, pictures of its pages, what a release would deliver, and what differs.

Never a byte of the original but the words of its header: everything shown was rebuilt and verified in a sandbox of its own,
which starts with the first look, so that reviewers take no lane of the mail's.  At most one look is worked on at a time, the
last ones are kept in memory.  Looking delivers nothing and changes nothing; a release inspects again, with the signatures and
rules of its own day (W18).  It works where the contents can be read: in the console, or in the gateway when the console is a
user of its own and asks through `window.py`.  Raises Refusal when nothing can be shown.
"""

from __future__ import annotations

import asyncio
import difflib
import os
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.inspection import Inspector, ScannerDown
from gateway.model import Inspection, Leaf
from gateway.notice import Notices
from gateway.office import Office
from gateway.replay import Stored
from gateway.sandbox import Sandbox, SandboxDown
from gateway.scan import Scanner
from gateway.settings import Settings, trust_anchors
from gateway.spool import MissingContent, Spool
from gateway.words import Refusal
from sanitizers.disclosure.model import Disclosed, Search
from sanitizers.letter import Enclosure
from sanitizers.lock.office import OfficeCaps
from sanitizers.model import Method, Profile

_KEPT = 16  # looks; a reviewer goes back and forth between a few
_KEPT_BYTES = 8 << 20  # of enclosures in one look; larger ones are made anew
_LINES = 2_000  # of a text that are compared: difflib is quadratic in the worst case
_HEADER_BYTES = 16 << 10  # shown of the original's header
TEXT = Profile("preview-text", Method.TEXT)
PICTURES = ("image/png", "image/jpeg")


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of original or sanitised text: "-" only in the original, "+" only in what is delivered, " " in both."""

    mark: str
    text: str


class Preview:
    def __init__(self, settings: Settings, spool: Spool, notices: Notices):
        """Its inspector is set up as the gateway's, so that what is shown is what a release would make."""
        self._spool = spool
        self._sandbox = Sandbox(
            minimum_level=settings.sandbox.minimum_level,
            cpu_seconds=settings.sandbox.cpu_seconds,
            memory_bytes=settings.sandbox.memory,
            hidden=str(settings.state_directory.resolve()),
        )
        clamav, office = settings.clamav, settings.sandbox
        scanner = Scanner(settings.place(clamav.socket), largest=clamav.largest, timeout=clamav.timeout, oldest=0)
        caps = OfficeCaps(cpu_seconds=office.cpu_seconds)
        self._office = Office(
            enabled=office.office, lanes=1, caps=caps, work=office.office_directory, converters=office.converters
        )
        note, anchors = notices.withheld_note, trust_anchors(settings)
        self.inspector = Inspector(
            self._sandbox, scanner, wall_seconds=office.wall_seconds, office=self._office, note=note, anchors=anchors
        )
        self._stored = Stored(spool, self.inspector.message)
        self._busy, self._started = asyncio.Lock(), False
        self._kept: OrderedDict[tuple[str, Profile], Inspection] = OrderedDict()

    async def look(self, item: str, profile: Profile) -> Inspection:
        """The mail as `profile` would make it."""
        key = (item, profile)
        async with self._at_work():
            if (found := self._kept.pop(key, None)) is None:
                found = await self._at(item, profile)
            if sum(len(each.content) for each in found.enclosures) <= _KEPT_BYTES:
                self._kept[key] = found
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return found

    async def text(self, item: str) -> Inspection:
        """Every part as plain text."""
        return await self.look(item, TEXT)

    async def stored(self, item: str, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        """As `look`, for a trial: not kept.  Raises MissingContent."""
        async with self._at_work():
            return await self._stored(item, profile, keep_leaves=keep_leaves)

    async def words(self, item: str, profile: Profile) -> list[str]:
        """The lines of all that this look delivers: the body, then each file as text."""
        inspection = await self.look(item, profile)
        if inspection.letter is None:
            return []
        lines = inspection.letter.body.split("\n")
        async with self._at_work():
            for each in inspection.enclosures:
                _, outcome = await self.inspector.file(each.content, each.name, TEXT)
                if outcome.output is not None:  # a picture has no words
                    lines += outcome.output.decode("utf-8", "replace").split("\n")
        return lines

    async def message(self, content: bytes, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        """As `Inspector.message`, in turn with the reviewers; not kept."""
        async with self._at_work():
            return await self.inspector.message(content, profile, keep_leaves=keep_leaves)

    async def disclosed(self, leaf: Leaf, search: Search) -> Disclosed:
        """As `Inspector.disclosed`."""
        async with self._at_work():
            return await self.inspector.disclosed(leaf, search)

    async def page(self, document: bytes, number: int) -> tuple[bytes, str, int]:
        """A picture, its media type, and how many pages there are.  `document` is the content of an enclosure."""
        async with self._at_work():
            outcome = await self.inspector.page(document, number, Profile())
        if outcome.output is None or outcome.media_type not in PICTURES:
            raise Refusal("このページは画像にできません。", "This page cannot be shown as a picture.", 404)
        count = int(outcome.detail) if outcome.detail.isdecimal() else 0
        return outcome.output, outcome.media_type, count

    async def header(self, item: str) -> str:
        """The original's header as it came, unread: bytes that are no ASCII show as numbers; "" when it is gone."""
        try:
            content = await self._spool.content(item)
        except MissingContent:
            return ""
        if isinstance(content, bytes):
            return _unread(content)
        try:
            return _unread(os.pread(content, _HEADER_BYTES, 0))
        finally:
            os.close(content)

    async def stop(self) -> None:
        if self._started:
            await self._sandbox.stop()
            await self._office.stop()

    @asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        """One at a time, in a sandbox that has been proven.  Raises Refusal where sandbox or scanner is down."""
        async with self._busy:
            try:
                await self._start()
                yield
            except (ScannerDown, SandboxDown) as down:
                raise Refusal(f"いまは検査できません。({down})", f"It cannot be inspected now: {down}", 503) from down

    async def _start(self) -> None:
        if not self._started:
            test = await self._sandbox.start()
            if not self._sandbox.ready:
                await self._sandbox.stop()
                raise Refusal(
                    "隔離環境を用意できないため、内容を表示できません。",
                    f"The sandbox reaches only level {test.level} here: nothing can be shown.",
                    503,
                )
            await self._office.start()
            self._started = True

    async def _at(self, item: str, profile: Profile) -> Inspection:
        try:
            return await self._stored(item, profile)
        except MissingContent as missing:
            raise Refusal("原本はもうありません。", "The original is gone.", 404) from missing


def _unread(content: bytes) -> str:
    header = content[:_HEADER_BYTES].split(b"\r\n\r\n", 1)[0]
    return header.decode("ascii", "backslashreplace").replace("\r\n", "\n")


def differences(original: Sequence[str], delivered: Sequence[str]) -> list[Difference]:
    """Line by line; runs that both have are cut to some lines around each change."""
    lines = difflib.unified_diff(original[:_LINES], delivered[:_LINES], lineterm="", n=2)
    return [Difference(line[0], line[1:]) for line in list(lines)[2:] if not line.startswith("@@")]


def readable(enclosure: Enclosure) -> str:
    """An enclosure of method TEXT is UTF-8 that we wrote, be it a letter, a sheet or data."""
    is_text = enclosure.media_type.startswith("text/") or enclosure.media_type == "application/json"
    return enclosure.content.decode("utf-8-sig", "replace") if is_text else ""
