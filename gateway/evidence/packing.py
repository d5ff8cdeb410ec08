"""An evidence pack for somebody in front of a browser: made where the journal's key and the contents are.

That is this process, or the gateway when the console is a user of its own (`Packing`); the same refusals either way.  What is
in a pack is `pack.py`'s; who may ask for one is the screen's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.control import Carried, Verb, carry, in_words
from gateway.evidence import pack
from gateway.journal import JournalDamaged, Query
from gateway.spool import MissingContent
from gateway.store.opening import Store
from gateway.words import Refusal

SECONDS = 300.0  # a tree of millions of entries is read for it


@dataclass(frozen=True, slots=True)
class Wanted:
    query: Query
    actor: str
    reason: str
    original: str = ""  # the id of the mail whose original goes in


@dataclass(frozen=True, slots=True)
class Made:
    """The pack is the content."""


Pack = Callable[[Wanted], Awaitable[bytes]]


def here(store: Store) -> Pack:
    async def made(wanted: Wanted) -> bytes:
        """Raises Refusal."""
        try:
            original = await pack.read_original(store, wanted.original) if wanted.original else None
            return (await pack.make(store, wanted.query, wanted.actor, wanted.reason, original)).content
        except MissingContent as missing:
            raise Refusal("原本はもうありません。", "The original is gone.", 404) from missing
        except LookupError as nothing:
            raise Refusal("該当する記録がありません。", "No entries.", 404) from nothing
        except ValueError as much:
            raise Refusal(f"記録が多すぎます。期間を短くしてください ({pack.MOST}件まで)。", str(much), 413) from much
        except JournalDamaged as damaged:
            raise Refusal(
                "記録が壊れています。検証の画面で確認してください。", f"Verify the journal: {damaged}", 409
            ) from damaged

    return made


def there(door: Path) -> Pack:
    async def made(wanted: Wanted) -> bytes:
        """Raises Refusal."""
        with in_words():
            return (await carry(door, "pack", wanted, Made, seconds=SECONDS))[1]

    return made


def verb(store: Store) -> Verb[Wanted]:
    make = here(store)

    async def act(wanted: Wanted) -> Carried:
        return Carried(Made(), await make(wanted))

    return Verb(Wanted, act, SECONDS, console=True)
