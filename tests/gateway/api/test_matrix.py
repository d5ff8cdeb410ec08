"""Every route of the API x every role and x every scope, called for real.  A route that is not in the table fails (W5)."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from gateway.api import app as api
from gateway.api import openapi, tokens
from gateway.api.scopes import SCOPES, TokenScope
from gateway.console import roles as table
from gateway.directory import Role
from tests.gateway.api.make_program import SCOPED, Program, document, program
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_matrix import ALL, READS, RECORD, SEES, TAKES

CHANGES = "cso sym syo"
STOPS = "ciso cso csirt sym syo"

# Written by hand, not from the declarations: the second person's look at them.  Route: scope, roles.
WHO = {
    "GET /held": ("quarantine:read", SEES),
    "GET /held/newest": ("quarantine:read", SEES),
    "GET /held/{entry}": ("quarantine:read", SEES),
    "GET /held/{entry}/text": ("quarantine:read", READS),
    "GET /held/{entry}/outcome": ("quarantine:read", READS),
    "POST /held/{entry}/release": ("quarantine:release", "cso ism syo"),
    "POST /held/{entry}/undelivered": ("quarantine:release", "cso ism syo"),
    "POST /held/{entry}/password": ("quarantine:release", "cso ism syo"),
    "POST /held/{entry}/as-it-came": ("quarantine:release", "cso ism syo"),
    "POST /held/{entry}/request": ("quarantine:release", "cso ism syo"),
    "POST /held/{entry}/delete": ("quarantine:delete", "cso syo"),
    "POST /held/{entry}/hold": ("quarantine:keep", "cso csirt syo"),
    "GET /originals": ("quarantine:read", SEES),
    "GET /originals/{item}/text": ("quarantine:read", READS),
    "GET /senders": ("senders:read", SEES),
    "POST /senders": ("senders:write", "cso syo"),
    "POST /senders/{entry}/removal": ("senders:write", "cso syo"),
    "GET /mine": ("mine:read", ALL),
    "GET /mine/{item}": ("mine:read", ALL),
    "POST /mine/{item}/password": ("mine:act", ALL),
    "POST /mine/{item}/original": ("mine:act", ALL),
    "POST /mine/{item}/suspicion": ("mine:act", ALL),
    "POST /misdirected": ("mine:act", ALL),
    "GET /sent": ("mine:read", ALL),
    "GET /sent/{item}": ("mine:read", ALL),
    "POST /sent/{item}/release": ("mine:act", ALL),
    "GET /inspections": ("journal:read", RECORD),
    "GET /inspections/{period}": ("journal:read", RECORD),
    "POST /inspections/{period}/sign-off": ("inspections:sign", "ciso cso sym"),
    "GET /journal": ("journal:read", RECORD),
    "GET /journal/mail/{item}": ("journal:read", SEES),
    "GET /journal/verification": ("journal:read", RECORD),
    "POST /journal/verification": ("journal:read", RECORD),
    "POST /journal/export": ("journal:export", TAKES),
    "POST /journal/pack": ("journal:export", TAKES),
    "POST /journal/mail/{item}/pack": ("journal:export", TAKES),
    "GET /policy": ("policy:read", RECORD),
    "GET /policy/versions": ("policy:read", RECORD),
    "GET /policy/versions/{number}": ("policy:read", RECORD),
    "POST /policy/validation": ("policy:test", CHANGES),
    "POST /policy/versions": ("policy:propose", CHANGES),
    "PUT /policy/versions/{number}": ("policy:propose", CHANGES),
    "POST /policy/versions/{number}/discard": ("policy:propose", CHANGES),
    "POST /policy/versions/{number}/proposal": ("policy:propose", CHANGES),
    "POST /policy/versions/{number}/publication": ("policy:propose", "ciso cso sym syo"),
    "GET /policy/versions/{number}/trial": ("policy:test", CHANGES),
    "POST /policy/versions/{number}/trial": ("policy:test", CHANGES),
    "POST /policy/versions/{number}/trial/stop": ("policy:test", CHANGES),
    "GET /approvals": ("approvals:read", ALL),
    "GET /approvals/{number}": ("approvals:read", ALL),
    "GET /approvals/{number}/text": ("approvals:read", ALL),
    "POST /approvals/{number}/comment": ("approvals:decide", ALL),
    "POST /approvals/{number}/{act}": ("approvals:decide", ALL),
    "GET /cases/statistics": ("exceptions:read", "ciso cso aud"),
    "GET /cases": ("exceptions:read", RECORD),
    "POST /cases": ("exceptions:request", ALL),
    "GET /delays": ("delay:read", ALL),
    "POST /delays/{number}/{act}": ("delay:cancel", ALL),
    "POST /samples": ("audit:write", "aud"),
    "GET /samples": ("audit:read", RECORD),
    "GET /samples/{number}": ("audit:read", RECORD),
    "GET /findings": ("audit:read", "ciso cso sym aud com"),
    "GET /findings/{number}": ("audit:read", "ciso cso sym aud com"),
    "POST /findings": ("audit:write", "aud"),
    "POST /findings/{number}/answer": ("findings:answer", "cso sym"),
    "POST /findings/{number}/progress": ("findings:answer", "cso sym"),
    "POST /findings/{number}/elsewhere": ("findings:answer", "cso sym"),
    "POST /findings/{number}/judgement": ("audit:write", "aud"),
    "GET /incidents": ("incidents:read", RECORD),
    "GET /incidents/{number}": ("incidents:read", RECORD),
    "GET /incidents/{number}/steps": ("incidents:read", ALL),
    "POST /incidents/{number}/playbook": ("incidents:write", "cso csirt sym syo"),
    "POST /incidents/{number}/steps/{step}": ("incidents:write", ALL),
    "GET /incidents/{number}/{report}": ("incidents:read", RECORD),
    "POST /incidents": ("incidents:write", ALL),
    "POST /incidents/{number}/{act}": ("incidents:write", ALL),
    "GET /troubles": ("incidents:read", RECORD),
    "GET /troubles/{number}": ("incidents:read", RECORD),
    "POST /troubles": ("incidents:write", "cso csirt sym syo"),
    "PUT /troubles/{number}": ("incidents:write", "cso csirt sym syo"),
    "GET /stops": ("cutoff:read", RECORD),
    "GET /stops/{number}/sent": ("cutoff:read", RECORD),
    "POST /stops": ("cutoff:write", STOPS),
    "POST /stops/{number}/resumption": ("cutoff:write", STOPS),
    "GET /reports/daily": ("reports:read", f"{RECORD} com"),
    "GET /reports/monthly": ("reports:read", f"{RECORD} com"),
    "GET /reports/self-inspection": ("reports:read", "ciso cso csirt bur sym syo aud com"),
    "GET /reports/self-inspection/{name}": ("reports:read", "ciso cso csirt bur sym syo aud com"),
    "POST /evidence": ("audit:write", "aud"),
    "POST /reports/self-inspection": ("audit:write", "ciso cso bur aud com"),
    "GET /self-checks": ("reports:read", "ciso cso bur aud com"),
    "GET /self-checks/{number}": ("approvals:read", ALL),
    "POST /self-checks": ("audit:write", "ciso cso bur aud com"),
    "POST /self-checks/{number}/reminder": ("audit:write", "ciso cso bur aud com"),
    "POST /self-checks/{number}/answer": ("approvals:decide", ALL),
    "GET /status": ("metrics:read", RECORD),
    "GET /figures": ("metrics:read", RECORD),
    "POST /policy/test": ("policy:test", CHANGES),
    "POST /files/sanitised": ("files:sanitise", ALL),
    "GET /accounts": ("users:read", "ciso cso sym aud"),
    "GET /people": ("users:read", "ciso cso sym aud"),
    "GET /sections": ("users:read", "ciso cso sym aud"),
}
ROUTES = sorted(WHO)


async def called(c: Console, p: Program, route: str) -> httpx.Response:
    c.rooms.times.pass_(1.0)  # nobody is too fast here
    method, path = route.split(" ")
    path = re.sub(r"\{\w+\}", "1", path)
    if method == "GET":
        return await p.get(path)
    return await (p.post(path) if method == "POST" else p.put(path, {}))


def test_the_table_names_every_route_and_no_other() -> None:
    assert {each.name: each.scope.value for each in api.declared()} == {route: scope for route, (scope, _) in WHO.items()}


def test_each_scope_opens_something_and_asks_for_the_least_right_of_it() -> None:
    for scope, use in SCOPES.items():
        needed = {each.right for each in api.declared() if each.scope is scope}
        assert use.right in needed, scope
    assert set(SCOPES) == set(TokenScope)


@pytest.mark.parametrize("role", Role)
async def test_w5_each_role_reaches_exactly_its_routes(c: Console, role: Role, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with a token that has all scopes, as if its owner had once been more."""
    monkeypatch.setattr(tokens, "grantable", lambda owner: SCOPED)
    p = await program(c, await c.person("somebody", role), *SCOPED)
    for route, (_, roles) in WHO.items():
        answer = await called(c, p, route)
        assert (answer.status_code == 403 and "Its owner may not" in answer.text) is (role not in roles.split()), route
        assert answer.status_code not in (401, 429, 500), (route, answer.text)


@pytest.mark.parametrize("scope", TokenScope)
async def test_each_scope_reaches_exactly_its_routes(c: Console, scope: TokenScope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "grantable", lambda owner: SCOPED)
    everything = [role for role in Role if role not in (Role.AUD, Role.VEN)]
    p = await program(c, await c.person("everybody", *everything), scope)
    for route, (needed, _) in WHO.items():
        answer = await called(c, p, route)
        refused = answer.status_code == 403 and f"no scope {needed}" in answer.text
        assert refused is (needed != scope), route
        if refused:
            assert answer.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{needed}"'


# What a token that is limited to sections may ask for, and how its limit holds there.  All else is refused to it.
RECIPIENTS = "mail to these addresses only"
PEOPLE = "cases about these addresses only"
NO_MAIL = "tells of nobody's mail"
LIMITED = {
    **dict.fromkeys((route for route in WHO if "/held" in route or "/originals" in route), RECIPIENTS),
    **dict.fromkeys((route for route in WHO if "/mine" in route or " /sent" in route), RECIPIENTS),
    **dict.fromkeys(("GET /journal/mail/{item}", "POST /misdirected"), RECIPIENTS),
    **dict.fromkeys((route for route in WHO if "/approvals" in route or "/delays" in route), PEOPLE),
    **dict.fromkeys(
        (
            "POST /incidents/{number}/{act}",
            "GET /self-checks/{number}",
            "POST /self-checks/{number}/answer",
            "GET /incidents/{number}/steps",
        ),
        PEOPLE,
    ),
    **dict.fromkeys((route for route in WHO if route.startswith("GET /policy") and "trial" not in route), NO_MAIL),
    **dict.fromkeys(("GET /senders", "POST /files/sanitised"), NO_MAIL),
}


async def test_ac02_a_token_of_one_section_sees_nothing_of_the_whole_house(c: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "grantable", lambda owner: SCOPED)
    everything = [role for role in Role if role is not Role.VEN]
    monkeypatch.setattr(table, "check", lambda some, auditor_apart=True: None)
    p = await program(c, await c.person("everybody", *everything), *SCOPED, patterns=["*@kenko.example.jp"])
    for route in WHO:
        answer = await called(c, p, route)
        refused = answer.status_code == 403 and "limited to sections" in answer.text
        assert refused is (route not in LIMITED), (route, answer.text)


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer mugai_x"}, {"cookie": "x=1"}]
)
async def test_a_stranger_reaches_nothing(c: Console, headers: dict[str, str]) -> None:
    web = c.client()
    for route in (*ROUTES, "GET /openapi.json"):
        method, path = route.split(" ")
        answer = await web.request(method, "/api/v1" + re.sub(r"\{\w+\}", "1", path), headers=headers, json={})
        assert answer.status_code == 401 or (answer.status_code == 429 and "authorization" in headers), route
        assert answer.headers["content-type"] == "application/problem+json"


async def test_w2_a_session_is_no_token(c: Console) -> None:
    """A cookie counts for nothing, so there is nothing that a page of another site could abuse."""
    browser = await c.signed_in(await c.person("syo", Role.SYO), elevated=True)
    for route in ROUTES:
        method, path = route.split(" ")
        answer = await browser.client.request(
            method, "/api/v1" + re.sub(r"\{\w+\}", "1", path), headers=browser.headers, json={}
        )
        assert answer.status_code == 401, route


def test_the_document_is_valid_and_says_all_of_it() -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator, validate

    validate(document(), cls=OpenAPIV31SpecValidator)
    said = {f"{method.upper()} {path}" for path, some in document()["paths"].items() for method in some}
    assert said == WHO.keys()
    for name, schema in document()["components"]["schemas"].items():
        assert "__" not in name, "two dataclasses have one name"
        if schema.get("type") == "object":
            assert schema.get("title") == name
    operations = [each["operationId"] for some in document()["paths"].values() for each in some.values()]
    assert len(set(operations)) == len(operations)


async def test_the_document_is_served_to_who_has_a_token(c: Console) -> None:
    p = await program(c, await c.person("usr", Role.USR), TokenScope.DELAY_READ)
    answer = await p.get("/openapi.json")
    assert answer.json() == openapi.document(c.desk.settings.console.origin, api.declared())


def test_a_client_made_of_the_document_has_one_type_for_verdicts_and_one_for_findings() -> None:
    told = json.dumps(document())
    for name in ("VerdictName", "FindingKind"):
        values = json.dumps(document()["components"]["schemas"][name]["enum"])
        assert told.count(values) == 1, name
