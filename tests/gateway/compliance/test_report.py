"""AU-02, LG-12: every requirement once with a status, honest about what is not so, with evidence, on every kind of paper."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway import cli, journal
from gateway import settings as settings_file
from gateway.alert_settings import TargetSettings
from gateway.compliance import demands as demands_file
from gateway.compliance import page
from gateway.compliance.facts import Facts, gather
from gateway.compliance.judging import Check
from gateway.compliance.model import Evidence, Plan, Report, Status
from gateway.compliance.report import CHECKS, compared, dump, inspect, load, planned, requirements, with_plans
from gateway.directory import Directory, Person, Role
from gateway.journal import events
from gateway.policy.syntax import CLAUSE
from gateway.store.opening import open_store
from gateway.yaml_file import BadConfiguration

CONFIG = Path(__file__).parents[3] / "config"
TENANTS = ("takasaki", "eniwa", "miyazaki", "niigata", "isesaki")
FAMILIES = {
    **{"SAN": 9, "AV": 11, "ML": 11, "SD": 9, "LG": 12, "HD": 9, "AC": 10},
    **{"AVL": 4, "IN": 5, "EX": 3, "AU": 3, "DV": 5, "DS": 3, "VN": 1},
}
# rows in which the tenants differ (requirements 1.3): a profile must satisfy its own
DIFFER = ("SD-03", "ML-02", "ML-04", "ML-06", "ML-07", "AV-07", "EX-01", "IN-01", "AC-08")
LIVE = {"healthy": True, "sandbox_level": 4, "clamd": "ClamAV 1.4", "signatures_time": 0.0, "waiting": 0, "free_bytes": 1 << 33}


def config_of(tenant: str) -> Path:
    return CONFIG / "profiles" / tenant / "gateway.yaml"


async def facts_of(tenant: str, state: Path, **changes: Any) -> Facts:
    settings = settings_file.load(config_of(tenant)).model_copy(update={"state_directory": state})
    with open_store(settings) as store:
        facts = await gather(settings, config_of(tenant), store, demands_file.load(tenant, config_of(tenant)), 0.0)
    return replace(facts, gateway={**LIVE, "signatures_time": facts.now}, **changes)


@pytest_asyncio.fixture
async def miyazaki(tmp_path: Path) -> AsyncIterator[Facts]:
    yield await facts_of("miyazaki", tmp_path)


def row_of(facts: Facts, name: str) -> Any:
    return next(row for row in inspect(facts, "x", 0.0).rows if row.id == name)


def test_there_are_95_requirements_each_with_a_clause_and_a_check() -> None:
    found = requirements()
    assert len(found) == 95
    assert Counter(each.id.split("-")[0] for each in found) == FAMILIES
    assert {each.id for each in found} == CHECKS.keys()
    for each in found:
        assert each.text
        assert set(each.recommended) <= each.sources.keys() <= set("TEMNI")
        assert each.sources
    assert all(CLAUSE.fullmatch(each.id) for each in found)


@pytest.mark.parametrize("tenant", TENANTS)
async def test_au02_all_95_rows_appear_once_with_a_status_on_every_paper(tenant: str, tmp_path: Path) -> None:
    report = inspect(await facts_of(tenant, tmp_path), tenant, 0.0)
    ids = [each.id for each in requirements()]
    assert [row.id for row in report.rows] == ids
    for row in report.rows:
        assert isinstance(row.status, Status)
        assert row.setting, row.id
        assert row.actual, row.id
        assert row.why or row.status is Status.OK, row.id
        assert "点検できませんでした" not in row.why
    assert re.findall(r"^([A-Z]+-\d\d)  \[", page.text(report), re.M) == ids
    assert re.findall(r'<td class="id">([A-Z]+-\d\d)</td>', page.page(report)) == ids
    assert [line[0] for line in csv.reader(io.StringIO(page.table(report)[1:]))][1:] == ids


@pytest.mark.parametrize("tenant", TENANTS)
async def test_a_profile_satisfies_what_its_own_document_demands_differently(tenant: str, tmp_path: Path) -> None:
    report = inspect(await facts_of(tenant, tmp_path), tenant, 0.0)
    wrong = {row.id: row.why for row in report.rows if row.id in DIFFER and row.status is Status.NG}
    assert wrong == {}


@pytest.mark.parametrize(
    ("settings", "demands", "wrong"),
    [
        ("miyazaki", "takasaki", {"SD-03", "AV-07"}),
        ("takasaki", "miyazaki", {"SD-03", "ML-07", "IN-01"}),
        ("takasaki", "niigata", {"SD-03", "ML-04", "ML-06", "EX-01", "IN-01"}),
        ("niigata", "miyazaki", {"SD-03", "SD-01", "ML-07", "EX-01", "IN-01", "AC-08"}),
        ("eniwa", "takasaki", {"SD-03", "AV-07"}),
        ("eniwa", "niigata", {"SD-03", "ML-04", "EX-01", "IN-01", "AV-07"}),
    ],
)
async def test_lg12_another_bodys_demands_are_not_satisfied(
    settings: str, demands: str, wrong: set[str], tmp_path: Path
) -> None:
    facts = await facts_of(settings, tmp_path)
    facts = replace(facts, demands=demands_file.load(demands, config_of(settings)))
    found = {row.id for row in inspect(facts, demands, 0.0).rows if row.status is Status.NG}
    assert wrong <= found


@pytest.mark.parametrize(
    ("tenant", "row"), [("eniwa", "ML-04"), ("takasaki", "SD-01"), ("isesaki", "HD-02"), ("miyazaki", "ML-09")]
)
async def test_what_a_document_does_not_ask_for_is_not_applicable_and_says_so(tenant: str, row: str, tmp_path: Path) -> None:
    found = row_of(await facts_of(tenant, tmp_path), row)
    assert (found.status, found.clause) == (Status.NOT_APPLICABLE, "")
    assert "条項がありません" in found.why
    assert found.actual


@pytest.mark.parametrize(
    ("row", "path", "value"),
    [
        ("AC-07", "console.second_factor", False),
        ("SD-08", "outbound.next_hop.tls", "opportunistic"),
        ("ML-01", "volume.enabled", False),
        ("ML-08", "workflow.misdirected_chain", (("cso",),)),
        ("AC-01", "console.banner", ""),
        ("SAN-02", "sandbox.minimum_level", 5),
        ("LG-10", "volume.enabled", False),
    ],
)
async def test_a_setting_that_does_not_comply_is_ng(row: str, path: str, value: object, miyazaki: Facts) -> None:
    assert row_of(miyazaki, row).status is Status.OK
    assert row_of(replace(miyazaki, settings=_with(miyazaki.settings, path.split("."), value)), row).status is Status.NG


def _with(model: Any, path: list[str], value: object) -> Any:
    inner = _with(getattr(model, path[0]), path[1:], value) if path[1:] else value
    return model.model_copy(update={path[0]: inner})


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("SD-01", "classified"),
        ("ML-04", "auto-forwarded"),
        ("ML-06", "bulk-recipients"),
        ("ML-07", "own-free-mail"),
        ("AV-02", "infected-outbound"),
        ("AV-07", "suspicious-sender"),
        ("AC-10", "suspended"),
    ],
)
async def test_a_missing_rule_is_ng(row: str, rule: str, miyazaki: Facts) -> None:
    policy = replace(miyazaki.policy, rules=tuple(r for r in miyazaki.policy.rules if r.name != rule))
    assert row_of(miyazaki, row).status is Status.OK
    assert row_of(replace(miyazaki, policy=policy), row).status is Status.NG


@pytest.mark.parametrize("row", ["SAN-02", "AV-01", "AV-04", "AV-10", "AVL-04"])
async def test_a_gateway_that_does_not_answer_is_ng_where_only_it_could_tell(row: str, miyazaki: Facts) -> None:
    assert row_of(miyazaki, row).status is not Status.NG
    assert row_of(replace(miyazaki, gateway=None), row).status is Status.NG


async def test_lg09_alarms_need_somebody_who_hears_them(miyazaki: Facts) -> None:
    assert {row_of(miyazaki, row).status for row in ("LG-09", "SAN-06")} == {Status.NG}
    told = _with(miyazaki.settings, ["alerts", "to"], (TargetSettings(syslog="tls://soc.example.lg.jp:6514"),))
    heard = replace(miyazaki, settings=told)
    assert {row_of(heard, row).status for row in ("LG-09", "SAN-06")} == {Status.OK}
    assert row_of(replace(heard, gateway={**LIVE, "healthy": False}), "LG-09").status is Status.NG


async def test_avl03_a_backup_counts_when_it_was_put_back_once(miyazaki: Facts) -> None:
    assert "毎晩のバックアップがありません" in row_of(miyazaki, "AVL-03").why
    nightly = replace(miyazaki, settings=_with(miyazaki.settings, ["backup", "folder"], "/mnt/backup"))
    made = replace(nightly, evidence={**miyazaki.evidence, "backed_up": Evidence(7)})
    assert {row_of(facts, "AVL-03").status for facts in (nightly, made)} == {Status.NG}
    tried = replace(made, evidence={**made.evidence, "rehearsed": Evidence(1)})
    assert row_of(tried, "AVL-03").status is Status.OK


async def test_av04_old_signatures_are_ng(miyazaki: Facts) -> None:
    old = {**LIVE, "signatures_time": miyazaki.now - 48 * 3_600}
    assert row_of(replace(miyazaki, gateway=old), "AV-04").status is Status.NG


async def test_in04_a_plan_that_can_not_be_read_is_ng(miyazaki: Facts, tmp_path: Path) -> None:
    assert row_of(miyazaki, "IN-04").status is Status.OK
    assert "手順書 5 件" in row_of(miyazaki, "IN-04").actual
    missing = _with(miyazaki.settings, ["playbooks"], str(tmp_path / "none.yaml"))
    assert row_of(replace(miyazaki, settings=missing), "IN-04").status is Status.NG


async def test_ac08_an_auditor_with_another_role_is_ng_unless_the_tenant_lets_it(tmp_path: Path) -> None:
    both = Directory(people=(Person("a@city.example.lg.jp", "兼務者", roles=(Role.AUD, Role.SYO)),))
    strict = row_of(await facts_of("miyazaki", tmp_path / "m", directory=both), "AC-08")
    assert (strict.status, "兼務者" in strict.actual) == (Status.NG, True)
    lenient = await facts_of("niigata", tmp_path / "n", directory=both)
    judged = CHECKS["AC-08"].judge(lenient)
    assert (judged.status, judged.why[:2]) == (Status.OK, "注意")


async def test_hd02_no_baseline_and_a_changed_file_are_ng(miyazaki: Facts) -> None:
    assert "基準がありません (義務)" in row_of(miyazaki, "HD-02").why
    assert row_of(replace(miyazaki, changed=()), "HD-02").status is Status.OK
    assert row_of(replace(miyazaki, changed=("changed: /etc/mugai/policy.yaml",)), "HD-02").status is Status.NG


async def test_evidence_is_counted_from_sealed_entries_that_cite_the_requirement(tmp_path: Path) -> None:
    settings = settings_file.load(config_of("miyazaki")).model_copy(update={"state_directory": tmp_path})
    common = {"reason": "x", "policy_version": "v", "profile": "p", "verdict": "CLEAN", "sandbox_level": 3, "scan": ""}
    with open_store(settings) as store:
        for clauses in (("SD-01",), ("SD-01", "SD-03"), ("ML-04",)):
            decided = events.Decided(disposition="hold", rule="r", clauses=clauses, parts=(), found=(), **common)  # type: ignore[arg-type]
            await store.journal.write(decided)
        await store.journal.write(journal.Alarm(name="internal-infection", detail="x"), journal.Alarm(name="other", detail="x"))
        await store.journal.seal()
        wanted = demands_file.load("miyazaki", config_of("miyazaki"))
        report = inspect(await gather(settings, config_of("miyazaki"), store, wanted, 0.0), "miyazaki", 0.0)
        late = inspect(await gather(settings, config_of("miyazaki"), store, wanted, store.clock.now() + 60), "miyazaki", 0.0)
    seen = {row.id: row.evidence for row in report.rows}
    assert (seen["SD-01"].count, seen["SD-01"].entries) == (2, (0, 1))
    assert (seen["SD-03"].count, seen["ML-04"].entries) == (1, (2,))
    assert (seen["AV-02"].count, seen["AV-02"].entries) == (1, (3,))
    assert seen["SD-01"].last > 0
    assert {row.evidence.count for row in late.rows} == {0}
    assert "2 件、最終 " in page.text(report)


async def test_a_check_that_fails_is_ng_and_costs_no_other_row(miyazaki: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(facts: Facts) -> Any:
        raise KeyError("x")

    monkeypatch.setitem(CHECKS, "ML-01", Check(broken))
    report = inspect(miyazaki, "miyazaki", 0.0)
    assert len(report.rows) == 95
    assert row_of(miyazaki, "ML-01").status is Status.NG
    assert "KeyError" in row_of(miyazaki, "ML-01").why


def spoiled(report: Report, **values: str) -> Report:
    """With one row that somebody outside could have written."""
    first, *others = report.rows
    return replace(report, rows=(replace(first, **values), *others))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x","y")'])
async def test_no_cell_of_the_csv_is_a_formula(cell: str, miyazaki: Facts) -> None:
    table = page.table(spoiled(inspect(miyazaki, "miyazaki", 0.0), actual=cell))
    assert table.startswith("\ufeff")
    lines = list(csv.reader(io.StringIO(table[1:], newline="")))
    assert lines[1][6] == f"'{cell}"
    assert not any(each.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for line in lines for each in line)


async def test_the_page_escapes_and_fetches_nothing(miyazaki: Facts) -> None:
    shown = page.page(spoiled(inspect(miyazaki, "miyazaki", 0.0), actual="<script>alert(1)</script>", why='"><img src=x>'))
    assert "<script" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;" in shown
    assert not re.search(r"(src|href|url)\s*[=(]", shown.replace("&lt;img src=x&gt;", ""))


async def test_a_plan_filled_in_comes_back_and_stays_in_the_next_report(miyazaki: Facts) -> None:
    first = inspect(miyazaki, "miyazaki", 0.0)
    lines = list(csv.DictReader(io.StringIO(page.table(first)[1:], newline="")))
    for line in lines:
        if line["番号"] == "HD-05":
            line |= {"改善策": "=部品表を作る", "担当": "情報政策課", "期限": "2027-03-31"}
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, page.HEADINGS)
    writer.writeheader()
    writer.writerows(lines)
    filled = planned(first, "\ufeff" + out.getvalue())
    again = compared(inspect(miyazaki, "miyazaki", 0.0), load(dump(filled)))
    plan = next(row.plan for row in again.rows if row.id == "HD-05")
    assert (plan.measure, plan.owner, plan.due) == ("=部品表を作る", "情報政策課", "2027-03-31")
    assert next(row.plan.owner for row in planned(again, page.table(again)).rows if row.id == "HD-05") == "情報政策課"
    with pytest.raises(ValueError, match="no columns"):
        planned(first, "a,b\n1,2\n")


async def test_an_earlier_report_is_compared(miyazaki: Facts) -> None:
    earlier = load(dump(inspect(miyazaki, "miyazaki", 0.0)))
    report = compared(inspect(replace(miyazaki, changed=()), "miyazaki", 0.0), earlier)
    changed = {row.id: row.before for row in report.rows if row.before is not row.status}
    assert changed == {"HD-02": Status.NG, "DV-04": Status.NG}
    assert "HD-02 重要な設定ファイルの改ざんを定期的に検査する: NG → OK" in page.page(report)
    assert "HD-02  [OK] (前回 NG)" in page.text(report)
    with pytest.raises(ValueError, match="no self-inspection report"):
        load(b"{}")


def test_an_unknown_profile_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="profiles: eniwa, isesaki, miyazaki, niigata, takasaki"):
        demands_file.load("nowhere", CONFIG / "gateway.yaml")
    site = tmp_path / "gateway.yaml"
    site.write_text(f"base: {config_of('eniwa')}\n")
    assert demands_file.load("niigata", site).document == "N"
    (tmp_path / "demands.yaml").write_text("name: x\ndocument: T\ntitle: x\nfree_mail: maybe\n")
    with pytest.raises(BadConfiguration, match=r"demands\.yaml:4: free_mail"):
        demands_file.load(str(tmp_path), site)


@pytest.mark.parametrize("tenant", TENANTS)
def test_each_demand_stands_beside_its_clause(tenant: str) -> None:
    folder = CONFIG / "profiles" / tenant
    letter = demands_file.load(tenant, CONFIG / "gateway.yaml").document
    for line in (folder / "demands.yaml").read_text().splitlines():
        name = line.partition(":")[0]
        if name not in ("name", "document", "title") and not line.startswith("#"):
            assert re.search(rf": {letter}.*\((?:{'|'.join(FAMILIES)})-\d\d", line), line


def test_mugai_report_keeps_json_compares_and_says_how_many_are_ng(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "gateway.yaml"
    site.write_text(f"base: {config_of('niigata')}\nstate_directory: {tmp_path / 'state'}\nhealth: {{port: 1}}\n")
    command = ["--config", str(site), "report", "self-inspection", "--profile", "niigata"]
    assert cli.main([*command]) == 1
    said = capsys.readouterr()
    assert "未対応" in said.out
    assert re.search(r"OK \d+  NG \d+  一部対応 \d+  未対応 \d+", said.err)
    kept = list((tmp_path / "state" / "reports").glob("niigata-*.json"))
    assert len(kept) == 1
    for form, begins in (("html", b"<!doctype html>"), ("csv", b"\xef\xbb\xbf"), ("json", b"{")):
        cli.main([*command, "--format", form, "--output", str(tmp_path / "out")])
        assert (tmp_path / "out").read_bytes().startswith(begins)
    assert "前回 " in page.text(load((tmp_path / "out").read_bytes()))
    assert cli.main([*command, "--plan", str(tmp_path / "missing.csv")]) == 2
    report = load((tmp_path / "out").read_bytes())
    wanted = Plan("記録を外部媒体へ写す", "情報政策課", "2027-03-31")
    (tmp_path / "plan.csv").write_text(page.table(with_plans(report, {"LG-03": wanted})), encoding="utf-8")
    cli.main([*command, "--plan", str(tmp_path / "plan.csv")])
    with sqlite3.connect(tmp_path / "state" / "mugai.sqlite") as conn:
        assert conn.execute("SELECT * FROM improvement").fetchall() == [("niigata", "LG-03", *astuple(wanted))]


async def test_ds01_each_content_has_its_key_and_what_an_earlier_version_left_is_said(miyazaki: Facts) -> None:
    row = row_of(miyazaki, "DS-01")
    assert row.status is Status.OK
    assert "1件ごとの鍵で暗号化" in row.actual
    old = row_of(replace(miyazaki, in_clear=7), "DS-01")
    assert old.status is Status.PARTIAL
    assert "7 件は、廃棄まで平文" in old.why
