"""The staff page: by session and by the link of a notice; what each shows, and what it does."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import pytest

from gateway.console import mail
from gateway.console.standing import Origin
from gateway.control import NotRunning, Rejected
from gateway.directory import Role
from gateway.model import Client, Direction, Envelope, State
from gateway.ticket import LIFETIME
from gateway.unlocking import TRIES, Unlock
from gateway.workflow.model import Act, Kind, Stage
from sanitizers.model import Reason, Verdict
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.make_spool import holding
from tests.gateway.workflow.make_workflow import DELAYING, Town


async def with_house(c: Console) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")


async def staff(c: Console, name: str) -> Browser:
    return await c.signed_in(await c.desk.accounts.arrive(at(name), name, Origin.MAIL))


async def locked(c: Console, *to: str, reason: Reason = Reason.ENCRYPTED) -> str:
    """The id of a mail that waits for a password."""
    if to:
        await c.rooms.accept(f"Subject: {secrets.token_hex(4)}".encode(), to)
    lease = await c.rooms.claim()
    settlement = holding(lease, state=State.AWAITING_PASSWORD)
    [hold] = settlement.held
    assert hold.report is not None
    report = replace(hold.report, verdict=Verdict.LOCKED, reason=reason)
    await c.rooms.spool.settle(lease, replace(settlement, held=(replace(hold, report=report),)))
    return lease.item.id


@pytest.fixture
def given(c: Console, monkeypatch: pytest.MonkeyPatch) -> list[Unlock]:
    """What the gateway was asked; it releases the mail."""
    asked: list[Unlock] = []

    async def ask(path: object, verb: str, what: Unlock, answer: type[Any]) -> None:
        asked.append(what)
        await c.rooms.quarantine.unlock(what.entry, what.actor)

    monkeypatch.setattr(mail, "ask", ask)
    return asked


async def test_one_sees_ones_own_mail_and_that_of_shared_addresses_only(c: Console) -> None:
    await with_house(c)
    own, shared, other = [await locked(c, at(name)) for name in ("taro", "counter", "jiro")]
    page = (await (await staff(c, "taro")).get("/mine")).text
    assert f"/mine/{own}" in page
    assert f"/mine/{shared}" in page
    assert other not in page
    assert (await (await staff(c, "taro")).get(f"/mine/{other}")).status_code == 404


@pytest.mark.parametrize(("rule", "words"), [("infected", "お届けできません"), ("not-inspected", "解除されれば")])
async def test_nobody_is_promised_what_no_reviewer_may_release(c: Console, rule: str, words: str) -> None:
    await with_house(c)
    await c.rooms.accept(b"Subject: x", (at("taro"),))
    lease = await c.rooms.claim()
    settlement = holding(lease)
    [hold] = settlement.held
    hold = replace(hold, decision=replace(hold.decision, rule=rule))
    await c.rooms.spool.settle(lease, replace(settlement, held=(hold,)))
    taro = await staff(c, "taro")
    for path in ("/mine", f"/mine/{lease.item.id}"):
        assert words in (await taro.get(path)).text


async def test_c2_the_link_of_a_notice_takes_the_password_without_signing_in(c: Console, given: list[Unlock]) -> None:
    item = await locked(c, at("taro"))
    link = f"/notice/{c.desk.tickets.issue(at('taro'), item)}"
    browser = c.browser()
    assert (await browser.get(link)).headers["location"] == f"{link}/{item}"
    page = await browser.get(f"{link}/{item}")
    assert "パスワードを入力すると" in page.text
    assert 'type="password"' in page.text
    answer = await browser.post(f"{link}/{item}/password", password="桜2026")
    assert answer.headers["location"] == f"{link}/{item}"
    assert [(each.actor, each.password) for each in given] == [(at("taro"), "桜2026")]
    waits = await browser.get(f"{link}/{item}")
    assert waits.headers["refresh"] == "3"
    assert "検査・無害化をしています" in waits.text
    assert "桜2026" not in waits.text
    await locked(c, reason=Reason.WRONG_PASSWORD)
    again = await browser.get(f"{link}/{item}")
    assert "refresh" not in again.headers
    assert "パスワードが違います" in again.text
    assert f"あと{TRIES - 1}回" in again.text


async def test_after_the_last_try_the_page_says_to_wait(c: Console, given: list[Unlock]) -> None:
    item = await locked(c, at("taro"))
    path, browser = f"/notice/{c.desk.tickets.issue(at('taro'), item)}/{item}", c.browser()
    for _ in range(TRIES):
        await browser.post(f"{path}/password", password="x")
        await locked(c, reason=Reason.WRONG_PASSWORD)
    page = (await browser.get(path)).text
    assert 'type="password"' not in page
    assert "10分ほど待って" in page
    c.rooms.times.pass_(601)
    assert 'type="password"' in (await browser.get(path)).text


async def test_w10_looking_changes_nothing(c: Console) -> None:
    await with_house(c)
    item = await locked(c, at("taro"))
    link, browser = f"/notice/{c.desk.tickets.issue(at('taro'), item)}", c.browser()
    before = await c.rooms.spool.show(item), await c.rooms.quarantine.list()
    for path in (link, f"{link}/{item}", f"{link}/{item}/password"):
        assert (await browser.get(path)).status_code in (200, 303, 405)
    assert (await c.rooms.spool.show(item), await c.rooms.quarantine.list()) == before


async def test_a_link_opens_what_its_notice_told_and_no_more(c: Console) -> None:
    mail, of_another = await locked(c, at("taro")), await locked(c, at("jiro"))
    browser, single = c.browser(), c.desk.tickets.issue(at("taro"), mail)
    listed = c.desk.tickets.issue(at("taro"))
    assert (await browser.get(f"/notice/{single}/{of_another}")).status_code == 404
    assert (await browser.get(f"/notice/{listed}/{of_another}")).status_code == 404
    assert (await browser.get(f"/notice/{listed}/{mail}")).status_code == 200
    c.rooms.times.pass_(60)
    later = await locked(c, at("taro"))
    page = (await browser.get(f"/notice/{listed}")).text
    assert mail in page
    assert later not in page
    assert (await browser.get(f"/notice/{listed}/{later}")).status_code == 404
    assert (await browser.get(f"/notice/{single}/{later}")).status_code == 404
    for path in ("/mine", f"/mine/{mail}", "/approvals"):
        assert (await browser.get(path)).headers["location"] == "/sign-in"
    c.rooms.times.pass_(LIFETIME + 61)
    old = await browser.get(f"/notice/{single}/{mail}")
    assert (old.status_code, "期限が過ぎている" in old.text) == (410, True)


@pytest.mark.parametrize(("error", "status"), [(NotRunning("x"), 503), (Rejected("5 passwords were tried"), 409)])
async def test_a_gateway_that_says_no_is_told_plainly(
    c: Console, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    async def ask(*_: object) -> None:
        raise error

    monkeypatch.setattr(mail, "ask", ask)
    item = await locked(c, at("taro"))
    answer = await c.browser().post(f"/notice/{c.desk.tickets.issue(at('taro'), item)}/{item}/password", password="x")
    assert answer.status_code == status


async def test_san05_asking_for_the_original_opens_a_case_for_the_reviewer(c: Console) -> None:
    await with_house(c)
    item = await locked(c, at("taro"), at("head"))
    browser = await staff(c, "taro")
    await browser.get(f"/mine/{item}")
    assert (await browser.post(f"/mine/{item}/original", reason="書式の確認")).headers["location"] == f"/mine/{item}"
    [case] = await c.desk.workflow.cases((Kind.ORIGINAL,))
    assert (case.opening.applicant, case.opening.recipients, case.opening.reason) == (at("taro"), (at("taro"),), "書式の確認")
    assert [each.id for each in await c.desk.workflow.mine(at("jiro"))] == [case.id]
    assert "原本の確認依頼" in (await browser.get(f"/mine/{item}")).text
    assert (await c.rooms.quarantine.list())[0].item.id == item


async def test_a_suspicious_mail_becomes_an_incident_and_a_foreign_one_does_not_exist(c: Console) -> None:
    await with_house(c)
    item, foreign = await locked(c, at("taro")), await locked(c, at("jiro"))
    path = f"/notice/{c.desk.tickets.issue(at('taro'), item)}/{item}"
    await c.browser().post(f"{path}/suspicious", reason="知らない業者")
    [case] = await c.desk.workflow.cases((Kind.INCIDENT,))
    assert (case.stage, case.opening.applicant, case.opening.item) == (Stage.REPORTED, at("taro"), item)
    receipt = (await c.rooms.spool.show(foreign)).item.receipt
    assert (await (await staff(c, "taro")).get(f"/mine/report?mail={receipt}")).status_code == 404


async def test_ml08_a_misdirected_mail_is_reported_with_what_the_journal_knows(c: Console) -> None:
    await with_house(c)
    town = Town(c.rooms, c.desk.store.directory, c.desk.workflow)
    case = await town.mail(DELAYING, to=("right@pref.example.jp", "wrong@pref.example.jp"))
    browser = await staff(c, "taro")
    form = await browser.get(f"/mine/report?mail={case.receipt}")
    assert "wrong@pref.example.jp" in form.text
    what = {"mail": case.receipt, "what": "misdirected", "to": "wrong@pref.example.jp", "reason": "同姓の別人"}
    answer = await browser.post("/mine/report", **what)
    [reported] = await c.desk.workflow.cases((Kind.MISDIRECTED,))
    assert answer.headers["location"] == f"/approvals/{reported.id}"
    assert reported.opening.recipients == ("wrong@pref.example.jp",)
    page = (await browser.get(f"/approvals/{reported.id}")).text
    assert "文案" in page


async def test_ml08_the_sender_cancels_a_delayed_mail_and_nobody_else_does(c: Console) -> None:
    await with_house(c)
    town = Town(c.rooms, c.desk.store.directory, c.desk.workflow)
    case = await town.mail(DELAYING)
    other = await staff(c, "jiro")
    assert (await other.post(f"/approvals/{case.id}/cancel", reason="x")).status_code == 403
    browser = await staff(c, "taro")
    assert f"/approvals/{case.id}/cancel" in (await browser.get("/mine")).text
    answer = await browser.post(f"/approvals/{case.id}/cancel", reason="宛先が違う", back="/mine")
    assert answer.headers["location"] == "/mine"
    assert (await c.desk.workflow.show(case.id)).case.stage is Stage.CANCELLED
    assert await town.states(case) == [State.DELETED]
    assert (await c.desk.workflow.show(case.id)).steps[-1].act is Act.CANCEL


async def test_an_account_without_an_address_is_told_so(c: Console) -> None:
    browser = await c.signed_in(await c.person("kanri", Role.SYM))
    answer = await browser.get("/mine")
    assert (answer.status_code, "メールアドレスが登録されていません" in answer.text) == (409, True)


async def test_sd02_the_sender_gives_the_password_of_what_waits_to_leave_and_nothing_else_is_offered(
    c: Console, given: list[Unlock]
) -> None:
    await with_house(c)
    incoming = c.rooms.spool.incoming()
    await incoming.write(b"Subject: out\r\n\r\n")
    envelope = Envelope(at("taro"), ("a@example.com",), Direction.OUTBOUND, Client("192.0.2.9", 25, "mx"))
    await c.rooms.spool.accept(envelope, incoming, b"")
    item = await locked(c)
    browser = await staff(c, "taro")
    assert f"/mine/{item}" in (await browser.get("/mine")).text
    page = (await browser.get(f"/mine/{item}")).text
    assert 'name="password"' in page
    assert "/original" not in page
    assert "/suspicious" not in page
    assert (await browser.post(f"/mine/{item}/suspicious", reason="x")).status_code == 404
    await browser.post(f"/mine/{item}/password", password="Open-2026")
    assert [(each.actor, each.password) for each in given] == [(at("taro"), "Open-2026")]
    assert (await (await staff(c, "jiro")).get(f"/mine/{item}")).status_code == 404
