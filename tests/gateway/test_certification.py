"""The yearly sign-off of IDs: whose turn it is, what the head sees, what comes of a change, who is late (AC-03)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import outstanding
from gateway.certification import Certification, confirm
from gateway.directory import Role
from gateway.paper import text
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Act, Kind, Stage
from tests.gateway.make_directory import at
from tests.gateway.make_outbound import sent
from tests.gateway.workflow.make_workflow import DAY, Town, town

CHAIN, APPROVERS = ((Role.ISM, Role.BUR), (Role.CSO,)), ((Role.SYM, Role.SYO),)


@pytest.fixture
async def t(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as opened:
        yield opened


def asked(t: Town, days: float = 365) -> Certification:
    return Certification(t.r.db, t.r.clock, CHAIN, days)


async def test_ac03_each_section_is_asked_once_a_year_with_its_ids_and_their_last_use(t: Town) -> None:
    assert await asked(t).ask() == ()  # who was imported today is known to be needed
    t.r.times.pass_(300 * DAY)
    t.r.clock.now()
    await sent(t, "taro")
    t.r.times.pass_(91 * DAY)
    t.r.clock.now()
    await sent(t, "deputy")
    cases = await asked(t).ask()
    assert [case.opening.section for case in cases] == ["bureau", "tax", "it"]
    assert await asked(t).ask() == ()
    tax = cases[1]
    lines = {line.split("<")[1].split(">")[0]: line for line in tax.opening.details.findings}
    assert set(lines) == {at(name) for name in ("head", "deputy", "taro", "counter")}
    assert "90日以上未利用" in lines[at("taro")]
    assert "最終利用 2" in lines[at("taro")]
    assert "90日以上未利用" not in lines[at("deputy")]
    assert "最終利用 なし" in lines[at("head")]
    assert "未利用 3 件" in tax.opening.subject
    assert "例示 太郎" in text(await asked(t).sheet("税務課"))
    t.r.times.pass_(366 * DAY)
    t.r.clock.now()
    assert await asked(t).ask() == ()  # still open: not a second one
    await t.workflow.act(tax.id, Act.CLOSE, at("head"), "確認")
    t.r.times.pass_(2 * DAY)
    t.r.clock.now()
    [again] = await asked(t).ask()
    assert again.opening.section == "tax"


async def test_ac03_the_head_confirms_and_each_change_goes_to_a_second_person(t: Town) -> None:
    [tax] = await asked(t).ask(["税務課"])
    with pytest.raises(NotAllowed):
        await confirm(t.workflow, tax.id, at("taro"), "確認", [], APPROVERS)
    with pytest.raises(ValueError, match="reason"):
        await confirm(t.workflow, tax.id, at("head"), " ", [], APPROVERS)
    changes = await confirm(t.workflow, tax.id, at("head"), "全員確認", [f"{at('counter')} 廃止"], APPROVERS)
    shown = await t.workflow.show(tax.id)
    assert shown.case.stage is Stage.CLOSED
    assert shown.steps[-1].reason == f"全員確認 変更: {at('counter')} 廃止"
    assert shown.steps[-1].actor == at("head")
    [change] = changes
    assert (change.kind, change.stage, change.opening.applicant) == (Kind.CHANGE, Stage.WANTED, at("head"))
    await t.workflow.act(change.id, Act.APPROVE, at("jiro"), "反映する")


async def test_ac03_who_is_late_is_reminded_the_next_is_asked_and_the_report_says_so(t: Town) -> None:
    [tax] = await asked(t).ask(["tax"])
    for days in (1, 23, 7):
        await t.later(days * DAY)
    acts = [step.act for step in (await t.workflow.show(tax.id)).steps]
    assert Act.REMIND in acts
    assert Act.ESCALATE in acts
    now = t.r.clock.now()
    listed = {title: rows for title, _, rows in await t.r.db.read(lambda conn: list(outstanding.rows(conn, 0.0, now, now)))}
    [(what, state)] = listed["確認の済んでいないIDの棚卸し"]
    assert "税務課" in what
    assert "期限超過" in state
    await t.workflow.act(tax.id, Act.CLOSE, at("itchief"), "代わりに確認")


async def test_ac03_zero_days_means_by_hand_only(t: Town) -> None:
    assert await asked(t, 0).ask() == ()
    assert len(await asked(t, 0).ask(["tax"])) == 1
