"""One-time codes by mail: for staff, few, once, and nobody learns from them who exists (W4)."""

from __future__ import annotations

import email
import re
from email import policy

from gateway.console.codes import MOST, SECONDS, TRIES
from gateway.console.standing import Origin
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_directory import HOUSE, at


async def with_house(c: Console) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")


async def mails(c: Console) -> list[str]:
    """Text of all that we wrote, oldest first."""
    return [str(email.message_from_bytes(each, policy=policy.default).get_content()) for _, each in await c.rooms.copies()]


async def code_of(c: Console) -> str:
    found = re.search(r"コード: (\d{4} \d{4})", (await mails(c))[-1])
    assert found
    return found[1]


async def asked(c: Console, address: str) -> Browser:
    browser = c.browser()
    await browser.post("/sign-in/code", address=address)
    return browser


async def test_staff_without_an_account_sign_in_with_a_code_from_their_mailbox(c: Console) -> None:
    await with_house(c)
    browser = await asked(c, "Taro@City.example.lg.jp")
    answer = await browser.post("/sign-in/code/check", address=at("taro"), code=await code_of(c))
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine")
    browser.client.cookies.set("__Host-mugai", answer.cookies["__Host-mugai"], domain="console.example", path="/")
    assert at("taro") in (await browser.get("/mine")).text
    assert (await browser.get("/held")).status_code == 403
    again = await browser.post("/sign-in/code/check", address=at("taro"), code=await code_of(c))
    assert again.status_code == 401


async def test_w4_the_page_is_the_same_for_who_is_known_and_who_is_not(c: Console) -> None:
    await with_house(c)
    pages = []
    for address in (at("taro"), at("nobody"), "taro@elsewhere.example", at("*"), "x", "<script>@city.example.lg.jp"):
        answer = await c.browser().post("/sign-in/code", address=address)
        assert answer.status_code == 200
        pages.append(re.sub(r'value="[^"]*"|<br>.*?</p>', "", answer.text))
    assert len(set(pages)) == 1
    assert len(await mails(c)) == 1


async def test_a_code_ends_after_a_while_and_after_a_few_tries(c: Console) -> None:
    await with_house(c)
    browser = await asked(c, at("taro"))
    code = await code_of(c)
    for _ in range(TRIES):
        assert (await browser.post("/sign-in/code/check", address=at("taro"), code="0000 0000")).status_code == 401
    c.rooms.times.pass_(300)
    assert (await browser.post("/sign-in/code/check", address=at("taro"), code=code)).status_code == 401
    await asked(c, at("taro"))
    code = await code_of(c)
    c.rooms.times.pass_(SECONDS + 1)
    assert (await browser.post("/sign-in/code/check", address=at("taro"), code=code)).status_code == 401


async def test_a_mailbox_is_not_flooded_and_a_machine_that_asks_for_many_waits(c: Console) -> None:
    await with_house(c)
    for _ in range(30):
        c.rooms.times.pass_(61)
        await c.browser("127.0.0.2").post("/sign-in/code", address=at("taro"))
    assert len(await mails(c)) == 10
    for name in ("guess", "head"):  # who is known is counted like who is not
        asker = c.browser(f"127.0.1.{len(name)}")
        answers = [await asker.post("/sign-in/code", address=at(name)) for _ in range(MOST + 1)]
        assert [answer.status_code for answer in answers] == [*[200] * MOST, 429]
    assert (await c.browser("127.0.0.3").post("/sign-in/code", address=at("jiro"))).status_code == 200


async def test_ac10_who_is_suspended_gets_no_code(c: Console) -> None:
    await with_house(c)
    browser = await asked(c, at("taro"))
    who = await c.desk.accounts.arrive(at("taro"), "太郎", Origin.MAIL)
    await c.desk.accounts.suspend(who.name, True, "kanri", "退職")
    answer = await browser.post("/sign-in/code/check", address=at("taro"), code=await code_of(c))
    assert answer.status_code == 403
