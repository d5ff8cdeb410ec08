"""AU-01 through the pages: an auditor draws, sees all that happened and no contents, and takes it along."""

from __future__ import annotations

import re
from pathlib import Path

from gateway import journal
from gateway.audit.external import measures
from gateway.compliance.model import Evidence, Report, Row, Status
from gateway.compliance.report import CHECKS, KEPT, dump
from gateway.console.screen import LANGUAGE_COOKIE
from gateway.directory import Role
from gateway.evidence.examine import examine
from gateway.segment_settings import Model, SegmentSettings
from tests.gateway.audit.make_decisions import a_day
from tests.gateway.console.make_console import Console, console
from tests.gateway.console.test_journal import delivered

FORM = {"first": "2026-11-18", "last": "2026-11-18", "count": "5", "sort": "any", "seed": "秋の監査", "purpose": "定期監査"}


async def test_au01_a_sample_is_drawn_shown_drawn_again_and_taken_along(c: Console) -> None:
    shown = await delivered(c)
    await a_day(c.rooms)
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    assert "判断を抜き取る" in (await auditor.get("/audit/samples")).text
    answer = await auditor.post("/audit/samples", **FORM)
    where = answer.headers["location"]
    page = (await auditor.get(where)).text
    [entry] = await journal.search(c.rooms.db, kind="sampled")
    facts = dict(entry.facts)
    assert where == f"/audit/samples/{entry.event}"
    assert (facts["actor"], facts["seed"], facts["population"], facts["purpose"]) == ("aud", "秋の監査", "68", "定期監査")
    assert re.findall(r"記録 (\d+)\n", page) == facts["drawn"].split(", ")
    assert "秋の監査" in page
    assert "body" not in re.sub(r"<[^>]*>", "", page), "no contents of mail"
    await auditor.post(f"{where}/again")
    assert "同じ結果になりました" in (await auditor.get(where)).text
    for form, magic in (("html", b"<!doctype html>"), ("csv", "\ufeff".encode())):
        paper = await auditor.post(f"{where}/paper", form=form)
        assert paper.content.startswith(magic)
        assert "監査人の所見" in paper.text
    exported = [dict(each.facts) for each in await journal.search(c.rooms.db, kind="exported")]
    assert [(each["form"], each["query"]) for each in exported] == [
        ("html", f"sample {entry.event}"),
        ("csv", f"sample {entry.event}"),
    ]
    pack = await auditor.post(f"{where}/pack")
    found = examine(pack.content, c.rooms.journal.verifier)
    assert found.ok, found.problems
    assert b"sampled" in pack.content
    auditor.client.cookies.set(LANGUAGE_COOKIE, "en", domain="console.example", path="/")
    assert "How it was drawn" in (await auditor.get(where)).text
    assert (await auditor.get("/audit/samples/1")).status_code == 404
    assert shown.item.receipt


async def test_au01_a_mail_in_a_sample_leads_to_its_trace(c: Console) -> None:
    item = (await c.rooms.quarantine.show(await c.rooms.held())).item
    await c.rooms.journal.write(journal.Released(item=item.id, grant="", actor="syo", reason="x"))
    await c.rooms.journal.seal()
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    where = (await auditor.post("/audit/samples", **FORM)).headers["location"]
    page = (await auditor.get(where)).text
    assert item.receipt in page
    assert "見積書の件" in page
    assert "を受け付けました" in page


async def test_au01_what_cannot_be_drawn_says_why(c: Console) -> None:
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    for changes, words in (
        ({}, "条件に合う判断が期間中にありません"),
        ({"purpose": " "}, "目的を入力"),
        ({"count": "1000"}, "件数は1から200まで"),
        ({"first": "2026-11-19"}, "期間は始めと終わり"),
        ({"sort": "x"}, "選択できない条件"),
    ):
        answer = await auditor.post("/audit/samples", **(FORM | changes))
        assert answer.status_code == 400
        assert words in answer.text
    assert await journal.search(c.rooms.db, kind="sampled") == []


ENTRY = {"what": "解除の理由が書かれていない", "requirement": "sd-01", "clause": "M 3(2)⑦", "severity": "major"}
WHOSE = {"section": "情報政策課", "role": "sym", "due": "2026-12-18"}


async def test_au01_from_a_sample_to_a_finding_and_its_end(c: Console) -> None:
    """The whole life, each by whom it is: auditor, system administrator, CISO and committee looking on."""
    await a_day(c.rooms)
    people = {role: await c.signed_in(await c.person(role, role)) for role in (Role.AUD, Role.SYM, Role.CISO, Role.COM)}
    auditor, system = people[Role.AUD], people[Role.SYM]
    sample = (await auditor.post("/audit/samples", **(FORM | {"sort": "released"}))).headers["location"].rpartition("/")[2]
    assert f'href="/audit?evidence=S{sample}#enter"' in (await auditor.get(f"/audit/samples/{sample}")).text
    assert f'value="S{sample}"' in (await auditor.get(f"/audit?evidence=S{sample}")).text
    where = (await auditor.post("/audit/findings", **ENTRY, **WHOSE, evidence=f"S{sample}")).headers["location"]
    for role in people:
        page = (await people[role].get(where)).text
        assert "解除の理由が書かれていない" in page
        assert "回答待ち" in page
        assert (f'href="/audit/samples/{sample}"' in page) is (role is not Role.COM), "who may not see it gets no link"
        assert (f'action="{where}/answer"' in page) is (role is Role.SYM)
        assert (f'action="{where}/judge"' in page) is (role is Role.AUD)
    assert (await auditor.post(f"{where}/judge", act="close", reason="x")).status_code == 409
    assert (await system.post(f"{where}/answer", plan="理由を必須にする", due="2026-12-10")).status_code == 303
    refused = await system.post(f"{where}/progress", note="必須にした", done="yes")
    assert (refused.status_code, "ほかの所属に同じ問題がないか" in refused.text) == (400, True)
    assert (await system.post(f"{where}/elsewhere", section="市民課", result="same", note="同じ2件")).status_code == 303
    assert (await system.post(f"{where}/progress", note="両方で必須にした", done="yes")).status_code == 303
    assert (await auditor.post(f"{where}/judge", act="return", reason="市民課の記録も見たい")).status_code == 303
    assert (await system.post(f"{where}/progress", note="記録を添えた", done="yes")).status_code == 303
    assert "確認待ち" in (await people[Role.COM].get("/audit")).text
    assert (await auditor.post(f"{where}/judge", act="close", reason="5件を見直し、すべて理由があった")).status_code == 303
    assert (await system.post(f"{where}/progress", note="まだ")).status_code == 409
    page = (await people[Role.CISO].get(where)).text
    for words in ("完了", "理由を必須にする", "同じ問題あり", "市民課の記録も見たい", "5件を見直し"):
        assert words in page, words
    assert "解除の理由が書かれていない" not in (await people[Role.COM].get("/audit")).text
    assert "解除の理由が書かれていない" in (await people[Role.COM].get("/audit?all=yes")).text
    paper = await people[Role.COM].post("/audit/paper", form="csv")
    assert "市民課: 同じ問題あり 同じ2件" in paper.text
    acts = [dict(each.facts)["act"] for each in await journal.search(c.rooms.db, kind="finding_step")]
    assert acts == ["open", "answer", "elsewhere", "finish", "return", "finish", "close"]


async def test_au01_a_finding_that_lacks_something_says_what(c: Console) -> None:
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    for changes, words in (
        ({"what": " "}, "指摘の内容"),
        ({"requirement": "XX-99"}, "要求事項の番号か条項"),
        ({"due": "yesterday"}, "期限は今日以降"),
        ({"evidence": "S99"}, "見つからないもの"),
        ({"severity": "grave"}, "選択できない値"),
        ({"role": "king"}, "選択できない値"),
    ):
        answer = await auditor.post("/audit/findings", **(ENTRY | WHOSE | {"evidence": ""} | changes))
        assert answer.status_code == 400, changes
        assert words in answer.text, changes
    assert (await auditor.get("/audit/findings/1")).status_code == 404


async def test_au01_an_overdue_finding_is_on_the_dashboard(c: Console) -> None:
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    assert "監査の指摘" not in (await auditor.get("/dashboard")).text
    await auditor.post("/audit/findings", **ENTRY, **WHOSE, evidence="")
    assert "監査の指摘" in (await auditor.get("/dashboard")).text
    c.rooms.times.pass_(40 * 86_400.0)
    late = await c.signed_in(await c.desk.accounts.find("aud"))
    assert "期限超過 1" in (await late.get("/dashboard")).text
    assert "期限超過" in (await late.get("/audit")).text


async def test_au03_the_checklist_on_screen_and_paper_and_who_looked(tmp_path: Path) -> None:
    async with console(tmp_path, segments=SegmentSettings(model=Model.BETA)) as c:
        chief = await c.signed_in(await c.person("cso", Role.CSO))
        page = (await chief.get("/audit/external")).text
        assert "自己点検がまだありません" in page
        assert "導入前の外部の確認が記録されていません" in page
        assert (await chief.post("/audit/external/paper", form="html")).status_code == 409
        rows = tuple(Row(name, "x", "M 1", False, Status.OK, "s", "a", "", Evidence(3, 1.0, (7,))) for name in CHECKS)
        report = Report("m", "宮崎市", "規程", "例示市", c.rooms.clock.now(), 0.0, "0", "0" * 12, rows)
        (tmp_path / KEPT).mkdir()
        (tmp_path / KEPT / "m-20261118-000000.json").write_bytes(dump(report))
        (tmp_path / KEPT / "z-20261117-000000.json").write_text("{")
        page = (await chief.get("/audit/external")).text
        for each in measures():
            assert each.name in page
        assert "SAN-02 3件" in page
        done = {"auditor": "例示監査法人", "on": "2026-11-01", "result": "passed", "reference": "文書1"}
        for changes, words in (
            ({"on": "2999-01-01"}, "今日までの日"),
            ({"on": "x"}, "日付と選択肢"),
            ({"auditor": " "}, "監査した人"),
            ({"result": "good"}, "日付と選択肢"),
        ):
            refused = await chief.post("/audit/external", **(done | {"occasion": "before"} | changes))
            assert (refused.status_code, words in refused.text) == (400, True), changes
        for occasion in ("before", "regular"):
            assert (await chief.post("/audit/external", **done, occasion=occasion)).status_code == 303
        page = (await chief.get("/audit/external")).text
        assert "求められている外部の確認は、すべて記録" in page
        auditor = await c.signed_in(await c.person("aud", Role.AUD))
        assert 'name="auditor"' not in (await auditor.get("/audit/external")).text
        paper = await auditor.post("/audit/external/paper", form="html")
        assert "例示監査法人: 適合" in paper.text
        [exported] = await journal.search(c.rooms.db, kind="exported")
        assert dict(exported.facts)["query"] == "external audit"


async def test_au03_an_alpha_house_is_told_that_nothing_is_asked(c: Console) -> None:
    committee = await c.signed_in(await c.person("com", Role.COM))
    assert "この構成では" in (await committee.get("/audit/external")).text
