from __future__ import annotations

import asyncio
import json
import re

import pytest
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from gateway import journal
from gateway.console import attempts, credentials
from gateway.console.screen import COOKIE
from gateway.directory import Role
from gateway.words import Refusal
from tests.gateway.console.conftest import SLOW
from tests.gateway.console.make_console import PASSWORD, Console


async def test_ac04_the_first_person_comes_by_a_code_that_works_once(c: Console) -> None:
    assert await c.desk.accounts.is_empty()
    code = await c.desk.accounts.invite_first()
    form = {"code": code.lower(), "name": "Yamada", "display": "山田 花子", "password": PASSWORD, "again": PASSWORD}
    first = await c.browser().post("/invitation", **form)
    assert first.headers["location"] == "/sign-in/second"
    again = await c.browser().post("/invitation", **{**form, "name": "other"})
    assert again.status_code == 401
    [person] = await c.desk.accounts.list()
    assert (person.name, person.display, person.roles) == ("yamada", "山田 花子", (Role.SYM,))


async def test_an_invitation_runs_out(c: Console) -> None:
    code = await c.desk.accounts.invite("late", "Late", [Role.SYO], [], "test")
    c.rooms.times.pass_(7 * 86_400 + 1)
    assert await c.desk.accounts.invited(code) is None


async def test_ac07_the_first_sign_in_turns_codes_on_and_shows_the_recovery_codes_once(c: Console) -> None:
    await c.person("syo", Role.SYO)
    browser = c.browser()
    assert (await browser.post("/sign-in", name="syo", password=PASSWORD)).headers["location"] == "/sign-in/second"
    before = browser.client.cookies[COOKIE]
    page = await browser.get("/sign-in/second")
    secret = re.search(r'name="secret" value="(\w+)"', page.text)
    assert secret
    wrong = await browser.post("/sign-in/enrol", secret=secret[1], code="000000")
    assert wrong.status_code == 400
    done = await browser.post("/sign-in/enrol", secret=secret[1], code=c.code(secret[1]))
    codes = re.findall(r"<code>([A-Z2-9-]{19})</code>", done.text)
    assert len(codes) == credentials.RECOVERY_CODES
    assert browser.client.cookies[COOKIE] != before, "a session is another one after each step up (W3)"
    assert (await browser.get("/account")).status_code == 200

    other = c.browser()
    await other.post("/sign-in", name="syo", password=PASSWORD)
    await other.get("/sign-in/second")
    assert (await other.post("/sign-in/second", code=codes[0])).headers["location"] == "/"
    third = c.browser()
    await third.post("/sign-in", name="syo", password=PASSWORD)
    await third.get("/sign-in/second")
    assert (await third.post("/sign-in/second", code=codes[0])).status_code == 401


async def test_a_one_time_code_serves_once(c: Console) -> None:
    who, secret = await c.person("syo", Role.SYO), credentials.new_totp()
    await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    with pytest.raises(Refusal):
        await c.desk.accounts.prove_code(who, c.code(secret), "here")
    c.rooms.times.pass_(30)
    assert await c.desk.accounts.prove_code(who, c.code(secret), "here") == "code"
    with pytest.raises(Refusal):
        await c.desk.accounts.prove_code(who, c.code(secret), "here")


async def test_w04_guesses_at_once_are_counted_like_guesses_one_after_another(c: Console) -> None:
    who, secret = await c.person("syo", Role.SYO), credentials.new_totp()
    await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    guesses = (c.desk.accounts.prove_code(who, f"{number:06}", "here") for number in range(40))
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    looked_at = [answer for answer in answers if not isinstance(answer, Refusal) or answer.status != 429]
    assert len(looked_at) == attempts.FREE["pair"]


async def test_half_a_session_cannot_replace_the_second_factor(c: Console) -> None:
    """Who knows the password must not be able to enrol a device of his own over the owner's."""
    who, secret = await c.person("syo", Role.SYO), credentials.new_totp()
    await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    browser = await c.signed_in(await c.desk.accounts.find("syo"), whole=False)
    mine = credentials.new_totp()
    answer = await browser.post("/sign-in/enrol", secret=mine, code=c.code(mine))
    assert answer.status_code == 409


async def test_an_open_page_is_not_enough_to_replace_the_second_factor(c: Console) -> None:
    who, secret = await c.person("syo", Role.SYO), credentials.new_totp()
    await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    mine = credentials.new_totp()
    for elevated, status in ((False, 409), (True, 200)):
        browser = await c.signed_in(await c.desk.accounts.find("syo"), elevated=elevated)
        assert (await browser.post("/sign-in/enrol", secret=mine, code=c.code(mine))).status_code == status


async def test_a_passkey_that_is_none_opens_nothing(c: Console) -> None:
    for answer in ("", "{}", "[]", '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}', "x" * 5_000):
        assert (await c.browser().post("/sign-in/passkey", answer=answer)).status_code == 401
    assert len(await journal.search(c.rooms.db, kind="login_failed")) == 5


async def test_a_challenge_serves_once(c: Console) -> None:
    options = json.loads(await c.desk.passkeys.invitation())
    data = json.dumps(
        {"type": "webauthn.get", "challenge": options["challenge"], "origin": "https://console.example:8443"}
    ).encode()
    assert c.desk.passkeys._expected(data) == base64url_to_bytes(options["challenge"])
    with pytest.raises(Refusal):
        c.desk.passkeys._expected(data)
    foreign = json.dumps({"type": "webauthn.get", "challenge": bytes_to_base64url(b"x" * 32), "origin": "x"}).encode()
    with pytest.raises(Refusal):
        c.desk.passkeys._expected(foreign)


async def test_w4_failures_make_the_next_one_wait_and_never_lock_for_good(c: Console) -> None:
    await c.person("syo", Role.SYO)
    browser = c.browser()
    for _ in range(attempts.FREE["pair"]):
        assert (await browser.post("/sign-in", name="syo", password="wrong wrong wrong")).status_code == 401
    answer = await browser.post("/sign-in", name="syo", password=PASSWORD)
    assert answer.status_code == 429
    assert "秒後" in answer.text
    other = c.browser("127.0.0.2")
    assert (await other.post("/sign-in", name="syo", password=PASSWORD)).status_code == 303, "its owner is not locked out"
    c.rooms.times.pass_(attempts.LONGEST)
    assert (await browser.post("/sign-in", name="syo", password=PASSWORD)).status_code == 303


async def test_w4_one_machine_cannot_try_many_names(c: Console) -> None:
    browser = c.browser()
    for number in range(attempts.FREE["source"]):
        assert (await browser.post("/sign-in", name=f"user{number}", password="wrong")).status_code == 401
    assert (await browser.post("/sign-in", name="another", password="wrong")).status_code == 429


async def test_w4_a_name_that_nobody_has_gets_the_same_words(c: Console) -> None:
    await c.person("syo", Role.SYO)
    known = await c.browser().post("/sign-in", name="syo", password="wrong")
    unknown = await c.browser().post("/sign-in", name="xyz", password="wrong")
    assert known.status_code == unknown.status_code == 401
    refusal = re.compile(r'<p class="refusal" role="alert">([^<]+)')
    assert refusal.findall(known.text) == refusal.findall(unknown.text) != []


async def test_ac10_a_suspended_person_is_out_at_once(c: Console) -> None:
    who = await c.person("syo", Role.SYO)
    browser = await c.signed_in(who)
    assert (await browser.get("/account")).status_code == 200
    await c.desk.accounts.suspend("syo", True, "boss", "退職")
    assert (await browser.get("/account")).headers["location"] == "/sign-in"
    assert (await c.browser().post("/sign-in", name="syo", password=PASSWORD)).status_code == 401


async def test_w3_a_session_ends_when_idle_and_at_its_age(c: Console) -> None:
    who = await c.person("syo", Role.SYO)
    idle, busy = await c.signed_in(who), await c.signed_in(who)
    for _ in range(35):
        c.rooms.times.pass_(14 * 60)
        last = await busy.get("/account")
        if last.status_code != 200:
            break
    assert (await idle.get("/account")).headers["location"] == "/sign-in"
    assert last.headers.get("location") == "/sign-in", "eight hours are over, busy or not"


async def test_sessions_are_listed_and_ended_by_their_owner_only(c: Console) -> None:
    mine, other = await c.person("syo", Role.SYO), await c.person("oth", Role.SYO)
    here, there, foreign = await c.signed_in(mine), await c.signed_in(mine), await c.signed_in(other)
    ids = {s.id for s in await c.desk.sessions.list(mine)}
    assert len(ids) == 2
    [foreign_id] = [s.id for s in await c.desk.sessions.list(other)]
    await here.post("/account/sessions/end", id=foreign_id)
    assert (await foreign.get("/account")).status_code == 200
    own = await c.desk.sessions.find(here.client.cookies[COOKIE])
    assert own is not None
    await here.post("/account/sessions/end", id=(ids - {own.id}).pop())
    assert (await here.get("/account")).status_code == 200
    assert (await there.get("/account")).status_code == 303


async def test_ac01_signing_in_and_out_shows_when(c: Console) -> None:
    await c.person("usr", Role.USR)
    browser = c.browser()
    await browser.post("/sign-in", name="usr", password="wrong")
    await browser.post("/sign-in", name="usr", password=PASSWORD)
    await browser.get("/account")
    out = await browser.post("/sign-out")
    assert "ログアウトしました" in out.text
    assert COOKIE not in browser.client.cookies
    c.rooms.times.pass_(3_600)
    await browser.post("/sign-in", name="usr", password=PASSWORD)
    page = await browser.get("/account")
    assert "前回のログイン" in page.text
    assert "前回のログアウト" in page.text


async def test_ac05_elevation_ends_by_itself(c: Console) -> None:
    browser = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    assert (await browser.get("/people")).status_code == 200
    for _ in range(3):
        c.rooms.times.pass_(10 * 60)
        await browser.get("/account")
    assert (await browser.get("/people")).headers["location"].startswith("/confirm")


async def test_who_comes_and_goes_is_in_the_journal(c: Console) -> None:
    await c.person("usr", Role.USR)
    browser = c.browser()
    await browser.post("/sign-in", name="usr", password="not this one")
    await browser.post("/sign-in", name="usr", password=PASSWORD)
    await browser.get("/account")
    await browser.post("/sign-out")
    kinds = [entry.kind for entry in await journal.search(c.rooms.db)]
    assert kinds == ["account_changed", "account_changed", "login_failed", "logged_in", "logged_out"]


async def test_people_are_invited_changed_and_reset(c: Console) -> None:
    boss = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    made = await boss.post("/people", name="Hana", display="花", role=["ism", "syo"], scope="*@kenko.city.example.lg.jp")
    code = re.search(r"<code>([A-Z2-9-]{19})</code>", made.text)
    assert code
    hana = await c.desk.accounts.accept(code[1], "", "", PASSWORD)
    assert (hana.roles, hana.patterns) == ((Role.ISM, Role.SYO), ("*@kenko.city.example.lg.jp",))
    browser = await c.signed_in(hana)
    await boss.post("/people/hana", display="花", role=["ism"], scope="*@kenko.city.example.lg.jp", reason="異動")
    assert (await browser.get("/account")).status_code == 303, "rights never change under an open page"
    assert (await c.desk.accounts.find("hana")).scope.sees(["x@kenko.city.example.lg.jp"])
    assert not (await c.desk.accounts.find("hana")).scope.sees(["x@zeimu.city.example.lg.jp"])
    await boss.post("/people/hana/reset", reason="紛失")
    assert not (await c.desk.accounts.find("hana")).has_password


async def test_nobody_locks_himself_out_of_the_administration(c: Console) -> None:
    boss = await c.signed_in(await c.person("boss", Role.SYM), elevated=True)
    assert (await boss.post("/people/boss", display="Boss", role=["usr"], reason="異動")).status_code == 400
    assert (await boss.post("/people/boss/suspend", suspended="yes", reason="異動")).status_code == 400


@pytest.mark.parametrize(
    "password",
    [
        *("short", "passwordpassword", "administrator-administrator", "山" * 20, "syo-syo-syo-syo-syo", "x" * 129),
        *("123456789012345", "abcdefghijklmnop", "zyxwvutsrqponmlk", "1qaz2wsx3edc4rfv", "qwertyuiopasdfghjkl"),
        *(
            "あいうえおかきくけこさしすせそ",
            "アイウエオカキクケコサシスセソ",
            "ｐａｓｓｗｏｒｄ１２３４５６７",
            "Password12345678!",
        ),
    ],
)
def test_ac06_a_password_is_long_and_not_what_everybody_knows(password: str) -> None:
    with pytest.raises(Refusal):
        credentials.check_password(password, "syo")


def test_ac06_passwords_are_hashed_slowly() -> None:
    """RFC 9106 4: argon2id with 64 MiB, where a test uses a fast one."""
    assert (SLOW.type.name, SLOW.memory_cost, SLOW.time_cost) == ("ID", 64 << 10, 3)


def test_ac06_a_sentence_is_a_password() -> None:
    credentials.check_password(PASSWORD, "syo")


async def test_ac06_the_present_password_is_no_new_one(c: Console) -> None:
    browser = await c.signed_in(await c.person("syo", Role.SYO))
    same = {"present": PASSWORD, "password": PASSWORD, "again": PASSWORD}
    assert (await browser.post("/account/password", **same)).status_code == 400
    new = "五月の若葉は駅前の道に四十本ある"
    assert (await browser.post("/account/password", **{**same, "password": new, "again": new})).status_code == 303


async def test_secrets_are_not_readable_in_the_store(c: Console) -> None:
    who, secret = await c.person("syo", Role.SYO), credentials.new_totp()
    codes = await c.desk.accounts.enrol_totp(who, secret, c.code(secret))
    token = await c.desk.sessions.begin(who, "here", "test", whole=True, method="password")
    raw = b"".join(p.read_bytes() for p in c.rooms.root.glob("mugai.db*"))
    for each in (PASSWORD, secret, codes[0], token):
        assert each.encode() not in raw


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y"]
)
async def test_w6_a_redirect_stays_here(c: Console, path: str) -> None:
    answer = await c.browser().post("/language", language="en", back=path)
    assert answer.headers["location"] == "/"


async def test_the_language_is_japanese_until_asked_otherwise(c: Console) -> None:
    browser = c.browser()
    assert 'lang="ja"' in (await browser.get("/sign-in")).text
    await browser.post("/language", language="en", back="/sign-in")
    page = (await browser.get("/sign-in")).text
    assert 'html lang="en"' in page
    assert "Sign in" in page
