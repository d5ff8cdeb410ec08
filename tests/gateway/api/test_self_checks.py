"""Self-inspections of sections by tokens (AU-02)."""

from __future__ import annotations

from gateway.api.scopes import TokenScope
from gateway.directory import Role
from tests.gateway.api.make_program import program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.make_directory import HOUSE


async def test_au02_a_program_asks_sections_and_another_answers(c: Console) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    scopes = (TokenScope.REPORTS_READ, TokenScope.AUDIT_WRITE)
    auditor = await program(c, await c.person("aud", Role.AUD), *scopes)
    body = {"since": "2026-04-01", "until": "2026-11-17", "sections": ["tax"], "reason": "年次"}
    made = await auditor.post("/self-checks", body)
    [case] = made.json()["items"]
    assert (made.status_code, case["kind"]) == (201, "self_check")
    assert (await auditor.post("/self-checks", body)).status_code == 409
    listed = (await auditor.get("/self-checks")).json()
    [tax] = listed["items"]
    assert (tax["section"], tax["answered_by"]) == ("税務課", "")
    assert (await auditor.post(f"/self-checks/{case['case']}/reminder", {})).status_code == 409
    head = await program(c, await holder(c, "head", Role.ISM), TokenScope.APPROVALS_DECIDE, TokenScope.APPROVALS_READ)
    questions = (await head.get(f"/self-checks/{case['case']}")).json()["questions"]
    answers = [{"question": each["question"], "mark": "done"} for each in questions]
    short = await head.post(f"/self-checks/{case['case']}/answer", {"answers": answers[1:]})
    assert short.status_code == 400
    done = await head.post(f"/self-checks/{case['case']}/answer", {"answers": answers})
    assert (done.status_code, done.json()["stage"]) == (200, "closed")
    [tax] = (await auditor.get("/self-checks")).json()["items"]
    assert len(tax["answers"]) == len(answers)
