"""Every list pages in one way: whoever turns its pages meets each item once, whatever comes or goes meanwhile."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gateway.api.paging import MOST, Paging, paged
from gateway.api.problem import Problem
from gateway.api.tokens import grantable
from gateway.cutoff import Scope
from gateway.directory import Role
from gateway.evidence.troubles import PAGE, Handling, Troubles
from gateway.policy.senders import Senders, Stance
from tests.gateway.api.make_program import Program, document, program
from tests.gateway.console.make_console import PASSWORD, Console
from tests.gateway.console.test_held import held
from tests.gateway.console.test_mine import locked
from tests.gateway.console.test_rules import DRAFT
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.workflow.make_workflow import ASKING, DELAYING, Town


def lists() -> dict[str, dict[str, Any]]:
    """By path: what is answered with `items`."""
    found = {}
    for path, operations in document()["paths"].items():
        content = operations.get("get", {"responses": {"200": {"content": {}}}})["responses"]["200"]["content"]
        name = content.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
        schema = document()["components"]["schemas"].get(name, {})
        if "items" in schema.get("properties", ()):
            found[path] = schema
    return found


def test_the_document_says_of_every_list_how_it_pages() -> None:
    assert len(lists()) >= 17
    for path, schema in lists().items():
        assert schema["required"] == ["items", "next"], path
        given = {each["name"]: each["schema"] for each in document()["paths"][path]["get"]["parameters"]}
        assert {"cursor", "limit"} <= given.keys(), path
        assert (given["limit"]["maximum"], given["limit"]["default"]) == (MOST, 50), path


async def turned(p: Program, path: str) -> list[Any]:
    """Page by page of one item."""
    path, found, cursor = f"{path}{'&' if '?' in path else '?'}limit=1", list[Any](), ""
    while True:
        answer = await p.get(f"{path}&cursor={cursor}")
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["items"]) <= 1
        found += answer.json()["items"]
        if not (cursor := answer.json()["next"]):
            return found


Filling = Callable[[Console], Awaitable[object]]


async def _mail(c: Console) -> None:
    for subject in ("見積書", "請求書", "契約書"):
        await held(c, subject)


async def _mine(c: Console) -> None:
    for _ in range(3):
        await locked(c, at("jiro"), at("jiro"))


async def _senders(c: Console) -> None:
    for name in "abc":
        await Senders(c.rooms.db, c.rooms.clock).add(Stance.DENY, f"{name}@example.com", "x", "x", 30)


async def _stops(c: Console) -> None:
    for name in "abc":
        await c.desk.store.stops.stop(Scope.SENDER, at(name), "x", "x")


async def _versions(c: Console) -> None:
    for _ in range(3):
        await c.desk.policies.draft(DRAFT, "x", "x")


async def _troubles(c: Console) -> None:
    for what in "abc":
        await Troubles(c.rooms.db, c.rooms.clock).open(what, "x")


async def _cases(c: Console) -> None:
    town = Town(c.rooms, c.desk.store.directory, c.desk.workflow)
    for number in range(6):
        await town.mail(DELAYING if number % 2 else ASKING)


async def _nothing(c: Console) -> None:
    """There are some anyway."""


# By path: who asks, and what there is.
LISTS: dict[str, tuple[str, Filling]] = {
    "/held": ("jiro", _mail),
    "/originals": ("jiro", _mail),
    "/mine": ("jiro", _mine),
    "/senders": ("jiro", _senders),
    "/stops": ("jiro", _stops),
    "/policy/versions": ("jiro", _versions),
    "/troubles": ("jiro", _troubles),
    "/inspections": ("jiro", _nothing),
    "/people": ("jiro", _nothing),
    "/sections": ("jiro", _nothing),
    "/journal?purpose=x&kind=held": ("jiro", _mail),
    "/cases": ("jiro", _cases),
    "/approvals": ("head", _cases),
    "/delays": ("taro", _cases),
}


@pytest.mark.parametrize("path", LISTS)
async def test_page_by_page_is_the_whole_list(c: Console, path: str) -> None:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    name, filling = LISTS[path]
    code = await c.desk.accounts.invite(
        name, name, [each for each in Role if each not in (Role.AUD, Role.VEN)], (), "x", at(name)
    )
    who = await c.desk.accounts.accept(code, "", "", PASSWORD)
    p = await program(c, who, *grantable(who))
    await filling(c)
    whole = (await p.get(path)).json()
    assert len(whole["items"]) >= 3
    assert whole["next"] is None
    assert await turned(p, path) == whole["items"]
    for foreign in ("x", "WzFd", "WyJ4Il0", "bnVsbA", "W251bGxd", "WzEsW11d"):
        answer = await p.get(f"{path}{'&' if '?' in path else '?'}cursor={foreign}")
        assert answer.status_code in (200, 422), (foreign, answer.text)


def test_what_goes_and_comes_between_two_pages_hides_no_other() -> None:
    first, cursor = paged([5, 1, 3, 9], Paging(limit=2), lambda each: (each,))
    assert (first, cursor is None) == ([1, 3], False)
    rest, end = paged([5, 1, 9, 2, 4], Paging(cursor or "", 2), lambda each: (each,))
    assert rest == [4, 5]
    assert end
    down, _ = paged([5, 1, 9, 2, 4], Paging(cursor or "", 2), lambda each: (each,), descending=True)
    assert down == [2, 1]
    with pytest.raises(Problem) as foreign:
        paged(["a"], Paging(cursor or ""), lambda each: (each,))
    assert foreign.value.status == 422


async def test_lg06_no_open_trouble_is_lost_between_two_pages(c: Console) -> None:
    """The page of the console shows open ones first: with more open ones than a page, the rest was never shown."""
    register = Troubles(c.rooms.db, c.rooms.clock)
    for number in range(PAGE + 3):
        await register.open(f"{number}", "x")
    await register.handle(PAGE + 2, Handling("x", "x", 0, ""), "x", close=True)
    first = await register.list()
    second = await register.list(first[-1].id)
    assert {each.id for each in (*first, *second)} == {*range(1, PAGE + 4)}
    assert len(first) + len(second) == PAGE + 3
    assert second[-1].id == PAGE + 2
