"""What staff and approvers do from the links in their mails, in Chromium and without a script (C2, SD-01, ML-08, AC-08)."""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import re
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from samples import container
from tests.browser import make_site
from tests.browser.make_site import SIZE, STAFF, Site, send, watched
from tests.running import free_port
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CONFIG = Path(__file__).parents[2] / "config"
HEAD, DEPUTY = "zeimukacho@city.example.lg.jp", "zeimuhosa@city.example.lg.jp"
RULES = """
default_profile: rebuild
profiles:
  rebuild: {method: rebuild}
rules:
  - {name: not-inspected, match: {verdict: failed}, action: hold, reason: 安全を確認できません。, clauses: [SAN-02]}
  - {name: password-wanted, match: {verdict: locked}, action: await_password, reason: パスワードが必要です。, clauses: [AV-03]}
  - name: secret
    match: {direction: outbound, recipient: "secret@pref.example.jp"}
    action: await_approval
    reason: 機密性2の情報は承認が必要です。
    clauses: [SD-01]
    approve: {by: [ism]}
  - name: confirm
    match: {direction: outbound, recipient: "later@pref.example.jp"}
    action: delay
    reason: 外部へのメールは、確認してから送信します。
    clauses: [ML-08]
    delay: {minutes: 60}
  - {name: outbound, match: {direction: outbound}, action: deliver, worst: sanitised, clauses: [SAN-02]}
  - {name: inbound, match: {direction: inbound}, action: deliver, worst: withheld, clauses: [SAN-02]}
"""


@dataclass
class House:
    site: Site
    inside: Sink
    outside: Sink
    chromium: Browser
    seen: list[str]

    async def page(self) -> Page:
        """A person's browser of its own, without scripts."""
        return await watched(
            await self.chromium.new_context(viewport=SIZE, locale="ja-JP", java_script_enabled=False), self.seen
        )

    def mails(self, sink: Sink, to: str, words: str) -> list[EmailMessage]:
        found = [
            email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in sorted(sink.directory.glob("*.eml"))
        ]
        return [m for m in found if isinstance(m, EmailMessage) and to in str(m["To"]) and words in f"{m['Subject']}"]

    async def mail(self, sink: Sink, to: str, words: str) -> EmailMessage:
        found = await until(lambda: self.mails(sink, to, words), lambda: self.site.gateway.mugai("journal", "tail", "-n", "30"))
        return found[-1]

    async def link(self, to: str, words: str) -> str:
        """What stands in the mail that this person got."""
        text = (await self.mail(self.inside, to, words)).get_body().get_content()  # type: ignore[union-attr]
        found = re.search(rf"{re.escape(self.site.origin)}/\S+", text)
        assert found, text
        return found[0]

    async def sends(self, to: str, subject: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = STAFF, to, subject
        message.set_content("税の見積もりについて、照会します。")

        def sending() -> None:
            with smtplib.SMTP("127.0.0.1", self.site.gateway.outbound, timeout=PATIENCE) as client:
                client.send_message(message)

        await asyncio.to_thread(sending)

    async def by_code(self, address: str) -> Page:
        """Signed in with the code that came by mail."""
        page, before = await self.page(), len(self.mails(self.inside, address, "確認コード"))
        await page.goto(f"{self.site.origin}/sign-in/code")
        await page.fill("#address", address)
        await page.click("button.main")
        await until(lambda: len(self.mails(self.inside, address, "確認コード")) > before)
        text = self.mails(self.inside, address, "確認コード")[-1].get_body().get_content()  # type: ignore[union-attr]
        await page.fill("#code", re.search(r"\d{4} \d{4}", text)[0])  # type: ignore[index]
        await page.click("button.main")
        await expect(page.locator("h1")).to_contain_text("自分のメール")
        return page


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("staff")
    inside, outside = Sink(place / "in", "127.0.0.1", free_port()), Sink(place / "out", "127.0.0.1", free_port())
    await inside.start()
    await outside.start()
    more = "workflow: {links: true}\n"
    site = await asyncio.to_thread(
        lambda: make_site.start(
            place / "state", clamd.socket, inside.port, rules=RULES, more=more, outbound_hop_port=outside.port
        )
    )
    imported = ("directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
    await asyncio.to_thread(site.gateway.mugai, *imported)
    driver, chromium = await make_site.browser()
    seen: list[str] = []
    try:
        yield House(site, inside, outside, chromium, seen)
        assert seen == []
    finally:
        await chromium.close()
        await driver.stop()  # type: ignore[attr-defined]
        site.stop()
        site.gateway.stop()
        await inside.stop()
        await outside.stop()


async def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("MUGAI_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


def ppap() -> bytes:
    """An estimate in a ZIP whose password comes in another mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "sender@example.com", STAFF, "見積書の送付"
    message.set_content("見積書をお送りします。パスワードは別のメールでお知らせします。")
    message.add_attachment(container.encrypted_zip(), maintype="application", subtype="zip", filename="見積書.zip")
    return message.as_bytes(policy=email.policy.SMTP)


async def test_c2_av03_the_link_takes_a_wrong_then_the_right_password_and_the_sanitised_file_arrives(house: House) -> None:
    await asyncio.to_thread(send, house.site.gateway, [ppap()])
    link = await house.link(STAFF, "パスワード待ち")
    page = await house.page()
    await page.goto(link)
    await expect(page.locator("main")).to_contain_text("見積書の送付")
    await shot(page, "staff-password")
    await page.fill("#password", "wrong")
    await page.click("button.main")
    await expect(page.locator(".refusal")).to_contain_text("パスワードが違います。 あと4回")
    assert len(house.mails(house.inside, STAFF, "見積書の送付")) == 1  # only the notice
    await page.fill("#password", container.PASSWORD)
    await page.click("button.main")
    await expect(page.locator("main")).to_contain_text("お届けしました")
    await shot(page, "staff-delivered")
    await until(lambda: len(house.mails(house.inside, STAFF, "見積書の送付")) == 2)
    [delivered] = [m for m in house.mails(house.inside, STAFF, "見積書の送付") if "パスワード待ち" not in str(m["Subject"])]
    names = [str(each.get_filename()) for each in delivered.iter_attachments()]
    assert any("見積書" in name for name in names), names
    assert container.PASSWORD not in (house.site.gateway.state / "serve.log").read_text()


async def test_sd01_the_section_head_approves_from_the_link_and_the_mail_leaves(house: House) -> None:
    await house.sends("secret@pref.example.jp", "承認を求めるメール")
    page = await house.page()
    await page.goto(await house.link(HEAD, "承認を求めるメール"))
    await expect(page.locator("main")).to_contain_text("機密性2の情報は承認が必要です。")
    await shot(page, "approval-link")
    assert not house.mails(house.outside, "secret@pref.example.jp", "承認を求めるメール")
    await page.fill("#reason", "宛先と内容を確かめた")
    await page.click("button:has-text('承認する')")
    await expect(page.locator(".said")).to_contain_text("承認")
    await house.mail(house.outside, "secret@pref.example.jp", "承認を求めるメール")


async def test_ac08_the_applicant_can_not_and_the_deputy_can(house: House) -> None:
    await house.sends("secret@pref.example.jp", "代行で承認するメール")
    await house.link(DEPUTY, "代行で承認するメール")
    page = await house.by_code(STAFF)
    await page.click("nav >> text=承認・手続き")
    await expect(page.locator("main")).not_to_contain_text("代行で承認するメール")
    await page.goto(f"{house.site.origin}/mine")
    await page.click("li:has-text('代行で承認するメール') a")
    await expect(page.locator("main")).to_contain_text("取り下げる")
    await expect(page.locator("button:has-text('承認する')")).to_have_count(0)
    deputy = await house.by_code(DEPUTY)
    await deputy.click("nav >> text=承認・手続き")
    await expect(deputy.locator("main")).to_contain_text("税務課長")
    await shot(deputy, "approvals")
    await deputy.click("a:has-text('代行で承認するメール')")
    await deputy.click("text=本文と添付の文字を読む")
    await expect(deputy.locator("pre.body")).to_contain_text("税の見積もりについて、照会します。")
    await deputy.click("text=手続きへ戻る")
    await shot(deputy, "approval")
    await deputy.fill("#reason", "課長不在のため確認")
    await deputy.click("button:has-text('承認する')")
    await expect(deputy.locator(".said").first).to_contain_text("手続きを記録しました")
    await house.mail(house.outside, "secret@pref.example.jp", "代行で承認するメール")


async def test_ml08_staff_cancel_a_delayed_mail(house: House) -> None:
    await house.sends("later@pref.example.jp", "取り消すメール")
    await house.link(STAFF, "取り消すメール")
    page = await house.by_code(STAFF)
    form = page.locator("form.delayed", has_text="取り消すメール")
    await form.locator("select").select_option("宛先が違う")
    await shot(page, "staff")
    await form.locator("text=送信を取り消す").click()
    await expect(page.locator(".said")).to_contain_text("手続きを記録しました")
    await expect(page.locator("form.delayed")).to_have_count(0)
    assert not house.mails(house.outside, "later@pref.example.jp", "取り消すメール")
    found = await asyncio.to_thread(house.site.gateway.mugai, "journal", "search", "--kind", "case_step")
    assert "cancel" in found
