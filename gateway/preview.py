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
from pathlib import Path

from gateway.inspection import ScannerDown
from gateway.model import Inspection, Leaf
from gateway.notice import Notices
from gateway.policy.book import Policies
from gateway.rehearsal import Rehearsed, rehearse
from gateway.replay import Stored
from gateway.sandbox import SandboxDown
from gateway.settings import Settings
from gateway.specimen import Specimen
from gateway.spool import MissingContent
from gateway.store.opening import Store
from gateway.words import Refusal
from gateway.workbench import Workbench
from gateway.yaml_file import BadConfiguration
from sanitizers.disclosure.model import Disclosed, Search
from sanitizers.letter import Enclosure
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
    def __init__(self, settings: Settings, store: Store, notices: Notices):
        """Its inspector is set up as the gateway's, so that what is shown is what a release would make."""
        self._settings, self._store, self._spool, self._notices = settings, store, store.spool, notices
        self._bench = Workbench(settings, notices)
        self.inspector = self._bench.inspector
        self._stored = Stored(store.spool, self.inspector.message)
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

    async def rehearse(self, specimen: Specimen, version: int) -> tuple[Rehearsed, ...]:
        """What would become of a mail at hand by a version of the rules, 0 = by those in force, in turn with the reviewers.

        Raises LookupError: no such version."""
        async with self._at_work():
            try:
                policy = await Policies(self._store.db, self._store.clock, Path(self._settings.policy)).by(version)
                return await rehearse(self._settings, self._store, self._notices, self.inspector, policy, specimen)
            except BadConfiguration as bad:
                raise Refusal(f"この規則は読み込めません。({bad})", f"These rules do not load: {bad}", 409) from bad

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
            await self._bench.stop()

    def use(self, notices: Notices) -> None:
        """Other ones, after a reload."""
        self._notices, self.inspector.note = notices, notices.withheld_note

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
            await self._bench.start()
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
