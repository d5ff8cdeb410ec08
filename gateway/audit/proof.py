"""The evidence pack of requirements over a period (AU-01): the judgement, the settings that it rests on, and the entries.

Settings and judgement are of the moment when it is made; what was in force in the period is told by its entries, so those of
FRAME are always among them.  Raises LookupError (no such requirement, no entry at all), ValueError (too many entries).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gateway import yaml_file
from gateway.compliance import page
from gateway.compliance.evidence import events_of
from gateway.compliance.facts import Facts
from gateway.compliance.report import CHECKS, dump, inspect
from gateway.evidence.pack import MOST, Pack, make
from gateway.journal import Query
from gateway.policy.book import Policies
from gateway.store.opening import Store

# what says which program, configuration and rules were at work, and who has held them to what is asked
FRAME = ("started", "policy_loaded", "policy_proposed", "baseline_made", "self_inspected")


def subjects_of(requirements: Sequence[str]) -> frozenset[str]:
    """What in the journal speaks of them.  Raises LookupError."""
    if unknown := [name for name in requirements if name not in CHECKS]:
        raise LookupError(f"no requirement {', '.join(unknown)}")
    own = (subject for name in requirements for subject in (f"clause:{name}", *CHECKS[name].evidence))
    return frozenset((*own, *FRAME))


async def pack_of(
    store: Store, facts: Facts, profile: str, requirements: Sequence[str], since: float, until: float, actor: str, reason: str
) -> Pack:
    """`facts` were gathered for the same period; everything that waits is sealed before."""
    await store.journal.seal()
    events = await store.db.read(events_of, subjects_of(requirements), since, until)
    if not events:
        raise LookupError("no entries in this period")
    if len(events) > MOST:
        raise ValueError(f"{len(events)} entries, more than {MOST}; choose a shorter period")
    report = inspect(facts, profile, since)
    judged = replace(report, rows=tuple(row for row in report.rows if row.id in requirements))
    files = {
        "judgement.txt": page.text(judged).encode(),
        "judgement.json": dump(judged),
        "settings.json": facts.settings.model_dump_json(indent=1).encode(),
        **await _rules(store, facts),
    }
    return await make(store, Query(events=events), actor, f"{' '.join(requirements)}: {reason}", further=files)


async def _rules(store: Store, facts: Facts) -> dict[str, bytes]:
    """As somebody wrote them, with all that they lie over."""
    written = Path(facts.settings.policy)
    text = await Policies(store.db, store.clock, written).text()
    below = await asyncio.to_thread(lambda: [Path(name).read_bytes() for name in yaml_file.read(written).below])
    return {"policy.yaml": text.encode()} | {f"policy-base-{n}.yaml": content for n, content in enumerate(below, 1)}
