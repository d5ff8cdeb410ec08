"""How people really work at a browser: two at once, by keys alone, without a script, twice on a button, over a session's end.

One gateway, one browser.  Accounts and sessions are made in the store: signing in is walked elsewhere.  On the way no page
breaks the browser's policy; at the end every screen is full of hostile words, and axe finds no fault of WCAG 2.1 A or AA.
"""

from __future__ import annotations

import asyncio
import email.policy
import re
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from importlib.resources import files

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from gateway import settings as settings_file
from gateway.clamd import PrivateClamd
from gateway.console import app
from gateway.console.desk import Desk
from gateway.console.screen import COOKIE, LANGUAGE_COOKIE
from gateway.directory import Role
from gateway.smtp.sink import Sink
from gateway.store.opening import open_store
from samples import container
from tests.browser import make_site
from tests.browser.make_site import PASSWORD, SIZE, STAFF, Site, send, watched
from tests.browser.test_console import HOSTILE
from tests.browser.test_days import DIRECTORY, MORE, RULES, delivered, drawing, letter
from tests.browser.test_staff import ppap
from tests.running import CONFIG, free_port
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
SECRET = "secret@pref.example.jp"
PEOPLE = {
    **{"kanri": Role.SYM, "shinsa": Role.SYO, "cso": Role.CSO, "csirt": Role.CSIRT, "kansa": Role.AUD},
    **{"zeimukacho": Role.ISM, "staff": Role.USR},
}


@dataclass
class House:
    site: Site
    inside: Sink
    outside: Sink
    desk: Desk
    chromium: Browser
    seen: list[str]
    tokens: dict[str, str] = field(default_factory=dict)

    async def context(self, name: str, language: str = "ja", *, script: bool = True) -> BrowserContext:
        context = await self.chromium.new_context(viewport=SIZE, locale="ja-JP", java_script_enabled=script)
        kept = {COOKIE: self.tokens[name], LANGUAGE_COOKIE: language}
        url = self.site.origin.replace("http:", "https:")
        await context.add_cookies([{"name": key, "value": value, "url": url, "secure": True} for key, value in kept.items()])
        return context

    async def page(self, name: str, path: str = "", language: str = "ja", *, script: bool = True) -> Page:
        page = await watched(await self.context(name, language, script=script), self.seen)
        if path:
            await page.goto(f"{self.site.origin}{path}")
        return page

    async def elevate(self, name: str) -> None:
        """For privileged work; the session has another name then."""
        session = await self.desk.sessions.find(self.tokens[name])
        assert session is not None
        self.tokens[name] = await self.desk.sessions.elevate(session)

    async def held(self, *subjects: str) -> None:
        """Drawings, which no rebuilder reads: a person looks at them.  The file is named as the mail is."""
        mails = [drawing(subject, f"{subject[:60]}.jwc").as_bytes(policy=email.policy.SMTP) for subject in subjects]
        await asyncio.to_thread(send, self.site.gateway, mails)
        await self.site.gateway.until_empty()

    async def asks(self, subject: str, to: str = SECRET) -> None:
        """An outbound mail that somebody must approve."""
        message = letter(subject)
        message.replace_header("From", STAFF)
        message.replace_header("To", to)

        def sending() -> None:
            with smtplib.SMTP("127.0.0.1", self.site.gateway.outbound, timeout=PATIENCE) as client:
                client.send_message(message)

        await asyncio.to_thread(sending)
        await self.site.gateway.until_empty()

    def arrived(self, words: str) -> list[EmailMessage]:
        """The mails themselves, not what the gateway tells about them."""
        return [each for each in delivered(self.inside, STAFF, words) if not str(each["Subject"]).startswith("【")]

    async def arrives(self, words: str) -> None:
        await until(lambda: self.arrived(words), lambda: self.site.gateway.mugai("journal", "tail", "-n", "30"))

    def facts(self, kind: str, receipt: str = "") -> list[dict[str, object]]:
        return self.site.gateway.facts(kind, receipt)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("walks")
    inside, outside = Sink(place / "in", "127.0.0.1", free_port()), Sink(place / "out", "127.0.0.1", free_port())
    await inside.start()
    await outside.start()
    site = await asyncio.to_thread(
        lambda: make_site.start(
            place / "state", clamd.socket, inside.port, rules=RULES, more=MORE, outbound_hop_port=outside.port
        )
    )
    (place / "directory.yaml").write_text(DIRECTORY, encoding="utf-8")
    await asyncio.to_thread(site.gateway.mugai, "directory", "import", str(place / "directory.yaml"), "--reason", "導入")
    settings = settings_file.load(site.gateway.config)
    driver, chromium = await make_site.browser()
    try:
        with open_store(settings) as store:
            house = House(site, inside, outside, app.desk(settings, store), chromium, [])
            for name, role in PEOPLE.items():
                await enters(house, name, role)
            yield house
        assert house.seen == []
        assert not house.facts("browser_reported")  # the policy was kept on every page
    finally:
        await chromium.close()
        await driver.stop()  # type: ignore[attr-defined]
        site.stop()
        site.gateway.stop()
        await inside.stop()
        await outside.stop()


async def enters(house: House, name: str, role: Role) -> None:
    accounts, sessions, address = house.desk.accounts, house.desk.sessions, f"{name}@city.example.lg.jp"
    scope = ("*@city.example.lg.jp",) if role is Role.ISM else ()
    code = await accounts.invite(name, f"{name} 例示", (role,), scope, "kanri", address=address)
    who = await accounts.accept(code, "", "", PASSWORD)
    token = await sessions.begin(who, "127.0.0.1", "walk", whole=True, method="password")
    house.tokens[name] = token
    if role in (Role.SYM, Role.CSO):
        await house.elevate(name)


async def said(page: Page, words: str) -> None:
    await expect(page.locator("main [role=status], main .said").first).to_contain_text(words)


async def opened(page: Page, subject: str) -> str:
    """The mail's page from the list; its receipt."""
    row = page.locator("tr", has_text=subject)
    receipt = await row.locator("[data-open]").inner_text()
    await row.locator("[data-open]").click()
    await expect(page.locator("h1")).to_contain_text(subject)
    return receipt


# -- stops ---------------------------------------------------------------------------------------------------------------


def answer(port: int) -> int:
    """What the gateway says to who wants to hand it a mail."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.ehlo()
        return client.mail("sender@example.com")[0]


async def test_hd04_one_stops_a_side_after_a_second_look_mail_waits_and_two_end_it(house: House) -> None:
    await house.held("停止中に解除する図面")
    page = await house.page("csirt", "/stops")
    await page.check("input[value=inbound]")
    await page.fill("#why-side", "CISOの指示。不審なメールが大量に届いているため")
    await page.click("button:has-text('確認へ進む') >> nth=0")
    for words in ("インターネットからの受信", "421", "失われません", "2人が必要です"):
        await expect(page.locator("main")).to_contain_text(words)
    assert answer(house.site.gateway.inbound) == 250  # the look alone changes nothing
    await page.click("button:has-text('遮断する')")
    await said(page, "遮断しました")
    await until(lambda: answer(house.site.gateway.inbound) == 421)
    reviewer = await house.page("shinsa", "/held")
    await expect(reviewer.locator("main .refusal").first).to_contain_text("停止中: 受信")
    receipt = await opened(reviewer, "停止中に解除する図面")
    await reviewer.fill("#release-reason", "発注元に電話で確認した")
    await reviewer.click("button:has-text('無害化して解除')")
    await said(reviewer, "解除しました")
    await reviewer.click("main .refusal a")
    await reviewer.click("text=再開の手続き")
    await reviewer.fill("#reason", "送信元を遮断し、通常の量に戻った")
    await reviewer.click("button:has-text('再開を申請する')")
    await said(reviewer, "2人目が承認すると再開します")
    await expect(reviewer.locator("main")).to_contain_text("承認できるのは別の人です")
    await expect(reviewer.locator("form[action$='/resume']")).to_have_count(0)
    assert answer(house.site.gateway.inbound) == 421
    assert not house.arrived("停止中に解除する図面")
    second = await house.page("cso", reviewer.url.removeprefix(house.site.origin))
    await expect(second.locator("main")).to_contain_text("送信元を遮断し、通常の量に戻った")
    await second.fill("#reason", "受信の量を監視で確かめた")
    await second.click("button:has-text('承認して再開する')")
    await said(second, "停止を解除しました")
    await until(lambda: answer(house.site.gateway.inbound) == 250)
    await house.arrives("停止中に解除する図面")
    await reviewer.goto(f"{house.site.origin}/held")
    await expect(reviewer.locator("main")).not_to_contain_text("停止中:")
    assert [f["actor"] for f in house.facts("released", receipt)] == ["shinsa"]


# -- without a script ----------------------------------------------------------------------------------------------------


async def test_without_a_script_the_reviewer_finds_reads_and_releases(house: House) -> None:
    await house.held("スクリプトなしの図面")
    page = await house.page("shinsa", "/held", script=False)
    await page.fill("#text", "スクリプトなし")
    await page.click("button:has-text('絞り込む')")
    await expect(page.locator("table.mails tbody tr")).to_have_count(1)
    receipt = await opened(page, "スクリプトなしの図面")
    address = page.url
    await page.click("text=本文と文字")
    await expect(page.locator("pre.body").first).to_contain_text("いつもお世話になっております。")
    await page.click("text=届くもの")
    await expect(page.locator("main")).to_contain_text("スクリプトなしの図面.jwc")
    await page.goto(address)
    await page.click("button:has-text('無害化して解除')")  # the browser itself asks for the reason
    assert page.url == address
    await page.fill("#release-reason", "図面なしで届けてよい")
    await page.click("button:has-text('無害化して解除')")
    await said(page, "解除しました")
    await house.arrives("スクリプトなしの図面")
    assert [f["reason"] for f in house.facts("released", receipt)] == ["図面なしで届けてよい"]


async def test_without_a_script_staff_give_the_password_and_the_sanitised_file_arrives(house: House) -> None:
    await asyncio.to_thread(send, house.site.gateway, [ppap()])
    await house.site.gateway.until_empty()
    page = await house.page("staff", "/mine", script=False)
    await page.click("tr:has-text('見積書の送付') a")
    await page.fill("#password", "ちがう")
    await page.click("main button.main")
    await expect(page.locator(".refusal")).to_contain_text("パスワードが違います。 あと4回")
    await page.fill("#password", container.PASSWORD)
    await page.click("main button.main")
    await expect(page.locator("main")).to_contain_text("お届けしました")

    def files_of() -> list[str]:
        return [str(part.get_filename()) for each in house.arrived("見積書の送付") for part in each.iter_attachments()]

    assert any("見積書" in name for name in await until(files_of))


async def test_without_a_script_the_section_head_reads_and_approves(house: House) -> None:
    await house.asks("固定資産の照会 (機密性2)")
    page = await house.page("zeimukacho", "/approvals", script=False)
    await page.click("a:has-text('固定資産の照会')")
    await page.click("text=本文と添付の文字を読む")
    await expect(page.locator("pre.body").first).to_contain_text("別紙のとおりお送りします")
    await page.click("text=手続きへ戻る")
    await page.fill("#reason", "宛先と内容を確かめた")
    await page.click("button:has-text('承認する')")
    await said(page, "手続きを記録しました")
    await until(lambda: delivered(house.outside, SECRET, "固定資産の照会"))


# -- keys, places, sessions ----------------------------------------------------------------------------------------------

FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return { seen: parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none",
           inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.width > 0,
           what: at.tagName + " " + (at.textContent || at.name).trim().slice(0, 40), open: at.matches("[data-open]") };
}"""


async def tab_to(page: Page, selector: str, most: int = 60) -> None:
    """By Tab alone; each stop on the way is on the screen and has a ring around it."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        found = await page.evaluate(FOCUS)
        assert found["seen"], f"no ring: {found['what']}"
        assert found["inside"], f"out of sight: {found['what']}"
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no Tab leads to {selector}")


async def test_the_reviewer_works_by_tab_and_enter_alone(house: House) -> None:
    await house.held("キーだけで解除する図面")
    page = await house.page("shinsa", "/held?text=%E3%82%AD%E3%83%BC%E3%81%A0%E3%81%91")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")  # over the menu
    await tab_to(page, "[data-open]", 20)
    await page.keyboard.press("Enter")
    await expect(page.locator("h1")).to_contain_text("キーだけで解除する図面")
    await tab_to(page, "#release-reason")
    await page.keyboard.type("キーボードで確認した")
    await tab_to(page, "form[action$='/release'] button", 3)
    await page.keyboard.press("Enter")
    await said(page, "解除しました")


async def test_the_language_changes_and_the_place_stays(house: House) -> None:
    await house.held("言語を替える図面")
    page = await house.page("shinsa", "/held")
    await page.fill("#text", "言語を替える")
    await page.click("button:has-text('絞り込む')")
    place = page.url
    await page.click("button:has-text('English')")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.url == place
    await expect(page.locator("table.mails tbody tr")).to_have_count(1)
    await page.click("[data-open]")
    await page.click("nav.tabs >> text=Text")
    place = page.url
    await page.click("button:has-text('日本語')")
    assert page.url == place
    stops = await house.page("csirt", "/stops")
    await stops.check("input[value=both]")
    await stops.fill("#why-side", "訓練")
    await stops.click("button:has-text('確認へ進む') >> nth=0")
    await stops.click("button:has-text('English')")  # of a form's answer: the page above it
    assert stops.url == f"{house.site.origin}/stops"
    await expect(stops.locator("h1")).to_have_text("Stops")


async def test_what_was_written_outlives_the_session(house: House) -> None:
    await house.held("ログインが切れる図面")
    page = await house.page("shinsa", "/held?text=%E3%83%AD%E3%82%B0%E3%82%A4%E3%83%B3")
    await opened(page, "ログインが切れる図面")
    await page.fill("#release-reason", "発注元の担当者に電話し、図面の版を確かめた")
    await page.context.clear_cookies(name=COOKIE)
    await page.click("button:has-text('無害化して解除')")
    await expect(page.locator(".refusal")).to_contain_text("操作は行われていません")
    await expect(page.locator("textarea")).to_have_value("発注元の担当者に電話し、図面の版を確かめた")
    await page.click("main a.main")
    await expect(page.locator("h1")).to_have_text("ログイン")
    admin = await house.page("kanri", "/rules/edit")
    text = await admin.input_value("#text")
    await admin.fill("#text", f"{text}# 長い変更\n")
    await admin.fill("#reason", "長い変更")
    session = await house.desk.sessions.find(house.tokens["kanri"])
    assert session is not None
    await house.desk.sessions.drop(session)
    await admin.click("button:has-text('下書きを保存')")
    await expect(admin.locator("main")).to_contain_text("操作は行われていません")
    kept = [await each.input_value() for each in await admin.locator("textarea").all()]
    assert kept == ["長い変更", f"{text}# 長い変更\n"]


async def test_back_after_an_act_shows_how_it_is_now_and_acts_no_second_time(house: House) -> None:
    await house.held("戻るを押す図面")
    page = await house.page("shinsa", "/held?text=%E6%88%BB%E3%82%8B")
    receipt = await opened(page, "戻るを押す図面")
    await page.fill("#release-reason", "確認した")
    await page.click("button:has-text('無害化して解除')")
    await said(page, "解除しました")
    await page.go_back()
    await expect(page.locator("main")).not_to_contain_text("解除しました")  # told once
    await expect(page.locator("button:has-text('無害化して解除')")).to_have_count(0)  # asked anew: it is over
    await house.arrives("戻るを押す図面")
    assert len(house.facts("released", receipt)) == 1


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
async def test_a_double_click_acts_once(house: House, script: bool) -> None:
    subject = f"二度押す図面 {script}"
    await house.held(subject)
    page = await house.page("shinsa", "/held", script=script)
    receipt = await opened(page, subject)
    await page.fill("#release-reason", "確認した")
    await page.dblclick("button:has-text('無害化して解除')", no_wait_after=True)
    words = page.locator("main .said, main .refusal").first
    await expect(words).to_contain_text("解除しました" if script else re.compile("解除しました|すでに処理されています"))
    await house.arrives(subject)
    assert len(house.facts("released", receipt)) == 1
    assert len(house.arrived(subject)) == 1


async def test_two_reviewers_on_one_mail_know_of_each_other_and_one_decides(house: House) -> None:
    await house.held("二人で見る図面")
    first = await house.page("shinsa", "/held?text=%E4%BA%8C%E4%BA%BA")
    receipt = await opened(first, "二人で見る図面")
    other = await house.page("cso", "/held?text=%E4%BA%8C%E4%BA%BA")
    await expect(other.locator("tr", has_text="二人で見る図面")).to_contain_text("閲覧中: shinsa")
    await opened(other, "二人で見る図面")
    await expect(other.locator("main")).to_contain_text("ほかの人も見ています: shinsa")
    await first.fill("#delete-reason", "広告のため")
    await first.click("button:has-text('削除')")
    await said(first, "削除しました")
    await other.fill("#release-reason", "必要なメール")
    await other.click("button:has-text('無害化して解除')")
    await expect(other.locator(".refusal")).to_contain_text("すでに処理されています")
    await other.click("text=元の画面へ戻る")
    await expect(other.locator("h1")).to_contain_text("二人で見る図面")
    await expect(other.locator("button:has-text('無害化して解除')")).to_have_count(0)
    assert not house.facts("released", receipt)
    assert len(house.facts("deleted", receipt)) == 1


async def test_what_staff_need_fits_a_telephone(house: House) -> None:
    await house.held("電話で見る図面の件名はとても長くて一行には収まらないことがあります (令和8年度 第2四半期分)")
    page = await house.page("staff")
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"{house.site.origin}/mine")
    first = await page.locator("main tr a").first.get_attribute("href")
    for path in ("/mine", first, "/approvals", "/sent", "/account"):
        await page.goto(f"{house.site.origin}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


# -- every screen, full of hostile words ---------------------------------------------------------------------------------

POST = """([path, fields]) => fetch(path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" })
  .then(answer => answer.type === "opaqueredirect" ? 303 : answer.status)"""


async def writes(page: Page, path: str, **fields: str) -> None:
    token = await page.locator("main input[name=csrf]").first.input_value()
    assert await page.evaluate(POST, [path, {"csrf": token, **fields}]) == 303, (path, fields)


async def fill_with_hostile_words(house: House) -> None:
    """Wherever somebody writes: what strangers mail, and what a colleague might type."""
    subjects = [re.sub(r"[\x00-\x1f\x7f-\x9f\u2028]", "", text) for text in HOSTILE]  # what a mail library lets through
    await house.held(*subjects)
    for text in subjects[:40:4]:
        await house.asks(text[:200])
    admin, auditor = await house.page("kanri", "/troubles"), await house.page("kansa", "/audit")
    reviewer, csirt = await house.page("shinsa", "/senders"), await house.page("csirt", "/stops")
    more = {"requirement": "LG-08", "severity": "minor", "role": "sym", "due": "2099-03-31"}
    for number, (text, plain) in enumerate(zip(HOSTILE, subjects, strict=True)):  # a finding takes no control characters
        await writes(admin, "/troubles", what=f"{text} 障害")
        words = {"what": f"{plain} 所見", "section": f"{plain[:60]}課", "clause": f"{plain[:60]}条"}
        await writes(auditor, "/audit/findings", **words, **more)
        await writes(reviewer, "/senders", stance="deny", subject=f"h{number}.example.net", days="30", reason=f"{text} 理由")
        if number % 8 == 0:
            await writes(csirt, "/stops", choice="isolate", value=f"192.0.2.{number + 1}", reason=f"{text} 理由", sure="yes")
    await admin.goto(f"{house.site.origin}/tokens")
    await writes(admin, "/tokens", name=HOSTILE[1], owner="kansa", scope="journal:read", days="30")
    await auditor.goto(f"{house.site.origin}/audit/samples")
    await auditor.click("main button.main >> nth=0")
    staff = await house.page("staff", "/mine")
    for link in (await staff.locator("main tr a").evaluate_all("links => links.map(each => each.href)"))[:6]:
        await staff.goto(link)
        if await staff.locator("#odd").count():
            await staff.fill("#odd", HOSTILE[0])
            await staff.click("button:has-text('報告する')")
    await asyncio.to_thread(
        house.site.gateway.mugai, "report", "self-inspection", "--profile", str(CONFIG / "profiles" / "eniwa"), check=False
    )
    playbook = ("incident", "playbook", "start", "malware-in", "--drill", "--participant", "csirt@city.example.lg.jp")
    who = ("--as", "csirt@city.example.lg.jp", "--reason", HOSTILE[2])
    await asyncio.to_thread(house.site.gateway.mugai, *playbook, *who)


BROKEN = """() => ({
  wide: document.documentElement.scrollWidth - innerWidth,
  foreign: document.querySelectorAll("main :is(script, iframe, base, meta, link, style, object), [onerror], [onload]").length,
  hidden: /[\\u202a-\\u202e\\u2066-\\u2069\\u200b\\ufeff\\u00ad\\u{e0041}]/u.test(document.body.innerText),
})"""
NOT_PAGES = re.compile(r"/(export|static)\b|/picture|\.(csv|pdf|zip|json)|/rules/test/")


def pattern(path: str) -> str:
    """The screen that a path is of: numbers, receipts and periods taken out."""
    plain = re.sub(r"/(\d+|[0-9A-Z]{26}|\d{4}-\d\d.*|[a-z]+-\d{8}.*)(?=/|$)", "/N", path.partition("?")[0].partition("#")[0])
    return re.sub(r"/(people|self-inspections|entries|profiles)/.+", r"/\1/N", plain)


@pytest.mark.parametrize("language", ["ja", "en"])
async def test_w1_every_screen_bears_hostile_words_and_is_open_to_everybody(house: House, language: str) -> None:
    await house.elevate("kanri")
    if language == "ja":
        await fill_with_hostile_words(house)
    met: dict[str, str] = {}  # screen: who saw it
    faults = []
    for name in ("kanri", "shinsa", "cso", "kansa", "staff"):
        page, todo = await house.page(name, "", language), ["/", "/account", "/tokens"]
        while todo:
            path = todo.pop(0)
            if pattern(path) in met or NOT_PAGES.search(path):
                continue
            met[pattern(path)] = name
            answer = await page.goto(f"{house.site.origin}{path}")
            assert answer is not None
            assert answer.status == 200, (name, path)
            found = await page.evaluate(BROKEN)
            assert found == {"wide": 0, "foreign": 0, "hidden": False}, (name, path, found)
            await page.evaluate(AXE)
            checked = await page.evaluate(
                "levels => axe.run(document, { runOnly: levels, resultTypes: ['violations'] })", LEVELS
            )
            faults += [f"{path}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in checked["violations"]]
            todo += await page.locator("a[href^='/']").evaluate_all("links => links.map(each => each.getAttribute('href'))")
    assert faults == []
    for place in ("/stops/N", "/audit/findings/N", "/self-inspections/N", "/senders", "/incidents/N", "/held/N", "/rules/edit"):
        assert place in met, sorted(met)
    assert house.seen == []
    assert not house.facts("browser_reported")
