"""AU-02: a self-inspection of the whole house is held from the screen; a bureau head asks its sections instead."""

from __future__ import annotations

from gateway import journal
from gateway.api.scopes import TokenScope
from gateway.compliance.report import KEPT
from gateway.directory import Role
from tests.gateway.api.make_program import program
from tests.gateway.console.make_console import Console


async def test_au02_the_committee_holds_one_and_reads_it(c: Console) -> None:
    committee = await c.signed_in(await c.person("com", Role.COM))
    assert 'action="/self-inspections"' in (await committee.get("/self-inspections")).text
    made = await committee.post("/self-inspections", profile="niigata", days="31")
    path = made.headers["location"]
    assert (made.status_code, path.startswith("/self-inspections/niigata-")) == (303, True)
    assert (await committee.get(path)).status_code == 200
    listed = (await committee.get("/self-inspections")).text
    assert "一致" in listed, "the journal knows its SHA-256"
    [held] = await journal.search(c.rooms.db, kind="self_inspected")
    assert dict(held.facts)["actor"] == "com"
    assert [each.stem for each in c.desk.settings.place(KEPT).iterdir()] == [path.rpartition("/")[2]]
    assert (await committee.post("/self-inspections", profile="../niigata")).status_code == 404


async def test_au02_a_bureau_head_does_not_inspect_the_whole_house(c: Console) -> None:
    head = await c.signed_in(await c.person("bur", Role.BUR))
    assert 'action="/self-inspections"' not in (await head.get("/self-inspections")).text
    assert (await head.post("/self-inspections", profile="niigata")).status_code == 403


async def test_au02_a_program_holds_one(c: Console) -> None:
    p = await program(c, await c.person("aud", Role.AUD), TokenScope.AUDIT_WRITE, TokenScope.REPORTS_READ)
    held = await p.post("/reports/self-inspection", {"profile": "niigata", "days": 31})
    assert held.status_code == 201
    assert (await p.get(f"/reports/self-inspection/{held.json()['name']}")).status_code == 200
    assert (await p.post("/reports/self-inspection", {"profile": "nowhere"})).status_code == 404
