"""Approvals, delays, incidents: a token acts as its owner, and the workflow says what its owner may do."""

from __future__ import annotations

import pytest

from gateway import journal
from gateway.api import casework
from gateway.api.scopes import TokenScope
from gateway.certification import Certification
from gateway.directory import Role
from gateway.model import Inspection, State
from gateway.workflow.model import Kind
from sanitizers.letter import Enclosure
from sanitizers.model import Verdict
from tests.gateway.api.make_program import SCOPED, Program, program
from tests.gateway.console.make_console import PASSWORD, Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_spool import report
from tests.gateway.make_wall import LETTER
from tests.gateway.workflow.make_workflow import DAY, DELAYING, Town

STAFF = (
    *(TokenScope.APPROVALS_READ, TokenScope.APPROVALS_DECIDE, TokenScope.DELAY_READ, TokenScope.DELAY_CANCEL),
    *(TokenScope.EXCEPTIONS_REQUEST, TokenScope.INCIDENTS_WRITE),
)


@pytest.fixture
async def town(c: Console) -> Town:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    return Town(c.rooms, c.desk.store.directory, c.desk.workflow)


async def of(c: Console, name: str, role: Role = Role.USR, *scopes: TokenScope) -> Program:
    return await program(c, await holder(c, name, role), *(scopes or STAFF))


async def test_ac08_a_token_is_its_owner_and_never_a_second_person(c: Console, town: Town) -> None:
    case = await town.mail()
    taro, head = await of(c, "taro"), await of(c, "head")
    shown = (await taro.get(f"/approvals/{case.id}")).json()
    assert shown["acts"] == ["withdraw"]
    refused = await taro.post(f"/approvals/{case.id}/approve", {"reason": "自分で"})
    assert refused.status_code == 403
    assert "申請した本人" in refused.json()["detail"]
    [waiting] = (await head.get("/approvals")).json()["items"]
    assert (waiting["case"], waiting["subject"], waiting["waits_for"]) == (case.id, "見積書の件", ["ism"])
    assert (await head.post(f"/approvals/{case.id}/approve", {})).status_code == 422
    done = await head.post(f"/approvals/{case.id}/approve", {"reason": "確認した"})
    assert (done.status_code, done.json()["case"]["stage"]) == (200, "approved")
    assert await town.states(case) == [State.RECEIVED]
    assert (await head.post(f"/approvals/{case.id}/deny", {"reason": "やはり"})).status_code == 409


async def test_a_case_of_others_does_not_exist(c: Console, town: Town) -> None:
    case, jiro = await town.mail(), await of(c, "jiro")
    assert (await jiro.get(f"/approvals/{case.id}")).status_code == 404
    assert (await jiro.post(f"/approvals/{case.id}/approve", {"reason": "x"})).status_code == 404


async def test_ml08_ones_own_delayed_mail_is_cancelled_or_sent(c: Console, town: Town) -> None:
    first, second = await town.mail(DELAYING), await town.mail(DELAYING)
    taro, head = await of(c, "taro"), await of(c, "head")
    assert {each["case"] for each in (await taro.get("/delays")).json()["items"]} == {first.id, second.id}
    assert (await head.get("/delays")).json()["items"] == []
    assert (await head.post(f"/delays/{first.id}/cancel", {"reason": "x"})).status_code in (403, 404)
    assert (await taro.post(f"/approvals/{first.id}/withdraw", {"reason": "x"})).status_code == 404  # not by this scope
    cancelled = await taro.post(f"/delays/{first.id}/cancel", {"reason": "宛先誤り"})
    assert cancelled.json()["case"]["stage"] == "cancelled"
    sent = await taro.post(f"/delays/{second.id}/send_now", {"reason": "急ぎ"})
    assert sent.json()["case"]["stage"] == "released"


async def test_an_account_that_is_nobody_of_the_directory_is_told_so(c: Console) -> None:
    p = await program(c, await c.person("usr", Role.USR), *STAFF)
    for path in ("/approvals", "/delays"):
        assert (await p.get(path)).status_code == 409


async def test_ex01_what_an_exception_lacks_is_said(c: Console, town: Town) -> None:
    taro = await of(c, "taro")
    for body in ({"kind": "exception", "reason": "x"}, {"kind": "change", "reason": "x"}, {"kind": "odd", "reason": "x"}):
        assert (await taro.post("/cases", body)).status_code in (400, 422), body
    asked = {"kind": "change", "reason": "点検のため", "subject": "送信制限の変更"}
    made = await taro.post("/cases", asked)
    assert (made.status_code, made.json()["case"]["stage"]) == (201, "wanted")
    register = await of(c, "itchief", Role.CSO, *(each for each in SCOPED if each is TokenScope.EXCEPTIONS_READ))
    [line] = (await register.get("/cases?kind=change")).json()["items"]
    assert (line["applicant"], line["subject"]) == (at("taro"), "送信制限の変更")
    assert (await register.get("/cases?kind=delay")).json() == {"items": [], "next": None}


async def test_in01_an_incident_walks_its_chain(c: Console, town: Town) -> None:
    taro, head = await of(c, "taro"), await of(c, "head")
    chief = await of(c, "itchief", Role.CSO, TokenScope.INCIDENTS_READ, TokenScope.INCIDENTS_WRITE)
    made = await taro.post("/incidents", {"subject": "USBメモリの紛失", "reason": "昼休みに気付いた", "drill": True})
    assert made.status_code == 201
    number = made.json()["case"]["case"]
    assert made.json()["case"]["subject"] == "【訓練】USBメモリの紛失"
    assert (await taro.post(f"/incidents/{number}/take", {"reason": "自分で"})).status_code == 403
    assert (await head.post(f"/incidents/{number}/take", {"reason": "着手"})).json()["case"]["stage"] == "in_hand"
    assert (await chief.get("/incidents")).json()["items"][0]["case"] == number
    assert "USBメモリ" in (await chief.get(f"/incidents/{number}/first")).json()["text"]
    assert (await chief.get(f"/incidents/{number}/odd")).status_code == 404
    assert (await chief.get(f"/approvals/{number}")).status_code == 403  # no such scope


def test_each_kind_of_case_is_acted_on_by_some_operation() -> None:
    elsewhere = (Kind.DELAY, Kind.PASSWORD)  # /delays; /mine and /held, by the password itself
    assert {*casework.DECISIONS, *casework.REPORTS, *elsewhere} == {*Kind}


async def test_ac03_a_head_confirms_the_ids_of_the_section(c: Console, town: Town) -> None:
    c.rooms.times.pass_(391 * DAY)
    asked = await Certification(c.rooms.db, c.rooms.clock, ((Role.ISM, Role.BUR), (Role.CSO,)), 365).ask()
    [case] = [each for each in asked if each.opening.section == "tax"]
    head, jiro = await of(c, "head"), await of(c, "jiro")
    assert case.id in [each["case"] for each in (await head.get("/approvals")).json()["items"]]
    assert (await jiro.get(f"/approvals/{case.id}")).status_code == 404
    assert (await head.post(f"/approvals/{case.id}/approve", {"reason": "x"})).status_code == 409, "no act of this kind"
    closed = await head.post(f"/approvals/{case.id}/close", {"reason": "全員在籍を確認した"})
    assert (closed.status_code, closed.json()["case"]["stage"]) == (200, "closed")


async def test_lg06_two_people_on_one_trouble(c: Console) -> None:
    scopes = (TokenScope.INCIDENTS_READ, TokenScope.INCIDENTS_WRITE)
    p = await program(c, await c.person("sym", Role.SYM), *scopes)
    number = (await p.post("/troubles", {"what": "clamd が応答しない"})).json()["trouble"]
    path = f"/troubles/{number}"
    tag = (await p.get(path)).headers["etag"]
    first = await p.put(path, {"cause": "更新の失敗"}, if_match=tag)
    assert first.json()["cause"] == "更新の失敗"
    assert (await p.put(path, {"cause": "別の理由"}, if_match=tag)).status_code == 412
    assert (await p.put(path, {"close": True}, if_match=first.headers["etag"])).status_code == 422
    closed = await p.put(path, {"cause": "更新", "action": "再起動", "close": True}, if_match=first.headers["etag"])
    assert closed.json()["closed_by"] == "sym"
    assert (await p.put(path, {}, if_match=closed.headers["etag"])).status_code == 409
    assert [each["trouble"] for each in (await p.get("/troubles")).json()["items"]] == [number]


async def test_ac02_a_token_of_one_section_sees_the_cases_of_its_people_only(c: Console, town: Town) -> None:
    case, delayed = await town.mail(), await town.mail(DELAYING)
    head, taro = await holder(c, "head", Role.ISM), await holder(c, "taro", Role.USR)
    for patterns, seen in ((["tax"], True), ([at("taro")], True), (["it"], False)):
        p, own = [await program(c, who, *STAFF, patterns=patterns) for who in (head, taro)]
        assert [each["case"] for each in (await p.get("/approvals")).json()["items"]] == [case.id] * seen
        assert [each["case"] for each in (await own.get("/delays")).json()["items"]] == [delayed.id] * seen
        assert (await p.get(f"/approvals/{case.id}")).status_code == (200 if seen else 404)
    for path in (f"/approvals/{case.id}/approve", f"/approvals/{case.id}/comment"):
        assert (await p.post(path, {"reason": "x"})).status_code == 404, path
    assert (await own.post(f"/delays/{delayed.id}/send_now", {"reason": "x"})).status_code == 404


async def test_ac02_an_incident_tells_nothing_of_the_mail_of_another_section(c: Console, town: Town) -> None:
    await c.rooms.accept(b"Subject: y", (at("jiro"),))
    [*_, mail] = await c.rooms.spool.queue()
    code = await c.desk.accounts.invite("head", "head", (Role.ISM,), ("tax",), "test", at("head"))
    p = await program(c, await c.desk.accounts.accept(code, "", "", PASSWORD), TokenScope.INCIDENTS_WRITE)
    asked = {"subject": "不審なメール", "reason": "見かけた", "mail": mail.item.receipt}
    assert (await p.post("/incidents", asked)).status_code == 404
    assert (await p.post("/incidents", asked | {"mail": ""})).status_code == 201


async def test_sd01_the_words_of_a_mail_are_read_by_who_decides_about_it(c: Console, town: Town, reads: list[str]) -> None:
    case = await town.mail()
    head, taro, jiro = [await of(c, name) for name in ("head", "taro", "jiro")]
    text = (await head.get(f"/approvals/{case.id}/text")).json()
    assert (text["receipt"], text["body"], [each["name"] for each in text["files"]]) == (case.receipt, LETTER.body, ["a.txt"])
    assert (await taro.get(f"/approvals/{case.id}/text")).status_code == 403, "who asked has the mail"
    assert (await jiro.get(f"/approvals/{case.id}/text")).status_code == 404
    assert reads == [case.opening.item]
    [seen] = await journal.search(c.rooms.db, kind="viewed")
    assert dict(seen.facts) == {"actor": at("head"), "what": f"text for case {case.id}"}


@pytest.fixture
def reads(c: Console, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Mails that a sandbox was asked to read."""
    asked: list[str] = []

    async def text(item: str) -> Inspection:
        asked.append(item)
        return Inspection(report(), Verdict.CLEAN, LETTER, (Enclosure("a.txt", "text/plain", b"x"),), 4)

    monkeypatch.setattr(c.desk.preview, "text", text)
    return asked


async def test_c7_how_fast_somebody_decides_is_counted(c: Console, town: Town) -> None:
    case, head = await town.mail(), await of(c, "head")
    await head.get(f"/approvals/{case.id}")
    await head.post(f"/approvals/{case.id}/approve", {"reason": "確認した"})
    chief = await of(c, "itchief", Role.CSO, TokenScope.EXCEPTIONS_READ)
    found = (await chief.get("/cases/statistics?days=1")).json()
    [line] = found["deciding"]
    assert (line["actor"], line["decided"], line["approved"], line["hasty"]) == (at("head"), 1, 1, 1)
    assert found["cases"] == [{"kind": "approval", "stage": "approved", "count": 1}]
    assert (await chief.get("/cases/statistics?days=0")).status_code == 422
