"""The evidence pack of requirements for somebody in front of a browser: made where contents and the journal's key are.

That is this process, or the gateway when the console is a user of its own (`packing` does the same for the journal); the same
refusals either way.  What is in the pack is `proof.py`'s; who may ask for one is the screen's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gateway.audit.proof import pack_of, subjects_of
from gateway.clock import days
from gateway.compliance import demands
from gateway.compliance.facts import gather
from gateway.control import Carried, Verb, carry, in_words
from gateway.evidence.packing import SECONDS, Made
from gateway.journal import JournalDamaged
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.words import Refusal
from gateway.yaml_file import BadConfiguration


@dataclass(frozen=True, slots=True)
class Sought:
    profile: str  # whose demands are judged by: a folder of config/profiles/
    requirements: tuple[str, ...]
    first: date
    last: date  # itself included
    actor: str
    reason: str


Prove = Callable[[Sought], Awaitable[bytes]]


def here(settings: Settings, config: Path | None, store: Store) -> Prove:
    async def made(sought: Sought) -> bytes:
        """Raises Refusal."""
        if config is None:
            raise Refusal("設定ファイルが分かりません。", "The file of the settings is not known here.", 409)
        try:
            since, until = days(sought.first, sought.last)
            subjects_of(sought.requirements)  # a name that nobody knows is told before anything is gathered
            asked = demands.load(sought.profile, config)
            facts = await gather(settings, config, store, asked, since, until)
            pack = await pack_of(store, facts, sought.profile, sought.requirements, since, until, sought.actor, sought.reason)
        except LookupError as nothing:
            raise Refusal("該当する要求事項か、期間中の記録がありません。", str(nothing), 404) from nothing
        except BadConfiguration as none:
            raise Refusal("その規程 (プロファイル) はありません。", str(none.problems[0]), 404) from none
        except ValueError as much:
            raise Refusal("期間を確かめてください。記録が多すぎるときは、短くしてください。", str(much), 413) from much
        except JournalDamaged as damaged:
            raise Refusal(
                "記録が壊れています。検証の画面で確認してください。", f"Verify the journal: {damaged}", 409
            ) from damaged
        return pack.content

    return made


def there(door: Path) -> Prove:
    async def made(sought: Sought) -> bytes:
        """Raises Refusal."""
        with in_words():
            return (await carry(door, "prove", sought, Made, seconds=SECONDS))[1]

    return made


def verb(settings: Settings, config: Path | None, store: Store) -> Verb[Sought]:
    make = here(settings, config, store)

    async def act(sought: Sought) -> Carried:
        return Carried(Made(), await make(sought))

    return Verb(Sought, act, SECONDS, console=True)
