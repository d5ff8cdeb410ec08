"""Screen: a person's own affairs: sessions, password, passkeys, one-time codes."""

from __future__ import annotations

import re

from starlette.responses import Response

from gateway.console.roles import Right
from gateway.console.screen import Screen, Visit
from gateway.words import Refusal, Words

screen = Screen()


@screen.get("/account", Right.SIGNED_IN)
async def show(visit: Visit) -> Response:
    assert visit.session is not None
    desk = visit.desk
    elevated = desk.sessions.is_elevated(visit.session)
    return visit.page(
        "account.html",
        sessions=await desk.sessions.list(visit.who),
        passkeys=await desk.passkeys.list(visit.who),
        options=await desk.passkeys.enrolment(visit.who) if elevated else "",
    )


def _confirmed(visit: Visit) -> None:
    """How one proves who one is changes only after proving it once more.  Raises Refusal."""
    if visit.session is None or not visit.desk.sessions.is_elevated(visit.session):
        raise Refusal("先に本人確認をしてください。", "Confirm who you are first.", 403)


@screen.post("/account/password", Right.SIGNED_IN)
async def change_password(visit: Visit) -> Response:
    await visit.desk.accounts.prove_password(visit.who.name, visit.text("present"), visit.source)
    if visit.text("password") != visit.text("again"):
        raise Refusal("2回のパスワードが一致しません。", "The two passwords differ.")
    if visit.text("password") == visit.text("present"):
        raise Refusal("いまと同じパスワードです。", "That is the present password.")
    await visit.desk.accounts.change_password(visit.who, visit.text("password"))
    return visit.go("/account", Words("パスワードを変更しました。", "The password was changed."))


@screen.post("/account/passkeys", Right.SIGNED_IN)
async def add_passkey(visit: Visit) -> Response:
    _confirmed(visit)
    await visit.desk.passkeys.enrol(visit.who, visit.text("answer"), visit.text("label"))
    return visit.go("/account", Words("パスキーを登録しました。", "The passkey was added."))


@screen.post("/account/passkeys/remove", Right.SIGNED_IN)
async def remove_passkey(visit: Visit) -> Response:
    _confirmed(visit)
    key = visit.text("id")
    if not re.fullmatch(r"(?:[0-9a-f]{2}){1,1023}", key):
        raise LookupError("no passkey")
    await visit.desk.passkeys.remove(visit.who, bytes.fromhex(key))
    return visit.go("/account", Words("パスキーを削除しました。", "The passkey was removed."))


@screen.post("/account/sessions/end", Right.SIGNED_IN)
async def end_session(visit: Visit) -> Response:
    await visit.desk.sessions.end(visit.who.name, visit.text("id"), "revoked by its owner")
    return visit.go("/account", Words("セッションを終了しました。", "The session was ended."))
