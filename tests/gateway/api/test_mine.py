"""The owner's own mail by a token: its password, its original, what is reported; and what a reviewer asks for."""

from __future__ import annotations

from typing import Any

import pytest

from gateway import journal
from gateway.api.scopes import TokenScope
from gateway.console import mail
from gateway.directory import Role
from gateway.unlocking import Unlock
from tests.gateway.api.make_program import Program, program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.console.test_as_it_came import held as judged_by_eye
from tests.gateway.console.test_mine import locked
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_spool import holding

STAFF = (TokenScope.MINE_READ, TokenScope.MINE_ACT)
SECRET = "さくら2026"


@pytest.fixture
async def taro(c: Console) -> Program:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    return await program(c, await holder(c, "taro", Role.USR), *STAFF)


@pytest.fixture
def given(c: Console, monkeypatch: pytest.MonkeyPatch) -> list[Unlock]:
    asked: list[Unlock] = []

    async def ask(path: object, verb: str, what: Unlock, answer: type[Any]) -> None:
        asked.append(what)
        await c.rooms.quarantine.unlock(what.entry, what.actor)

    monkeypatch.setattr(mail, "ask", ask)
    return asked


async def test_c2_ones_own_mail_is_listed_and_opened_with_its_password(c: Console, taro: Program, given: list[Unlock]) -> None:
    own, other = [await locked(c, at(name)) for name in ("taro", "jiro")]
    [held] = (await taro.get("/mine")).json()["items"]
    assert (held["item"], held["state"]) == (own, "awaiting_password")
    assert (await taro.get(f"/mine/{other}")).status_code == 404
    assert (await taro.post(f"/mine/{other}/password", {"password": SECRET})).status_code == 404
    assert (await taro.post(f"/mine/{own}/password", {"password": ""})).status_code == 422
    opened = await taro.post(f"/mine/{own}/password", {"password": SECRET})
    assert (opened.status_code, opened.json()["state"]) == (200, "received")
    assert [(each.actor, each.password) for each in given] == [(at("taro"), SECRET)]
    assert not [each for each in await journal.tail(c.rooms.db, 50) if SECRET in str(each)]


async def test_no_digest_of_a_password_is_kept_for_a_second_answer(c: Console, taro: Program, given: list[Unlock]) -> None:
    own = await locked(c, at("taro"))
    for _ in range(2):
        await taro.post(f"/mine/{own}/password", {"password": SECRET}, Idempotency_Key="one")
    kept = await c.rooms.db.read(lambda conn: conn.exec_driver_sql("SELECT count(*) FROM api_answer").scalar_one())
    assert kept == 0


async def test_san05_ml08_originals_are_asked_for_and_mails_reported(c: Console, taro: Program) -> None:
    own = await locked(c, at("taro"))
    asked = await taro.post(f"/mine/{own}/original", {"reason": "決裁に必要"})
    assert (asked.status_code, asked.json()["kind"]) == (201, "original")
    assert (await taro.post(f"/mine/{own}/suspicion", {"reason": "心当たりがない"})).json()["kind"] == "incident"
    wrong = await taro.post("/misdirected", {"mail": own, "reason": "あて先違い"})
    assert (wrong.status_code, wrong.json()["kind"]) == (201, "misdirected")
    assert (await taro.post("/misdirected", {"mail": "20261129-AAAA", "reason": "x"})).status_code == 404


async def test_a_reviewer_hands_over_a_password_and_asks_for_another_form(c: Console, given: list[Unlock]) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    p = await program(c, await holder(c, "jiro", Role.SYO), TokenScope.QUARANTINE_RELEASE, TokenScope.QUARANTINE_READ)
    await locked(c, at("taro"))
    await c.rooms.accept(b"Subject: y", (at("taro"),))
    lease = await c.rooms.claim()
    await c.rooms.spool.settle(lease, holding(lease))
    plain, waits = [each.id for each in await c.rooms.quarantine.list()]
    assert (await p.post(f"/held/{waits}/password", {"password": SECRET})).status_code == 200
    assert [each.password for each in given] == [SECRET]
    assert (await p.post(f"/held/{plain}/request", {"reason": "PDFで送ってほしい"})).status_code == 200
    assert (await p.post(f"/held/{plain}/request", {"reason": "もう一度"})).status_code == 409
    assert (await p.post(f"/held/{plain}/as-it-came", {"reason": "x", "parts": []})).status_code == 422
    refused = await p.post(f"/held/{plain}/as-it-came", {"reason": "目視で確認した", "parts": ["1"]})
    assert refused.status_code == 409, "no rule allows it here"


async def test_san05_files_leave_as_they_came_by_the_tokens_of_two_people(c: Console) -> None:
    number = await judged_by_eye(c)
    jiro = await holder(c, "jiro", Role.SYO)
    scopes = (TokenScope.QUARANTINE_RELEASE, TokenScope.APPROVALS_DECIDE)
    asks, again = [await program(c, jiro, *scopes) for _ in range(2)]
    second = await program(c, await holder(c, "itchief", Role.CSO), TokenScope.APPROVALS_READ, TokenScope.APPROVALS_DECIDE)
    body = {"reason": "図面を目視で確認", "parts": ["1"]}
    assert (await asks.post(f"/held/{number}/as-it-came", body | {"parts": ["2"]})).status_code == 409, "a program"
    asked = await asks.post(f"/held/{number}/as-it-came", body)
    case = asked.json()["case"]
    assert (asked.status_code, asked.json()["kind"]) == (201, "as_it_came")
    for own in (asks, again):
        assert (await own.post(f"/approvals/{case}/approve", {"reason": "自分で"})).status_code == 403
    assert (await second.get(f"/approvals/{case}")).json()["acts"] == ["approve", "return", "deny"]
    assert (await second.post(f"/approvals/{case}/approve", {"reason": "確認した"})).json()["case"]["stage"] == "approved"
    lease = await c.rooms.claim()
    assert lease.grant is not None
    assert lease.grant.warrant is not None
    assert (lease.grant.warrant.asked_by, lease.grant.warrant.approved_by) == (at("jiro"), at("itchief"))


async def test_ac02_a_token_of_some_addresses_sees_ones_own_mail_to_these_only(c: Console, given: list[Unlock]) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    own, shared = [await locked(c, at(name)) for name in ("taro", "counter")]
    limited = await program(c, await holder(c, "taro", Role.USR), *STAFF, patterns=[at("counter")])
    assert [each["item"] for each in (await limited.get("/mine")).json()["items"]] == [shared]
    assert (await limited.get(f"/mine/{shared}")).status_code == 200
    assert (await limited.get(f"/mine/{own}")).status_code == 404
    for act, body in (("password", {"password": SECRET}), ("original", {"reason": "x"}), ("suspicion", {"reason": "x"})):
        assert (await limited.post(f"/mine/{own}/{act}", body)).status_code == 404, act
    assert (await limited.post("/misdirected", {"mail": own, "reason": "x"})).status_code == 404
    assert not given
