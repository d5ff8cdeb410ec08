"""An incident's steps by a token (IN-04)."""

from __future__ import annotations

from gateway.api.scopes import TokenScope
from gateway.directory import Role
from gateway.workflow.report import incident
from tests.gateway.api.make_program import program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.make_directory import HOUSE, at


async def test_in04_a_program_chooses_a_playbook_and_takes_its_steps(c: Console) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    case = await c.desk.workflow.open(incident(at("taro"), "件名", "通報", c.desk.settings.workflow.incident_chain))
    scopes = (TokenScope.INCIDENTS_READ, TokenScope.INCIDENTS_WRITE)
    p, path = await program(c, await holder(c, "jiro", Role.CSIRT), *scopes), f"/incidents/{case.id}"
    assert (await p.get(f"{path}/steps")).json() == {"steps": []}
    steps = (await p.post(f"{path}/playbook", {"playbook": "gateway-down", "reason": "応答なし"})).json()["steps"]
    assert [(each["name"], each["mine"]) for each in steps][2] == ("staff", True)
    assert (await p.post(f"{path}/steps/resume", {"reason": "x"})).status_code == 403
    assert (await p.post(f"{path}/steps/nothing", {"reason": "x"})).status_code == 404
    taken = await p.post(f"{path}/steps/staff", {"reason": "庁内放送"})
    assert (taken.status_code, taken.json()["done"]) == (200, True)
    [record] = (await p.get(f"{path}/steps")).json()["steps"][2]["record"]
    assert (record["actor"], record["what"].startswith("庁内放送")) == (at("jiro"), True)
