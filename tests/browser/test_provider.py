"""Signing in by a provider on another site, in Debian's Chromium: which cookies come along is the browser's decision (W3)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Error, Page

from gateway import settings as settings_file
from gateway.store.opening import open_store
from tests.browser import make_site
from tests.gateway.console import make_provider
from tests.gateway.make_directory import HOUSE, at
from tests.running import CONFIG, free_port

pytestmark = pytest.mark.slow


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    """On the sign-in page of a console that knows a provider; the console's own process, the provider's own site."""
    with make_provider.running(tmp_path) as idp:
        idp.now, idp.claims = time.time, {"email": at("itchief"), "amr": ["mfa"]}
        oidc, port = idp.settings(second_factor_amr=["mfa"]), free_port()
        origin = f"http://localhost:{port}"
        config = tmp_path / "gateway.yaml"
        config.write_text(
            f"state_directory: {tmp_path / 'var'}\n"
            + "".join(f"{name}: {CONFIG / file}\n" for name, file in settings_file.PLACES.items())
            + f"console: {{port: {port}, origin: '{origin}'}}\noidc: {oidc.model_dump_json(exclude_defaults=True)}\n"
        )
        with open_store(settings_file.load(config)) as store:
            await store.directory.replace(HOUSE, 0, "test", "test")
        command = [sys.executable, "-m", "gateway.cli", "--config", str(config), "console"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        driver, chromium = await make_site.browser()
        try:
            assert process.stdout is not None
            assert "First start" in await asyncio.to_thread(process.stdout.readline)
            context = await chromium.new_context(viewport=make_site.SIZE, locale="ja-JP", ignore_https_errors=True)
            opened = await context.new_page()
            async with asyncio.timeout(60):
                while True:
                    try:
                        await opened.goto(f"{origin}/sign-in")
                        break
                    except Error:  # the port is not open yet
                        await asyncio.sleep(0.1)
            yield opened
        finally:
            await chromium.close()
            await driver.stop()  # type: ignore[attr-defined]
            process.terminate()
            process.wait(60)


async def test_w3_the_session_begins_and_is_confirmed_across_sites(page: Page) -> None:
    await page.click("text=庁内の認証基盤でログイン")
    await page.wait_for_url("**/dashboard", timeout=60_000)
    assert "情報政策課長" in await page.inner_text(".self")
    cookies = {each["name"]: each for each in await page.context.cookies()}
    assert (cookies["__Host-mugai"]["sameSite"], cookies["__Host-mugai"]["httpOnly"]) == ("Strict", True)
    assert "__Host-mugai-oidc" not in cookies
    await page.click("text=利用者")
    await page.click("text=認証基盤でもう一度確認")
    await page.wait_for_url("**/people", timeout=60_000)
    assert "特権操作中" in await page.inner_text(".self")
    await page.click("text=ログアウト")
    assert await page.get_by_text("認証基盤からもログアウト").count() == 1
