"""Approvals: the inbox, one case, the hand on it, links, the register and its forms; never one's own (AC-08)."""

from __future__ import annotations

import csv
import io

import pytest

from gateway.console.standing import Account, Origin
from gateway.directory import Role
from gateway.model import State
from gateway.workflow import ledger, token
from gateway.workflow.model import Act, Case, Details, Kind, Opening, Stage
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.workflow.make_workflow import CONFIRMING, DELAYING, Town


@pytest.fixture
async def town(c: Console) -> Town:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    return Town(c.rooms, c.desk.store.directory, c.desk.workflow)


async def staff(c: Console, name: str) -> Browser:
    return await c.signed_in(await c.desk.accounts.arrive(at(name), name, Origin.MAIL))


async def holder(c: Console, name: str, role: Role) -> Account:
    code = await c.desk.accounts.invite(name, name, (role,), (), "test", at(name))
    return await c.desk.accounts.accept(code, "", "", "四月の桜は川沿いの道に三十本ある")


async def link(c: Console, case: Case, name: str) -> str:
    ends = c.rooms.clock.now() + 600
    return "/link/" + await c.rooms.db.write(token.issue, case.id, at(name), ends)


async def stage(c: Console, case: Case) -> Stage:
    return (await c.desk.workflow.show(case.id)).case.stage


async def test_sd01_a_head_finds_reads_and_approves_what_waits(c: Console, town: Town) -> None:
    case, browser = await town.mail(), await staff(c, "head")
    inbox = (await browser.get("/approvals")).text
    assert f"/approvals/{case.id}" in inbox
    assert "見積書の件" in inbox
    page = (await browser.get(f"/approvals/{case.id}")).text
    for said in ("例示 太郎", "partner@pref.example.jp", "機密", "承認する", "差し戻す", "却下する", "見積書.docm"):
        assert said in page, said
    answer = await browser.post(f"/approvals/{case.id}/approve", reason="内容を確認した")
    assert answer.headers["location"] == "/approvals"
    assert "手続きを記録しました" in (await browser.get("/approvals")).text
    assert await stage(c, case) is Stage.APPROVED
    assert await town.states(case) == [State.RECEIVED]
    acts = [(step.act, step.actor, step.via) for step in (await c.desk.workflow.show(case.id)).steps]
    assert acts[1:] == [(Act.VIEW, at("head"), "console"), (Act.APPROVE, at("head"), "console")]


async def test_ac08_the_applicant_sees_its_case_and_can_not_decide_it(c: Console, town: Town) -> None:
    case, browser = await town.mail(), await staff(c, "taro")
    assert "あなたの手続きを待っているものはありません" in (await browser.get("/approvals")).text
    page = (await browser.get(f"/approvals/{case.id}")).text
    assert "承認する" not in page
    assert "取り下げる" in page
    answer = await browser.post(f"/approvals/{case.id}/approve", reason="自分で")
    assert (answer.status_code, "申請した本人は承認できません" in answer.text) == (403, True)
    assert (await browser.get(f"/approvals/{case.id}/text")).status_code == 403
    assert await stage(c, case) is Stage.WANTED


async def test_in05_whom_a_notice_of_violations_is_about_does_not_see_it_and_its_head_answers(c: Console, town: Town) -> None:
    seen = Details(findings=("規則 auto-forwarded (ML-04): 3 件",))
    about = Opening(Kind.VIOLATION, Stage.REPORTED, at("taro"), "規程違反の通知", "3 件", ((Role.ISM,),), details=seen)
    case = await c.rooms.db.write(ledger.open_case, about, None, c.rooms.clock.now())
    taro = await staff(c, "taro")
    assert (await taro.get(f"/approvals/{case.id}")).status_code == 404
    for path in ("/mine", "/approvals"):
        assert "規程違反の通知" not in (await taro.get(path)).text
    head = await staff(c, "head")
    assert f"/approvals/{case.id}" in (await head.get("/approvals")).text
    assert "auto-forwarded (ML-04): 3 件" in (await head.get(f"/approvals/{case.id}")).text
    await head.post(f"/approvals/{case.id}/take", reason="受領した")
    await head.post(f"/approvals/{case.id}/close", reason="本人に指導した")
    assert await stage(c, case) is Stage.CLOSED


async def test_sd01_a_deputy_decides_on_behalf_of_its_head(c: Console, town: Town) -> None:
    case, browser = await town.mail(), await staff(c, "deputy")
    inbox = (await browser.get("/approvals")).text
    assert "税務課長" in inbox
    assert f"/approvals/{case.id}" in inbox
    await browser.post(f"/approvals/{case.id}/deny", reason="宛先が違う")
    step = (await c.desk.workflow.show(case.id)).steps[-1]
    assert (step.act, step.actor, step.on_behalf) == (Act.DENY, at("deputy"), at("head"))


async def test_a_case_of_others_does_not_exist(c: Console, town: Town) -> None:
    case, browser = await town.mail(), await staff(c, "jiro")
    assert (await browser.get(f"/approvals/{case.id}")).status_code == 404
    assert (await browser.get(f"/approvals/{case.id}/text")).status_code == 404
    assert (await browser.post(f"/approvals/{case.id}/comment", reason="x")).status_code == 404
    assert (await browser.post(f"/approvals/{case.id}/approve", reason="x")).status_code == 403
    assert (await browser.get("/approvals/999")).status_code == 404


async def test_the_link_of_the_mail_shows_decides_once_and_does_not_read_the_text(c: Console, town: Town) -> None:
    case = await town.mail()
    path, browser = await link(c, case, "head"), c.browser()
    before = (await c.desk.workflow.show(case.id)).steps
    page = (await browser.get(path)).text
    assert "承認する" in page
    assert f"/approvals/{case.id}/text" not in page
    assert (await c.desk.workflow.show(case.id)).steps == before
    assert (await browser.post(f"{path}/approve", reason=" ")).status_code == 400
    done = await browser.post(f"{path}/approve", reason="確認済み")
    assert "手続きを記録しました" in done.text
    assert await stage(c, case) is Stage.APPROVED
    used = await browser.get(path)
    assert (used.status_code, "使用済み" in used.text) == (410, True)
    assert (await browser.post(f"{path}/deny", reason="x")).status_code == 410


async def test_ml08_the_sender_confirms_by_the_link(c: Console, town: Town) -> None:
    case = await town.mail(CONFIRMING)
    path = await link(c, case, "taro")
    assert "確認して送信する" in (await c.browser().get(path)).text
    await c.browser().post(f"{path}/confirm", reason="宛先を確かめた")
    assert await stage(c, case) is Stage.RELEASED


async def test_who_comes_second_is_told(c: Console, town: Town) -> None:
    case, first, second = await town.mail(), await staff(c, "head"), await staff(c, "deputy")
    await first.post(f"/approvals/{case.id}/approve", reason="ok")
    late = await second.post(f"/approvals/{case.id}/deny", reason="no")
    assert (late.status_code, "先に手続き" in late.text) == (409, True)


async def test_a_return_is_answered_by_the_applicant_and_both_see_the_chain(c: Console, town: Town) -> None:
    case, head, taro = await town.mail(), await staff(c, "head"), await staff(c, "taro")
    await head.post(f"/approvals/{case.id}/return", reason="宛先はこれで全部?")
    assert f"/approvals/{case.id}" in (await taro.get("/mine")).text
    await taro.post(f"/approvals/{case.id}/resubmit", reason="全部です")
    await head.post(f"/approvals/{case.id}/comment", reason="見ておく")
    for browser in (head, taro):
        page = (await browser.get(f"/approvals/{case.id}")).text
        for said in ("宛先はこれで全部?", "全部です", "見ておく"):
            assert said in page


async def test_ex01_an_exception_is_asked_for_decided_listed_and_exported(c: Console, town: Town) -> None:
    browser = await staff(c, "taro")
    form = (await browser.get("/ask/exception")).text
    [rule, *_] = [r.name for r in (await c.desk.policy()).rules if r.exceptions]
    assert f'value="{rule}"' in form
    asked = {"rule": rule, "sender": "*@pref.example.lg.jp", "until": "2026-12-24", "reason": "=調査"}
    assert (await browser.post("/ask/exception", **asked, measure="")).status_code == 400
    await browser.post("/ask/exception", **asked, measure="電話で確認")
    [case] = await c.desk.workflow.cases((Kind.EXCEPTION,))
    mayor = await c.signed_in(await holder(c, "mayor", Role.CISO))
    assert f"/approvals/{case.id}" in (await mayor.get("/approvals")).text
    await mayor.post(f"/approvals/{case.id}/approve", reason="期間限定で認める")
    assert f"/approvals/{case.id}" not in (await mayor.get("/approvals")).text  # nobody waits for its end
    assert "取り消す" in (await mayor.get(f"/approvals/{case.id}")).text
    auditor = await c.signed_in(await c.person("kansa", Role.AUD))
    listed = (await auditor.get("/cases?kind=exception")).text
    assert rule in listed
    rows = list(csv.DictReader(io.StringIO((await auditor.get("/cases/export")).text.lstrip("\ufeff"))))
    assert [(row["理由"], row["代替措置"], row["審査者"]) for row in rows] == [("'=調査", "電話で確認", at("mayor"))]


async def test_ex02_who_may_breaks_the_glass_and_another_ratifies(c: Console, town: Town) -> None:
    [rule, *_] = [r.name for r in (await c.desk.policy()).rules if r.exceptions]
    asked = {"rule": rule, "sender": "*@x.example", "until": "2026-12-24", "reason": "災害", "measure": "電話"}
    refused = await (await staff(c, "taro")).post("/ask/exception", **asked, break_glass="yes")
    assert refused.status_code == 400
    await (await staff(c, "jiro")).post("/ask/exception", **asked, break_glass="yes")
    [case] = await c.desk.workflow.cases((Kind.EXCEPTION,))
    assert case.stage is Stage.EMERGENCY
    assert "緊急措置" in (await (await staff(c, "mayor")).get("/approvals")).text
    await (await staff(c, "mayor")).post(f"/approvals/{case.id}/ratify", reason="追認する")
    assert await stage(c, case) is Stage.APPROVED


async def test_sd01_a_blanket_approval_is_asked_for_approved_and_revoked(c: Console, town: Town) -> None:
    [rule, *_] = [r.name for r in (await c.desk.policy()).rules if r.approval]
    asked = {"rule": rule, "recipient": "*@pref.example.lg.jp", "until": "2026-12-24", "reason": "毎週の報告"}
    await (await staff(c, "taro")).post("/ask/blanket", **asked)
    [case] = await c.desk.workflow.cases((Kind.BLANKET,))
    head = await staff(c, "head")
    await head.post(f"/approvals/{case.id}/approve", reason="定例")
    await head.post(f"/approvals/{case.id}/revoke", reason="終了")
    assert await stage(c, case) is Stage.REVOKED


async def test_lg08_a_change_takes_two_people(c: Console, town: Town) -> None:
    proposer, second = await staff(c, "itchief"), await staff(c, "jiro")
    await proposer.post("/ask/change", subject="次の中継先を変える", reason="更改")
    [case] = await c.desk.workflow.cases((Kind.CHANGE,))
    assert (await proposer.post(f"/approvals/{case.id}/approve", reason="自分で")).status_code == 403
    await second.post(f"/approvals/{case.id}/approve", reason="確認")
    await proposer.post(f"/approvals/{case.id}/apply", reason="実施")
    assert await stage(c, case) is Stage.APPLIED


async def test_in01_an_incident_is_reported_taken_and_handed_on(c: Console, town: Town) -> None:
    await (await staff(c, "taro")).post(
        "/ask/incident", subject="不審なファイル", reason="開いてしまった", severity="高", drill="yes"
    )
    [case] = await c.desk.workflow.cases((Kind.INCIDENT,))
    assert "【訓練】" in case.opening.subject
    head = await staff(c, "head")
    await head.post(f"/approvals/{case.id}/take", reason="聞き取り")
    await head.post(f"/approvals/{case.id}/hand_on", reason="CSIRTへ")
    assert [step.act for step in (await c.desk.workflow.show(case.id)).steps][-2:] == [Act.TAKE, Act.HAND_ON]


async def test_c7_the_ciso_sees_who_decides_without_reading(c: Console, town: Town) -> None:
    case, head = await town.mail(DELAYING), await staff(c, "head")
    case = await town.mail()
    await head.get(f"/approvals/{case.id}")
    c.rooms.times.pass_(2)
    await head.post(f"/approvals/{case.id}/approve", reason="ok")
    mayor = await c.signed_in(await holder(c, "mayor", Role.CISO))
    page = (await mayor.get("/cases/statistics?days=7")).text
    assert "1 (100%)" in page
    assert "税務課長" in page


async def test_a_hostile_subject_and_a_bad_number_do_no_harm(c: Console, town: Town) -> None:
    browser = await staff(c, "taro")
    await browser.post("/ask/change", subject="<script>alert(1)</script>\u202e", reason="{{7*7}}")
    page = (await browser.get("/mine")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    for path in ("/approvals/1e9", "/approvals/99999999999999999999", "/ask/nothing", "/cases?before=x&kind=y"):
        assert (await browser.get(path)).status_code in (403, 404)
    assert (await browser.post("/ask/exception", rule="x", until="not a day", reason="x", measure="x")).status_code == 400
