"""Lists in pages, all in one way: `limit` items, `next` leads on, and the order does not change while somebody turns them.

A page begins behind an item, not after a number of items: what comes or goes meanwhile neither hides nor repeats another.
What a cursor holds is nobody's business outside.  Raises Problem: a cursor of no list, or of another one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import Field, StringConstraints

from gateway.api.problem import Fault, Problem

MOST = 100  # items of one page
T = TypeVar("T")
Place = tuple[str | float, ...]

Cursor = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Za-z_-]{0,500}$"),
    Field(description="`next` of the page before; empty = the first page."),
]
Limit = Annotated[int, Field(ge=1, le=MOST, description="Items of one page, at most.")]


@dataclass(frozen=True, slots=True)
class Paging:
    cursor: Cursor = ""
    limit: Limit = 50

    @property
    def before(self) -> int:
        return before(self.cursor)


def before(cursor: str) -> int:
    """Where a list of the database goes on, newest first: below this number; 0 = at its beginning."""
    if cursor and not (cursor.isdecimal() and cursor.isascii() and len(cursor) < 16):
        raise _foreign()
    return int(cursor or 0)


def page(found: Sequence[T], asked: Paging, place: Callable[[T], object]) -> tuple[Sequence[T], str | None]:
    """Of a list that the database has paged, with one more than a page if there are more."""
    some = found[: asked.limit]
    return some, str(place(some[-1])) if len(found) > asked.limit else None


def paged(
    found: Iterable[T], asked: Paging, place: Callable[[T], Place], *, descending: bool = False
) -> tuple[Sequence[T], str | None]:
    """Of a list that is at hand as a whole, in the order of `place`, which no two share."""
    behind = _place(asked.cursor)
    try:
        rest = [each for each in found if not behind or (place(each) < behind if descending else place(each) > behind)]
    except TypeError as error:
        raise _foreign() from error
    rest.sort(key=place, reverse=descending)
    some = rest[: asked.limit]
    return some, _cursor(place(some[-1])) if len(rest) > asked.limit else None


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode().rstrip("=")


def _place(cursor: str) -> Place:
    if not cursor:
        return ()
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return tuple(found)
    except (ValueError, TypeError) as error:  # UnicodeDecodeError, JSONDecodeError and binascii.Error are ValueErrors
        raise _foreign() from error


def _foreign() -> Problem:
    fault = Fault("cursor", "not the `next` of a page of this list")
    return Problem("この一覧の続きではありません。", "This is no cursor of this list.", 422, errors=(fault,))
