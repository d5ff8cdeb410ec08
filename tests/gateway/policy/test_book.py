"""Versions of the policy: what is in force follows from what people decided, by whichever way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway import journal
from gateway import settings as settings_file
from gateway.policy.book import Policies, Stale, Standing, Version
from gateway.workflow import opening
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Act, Case, Stage
from gateway.yaml_file import BadConfiguration
from tests.gateway.make_directory import at
from tests.gateway.workflow.make_workflow import CONFIG, Town, town

SETTINGS = settings_file.load(CONFIG / "gateway.yaml")
FILE = (CONFIG / "policy.yaml").read_text("utf-8")
ADMIN, SECOND, CISO = "itchief", "jiro", "mayor"
WHY = "添付の上限を変更"


def stricter(name: str) -> str:
    """The shipped rules with one more in front."""
    rule = (
        f"rules:\n  - {{name: {name}, match: {{sender: '*@{name}.example'}}, action: hold, reason: 試し, clauses: [SAN-02]}}\n"
    )
    return FILE.replace("\nrules:\n", f"\n{rule}", 1)


@dataclass
class Hall:
    t: Town
    policies: Policies

    async def proposed(self, text: str, *, emergency: bool = False) -> tuple[Version, Case]:
        version = await self.policies.draft(text, at(ADMIN), WHY)
        asked = opening.rules(version.number, version.version, at(ADMIN), WHY, SETTINGS.workflow.change_approvers)
        if emergency:
            asked = opening.emergency(asked, await self.t.book.current(), SETTINGS.workflow)
        return version, await self.policies.propose(self.t.workflow, version, asked)

    async def published(self, text: str) -> Version:
        version, case = await self.proposed(text)
        await self.t.workflow.act(case.id, Act.APPROVE, at(SECOND), "確認した")
        await self.t.workflow.act(case.id, Act.APPLY, at(ADMIN), "公開")
        return version

    async def standings(self) -> list[Standing]:
        """Oldest first."""
        return [each.standing for each in await self.policies.list()][::-1]


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with town(tmp_path) as t:
        file = tmp_path / "policy.yaml"
        file.write_text(FILE, "utf-8")
        yield Hall(t, Policies(t.r.db, t.r.clock, file))


async def test_the_file_counts_until_something_is_published(hall: Hall) -> None:
    first = (await hall.policies.current()).version
    version, case = await hall.proposed(stricter("a"))
    assert (await hall.policies.current()).version == first
    assert await hall.standings() == [Standing.PROPOSED]
    await hall.t.workflow.act(case.id, Act.APPROVE, at(SECOND), "確認した")
    assert (await hall.policies.current()).version == first, "approved is not published"
    await hall.t.workflow.act(case.id, Act.APPLY, at(SECOND), "公開")
    assert (await hall.policies.current()).version == version.version
    assert await hall.policies.file_differs()


async def test_lg08_one_person_alone_publishes_nothing(hall: Hall) -> None:
    _, case = await hall.proposed(stricter("a"))
    for act in (Act.APPROVE, Act.APPLY):
        with pytest.raises(Exception, match=r"it takes another person|is wanted"):
            await hall.t.workflow.act(case.id, act, at(ADMIN), "自分で")
    assert await hall.policies.number_in_force() == 0


async def test_lg07_history_and_a_way_back(hall: Hall) -> None:
    first = await hall.published(stricter("a"))
    await hall.published(stricter("b"))
    assert await hall.standings() == [Standing.PAST, Standing.IN_FORCE]
    back = await hall.published((await hall.policies.get(first.number)).text)
    assert await hall.standings() == [Standing.PAST, Standing.PAST, Standing.IN_FORCE]
    assert (await hall.policies.current()).version == first.version == back.version
    [*_, event] = await journal.search(hall.t.r.db, kind="policy_proposed")
    assert "*@b.example" in dict(event.facts)["difference"]
    assert dict(event.facts)["reason"] == WHY


async def test_ex02_an_emergency_counts_at_once_and_lapses(hall: Hall) -> None:
    before = await hall.published(stricter("a"))
    version, case = await hall.proposed(stricter("b"), emergency=True)
    assert (await hall.policies.current()).version == version.version
    assert (await hall.standings())[-1] is Standing.EMERGENCY
    await hall.t.later(25 * 3_600)
    assert (await hall.t.workflow.show(case.id)).case.stage is Stage.LAPSED
    assert (await hall.policies.current()).version == before.version


async def test_ex02_an_emergency_that_is_ratified_stays(hall: Hall) -> None:
    version, case = await hall.proposed(stricter("b"), emergency=True)
    with pytest.raises(NotAllowed):
        await hall.t.workflow.act(case.id, Act.RATIFY, at(ADMIN), "自分で")
    later = await hall.published(stricter("c"))
    await hall.t.workflow.act(case.id, Act.RATIFY, at(CISO), "事後承認")
    assert (await hall.policies.current()).version == later.version, "a ratification does not make it newer"
    assert (await hall.policies.get(version.number)).standing is Standing.PAST


async def test_what_was_asked_about_is_what_is_published(hall: Hall) -> None:
    version, _ = await hall.proposed(stricter("a"))
    with pytest.raises(Stale):
        await hall.policies.draft(stricter("b"), at(ADMIN), WHY, version.number)
    with pytest.raises(Stale):
        await hall.policies.discard(version.number)
    draft = await hall.policies.draft(stricter("c"), at(ADMIN), WHY)
    await hall.policies.draft(stricter("d"), at(SECOND), WHY, draft.number)
    asked = opening.rules(draft.number, draft.version, at(ADMIN), WHY, SETTINGS.workflow.change_approvers)
    with pytest.raises(Stale):
        await hall.policies.propose(hall.t.workflow, draft, asked)
    assert len(await hall.t.workflow.cases()) == 1, "no case without its version"
    await hall.policies.discard(draft.number)
    assert await hall.standings() == [Standing.PROPOSED]


async def test_what_does_not_load_is_no_version_and_says_its_line(hall: Hall) -> None:
    with pytest.raises(BadConfiguration) as bad:
        await hall.policies.draft(
            stricter("a").replace("action: hold, reason: 試し", "action: pass, reason: 試し"), at(ADMIN), WHY
        )
    [problem] = bad.value.problems
    assert problem.line > 100
    assert "action" in problem.key
    with pytest.raises(BadConfiguration, match=r"nested too deeply|not valid"):
        await hall.policies.draft("a: " + "[" * 50_000, at(ADMIN), WHY)
    with pytest.raises(ValueError, match="reason"):
        await hall.policies.draft(FILE, at(ADMIN), " ")
    assert await hall.policies.list() == []


async def test_a_file_over_others_becomes_one_text(hall: Hall) -> None:
    (hall.policies.file.parent / "shipped.yaml").write_text(FILE, "utf-8")
    over = "base: shipped.yaml\ndefault_profile: text\n"
    hall.policies.file.write_text(over, "utf-8")
    before = await hall.policies.current()
    assert before.default_profile == "text"
    version = await hall.published(await hall.policies.text())
    assert (await hall.policies.current()).version == before.version == version.version
    assert not await hall.policies.file_differs()
    with pytest.raises(BadConfiguration, match="base: is not a known key"):
        await hall.policies.draft(over, at(ADMIN), WHY)
