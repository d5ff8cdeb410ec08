"""Screen: who may use the console: invite, change roles, reset, suspend.  Privileged (AC-05)."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import Response

from gateway.console.roles import NAMES, Right
from gateway.console.screen import Screen, Visit
from gateway.console.words import Refusal, Words
from gateway.directory import Role

screen = Screen()


@screen.get("/people", Right.MANAGE_PEOPLE)
async def listing(visit: Visit) -> Response:
    return visit.page("people.html", people=await visit.desk.accounts.list(), roles=NAMES)


@screen.post("/people", Right.MANAGE_PEOPLE)
async def invite(visit: Visit) -> Response:
    name, address = visit.text("name").strip().lower(), visit.text("address")
    code = await visit.desk.accounts.invite(
        name, visit.text("display"), _roles(visit), _patterns(visit), visit.who.name, address
    )
    return _invitation(visit, name, code)


@screen.get("/people/{name}", Right.MANAGE_PEOPLE)
async def show(visit: Visit) -> Response:
    person = await visit.desk.accounts.find(visit.request.path_params["name"])
    return visit.page("person.html", person=person, roles=NAMES)


@screen.post("/people/{name}", Right.MANAGE_PEOPLE)
async def change(visit: Visit) -> Response:
    name, actor, address = visit.request.path_params["name"], visit.who.name, visit.text("address")
    if "@" in name:
        raise Refusal("メールのコードで入る利用者の役割は変えられません。", "Who comes by a code stays plain staff.")
    await visit.desk.accounts.change(name, visit.text("display"), _roles(visit), _patterns(visit), actor, address)
    return visit.go("/people", Words("変更しました。", "Changed."))


@screen.post("/people/{name}/reset", Right.MANAGE_PEOPLE)
async def reset(visit: Visit) -> Response:
    name = visit.request.path_params["name"]
    return _invitation(visit, name, await visit.desk.accounts.invite_again(name, visit.who.name))


@screen.post("/people/{name}/suspend", Right.MANAGE_PEOPLE)
async def suspend(visit: Visit) -> Response:
    suspended = visit.text("suspended") == "yes"
    await visit.desk.accounts.suspend(visit.request.path_params["name"], suspended, visit.who.name)
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


def _patterns(visit: Visit) -> list[str]:
    return visit.text("scope").split()
