"""AU-02: committee and bureau heads read what was kept; a plan is entered, recorded, and stands in the next report."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from gateway import journal
from gateway.compliance import improvement
from gateway.compliance.model import Evidence, Plan, Report, Row, Status
from gateway.compliance.report import KEPT, compared, dump, load, with_plans
from gateway.directory import Role
from tests.gateway.console.make_console import Browser, Console

NAME, OLDER = "miyazaki-20261128-090000", "miyazaki-20251128-090000"
PLAN = {"measure": "記録を外部媒体へ写す", "owner": "情報政策課", "due": "2027-03-31"}


def row(id_: str, status: Status, before: Status | None = None, plan: Plan | None = None) -> Row:
    return Row(id_, f"要求 {id_}", "M 7.1", False, status, "copies:", "なし", "理由", Evidence(2), before, plan or Plan())


REPORT = Report(
    *("miyazaki", "宮崎市", "情報セキュリティポリシー", "例示市", 1_795_824_000.0, 1_764_288_000.0, "0.1.0", "0" * 12),
    rows=(row("LG-03", Status.NG, Status.OK), row("LG-02", Status.OK), row("AV-05", Status.PARTIAL)),
    earlier=1_764_288_000.0,
)


def keep(c: Console, name: str, report: Report) -> str:
    folder = c.rooms.root / KEPT
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_bytes(dump(report))
    return hashlib.sha256(dump(report)).hexdigest()


async def reader(c: Console, role: Role) -> Browser:
    return await c.signed_in(await c.person(role.value, role))


async def test_au02_the_committee_reads_what_was_kept_and_whether_it_is_what_was_recorded(c: Console) -> None:
    committee = await reader(c, Role.COM)
    assert "まだありません" in (await committee.get("/self-inspections")).text
    digest = keep(c, NAME, REPORT)
    page = (await committee.get("/self-inspections")).text
    assert "宮崎市" in page
    assert "記録にありません" in page, "nobody recorded this one"
    held = journal.SelfInspected(actor="root", profile="miyazaki", results=("ng 1",), sha256=digest)
    await c.rooms.journal.write(held)
    assert "一致" in (await committee.get("/self-inspections")).text
    keep(c, NAME, replace(REPORT, organisation="別の市"))
    assert "記録にありません" in (await committee.get("/self-inspections")).text, "changed afterwards"


async def test_au02_what_must_be_mended_comes_first_with_what_changed(c: Console) -> None:
    keep(c, NAME, REPORT)
    committee = await reader(c, Role.COM)
    page = (await committee.get(f"/self-inspections/{NAME}")).text
    assert "前回から変わった項目" in page
    assert "要求 LG-03" in page
    assert "要求 AV-05" in page
    assert "要求 LG-02" not in page
    assert "改善計画を書く" not in page, "the committee reads"
    assert "要求 LG-02" in (await committee.get(f"/self-inspections/{NAME}?status=all")).text
    assert '<tr id="LG-03">' not in (await committee.get(f"/self-inspections/{NAME}?status=ok")).text
    answer = await committee.post(f"/self-inspections/{NAME}/table")
    assert answer.headers["content-disposition"] == f'attachment; filename="{NAME}.csv"'
    assert "要求 LG-02" in answer.text
    [exported] = await journal.search(c.rooms.db, kind="exported")
    assert dict(exported.facts)["actor"] == "com"


@pytest.mark.parametrize("role", [Role.BUR, Role.CSO, Role.SYM])
async def test_au02_a_plan_is_entered_recorded_and_taken_up_by_the_next_report(c: Console, role: Role) -> None:
    keep(c, NAME, REPORT)
    browser = await reader(c, role)
    page = (await browser.get(f"/self-inspections/{NAME}")).text
    assert page.count("改善計画を書く") == 2, "of what is open, and nothing else"
    path = f"/self-inspections/{NAME}/LG-03"
    assert (await browser.post(path, **{**PLAN, "owner": " "})).status_code == 400
    for _ in range(2):
        assert (await browser.post(path, **PLAN)).headers["location"] == f"/self-inspections/{NAME}"
    assert PLAN["measure"] in (await browser.get(f"/self-inspections/{NAME}")).text
    [entry] = await journal.search(c.rooms.db, kind="improvement_planned")
    assert dict(entry.facts) | {"requirement": "LG-03", "actor": role.value, **PLAN} == dict(entry.facts)
    later = compared(replace(REPORT, at=REPORT.at + 1), load(dump(REPORT)))
    later = with_plans(later, await c.rooms.db.read(improvement.plans, "miyazaki"))
    assert [each.plan for each in later.rows] == [Plan(*PLAN.values()), Plan(), Plan()]


async def test_au02_only_the_newest_of_a_body_is_planned_and_only_what_is_open(c: Console) -> None:
    keep(c, NAME, REPORT)
    keep(c, OLDER, REPORT)
    keep(c, "eniwa-20261129-090000", replace(REPORT, profile="eniwa"))
    chief = await reader(c, Role.CSO)
    for name, requirement in ((OLDER, "LG-03"), (NAME, "LG-02"), (NAME, "XX-99"), ("eniwa-20200101-000000", "LG-03")):
        assert (await chief.post(f"/self-inspections/{name}/{requirement}", **PLAN)).status_code == 404, (name, requirement)
    assert (await chief.post(f"/self-inspections/{NAME}/LG-03", **PLAN)).status_code == 303
    assert PLAN["measure"] not in (await chief.get(f"/self-inspections/{OLDER}")).text, "it was made without"
    assert PLAN["measure"] not in (await chief.get("/self-inspections/eniwa-20261129-090000")).text, "another body's rules"


async def test_a_report_that_cannot_be_read_is_named_and_hides_no_other(c: Console) -> None:
    keep(c, NAME, REPORT)
    (c.rooms.root / KEPT / f"{OLDER}.json").write_text("{")
    chief = await reader(c, Role.CSO)
    page = (await chief.get("/self-inspections")).text
    assert f"読めない報告書があります: {OLDER}" in page
    assert f'href="/self-inspections/{NAME}"' in page
    assert (await chief.get(f"/self-inspections/{OLDER}")).status_code == 409
    for nowhere, status in (("..%2Fmugai", 405), ("x", 404)):  # two segments are a form's
        assert (await chief.get(f"/self-inspections/{nowhere}")).status_code == status
