"""What is done in the console can be done by a program, or it stands here why not: a new screen has to choose."""

from __future__ import annotations

from gateway.api import app as api
from gateway.console import app

SESSION = "about the browser's own session, which a program has none of"
HIMSELF = "takes the person in front of it: a proof of who it is that a token cannot give (AC-05)"
LINK = "the door of a letter's link; a token has the same act below"
FORM = "a form's way of writing the rules; a program writes their text"
PAPER = "a sheet for people; its figures come from the same operations"
PLAN = "a person's plan for what is not met, written while looking at it"
OUTSIDE = "a person's word about an outside auditor's paper; whoever wants the entries: GET /journal"
FORM_OF_ACT = "an empty form; what it asks for stands in the document"
EYES = "pictures of pages, for eyes; a program reads the words: GET /held/{entry}/text"
MAP = "leads to other pages"
REASONS = {SESSION, HIMSELF, LINK, FORM, PAPER, PLAN, OUTSIDE, FORM_OF_ACT, EYES, MAP}

# Each route of the console that changes something: the operation that does it, or why there is none.
REACH = {
    **dict.fromkeys(("/sign-in", "/sign-in/ldap", "/sign-in/passkey", "/sign-in/second", "/sign-in/enrol"), SESSION),
    **dict.fromkeys(("/sign-in/code", "/sign-in/code/check", "/sign-out", "/language", "/reports"), SESSION),
    **dict.fromkeys(("/invitation", "/confirm", "/confirm/end", "/account/password", "/account/passkeys"), HIMSELF),
    **dict.fromkeys(("/account/passkeys/remove", "/account/sessions/end", "/people", "/people/{name}"), HIMSELF),
    **dict.fromkeys(("/people/{name}/reset", "/people/{name}/suspect", "/people/{name}/suspend"), HIMSELF),
    **dict.fromkeys(("/tokens", "/tokens/{mark}/take", "/tokens/{mark}/revoke"), HIMSELF),
    "/held/release": "POST /held/{entry}/release",
    "/held/delete": "POST /held/{entry}/delete",
    "/held/{entry}/release": "POST /held/{entry}/release",
    "/held/{entry}/undelivered": "POST /held/{entry}/undelivered",
    "/held/{entry}/original": "POST /held/{entry}/as-it-came",
    "/held/{entry}/ask": "POST /held/{entry}/request",
    "/held/{entry}/delete": "POST /held/{entry}/delete",
    "/held/{entry}/keep": "POST /held/{entry}/hold",
    "/held/{entry}/password": "POST /held/{entry}/password",
    "/senders": "POST /senders",
    "/senders/{number}/remove": "POST /senders/{entry}/removal",
    "/journal/proof": "POST /journal/verification",
    "/journal/inspection/{period}": "POST /inspections/{period}/sign-off",
    "/journal/export": "POST /journal/export",
    "/journal/pack": "POST /journal/pack",
    "/journal/mail/{item}/pack": "POST /journal/mail/{item}/pack",
    "/incidents/{number}/playbook": "POST /incidents/{number}/playbook",
    "/incidents/{number}/steps/{step}": "POST /incidents/{number}/steps/{step}",
    "/incidents/{number}/steps/{step}/list": "POST /incidents/{number}/steps/{step}",
    "/incidents/{number}/{report}/paper": "GET /incidents/{number}/{report}",
    "/troubles": "POST /troubles",
    "/troubles/{number}": "PUT /troubles/{number}",
    "/audit/samples": "POST /samples",
    "/audit/samples/{number}/again": "GET /samples/{number}",
    "/audit/samples/{number}/pack": "POST /journal/pack",
    "/audit/evidence": "POST /evidence",
    "/audit/findings": "POST /findings",
    "/audit/findings/{number}/answer": "POST /findings/{number}/answer",
    "/audit/findings/{number}/progress": "POST /findings/{number}/progress",
    "/audit/findings/{number}/elsewhere": "POST /findings/{number}/elsewhere",
    "/audit/findings/{number}/judge": "POST /findings/{number}/judgement",
    **dict.fromkeys(("/audit/samples/{number}/paper", "/audit/paper", "/audit/external/paper"), PAPER),
    "/audit/external": OUTSIDE,
    "/periodicals/{series}/{of}/paper": "GET /reports/monthly",
    "/self-checks": "POST /self-checks",
    "/self-checks/{number}/answer": "POST /self-checks/{number}/answer",
    "/self-checks/{number}/remind": "POST /self-checks/{number}/reminder",
    "/self-inspections": "POST /reports/self-inspection",
    "/self-inspections/{name}/table": "GET /reports/self-inspection/{name}",
    "/self-inspections/{name}/{requirement}": PLAN,
    "/sent/{item}/release": "POST /sent/{item}/release",
    "/mine/report": "POST /misdirected",
    "/mine/{item}/password": "POST /mine/{item}/password",
    "/mine/{item}/original": "POST /mine/{item}/original",
    "/mine/{item}/suspicious": "POST /mine/{item}/suspicion",
    **dict.fromkeys(("/notice/{ticket}/{item}/password", "/notice/{ticket}/{item}/original"), LINK),
    **dict.fromkeys(("/notice/{ticket}/{item}/suspicious", "/link/{secret}/{act}"), LINK),
    "/approvals/{number}/comment": "POST /approvals/{number}/comment",
    "/approvals/{number}/{act}": "POST /approvals/{number}/{act}",
    "/ask/{form}": "POST /cases",
    "/rules/edit": "POST /policy/versions",
    "/rules/drafts": "POST /policy/versions",
    "/rules/versions/{number}/propose": "POST /policy/versions/{number}/proposal",
    "/rules/versions/{number}/act": "POST /approvals/{number}/{act}",
    "/rules/versions/{number}/discard": "POST /policy/versions/{number}/discard",
    "/rules/versions/{number}/restore": "POST /policy/versions",
    "/rules/versions/{number}/trial": "POST /policy/versions/{number}/trial",
    "/rules/versions/{number}/trial/stop": "POST /policy/versions/{number}/trial/stop",
    "/rules/versions/{number}/form/entries/{section}/{place}": FORM,
    "/rules/versions/{number}/form/entries/{section}/{place}/{change}": FORM,
    "/rules/versions/{number}/form/profiles/{name}": FORM,
    "/rules/versions/{number}/form/lists": FORM,
    "/rules/test": "POST /policy/test",
    "/stops": "POST /stops",
    "/stops/{number}/resume": "POST /stops/{number}/resumption",
}

# Each screen that is read, likewise.
SEEN = {
    **dict.fromkeys(("/sign-in", "/sign-in/second", "/sign-in/code", "/sign-in/oidc", "/sign-in/oidc/callback"), SESSION),
    **dict.fromkeys(("/invitation", "/confirm", "/confirm/oidc", "/account", "/account/codes"), HIMSELF),
    **dict.fromkeys(("/tokens", "/people/{name}"), HIMSELF),
    "/": MAP,
    "/api": "GET /openapi.json",
    "/dashboard": "GET /figures",
    "/held": "GET /held",
    "/held/{entry}": "GET /held/{entry}",
    "/held/{entry}/text": "GET /held/{entry}/text",
    "/held/{entry}/outcome": "GET /held/{entry}/outcome",
    "/held/{entry}/pages": EYES,
    "/held/{entry}/pages/{file}/{page}": EYES,
    "/held/{entry}/pages/{file}/{page}/picture": EYES,
    "/originals": "GET /originals",
    "/originals/{item}": "GET /originals/{item}/text",
    "/senders": "GET /senders",
    "/people": "GET /accounts",
    "/journal": "GET /journal",
    "/journal/mail/{item}": "GET /journal/mail/{item}",
    "/journal/proof": "GET /journal/verification",
    "/journal/inspection": "GET /inspections",
    "/journal/inspection/{period}": "GET /inspections/{period}",
    "/troubles": "GET /troubles",
    "/troubles/{number}": "GET /troubles/{number}",
    "/incidents": "GET /incidents",
    "/incidents/{number}": "GET /incidents/{number}",
    "/incidents/{number}/steps": "GET /incidents/{number}/steps",
    "/incidents/{number}/{report}": "GET /incidents/{number}/{report}",
    "/self-inspections": "GET /reports/self-inspection",
    **dict.fromkeys(("/periodicals", "/periodicals/{series}/{of}"), "GET /reports/monthly"),
    "/self-checks": "GET /self-checks",
    "/self-checks/{number}": "GET /self-checks/{number}",
    "/self-inspections/{name}": "GET /reports/self-inspection/{name}",
    "/audit": "GET /findings",
    "/audit/samples": "GET /samples",
    "/audit/samples/{number}": "GET /samples/{number}",
    "/audit/findings/{number}": "GET /findings/{number}",
    "/audit/external": OUTSIDE,
    "/audit/evidence": FORM_OF_ACT,
    "/mine": "GET /mine",
    "/mine/{item}": "GET /mine/{item}",
    "/mine/report": "GET /mine/{item}",
    "/sent": "GET /sent",
    "/sent/{item}": "GET /sent/{item}",
    **dict.fromkeys(("/notice/{ticket}", "/notice/{ticket}/{item}", "/link/{secret}"), LINK),
    "/approvals": "GET /approvals",
    "/approvals/{number}": "GET /approvals/{number}",
    "/approvals/{number}/text": "GET /approvals/{number}/text",
    "/cases": "GET /cases",
    "/cases/export": PAPER,
    "/cases/statistics": "GET /cases/statistics",
    "/ask/{form}": FORM_OF_ACT,
    "/rules": "GET /policy",
    "/rules/versions": "GET /policy/versions",
    "/rules/versions/{number}": "GET /policy/versions/{number}",
    "/rules/edit": "GET /policy/versions/{number}",
    "/rules/versions/{number}/trial": "GET /policy/versions/{number}/trial",
    **dict.fromkeys(("/rules/versions/{number}/form", "/rules/versions/{number}/form/lists"), FORM),
    "/rules/versions/{number}/form/entries/{section}/{place}": FORM,
    "/rules/versions/{number}/form/profiles/{name}": FORM,
    "/rules/test": FORM_OF_ACT,
    "/rules/test/{key}": "POST /policy/test",
    "/rules/test/{key}/{answer}/{file}": "POST /files/sanitised",
    "/stops": "GET /stops",
    "/stops/{number}": "GET /stops/{number}/sent",
}


def test_each_act_of_the_console_has_its_operation_or_its_reason() -> None:
    _names_all(REACH, "POST")


def test_each_screen_of_the_console_has_its_operation_or_its_reason() -> None:
    _names_all(SEEN, "GET")


def _names_all(reach: dict[str, str], method: str) -> None:
    assert {each.path for each in app.declared() if each.method == method} == reach.keys(), "what does a program do instead?"
    operations = {"GET /openapi.json", *(each.name for each in api.declared())}
    named = {each for each in reach.values() if each.startswith(("GET /", "POST /", "PUT /"))}
    assert named <= operations
    assert {each for each in reach.values() if each not in named} <= REASONS
