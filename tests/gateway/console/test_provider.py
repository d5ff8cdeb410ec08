"""Signing in by an OpenID provider that speaks HTTPS, and everything that somebody in between could change."""

from __future__ import annotations

import re
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from gateway import journal
from gateway.commands import ways_in
from gateway.console import provider
from gateway.console.byprovider import FLOW_COOKIE
from gateway.console.screen import COOKIE
from gateway.console.standing import Origin
from gateway.directory import Role
from tests.gateway.console.make_console import ORIGIN, PASSWORD, Browser, Console, console
from tests.gateway.console.make_provider import CLIENT, Idp, by_hand, public_pem, rsa_key, running
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.smtp import make_certificate

pytestmark = pytest.mark.slow
TRUSTED = ssl.create_default_context(cadata=make_certificate.pem("127.0.0.1")[0].decode())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Idp]:
    with running(tmp_path_factory.mktemp("idp")) as idp:
        yield idp


@pytest.fixture
async def c(tmp_path: Path, server: Idp) -> AsyncIterator[Console]:
    async with console(tmp_path, oidc=server.settings()) as opened:
        await opened.desk.store.directory.replace(HOUSE, 0, "test", "test")
        server.reset(opened.rooms.clock.now)
        yield opened


@pytest.fixture
def idp(server: Idp, c: Console) -> Idp:
    return server


async def sent(browser: Browser, path: str = "/sign-in/oidc") -> str:
    """Goes to the provider; returns where that sends us back to."""
    away = await browser.get(path)
    assert away.status_code == 303, away.text
    async with httpx.AsyncClient(verify=TRUSTED) as client:
        answer = await client.get(away.headers["location"])
    assert answer.headers["location"].startswith(f"{ORIGIN}/sign-in/oidc/callback?")
    return str(answer.headers["location"].removeprefix(ORIGIN))


async def came(browser: Browser, path: str = "/sign-in/oidc") -> httpx.Response:
    return await browser.get(await sent(browser, path))


def arrived(answer: httpx.Response) -> str:
    """Where the page goes on to by itself; "" = nobody came."""
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.text)
    return found[1] if found and answer.status_code == 200 else ""


async def test_staff_come_in_by_the_provider(c: Console, idp: Idp) -> None:
    browser = c.browser()
    assert "庁内の認証基盤でログイン" in (await browser.get("/sign-in")).text
    answer = await came(browser)
    assert arrived(answer) == "/"
    flags = [each for each in answer.headers.get_list("set-cookie") if each.startswith(COOKIE + "=")]
    assert len(flags) == 1
    assert all(word in flags[0] for word in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"))
    assert FLOW_COOKIE not in browser.client.cookies
    assert at("taro") in (await browser.get("/mine")).text
    assert "庁内の認証基盤" in (await browser.get("/account")).text
    [who] = await c.desk.accounts.list()
    assert (who.name, who.origin, who.roles) == (at("taro"), Origin.OIDC, (Role.USR,))


async def test_what_is_asked_for(c: Console, idp: Idp) -> None:
    browser = c.browser()
    answer = await browser.get("/sign-in/oidc")
    query = {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    assert {*query} == {
        *("tenant", "response_type", "client_id", "redirect_uri", "scope", "state", "nonce"),
        *("code_challenge", "code_challenge_method"),
    }
    assert (query["scope"], query["redirect_uri"]) == ("openid email", f"{ORIGIN}/sign-in/oidc/callback")
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 43, "256 bits each"
    [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-mugai-oidc=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"))
    for secret in (query["state"], query["nonce"]):
        assert secret not in cookie, "sealed"


async def test_metadata_and_keys_are_asked_for_once(c: Console, idp: Idp) -> None:
    for _ in range(3):
        assert arrived(await came(c.browser()))
    assert [path.rpartition("/")[2] for path in idp.asked].count("openid-configuration") == 1
    assert [path.rpartition("/")[2] for path in idp.asked].count("keys") == 1


async def test_a_new_key_of_the_provider_is_fetched_and_made_up_ones_are_not_asked_for_again(c: Console, idp: Idp) -> None:
    assert arrived(await came(c.browser()))
    c.rooms.times.pass_(provider.RETRY_SECONDS + 1)
    idp.kid = "k2"
    assert arrived(await came(c.browser()))
    idp.signed = lambda claims: jwt.encode(claims, rsa_key("k3"), "RS256", {"kid": "made-up"})
    for number in range(5):
        assert not arrived(await came(c.browser(f"127.0.3.{number}")))
    assert [path.rpartition("/")[2] for path in idp.asked].count("keys") == 2


FORGED: dict[str, Callable[[Idp], object]] = {
    "iss": lambda i: i.claims.update(iss="https://evil.example/realm"),
    "aud": lambda i: i.claims.update(aud="another-client"),
    "nonce": lambda i: i.claims.update(nonce="another"),
    "expired": lambda i: i.claims.update(exp=int(i.now()) - 3_600),
    "old": lambda i: i.claims.update(iat=int(i.now()) - 3_600),
    "at_hash": lambda i: i.claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "azp": lambda i: i.claims.update(azp="another-client"),
    "alg none": lambda i: setattr(i, "signed", lambda claims: by_hand({"alg": "none"}, claims, None)),
    "HS256 with the public key": lambda i: setattr(
        i, "signed", lambda claims: by_hand({"alg": "HS256", "kid": "k1"}, claims, public_pem(rsa_key("k1")))
    ),
    "another key": lambda i: setattr(i, "signed", lambda claims: jwt.encode(claims, rsa_key("k9"), "RS256", {"kid": "k1"})),
    "no token": lambda i: setattr(i, "signed", lambda claims: "x"),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_token_opens_nothing_and_counts(c: Console, idp: Idp, name: str) -> None:
    FORGED[name](idp)
    browser = c.browser()
    answer = await came(browser)
    assert answer.status_code == 401
    assert "確認できませんでした" in answer.text
    assert COOKIE not in browser.client.cookies
    assert await c.desk.accounts.list() == []
    assert len(await journal.search(c.rooms.db, kind="login_failed")) == 1


async def test_an_answer_serves_once(c: Console, idp: Idp) -> None:
    """Not even by the browser that it was for, with the cookie that it had."""
    browser = c.browser()
    back = await sent(browser)
    cookie = browser.client.cookies[FLOW_COOKIE]
    assert arrived(await browser.get(back))
    for again in (browser, c.browser()):
        again.client.cookies.set(FLOW_COOKIE, cookie, domain="console.example", path="/")
        assert (await again.get(back)).status_code == 401
    assert [path.rpartition("/")[2] for path in idp.asked].count("token") == 1, "the second time nobody is asked"


async def test_w3_somebody_else_s_answer_is_nobody_s(c: Console, idp: Idp) -> None:
    """Login CSRF: an attacker's answer in a victim's browser must not sign the victim in as the attacker."""
    attacker, victim = c.browser(), c.browser()
    back = await sent(attacker)
    assert (await victim.get(back)).status_code == 401, "no sign-in was begun here"
    await sent(victim)
    assert (await victim.get(back)).status_code == 401, "another one was"
    assert COOKIE not in victim.client.cookies
    assert [path for path in idp.asked if path.endswith("/token")] == []


async def test_w3_the_session_is_a_new_one(c: Console, idp: Idp) -> None:
    browser = c.browser()
    browser.client.cookies.set(COOKIE, "chosen-by-an-attacker", domain="console.example", path="/")
    assert arrived(await came(browser))
    tokens = {cookie.value for cookie in browser.client.cookies.jar if cookie.name == COOKIE}
    assert await c.desk.sessions.find("chosen-by-an-attacker") is None
    assert any([await c.desk.sessions.find(token or "") for token in tokens])


@pytest.mark.parametrize("cookie", ["", "x", "gAAAAAB" + "A" * 200, "é"])
async def test_a_cookie_that_is_not_ours_is_none(c: Console, idp: Idp, cookie: str) -> None:
    browser = c.browser()
    path = "/sign-in/oidc/callback?state=x&code=y"
    answer = await browser.client.get(path, headers={"cookie": f"{FLOW_COOKIE}={cookie}".encode()})
    assert answer.status_code == 401
    assert (await browser.get("/sign-in/oidc/callback")).status_code == 401


async def test_a_sign_in_runs_out(c: Console, idp: Idp) -> None:
    browser = c.browser()
    back = await sent(browser)
    c.rooms.times.pass_(provider.FLOW_SECONDS + 1)
    assert (await browser.get(back)).status_code == 401


async def test_a_code_of_another_sign_in_is_refused_by_the_provider(c: Console, idp: Idp) -> None:
    """PKCE: a stolen code is worth nothing without the verifier of the browser that began."""
    thief, owner = c.browser("127.0.0.5"), c.browser()
    stolen = parse_qs(urlsplit(await sent(owner)).query)["code"][0]
    mine = await sent(thief)
    own = parse_qs(urlsplit(mine).query)["code"][0]
    assert (await thief.get(mine.replace(own, stolen))).status_code == 401


async def test_mixed_up_providers(c: Console, idp: Idp) -> None:
    """RFC 9207: the answer names another provider than the one that we went to."""
    browser = c.browser()
    back = await sent(browser)
    assert (await browser.get(re.sub(r"iss=[^&]+", "iss=https%3A%2F%2Fevil.example", back))).status_code == 401
    assert [path for path in idp.asked if path.endswith("/token")] == [], "no code goes to anybody"


async def test_a_provider_that_promises_its_name_must_give_it(c: Console, idp: Idp) -> None:
    idp.metadata = {"authorization_response_iss_parameter_supported": True}
    browser = c.browser()
    back = await sent(browser)
    assert (await browser.get(re.sub(r"&iss=[^&]+", "", back))).status_code == 401
    assert arrived(await came(browser))


@pytest.mark.parametrize("error", ["access_denied", "temporarily_unavailable", "<script>alert(1)</script>", "invalid_scope"])
async def test_errors_of_the_provider_are_told_in_plain_words(c: Console, idp: Idp, error: str) -> None:
    idp.error = error
    answer = await came(c.browser())
    assert answer.status_code == 403
    assert "認証基盤" in answer.text
    for theirs in ("lies", "alert(1)", "invalid_scope"):
        assert theirs not in answer.text
    assert await journal.search(c.rooms.db, kind="login_failed") == []


@pytest.mark.parametrize(
    "claims",
    [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email": None}, {"email": 7}],
)
async def test_an_address_that_the_provider_has_not_verified_is_nobody_s(c: Console, idp: Idp, claims: dict[str, Any]) -> None:
    idp.claims = claims
    answer = await came(c.browser())
    assert answer.status_code == 403
    assert await c.desk.accounts.list() == []


async def test_another_claim_may_be_the_address(tmp_path: Path, server: Idp) -> None:
    async with console(tmp_path, oidc=server.settings(claim="upn", scopes=["profile"])) as c:
        await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
        server.reset(c.rooms.clock.now)
        server.claims = {"upn": "Head.LGWAN@City.Example.lg.jp", "email": None, "email_verified": None}
        browser = c.browser()
        assert arrived(await came(browser)) == "/sign-in/second"
        assert [who.name for who in await c.desk.accounts.list()] == [at("head")], "by an alias of hers"
        assert (await browser.get("/held")).headers["location"] == "/sign-in/second"


async def test_ac10_who_is_unknown_here_or_suspended_is_out(c: Console, idp: Idp) -> None:
    idp.claims = {"email": "stranger@city.example.lg.jp"}
    answer = await came(c.browser())
    assert answer.status_code == 403
    assert "名簿に登録がありません" in answer.text
    idp.claims = {}
    browser = c.browser()
    assert arrived(await came(browser))
    await c.desk.store.directory.suspend(at("taro"), "cso", "調査")
    assert (await browser.get("/mine")).headers["location"] == "/sign-in"
    assert (await came(c.browser())).status_code == 403


async def test_an_address_that_went_to_somebody_else_does_not_open_the_old_account(c: Console, idp: Idp) -> None:
    assert arrived(await came(c.browser()))
    idp.claims = {"sub": "s-2"}
    answer = await came(c.browser())
    assert answer.status_code == 403
    assert "別の利用者" in answer.text
    await c.desk.accounts.forget(at("taro"), "boss", "端末の紛失")
    assert arrived(await came(c.browser()))


@pytest.mark.parametrize(
    ("claims", "settings", "to"),
    [
        ({}, {"second_factor_amr": ["mfa"]}, "/sign-in/second"),
        ({"amr": ["pwd"]}, {"second_factor_amr": ["mfa"]}, "/sign-in/second"),
        ({"amr": ["pwd", "mfa"]}, {"second_factor_amr": ["mfa"]}, "/"),
        ({"amr": ["mfa"]}, {}, "/sign-in/second"),
        ({"acr": "high"}, {"second_factor_acr": ["high"]}, "/"),
        ({"acr": "low"}, {"second_factor_acr": ["high"]}, "/sign-in/second"),
        ({"acr": ""}, {"second_factor_acr": ["high"]}, "/sign-in/second"),
    ],
)
async def test_ac07_the_second_factor_is_the_provider_s_only_where_the_settings_say_so(
    tmp_path: Path, server: Idp, claims: dict[str, Any], settings: dict[str, Any], to: str
) -> None:
    async with console(tmp_path, oidc=server.settings(**settings)) as c:
        await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
        server.reset(c.rooms.clock.now)
        server.claims = {**claims, "email": at("jiro")}
        assert arrived(await came(c.browser())) == to


async def test_ac05_privileged_work_is_confirmed_there_by_the_same_person_now(tmp_path: Path, server: Idp) -> None:
    async with console(tmp_path, oidc=server.settings(second_factor_amr=["mfa"])) as c:
        await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
        server.reset(c.rooms.clock.now)
        boss = {"email": at("itchief"), "amr": ["mfa"], "sub": "s-boss"}
        server.claims = boss
        browser = c.browser()
        await came(browser)
        page = await browser.get("/confirm?next=/people")
        assert "/confirm/oidc?next=/people" in page.text
        for wrong in ({**boss, "auth_time": None}, {**boss, "auth_time": int(server.now()) - 3_600}, {"sub": "s-1"}):
            server.claims = wrong
            assert not arrived(await came(browser, "/confirm/oidc?next=/people"))
            assert (await browser.get("/people")).headers["location"].startswith("/confirm")
        server.claims = boss
        before = browser.client.cookies[COOKIE]
        assert arrived(await came(browser, "/confirm/oidc?next=/people")) == "/people"
        assert browser.client.cookies[COOKIE] != before
        assert (await browser.get("/people")).status_code == 200


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_w6_it_goes_on_here_only(c: Console, idp: Idp, path: str) -> None:
    idp.claims = {"email": at("taro")}
    browser = c.browser()
    await came(browser)
    assert arrived(await came(browser, f"/confirm/oidc?next={path}")) == "/"


async def test_the_provider_is_away_and_an_account_of_the_console_still_opens(c: Console, idp: Idp) -> None:
    idp.down = True
    await c.person("emergency", Role.USR)
    browser = c.browser()
    answer = await browser.get("/sign-in/oidc")
    assert answer.status_code == 503
    assert "この画面専用の利用者名では入れます" in answer.text
    assert (await browser.post("/sign-in", name="emergency", password=PASSWORD)).headers["location"] == "/"
    idp.down = False
    assert arrived(await came(c.browser()))


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://127.0.0.1/authorize"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"end_session_endpoint": "javascript:alert(1)"},
    ],
)
async def test_metadata_that_is_not_the_provider_s_or_not_https(c: Console, idp: Idp, metadata: dict[str, Any]) -> None:
    idp.metadata = metadata
    assert (await c.browser().get("/sign-in/oidc")).status_code == 503


async def test_keys_elsewhere_are_not_followed(c: Console, idp: Idp) -> None:
    idp.metadata = {"jwks_uri": f"{idp.issuer}/elsewhere"}
    assert (await came(c.browser())).status_code == 503
    assert not [path for path in idp.asked if path.endswith("/keys")]


async def test_a_provider_whose_certificate_is_not_the_ca_s(tmp_path: Path, server: Idp) -> None:
    async with console(tmp_path, oidc=server.settings(ca_file="")) as c:
        server.reset(c.rooms.clock.now)
        assert (await c.browser().get("/sign-in/oidc")).status_code == 503
        assert server.asked == []


async def test_a_wrong_secret_is_our_mistake_and_nobody_s_attempt(tmp_path: Path, server: Idp) -> None:
    async with console(tmp_path, oidc=server.settings()) as c:
        server.reset(c.rooms.clock.now)
        (server.place / "secret").write_text("wrong\n")
        assert (await came(c.browser())).status_code == 503
        (server.place / "secret").chmod(0o644)
        assert (await came(c.browser())).status_code == 503
        assert await journal.search(c.rooms.db, kind="login_failed") == []


async def test_signing_out_offers_to_sign_out_there(c: Console, idp: Idp) -> None:
    browser = c.browser()
    await came(browser)
    await browser.get("/account")
    page = await browser.post("/sign-out")
    assert f"{idp.issuer}/logout?client_id={CLIENT}&amp;post_logout_redirect_uri=" in page.text
    assert "ログアウトしました" in page.text


async def test_w4_forged_answers_make_their_sender_wait(c: Console, idp: Idp) -> None:
    idp.claims = {"nonce": "another"}
    browser = c.browser()
    statuses = [(await came(browser)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    idp.claims = {}
    assert arrived(await came(c.browser("127.0.0.9")))


async def test_the_check_says_step_by_step_what_works(tmp_path: Path, server: Idp) -> None:
    async with console(tmp_path, oidc=server.settings()) as c:
        server.reset(lambda: 0.0)

        async def told() -> list[tuple[str, str]]:
            return [(each.level, each.text) for each in await ways_in.found(c.desk.settings, "")]

        steps = await told()
        assert [level for level, _ in steps] == ["ok"] * 4
        assert "1 keys" in steps[1][1]
        assert f"{ORIGIN}/sign-in/oidc/callback" in steps[-1][1]
        (server.place / "secret").write_text("wrong\n")
        level, text = (await told())[-1]
        assert (level, "invalid_client" in text) == ("bad", True)
        server.metadata = {"issuer": "https://evil.example"}
        [(level, text)] = await told()
        assert (level, "calls itself 'https://evil.example'" in text) == ("bad", True)


async def test_roles_that_change_end_the_session(c: Console, idp: Idp) -> None:
    browser = c.browser()
    await came(browser)
    people = tuple(replace(p, roles=(Role.SYM,)) if p.address == at("taro") else p for p in HOUSE.people)
    await c.desk.store.directory.replace(replace(HOUSE, people=people), 1, "test", "test")
    assert (await browser.get("/mine")).headers["location"] == "/sign-in"
