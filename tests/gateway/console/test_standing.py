"""Who an account is today: the directory is asked at every request."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gateway import journal
from gateway.console import credentials
from gateway.console.standing import Account, Origin
from gateway.directory import Directory, Role
from gateway.words import Refusal
from tests.gateway.console.make_console import PASSWORD, Console
from tests.gateway.make_directory import HOUSE, at


async def with_house(c: Console, house: Directory = HOUSE) -> None:
    version, _ = await c.desk.store.directory.version()
    await c.desk.store.directory.replace(house, version, "test", "test")


def with_person(name: str, **changes: object) -> Directory:
    people = tuple(replace(p, **changes) if p.address == at(name) else p for p in HOUSE.people)  # type: ignore[arg-type]
    return replace(HOUSE, people=people)


async def from_the_house(c: Console, name: str) -> Account:
    return await c.desk.accounts.arrive(at(name), name, Origin.LDAP)


async def test_ac02_roles_and_section_are_the_directory_s(c: Console) -> None:
    await with_house(c)
    head, chief = await from_the_house(c, "head"), await from_the_house(c, "itchief")
    assert (head.roles, head.scope.patterns) == ((Role.ISM,), ("tax",))
    assert chief.scope.patterns is None, "whoever has a role for the whole house sees the whole house"
    assert chief.rights > head.rights


@pytest.mark.parametrize("changes", [{"suspended": "調査"}, {"until": date(2020, 3, 31)}, {"since": date(2099, 4, 1)}])
async def test_ac10_an_open_session_ends_with_the_person(c: Console, changes: dict[str, object]) -> None:
    await with_house(c)
    invited = await c.person("hana", Role.USR, address=at("taro"))
    by_mail = await c.desk.accounts.arrive(at("taro"), "taro", Origin.MAIL)
    opened = [await c.signed_in(who) for who in (invited, by_mail)]
    opened.append(await c.signed_in(await from_the_house(c, "taro")))
    await with_house(c, with_person("taro", **changes))
    for browser in opened:
        assert (await browser.get("/account")).headers["location"] == "/sign-in"
    assert (await c.browser().post("/sign-in", name="hana", password=PASSWORD)).status_code == 401
    with pytest.raises(Refusal):
        await from_the_house(c, "taro")


async def test_ac03_who_is_no_more_in_the_directory_is_out(c: Console) -> None:
    await with_house(c)
    browser = await c.signed_in(await from_the_house(c, "taro"))
    without = tuple(p for p in HOUSE.people if p.address not in (at("taro"), at("counter")))
    await with_house(c, replace(HOUSE, people=without))
    assert (await browser.get("/account")).headers["location"] == "/sign-in"


async def test_ac06_nobody_signs_in_as_a_shared_address(c: Console) -> None:
    await with_house(c)
    with pytest.raises(Refusal):
        await from_the_house(c, "counter")


async def test_the_emergency_account_needs_no_directory(c: Console) -> None:
    browser = await c.signed_in(await c.person("emergency", Role.SYM))
    await with_house(c)
    assert (await browser.get("/account")).status_code == 200


@pytest.mark.parametrize("changes", [{"roles": (Role.USR, Role.SYO)}, {"section": "it"}])
async def test_a_transfer_ends_an_open_session(c: Console, changes: dict[str, object]) -> None:
    await with_house(c)
    browser = await c.signed_in(await from_the_house(c, "taro"))
    await with_house(c, with_person("taro", **changes))
    assert (await browser.get("/account")).headers["location"] == "/sign-in"


async def test_a_code_by_mail_takes_over_nobody_who_is_more(c: Console) -> None:
    """Whoever reads a mailbox does not become its owner's account with rights, or past its second factor."""
    await with_house(c)
    await from_the_house(c, "jiro")
    taro = await from_the_house(c, "taro")
    assert (await c.desk.accounts.arrive(at("taro"), "taro", Origin.MAIL)).origin is Origin.LDAP
    secret = credentials.new_totp()
    await c.desk.accounts.enrol_totp(taro, secret, c.code(secret))
    for name in ("jiro", "taro"):
        with pytest.raises(Refusal, match="account of the house"):
            await c.desk.accounts.arrive(at(name), name, Origin.MAIL)


async def test_a_mail_account_becomes_one_of_the_house_and_stays_one(c: Console) -> None:
    await with_house(c)
    assert (await c.desk.accounts.arrive(at("jiro"), "jiro", Origin.MAIL)).roles == (Role.USR,)
    assert (await from_the_house(c, "jiro")).roles == (Role.SYO, Role.CSIRT)
    changes = [dict(e.facts)["change"] for e in await journal.search(c.rooms.db, kind="account_changed")]
    assert changes == ["created (mail) with roles usr", "signs in by ldap"]


async def test_a_passkey_alone_does_not_open_an_account_of_the_house(c: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    """The house closes its account; what was enrolled here must not outlive that.  As the second factor it is as good."""
    await with_house(c)
    who = await from_the_house(c, "jiro")

    async def proven(answer: str, source: str) -> Account:
        return who

    monkeypatch.setattr(c.desk.passkeys, "prove", proven)
    assert (await c.browser().post("/sign-in/passkey", answer="{}")).status_code == 403
    other = await c.signed_in(await from_the_house(c, "head"), whole=False)
    assert (await other.post("/sign-in/passkey", answer="{}")).status_code == 403
    half = await c.signed_in(who, whole=False)
    assert (await half.post("/sign-in/passkey", answer="{}")).headers["location"] == "/"
    assert (await half.get("/held")).status_code == 200


async def test_people_of_the_house_are_not_changed_or_invited_here(c: Console) -> None:
    await with_house(c)
    boss = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    who = await from_the_house(c, "taro")
    page = await boss.get("/people")
    assert "LDAP" in page.text
    assert "役割と所属は職員名簿のものです" in (await boss.get(f"/people/{who.name}")).text
    for path in ("", "/suspect"):
        assert (await boss.post(f"/people/{who.name}{path}", display="x", role=["sym"], reason="異動")).status_code == 400
    secret = credentials.new_totp()
    await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    browser = await c.signed_in(await c.desk.accounts.find(who.name))
    assert (await boss.post(f"/people/{who.name}/reset", reason="端末の紛失")).headers["location"] == "/people"
    assert (await browser.get("/account")).status_code == 303
    assert not (await c.desk.accounts.find(who.name)).has_totp
    with pytest.raises(Refusal):
        await c.desk.accounts.invite_again(who.name, "boss")


async def test_ac06_a_suspected_password_ends_and_the_second_factor_stays(c: Console) -> None:
    boss = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    who, secret = await c.person("syo", Role.SYO), credentials.new_totp()
    await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    browser = await c.signed_in(await c.desk.accounts.find("syo"))
    invited = await boss.post("/people/syo/suspect", reason="漏えいの疑い")
    assert invited.status_code == 200
    assert (await browser.get("/account")).headers["location"] == "/sign-in"
    assert (await c.browser().post("/sign-in", name="syo", password=PASSWORD)).status_code == 401
    code = await c.desk.accounts.suspect("syo", "boss", "漏えいの疑い")
    new = "新しい四月の桜は川沿いに三十本ある"
    browser = c.browser()
    answer = await browser.post("/invitation", code=code, password=new, again=new)
    assert answer.headers["location"] == "/sign-in/second", "who has the invitation still needs the device"
    await browser.get("/sign-in/second")
    c.rooms.times.pass_(30)
    assert (await browser.post("/sign-in/second", code=c.code(secret))).headers["location"] == "/"


async def test_w3_a_session_says_how_it_began(c: Console) -> None:
    who, secret = await c.person("syo", Role.SYO), credentials.new_totp()
    await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    c.rooms.times.pass_(30)
    browser = c.browser()
    await browser.post("/sign-in", name="syo", password=PASSWORD)
    await browser.get("/sign-in/second")
    await browser.post("/sign-in/second", code=c.code(secret))
    assert "パスワード + 確認コード" in (await browser.get("/account")).text
