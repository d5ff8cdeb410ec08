"""Screen: signing in and out, the second factor, an invitation, confirming privileged work, the language."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

import segno
from markupsafe import Markup
from starlette.responses import Response

from gateway import journal
from gateway.console import credentials
from gateway.console.guard import REPORTS
from gateway.console.roles import Right
from gateway.console.screen import COOKIE, LANGUAGE_COOKIE, Screen, Visit
from gateway.console.standing import Account, Origin
from gateway.words import Language, Refusal, Words

screen = Screen()

_SECRET = re.compile(r"[A-Z2-7]{32}")
_REPORT_BYTES = 10_000


@screen.get("/", Right.SIGNED_IN)
async def home(visit: Visit) -> Response:
    if visit.may(Right.SEE_DASHBOARD):
        return visit.go("/dashboard")
    return visit.go("/held" if visit.may(Right.LIST_HELD) else "/mine")


@screen.get("/sign-in", Right.PUBLIC)
async def form(visit: Visit) -> Response:
    return await _form(visit)


async def _form(visit: Visit, refusal: Refusal | None = None) -> Response:
    options = await visit.desk.passkeys.invitation()
    status = refusal.status if refusal else 200
    ways = {"by_ldap": visit.desk.binding is not None, "provider": visit.desk.provider}
    return visit.page("sign_in.html", status, options=options, refusal=refusal, name=visit.text("name")[:64], **ways)


@screen.post("/sign-in", Right.PUBLIC)
async def by_password(visit: Visit) -> Response:
    try:
        who = await visit.desk.accounts.prove_password(visit.text("name"), visit.text("password"), visit.source)
    except Refusal as refusal:
        return await _form(visit, refusal)
    return await _first_factor(visit, who, "password")


def asks_second_factor(visit: Visit, who: Account) -> bool:
    required = visit.desk.settings.console.second_factor and who.needs_second_factor
    return required or who.has_totp or who.passkeys > 0


async def _first_factor(visit: Visit, who: Account, method: str) -> Response:
    whole = not asks_second_factor(visit, who)
    token = await visit.desk.sessions.begin(who, visit.source, visit.agent, whole=whole, method=method)
    return visit.signed_in(token, "/" if whole else "/sign-in/second")


@screen.post("/sign-in/ldap", Right.PUBLIC)
async def by_ldap(visit: Visit) -> Response:
    if visit.desk.binding is None:
        raise LookupError("nobody signs in by LDAP")
    try:
        who = await visit.desk.binding.prove(visit.text("name"), visit.text("password"), visit.source)
    except Refusal as refusal:
        return await _form(visit, refusal)
    return await _first_factor(visit, who, "ldap")


@screen.post("/sign-in/passkey", Right.PUBLIC)
async def by_passkey(visit: Visit) -> Response:
    half, sessions = visit.session, visit.desk.sessions
    try:
        who = await visit.desk.passkeys.prove(visit.text("answer"), visit.source)
        if half is not None and not half.whole and half.account.name == who.name:
            return visit.signed_in(await sessions.complete(half, "passkey"), "/")
        if who.origin.of_the_house:  # whose account was closed there must not come in by what he enrolled here
            raise Refusal("先に庁内のアカウントでログインしてください。", "Sign in by your account of the house first.", 403)
    except Refusal as refusal:
        return await _form(visit, refusal)
    return visit.signed_in(await sessions.begin(who, visit.source, visit.agent, whole=True, method="passkey"), "/")


@screen.get("/sign-in/second", Right.HALF_SIGNED_IN)
async def second(visit: Visit) -> Response:
    if visit.session and visit.session.whole:
        return visit.go("/")
    if visit.who.has_totp:
        return visit.page("second.html", refusal=None)
    if visit.who.passkeys:
        return visit.page("passkey_only.html", options=await visit.desk.passkeys.invitation())
    return _enrolment(visit, credentials.new_totp())


@screen.post("/sign-in/second", Right.HALF_SIGNED_IN)
async def by_code(visit: Visit) -> Response:
    assert visit.session is not None
    try:
        method = await visit.desk.accounts.prove_code(visit.who, visit.text("code"), visit.source)
    except Refusal as refusal:
        return visit.page("second.html", refusal.status, refusal=refusal)
    return visit.signed_in(await visit.desk.sessions.complete(visit.session, method), "/")


def _enrolment(visit: Visit, secret: str, refusal: Refusal | None = None) -> Response:
    uri = credentials.totp_uri(secret, visit.who.name, f"Mugai {urlsplit(visit.desk.settings.console.origin).hostname}")
    # a drawing made here of letters made here: the only markup that is not a template's
    picture = Markup(segno.make(uri, micro=False).svg_inline(scale=4, border=2, omitsize=True))  # noqa: S704
    status = refusal.status if refusal else 200
    return visit.page("enrol.html", status, secret=secret, picture=picture, refusal=refusal)


@screen.post("/sign-in/enrol", Right.HALF_SIGNED_IN)
async def enrol(visit: Visit) -> Response:
    """First sign-in: one-time codes are turned on before anything else can be done.  Later: a new device, from the account."""
    assert visit.session is not None
    secret, sessions = visit.text("secret"), visit.desk.sessions
    # who has a second factor shows it before another takes its place: by a whole session, and once more in that
    proven = sessions.is_elevated(visit.session) if visit.session.whole else not (visit.who.has_totp or visit.who.passkeys)
    if not proven or not _SECRET.fullmatch(secret):
        raise Refusal("もう一度ログインしてください。", "Sign in again.", 409)
    try:
        codes = await visit.desk.accounts.enrol_totp(visit.who, secret, visit.text("code"))
    except Refusal as refusal:
        return _enrolment(visit, secret, refusal)
    answer = visit.page("recovery.html", codes=codes)
    if not visit.session.whole:
        token = await sessions.complete(visit.session, "code")
        answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")
    return answer


@screen.get("/account/codes", Right.SIGNED_IN)
async def another_device(visit: Visit) -> Response:
    assert visit.session is not None
    if not visit.desk.sessions.is_elevated(visit.session):
        return visit.go("/confirm?next=/account/codes")
    return _enrolment(visit, credentials.new_totp())


@screen.get("/invitation", Right.PUBLIC)
async def invitation(visit: Visit) -> Response:
    return visit.page("invitation.html", code=visit.request.query_params.get("code", "")[:40], invited=None, refusal=None)


@screen.post("/invitation", Right.PUBLIC)
async def accept(visit: Visit) -> Response:
    code, accounts = visit.text("code"), visit.desk.accounts
    invited = await accounts.invited(code)
    try:
        if invited is None:
            raise Refusal("招待コードが違うか、期限が切れています。", "The invitation is wrong or has run out.", 401)
        if not visit.text("password"):
            return visit.page("invitation.html", code=code, invited=invited, refusal=None)
        if visit.text("password") != visit.text("again"):
            raise Refusal("2回のパスワードが一致しません。", "The two passwords differ.")
        who = await accounts.accept(code, visit.text("name"), visit.text("display"), visit.text("password"))
    except Refusal as refusal:
        return visit.page("invitation.html", refusal.status, code=code, invited=invited, refusal=refusal)
    return await _first_factor(visit, who, "invitation")


@screen.post("/sign-out", Right.HALF_SIGNED_IN)
async def sign_out(visit: Visit) -> Response:
    """Shows when, as AC-01 asks."""
    assert visit.session is not None
    await visit.desk.sessions.end(visit.who.name, visit.session.id, "by hand")
    by_provider = visit.desk.provider is not None and visit.session.method.startswith("oidc")
    farewell = await visit.desk.provider.farewell() if visit.desk.provider and by_provider else ""
    visit.session = None
    answer = visit.page("signed_out.html", at=visit.desk.store.clock.now(), farewell=farewell)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return answer


@screen.get("/confirm", Right.SIGNED_IN)
async def confirm_form(visit: Visit) -> Response:
    return visit.page("confirm.html", next=visit.request.query_params.get("next", "/"), refusal=None)


@screen.post("/confirm", Right.SIGNED_IN)
async def confirm(visit: Visit) -> Response:
    """Privileged work for a limited time (AC-05): the code of this moment; without, the password, here or of the house."""
    assert visit.session is not None
    accounts = visit.desk.accounts
    try:
        if visit.who.has_totp:
            await accounts.prove_code(visit.who, visit.text("proof"), visit.source)
        elif visit.who.origin is Origin.LDAP and visit.desk.binding is not None:
            await visit.desk.binding.confirm(visit.who, visit.text("proof"), visit.source)
        else:
            await accounts.prove_password(visit.who.name, visit.text("proof"), visit.source)
    except Refusal as refusal:
        return visit.page("confirm.html", refusal.status, next=visit.text("next"), refusal=refusal)
    return visit.signed_in(await visit.desk.sessions.elevate(visit.session), visit.text("next"))


@screen.post("/confirm/end", Right.SIGNED_IN)
async def drop(visit: Visit) -> Response:
    assert visit.session is not None
    await visit.desk.sessions.drop(visit.session)
    return visit.go("/", Words("特権での操作を終えました。", "Privileged work has ended."))


@screen.post("/language", Right.PUBLIC)
async def language(visit: Visit) -> Response:
    answer = visit.go(visit.text("back"))
    chosen = Language.EN if visit.text("language") == Language.EN else Language.JA
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=365 * 86_400, path="/", secure=True, httponly=True, samesite="strict")
    return answer


@screen.post(REPORTS, Right.PUBLIC)
async def report(visit: Visit) -> Response:
    """A browser stopped something on a page of ours.  Bounded, from people we know only, and nothing of it is believed."""
    body = await visit.request.body()
    if visit.session is None:
        return Response(status_code=204)
    try:
        values = json.loads(body[:_REPORT_BYTES])
        reports = values if isinstance(values, list) else [values]
        found = [each.get("csp-report") or each["body"] for each in reports[:5]]
        facts = [{str(name).lower().replace("-", ""): str(value)[:200] for name, value in each.items()} for each in found]
    except (ValueError, AttributeError, LookupError, TypeError):
        return Response(status_code=400)
    events = [
        journal.BrowserReported(
            actor=visit.who.name,
            directive=each.get("effectivedirective", ""),
            blocked=each.get("blockeduri", each.get("blockedurl", "")),
            page=each.get("documenturi", each.get("documenturl", "")),
        )
        for each in facts
    ]
    await visit.desk.store.journal.write(*events)
    return Response(status_code=204)
