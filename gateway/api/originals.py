"""Mail found again, whatever became of it, and its words as long as the original is kept (SAN-03, SAN-04)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from gateway.api.call import Call
from gateway.api.held import HeldFile
from gateway.api.paging import Paging, page
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Line, Moment
from gateway.catalogue import finding
from gateway.console.originals import read
from gateway.console.roles import Right
from gateway.model import Direction, Inspection, State
from gateway.preview import readable
from gateway.words import Words

resource = Resource("原本検索", "Originals")

Ulid = Annotated[str, StringConstraints(pattern=r"^([0-9A-HJKMNP-TV-Z]{26})?$")]


@dataclass(frozen=True, slots=True)
class OriginalsQuery(Paging):
    text: Line = ""  # receipt number, subject, sender, recipient, file name


@dataclass(frozen=True, slots=True)
class Original:
    item: str
    receipt: str
    direction: Direction
    sender: str
    subject: str  # "" for a mail that was never held
    recipients: tuple[str, ...]
    states: tuple[State, ...]  # each once
    received_at: Moment
    size: int
    kept: bool  # the original is still there
    entry: int | None  # its newest place in quarantine


@dataclass(frozen=True, slots=True)
class OriginalPage:
    items: tuple[Original, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class OriginalText:
    receipt: str
    subject: str
    body: str
    files: tuple[HeldFile, ...]


@resource.get("/originals", TokenScope.QUARANTINE_READ, Right.LIST_HELD, Words("メールを探す", "Find a mail"))
async def listing(call: Call, query: OriginalsQuery) -> OriginalPage:
    """Newest first, by all of the words."""
    patterns = (await call.scope()).patterns
    found = await call.desk.store.db.read(finding.find, query.text, patterns, query.cursor, query.limit)
    some, more = page(found, query, lambda each: each.item)
    items = tuple(
        Original(
            each.item,
            each.receipt,
            each.direction,
            each.sender,
            each.subject,
            each.recipients,
            each.states,
            each.received_at,
            each.size,
            each.kept,
            each.entry,
        )
        for each in some
    )
    return OriginalPage(items, more)


@resource.get("/originals/{item}/text", TokenScope.QUARANTINE_READ, Right.READ_HELD, Words("原本の文面", "Its words"))
async def text(call: Call, item: Ulid) -> OriginalText:
    """As a sandbox read it; journalled."""
    shown, inspection = await read(call, item)
    return text_of(shown.item.receipt, inspection)


def text_of(receipt: str, inspection: Inspection) -> OriginalText:
    files = tuple(HeldFile(each.name, readable(each)) for each in inspection.enclosures)
    letter = inspection.letter
    return OriginalText(receipt, letter.subject if letter else "", letter.body if letter else "", files)
