"""LG-08, EX-02: a stop ends by two people of the directory, in the one register of cases; one alone ends it for a day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway import settings as settings_file
from gateway.cutoff import Halt, Scope, Stops, resuming
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Act, Case, Kind, Stage
from tests.gateway.make_directory import at
from tests.gateway.workflow.make_workflow import CONFIG, DAY, Town, town

SETTINGS = settings_file.load(CONFIG / "gateway.yaml").workflow


@dataclass
class Site:
    t: Town
    stops: Stops

    async def stopped(self) -> Halt:
        return await self.stops.stop(Scope.OUTBOUND, "", "root", "CISOの決定 第12号")

    async def resume(self, halt: Halt, who: str) -> Case:
        return await resuming.resume(self.stops, self.t.workflow, SETTINGS, halt.id, at(who), "端末を交換した", "test")

    async def at_once(self, halt: Halt, who: str) -> Case:
        house = await self.t.book.current()
        return await resuming.resume_at_once(self.stops, self.t.workflow, SETTINGS, house, halt.id, at(who), "庁外から119番")

    async def in_force(self) -> list[int]:
        return [halt.id for halt in await self.stops.active()]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with town(tmp_path) as t:
        yield Site(t, Stops(t.r.db, t.r.clock))


async def test_lg08_the_second_person_ends_it_and_both_stand_in_the_register_of_cases(site: Site) -> None:
    halt = await site.stopped()
    asked = await site.resume(halt, "taro")
    assert (asked.kind, asked.stage, asked.opening.subject) == (Kind.CHANGE, Stage.WANTED, f"停止の解除 {halt.id} (outbound)")
    [waits] = await site.stops.active()
    assert (waits.pending, waits.asked_by, waits.asked_reason) == (Stage.WANTED, at("taro"), "端末を交換した")
    assert (await site.resume(halt, "jiro")).stage is Stage.APPLIED
    assert await site.in_force() == []
    shown = await site.t.workflow.show(asked.id)
    assert [(step.act, step.actor) for step in shown.steps] == [
        (Act.OPEN, at("taro")),
        (Act.APPROVE, at("jiro")),
        (Act.APPLY, at("jiro")),
    ]
    assert (Kind.CHANGE, Stage.APPLIED, 1) in (await site.t.workflow.statistics(0)).cases


async def test_lg08_who_asked_can_not_say_yes_and_nor_can_somebody_without_a_role(site: Site) -> None:
    halt = await site.stopped()
    await site.resume(halt, "itchief")
    for alone in ("itchief", "taro"):
        with pytest.raises(NotAllowed):
            await site.resume(halt, alone)
    assert await site.in_force() == [halt.id]


async def test_lg08_an_approval_in_the_console_needs_only_to_be_carried_out(site: Site) -> None:
    halt = await site.stopped()
    case = await site.resume(halt, "taro")
    await site.t.workflow.act(case.id, Act.APPROVE, at("jiro"), "確認した", "console")
    assert await site.in_force() == [halt.id]
    assert (await site.resume(halt, "taro")).stage is Stage.APPLIED
    assert await site.in_force() == []


async def test_lg08_after_a_denial_it_may_be_asked_for_again(site: Site) -> None:
    halt = await site.stopped()
    case = await site.resume(halt, "taro")
    await site.t.workflow.act(case.id, Act.DENY, at("jiro"), "まだ危険")
    assert (await site.stops.active())[0].asked_by == ""
    again = await site.resume(halt, "taro")
    assert (again.id != case.id, again.stage) == (True, Stage.WANTED)
    assert (await site.resume(halt, "jiro")).stage is Stage.APPLIED


async def test_ex02_one_person_ends_it_for_a_day_and_unratified_it_is_in_force_again(site: Site) -> None:
    halt = await site.stopped()
    assert (await site.at_once(halt, "itchief")).stage is Stage.EMERGENCY
    assert await site.in_force() == []
    await site.t.later(DAY + 60)
    assert await site.in_force() == [halt.id]
    assert (await site.resume(halt, "taro")).stage is Stage.WANTED  # a new case


async def test_ex02_ratified_by_who_approves_exceptions_it_stays_ended(site: Site) -> None:
    halt = await site.stopped()
    case = await site.at_once(halt, "itchief")
    with pytest.raises(NotAllowed):
        await site.t.workflow.act(case.id, Act.RATIFY, at("itchief"), "自分で")
    await site.t.workflow.act(case.id, Act.RATIFY, at("mayor"), "事後承認")
    await site.t.later(2 * DAY)
    assert await site.in_force() == []


async def test_ex02_plain_staff_may_not_end_it_alone(site: Site) -> None:
    halt = await site.stopped()
    with pytest.raises(ValueError, match="may not break the glass"):
        await site.at_once(halt, "taro")
    assert await site.in_force() == [halt.id]


async def test_ml01_what_was_counted_before_two_people_looked_counts_no_more(site: Site) -> None:
    assert await site.stops.last_resumed(Scope.OUTBOUND, "") == 0.0
    halt = await site.stopped()
    await site.resume(halt, "taro")
    assert await site.stops.last_resumed(Scope.OUTBOUND, "") == 0.0
    site.t.r.times.pass_(60)
    now = site.t.r.clock.now()
    await site.resume(halt, "jiro")
    assert await site.stops.last_resumed(Scope.OUTBOUND, "") == pytest.approx(now, abs=1)
    assert await site.stops.last_resumed(Scope.INBOUND, "") == 0.0


async def test_a_stop_that_has_ended_is_none_and_the_next_one_is_its_own(site: Site) -> None:
    halt = await site.stopped()
    await site.resume(halt, "taro")
    await site.resume(halt, "jiro")
    with pytest.raises(LookupError, match="no stop"):
        await site.resume(halt, "taro")
    again = await site.stopped()
    assert again.id != halt.id
    assert (await site.stops.active())[0].case == 0
