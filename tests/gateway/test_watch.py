"""From which point the gateway's own state is an alarm; each told when it begins and again each hour."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from gateway import settings as settings_file
from gateway.nodes import Node
from gateway.status import Status
from gateway.watch import Watch, concerns

SETTINGS = settings_file.load(Path(__file__).parents[2] / "config" / "gateway.yaml")
NOW = 1_795_000_000.0
WELL: dict[str, Any] = {
    "sandbox_level": 3,
    "clamd": "ClamAV 1.4.6",
    "signatures": 27_400,
    "signatures_time": NOW - 3_600,
    "waiting": 3,
    "oldest_seconds": 12.0,
    "free_bytes": 50 << 30,
    "disk_days_left": None,
    "certificate_days": {"inbound": 200.0},
    "clock_error_seconds": 0.05,
}


def names(facts: Mapping[str, Any]) -> list[str]:
    return [each.name for each in concerns({**WELL, **facts}, SETTINGS, NOW)]


@pytest.mark.parametrize(
    ("facts", "alarms"),
    [
        ({}, []),
        ({"sandbox_level": 2}, ["sandbox-level"]),
        ({"clamd": "down: clamd at x: No such file"}, ["clamd"]),
        ({"signatures_time": NOW - 25 * 3_600}, ["signatures"]),
        ({"oldest_seconds": 901.0}, ["queue"]),
        ({"free_bytes": 1 << 20, "disk_days_left": 1.0}, ["disk"]),
        ({"disk_days_left": 13.0}, ["disk"]),
        ({"disk_days_left": 15.0}, []),
        ({"clock_error_seconds": 1.5}, ["clock-sync"]),
        ({"clock_error_seconds": None}, ["clock-sync"]),
        ({"certificate_days": {"inbound": 29.0, "console": None}}, ["certificate", "certificate"]),
    ],
)
def test_lg09_what_is_a_concern(facts: Mapping[str, Any], alarms: list[str]) -> None:
    assert names(facts) == alarms


async def test_a_concern_is_told_when_it_begins_and_each_hour_while_it_lasts() -> None:
    facts, monotonic, told = dict(WELL), [0.0], list[str]()

    async def health() -> tuple[bool, dict[str, Any]]:
        return True, facts

    async def write(work: object, here: Node) -> None:
        nodes.append(here)

    nodes = list[Node]()
    clock = SimpleNamespace(now=lambda: NOW + monotonic[0], monotonic=lambda: monotonic[0])
    store = SimpleNamespace(clock=clock, db=SimpleNamespace(write=write))
    sandbox = SimpleNamespace(level=3)
    status = SimpleNamespace(
        settings=SETTINGS, store=store, health=health, sandbox=sandbox, policy_version=lambda: "0123456789ab"
    )
    watch = Watch(cast(Status, status), lambda name, detail: told.append(name))
    for oldest, at in ((1.0, 0.0), (2_000.0, 60.0), (2_060.0, 120.0), (6_000.0, 3_700.0), (1.0, 3_760.0), (2_000.0, 3_820.0)):
        facts["oldest_seconds"], monotonic[0] = oldest, at
        await watch.look()
    assert told == ["queue", "queue", "queue"]
    assert {(each.started_at, each.healthy, each.policy) for each in nodes} == {(NOW, True, "0123456789ab")}
    assert [each.seen_at - NOW for each in nodes] == [0.0, 60.0, 120.0, 3_700.0, 3_760.0, 3_820.0]
