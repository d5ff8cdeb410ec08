"""Everything that the checks look at, gathered once: settings, rules, people, store, journal, the running gateway.

Changes nothing.  Raises BadConfiguration, StoreUnavailable; a gateway that does not answer is a fact as well.
"""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gateway.audit.confirmation import Confirmation, confirmations
from gateway.compliance.demands import Demands
from gateway.compliance.evidence import evidence
from gateway.compliance.model import Evidence
from gateway.directory import Directory
from gateway.integrity import integrity_of
from gateway.journal import Verification, verify
from gateway.model import Direction, Sign
from gateway.policy.book import Policies
from gateway.policy.rules import Policy, Rule
from gateway.settings import Settings
from gateway.spool import keys
from gateway.store.opening import Store

ANSWER_SECONDS = 5.0
UNUSED_DAYS = 90.0  # AC-03


@dataclass(frozen=True)
class Facts:
    config: Path
    settings: Settings
    policy: Policy
    demands: Demands
    directory: Directory
    today: date
    now: float
    unused: int  # people of whom no mail came for UNUSED_DAYS
    evidence: Mapping[str, Evidence]
    journal: Verification
    store: tuple[str, ...]  # recipients that are not in exactly one state
    in_clear: int  # contents that an earlier version kept without a key of their own
    changed: tuple[str, ...]  # what differs from the baseline
    clock_jump: float
    confirmed: tuple[Confirmation, ...]  # by external auditors, the latest first
    gateway: Mapping[str, object] | None  # what GET /health says; None = no answer

    def on(self, *signs: Sign) -> Rule | None:
        """The first outbound rule that asks for one of these signs."""
        asked = (r for r in self.policy.rules if r.match.direction is not Direction.INBOUND)
        return next((rule for rule in asked if any(sign in signs for sign, _ in rule.match.sign)), None)

    def count(self, *subjects: str) -> int:
        return sum(self.evidence[s].count for s in subjects if s in self.evidence)


async def gather(
    settings: Settings, config: Path, store: Store, demands: Demands, since: float, until: float | None = None
) -> Facts:
    return Facts(
        config=config,
        settings=settings,
        policy=await Policies(store.db, store.clock, Path(settings.policy)).current(),
        demands=demands,
        directory=await store.directory.current(),
        today=store.directory.today,
        now=store.clock.now(),
        unused=len(await store.directory.unused(UNUSED_DAYS)),
        evidence=await store.db.read(evidence, since, until),
        journal=await verify(store.db, store.journal.verifier),
        store=tuple(await store.spool.audit()),
        in_clear=await store.db.read(keys.in_clear),
        changed=await integrity_of(settings, store, config).difference(),
        clock_jump=store.clock.jump,
        confirmed=await store.db.read(confirmations),
        gateway=await asyncio.to_thread(_health, settings.health.host, settings.health.port),
    )


def _health(host: str, port: int) -> Mapping[str, object] | None:
    where = f"[{host}]" if ":" in host else host
    try:
        with urllib.request.urlopen(f"http://{where}:{port}/health", timeout=ANSWER_SECONDS) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:  # 503: it answers, and says why not
        return dict(json.load(error))
    except (OSError, ValueError):
        return None
