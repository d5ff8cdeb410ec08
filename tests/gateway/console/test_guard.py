from __future__ import annotations

import asyncio
import ssl
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from gateway import journal
from gateway.console import app
from gateway.console.guard import BODY_BYTES
from gateway.directory import Role
from gateway.visible import LONGEST, visible
from tests.gateway.console.make_console import ORIGIN, PASSWORD, Console
from tests.gateway.smtp import make_certificate
from tests.running import free_port


@pytest.mark.parametrize("host", ["evil.example", "console.example", "console.example:8443.evil.example", ""])
async def test_another_host_name_is_not_ours(c: Console, host: str) -> None:
    """DNS rebinding: the browser believes it talks to another site."""
    answer = await c.browser().client.get("/sign-in", headers={"host": host})
    assert answer.status_code == 421


async def test_ac09_only_listed_networks_connect(c: Console) -> None:
    assert (await c.browser("192.0.2.9").get("/sign-in")).status_code == 403
    assert (await c.browser("127.3.2.1").get("/sign-in")).status_code == 200


PROXY = "127.0.0.9"


@pytest.mark.parametrize(
    ("source", "forwarded", "status"),
    [
        (PROXY, ["127.0.0.5"], 200),
        (PROXY, ["198.51.100.7, 127.0.0.5"], 200),  # what stands before the last is anybody's word
        (PROXY, ["127.0.0.5, 198.51.100.7"], 403),
        (PROXY, ["127.0.0.5", "198.51.100.7"], 403),
        (PROXY, [f"127.0.0.5, {PROXY}"], 200),
        (PROXY, [], 403),
        (PROXY, [""], 403),
        (PROXY, [PROXY], 403),
        (PROXY, ["unknown"], 403),
        ("127.0.0.5", [], 403),  # around the proxy, and its question for a certificate
        ("127.0.0.5", ["127.0.0.5"], 403),
    ],
)
async def test_ac09_behind_a_proxy_only_the_proxy_connects_and_says_for_whom(
    c: Console, source: str, forwarded: list[str], status: int
) -> None:
    console = c.desk.settings.console.model_copy(update={"proxies": (ip_network(PROXY),)})
    c.desk.settings = c.desk.settings.model_copy(update={"console": console})
    headers = [("x-forwarded-for", each) for each in forwarded]
    assert (await c.browser(source).client.get("/sign-in", headers=headers)).status_code == status


async def test_w4_behind_a_proxy_attempts_are_counted_by_client(c: Console) -> None:
    console = c.desk.settings.console.model_copy(update={"proxies": (ip_network(PROXY),)})
    c.desk.settings = c.desk.settings.model_copy(update={"console": console})
    await c.person("syo", Role.SYO)
    for client, password, status in [
        *[("127.0.0.5", "wrong", 401)] * 5,
        ("127.0.0.5", PASSWORD, 429),
        ("127.0.0.6", PASSWORD, 303),
    ]:
        browser = c.browser(PROXY)
        browser.headers = {**browser.headers, "x-forwarded-for": f"127.0.0.6, {client}" if client[-1] == "5" else client}
        assert (await browser.post("/sign-in", name="syo", password=password)).status_code == status
    sources = {dict(entry.facts)["source"] for entry in await journal.search(c.rooms.db, kind="login_failed")}
    assert sources == {"127.0.0.5"}


@pytest.mark.slow
async def test_ac09_a_device_without_the_certificate_gets_no_page(c: Console, tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    certificate, key = make_certificate.files(tmp_path / "server", "127.0.0.1")
    device, own = make_certificate.files(tmp_path, "device.city.example.lg.jp")
    port = free_port()
    changes = {"certificate": certificate, "key": key, "client_ca": device, "port": port, "origin": f"https://127.0.0.1:{port}"}
    console = c.desk.settings.console.model_copy(update=changes)
    c.desk.settings = c.desk.settings.model_copy(update={"console": console})
    server = app.server(c.desk)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(60):
            while not server.started:
                await asyncio.sleep(0.02)
        with_it, without = (ssl.create_default_context(cafile=certificate) for _ in range(2))
        with_it.load_cert_chain(device, own)
        async with httpx.AsyncClient(verify=with_it) as client:
            assert (await client.get(f"https://127.0.0.1:{port}/sign-in")).status_code == 200
        async with httpx.AsyncClient(verify=without) as client:
            with pytest.raises(httpx.TransportError):
                await client.get(f"https://127.0.0.1:{port}/sign-in")
    finally:
        server.should_exit = True
        await serving


@pytest.mark.parametrize(
    "headers", [{"origin": ORIGIN}, {"sec-fetch-site": "same-origin"}, {"origin": "null", "sec-fetch-site": "same-origin"}]
)
async def test_w2_our_own_forms_are_known_by_what_browsers_say(c: Console, headers: dict[str, str]) -> None:
    browser = c.browser()
    browser.headers = headers
    assert (await browser.post("/language", language="en", back="/sign-in")).status_code == 303


async def test_an_endless_form_is_cut_off(c: Console) -> None:
    answer = await c.browser().post("/sign-in", name="x", password="y" * (BODY_BYTES + 1))
    assert answer.status_code == 413


async def test_an_error_of_ours_tells_nothing(c: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(c.desk.pages, "render", lambda *_, **__: 1 / 0)
    answer = await c.browser().get("/sign-in")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert answer.headers["content-security-policy"]


async def test_a_broken_policy_is_reported_into_the_journal(c: Console) -> None:
    report = {
        "csp-report": {"effective-directive": "script-src-elem", "blocked-uri": "inline", "document-uri": f"{ORIGIN}/held"}
    }
    browser = await c.signed_in(await c.person("syo", Role.SYO))
    assert (await browser.client.post("/reports", json=report)).status_code == 204
    modern = [{"type": "csp-violation", "body": {"effectiveDirective": "img-src", "blockedURL": "https://evil.example/x"}}]
    assert (await browser.client.post("/reports", json=modern)).status_code == 204
    for garbage in (b"", b"[1]", b"{", b'{"csp-report": 3}', b"\xff" * 50_000):
        assert (await browser.client.post("/reports", content=garbage)).status_code == 400
    facts = [dict(entry.facts) for entry in await journal.search(c.rooms.db, kind="browser_reported")]
    assert [each["blocked"] for each in facts] == ["inline", "https://evil.example/x"]


async def test_a_stranger_cannot_fill_the_journal_with_reports(c: Console) -> None:
    assert (await c.browser().client.post("/reports", json={"csp-report": {}})).status_code == 204
    assert await journal.search(c.rooms.db, kind="browser_reported") == []


async def test_it_serves_over_a_real_socket_without_naming_itself(c: Console) -> None:
    server = app.server(c.desk)
    assert not server.config.server_header
    assert not server.config.proxy_headers


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        ("見積\u202excod.exe", "見積[U+202E]xcod.exe"),
        ("a\u200bb", "a[U+200B]b"),
        ("a\u2028b\x1b]52;c\x07", "a[U+2028]b[U+001B]]52;c[U+0007]"),
        ("a\U000e0041b\ufeff\u00ad", "a[U+E0041]b[U+FEFF][U+00AD]"),
        ("ハングル\u3164空白", "ハングル[U+3164]空白"),
        ("a,b\r\nc\rd", "a,b\nc[U+000D]d"),  # a line's end of a file; a carriage return alone overwrites
        ("普通の件名 ~ Ünïcödé 葛\U000e0100", "普通の件名 ~ Ünïcödé 葛\U000e0100"),
    ],
)
def test_w1_what_nobody_sees_becomes_visible(hidden: str, shown: str) -> None:
    assert visible(hidden) == shown


def test_nothing_is_endless() -> None:
    assert len(visible("x" * (LONGEST * 2))) == LONGEST + 1


async def test_every_template_word_has_its_english(c: Console) -> None:
    """`_` with Japanese alone would show Japanese to everybody."""
    import re

    from gateway.console.page import TEMPLATES

    for file in TEMPLATES.glob("*.html"):
        for call in re.findall(r'_\(("[^"]*")\)|_\((\'[^\']*\')\)', file.read_text()):
            raise AssertionError(f"{file.name}: {call} has one language")


async def test_the_language_changes_where_somebody_is_with_its_filters(c: Console) -> None:
    browser = await c.signed_in(await c.person("syo", Role.SYO))
    page = (await browser.get("/held?text=a+b&rule=%E8%A6%8F")).text
    assert 'name="back" value="/held?text=a+b&amp;rule=%E8%A6%8F"' in page
    changed = await browser.post("/language", language="en", back="/held?text=a+b&rule=%E8%A6%8F")
    assert changed.headers["location"] == "/held?text=a+b&rule=%E8%A6%8F"
    refused = await browser.post("/held/99/release", reason="x")  # a form's answer: the page above it
    assert 'name="back" value="/held/99"' in refused.text


async def test_what_was_written_is_shown_when_the_session_is_over_and_nothing_else(c: Console) -> None:
    browser = c.browser()
    answer = await browser.post("/held/1/release", reason="<b>電話で確認</b>", profile="x", password="secret")
    assert answer.status_code == 403
    assert "操作は行われていません" in answer.text
    assert "&lt;b&gt;電話で確認&lt;/b&gt;</textarea>" in answer.text
    assert "secret" not in answer.text
    assert (await browser.post("/held/1/release", reason=" ")).headers["location"] == "/sign-in"


async def test_privileged_work_that_timed_out_gives_back_what_was_written(c: Console) -> None:
    browser = await c.signed_in(await c.person("sym", Role.SYM))
    answer = await browser.post("/rules/edit", text="\nrules: []", reason="長い変更")
    assert answer.status_code == 403
    assert "\n\nrules: []</textarea>" in answer.text  # HTML drops the first line's end only
    assert "/confirm?next=%2Frules%2Fedit" in answer.text


async def test_a_place_that_is_none_says_so_in_japanese_first(c: Console) -> None:
    answer = await c.browser().get("/nowhere")
    assert answer.status_code == 404
    assert answer.text.startswith("404 この画面はありません。")
