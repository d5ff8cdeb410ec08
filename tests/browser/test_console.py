"""Each role's daily work in Debian's Chromium, on a running gateway with real mails in it (W1, W11; requirements 1.1)."""

from __future__ import annotations

import asyncio
import base64
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.header import Header
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, CDPSession, Page, expect

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from samples.build import samples
from tests.browser import make_site
from tests.browser.make_site import PASSWORD, SIZE, STAFF, Site, one_time, send, watched
from tests.running import free_port

expect.set_options(timeout=60_000)  # a bound, not a measure
pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

HOSTILE = (
    # markup, templates, formulas, what nobody sees, what is too much
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' autofocus onfocus='alert(1)"),
    *(
        "javascript:alert(1)",
        "{{7*7}}",
        "${7*7}",
        "{% raw %}",
        "<%= 7*7 %>",
        "</title><script>alert(1)</script>",
        "<!--",
        "]]>",
    ),
    *(
        "--><script>alert(1)</script>",
        "</textarea><script>alert(1)</script>",
        "<iframe src=javascript:alert(1)>",
        "<base href=//x>",
    ),
    *(
        "<meta http-equiv=refresh content=0>",
        "<form action=//x><input type=submit>",
        "<style>*{display:none}</style>",
        "<link rel=x>",
    ),
    *(
        "請求\u202excod.exe",
        "\u2066請求\u2069",
        "a\u200bb\u200cc\u200d",
        "\ufeff件名",
        "\u2028行",
        "\U000e0041\U000e0042",
        "\u3164",
        "\u00ad",
    ),
    *(
        "=1+1|cmd",
        "@SUM(1)",
        "A" * 900,
        "㌔" * 200,
        "e\u0301" * 100,
        "Z" + "\u0301" * 60,
        "مرحبا שלום",
        "🏳️‍🌈👨‍👩‍👧",
        "\x7f\x85",
    ),
    *(
        "../../etc/passwd",
        "C:\\con\\nul",
        "&lt;script&gt;",
        "&#60;script&#62;",
        "%3Cscript%3E",
        "\\u003cscript\\u003e",
        "'; DROP TABLE x;--",
    ),
)


def mail(text: str) -> bytes:
    """`text` as subject, sender's name, body and file name."""
    subject, name = (Header(t, "utf-8", maxlinelen=70).encode(linesep="\r\n") for t in (text, text[:60]))
    encoded = base64.b64encode(text.encode()[:300]).decode()
    lines = (
        *(f"Subject: {subject}", f"From: {name} <x@example.com>", f"To: {STAFF}", "MIME-Version: 1.0"),
        *("Content-Type: multipart/mixed; boundary=b", "", "--b"),
        *("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "", encoded, "--b"),
        *(f'Content-Type: text/plain; name="=?utf-8?B?{encoded}?="', "Content-Disposition: attachment", "", "x", "--b--", ""),
    )
    return "\r\n".join(lines).encode()


@dataclass
class Door:
    site: Site
    admin: BrowserContext
    reviewer: BrowserContext
    seen: list[str]

    async def page(self, context: BrowserContext) -> Page:
        return await watched(context, self.seen)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def door(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    place = tmp_path_factory.mktemp("console")
    sink = Sink(place / "hop", "127.0.0.1", free_port())
    await sink.start()
    site = await asyncio.to_thread(make_site.start, place / "state", clamd.socket, sink.port)
    mails = [s.content for s in samples() if s.path.startswith("mail/")]
    await asyncio.to_thread(send, site.gateway, [*(mail(text) for text in HOSTILE), *mails])
    driver, chromium = await make_site.browser()
    seen: list[str] = []
    contexts = [await chromium.new_context(viewport=SIZE, locale="ja-JP") for _ in range(2)]
    try:
        await set_up(site, contexts[0], contexts[1], seen)
        await site.gateway.until_empty()
        yield Door(site, contexts[0], contexts[1], seen)
    finally:
        await chromium.close()
        await driver.stop()  # type: ignore[attr-defined]
        site.stop()
        site.gateway.stop()
        await sink.stop()


async def set_up(site: Site, admin: BrowserContext, reviewer: BrowserContext, seen: list[str]) -> None:
    """The first person by the printed code; a reviewer by that person's invitation; both with one-time codes."""
    page = await watched(admin, seen)
    await page.goto(f"{site.origin}/invitation")
    await begin(page, site, site.first_code, "kanri", "管理 太郎")
    await page.goto(f"{site.origin}/people")
    await page.fill("#proof", one_time(site.secrets["kanri"]))
    await page.click("text=確認 >> nth=-1")
    await page.fill("#name", "shinsa")
    await page.fill("#display", "審査 花子")
    await page.check("input[value=syo]")
    await shot(page, "console-people")
    await page.click("text=招待コードを作る")
    code = await page.inner_text(".big code")
    page = await watched(reviewer, seen)
    await page.goto(f"{site.origin}/invitation")
    await begin(page, site, code, "shinsa", "")


async def begin(page: Page, site: Site, code: str, name: str, display: str) -> None:
    await page.fill("#code", code)
    await page.click("text=進む")
    if display:
        await page.fill("#name", name)
        await page.fill("#display", display)
    await page.fill("#password", PASSWORD)
    await page.fill("#again", PASSWORD)
    await page.click("text=進む")
    site.secrets[name] = secret = await page.inner_text(".qr code")
    await page.fill("#code", one_time(secret))
    await page.click("text=設定する")
    await page.click("text=保管しました")


async def shot(page: Page, name: str) -> None:
    """Kept where MUGAI_SCREENSHOTS says, for a person to look at."""
    if folder := os.environ.get("MUGAI_SCREENSHOTS"):
        await page.screenshot(path=Path(folder) / f"{name}.png")


async def test_the_reviewer_reads_decides_and_releases(door: Door) -> None:
    page = await door.page(door.reviewer)
    await page.goto(f"{door.site.origin}/held?text=見積")
    await page.goto(f"{door.site.origin}/held")
    await expect(page.locator("table.mails tbody tr")).not_to_have_count(0)
    await shot(page, "console-list")
    await page.goto(f"{door.site.origin}/held?rule=infected")
    await page.click("[data-open] >> nth=0")
    await expect(page.locator("main")).to_contain_text("Eicar")
    await expect(page.locator("main")).to_contain_text("解除できません")
    await page.goto(f"{door.site.origin}/held?rule=review&verdict=sanitised&text=docx")
    await page.click("[data-open] >> nth=0")
    await shot(page, "console-mail")
    address = page.url
    await page.click("text=本文と文字")
    await expect(page.locator("pre.body").first).to_be_visible()
    await page.click("text=届くもの")
    await shot(page, "console-outcome")
    await expect(page.locator("main")).to_contain_text("届く添付ファイル")
    await page.goto(address)
    await page.fill("#release-reason", "発注元に電話で確認した")
    await page.click("button:has-text('無害化して解除')")
    await expect(page.locator(".said")).to_contain_text("解除しました")


async def test_pages_are_shown_as_pictures(door: Door) -> None:
    page = await door.page(door.reviewer)
    await page.goto(f"{door.site.origin}/held?text=.pdf&rule=review")
    await page.click("[data-open] >> nth=0")
    await page.click("text=ページ画像")
    await page.click("main ul.plain a:has-text('.pdf')")
    picture = page.locator("img.page")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300
    await shot(page, "console-page")


async def test_the_list_is_worked_by_keyboard(door: Door) -> None:
    page = await door.page(door.reviewer)
    await page.goto(f"{door.site.origin}/held?rule=review")
    for key in ("j", "j", "k", "j"):
        await page.keyboard.press(key)
    assert await page.locator("tr.here").count() == 1
    receipt = await page.locator("tr.here [data-open]").inner_text()
    await page.keyboard.press("?")
    await expect(page.locator("dialog#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("d")
    await page.keyboard.type("不審なメールのため")
    await page.keyboard.press("Enter")
    await expect(page.locator(".said")).to_contain_text("1件を削除しました")
    await page.goto(f"{door.site.origin}/held?state=deleted")
    await expect(page.locator("main")).to_contain_text(receipt)


async def test_it_works_without_a_script(door: Door) -> None:
    state = await door.reviewer.storage_state()
    chromium = door.reviewer.browser
    assert chromium is not None
    context = await chromium.new_context(viewport=SIZE, java_script_enabled=False, storage_state=state)
    page = await context.new_page()
    await page.goto(f"{door.site.origin}/held?rule=review")
    await page.check("input[name=entry] >> nth=0")
    await page.fill("#reason", "広告")
    await page.click("button:has-text('削除')")
    await expect(page.locator(".said")).to_contain_text("1件を削除しました")
    await context.close()


async def test_w1_forty_hostile_subjects_and_names_do_nothing(door: Door) -> None:
    assert len(HOSTILE) >= 40
    page = await door.page(door.reviewer)
    await page.goto(f"{door.site.origin}/held?state=all&sender=sender@example.com")
    await page.click("a[rel=next]")
    await shot(page, "console-hostile")
    await page.goto(f"{door.site.origin}/originals")
    await page.goto(f"{door.site.origin}/held?state=all&sender=sender@example.com")
    shown = 0
    while True:
        links = await page.locator("[data-open]").evaluate_all("links => links.map(link => link.href)")
        older = await page.locator("a[rel=next]").count()
        for link in links:
            other = await door.page(door.reviewer)
            await other.goto(link)
            await other.goto(f"{link}/text")
            await other.close()
            shown += 1
        if not older:
            break
        await page.click("a[rel=next]")
    assert shown >= 40
    assert door.seen == []
    assert "browser_reported" not in await asyncio.to_thread(
        door.site.gateway.mugai, "journal", "search", "--kind", "browser_reported"
    )


async def test_au01_the_auditor_finds_follows_and_packs_a_mail(door: Door) -> None:
    """A real mail, from reception over its release to the next hop, as the record tells it; the pack convinces elsewhere."""
    gateway, origin = door.site.gateway, door.site.origin
    page = await door.page(door.reviewer)
    await page.goto(f"{origin}/held?rule=review&verdict=sanitised")
    receipt = await page.locator("[data-open]").first.inner_text()
    await page.click("[data-open] >> nth=0")
    await page.fill("#release-reason", "業務に必要なため")
    await page.click("button:has-text('無害化して解除')")
    await gateway.until_empty()
    page = await door.page(await auditor(door))
    await page.goto(f"{origin}/journal")
    await expect(page.locator("main")).to_contain_text("検索そのものも記録されます")
    await page.fill("#purpose", "監査")
    await page.fill("#item", receipt)
    await page.click("main button.main")
    await expect(page.locator("table.entries tbody tr")).not_to_have_count(0)
    await shot(page, "journal-search")
    await page.click("table.entries a >> nth=0")
    timeline = page.locator(".timeline")
    for text in ("受け付けました", "保留しました", "shinsa が", "業務に必要なため", "検証に合格", "配送しました", "250"):
        await expect(timeline).to_contain_text(text)
    await expect(page.locator(".states")).to_contain_text("配送済み")
    await shot(page, "journal-mail")
    await page.fill("#pack-reason", "監査の証拠")
    async with page.expect_download() as download:
        await page.click("button:has-text('作成する')")
    path = await (await download.value).path()
    assert "ok: " in await asyncio.to_thread(gateway.mugai, "journal", "verify", "--pack", str(path))
    for place in ("proof", "inspection"):
        await page.goto(f"{origin}/journal/{place}")
        if place == "proof":
            await page.click("main button.main")
            await expect(page.locator("main")).to_contain_text("正常")
        await shot(page, f"journal-{place}")
    for place in (f"journal/inspection/{time.strftime('%Y-%m')}", "troubles", "incidents"):
        await page.goto(f"{origin}/{place}")
        await shot(page, f"journal-{place.replace('/', '-')}")
    assert door.seen == []


async def auditor(door: Door) -> BrowserContext:
    page = await door.page(door.admin)
    await page.goto(f"{door.site.origin}/people")
    if await page.locator("#proof").count():
        await page.fill("#proof", await asyncio.to_thread(one_time, door.site.secrets["kanri"]))
        await page.click("main button.main")
    await page.fill("#name", "kansa")
    await page.fill("#display", "監査 次郎")
    await page.check("input[value=aud]")
    await page.click("text=招待コードを作る")
    code = await page.inner_text(".big code")
    chromium = door.admin.browser
    assert chromium is not None
    context = await chromium.new_context(viewport=SIZE, locale="ja-JP")
    page = await door.page(context)
    await page.goto(f"{door.site.origin}/invitation")
    await begin(page, door.site, code, "kansa", "")
    return context


async def prove(page: Page, door: Door, name: str) -> None:
    """Privileged work is confirmed with a code, where the page asks for it."""
    if await page.locator("#proof").count():
        await page.fill("#proof", await asyncio.to_thread(one_time, door.site.secrets[name]))
        await page.click("main button.main")


async def decided(page: Page, button: str) -> None:
    await page.fill("#act-reason", "内容を確かめた")
    await page.click(f"button:has-text('{button}')")
    await expect(page.locator(".said").first).to_contain_text("記録しました")


async def published(door: Door, admin: Page, version: str) -> None:
    """From a draft: one asks, another approves, the first publishes."""
    await admin.goto(version)
    await admin.click("button:has-text('承認を求める')")
    await expect(admin.locator("main")).not_to_contain_text("承認する")
    second = await door.page(door.reviewer)
    await second.goto(f"{door.site.origin}/confirm?next={version.removeprefix(door.site.origin)}")
    if await second.locator("#name").count():  # another address ended the session
        await second.fill("#name", "shinsa")
        await second.fill("#password", PASSWORD)
        await second.click("main button.main")
        await second.fill("#code", await asyncio.to_thread(one_time, door.site.secrets["shinsa"]))
        await second.click("main button.main")
        await second.goto(f"{door.site.origin}/confirm?next={version.removeprefix(door.site.origin)}")
    await prove(second, door, "shinsa")
    await decided(second, "承認する")
    await admin.goto(version)
    await decided(admin, "公開する")
    await expect(admin.locator("h1")).to_contain_text("実施中")


async def test_lg08_the_administrator_changes_tries_publishes_and_takes_back_a_rule(door: Door) -> None:
    """A day with the rules: by form, with a live error, on stored mail and on a file at hand; never alone (DV-02)."""
    site, page = door.site, await door.page(door.admin)
    directory = str(Path(__file__).parents[2] / "config" / "directory.yaml")
    await asyncio.to_thread(site.gateway.mugai, "directory", "import", directory, "--reason", "導入")
    for name, address in (("kanri", "jouhoukacho"), ("shinsa", "jouhou")):
        await page.goto(f"{site.origin}/people/{name}")
        await prove(page, door, "kanri")
        await page.fill("#address", f"{address}@city.example.lg.jp")
        await page.fill("#why-change", "名簿への登録")
        await page.click("main button.main >> nth=0")
    await page.goto(f"{site.origin}/rules")
    await page.fill("#reason", "大きなメールだけを確認する")
    await page.click("button:has-text('フォームで変える')")
    await page.click("a:has-text('review')")
    await page.fill("[name='match.larger_than']", "たくさん")
    await expect(page.locator("#verdict")).to_contain_text("大きさがこれを超える: 整数で書いてください")
    await shot(page, "console-rules-entry")
    await page.fill("[name='match.larger_than']", "1MB")
    await expect(page.locator("#verdict")).to_contain_text("受信メールを届ける規則がありません")
    await page.click("button:has-text('下書きに書く')")
    await page.click("a:has-text('規則を足す')")
    for field, value in (("name", "inbound"), ("clauses", "SAN-02")):
        await page.fill(f"[name={field}]", value)
    await page.select_option("#action", "deliver")
    await page.select_option("#worst", "withheld")
    await page.select_option("#before", label="最後")
    await expect(page.locator("#verdict")).to_contain_text("誤りはありません")
    await page.click("button:has-text('下書きに書く')")
    await shot(page, "console-rules-form")
    await page.click("text=変わるところを確かめる")
    version = page.url
    await expect(page.locator(".diff")).to_contain_text("larger_than: 1MB")
    await page.click("text=試す・結果を見る")
    await page.fill("#limit", "5")
    await page.click("button:has-text('試す')")
    await expect(page.locator("main")).to_contain_text("保留する → 無害化して届ける")
    await shot(page, "console-rules-trial")
    await page.goto(f"{site.origin}/rules/test?version={version.rpartition('/')[2]}")
    macro = next(each for each in samples() if each.path.startswith("mail/06"))
    await page.set_input_files("#file", {"name": "見積.eml", "mimeType": "message/rfc822", "buffer": macro.content})
    await page.click("button:has-text('試す')")
    await expect(page.locator("main")).to_contain_text("無害化して届ける")
    await expect(page.locator("main")).to_contain_text("マクロ")
    await shot(page, "console-rules-test")
    async with page.expect_download() as download:
        await page.click(".files a >> nth=0")
    assert (await download.value).suggested_filename.endswith(".docx")
    await published(door, page, version)
    await page.goto(version)
    await expect(page.locator(".diff")).to_contain_text("larger_than: 1MB")
    older = f"{site.origin}/rules/edit"
    await page.goto(older)
    text = (await page.input_value("#text")).replace("larger_than: 1MB", "larger_than: 2MB")
    await page.fill("#text", text.replace("worst: withheld", "worst: failed"))
    await expect(page.locator("#verdict")).to_contain_text("決して届けません")
    await page.fill("#text", text)
    await expect(page.locator("#verdict")).to_contain_text("誤りはありません")
    await page.fill("#reason", "さらに大きく")
    await page.click("button:has-text('下書きを保存')")
    await published(door, page, page.url)
    await page.goto(version)
    await page.fill("#restore-reason", "業務に支障")
    await page.click("text=戻すための下書きを作る")
    await published(door, page, page.url)
    await page.goto(f"{site.origin}/rules/versions")
    await expect(page.locator("main")).to_contain_text("に戻す: 業務に支障")
    assert door.seen == []


async def test_a_passkey_signs_in(door: Door) -> None:
    page = await door.page(door.reviewer)
    device: CDPSession = await door.reviewer.new_cdp_session(page)
    await device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    await device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    await page.goto(f"{door.site.origin}/confirm?next=/account")
    await page.fill("#proof", await asyncio.to_thread(one_time, door.site.secrets["shinsa"]))
    await page.click("main button.main")
    await page.fill("#label", "庁内PC")
    await page.click("text=この端末のパスキーを登録")
    await expect(page.locator(".said")).to_contain_text("登録しました")
    await page.click("text=ログアウト")
    await page.goto(f"{door.site.origin}/sign-in")
    await shot(page, "console-sign-in")
    await page.click("text=パスキーでログイン")
    await expect(page.locator("h1")).to_contain_text("稼働状況")
    assert door.seen == []
