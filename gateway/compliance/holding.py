"""A self-inspection is held: judged, compared with the one before, with its plans beside; kept as a file, and in the journal.

By the command, or asked for by somebody in front of a browser: then in this process, or by the gateway when the console is a
user of its own.  Raises BadConfiguration, OSError, ValueError (an earlier report or a plan that can not be read).
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway import journal, rights
from gateway.clock import JST
from gateway.compliance import demands, improvement
from gateway.compliance.facts import gather
from gateway.compliance.model import Report
from gateway.compliance.report import KEPT, compared, counted, dump, inspect, load, planned, with_plans
from gateway.control import Verb, ask, in_words
from gateway.evidence.packing import SECONDS
from gateway.journal.note import durable_write
from gateway.settings import Settings
from gateway.store.opening import Store
from gateway.words import Refusal
from gateway.yaml_file import BadConfiguration

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Holding:
    profile: str  # whose demands are judged by: a folder of config/profiles/
    days: float  # that the journal is read back for evidence
    actor: str


@dataclass(frozen=True, slots=True)
class Held:
    name: str  # of the kept report


Hold = Callable[[Holding], Awaitable[str]]


async def hold(
    settings: Settings, config: Path, store: Store, asked: Holding, *, earlier: Path | None = None, plan: str = ""
) -> tuple[Report, str]:
    """With the name that it is kept by.  `earlier` is compared with, else the newest of this profile; `plan` is a CSV that people
    filled in."""
    folder, name = settings.place(KEPT), Path(asked.profile).name
    since = max(0.0, store.clock.now() - asked.days * DAY)
    facts = await gather(settings, config, store, demands.load(asked.profile, config), since)
    report = inspect(facts, name, since)
    if before := earlier or max(folder.glob(f"{name}-*.json"), default=None):
        report = compared(report, load(before.read_bytes()))
    report = with_plans(report, await store.db.read(improvement.plans, name))
    if plan:
        report = planned(report, plan)
        plans = {row.id: row.plan for row in report.rows}
        await store.db.write(improvement.enter, name, plans, asked.actor, store.clock.now())
    content, kept = dump(report), f"{name}-{datetime.fromtimestamp(report.at, JST):%Y%m%d-%H%M%S}"
    folder.mkdir(mode=0o700, exist_ok=True)
    await asyncio.to_thread(durable_write, place := folder / f"{kept}.json", content)
    rights.show(settings, place)
    results = tuple(f"{status} {number}" for status, number in counted(report.rows).items())
    digest = hashlib.sha256(content).hexdigest()
    await store.journal.write(journal.SelfInspected(actor=asked.actor, profile=name, results=results, sha256=digest))
    return report, kept


def here(settings: Settings, config: Path | None, store: Store) -> Hold:
    async def held(asked: Holding) -> str:
        """Raises Refusal."""
        if config is None:
            raise Refusal("設定ファイルが分かりません。", "The file of the settings is not known here.", 409)
        try:
            return (await hold(settings, config, store, asked))[1]
        except BadConfiguration as none:
            raise Refusal("その規程 (プロファイル) では点検できません。", str(none.problems[0]), 409) from none
        except (OSError, ValueError) as broken:
            raise Refusal("点検の結果を保存できません。", f"It cannot be kept: {broken}", 409) from broken

    return held


def there(door: Path) -> Hold:
    async def held(asked: Holding) -> str:
        """Raises Refusal."""
        with in_words():
            return (await ask(door, "inspect", asked, Held, SECONDS)).name

    return held


def verb(settings: Settings, config: Path | None, store: Store) -> Verb[Holding]:
    make = here(settings, config, store)

    async def act(asked: Holding) -> Held:
        return Held(await make(asked))

    return Verb(Holding, act, SECONDS, console=True)
