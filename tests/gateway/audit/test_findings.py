"""AU-01: a finding's life: what may happen when, by whom; nothing is lost and each step is in the journal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa

from gateway import journal, outstanding
from gateway.audit.findings import ACTS, JUDGEMENTS, LIVE, Act, Elsewhere, Findings, Hand, Opening, Severity, Stage
from gateway.audit.wording import ACTS as ACT_WORDS
from gateway.audit.wording import ELSEWHERE, SEVERITIES, STAGES
from gateway.audit.working_paper import register
from gateway.directory.model import Role
from gateway.paper import text
from gateway.quarantine import AlreadyDone
from tests.gateway.make_spool import Rooms, rooms

TODAY = date(2026, 11, 18)
DAY = 86_400.0
AUDITOR, CHIEF = Hand("aud", "kansa@city.example.lg.jp"), Hand("cso", "chief@city.example.lg.jp")
OPENING = Opening(
    what="設定の変更が1人で行われていた",
    requirement="LG-08",
    clause="M 7.1(4)③",
    evidence="",
    severity=Severity.MAJOR,
    section="情報政策課",
    role=Role.SYM,
    due=TODAY + timedelta(days=30),
)


@pytest_asyncio.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened


async def brought_to(found: Findings, stage: Stage) -> int:
    number = await found.open(OPENING, AUDITOR)
    if stage is Stage.WITHDRAWN:
        await found.judge(number, Act.WITHDRAW, "誤り", AUDITOR)
    elif stage is not Stage.OPENED:
        await found.answer(number, "二人での変更にする", TODAY + timedelta(days=20), CHIEF)
        if stage is not Stage.ANSWERED:
            await found.look_elsewhere(number, "市民課", Elsewhere.NONE, "設定の履歴を見た", CHIEF)
            await found.progress(number, "直した", CHIEF, done=True)
        if stage is Stage.CLOSED:
            await found.judge(number, Act.CLOSE, "確かめた", AUDITOR)
    return number


async def tried(found: Findings, number: int, act: Act) -> None:
    match act:
        case Act.ANSWER:
            await found.answer(number, "計画", TODAY, CHIEF)
        case Act.PROGRESS | Act.FINISH:
            await found.progress(number, "進んだ", CHIEF, done=act is Act.FINISH)
        case Act.ELSEWHERE:
            await found.look_elsewhere(number, "税務課", Elsewhere.SAME, "同じだった", CHIEF)
        case _:
            await found.judge(number, act, "理由", AUDITOR)


@pytest.mark.parametrize(("stage", "act"), list(product(Stage, sorted(set(Act) - {Act.OPEN}))))
async def test_au01_at_each_stage_only_what_the_table_says(r: Rooms, stage: Stage, act: Act) -> None:
    found = Findings(r.db, r.clock)
    number = await brought_to(found, stage)
    if act is Act.FINISH and stage is Stage.ANSWERED:
        await found.look_elsewhere(number, "市民課", Elsewhere.NONE, "見た", CHIEF)
    assert (await found.show(number))[0].stage is stage
    after = ACTS[act].get(stage)
    if after is None:
        with pytest.raises(AlreadyDone):
            await tried(found, number, act)
        after = stage
    else:
        await tried(found, number, act)
    shown, steps = await found.show(number)
    assert shown.stage is after
    assert (shown.closed_at is not None) is (after not in LIVE)
    recorded = [dict(e.facts)["act"] for e in await journal.search(r.db, kind="finding_step")]
    assert recorded == [step.act for step in steps], "each step is an entry, and nothing else is"


async def test_au01_nobody_closes_what_he_worked_on_whatever_account_he_uses(r: Rooms) -> None:
    found = Findings(r.db, r.clock)
    number = await brought_to(found, Stage.DONE)
    for act in JUDGEMENTS:
        with pytest.raises(ValueError, match="apart"):
            await found.judge(number, act, "よい", Hand("auditor-2", CHIEF.person))
    await found.judge(number, Act.RETURN, "証拠が足りない", AUDITOR)
    await found.progress(number, "足した", CHIEF, done=True)
    await found.judge(number, Act.CLOSE, "確かめた", AUDITOR)
    assert (await found.show(number))[0].closed_by == "aud"


async def test_au01_none_is_done_before_it_was_looked_for_elsewhere(r: Rooms) -> None:
    found = Findings(r.db, r.clock)
    number = await brought_to(found, Stage.ANSWERED)
    with pytest.raises(ValueError, match="elsewhere"):
        await found.progress(number, "直した", CHIEF, done=True)
    await found.look_elsewhere(number, "市民課", Elsewhere.SAME, "同じだった", CHIEF)
    await found.look_elsewhere(number, "市民課", Elsewhere.NONE, "直した", CHIEF)
    await found.progress(number, "直した", CHIEF, done=True)
    made = text(register([await found.show(number)], "例示市", TODAY))
    assert "他部署の確認: 市民課: 問題なし 直した" in made
    assert "監査人の確認待ち" in made


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"what": ""}, "what"),
        ({"section": ""}, "section"),
        ({"requirement": "", "clause": ""}, "requirement"),
        ({"due": TODAY - timedelta(days=1)}, "due"),
        ({"evidence": "20261118-NONE"}, "evidence"),
        ({"evidence": "S1"}, "evidence"),
    ],
)
async def test_what_a_finding_needs(r: Rooms, changes: dict[str, object], missing: str) -> None:
    found = Findings(r.db, r.clock)
    with pytest.raises(ValueError, match=missing):
        await found.open(replace(OPENING, **changes), AUDITOR)  # type: ignore[arg-type]
    assert await found.list() == []
    item = await r.accept()
    number = await found.open(replace(OPENING, evidence=f"{item.receipt}、{item.receipt}"), AUDITOR)
    assert (await found.show(number))[0].evidence == (item.receipt, item.receipt)


async def test_au01_an_overdue_one_stands_in_the_reports_until_somebody_has_acted(r: Rooms) -> None:
    found = Findings(r.db, r.clock)
    number = await brought_to(found, Stage.ANSWERED)
    await brought_to(found, Stage.CLOSED)

    async def listed() -> list[str]:
        now = r.clock.now()
        parts = await r.db.read(lambda conn: list(outstanding.rows(conn, now - DAY, now, now)))
        return [" ".join(row) for title, _, rows in parts if title == "完了していない監査の指摘" for row in rows]

    [row] = await listed()
    assert "設定の変更が1人で" in row
    assert "期限超過" not in row
    r.times.pass_(21 * DAY)
    [row] = await listed()
    assert "対応中、期限超過 (期限 2026-12-08)" in row
    await found.look_elsewhere(number, "市民課", Elsewhere.NOT_CONCERNED, "設定を持たない", CHIEF)
    await found.progress(number, "直した", CHIEF, done=True)
    [row] = await listed()
    assert "期限超過" not in row, "now the auditor must look"


async def test_au01_the_register_keeps_all_of_them_with_all_steps(r: Rooms) -> None:
    found = Findings(r.db, r.clock)
    for stage in Stage:
        await brought_to(found, stage)
    assert [each.stage for each in await found.list()] == list(Stage)[::-1]
    assert {each.stage for each in await found.list(live_only=True)} == set(LIVE)
    assert len(await found.list(before=3)) == 2
    assert await r.db.read(lambda conn: conn.scalar(sa.text("select count(*) from audit_step"))) == 1 + 2 + 4 + 5 + 2


def test_every_word_of_a_finding_is_named() -> None:
    assert (STAGES.keys(), SEVERITIES.keys(), ACT_WORDS.keys(), ELSEWHERE.keys()) == tuple(
        map(set, (Stage, Severity, Act, Elsewhere))
    )
