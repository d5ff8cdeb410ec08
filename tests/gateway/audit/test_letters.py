"""AU-01: who answers for a finding hears of it when it is opened, sent back, due, overdue and closed; auditors when to look."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.audit.findings import Act, Elsewhere, Finding, Findings, Hand, Opening, Severity
from gateway.audit.letters import FindingLetters
from gateway.bulletin import Bulletins
from gateway.directory import Person, Role
from gateway.policy.observer import House
from gateway.store.schema import message, recipient
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.workflow.make_workflow import DAY, Town, town

AUDITOR, CHIEF = Hand("aud", at("kansa")), Hand("itchief", at("itchief"))
SEEN = replace(HOUSE, people=(*HOUSE.people, Person(at("kansa"), "監査", "bureau", (Role.AUD,))))


@dataclass
class Desk:
    t: Town
    found: Findings
    read: set[str] = field(default_factory=set)

    async def opened(self, role: Role, section: str, days: int = 30) -> int:
        due = self.found.today + timedelta(days=days)
        opening = Opening("一人で変更していた", "LG-08", "", "", Severity.MAJOR, section, role, due)
        return await self.found.open(opening, AUDITOR)

    async def letters(self) -> list[tuple[str, str]]:
        """To whom the gateway has written since the last look, with the content."""

        def op(conn: sa.Connection) -> dict[str, str]:
            own = sa.select(message.c.id, recipient.c.address).join(recipient, recipient.c.message == message.c.id)
            return {row.id: row.address for row in conn.execute(own.where(message.c.kind == "notice"))}

        found, copies = await self.t.r.db.read(op), dict(await self.t.r.copies())
        fresh = sorted((found[item], copies[item].decode()) for item in found.keys() - self.read)
        self.read |= found.keys()
        return fresh

    async def later(self, days: float) -> list[str]:
        self.t.r.times.pass_(days * DAY)
        self.t.r.clock.now()
        await self.found.remind(7, 7)
        return [to for to, _ in await self.letters()]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with town(tmp_path, SEEN) as t:
        house = House(("city.example.lg.jp",))
        letters = FindingLetters(Bulletins(t.workflow.letters.notifier, house), {}, at("postmaster"), "https://mugai.example")
        yield Desk(t, Findings(t.r.db, t.r.clock, letters))


@pytest.mark.parametrize(
    ("role", "section", "to"),
    [
        (Role.ISM, "税務課", "head"),
        (Role.ISM, "tax", "head"),
        (Role.BUR, "税務課", "director"),
        (Role.SYM, "情報政策課", "itchief"),
        (Role.ISM, "どこにもない課", "postmaster"),
    ],
)
async def test_au01_the_role_of_the_section_is_written_to(desk: Desk, role: Role, section: str, to: str) -> None:
    number = await desk.opened(role, section)
    [(address, text)] = await desk.letters()
    assert address == at(to)
    assert f"finding{number}.opened" in text


async def test_au01_what_becomes_of_a_finding_is_told_to_whom_it_concerns(desk: Desk) -> None:
    number = await desk.opened(Role.SYM, "情報政策課")
    await desk.found.answer(number, "二人でする", desk.found.today + timedelta(days=20), CHIEF)
    await desk.found.look_elsewhere(number, "税務課", Elsewhere.NONE, "見た", CHIEF)
    assert [to for to, _ in await desk.letters()] == [at("itchief")], "work on it is nobody's letter"
    await desk.found.progress(number, "直した", CHIEF, done=True)
    assert [to for to, _ in await desk.letters()] == [at("kansa")]
    for act in (Act.RETURN, Act.CLOSE):
        if act is Act.CLOSE:
            await desk.found.progress(number, "直した", CHIEF, done=True)
            await desk.letters()
        await desk.found.judge(number, act, "確かめた", AUDITOR)
        assert [to for to, _ in await desk.letters()] == [at("itchief")], act


async def test_au01_a_date_is_told_once_before_and_every_week_after(desk: Desk) -> None:
    number = await desk.opened(Role.ISM, "税務課", days=30)
    await desk.letters()
    assert await desk.later(22) == []
    assert await desk.later(1) == [at("head")]
    assert await desk.later(7) == [], "it is due today, and was told"
    assert await desk.later(1) == [at("head"), at("kansa")]
    assert await desk.later(6) == []
    assert await desk.later(1) == [at("head"), at("kansa")]
    await desk.found.answer(number, "計画", desk.found.today + timedelta(days=20), Hand("head", at("head")))
    assert await desk.later(12) == []
    assert await desk.later(1) == [at("head")], "the date has moved on"


async def test_au01_no_days_no_letters_and_what_is_done_waits_for_the_auditor(desk: Desk) -> None:
    number = await desk.opened(Role.ISM, "税務課", days=1)
    desk.t.r.times.pass_(30 * DAY)
    desk.t.r.clock.now()
    assert await desk.found.remind(0, 0) == 0
    found: Finding = (await desk.found.show(number))[0]
    assert found.overdue(desk.found.today)
    await desk.found.answer(number, "計画", desk.found.today, Hand("head", at("head")))
    await desk.found.look_elsewhere(number, "x", Elsewhere.NONE, "見た", Hand("head", at("head")))
    await desk.found.progress(number, "直した", Hand("head", at("head")), done=True)
    desk.t.r.times.pass_(30 * DAY)
    desk.t.r.clock.now()
    assert await desk.found.remind(7, 7) == 0
