"""AC-05, LG-08: whose mail an account sees is its address; who changes it is journalled, and both addresses hear of it."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import date, timedelta

import pytest

from gateway import journal
from gateway.api.scopes import TokenScope
from gateway.console.schema import account
from gateway.console.standing import Origin
from gateway.directory import Attribute, Person, Role, book
from gateway.words import Refusal
from tests.gateway.api.make_program import program
from tests.gateway.console.make_console import PASSWORD, Console
from tests.gateway.make_directory import HOUSE, at


async def told(c: Console) -> dict[str, str]:
    mails = [email.message_from_bytes(content, policy=email.policy.default) for _, content in await c.rooms.copies()]
    return {str(mail["To"]): str(mail.get_content()) for mail in mails}


async def changed(c: Console, address: str) -> list[str]:
    admin = await c.signed_in(await c.person(f"admin{len(address)}", Role.SYM), elevated=True)
    form = {"display": "Sato", "role": [Role.SYO.value], "scope": "", "address": address, "reason": "異動"}
    assert (await admin.post("/people/sato", **form)).status_code == 303
    found = await journal.search(c.rooms.db, kind="account_changed")
    return [str(dict(each.facts)["change"]) for each in found]


async def test_both_addresses_are_told_and_the_journal_names_them(c: Console) -> None:
    await c.desk.accounts.invite("sato", "Sato", [Role.SYO], [], "test", at("sato"))
    changes = await changed(c, at("mayor"))
    assert f"roles syo; address {at('sato')} -> {at('mayor')}" in changes
    letters = await told(c)
    assert set(letters) == {at("sato"), at("mayor")}
    assert all("変更した管理者: admin" in text and at("mayor") in text for text in letters.values())


async def test_nobody_is_told_of_a_change_that_leaves_the_address_and_nobody_outside_ever(c: Console) -> None:
    await c.desk.accounts.invite("sato", "Sato", [Role.SYM], [], "test", "sato@example.com")
    await changed(c, "sato@example.com")
    assert await told(c) == {}
    await changed(c, at("sato"))
    assert set(await told(c)) == {at("sato")}


async def test_ac03_a_contractor_has_a_last_day(c: Console) -> None:
    admin = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    form = {"name": "vendor", "display": "保守 業者", "role": "ven", "scope": "", "address": ""}
    for until, status in (("", 400), ("2027-13-31", 400), ("2027-03-31", 200)):
        assert (await admin.post("/people", **form, until=until)).status_code == status, until
    assert (await c.desk.accounts.find("vendor")).until == date(2027, 3, 31)
    [made, *_] = [
        dict(each.facts)["change"]
        for each in await journal.search(c.rooms.db, kind="account_changed")
        if dict(each.facts)["account"] == "vendor"
    ]
    assert made == "created (invited) with roles ven; until 2027-03-31"


async def test_ac03_an_account_ends_with_its_last_day_in_sessions_tokens_and_at_the_door(c: Console) -> None:
    who, today = await c.person("helper", Role.CSO), book.day(c.rooms.clock.now())
    await c.desk.accounts.change("helper", "Helper", [Role.CSO], [], "boss", until=today)
    p = await program(c, await c.desk.accounts.find("helper"), TokenScope.METRICS_READ)
    session = await c.signed_in(who)
    assert (await session.get("/dashboard")).status_code == 200, "the last day counts"
    assert (await p.get("/figures")).status_code == 200
    yesterday = (today - timedelta(days=1)).isoformat()  # as if the night had passed; a session would idle away
    await c.rooms.db.write(lambda conn: conn.execute(account.update().values(until=yesterday)))
    assert (await c.desk.accounts.find("helper")).barred
    fresh = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    page = (await fresh.get("/people")).text
    assert yesterday in page
    assert "期限切れ" in page
    assert (await session.get("/dashboard")).headers["location"] == "/sign-in"
    assert (await p.get("/figures")).status_code == 401
    with pytest.raises(Refusal, match="is wrong"):
        await c.desk.accounts.prove_password("helper", PASSWORD, "127.0.0.1")
    change = {"display": "Helper", "role": "cso", "scope": "", "address": "", "until": "2030-03-31", "reason": "契約の更新"}
    await fresh.post("/people/helper", **change)
    assert not (await c.desk.accounts.find("helper")).barred
    changes = [str(dict(each.facts)["change"]) for each in await journal.search(c.rooms.db, kind="account_changed")]
    assert f"roles cso; until {yesterday} -> 2030-03-31" in changes


async def test_ac03_a_contractor_of_an_older_store_waits_for_its_last_day(c: Console) -> None:
    """Nobody had asked for one before."""
    await c.person("vendor", Role.VEN)
    await c.rooms.db.write(lambda conn: conn.execute(account.update().values(until="")))
    assert (await c.desk.accounts.find("vendor")).barred
    admin = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    assert "期限が未設定" in (await admin.get("/people")).text


async def test_ml10_who_comes_by_the_house_ends_with_the_day_that_the_directory_says(c: Console) -> None:
    day = book.day(c.rooms.clock.now())
    vendor = Person(at("vendor"), "保守 業者", "it", (Role.VEN,), attribute=Attribute.CONTRACTOR)
    for number, until in enumerate((None, day)):
        people = (*HOUSE.people, replace(vendor, until=until))
        await c.desk.store.directory.replace(replace(HOUSE, people=people), number, "test", "test")
        if until is None:
            with pytest.raises(Refusal, match="Suspended"):
                await c.desk.accounts.arrive(at("vendor"), "保守 業者", Origin.LDAP)
    assert (await c.desk.accounts.arrive(at("vendor"), "保守 業者", Origin.LDAP)).until == day


async def test_nobody_ends_himself(c: Console) -> None:
    admin = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    form = {"display": "Boss", "role": "sym", "scope": "", "address": "", "until": "2020-01-01", "reason": "試し"}
    assert (await admin.post("/people/boss", **form)).status_code == 400


@pytest.mark.parametrize("act", ["", "/suspect", "/reset", "/suspend"])
async def test_lg07_nobody_is_changed_without_a_reason_that_is_recorded(c: Console, act: str) -> None:
    admin = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    await c.person("helper", Role.SYO)
    form = {"display": "Helper", "role": "syo", "scope": "", "address": "", "until": "", "suspended": "yes"}
    assert (await admin.post(f"/people/helper{act}", **form, reason=" ")).status_code == 400
    assert (await admin.post(f"/people/helper{act}", **form, reason="異動のため")).status_code in (200, 303)
    [*_, last] = await journal.search(c.rooms.db, kind="account_changed")
    assert dict(last.facts)["reason"] == "異動のため"


async def test_ac04_the_ciso_reads_who_may_what_and_changes_nobody(c: Console) -> None:
    ciso = await c.signed_in(await c.person("ciso", Role.CISO))
    page = (await ciso.get("/people")).text
    assert "ciso" in page
    assert 'action="/people' not in page
    assert 'href="/people/ciso"' not in page
    admin = await c.signed_in(await c.person("boss", Role.SYM))
    assert (await admin.get("/people")).headers["location"] == "/confirm?next=/people", "its forms are privileged"
