"""Screen: signing in by the house's OpenID provider, and confirming privileged work there.

The provider sends the browser back from its own site, and no SameSite=Strict cookie comes along.  So what belongs to the
sign-in has a cookie of its own, Lax and for some minutes; and the answer is a page that goes on by itself, not a redirect,
because only from a page of ours does the browser bring the session along.
"""

from __future__ import annotations

import logging

from starlette.responses import RedirectResponse, Response

from gateway.console.id_token import Claims, Forged
from gateway.console.provider import FLOW_SECONDS, Away, Flow, Provider
from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.console.signin import asks_second_factor
from gateway.console.standing import Account, Origin
from gateway.words import Refusal

screen = Screen()
log = logging.getLogger(__name__)

FLOW_COOKIE = "__Host-mugai-oidc"
_AWAY = (
    "認証基盤に接続できません。時間をおいてもう一度お試しください。この画面専用の利用者名では入れます。",
    "The identity provider does not answer. Accounts of this console still work.",
    503,
)
_FORGED = (
    "認証基盤からの応答を確認できませんでした。もう一度、ログイン画面から始めてください。",
    "The provider's answer could not be verified. Begin again on the sign-in page.",
    401,
)
# RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6.  The provider's own words are for the log: a link could hold anything.
_ERRORS = {
    "access_denied": ("認証基盤でログインが取り消されたか、許可されていません。", "Cancelled, or not allowed there."),
    "login_required": ("認証基盤でログインしていません。", "Not signed in at the provider."),
    "interaction_required": ("認証基盤での操作が必要です。", "The provider wants to ask you something."),
    "temporarily_unavailable": ("認証基盤が一時的に利用できません。", "The provider is busy."),
    "server_error": ("認証基盤でエラーが起きました。", "The provider had an error."),
}
_ERROR = (
    "認証基盤の設定に誤りがあります。管理者に連絡してください。",
    "The provider is set up wrongly. Tell the administrator.",
)


@screen.get("/sign-in/oidc", Right.PUBLIC)
async def begin(visit: Visit) -> Response:
    return await _off(visit, "/", "")


@screen.get("/confirm/oidc", Right.SIGNED_IN)
async def confirm(visit: Visit) -> Response:
    assert visit.session is not None
    return await _off(visit, visit.request.query_params.get("next", "/"), visit.session.id)


async def _off(visit: Visit, path: str, session: str) -> Response:
    try:
        url, cookie = await _provider(visit).begin(path, session)
    except Away as away:
        log.error("sign-in by OpenID Connect: %s", away)
        raise Refusal(*_AWAY) from None
    answer = RedirectResponse(url, 303)
    age = int(FLOW_SECONDS)
    answer.set_cookie(FLOW_COOKIE, cookie, max_age=age, path="/", secure=True, httponly=True, samesite="lax")
    return answer


@screen.get("/sign-in/oidc/callback", Right.PUBLIC)
async def back(visit: Visit) -> Response:
    try:
        flow, claims = await _answer(visit)
        who = await _who(visit, claims)
        token, path = await (_elevated(visit, flow, claims, who) if flow.session else _session(visit, claims, who))
    except Refusal as refusal:
        answer = visit.page("refused.html", refusal.status, words=refusal.words)
    else:
        answer = visit.with_session(visit.page("arrived.html", next=visit.local(path)), token)
    answer.delete_cookie(FLOW_COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return answer


async def _answer(visit: Visit) -> tuple[Flow, Claims]:
    """Raises Refusal."""
    said, provider, accounts = visit.request.query_params, _provider(visit), visit.desk.accounts
    name = f"oidc {visit.source}"  # whoever sends forged answers is counted by where he is: he has no name yet
    await accounts.may_try(name, visit.source)
    try:
        flow = provider.flow(visit.request.cookies.get(FLOW_COOKIE, ""), said.get("state", ""))
    except Forged as forged:  # nobody was asked anything: a page from yesterday, or a link of somebody else's
        log.warning("sign-in by OpenID Connect from %s: %s", visit.source, forged)
        raise Refusal(*_FORGED) from None
    if error := said.get("error", ""):
        log.warning("sign-in by OpenID Connect: %.60r %.300r", error, said.get("error_description", ""))
        raise Refusal(*_ERRORS.get(error, _ERROR), 403)
    try:
        return flow, await provider.finish(flow, said.get("code", ""), said.get("iss", ""))
    except Away as away:
        log.error("sign-in by OpenID Connect: %s", away)
        raise Refusal(*_AWAY) from None
    except Forged as forged:
        await accounts.failure(name, visit.source, f"OpenID Connect: {forged}"[:200])
        raise Refusal(*_FORGED) from None


async def _who(visit: Visit, claims: Claims) -> Account:
    """Raises Refusal: nobody of ours."""
    try:
        person = (await visit.desk.store.directory.current()).person(_provider(visit).address(claims))
    except Forged as forged:
        log.error("sign-in by OpenID Connect: %s", forged)
        raise Refusal("認証基盤からメールアドレスが得られません。管理者に連絡してください。", f"{forged}", 403) from None
    if person is None:
        ja = "認証基盤では確認できましたが、この装置の名簿に登録がありません。管理者に連絡してください。"
        raise Refusal(ja, "You are who you are, but this gateway's directory does not have you.", 403)
    return await visit.desk.accounts.arrive(person.address, person.name, Origin.OIDC, f"{claims.iss} {claims.sub}")


async def _session(visit: Visit, claims: Claims, who: Account) -> tuple[str, str]:
    whole = _provider(visit).is_strong(claims) or not asks_second_factor(visit, who)
    token = await visit.desk.sessions.begin(who, visit.source, visit.agent, whole=whole, method="oidc")
    return token, "/" if whole else "/sign-in/second"


async def _elevated(visit: Visit, flow: Flow, claims: Claims, who: Account) -> tuple[str, str]:
    """Only who is signed in already, and only by a proof of this moment (AC-05).  Raises Refusal."""
    session, skew = await visit.desk.sessions.known(flow.session), visit.desk.settings.oidc.clock_skew_seconds
    if session is None or not session.whole or session.account.name != who.name:
        raise Refusal(*_FORGED)
    if claims.auth_time is None or claims.auth_time < flow.began_at - skew:
        ja = "認証基盤で改めて本人確認が行われませんでした。確認コード (認証アプリ) を設定すると特権の操作ができます。"
        raise Refusal(ja, "The provider did not ask you again (auth_time). Set up one-time codes instead.", 403)
    return await visit.desk.sessions.elevate(session), flow.path


def _provider(visit: Visit) -> Provider:
    if visit.desk.provider is None:
        raise LookupError("nobody signs in by OpenID Connect")
    return visit.desk.provider
