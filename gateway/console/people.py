"""Screen: who may use the console, and until when: invite, change, reset, suspend.  All but reading is privileged (AC-05)."""

from __future__ import annotations

from datetime import date
from functools import partial
from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console import address_letter
from gateway.console.roles import NAMES, Right
from gateway.console.screen import Screen, Visit
from gateway.console.standing import Origin
from gateway.directory import Role
from gateway.words import Refusal, Words

screen = Screen()


@screen.get("/people", Right.SEE_PEOPLE)
async def listing(visit: Visit) -> Response:
    """Who may change somebody sees the forms as well, so he confirms first who he is."""
    if visit.may(Right.MANAGE_PEOPLE) and not (visit.session and visit.desk.sessions.is_elevated(visit.session)):
        return visit.go("/confirm?next=/people")
    return visit.page("people.html", people=await visit.desk.accounts.list(), roles=NAMES)


@screen.post("/people", Right.MANAGE_PEOPLE)
async def invite(visit: Visit) -> Response:
    name, address = visit.text("name").strip().lower(), visit.text("address")
    code = await visit.desk.accounts.invite(
        name, visit.text("display"), _roles(visit), _patterns(visit), visit.who.name, address, _until(visit)
    )
    return _invitation(visit, name, code)


@screen.get("/people/{name}", Right.MANAGE_PEOPLE)
async def show(visit: Visit) -> Response:
    person = await visit.desk.accounts.find(visit.request.path_params["name"])
    return visit.page("person.html", person=person, roles=NAMES)


@screen.post("/people/{name}", Right.MANAGE_PEOPLE)
async def change(visit: Visit) -> Response:
    name, actor, address = visit.request.path_params["name"], visit.who.name, visit.text("address")
    if (await visit.desk.accounts.find(name)).origin is not Origin.INVITED:
        raise Refusal("この利用者の役割は、ここでは変えられません。", "The roles of this person are not changed here.")
    letters = partial(address_letter.letters, visit.desk, name, actor)
    await visit.desk.accounts.change(
        name, visit.text("display"), _roles(visit), _patterns(visit), actor, address, _until(visit), letters, visit.reason()
    )
    visit.desk.store.spool.wake.set()
    return visit.go("/people", Words("変更しました。", "Changed."))


@screen.post("/people/{name}/reset", Right.MANAGE_PEOPLE)
async def reset(visit: Visit) -> Response:
    name, accounts = visit.request.path_params["name"], visit.desk.accounts
    if (await accounts.find(name)).origin is Origin.INVITED:
        return _invitation(visit, name, await accounts.invite_again(name, visit.who.name, visit.reason()))
    await accounts.forget(name, visit.who.name, visit.reason())
    return visit.go("/people", Words("二要素認証を消しました。", "Second factors are forgotten."))


@screen.post("/people/{name}/suspect", Right.MANAGE_PEOPLE)
async def suspect(visit: Visit) -> Response:
    name = visit.request.path_params["name"]
    return _invitation(visit, name, await visit.desk.accounts.suspect(name, visit.who.name, visit.reason()))


@screen.post("/people/{name}/suspend", Right.MANAGE_PEOPLE)
async def suspend(visit: Visit) -> Response:
    suspended = visit.text("suspended") == "yes"
    await visit.desk.accounts.suspend(visit.request.path_params["name"], suspended, visit.who.name, visit.reason())
    return visit.go("/people", Words("変更しました。", "Changed."))


def _invitation(visit: Visit, name: str, code: str) -> Response:
    link = f"{visit.desk.settings.console.origin}/invitation?{urlencode({'code': code})}"
    return visit.page("invited.html", name=name, code=code, link=link)


def _roles(visit: Visit) -> list[Role]:
    """Raises Refusal."""
    try:
        return [Role(each) for each in visit.texts("role")]
    except ValueError as error:
        raise Refusal("知らない役割です。", "Not a role.") from error


def _until(visit: Visit) -> date | None:
    """Raises Refusal."""
    text = visit.text("until").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Refusal("利用期限は 2027-03-31 のように入力してください。", "A last day is written 2027-03-31.") from error


def _patterns(visit: Visit) -> list[str]:
    return visit.text("scope").split()
