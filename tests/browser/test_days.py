"""The days of those whom no other walk follows: people and tokens, two persons, senders, reports, incidents, inspection.

One gateway, one browser, one person a context.  Each walk says what a person sees and what the record then tells (1.1, AC-08).
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import os
import re
import smtplib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from tests.browser import make_site
from tests.browser.make_site import PASSWORD, SIZE, STAFF, Site, one_time, send, watched
from tests.running import free_port
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

RULES = """
default_profile: rebuild
profiles:
  rebuild: {method: rebuild}
  image: {method: image}
rules:
  - {name: not-inspected, match: {verdict: failed}, action: hold, reason: 安全を確認できません。, clauses: [SAN-02]}
  - {name: password-wanted, match: {verdict: locked}, action: await_password, reason: パスワードが必要です。, clauses: [AV-03]}
  - name: as-it-came
    match: {direction: inbound, verdict: withheld}
    action: hold
    reason: 無害化できないファイルがあります。
    clauses: [SAN-05]
    original: {by: [[syo, cso]]}
  - name: secret
    match: {direction: outbound, recipient: "secret@pref.example.jp"}
    action: await_approval
    reason: 機密性2の情報は承認が必要です。
    clauses: [SD-01]
    approve: {by: [ism]}
  - {name: outbound, match: {direction: outbound}, action: deliver, worst: sanitised, clauses: [SAN-02]}
  - {name: inbound, match: {direction: inbound}, action: deliver, worst: sanitised, clauses: [SAN-02]}
"""
HEAD = "zeimukacho@city.example.lg.jp"
DIRECTORY = """
sections:
  - {code: soumubu, name: 総務部}
  - {code: zeimu, name: 税務課, parent: soumubu}
  - {code: jouhou, name: 情報政策課, parent: soumubu}
people:
  - {address: ciso@city.example.lg.jp, name: 副市長 花岡 千代子, roles: [ciso]}
  - {address: cso@city.example.lg.jp, name: 統括責任者 森川 健一, section: jouhou, roles: [cso]}
  - {address: csirt@city.example.lg.jp, name: 窓口 早見 涼, section: jouhou, roles: [csirt]}
  - {address: bucho@city.example.lg.jp, name: 総務部長 大場 実, section: soumubu, roles: [bur]}
  - {address: zeimukacho@city.example.lg.jp, name: 税務課長 水野 久美, section: zeimu, roles: [ism]}
  - {address: staff@city.example.lg.jp, name: 例示 太郎, section: zeimu}
  - {address: kanri@city.example.lg.jp, name: 管理 太郎, section: jouhou, roles: [sym]}
  - {address: shinsa@city.example.lg.jp, name: 審査 花子, section: jouhou, roles: [syo]}
  - {address: kansa@city.example.lg.jp, name: 監査 次郎, roles: [aud]}
  - {address: gyosha@city.example.lg.jp, name: 保守 会社員, attribute: contractor, roles: [ven]}
  - {address: iinkai@city.example.lg.jp, name: 委員 三郎, roles: [com]}
"""
PEOPLE = {  # role: account
    **{"ciso": "ciso", "cso": "cso", "csirt": "csirt", "bur": "bucho", "ism": "zeimukacho"},
    **{"syo": "shinsa", "aud": "kansa", "ven": "gyosha", "com": "iinkai"},
}
WORDS = {
    **{"ciso": "副市長 花岡 千代子", "cso": "統括責任者 森川 健一", "csirt": "窓口 早見 涼", "bur": "総務部長 大場 実"},
    **{"ism": "税務課長 水野 久美", "syo": "審査 花子", "aud": "監査 次郎", "ven": "保守 会社員", "com": "委員 三郎"},
}


@dataclass
class Town:
    site: Site
    inside: Sink
    outside: Sink
    chromium: Browser
    seen: list[str]
    people: dict[str, BrowserContext] = field(default_factory=dict)

    async def page(self, role: str, path: str = "") -> Page:
        page = await watched(self.people[role], self.seen)
        if path:
            await page.goto(f"{self.site.origin}{path}")
        return page

    async def mail(self, sink: Sink, to: str, words: str) -> EmailMessage:
        found = await until(lambda: delivered(sink, to, words), lambda: self.site.gateway.mugai("journal", "tail", "-n", "30"))
        return found[-1]

    async def arrives(self, *mails: EmailMessage) -> None:
        await asyncio.to_thread(send, self.site.gateway, [each.as_bytes(policy=email.policy.SMTP) for each in mails])
        await self.site.gateway.until_empty()

    async def leaves(self, to: str, subject: str) -> None:
        message = letter(subject)
        message.replace_header("From", STAFF)
        message.replace_header("To", to)

        def sending() -> None:
            with smtplib.SMTP("127.0.0.1", self.site.gateway.outbound, timeout=PATIENCE) as client:
                client.send_message(message)

        await asyncio.to_thread(sending)
        await self.site.gateway.until_empty()

    async def prove(self, page: Page, name: str) -> None:
        """Privileged work is confirmed with a code, where the page asks for it."""
        if await page.locator("#proof").count():
            await page.fill("#proof", await asyncio.to_thread(one_time, self.site.secrets[name]))
            await page.click("main button.main")

    def facts(self, kind: str) -> list[dict[str, object]]:
        return self.site.gateway.facts(kind)


def delivered(sink: Sink, to: str, words: str) -> list[EmailMessage]:
    files = sorted(sink.directory.glob("*.eml"))
    found = [email.message_from_bytes(each.read_bytes(), policy=email.policy.default) for each in files]
    return [m for m in found if isinstance(m, EmailMessage) and to in str(m["To"]) and words in f"{m['Subject']}"]


def letter(subject: str, sender: str = "sender@example.com") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, STAFF, subject
    message.set_content("いつもお世話になっております。\n標記の件について、別紙のとおりお送りします。ご確認をお願いします。\n")
    return message


def drawing(subject: str, name: str) -> EmailMessage:
    """With a file that no rebuilder reads and the scanner has read as a whole."""
    message = letter(subject)
    message.add_attachment(CAD, maintype="application", subtype="octet-stream", filename=name)
    return message


CAD = b"JWC_TEMP DATA\x00" + bytes(range(1, 256)) * 40


async def begin(page: Page, site: Site, code: str, name: str, display: str = "") -> None:
    await page.goto(f"{site.origin}/invitation")
    await page.fill("#code", code)
    await page.click("text=進む")
    if display:
        await page.fill("#name", name)
        await page.fill("#display", display)
    await page.fill("#password", PASSWORD)
    await page.fill("#again", PASSWORD)
    await page.click("text=進む")
    await expect(page.locator("#again")).to_have_count(0)
    if name != "iinkai":  # a committee reads; nobody else comes by a password alone
        site.secrets[name] = secret = await page.inner_text(".qr code")
        await page.fill("#code", one_time(secret))
        await page.click("text=設定する")
        await page.click("text=保管しました")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    place = tmp_path_factory.mktemp("town")
    inside, outside = Sink(place / "in", "127.0.0.1", free_port()), Sink(place / "out", "127.0.0.1", free_port())
    await inside.start()
    await outside.start()
    site = await asyncio.to_thread(
        lambda: make_site.start(
            *(place / "state", clamd.socket, inside.port),
            **{"rules": RULES, "more": "workflow: {links: true}\n", "outbound_hop_port": outside.port},
        )
    )
    (place / "directory.yaml").write_text(DIRECTORY, encoding="utf-8")
    await asyncio.to_thread(site.gateway.mugai, "directory", "import", str(place / "directory.yaml"), "--reason", "導入")
    driver, chromium = await make_site.browser()
    town = Town(site, inside, outside, chromium, [])
    try:
        await settle(town)
        yield town
        assert town.seen == []
        assert not town.facts("browser_reported")  # the CSP was kept everywhere
    finally:
        await chromium.close()
        await driver.stop()  # type: ignore[attr-defined]
        site.stop()
        site.gateway.stop()
        await inside.stop()
        await outside.stop()


async def context(town: Town, role: str) -> BrowserContext:
    town.people[role] = await town.chromium.new_context(viewport=SIZE, locale="ja-JP")
    return town.people[role]


async def settle(town: Town) -> None:
    """The first person by the printed code, everybody else by that person's invitation (AC-01)."""
    await context(town, "sym")
    admin = await town.page("sym")
    await begin(admin, town.site, town.site.first_code, "kanri", "管理 太郎")
    await admin.goto(f"{town.site.origin}/people")
    await town.prove(admin, "kanri")
    await admin.goto(f"{town.site.origin}/people/kanri")
    await admin.fill("#address", "kanri@city.example.lg.jp")
    await admin.click("main button.main >> nth=0")
    for role, name in PEOPLE.items():
        await admin.goto(f"{town.site.origin}/people")
        await admin.fill("#name", name)
        await admin.fill("#display", WORDS[role])
        await admin.fill("#address", f"{name}@city.example.lg.jp")
        await admin.check(f"input[value={role}]")
        if role == "ven":
            await admin.fill("#until", time.strftime("%Y-%m-%d", time.localtime(time.time() + 90 * 86_400)))
        await admin.click("text=招待コードを作る")
        code = await admin.inner_text(".big code")
        await shot(admin, "invited")
        await context(town, role)
        await begin(await town.page(role), town.site, code, name)


async def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("MUGAI_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def said(page: Page, words: str) -> None:
    await expect(page.locator("main [role=status]").first).to_contain_text(words)


# -- walks ---------------------------------------------------------------------------------------------------------------


async def test_ac01_a_person_is_changed_suspended_and_resumed_and_a_token_is_taken_by_its_owner_alone(town: Town) -> None:
    admin = await town.page("sym", "/people")
    await town.prove(admin, "kanri")
    await expect(admin.locator("table tbody tr")).to_have_count(1 + len(PEOPLE))
    await shot(admin, "people")
    await admin.click("a:text-is('gyosha')")
    await shot(admin, "person")
    vendor = await town.page("ven", "/account")
    await admin.click("button:has-text('停止する')")
    await expect(admin.locator("tr", has_text="gyosha")).to_contain_text("停止中")
    await vendor.reload()
    await expect(vendor).to_have_url(re.compile("/sign-in"))
    await vendor.fill("#name", "gyosha")
    await vendor.fill("#password", PASSWORD)
    await vendor.click("main button.main")
    await expect(vendor.locator(".refusal").first).to_contain_text("が違います")  # the same words as for a wrong password
    await admin.click("a:text-is('gyosha')")
    await admin.click("button:has-text('停止を解く')")
    await vendor.fill("#name", "gyosha")
    await vendor.fill("#password", PASSWORD)
    await vendor.click("main button.main")
    await vendor.fill("#code", await asyncio.to_thread(one_time, town.site.secrets["gyosha"]))
    await vendor.click("main button.main")
    await expect(vendor.locator(".self")).to_contain_text("保守 会社員")
    await admin.goto(f"{town.site.origin}/tokens")
    await admin.fill("#name", "月次の集計")
    await admin.select_option("#owner", "kansa")
    await admin.check("input[name=scope] >> nth=0")
    await shot(admin, "tokens")
    await admin.click("text=作る >> nth=-1")
    await expect(admin.locator("table")).to_contain_text("受取待ち")
    await expect(admin.locator("button:has-text('受け取る')")).to_have_count(0)
    owner = await town.page("aud", "/tokens")
    await owner.click("button:has-text('受け取る')")
    await shot(owner, "token-taken")
    secret = await owner.inner_text(".secret")
    async with httpx.AsyncClient(base_url=town.site.origin, headers={"Authorization": f"Bearer {secret}"}) as program:
        assert (await program.get("/api/v1/held")).status_code in (200, 403)
        await owner.goto(f"{town.site.origin}/tokens")
        await owner.click("button:has-text('失効')")
        await said(owner, "失効させました")
        assert (await program.get("/api/v1/held")).status_code == 401
    await shot(owner, "tokens-owner")


async def test_san05_two_people_let_a_file_leave_as_it_came(town: Town) -> None:
    subject = "【至急・ご確認依頼】令和8年度 駅前広場整備工事 実施設計図面一式 (第3回変更、排水計画平面図を含む) の送付について"
    name = "駅前広場整備工事_排水計画平面図_第3回変更_最終版(修正2).jwc"
    await town.arrives(drawing(subject, name))
    reviewer = await town.page("syo", "/held")
    await shot(reviewer, "held")
    await reviewer.click("[data-open] >> nth=0")
    await expect(reviewer.locator("main")).to_contain_text("原本のままの解除")
    address = reviewer.url
    await shot(reviewer, "held-mail")
    await reviewer.check("input[name=file]")
    await reviewer.fill("#original-reason", "図面を専用ソフトで開き、内容を目視で確認した")
    await reviewer.click("button:has-text('承認を申請')")
    await expect(reviewer.locator("main")).to_contain_text("別の人の承認を待っています")
    await reviewer.click(".said.warn a")
    await expect(reviewer.locator("button:has-text('承認する')")).to_have_count(0)  # nobody approves alone
    second = await town.page("cso", "/approvals")
    await shot(second, "approvals-cso")
    await second.click("table a >> nth=0")
    await shot(second, "case-as-it-came")
    await second.click("text=保留メールの画面で見る")
    await expect(second.locator("h1")).to_contain_text("排水計画平面図")
    await second.go_back()
    await second.fill("#reason", "同じファイルを別の端末で確認した")
    await second.click("button:has-text('承認する')")
    await said(second, "手続きを記録しました")
    [arrived] = await until(
        lambda: [each for each in delivered(town.inside, STAFF, "排水計画平面図") if each["X-Mugai-Verdict"] == "original"]
    )
    [file] = [part for part in arrived.iter_attachments() if str(part.get_filename()).endswith(".jwc")]
    assert file.get_content() == CAD
    for name in ("shinsa", "cso"):
        assert f"{name}@city.example.lg.jp" in arrived.get_body().get_content()  # type: ignore[union-attr]
    await reviewer.goto(address)
    await expect(reviewer.locator("main")).not_to_contain_text("原本のままの解除")


async def test_a_denied_sender_is_held_until_the_entry_ends(town: Town) -> None:
    page = await town.page("syo", "/senders")
    await expect(page.locator(".empty")).to_contain_text("登録はありません")
    await page.fill("#subject", "@ad.example.com")
    await page.select_option("#stance", "deny")
    await page.select_option("#days", "30")
    await page.fill("#sender-reason", "同じ広告が繰り返し届くため")
    await page.click("main button.main")
    await said(page, "@ad.example.com を登録しました")
    await page.fill("#subject", "a" * 64)
    await page.select_option("#stance", "allow")
    await page.fill("#sender-reason", "許可したい")
    await page.click("main button.main")
    await expect(page.locator(".refusal")).to_contain_text("ファイルは許可できません")
    await page.goto(f"{town.site.origin}/senders")
    await page.fill("#subject", "kouhou@pref.example.jp")
    await page.select_option("#stance", "allow")
    await page.fill("#sender-reason", "県の広報。配信サービスのため送信元の確認に失敗する")
    await page.click("main button.main")
    await shot(page, "senders")
    await town.arrives(letter("新商品のご案内", "news@mail.ad.example.com"))
    held = await town.page("syo", "/held?rule=denied-sender")
    await expect(held.locator("table.mails")).to_contain_text("新商品のご案内")
    await page.fill("tr:has-text('@ad.example.com') input[name=reason]", "配信を止めてもらった")
    await page.click("tr:has-text('@ad.example.com') button")
    await said(page, "登録を終えました")
    await town.arrives(letter("配信停止の手続きについて", "news@mail.ad.example.com"))
    await town.mail(town.inside, STAFF, "配信停止の手続き")
    told = [(f["actor"], f["stance"], f["change"]) for f in town.facts("sender_listed")]
    assert told == [("shinsa", "deny", "added"), ("shinsa", "allow", "added"), ("shinsa", "deny", "removed")]
