"""What falls due by the calendar is done once, and not while the clock is in doubt."""

from __future__ import annotations

from pathlib import Path

from gateway import duties
from gateway import settings as settings_file
from gateway.cutoff import Stops
from gateway.policy import file as policy_file
from gateway.store.opening import Store
from gateway.workflow.model import Kind
from tests.gateway.make_outbound import sent
from tests.gateway.workflow.make_workflow import CONFIG, DAY, NOTICES, town


async def test_in05_ac03_ml05_fall_due_once_by_themselves(tmp_path: Path) -> None:
    settings = settings_file.load(CONFIG / "gateway.yaml").model_copy(update={"state_directory": tmp_path})
    listing = settings.regular_reports.model_copy(update={"destinations": True})
    settings = settings.model_copy(update={"regular_reports": listing})
    policy = policy_file.load(CONFIG / "policy.yaml")
    async with town(tmp_path) as t:
        r = t.r
        store = Store(r.db, r.clock, r.spool, r.quarantine, r.journal, t.book, Stops(r.db, r.clock))
        assert await duties.fall_due(settings, store, policy, NOTICES) == 0
        r.times.pass_(340 * DAY)
        r.clock.now()
        for _ in range(3):
            await sent(t, rule="auto-forwarded")
        r.times.pass_(27 * DAY)
        r.clock.now()
        assert await duties.fall_due(settings, store, policy, NOTICES) == 1 + 3 + 1
        assert await duties.fall_due(settings, store, policy, NOTICES) == 0
        kinds = [case.kind for case in await t.workflow.cases()]
        assert sorted(kinds) == [*[Kind.CERTIFICATION] * 3, Kind.VIOLATION]


async def test_nothing_falls_due_while_the_clock_is_in_doubt(tmp_path: Path) -> None:
    settings = settings_file.load(CONFIG / "gateway.yaml").model_copy(update={"state_directory": tmp_path})
    async with town(tmp_path) as t:
        r = t.r
        store = Store(r.db, r.clock, r.spool, r.quarantine, r.journal, t.book, Stops(r.db, r.clock))
        r.times.wall += 400 * DAY
        r.clock.now()
        assert r.clock.jump
        assert await duties.fall_due(settings, store, policy_file.load(CONFIG / "policy.yaml"), NOTICES) == 0
