"""AU-01 for programs: a sample, and a finding's life, with the same answers to the same mistakes as on the screens."""

from __future__ import annotations

from gateway.api.scopes import TokenScope
from gateway.directory import Role
from tests.gateway.api.make_program import program
from tests.gateway.audit.make_decisions import a_day
from tests.gateway.console.make_console import Console

DRAWING = {"purpose": "定期監査", "first": "2026-11-18", "last": "2026-11-18", "count": 3, "sort": "released", "seed": "s"}
ENTERING = {
    "what": "理由がない",
    "severity": "major",
    "section": "情報政策課",
    "role": "sym",
    "due": "2026-12-18",
    "clause": "M 8.4",
}


async def test_au01_a_finding_from_a_sample_to_its_end_by_programs(c: Console) -> None:
    await a_day(c.rooms)
    auditor = await program(c, await c.person("aud", Role.AUD), TokenScope.AUDIT_READ, TokenScope.AUDIT_WRITE)
    system = await program(c, await c.person("sym", Role.SYM), TokenScope.AUDIT_READ, TokenScope.FINDINGS_ANSWER)
    made = await auditor.post("/samples", DRAWING)
    assert made.status_code == 201
    drawn = made.json()
    assert (drawn["population"], len(drawn["decisions"])) == (5, 3)
    assert (await system.get(f"/samples/{drawn['sample']}")).json() == drawn
    decisions = drawn.pop("decisions")
    assert [each["kind"] for each in decisions[0]["events"]] == ["received", "decided", "released"]
    assert (await system.get("/samples")).json() == {"items": [drawn], "next": None}
    opened = await auditor.post("/findings", ENTERING | {"evidence": f"S{drawn['sample']}", "requirement": "sd-01"})
    assert (opened.status_code, opened.json()["finding"]["requirement"]) == (201, "SD-01")
    path = f"/findings/{opened.json()['finding']['finding']}"
    assert (await auditor.post(f"{path}/judgement", {"act": "close", "reason": "x"})).status_code == 409
    assert (await system.post(f"{path}/answer", {"plan": "直す", "due": "2026-12-01"})).status_code == 200
    assert (await system.post(f"{path}/progress", {"note": "直した", "done": True})).status_code == 422
    looked = {"section": "市民課", "result": "none", "note": "見た"}
    assert (await system.post(f"{path}/elsewhere", looked)).json()["steps"][-1]["result"] == "none"
    assert (await system.post(f"{path}/progress", {"note": "直した", "done": True})).json()["finding"]["stage"] == "done"
    closed = await auditor.post(f"{path}/judgement", {"act": "close", "reason": "確かめた"})
    assert [each["act"] for each in closed.json()["steps"]] == ["open", "answer", "elsewhere", "finish", "close"]
    assert (await system.get("/findings")).json() == {"items": [], "next": None}
    assert len((await system.get("/findings?live=false")).json()["items"]) == 1


async def test_what_does_not_fit_is_told_and_changes_nothing(c: Console) -> None:
    p = await program(c, await c.person("aud", Role.AUD), TokenScope.AUDIT_READ, TokenScope.AUDIT_WRITE)
    for changes in ({"due": "2020-01-01"}, {"evidence": "S9"}, {"requirement": "XX-1"}, {"severity": "grave"}, {"section": ""}):
        assert (await p.post("/findings", ENTERING | changes)).status_code == 422, changes
    for changes in ({"count": 201}, {"sort": "x"}, {"last": "2026-11-01"}, {"verdict": "x"}, {"purpose": ""}, {}):
        assert (await p.post("/samples", DRAWING | changes)).status_code in (400, 422), changes
    assert (await p.get("/findings?live=false")).json()["items"] == []
    assert (await p.get("/samples/1")).status_code == 404
    assert (await p.get("/findings/1")).status_code == 404
