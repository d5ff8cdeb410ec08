"""The window between a console that is a user of its own and the gateway: looks into mails whose contents it may not read.

Both sides of it: `verbs` is what the gateway answers with its `Preview`, `Window` what the console asks, as it would ask a
`Preview` beside it.  What passes is what was rebuilt and verified; an original never does.  Raises Refusal.  How a line and a
content travel is `control.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Any, TypeVar

from gateway.control import Carried, Verb, carry, in_words
from gateway.model import Envelope, Inspection, Leaf
from gateway.preview import TEXT, Preview
from gateway.rehearsal import Rehearsed
from gateway.specimen import Specimen
from gateway.spool import MissingContent
from gateway.store.values import dump, load
from gateway.words import Refusal
from sanitizers.disclosure.model import Disclosed, Search
from sanitizers.model import Profile, Reason, Refused

BROUGHT = 96 << 20  # bytes: the largest specimen, or the largest file of a mail
TURNS = 5  # looks of others that somebody may have to wait for

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Look:
    """At a stored mail; `kept` for the next question."""

    item: str
    profile: Profile
    kept: bool = True
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """Of all that a look delivers."""

    item: str
    profile: Profile


@dataclass(frozen=True, slots=True)
class Header:
    item: str


@dataclass(frozen=True, slots=True)
class Brought:
    """A mail or file at hand; it comes along."""

    name: str
    envelope: Envelope
    version: int  # of the rules


@dataclass(frozen=True, slots=True)
class Page:
    """Of a document that comes along."""

    number: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Of a rebuilt file that comes along."""

    path: str
    media_type: str
    search: Search


@dataclass(frozen=True, slots=True)
class Inspected:
    """The content is the inspection in JSON, its bytes taken out, and then these."""

    head: int  # bytes


@dataclass(frozen=True, slots=True)
class Told:
    """The content is text."""


@dataclass(frozen=True, slots=True)
class Picture:
    media_type: str
    pages: int


@dataclass(frozen=True, slots=True)
class Read:
    """Of a file: what it says, or why nobody knows."""

    disclosed: Disclosed | None
    reason: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Bare:
    inspection: Inspection
    sizes: tuple[int, ...]  # of the enclosures, then of the leaves


@dataclass(frozen=True, slots=True)
class _Answers:
    """`places`: which content is which enclosure, as several groups of recipients get the same."""

    rehearsed: tuple[Rehearsed, ...]
    sizes: tuple[int, ...]
    places: tuple[int, ...]


def verbs(preview: Preview, seconds: float) -> dict[str, Verb[Any]]:
    """All are the console's; each may take `seconds`."""

    async def look(asked: Look) -> Carried:
        if asked.kept:
            return _packed(await preview.look(asked.item, asked.profile))
        try:
            return _packed(await preview.stored(asked.item, asked.profile, keep_leaves=asked.leaves))
        except MissingContent as missing:
            raise Refusal("原本はもうありません。", str(missing), 404) from missing

    async def words(asked: Lines) -> Carried:
        return Carried(Told(), "\n".join(await preview.words(asked.item, asked.profile)).encode())

    async def header(asked: Header) -> Carried:
        return Carried(Told(), (await preview.header(asked.item)).encode())

    async def rehearse(asked: Brought, content: bytes) -> Carried:
        return _told(await preview.rehearse(Specimen(asked.name, content, asked.envelope), asked.version))

    async def page(asked: Page, content: bytes) -> Carried:
        picture, media_type, pages = await preview.page(content, asked.number)
        return Carried(Picture(media_type, pages), picture)

    async def read(asked: Reading, content: bytes) -> Read:
        try:
            return Read(await preview.disclosed(Leaf(asked.path, asked.media_type, content), asked.search))
        except Refused as refused:
            return Read(None, refused.reason, refused.detail)

    return {
        "look": Verb(Look, look, seconds, console=True),
        "words": Verb(Lines, words, seconds, console=True),
        "header": Verb(Header, header, seconds, console=True),
        "rehearse": Verb(Brought, rehearse, seconds, BROUGHT, console=True),
        "page": Verb(Page, page, seconds, BROUGHT, console=True),
        "read": Verb(Reading, read, seconds, BROUGHT, console=True),
    }


@dataclass(frozen=True, slots=True)
class Window:
    """As a `Preview` that stands elsewhere."""

    door: Path
    seconds: float

    async def look(self, item: str, profile: Profile) -> Inspection:
        return _unpacked(*await self._ask("look", Look(item, profile), Inspected))

    async def stored(self, item: str, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        try:
            return _unpacked(*await self._ask("look", Look(item, profile, False, keep_leaves), Inspected))
        except Refusal as refusal:
            if refusal.status == 404:  # of this question the one thing that is not found is the content
                raise MissingContent(refusal.words.en) from refusal
            raise

    async def text(self, item: str) -> Inspection:
        return await self.look(item, TEXT)

    async def words(self, item: str, profile: Profile) -> list[str]:
        return (await self._text("words", Lines(item, profile))).split("\n")

    async def header(self, item: str) -> str:
        return await self._text("header", Header(item))

    async def rehearse(self, specimen: Specimen, version: int) -> tuple[Rehearsed, ...]:
        asked = Brought(specimen.name, specimen.envelope, version)
        return _heard(*await self._ask("rehearse", asked, Inspected, specimen.content))

    async def page(self, document: bytes, number: int) -> tuple[bytes, str, int]:
        picture, content = await self._ask("page", Page(number), Picture, document)
        return content, picture.media_type, picture.pages

    async def disclosed(self, leaf: Leaf, search: Search) -> Disclosed:
        read, _ = await self._ask("read", Reading(leaf.path, leaf.media_type, search), Read, leaf.content)
        if read.disclosed is None:
            raise Refused(read.reason or Reason.CRASHED, read.detail)
        return read.disclosed

    async def stop(self) -> None:
        """The gateway's goes on."""

    async def _text(self, verb: str, asked: object) -> str:
        return (await self._ask(verb, asked, Told))[1].decode()

    async def _ask(self, verb: str, asked: object, answer: type[Answer], content: bytes = b"") -> tuple[Answer, bytes]:
        with in_words():
            return await carry(self.door, verb, asked, answer, content, self.seconds)


def _packed(inspection: Inspection) -> Carried:
    contents = [each.content for each in inspection.enclosures] + [each.content for each in inspection.leaves]
    bare = replace(
        inspection,
        enclosures=tuple(replace(each, content=b"") for each in inspection.enclosures),
        leaves=tuple(replace(each, content=b"") for each in inspection.leaves),
        originals=(),
    )
    head = dump(_Bare(bare, tuple(map(len, contents)))).encode()
    return Carried(Inspected(len(head)), b"".join((head, *contents)))


def _unpacked(told: Inspected, content: bytes) -> Inspection:
    found = load(_Bare, content[: told.head].decode())
    contents = _cut(content, told.head, found.sizes)
    return replace(
        found.inspection,
        enclosures=tuple(replace(each, content=next(contents)) for each in found.inspection.enclosures),
        leaves=tuple(replace(each, content=next(contents)) for each in found.inspection.leaves),
    )


def _told(found: Sequence[Rehearsed]) -> Carried:
    contents = [enclosure.content for each in found for enclosure in each.ruling.inspection.enclosures]
    place = {content: number for number, content in enumerate(dict.fromkeys(contents))}
    bare = tuple(_with(each, repeat(b"")) for each in found)
    head = dump(_Answers(bare, tuple(map(len, place)), tuple(place[content] for content in contents))).encode()
    return Carried(Inspected(len(head)), b"".join((head, *place)))


def _heard(told: Inspected, content: bytes) -> tuple[Rehearsed, ...]:
    found = load(_Answers, content[: told.head].decode())
    contents = list(_cut(content, told.head, found.sizes))
    placed = (contents[place] for place in found.places)
    return tuple(_with(each, placed) for each in found.rehearsed)


def _with(rehearsed: Rehearsed, contents: Iterator[bytes]) -> Rehearsed:
    """The next of `contents` for each enclosure."""
    inspection = rehearsed.ruling.inspection
    files = tuple(replace(each, content=next(contents)) for each in inspection.enclosures)
    inspection = replace(inspection, enclosures=files, originals=())
    return replace(rehearsed, ruling=replace(rehearsed.ruling, inspection=inspection))


def _cut(content: bytes, at: int, sizes: Iterable[int]) -> Iterator[bytes]:
    for size in sizes:
        yield content[at : at + size]
        at += size
