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
CONFIG = Path(__file__).parents[2] / "config"
MORE = f"workflow: {{links: true}}\nplaybooks: {CONFIG / 'playbooks.yaml'}\nreports: {CONFIG / 'reports'}\n"
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
    **{"syo": "shinsa", "usr": "staff", "aud": "kansa", "ven": "gyosha", "com": "iinkai"},
}
WORDS = {
    **{"ciso": "副市長 花岡 千代子", "cso": "統括責任者 森川 健一", "csirt": "窓口 早見 涼", "bur": "総務部長 大場 実"},
    **{"ism": "税務課長 水野 久美", "syo": "審査 花子", "usr": "例示 太郎"},
    **{"aud": "監査 次郎", "ven": "保守 会社員", "com": "委員 三郎"},
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


POST = (  # a morning's post, invented
    ("令和8年度 固定資産評価システム改修業務 見積依頼の件", "見積条件書.jwc"),
    ("12月定例会 一般質問の通告について (議会事務局)", "通告書様式.jtdx2"),
    ("市道112号線 道路占用許可申請の添付図面", "占用位置図_S=1-500.jwc"),
    ("広報1月号 折り込みチラシの校正依頼 (2回目)", "校正_表裏.indx"),
    ("避難所備蓄品の納入日程について", "納入日程.dat"),
    ("中央公民館 空調更新工事 施工体制台帳の提出", "施工体制台帳.jwc"),
    ("自治会連合会 防災訓練の実施計画 (最終)", "訓練計画.dat"),
)
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
    if name != "staff":  # plain staff may come by a password alone; nobody else
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
            **{"rules": RULES, "more": MORE, "outbound_hop_port": outside.port},
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
    await admin.fill("#why-change", "名簿のアドレス")
    await admin.click("main button.main >> nth=0")
    for role, name in PEOPLE.items():
        await admin.goto(f"{town.site.origin}/people")
        await admin.fill("#name", name)
        await admin.fill("#display", WORDS[role])
        await admin.fill("#address", f"{name}@city.example.lg.jp")
        await admin.check(f"input[value={role}]")
        await admin.fill("#scope", "*@city.example.lg.jp" if role in ("bur", "ism") else "")
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
    await admin.fill("#why-suspend", "契約の終了")
    await admin.click("button:has-text('停止する')")
    await expect(admin.locator("tr", has_text="gyosha")).to_contain_text("停止中")
    await vendor.reload()
    await expect(vendor).to_have_url(re.compile("/sign-in"))
    await vendor.fill("#name", "gyosha")
    await vendor.fill("#password", PASSWORD)
    await vendor.click("main button.main")
    await expect(vendor.locator(".refusal").first).to_contain_text("が違います")  # the same words as for a wrong password
    await admin.click("a:text-is('gyosha')")
    await admin.fill("#why-suspend", "契約の更新")
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
    await town.arrives(*(drawing(*each) for each in POST), drawing(subject, name))
    reviewer = await town.page("syo", "/held")
    await shot(reviewer, "held")
    await reviewer.click("tr:has-text('駅前広場') [data-open]")
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


async def test_sd01_a_blanket_approval_lets_the_next_mails_leave_until_it_is_revoked(town: Town) -> None:
    staff = await town.page("usr", "/ask/blanket")
    await staff.fill("#recipient", "secret@pref.example.jp")
    await staff.fill("#until", time.strftime("%Y-%m-%d", time.localtime(time.time() + 30 * 86_400)))
    await staff.fill("#reason", "県との毎週の照合。承認済みの様式だけを送る")
    await shot(staff, "ask-blanket")
    await staff.click("main button.main")
    await said(staff, "申請しました")
    await expect(staff.locator("button:has-text('承認する')")).to_have_count(0)
    number = staff.url.rpartition("/")[2]
    head = await town.page("ism", f"/approvals/{number}")
    await shot(head, "case-blanket")
    await head.fill("#reason", "相手と様式を確かめた")
    await head.click("button:has-text('承認する')")
    await said(head, "手続きを記録しました")
    await town.leaves("secret@pref.example.jp", "照合表 第48週")
    await town.mail(town.outside, "secret@pref.example.jp", "照合表 第48週")
    await head.goto(f"{town.site.origin}/approvals/{number}")
    await expect(head.locator("main")).to_contain_text("使用 1")
    await shot(head, "case-blanket-used")
    await head.fill("#reason", "年度の照合が終わった")
    await head.click("button:has-text('取り消す')")
    await said(head, "手続きを記録しました")
    await town.leaves("secret@pref.example.jp", "照合表 第49週")
    await head.goto(f"{town.site.origin}/approvals")
    await expect(head.locator("table")).to_contain_text("照合表 第49週")
    assert not delivered(town.outside, "secret@pref.example.jp", "照合表 第49週")
    acts = [step["act"] for step in town.facts("case_step") if str(step["case"]) == number]
    assert [act for act in acts if act in ("approve", "revoke")] == ["approve", "revoke"]


async def test_ml08_in01_staff_report_and_the_csirt_takes_keeps_and_follows_the_plan(town: Town) -> None:
    await town.arrives(drawing("【重要】共済組合よりお知らせ: 情報更新のお願い", "お手続き.jwc"))
    await town.leaves("tonari@pref.example.jp", "名簿の送付 (宛先を誤ったもの)")
    sent = await town.mail(town.outside, "tonari@pref.example.jp", "名簿の送付")
    staff = await town.page("usr", "/mine")
    await shot(staff, "mine")
    await staff.click("tr:has-text('共済組合') a")
    await shot(staff, "mine-mail")
    await staff.fill("#odd", "組合からの連絡は紙で届くはず")
    await staff.click("button:has-text('報告する')")
    await said(staff, "報告しました")
    await staff.goto(f"{town.site.origin}/mine")
    await staff.fill("#mail", str(sent["X-Mugai-Id"]))
    await staff.click("text=報告の画面へ")
    await expect(staff.locator("main")).to_contain_text("tonari@pref.example.jp")
    await shot(staff, "mine-report")
    await staff.fill("#reason", "宛先の補完で別の課を選んだ")
    await staff.click("button:has-text('報告する')")
    await said(staff, "報告しました")
    await shot(staff, "case-misdirected")
    head = await town.page("ism", "/approvals")
    await expect(head.locator("table")).to_contain_text("不審なメールの報告")
    csirt = await town.page("csirt", "/incidents")
    for words in ("誤送信", "不審なメールの報告"):
        await expect(csirt.locator("table")).to_contain_text(words)
    await shot(csirt, "incidents")
    await csirt.click("tr:has-text('不審なメールの報告') a")
    await expect(csirt.locator("main")).to_contain_text("組合からの連絡は紙で届くはず")
    await head.click("a:has-text('不審なメールの報告')")
    await head.fill("#reason", "課内に同じメールがないか確かめる")
    await head.click("button:has-text('対応を始める')")
    await said(head, "手続きを記録しました")
    await csirt.reload()
    await expect(csirt.locator(".timeline")).to_contain_text("課内に同じメールがないか確かめる")
    await csirt.click("text=この事案の手続きへ")
    await expect(csirt.locator("main")).to_contain_text("組合からの連絡は紙で届くはず")
    await csirt.go_back()
    await shot(csirt, "incident")
    await csirt.click("section:has-text('報告書の案') li a >> nth=0")
    await expect(csirt.locator("pre")).to_contain_text("組合からの連絡は紙で届くはず")
    await shot(csirt, "incident-report")
    await csirt.goto(f"{town.site.origin}/held")
    await csirt.click("tr:has-text('共済組合') a")
    await csirt.fill("#keep-reason", "事案の証拠")
    await csirt.click("button:has-text('削除・期限切れを止める')")
    await expect(csirt.locator("main")).to_contain_text("証拠保全: csirt")
    await expect(csirt.locator("button:has-text('無害化して解除')")).to_have_count(0)  # it does not review
    reviewer = await town.page("syo", csirt.url.removeprefix(town.site.origin))
    await expect(reviewer.locator("button:has-text('削除') >> nth=0")).to_be_disabled()
    begun = ("incident", "playbook", "start", "malware-in", "--drill", "--participant", "csirt@city.example.lg.jp")
    who = ("--as", "csirt@city.example.lg.jp", "--reason", "年次の訓練")
    await asyncio.to_thread(town.site.gateway.mugai, *begun, *who)
    await csirt.goto(f"{town.site.origin}/incidents")
    await csirt.click("table a >> nth=0")
    await expect(csirt.locator("main")).to_contain_text("受信メールでウイルスが届いた、または届いたおそれ")
    await expect(csirt.locator("main")).not_to_contain_text("malware-in")  # a name for programs
    await shot(csirt, "incident-drill")


async def test_lg06_a_trouble_is_recorded_and_closed_only_with_cause_and_action(town: Town) -> None:
    page = await town.page("sym", "/troubles")
    await page.fill("#what", "後続のメールサーバーが応答せず、配送が遅れた")
    await page.click("main button.main")
    await said(page, "障害を登録しました")
    await page.check("input[name=close]")
    await page.click("main button.main")
    await expect(page.locator(".refusal")).to_contain_text("原因と対処が必要です")
    await page.go_back()
    await page.fill("#cause", "後続サーバーの証明書の期限切れ")
    await page.fill("#action", "証明書を更新し、滞留分の配送を確かめた")
    await page.fill("#down_minutes", "35")
    await page.check("input[name=close]")
    await page.click("main button.main")
    await said(page, "記録しました")
    await expect(page.locator("main form[action^='/troubles']")).to_have_count(0)
    await shot(page, "trouble")
    await page.goto(f"{town.site.origin}/troubles")
    await expect(page.locator("tr:has-text('後続のメールサーバー')")).to_contain_text("完了")
    await shot(page, "troubles")


async def test_lg04_the_ciso_verifies_and_signs_off_and_the_auditor_does_not(town: Town) -> None:
    month = time.strftime("%Y-%m", time.gmtime(time.time() + 9 * 3_600))
    page = await town.page("ciso", "/journal/proof")
    await page.click("main button.main")
    await expect(page.locator("main")).to_contain_text("正常")
    await shot(page, "proof")
    await page.goto(f"{town.site.origin}/journal/inspection")
    await shot(page, "inspections")
    await page.goto(f"{town.site.origin}/journal/inspection/{month}")
    await expect(page.locator("main form.sign, #comment")).to_have_count(0)  # the month is not over
    await page.goto(f"{town.site.origin}/journal/inspection")
    await page.click(f"table a:not(:text-is('{month}')) >> nth=0")
    period = page.url.rpartition("/")[2]
    if not await page.locator("#comment").count():  # a quarter or a year that is not over either
        await page.go_back()
        await page.click("table tbody tr:last-child a")
        period = page.url.rpartition("/")[2]
    await page.fill("#comment", "拒否と保留の記録を抜き取り、異常はなかった")
    await page.click("main button.main")
    await said(page, "点検済として記録しました")
    await shot(page, "inspection-signed")
    auditor = await town.page("aud", f"/journal/inspection/{period}")
    await expect(auditor.locator("main")).to_contain_text("拒否と保留の記録を抜き取り")
    await expect(auditor.locator("#comment")).to_have_count(0)
    await auditor.goto(f"{town.site.origin}/journal/proof")
    await auditor.click("main button.main")
    await expect(auditor.locator("main")).to_contain_text("正常")
    assert [f["actor"] for f in town.facts("inspected")] == ["ciso"]
    assert {str(f["actor"]) for f in town.facts("verified")} >= {"ciso", "kansa"}


async def test_ac02_who_has_no_part_in_it_sees_none_of_it(town: Town) -> None:
    await town.arrives(drawing("図書館の休館日について", "掲示.jwc"))
    bureau = await town.page("bur", "/held")
    await expect(bureau.locator("table.mails")).to_contain_text("休館日")
    await shot(bureau, "held-bureau")
    await bureau.click("tr:has-text('休館日') a")
    for words in ("本文と文字", "無害化して解除", "証拠保全"):
        await expect(bureau.locator("main nav, main h2, main button", has_text=words)).to_have_count(0)
    await bureau.goto(f"{bureau.url}/text")
    await expect(bureau.locator("main")).to_contain_text("権限がありません")
    await shot(bureau, "refused")
    for role in ("ven", "com", "usr"):
        page = await town.page(role, "/")
        own = ["自分のメール", "送信したメール", "承認・手続き"]
        own += ["監査", "定期報告", "自己点検"] if role == "com" else []  # the committee's to read
        await expect(page.locator(".rail nav a")).to_have_text(own)
        for path in ("/held", "/journal", "/rules", "/people", "/dashboard", "/stops"):
            answer = await page.goto(f"{town.site.origin}{path}")
            assert answer is not None
            assert answer.status == 403, (role, path)


async def test_keys_move_and_release(town: Town) -> None:
    await town.arrives(drawing("図面の差し替え", "一般図.jwc"), drawing("図面の差し替え 2", "平面図.jwc"))
    page = await town.page("syo", "/held?text=差し替え")
    for key in ("j", "j", "k"):
        await page.keyboard.press(key)
    receipt = await page.locator("tr.here [data-open]").inner_text()
    await page.keyboard.press("r")
    await page.keyboard.type("図面なしで届けてよいと確認した")
    await page.keyboard.press("Enter")
    await said(page, "1件を解除しました")
    assert [f["actor"] for f in town.site.gateway.facts("released", receipt)] == ["shinsa"]


JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
OURS = "main h2, main th, main .card label, main button, main dt, main .tag, .rail nav a, .rail button"


@pytest.mark.parametrize("role", ["sym", "cso", "aud", "ism", "usr"])
async def test_every_place_fits_on_the_screen_and_speaks_both_languages(town: Town, role: str) -> None:
    """No page is wider than the screen, no menu longer, and in English no word of ours is Japanese."""
    page = await town.page(role, "/mine")
    if role != "usr":  # with the privileged menu, which is the longest
        await page.goto(f"{town.site.origin}/confirm?next=/account")
        await town.prove(page, {"sym": "kanri", **PEOPLE}[role])
    for language in ("日本語", "English"):
        if await page.locator(f".rail button:has-text('{language}')").count():
            await page.click(f".rail button:has-text('{language}')")
        links = await page.locator(".rail a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert await page.locator(".rail").evaluate("rail => rail.scrollHeight <= rail.clientHeight"), "the menu is too long"
        for path in dict.fromkeys(links):
            answer = await page.goto(f"{town.site.origin}{path}")
            assert answer is not None
            assert answer.status == 200, path
            await shot(page, f"{role}-{'en' if language == 'English' else 'ja'}{path.replace('/', '-')}")
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
            if language == "English":
                words = await page.locator(OURS).all_inner_texts()
                assert not [each for each in words if JAPANESE.search(each.replace("日本語", ""))], path
    await page.click(".rail button:has-text('日本語')")
