"""A token is its owner, for a while, from some networks, for some scopes; and nothing of it is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest

from gateway import journal
from gateway.api import app as api
from gateway.api.call import narrowed
from gateway.api.door import Pace
from gateway.api.scopes import LONGEST_DAYS, TokenScope
from gateway.api.tokens import SHAPE, Standing, Wanted
from gateway.console.roles import Scope
from gateway.directory import Role
from gateway.words import Refusal
from tests.gateway.api.make_program import program
from tests.gateway.console.make_console import Console

READ = TokenScope.QUARANTINE_READ


async def test_a_token_is_shown_once_and_only_its_digest_is_stored(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), READ)
    assert SHAPE.fullmatch(p.secret)
    assert (await p.get("/held")).status_code == 200
    with sqlite3.connect(c.rooms.root / "mugai.db") as store:
        everything = "\n".join(store.iterdump())
    assert p.mark in everything
    assert p.secret.rpartition("_")[2] not in everything
    with pytest.raises(Refusal):
        await c.desk.tokens.take(p.mark, "syo")


async def test_nobody_but_its_owner_takes_a_token(c: Console) -> None:
    """Else whoever makes tokens could be anybody, and two people could be one (LG-08)."""
    await c.person("syo", Role.SYO)
    admin = await c.signed_in(await c.person("sym", Role.SYM), elevated=True)
    form = {"name": "SIEM", "owner": "syo", "days": "30", "scope": ["quarantine:read"]}
    assert (await admin.post("/tokens", **form)).status_code == 303
    [made] = await c.desk.tokens.list()
    assert "mugai_" + made.mark + "_" not in (await admin.get("/tokens")).text
    assert (await admin.post(f"/tokens/{made.mark}/take")).status_code == 404
    owner = await c.signed_in(await c.desk.accounts.find("syo"))
    page = (await owner.post(f"/tokens/{made.mark}/take")).text
    [secret] = [word for word in page.replace("<", ">").split(">") if SHAPE.fullmatch(word)]
    answer = await c.client().get("/api/v1/held", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert secret not in (await owner.get("/tokens")).text
    assert (await owner.post(f"/tokens/{made.mark}/take")).status_code == 409


async def test_somebody_sees_and_ends_only_own_tokens(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), READ)
    other = await c.signed_in(await c.person("cso", Role.CSO))
    assert p.mark not in (await other.get("/tokens")).text
    assert (await other.post(f"/tokens/{p.mark}/revoke")).status_code == 404
    owner = await c.signed_in(await c.desk.accounts.find("syo"))
    assert (await owner.post(f"/tokens/{p.mark}/revoke")).status_code == 303
    assert (await p.get("/held")).status_code == 401


@pytest.mark.parametrize(
    ("scopes", "days", "patterns", "networks"),
    [
        ((), 30, (), ()),
        ((READ,), 0, (), ()),
        ((READ,), LONGEST_DAYS + 1, (), ()),
        ((READ,), float("nan"), (), ()),
        ((READ,), 30, ("a b",), ()),
        ((READ,), 30, (), ("300.0.0.0/8",)),
        ((TokenScope.QUARANTINE_DELETE,), 30, (), ()),
    ],
)
async def test_a_token_that_would_be_too_much_is_not_made(
    c: Console, scopes: Sequence[TokenScope], days: float, patterns: Sequence[str], networks: Sequence[str]
) -> None:
    await c.person("csirt", Role.CSIRT)
    with pytest.raises(Refusal):
        await c.desk.tokens.make(Wanted("x", "csirt", tuple(scopes), days, tuple(patterns), tuple(networks)), "admin")
    assert not await c.desk.tokens.list()


async def test_a_token_ends(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), READ, days=1)
    c.rooms.times.pass_(86_399)
    assert (await p.get("/held")).status_code == 200
    c.rooms.times.pass_(2)
    assert (await p.get("/held")).status_code == 401
    assert [each.standing for each in await c.desk.tokens.list()] == [Standing.EXPIRED]


async def test_ac10_a_token_dies_with_its_owner_and_does_not_come_back(c: Console) -> None:
    who = await c.person("syo", Role.SYO)
    p = await program(c, who, READ)
    await c.desk.accounts.suspend("syo", True, "admin", "退職")
    assert (await p.get("/held")).status_code == 401
    await c.desk.accounts.suspend("syo", False, "admin", "復職")
    assert (await p.get("/held")).status_code == 401
    assert [each.standing for each in await c.desk.tokens.list()] == [Standing.REVOKED]


async def test_a_token_dies_when_its_owner_proves_everything_anew(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), READ)
    await c.desk.accounts.invite_again("syo", "admin")
    assert (await p.get("/held")).status_code == 401


async def test_a_token_never_has_more_than_its_owner_has_now(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), TokenScope.QUARANTINE_DELETE, READ)
    await c.desk.accounts.change("syo", "Syo", (Role.CSIRT,), (), "admin")
    assert (await p.post("/held/1/delete", {"reason": "x"})).status_code == 403
    assert (await p.get("/held")).status_code == 200


async def test_a_token_counts_from_its_networks_only(c: Console) -> None:
    who = await c.person("syo", Role.SYO)
    near = await program(c, who, READ, networks=["127.0.0.0/30"])
    assert (await near.get("/held")).status_code == 200
    far = await program(c, who, READ, networks=["192.0.2.0/24"])
    answer = await far.get("/held")
    assert answer.status_code == 401
    assert "network" not in answer.json()["detail_en"]  # whoever found it learns nothing
    [entry] = await journal.search(c.rooms.db, kind="login_failed")
    assert dict(entry.facts)["why"] == f"token {far.mark} from another network"


async def test_w4_guessing_is_limited_and_disturbs_nobody(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), READ)
    web = c.client()
    guesses = [p.secret[:-1] + last for last in "0123456789" if last != p.secret[-1]]
    codes = [(await web.get("/api/v1/held", headers={"authorization": f"Bearer {each}"})).status_code for each in guesses]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert len(await journal.search(c.rooms.db, kind="login_failed")) < len(guesses)
    assert (await p.get("/held")).status_code == 200


async def test_too_many_requests_wait(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), READ)
    answers = [await p.get("/held") for _ in range(60)]
    assert answers[0].status_code == 200
    assert answers[-1].status_code == 429
    c.rooms.times.pass_(float(answers[-1].headers["retry-after"]))
    assert (await p.get("/held")).status_code == 200


async def test_each_change_and_now_and_then_a_look_is_journalled(c: Console) -> None:
    p = await program(c, await c.person("syo", Role.SYO), READ, TokenScope.QUARANTINE_DELETE)
    for _ in range(3):
        await p.get("/held")
        await p.post("/held/1/delete", {"reason": "x"})
    used = [dict(each.facts) for each in await journal.search(c.rooms.db, kind="token_used")]
    assert [(each["what"], each["status"]) for each in used] == [
        ("GET /api/v1/held", "200"),
        *[("POST /api/v1/held/1/delete", "404")] * 3,
    ]
    assert {(each["actor"], each["token"], each["source"]) for each in used} == {("syo", p.mark, "127.0.0.1")}
    made = [dict(each.facts)["change"] for each in await journal.search(c.rooms.db, kind="token_changed")]
    assert made == ["made for 30 days: quarantine:read quarantine:delete", "taken"]
    [token] = await c.desk.tokens.list()
    assert (token.used_at, token.used_from) == (c.rooms.clock.now(), "127.0.0.1")


@pytest.mark.parametrize(
    ("own", "limit", "both"),
    [
        (None, ("*@a.jp",), ("*@a.jp",)),
        (("*@a.jp",), None, ("*@a.jp",)),
        (("*@a.jp",), ("x@a.jp", "y@b.jp"), ("x@a.jp",)),
        (("x@a.jp", "y@b.jp"), ("*@a.jp",), ("x@a.jp",)),
        (("*@a.jp",), ("*@b.jp",), ()),
        (("?@a.jp",), ("*@a.jp",), ("?@a.jp",)),
        (("?@a.jp",), ("*",), ("?@a.jp",)),
        (("x*@a.jp",), ("*y@a.jp",), ()),
    ],
)
def test_ac02_a_limit_narrows_and_never_widens(
    own: tuple[str, ...] | None, limit: tuple[str, ...] | None, both: tuple[str, ...]
) -> None:
    assert narrowed(Scope(own), Scope(limit)).patterns == both


def test_a_question_mark_is_not_taken_for_a_star() -> None:
    assert narrowed(Scope(("?@a.jp",)), Scope(("*@a.jp",))).patterns == ("?@a.jp",)
    assert "*@a.jp" not in (narrowed(Scope(("*@a.jp",)), Scope(("?@a.jp",))).patterns or ())


async def test_the_page_about_the_api_names_every_route(c: Console) -> None:
    page = (await (await c.signed_in(await c.person("usr", Role.USR))).get("/api")).text
    for each in api.declared():
        assert f"{each.method} /api/v1{each.path}" in page


def test_whoever_has_not_asked_for_a_while_takes_no_memory() -> None:
    now = 0.0
    pace = Pace(30, lambda: now)
    for number in range(5_000):
        now += 1.0
        assert pace.wait(str(number)) == 0
    assert len(pace._free) <= 1_001
    waits = [pace.wait("4999") for _ in range(20)]
    assert waits[0] == 0
    assert waits[-1] > 0, "and whoever asks too often still waits"
