"""The rules by programs: drafted, tried, decided by two people; nobody's draft is overwritten."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass

import pytest

from gateway import journal
from gateway.api.scopes import TokenScope
from gateway.directory import Role
from gateway.policy.senders import DENIED, Senders, Stance
from tests.gateway.api.make_program import Program, program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_rules import DRAFT, HOUSE, SHIPPED, WHY
from tests.gateway.make_wall import Wall

SCOPES = (TokenScope.POLICY_READ, TokenScope.POLICY_PROPOSE, TokenScope.POLICY_TEST, TokenScope.APPROVALS_DECIDE)


@dataclass
class Office:
    c: Console
    admin: Program
    second: Program


@pytest.fixture
async def office(c: Console) -> Office:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    admin = await c.person("kanri", Role.SYM, address="kanri@city.example.lg.jp")
    second = await c.person("shinsa", Role.SYO, address="shinsa@city.example.lg.jp")
    return Office(c, await program(c, admin, *SCOPES), await program(c, second, *SCOPES))


async def test_a_draft_is_discarded_but_not_what_was_proposed(office: Office) -> None:
    made = [await office.admin.post("/policy/versions", {"text": DRAFT, "reason": WHY}) for _ in range(2)]
    first, second = [each.json()["version"]["number"] for each in made]
    left = (await office.admin.post(f"/policy/versions/{first}/discard")).json()["items"]
    assert [each["number"] for each in left] == [second]
    assert (await office.admin.post(f"/policy/versions/{first}/discard")).status_code == 409
    await office.admin.post(f"/policy/versions/{second}/proposal", {"reason": WHY})
    assert (await office.admin.post(f"/policy/versions/{second}/discard")).status_code == 409


async def test_lg08_two_tokens_of_two_people_change_the_rules(office: Office) -> None:
    before = (await office.admin.get("/policy")).json()
    assert before["number"] == 0
    assert all("根拠: " in rule["sentence"] for rule in before["rules"])
    made = await office.admin.post("/policy/versions", {"text": DRAFT, "reason": WHY})
    assert made.status_code == 201
    number = made.json()["version"]["number"]
    assert any(line.startswith("+  - {name: partner-held") for line in made.json()["difference"])
    proposed = (await office.admin.post(f"/policy/versions/{number}/proposal", {"reason": WHY})).json()
    assert proposed["version"]["standing"] == "proposed"
    case = proposed["version"]["case"]
    alone = await office.admin.post(f"/approvals/{case}/approve", {"reason": "自分で"})
    assert alone.status_code == 403
    early = await office.admin.post(f"/policy/versions/{number}/publication", {"reason": "まだ"})
    assert early.status_code == 409
    approved = await office.second.post(f"/approvals/{case}/approve", {"reason": "確認した"})
    assert approved.json()["case"]["stage"] == "approved"
    assert approved.json()["steps"][-1]["via"] == f"api {office.second.mark}"
    published = await office.admin.post(f"/policy/versions/{number}/publication", {"reason": WHY})
    assert published.json()["version"]["standing"] == "in_force"
    assert (await office.second.get("/policy")).json()["number"] == number


async def test_nobody_overwrites_a_draft_unseen(office: Office) -> None:
    made = (await office.admin.post("/policy/versions", {"text": DRAFT, "reason": WHY})).json()
    path = f"/policy/versions/{made['version']['number']}"
    tag = (await office.admin.get(path)).headers["etag"]
    body = {"text": DRAFT + "# 審査\n", "reason": WHY}
    assert (await office.second.put(path, body)).status_code == 428
    changed = await office.second.put(path, body, if_match=tag)
    assert changed.status_code == 200
    late = await office.admin.put(path, {"text": DRAFT + "# 管理\n", "reason": WHY}, if_match=tag)
    assert late.status_code == 412
    assert (await office.admin.get(path)).json()["text"].endswith("# 審査\n")
    assert (await office.admin.put(path, body, if_match=changed.headers["etag"])).status_code == 200


async def test_what_does_not_load_is_no_version(office: Office) -> None:
    bad = SHIPPED + "\nodd: 1\n"
    told = (await office.admin.post("/policy/validation", {"text": bad})).json()
    assert not told["ok"]
    assert told["problems"][0]["line"] > 0
    assert (await office.admin.post("/policy/validation", {"text": SHIPPED})).json()["ok"]
    assert (await office.admin.post("/policy/versions", {"text": bad, "reason": WHY})).status_code == 422
    assert (await office.admin.get("/policy/versions")).json()["items"] == []


async def test_dv02_a_draft_is_tried_as_a_job(office: Office) -> None:
    await office.c.rooms.held()
    number = (await office.admin.post("/policy/versions", {"text": DRAFT, "reason": WHY})).json()["version"]["number"]
    path = f"/policy/versions/{number}/trial"
    assert (await office.admin.get(path)).status_code == 404
    assert (await office.admin.post(path, {"limit": 0})).status_code == 422
    assert (await office.admin.post(path, {"limit": 5})).status_code == 202
    trial = office.c.desk.trials.of(number)
    assert trial is not None
    assert trial.task is not None
    await asyncio.gather(trial.task, return_exceptions=True)
    done = (await office.admin.get(path)).json()
    assert not done["running"]
    assert done["total"] == 1
    assert (await office.admin.post(f"{path}/stop", {})).status_code == 200


async def test_dv02_one_file_is_judged(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the preview's own path, but for the wall."""
    await Senders(office.c.rooms.db, office.c.rooms.clock).add(Stance.DENY, "a@b.example", "kanri", "迷惑メール", 3)
    preview = office.c.desk.preview
    monkeypatch.setattr(preview, "inspector", Wall())
    monkeypatch.setattr(preview, "_started", True)
    body = {
        "name": "見積.xlsm",
        "content": base64.b64encode(b"PK").decode(),
        "sender": "a@b.example",
        "recipients": ["a@city.example.lg.jp"],
    }
    [answer] = (await office.admin.post("/policy/test", body)).json()["answers"]
    assert (answer["disposition"], answer["verdict"], answer["rule"]) == ("hold", "sanitised", DENIED)
    assert (answer["state"], answer["sentence"], answer["waived"]) == ("held", "", ["deny 1"])
    assert answer["rules"][-1] == {"rule": "inbound", "answer": "holds", "by": ""}
    assert "迷惑メール" in answer["letters"][0]["text"]
    assert (answer["identity"], answer["opens_case"]) == ("", False), "a bare file; nobody is asked"
    for wrong in ({"content": "not base64!"}, {"recipients": []}, {"client": "x"}, {"sender": "no address"}, {"version": 99}):
        assert (await office.admin.post("/policy/test", body | wrong)).status_code in (404, 422), wrong
    assert len(await journal.search(office.c.rooms.db, kind="specimen_judged")) == 1
