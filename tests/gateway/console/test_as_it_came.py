from __future__ import annotations

from dataclasses import replace

from gateway.directory import Role
from gateway.model import ScanResult
from sanitizers.model import Reason, Verdict
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_spool import holding

POLICY = """
profiles: {rebuild: {method: rebuild}}
rules:
  - {name: macro, match: {verdict: withheld}, action: hold, reason: x, clauses: SAN-05, original: {by: [[syo, cso]]}}
  - {name: inbound, match: {direction: inbound}, action: deliver, worst: sanitised, clauses: SAN-02}
"""


async def held(c: Console, policy: str = POLICY) -> int:
    """A mail with a file that an eye can judge, and one that it can not."""
    path = c.rooms.root / "policy.yaml"
    path.write_text(policy)
    c.desk.settings = c.desk.settings.model_copy(update={"policy": str(path)})
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    await c.rooms.accept()
    lease = await c.rooms.claim()
    outcome = holding(lease)
    [hold] = outcome.held
    assert hold.report is not None
    [part] = hold.report.parts
    clean = ScanResult("", "ClamAV", 1, 0.0)
    drawing = replace(part, name="図面.xyz", reason=Reason.UNKNOWN_TYPE, verdict=Verdict.WITHHELD, scan=clean)
    program = replace(part, path="2", name="setup.exe", reason=Reason.EXECUTABLE, verdict=Verdict.WITHHELD, scan=clean)
    report = replace(hold.report, parts=(drawing, program))
    await c.rooms.spool.settle(lease, replace(outcome, held=(replace(hold, report=report),)))
    return (await c.rooms.quarantine.list())[0].id


async def person(c: Console, name: str, role: Role, address: str) -> Browser:
    who = await c.person(name, role)
    await c.desk.accounts.change(name, name.title(), [role], [], "test", address)
    return await c.signed_in(await c.desk.accounts.find(who.name))


async def test_san05_one_asks_on_the_mails_page_and_another_approves(c: Console) -> None:
    number = await held(c)
    asks, approves = await person(c, "jiro", Role.SYO, at("jiro")), await person(c, "chief", Role.CSO, at("itchief"))
    page = (await asks.get(f"/held/{number}")).text
    assert "原本のままの解除" in page
    assert 'name="file" value="1"' in page
    assert 'name="file" value="2"' not in page, "no eye can judge a program"
    form = {"file": "1", "reason": "図面を目視で確認"}
    assert (await asks.post(f"/held/{number}/original", file="2", reason="x")).status_code == 409
    assert (await asks.post(f"/held/{number}/original", file="1", reason=" ")).status_code == 400
    assert (await asks.post(f"/held/{number}/original", **form)).headers["location"] == f"/held/{number}"
    assert "別の人の承認を待っています" in (await asks.get(f"/held/{number}")).text
    assert (await asks.post(f"/held/{number}/original", **form)).status_code == 409
    assert (await asks.post(f"/held/{number}/release", reason="先に")).status_code == 409
    [case] = await c.desk.workflow.cases()
    assert (await asks.post(f"/approvals/{case.id}/approve", reason="自分で")).status_code == 403
    await approves.get(f"/approvals/{case.id}")
    assert (await approves.post(f"/approvals/{case.id}/approve", reason="確認した")).status_code == 303
    lease = await c.rooms.claim()
    assert lease.grant is not None
    assert lease.grant.warrant is not None
    said = lease.grant.warrant
    assert (said.asked_by, said.approved_by, said.files) == (at("jiro"), at("itchief"), ("a" * 64,))


async def test_where_the_rule_is_silent_nobody_can_ask(c: Console) -> None:
    number = await held(c, POLICY.replace(", original: {by: [[syo, cso]]}", ""))
    asks = await person(c, "jiro", Role.SYO, at("jiro"))
    assert "原本のままの解除" not in (await asks.get(f"/held/{number}")).text
    assert (await asks.post(f"/held/{number}/original", file="1", reason="x")).status_code == 409


async def test_who_is_nobody_in_the_directory_cannot_ask(c: Console) -> None:
    number = await held(c)
    asks = await c.signed_in(await c.person("syo", Role.SYO))
    await asks.get(f"/held/{number}")
    assert (await asks.post(f"/held/{number}/original", file="1", reason="x")).status_code == 409
