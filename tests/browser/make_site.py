"""A running gateway and its console with real mails in them, and a browser in front."""

from __future__ import annotations

import re
import smtplib
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright, expect

from gateway.console.credentials import STEP_SECONDS
from tests.running import Running, free_port
from tests.waiting import PATIENCE

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "川沿いの桜は四月のはじめに三十本咲く"
STAFF = "staff@city.example.lg.jp"
SIZE = {"width": 1366, "height": 768}

HELD = """
default_profile: rebuild
profiles:
  rebuild: {method: rebuild}
  image: {method: image}
  text: {method: text}
  body_only: {method: body_only}
rules:
  - {name: infected, match: {verdict: infected}, action: hold, reason: ウイルス, releasable: false, clauses: [AV-01]}
  - {name: not-inspected, match: {verdict: failed}, action: hold, reason: 安全を確認できません。, clauses: [SAN-02]}
  - {name: password-wanted, match: {verdict: locked}, action: await_password, reason: パスワードが必要です。, clauses: [AV-03]}
  - {name: review, match: {direction: inbound}, action: hold, reason: 担当者が確認するまで保留します。, clauses: [SAN-05]}
"""


@dataclass
class Site:
    gateway: Running
    origin: str
    process: subprocess.Popen[str]
    first_code: str
    secrets: dict[str, str] = field(default_factory=dict)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


def start(
    state: Path, clamd_socket: Path, next_hop_port: int, *, rules: str = HELD, more: str = "", outbound_hop_port: int = 0
) -> Site:
    """Gateway and console, each in a process of its own.  `more` are further lines of gateway.yaml."""
    state.mkdir(parents=True)
    policy, port = state / "policy.yaml", free_port()
    policy.write_text(rules, encoding="utf-8")
    origin = f"http://localhost:{port}"
    extra = f"console: {{port: {port}, origin: '{origin}'}}\n{more}"
    gateway = Running(state, clamd_socket, next_hop_port, extra, policy, outbound_hop_port=outbound_hop_port or free_port())
    gateway.start()
    command = [sys.executable, "-m", "gateway.cli", "--config", str(gateway.config), "console"]
    log = (state / "console.log").open("w")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    code = re.search(r"enter ([A-Z0-9-]{19})", process.stdout.readline())
    assert code, (state / "console.log").read_text()
    return Site(gateway, origin, process, code[1])


def send(gateway: Running, mails: Iterable[bytes], to: Sequence[str] = (STAFF,)) -> None:
    with smtplib.SMTP("127.0.0.1", gateway.inbound, timeout=PATIENCE) as client:
        for content in mails:
            client.sendmail("sender@example.com", list(to), content)


def one_time(secret: str) -> str:
    """A code that was not used yet; the next step's is near enough already, so that seldom anybody waits."""
    used = one_time.__dict__.setdefault("used", {})
    while (step := max(int(time.time()) // STEP_SECONDS, used.get(secret, 0) + 1)) > time.time() // STEP_SECONDS + 1:
        time.sleep(0.5)
    used[secret] = step
    return pyotp.TOTP(secret).at(step * STEP_SECONDS)


async def browser() -> tuple[object, Browser]:
    """Debian's Chromium; tests run as root, where it has no sandbox of its own."""
    expect.set_options(timeout=PATIENCE * 1000)
    driver = await async_playwright().start()
    chromium = await driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--lang=ja"])
    return driver, chromium


def is_wrong(message: ConsoleMessage) -> bool:
    """No fault: a list that stayed open over a new session asks once more and is told so; a page that says no, as a whole."""
    address = message.location.get("url", "")
    over = address.endswith("/api/v1/held/newest") and "401" in message.text
    refused = message.page is not None and address == message.page.url and "status of 4" in message.text
    return message.type == "error" and not (over or refused)


async def watched(context: BrowserContext, seen: list[str]) -> Page:
    """A page that notes what should never happen: dialogs, errors, broken policies."""
    page = await context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.on("dialog", lambda dialog: seen.append(f"dialog: {dialog.message}"))
    page.on("pageerror", lambda error: seen.append(f"error: {error}"))
    page.on("console", lambda message: seen.append(f"console: {message.text}") if is_wrong(message) else None)
    page.on("response", lambda answer: seen.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
    return page
