"""利用停止: what it stops at once, who hears of it, and the two people who give it back (AC-10, LG-08)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import journal
from gateway.bulletin import Bulletins
from gateway.console.schema import account, session
from gateway.cutoff import Stops
from gateway.directory import Role
from gateway.policy.observer import House
from gateway.store.opening import Store
from gateway.store.schema import message, recipient
from gateway.suspension import Suspended, Suspension
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Act, Case, Stage
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.workflow.make_workflow import Town, town

APPROVERS = ((Role.SYM, Role.SYO, Role.CSO),)


@dataclass
class Room:
    t: Town
    suspension: Suspension

    async def told(self) -> set[str]:
        mine = sa.select(recipient.c.address).join(message, recipient.c.message == message.c.id)
        return set(await self.t.r.db.read(lambda conn: conn.scalars(mine.where(message.c.kind == "notice")).all()))

    async def sign_in(self, name: str, address: str) -> None:
        """An account of this address with an open session."""
        rest = {"password": "", "totp_step": 0, "handle": b"x", "suspended": False, "signed_in_from": "", "failures": 0}

        def op(conn: sa.Connection) -> None:
            own = {c.name: "" for c in account.c if isinstance(c.type, sa.Text | sa.String) and not c.nullable}
            conn.execute(account.insert().values({**own, "name": name, "address": address, "created_at": 0.0, **rest}))
            texts = {c.name: "" for c in session.c if isinstance(c.type, sa.Text | sa.String) and not c.nullable}
            times = {"began_at": 0.0, "seen_at": 0.0, "elevated_until": 0.0, "whole": True}
            conn.execute(session.insert().values({**texts, "id": name, "account": name, **times}))

        await self.t.r.db.write(op)

    async def sessions(self) -> set[str]:
        return set(await self.t.r.db.read(lambda conn: conn.scalars(sa.select(session.c.account)).all()))


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    house = replace(
        HOUSE, people=tuple(replace(p, aliases=(at("taro2"),)) if p.address == at("taro") else p for p in HOUSE.people)
    )
    async with town(tmp_path, house) as t:
        r = t.r
        store = Store(r.db, r.clock, r.spool, r.quarantine, r.journal, t.book, Stops(r.db, r.clock))
        letters = Bulletins(t.workflow.letters.notifier, House(("city.example.lg.jp",)))
        yield Room(t, Suspension(store, t.workflow, letters, APPROVERS))


async def test_ac10_a_suspension_ends_sessions_and_tells_ciso_and_head_never_the_person(room: Room) -> None:
    await room.sign_in("taro", at("taro"))
    await room.sign_in("taro-old", at("taro2").upper())
    await room.sign_in(at("taro"), "")
    await room.sign_in("jiro", at("jiro"))
    done = await room.suspension.suspend(at("taro2"), "cso", "規程違反の調査")
    assert done.ended == 3
    assert await room.sessions() == {"jiro"}
    assert set(done.told) == {at("mayor"), at("head")} == await room.told()
    person = (await room.t.book.current()).person(at("taro"))
    assert person is not None
    assert person.suspended == "規程違反の調査"
    out = await journal.search(room.t.r.db, kind="logged_out")
    assert {dict(entry.facts)["why"] for entry in out} == {"利用停止: 規程違反の調査"}
    with pytest.raises(ValueError, match="already"):
        await room.suspension.suspend(at("taro"), "cso", "規程違反の調査")


async def test_ac10_a_head_that_is_suspended_is_not_told_its_superior_is(room: Room) -> None:
    done = await room.suspension.suspend(at("head"), "cso", "調査")
    assert set(done.told) == {at("mayor")}


async def test_ac10_no_reason_no_suspension(room: Room) -> None:
    with pytest.raises(ValueError, match="reason"):
        await room.suspension.suspend(at("taro"), "cso", " ")
    with pytest.raises(LookupError):
        await room.suspension.suspend(at("nobody"), "cso", "調査")
    with pytest.raises(ValueError, match="not suspended"):
        await room.suspension.lift(at("taro"), at("jiro"), "終わり")


async def test_ac10_lg08_two_people_lift_it_with_a_reason(room: Room) -> None:
    await room.suspension.suspend(at("taro"), "cso", "調査")
    case = await room.suspension.lift(at("taro"), at("jiro"), "調査終了")
    assert isinstance(case, Case)
    for who in ("jiro", "taro", "head"):
        with pytest.raises(NotAllowed):
            await room.suspension.lift(at("taro"), at(who), "調査終了")
    done = await room.suspension.lift(at("taro"), at("itchief"), "確認")
    assert isinstance(done, Suspended)
    person = (await room.t.book.current()).person(at("taro"))
    assert person is not None
    assert person.suspended == ""
    shown = await room.t.workflow.show(case.id)
    assert shown.case.stage is Stage.APPLIED
    assert [step.actor for step in shown.steps if step.act is not Act.OPEN] == [at("itchief")] * 2


async def test_ac10_who_is_suspended_can_not_ask_for_its_own_lifting(room: Room) -> None:
    await room.suspension.suspend(at("jiro"), "cso", "調査")
    with pytest.raises(NotAllowed):
        await room.suspension.lift(at("jiro"), at("jiro"), "もうしない")
