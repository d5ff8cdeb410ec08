"""Signing in with the account of the house, at a real slapd."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Self

import pytest
from bonsai.errors import ProtocolError

from gateway import journal
from gateway.commands import ways_in
from gateway.console import attempts
from gateway.console.standing import Origin
from gateway.directory import Directory, Person, Role, Section, bind, ldap
from gateway.settings import ConsoleSettings
from gateway.sign_in_settings import LdapSettings
from gateway.store.opening import open_store
from gateway.yaml_file import BadConfiguration
from tests.gateway.console.make_console import ORIGIN, Browser, Console, console
from tests.gateway.console.make_console import PASSWORD as OWN
from tests.gateway.directory.make_slapd import PASSWORD, ROOT, Slapd, running
from tests.gateway.make_directory import at

pytestmark = pytest.mark.slow
FILTER = "(&(objectClass=person)(|(cn={name})(mail={name})))"
PEOPLE = (
    Person(at("kacho"), "税務課長", "tax", (Role.ISM,)),
    Person(at("p1"), "職員 一", "tax"),
    Person(at("p2"), "停止中", "tax", suspended="調査のため"),
    Person(at("p3"), "退職者", "tax", until=date(2020, 3, 31)),
    Person(at("gone"), "無効", "tax"),
)
HOUSE = Directory(people=PEOPLE, sections=(Section("tax", "税務課"),))


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    with running(tmp_path_factory.mktemp("slapd")) as server:
        yield server


@pytest.fixture
async def c(tmp_path: Path, slapd: Slapd) -> AsyncIterator[Console]:
    async with console(tmp_path, ldap=slapd.settings(sign_in=FILTER)) as opened:
        await opened.desk.store.directory.replace(HOUSE, 0, "test", "test")
        yield opened


async def came(browser: Browser, name: str, password: str = PASSWORD) -> tuple[int, str]:
    answer = await browser.post("/sign-in/ldap", name=name, password=password)
    found = re.search(r'role="alert">([^<]+)', answer.text)
    return answer.status_code, answer.headers.get("location", "") or (found[1] if found else "")


async def test_staff_come_in_with_the_account_of_the_house(c: Console) -> None:
    browser = c.browser()
    assert "庁内のアカウントでログイン" in (await browser.get("/sign-in")).text
    assert await came(browser, "P1 ") == (303, "/")
    assert at("p1") in (await browser.get("/mine")).text
    assert "庁内のアカウント" in (await browser.get("/account")).text
    [who] = await c.desk.accounts.list()
    assert (who.name, who.origin, who.display, who.roles, who.has_password) == (
        at("p1"),
        Origin.LDAP,
        "職員 一",
        (Role.USR,),
        False,
    )
    [entry] = await journal.search(c.rooms.db, kind="logged_in")
    assert dict(entry.facts)["method"] == "ldap"


async def test_ac07_roles_come_from_the_directory_and_the_second_factor_with_them(c: Console) -> None:
    browser = c.browser()
    assert await came(browser, "kacho") == (303, "/sign-in/second")
    assert (await browser.get("/held")).headers["location"] == "/sign-in/second"
    who = await c.desk.accounts.find(at("kacho"))
    assert (who.roles, who.patterns) == ((Role.ISM,), ("tax",))
    page = await browser.get("/sign-in/second")
    secret = re.search(r'name="secret" value="(\w+)"', page.text)
    assert secret
    await browser.post("/sign-in/enrol", secret=secret[1], code=c.code(secret[1]))
    assert (await browser.get("/held")).status_code == 200


async def test_w4_unknown_wrong_empty_and_disabled_are_one_answer(c: Console) -> None:
    answers = {
        await came(c.browser(f"127.0.2.{number}"), name, password)
        for number, (name, password) in enumerate(
            [
                ("p1", "wrong"),
                ("nobody", PASSWORD),
                ("", PASSWORD),
                ("gone", PASSWORD),  # userAccountControl says disabled
                ("p1", ""),
                ("p1", "\0" + PASSWORD),
                ("p1", PASSWORD + "\0x"),
                ("p*", PASSWORD),
                ("p1)(cn=*", PASSWORD),
                ("p1\0", PASSWORD),
                ("p" * 5_000, PASSWORD),
            ]
        )
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    assert await c.desk.accounts.list() == []


async def test_w4_the_server_is_asked_as_often_for_a_name_that_nobody_has(c: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = bind.accepts

    def watched(settings: object, entry: bind.Entry, password: str) -> bool:
        asked.append(entry.dn)
        return real(settings, entry, password)  # type: ignore[arg-type]

    monkeypatch.setattr(bind, "accepts", watched)
    await came(c.browser(), "p1", "wrong")
    await came(c.browser(), "nobody", "wrong")
    assert len(asked) == 2
    assert all(dn.endswith(f"ou=people,{ROOT}") for dn in asked)


async def test_w4_another_spelling_of_a_name_buys_no_more_attempts(c: Console) -> None:
    browser = c.browser()
    names = ["p1", "P1", at("p1"), at("P1").upper(), " p1"]
    for name in names[: attempts.FREE["pair"]]:
        assert (await came(browser, name, "wrong"))[0] == 401
    for name in ("p1", at("p1")):
        assert (await came(browser, name))[0] == 429
    assert (await came(c.browser("127.0.0.2"), "p1"))[0] == 303, "its owner is not locked out"
    failed = await journal.search(c.rooms.db, kind="login_failed")
    assert len(failed) == attempts.FREE["pair"] + 2


async def test_ac10_who_is_suspended_expired_or_unknown_here_is_out(c: Console) -> None:
    for name in ("p2", "p3"):
        status, words = await came(c.browser(), name)
        assert status == 403
        assert "停止されているか" in words
    status, words = await came(c.browser(), "p5")
    assert status == 403
    assert "名簿に登録がありません" in words


async def test_ac10_a_suspension_ends_an_open_session_at_the_next_click(c: Console) -> None:
    browser = c.browser()
    await came(browser, "p1")
    assert (await browser.get("/account")).status_code == 200
    await c.desk.store.directory.suspend(at("p1"), "cso", "調査のため")
    assert (await browser.get("/account")).headers["location"] == "/sign-in"


async def test_more_rights_need_another_sign_in(c: Console) -> None:
    """Else somebody who came with a password alone would hold what needs a second factor."""
    browser = c.browser()
    await came(browser, "p1")
    people = tuple(replace(p, roles=(Role.SYO,)) if p.address == at("p1") else p for p in HOUSE.people)
    await c.desk.store.directory.replace(replace(HOUSE, people=people), 1, "test", "test")
    assert (await browser.get("/account")).headers["location"] == "/sign-in"
    assert await came(browser, "p1") == (303, "/sign-in/second")


async def test_the_server_is_away_and_an_account_of_the_console_still_opens(tmp_path: Path, slapd: Slapd) -> None:
    away = slapd.settings(sign_in=FILTER, url="ldaps://127.0.0.1:1")
    async with console(tmp_path, ldap=away) as c:
        await c.person("emergency", Role.USR)
        browser = c.browser()
        status, words = await came(browser, "p1")
        assert status == 503
        assert "この画面専用の利用者名では入れます" in words
        assert (await browser.post("/sign-in", name="emergency", password=OWN)).headers["location"] == "/"
        assert await journal.search(c.rooms.db, kind="login_failed") == [], "nobody was wrong"


async def test_a_server_whose_certificate_is_not_the_ca_s_gets_no_password(tmp_path: Path, slapd: Slapd) -> None:
    async with console(tmp_path, ldap=slapd.settings(sign_in=FILTER, ca_file="")) as c:
        assert (await came(c.browser(), "p1"))[0] == 503


async def test_ac05_privileged_work_asks_the_house_for_the_password_again(tmp_path: Path, slapd: Slapd) -> None:
    house = Directory(people=(Person(at("p1"), "管理者", "", (Role.SYM,)),))
    relaxed = ConsoleSettings(origin=ORIGIN, second_factor=False)
    async with console(tmp_path, ldap=slapd.settings(sign_in="(cn={name})")) as c:
        c.desk.settings = c.desk.settings.model_copy(update={"console": relaxed})
        await c.desk.store.directory.replace(house, 0, "test", "test")
        browser = c.browser()
        await came(browser, "p1")
        assert (await browser.get("/people")).headers["location"].startswith("/confirm")
        await browser.get("/confirm?next=/people")
        for wrong in ("", "wrong", "\0"):
            assert (await browser.post("/confirm", next="/people", proof=wrong)).status_code == 401
        assert (await browser.post("/confirm", next="/people", proof=PASSWORD)).headers["location"] == "/people"
        assert (await browser.get("/people")).status_code == 200


async def test_the_check_says_step_by_step_what_works(c: Console, slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> None:
    async def told(name: str, **changes: object) -> list[tuple[str, str]]:
        settings = c.desk.settings.model_copy(update={"ldap": slapd.settings(sign_in=FILTER, **changes)})
        return [(each.level, each.text) for each in await ways_in.found(settings, name)]

    with open_store(c.desk.settings) as store:
        await store.directory.replace(HOUSE, 0, "test", "test")
    assert [level for level, _ in await told("")] == ["ok", "ok"]
    assert (await told("p1"))[-1] == ("ok", "職員 一, usr")
    assert (await told("kacho"))[-1] == ("ok", "税務課長, ism, with a second factor")
    for name, words in (("nobody", "no single, active entry"), ("p5", "is nobody's here"), ("p2", "調査のため")):
        level, text = (await told(name))[-1]
        assert (level, words in text) == ("bad", True)
    monkeypatch.setattr("sys.stdin", FakeTerminal())
    for password, level in ((PASSWORD, "ok"), ("wrong", "bad")):
        monkeypatch.setattr("getpass.getpass", lambda _, password=password: password)
        assert (await told("p1"))[-1][0] == level
    [(level, text)] = await told("", ca_file="")
    assert level == "bad"
    assert "certificate" in text


class FakeTerminal:
    def isatty(self) -> bool:
        return True


def test_names_are_escaped_as_rfc4515_says() -> None:
    assert bind.escaped("a*()\\\0b日") == r"a\2a\28\29\5c\00b日"


def test_several_entries_are_nobody(slapd: Slapd) -> None:
    assert bind.by_name(slapd.settings(sign_in="(|(cn={name})(cn=p2))"), "p1").address == ""
    assert bind.by_name(slapd.settings(sign_in="(|(cn={name})(objectClass=person))"), "p1").address == ""


def test_a_bind_without_a_password_is_never_sent(slapd: Slapd) -> None:
    """This server would say yes to it (RFC 4513 5.1.2)."""
    entry = bind.by_name(slapd.settings(sign_in=FILTER), "p1")
    for empty in ("", "\0", "\0x"):
        with pytest.raises(ValueError, match="never sent"):
            bind.accepts(slapd.settings(sign_in=FILTER), entry, empty)


def test_our_own_account_is_wrong(slapd: Slapd) -> None:
    with pytest.raises(BadConfiguration, match="does not accept"):
        bind.by_name(slapd.settings(sign_in=FILTER, user=f"cn=nobody,{ROOT}"), "p1")


@pytest.mark.parametrize("template", ["(cn=fixed)", "(cn=*{name}*)", "({name}=x)", "(cn={name}", "{name}"])
def test_a_filter_that_is_none_is_refused(slapd: Slapd, template: str) -> None:
    with pytest.raises(ValueError):
        slapd.settings(sign_in=template)


def test_a_dead_server_never_takes_all_threads() -> None:
    from gateway.console import binding

    assert binding._AT_ONCE._value < min(32, 1 + 4), "asyncio's pool on one core"
    assert isinstance(binding._AT_ONCE, asyncio.Semaphore)


@dataclass
class DomainController:
    """Samba's after a bind: it does not know "Who am I?" (RFC 4532), and shows an entry only to somebody."""

    shows: bool

    def connect(self, timeout: float) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def whoami(self) -> str:
        raise ProtocolError("Extended Operation(1.3.6.1.4.1.4203.1.11.3) not supported.")

    def search(self, base: str, *_: object) -> list[str]:
        return [base] if self.shows else []


@pytest.mark.parametrize("shows", [True, False])
def test_a_domain_controller_of_samba_has_no_who_am_i(monkeypatch: pytest.MonkeyPatch, shows: bool) -> None:
    monkeypatch.setattr(ldap, "client_as", lambda *_: DomainController(shows))
    entry = bind.Entry("CN=yamada,OU=職員,DC=city,DC=example,DC=lg,DC=jp", at("yamada"))
    assert bind.accepts(LdapSettings(), entry, PASSWORD) is shows
    assert not bind.accepts(LdapSettings(), replace(entry, address=""), PASSWORD)
