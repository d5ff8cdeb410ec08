"""AC-05, LG-08: whose mail an account sees is its address; who changes it is journalled, and both addresses hear of it."""

from __future__ import annotations

import email
import email.policy

from gateway import journal
from gateway.directory import Role
from tests.gateway.console.make_console import Console
from tests.gateway.make_directory import at


async def told(c: Console) -> dict[str, str]:
    mails = [email.message_from_bytes(content, policy=email.policy.default) for _, content in await c.rooms.copies()]
    return {str(mail["To"]): str(mail.get_content()) for mail in mails}


async def changed(c: Console, address: str) -> list[str]:
    admin = await c.signed_in(await c.person(f"admin{len(address)}", Role.SYM), elevated=True)
    form = {"display": "Sato", "role": [Role.SYO.value], "scope": "", "address": address}
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
