"""The incident on the screen: CSIRT takes it at once, chooses a playbook, sees, does, and it is on record (IN-01..04)."""

from __future__ import annotations

import pytest

from gateway.console.standing import Origin
from gateway.cutoff import Scope
from gateway.directory import Role
from gateway.workflow.model import Act, Case, Kind, Stage
from gateway.workflow.report import facts, incident
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.console.test_held import held
from tests.gateway.make_directory import HOUSE, at


@pytest.fixture
async def case(c: Console) -> Case:
    """A clerk reported a mail that is still held."""
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    entry = await held(c, sender="bad@evil.example")
    item = (await c.rooms.quarantine.show(entry)).item
    known = await facts(c.rooms.db, c.rooms.spool, item.id)
    chain = c.desk.settings.workflow.incident_chain
    return await c.desk.workflow.open(incident(at("taro"), "不審なメール", "開いてしまった", chain, known=known))


@pytest.fixture
async def csirt(c: Console, case: Case) -> Browser:
    return await c.signed_in(await holder(c, "jiro", Role.CSIRT))


async def test_in02_csirt_takes_an_incident_before_the_head_has_seen_it(c: Console, case: Case, csirt: Browser) -> None:
    await csirt.get(f"/approvals/{case.id}")
    assert (await csirt.post(f"/approvals/{case.id}/take", reason="窓口で受けた")).status_code == 303
    shown = await c.desk.workflow.show(case.id, at("head"))
    assert (shown.case.stage, shown.case.rung, shown.steps[-1].actor) == (Stage.IN_HAND, 0, at("jiro"))
    assert Act.CONTAIN in shown.acts, "the head may still act"


async def test_in03_csirt_does_not_approve_the_closure(c: Console, case: Case) -> None:
    for act in (Act.TAKE, Act.CONTAIN, Act.PROPOSE):
        await c.desk.workflow.act(case.id, act, at("head"), "対応")
    assert (await c.desk.workflow.show(case.id, at("jiro"))).acts == ()
    assert Act.APPROVE in (await c.desk.workflow.show(case.id, at("mayor"))).acts


async def test_in04_a_reported_incident_follows_a_playbook_step_by_step(c: Console, case: Case, csirt: Browser) -> None:
    path = f"/incidents/{case.id}"
    assert "手順書を選ぶ" in (await csirt.get(path)).text
    await csirt.post(f"{path}/playbook", playbook="malware-in", reason="添付を開いた")
    page = (await csirt.get(f"{path}/steps")).text
    assert f"{path}/steps/hunt" in page
    found = (await csirt.post(f"{path}/steps/hunt", reason="同じものを探した", days="30")).text
    assert "行い、記録しました" in found
    assert "bad@evil.example" in found
    shown = (await csirt.post(f"{path}/steps/isolate", reason="切り離す")).text
    assert "まだ止めていません" in shown
    assert await c.desk.store.stops.active() == ()
    await csirt.post(f"{path}/steps/isolate", reason="切り離す", sure="yes")
    [halt] = await c.desk.store.stops.active()
    assert (halt.scope, halt.value) == (Scope.SENDER, "bad@evil.example")
    page = (await csirt.get(f"{path}/steps")).text
    assert page.count(">済<") == 2
    assert "同じものを探した" in page
    csv = await csirt.post(f"{path}/steps/hunt/list", form="csv", days="30")
    assert "bad@evil.example" in csv.text
    assert csv.headers["content-disposition"].endswith('.csv"')
    pack = await csirt.post(f"{path}/steps/hunt/list", form="zip", days="30")
    assert pack.content.startswith(b"PK")


async def test_in01_only_whom_the_plan_names_takes_a_step_and_mails_are_for_who_reads_the_record(
    c: Console, case: Case
) -> None:
    path = f"/incidents/{case.id}"
    cso = await c.signed_in(await holder(c, "itchief", Role.CSO))
    await cso.post(f"{path}/playbook", playbook="misdirected", reason="宛先違い")
    head = await c.signed_in(await holder(c, "head", Role.ISM))
    page = (await head.get(f"{path}/steps")).text
    assert f"{path}/steps/apologise" in page
    assert f'action="{path}/steps/preserve"' not in page
    assert (await head.post(f"{path}/steps/preserve", reason="x")).status_code == 403
    shown = (await head.post(f"{path}/steps/hold", reason="止める")).text
    assert "まだ止めていません" in shown
    assert "bad@evil.example" not in shown
    taro = await c.signed_in(await c.desk.accounts.arrive(at("taro"), "taro", Origin.MAIL))
    assert (await taro.post(f"{path}/playbook", playbook="misdirected", reason="x")).status_code == 403
    deputy = await c.signed_in(await c.desk.accounts.arrive(at("director"), "director", Origin.MAIL))
    for answer in (await deputy.get(f"{path}/steps"), await deputy.post(f"{path}/steps/hold", reason="x")):
        assert answer.status_code == 404, "not theirs to see"


async def test_in04_an_incident_that_is_closed_or_a_case_of_another_kind_begins_no_playbook(c: Console, csirt: Browser) -> None:
    [case] = await c.desk.workflow.cases((Kind.INCIDENT,))
    assert (await csirt.post(f"/incidents/{case.id}/playbook", playbook="no-such", reason="x")).status_code == 404
    assert (await csirt.post("/incidents/99/playbook", playbook="malware-in", reason="x")).status_code == 404
    for act, who in ((Act.TAKE, "head"), (Act.CONTAIN, "head"), (Act.PROPOSE, "head"), (Act.APPROVE, "mayor")):
        await c.desk.workflow.act(case.id, act, at(who), "対応")
    assert (await csirt.post(f"/incidents/{case.id}/playbook", playbook="malware-in", reason="x")).status_code == 400
