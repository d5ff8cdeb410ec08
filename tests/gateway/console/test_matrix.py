"""Every route of the router x every role, called for real.  A route that is not in the table below fails here (W5)."""

from __future__ import annotations

import re
import secrets

import pytest

from gateway.console import app, roles
from gateway.console.guard import HEADERS
from gateway.console.roles import PRIVILEGED, Right
from gateway.console.standing import Account
from gateway.directory import Role
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.console.test_held import held

ANYBODY = "anybody"
HALF = "half"
ALL = " ".join(Role)
SEES = "ciso cso csirt bur ism sym syo aud"
RECORD = "ciso cso csirt sym syo aud"
TAKES = "ciso cso csirt aud"
REGISTER = "ciso cso csirt sym syo aud"
READS = "ciso cso csirt ism syo"

# Written by hand and not from `roles.RIGHTS`: the second person's look at it.
WHO = {
    "GET /": ALL,
    "GET /sign-in": ANYBODY,
    "POST /sign-in": ANYBODY,
    "POST /sign-in/passkey": ANYBODY,
    "POST /sign-in/ldap": ANYBODY,
    "GET /sign-in/oidc": ANYBODY,
    "GET /sign-in/oidc/callback": ANYBODY,
    "GET /confirm/oidc": ALL,
    "GET /sign-in/second": HALF,
    "POST /sign-in/second": HALF,
    "POST /sign-in/enrol": HALF,
    "GET /invitation": ANYBODY,
    "POST /invitation": ANYBODY,
    "POST /sign-out": HALF,
    "GET /confirm": ALL,
    "POST /confirm": ALL,
    "POST /confirm/end": ALL,
    "POST /language": ANYBODY,
    "POST /reports": ANYBODY,
    "GET /account": ALL,
    "GET /account/codes": ALL,
    "POST /account/password": ALL,
    "POST /account/passkeys": ALL,
    "POST /account/passkeys/remove": ALL,
    "POST /account/sessions/end": ALL,
    "GET /dashboard": "ciso cso csirt sym syo aud",
    "GET /held": SEES,
    "POST /held/release": "cso ism syo",
    "POST /held/delete": "cso syo",
    "GET /held/{entry}": SEES,
    "GET /held/{entry}/text": READS,
    "GET /held/{entry}/outcome": READS,
    "GET /held/{entry}/pages": READS,
    "GET /held/{entry}/pages/{file}/{page}": READS,
    "GET /held/{entry}/pages/{file}/{page}/picture": READS,
    "POST /held/{entry}/release": "cso ism syo",
    "POST /held/{entry}/undelivered": "cso ism syo",
    "POST /held/{entry}/original": "cso ism syo",
    "POST /held/{entry}/ask": "cso ism syo",
    "POST /held/{entry}/delete": "cso syo",
    "POST /held/{entry}/keep": "cso csirt syo",
    "POST /held/{entry}/password": "cso ism syo",
    "GET /originals": SEES,
    "GET /originals/{item}": READS,
    "GET /journal": RECORD,
    "POST /journal/export": TAKES,
    "POST /journal/pack": TAKES,
    "GET /journal/mail/{item}": SEES,
    "POST /journal/mail/{item}/pack": TAKES,
    "GET /journal/proof": RECORD,
    "POST /journal/proof": RECORD,
    "GET /journal/inspection": RECORD,
    "GET /journal/inspection/{period}": RECORD,
    "POST /journal/inspection/{period}": "ciso cso sym",
    "GET /troubles": RECORD,
    "POST /troubles": "cso csirt sym syo",
    "GET /troubles/{number}": RECORD,
    "POST /troubles/{number}": "cso csirt sym syo",
    "GET /incidents": RECORD,
    "GET /incidents/{number}": RECORD,
    "GET /incidents/{number}/{report}": RECORD,
    "POST /incidents/{number}/{report}/paper": RECORD,
    "GET /incidents/{number}/steps": ALL,
    "POST /incidents/{number}/playbook": "cso csirt sym syo",
    "POST /incidents/{number}/steps/{step}": ALL,
    "POST /incidents/{number}/steps/{step}/list": TAKES,
    "GET /audit": "ciso cso sym aud com",
    "POST /audit/paper": "ciso cso sym aud com",
    "POST /audit/findings": "aud",
    "GET /audit/findings/{number}": "ciso cso sym aud com",
    "POST /audit/findings/{number}/answer": "cso sym",
    "POST /audit/findings/{number}/progress": "cso sym",
    "POST /audit/findings/{number}/elsewhere": "cso sym",
    "POST /audit/findings/{number}/judge": "aud",
    "GET /audit/evidence": "aud",
    "POST /audit/evidence": "aud",
    "GET /audit/external": "ciso cso sym aud com",
    "POST /audit/external": "ciso cso sym",
    "POST /audit/external/paper": "ciso cso sym aud com",
    "GET /audit/samples": RECORD,
    "POST /audit/samples": "aud",
    "GET /audit/samples/{number}": RECORD,
    "POST /audit/samples/{number}/again": "aud",
    "POST /audit/samples/{number}/paper": TAKES,
    "POST /audit/samples/{number}/pack": TAKES,
    "GET /sign-in/code": ANYBODY,
    "POST /sign-in/code": ANYBODY,
    "POST /sign-in/code/check": ANYBODY,
    "GET /mine": ALL,
    "GET /mine/report": ALL,
    "POST /mine/report": ALL,
    "GET /mine/{item}": ALL,
    "POST /mine/{item}/password": ALL,
    "POST /mine/{item}/original": ALL,
    "POST /mine/{item}/suspicious": ALL,
    "GET /sent": ALL,
    "GET /sent/{item}": ALL,
    "POST /sent/{item}/release": ALL,
    "GET /notice/{ticket}": ANYBODY,
    "GET /notice/{ticket}/{item}": ANYBODY,
    "POST /notice/{ticket}/{item}/password": ANYBODY,
    "POST /notice/{ticket}/{item}/original": ANYBODY,
    "POST /notice/{ticket}/{item}/suspicious": ANYBODY,
    "GET /approvals": ALL,
    "GET /approvals/{number}": ALL,
    "GET /approvals/{number}/text": ALL,
    "POST /approvals/{number}/comment": ALL,
    "POST /approvals/{number}/{act}": ALL,
    "GET /link/{secret}": ANYBODY,
    "POST /link/{secret}/{act}": ANYBODY,
    "GET /cases": REGISTER,
    "GET /cases/export": REGISTER,
    "GET /cases/statistics": "ciso cso aud",
    "GET /ask/{form}": ALL,
    "POST /ask/{form}": ALL,
    "GET /senders": SEES,
    "POST /senders": "cso syo",
    "POST /senders/{number}/remove": "cso syo",
    "GET /periodicals": "ciso cso csirt sym syo aud com",
    "GET /periodicals/{series}/{of}": "ciso cso csirt sym syo aud com",
    "POST /periodicals/{series}/{of}/paper": "ciso cso csirt sym syo aud com",
    "GET /self-checks": "ciso cso bur aud com",
    "POST /self-checks": "ciso cso bur aud com",
    "GET /self-checks/{number}": ALL,
    "POST /self-checks/{number}/answer": ALL,
    "POST /self-checks/{number}/remind": "ciso cso bur aud com",
    "POST /self-inspections": "ciso cso bur aud com",
    "GET /self-inspections": "ciso cso csirt bur sym syo aud com",
    "GET /self-inspections/{name}": "ciso cso csirt bur sym syo aud com",
    "POST /self-inspections/{name}/table": "ciso cso csirt bur sym syo aud com",
    "POST /self-inspections/{name}/{requirement}": "cso bur sym",
    "GET /stops": RECORD,
    "POST /stops": "ciso cso csirt sym syo",
    "GET /stops/{number}": RECORD,
    "POST /stops/{number}/resume": "ciso cso csirt sym syo",
    "GET /rules": "ciso cso csirt sym syo aud",
    "GET /rules/versions": "ciso cso csirt sym syo aud",
    "GET /rules/versions/{number}": "ciso cso csirt sym syo aud",
    "GET /rules/edit": "cso sym syo",
    "POST /rules/edit": "cso sym syo",
    "POST /rules/versions/{number}/propose": "cso sym syo",
    "POST /rules/versions/{number}/act": "ciso cso sym syo",
    "POST /rules/versions/{number}/discard": "cso sym syo",
    "POST /rules/versions/{number}/restore": "cso sym syo",
    "GET /rules/versions/{number}/trial": "cso sym syo",
    "POST /rules/versions/{number}/trial": "cso sym syo",
    "POST /rules/versions/{number}/trial/stop": "cso sym syo",
    "POST /rules/drafts": "cso sym syo",
    "GET /rules/versions/{number}/form": "cso sym syo",
    "GET /rules/versions/{number}/form/entries/{section}/{place}": "cso sym syo",
    "POST /rules/versions/{number}/form/entries/{section}/{place}": "cso sym syo",
    "POST /rules/versions/{number}/form/entries/{section}/{place}/{change}": "cso sym syo",
    "GET /rules/versions/{number}/form/profiles/{name}": "cso sym syo",
    "POST /rules/versions/{number}/form/profiles/{name}": "cso sym syo",
    "GET /rules/versions/{number}/form/lists": "cso sym syo",
    "POST /rules/versions/{number}/form/lists": "cso sym syo",
    "GET /rules/test": "cso sym syo",
    "POST /rules/test": "cso sym syo",
    "GET /rules/test/{key}": "cso sym syo",
    "GET /rules/test/{key}/{answer}/{file}": "cso sym syo",
    "GET /tokens": ALL,
    "POST /tokens": "sym",
    "POST /tokens/{mark}/take": ALL,
    "POST /tokens/{mark}/revoke": ALL,
    "GET /api": ALL,
    "GET /people": "ciso cso sym aud",
    "POST /people": "sym",
    "GET /people/{name}": "sym",
    "POST /people/{name}": "sym",
    "POST /people/{name}/reset": "sym",
    "POST /people/{name}/suspect": "sym",
    "POST /people/{name}/suspend": "sym",
}
ROUTES = sorted(WHO)


def address(route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    return method, re.sub(r"\{\w+\}", "1", path)


async def called(c: Console, route: str, who: Account, *, whole: bool = True, elevated: bool = True) -> tuple[int, str, str]:
    """With a session of its own: some routes end it."""
    browser = await c.signed_in(who, whole=whole, elevated=elevated)
    method, path = address(route)
    answer = await (browser.get(path) if method == "GET" else browser.post(path))
    return answer.status_code, answer.headers.get("location", ""), answer.text


def test_the_table_names_every_route_and_no_other() -> None:
    assert {f"{each.method} {each.path}" for each in app.declared()} == WHO.keys()


def test_no_route_changes_anything_by_get_and_none_answers_two_methods() -> None:
    assert {each.method for each in app.declared()} == {"GET", "POST"}
    assert len(app.declared()) == len(WHO)


@pytest.mark.parametrize("role", Role)
async def test_w5_each_role_reaches_exactly_its_routes(c: Console, role: Role) -> None:
    who = await c.person("somebody", role)
    for route in ROUTES:
        status, location, text = await called(c, route, who)
        allowed = WHO[route] in (ANYBODY, HALF) or role in WHO[route].split()
        refused = status == 403 and "この操作をする権限がありません。" in text
        assert refused is not allowed, (route, status, location)
        assert status != 500, (route, text)


async def test_a_stranger_is_sent_to_the_door(c: Console) -> None:
    for route in ROUTES:
        method, path = address(route)
        browser = c.browser()
        answer = await (browser.get(path) if method == "GET" else browser.post(path))
        to_the_door = answer.status_code == 303 and answer.headers["location"] == "/sign-in"
        assert to_the_door is (WHO[route] != ANYBODY), route


async def test_ac07_a_password_alone_opens_nothing(c: Console) -> None:
    who = await c.person("boss", Role.SYM)
    for route in ROUTES:
        if WHO[route] not in (ANYBODY, HALF):
            status, location, _ = await called(c, route, who, whole=False, elevated=False)
            assert (status, location) == (303, "/sign-in/second"), route


async def test_ac05_privileged_work_is_confirmed_first(c: Console) -> None:
    for each in app.declared():
        if each.right in PRIVILEGED:
            [role, *_] = [role for role in Role if each.right in roles.RIGHTS[role]]
            who = await c.person(f"p{secrets.token_hex(4)}", role)
            status, location, _ = await called(c, f"{each.method} {each.path}", who, elevated=False)
            assert status == 303, each.path
            assert location.startswith("/confirm?next="), each.path


async def everybody(c: Console, route: str = "") -> Browser:
    """Signed in with every role that one person can hold: what refuses is not a missing right.  Who audits holds no other."""
    some = [Role.AUD] if WHO.get(route) == Role.AUD else [role for role in Role if role not in (Role.AUD, Role.VEN)]
    who = await c.person(f"p{secrets.token_hex(4)}", *some)  # a contractor changes nobody's account
    return await c.signed_in(who, elevated=True)


async def test_w2_a_form_without_its_token_changes_nothing(c: Console) -> None:
    for route in ROUTES:
        if route.startswith("POST") and WHO[route] != ANYBODY:
            browser = await everybody(c, route)
            browser.csrf = "0" * 64
            answer = await browser.post(address(route)[1])
            assert answer.status_code == 403, route
            assert "もう一度操作してください" in answer.text, route


FOREIGN = (
    {},
    {"origin": "null"},
    {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
    {"origin": "https://evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
)


@pytest.mark.parametrize("headers", FOREIGN)
async def test_w2_a_form_of_another_site_changes_nothing(c: Console, headers: dict[str, str]) -> None:
    browser = await everybody(c)
    browser.headers = headers
    for route in ROUTES:
        if route.startswith("POST") and route != "POST /reports":
            answer = await browser.post(address(route)[1])
            assert (answer.status_code, answer.text) == (403, "not sent by a page of the console"), route


async def test_w12_every_answer_carries_the_headers(c: Console) -> None:
    for route in (*ROUTES, "GET /nowhere", "GET /static/mugai.css", "GET /static/none"):
        browser, (method, path) = await everybody(c), address(route)
        answer = await (browser.get(path) if method == "GET" else browser.post(path))
        for name in HEADERS:
            assert answer.headers[name], (route, name)
        assert answer.headers["strict-transport-security"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


@pytest.mark.parametrize("role", [Role.VEN, Role.COM])
async def test_ac02_who_lists_no_mail_reaches_none_by_any_route(c: Console, role: Role) -> None:
    entry = await held(c, sender="partner@pref.example.jp")
    item = (await c.rooms.quarantine.show(entry)).item
    who = await c.person("somebody", role, address="somebody@city.example.lg.jp")
    assert who.scope.patterns == ()
    assert not who.scope.sees(["taro@city.example.lg.jp"])
    for route in ROUTES:
        if not route.startswith("GET /notice/"):  # whoever holds the link of a notice, which is nobody's role
            browser = await c.signed_in(who, elevated=True)
            method, path = route.split(" ")
            path = re.sub(r"\{\w+\}", "1", path.replace("{entry}", str(entry)).replace("{item}", item.id))
            answer = await (browser.get(path) if method == "GET" else browser.post(path, reason="x", entry=str(entry)))
            for told in ("見積書の件", "partner@pref.example.jp", item.receipt):
                assert told not in answer.text, (route, told)
    assert (await c.rooms.quarantine.show(entry)).item.id == item.id


def test_ac02_a_role_that_lists_no_mail_widens_no_scope() -> None:
    assert roles.scope_of((Role.ISM, Role.VEN, Role.COM), ("tax",)).patterns == ("tax",)
    assert roles.scope_of((Role.ISM, Role.SYO), ("tax",)).patterns is None
    assert roles.scope_of((), ()).patterns == ()


def test_ac04_a_contractor_changes_no_account_whatever_else_it_is() -> None:
    assert Right.MANAGE_PEOPLE not in roles.rights_of((Role.SYM, Role.VEN))
    assert Right.SEARCH_JOURNAL in roles.rights_of((Role.SYM, Role.VEN))


def test_ac02_reading_contents_is_a_permission_of_its_own() -> None:
    for role in (Role.SYM, Role.AUD, Role.BUR):
        assert Right.LIST_HELD in roles.RIGHTS[role]
        assert Right.READ_HELD not in roles.RIGHTS[role]


def test_lg08_who_administrates_releases_nothing() -> None:
    for some in roles.RIGHTS.values():
        assert not {Right.MANAGE_PEOPLE, Right.RELEASE} <= some


def test_ac08_who_audits_holds_no_other_role() -> None:
    with pytest.raises(ValueError, match="AC-08"):
        roles.check((Role.AUD, Role.SYM))
