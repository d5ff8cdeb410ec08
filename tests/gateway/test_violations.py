"""Who broke which rule how often, and the notice of it to the head of the section (IN-05)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import journal, outstanding
from gateway.directory import Role
from gateway.paper import text
from gateway.policy.observing import Violating
from gateway.store.schema import message, recipient
from gateway.violations import ViolationNotices, sheet, violators
from gateway.workflow.engine import NotAllowed
from gateway.workflow.model import Act, Case, Kind, Stage
from tests.gateway.make_directory import at
from tests.gateway.make_outbound import decided, sent
from tests.gateway.workflow.make_workflow import DAY, NOTICES, PARTNER, Town, town

ASK, CHAIN = Violating(count=3, days=30), ((Role.ISM,), (Role.BUR, Role.CSO))
NAMES = NOTICES.names["ja"].signs


@pytest.fixture
async def t(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as opened:
        yield opened


def notices(t: Town, ask: Violating = ASK) -> ViolationNotices:
    return ViolationNotices(t.r.db, t.r.clock, ask, CHAIN, NAMES)


async def told(t: Town, case: Case) -> set[str]:
    """To whom the workflow wrote anything so far."""
    await t.workflow.tick()
    mine = sa.select(recipient.c.address).join(message, recipient.c.message == message.c.id)
    return set(await t.r.db.read(lambda conn: conn.scalars(mine.where(message.c.kind == "notice")).all()))


async def test_in05_violations_are_counted_by_person_and_rule_with_masked_evidence(t: Town) -> None:
    for _ in range(2):
        await sent(t, rule="auto-forwarded", signs=("auto_forwarded 6 Auto-Submitted",))
    await sent(t, "counter", rule="own-free-mail", disposition="hold", signs=("own_free_mail 1 t***@gmail.com",))
    await sent(t, rule="outbound", disposition="deliver")
    await sent(t, rule="infected", disposition="hold")
    hidden = await sent(t, to=("a@x.example", "b@y.example"))
    event = journal.RecipientsHidden(item=hidden.id, rule="bulk-recipients", count=2)
    await t.r.db.write(journal.insert, (event,), t.r.clock.now())
    found = await t.r.db.read(violators, ASK, 0.0, t.r.clock.now() + 1)
    assert [(v.address, v.section, dict(v.counted)) for v in found] == [
        (at("taro"), "税務課", {"auto-forwarded": 2, "bulk-recipients": 1}),
        (at("counter"), "税務課", {"own-free-mail": 1}),
    ]
    paper = text(sheet(found, NAMES, 0.0, t.r.clock.now()))
    assert "t***@gmail.com" in paper
    assert "自動転送の形跡 6" in paper
    assert PARTNER not in paper


async def test_in05_the_same_mail_judged_twice_counts_once(t: Town) -> None:
    item = await sent(t, rule="auto-forwarded")
    await t.r.db.write(journal.insert, (decided(item, "auto-forwarded", "reject", ()),), t.r.clock.now())
    await t.r.journal.seal()
    [found] = await t.r.db.read(violators, ASK, 0.0, t.r.clock.now() + 1)
    assert len(found.hits) == 1


async def test_in05_at_the_threshold_the_head_is_written_to_acknowledges_and_records_the_measure(t: Town) -> None:
    for _ in range(2):
        await sent(t, rule="auto-forwarded")
    assert await notices(t).send() == ()
    await sent(t, rule="own-free-mail", disposition="hold")
    [case] = await notices(t).send()
    assert (case.kind, case.stage, case.opening.applicant) == (Kind.VIOLATION, Stage.REPORTED, at("taro"))
    assert any("auto-forwarded (ML-04): 2 件" in line for line in case.opening.details.findings)
    assert (await t.workflow.show(case.id)).steps[0].actor == "gateway"
    assert await told(t, case) == {at("head"), at("deputy")}  # never the person itself
    assert await notices(t).send() == ()  # once
    assert await t.workflow.cases(applicant=at("taro"), open_only=False) == []  # nor does it find it among its own
    with pytest.raises(NotAllowed):
        await t.workflow.act(case.id, Act.TAKE, at("taro"), "自分で")
    await t.workflow.act(case.id, Act.TAKE, at("head"), "受領した")
    done = await t.workflow.act(case.id, Act.CLOSE, at("head"), "本人に指導した")
    assert done.stage is Stage.CLOSED
    assert at("taro") not in await told(t, case)
    t.r.times.pass_(1)
    for _ in range(3):
        await sent(t, rule="auto-forwarded")
    assert len(await notices(t).send()) == 1  # of what came since


async def test_in05_a_head_who_breaks_rules_is_answered_for_above(t: Town) -> None:
    for _ in range(3):
        await sent(t, "head", rule="auto-forwarded")
    [case] = await notices(t).send()
    await t.later(60)
    assert at("director") in await told(t, case)
    assert at("head") not in await told(t, case)


async def test_in05_without_an_answer_it_is_reminded_escalated_and_listed(t: Town) -> None:
    for _ in range(3):
        await sent(t, rule="auto-forwarded")
    [case] = await notices(t).send()
    await t.later(60)
    await t.later(5 * DAY)
    assert any(step.act is Act.REMIND for step in (await t.workflow.show(case.id)).steps)
    await t.later(3 * DAY)
    assert at("director") in await told(t, case)
    now = t.r.clock.now()
    listed = {title: rows for title, _, rows in await t.r.db.read(lambda conn: list(outstanding.rows(conn, 0.0, now, now)))}
    [(what, state)] = listed["措置の済んでいない違反の通知"]
    assert "例示 太郎" in what
    assert state.startswith("未確認、期限超過")


async def test_in05_zero_means_that_nobody_is_written_to(t: Town) -> None:
    for _ in range(5):
        await sent(t, rule="auto-forwarded")
    assert await notices(t, Violating(count=0)).send() == ()
    assert await notices(t, Violating(count=3, excepted=("auto-forwarded",))).send() == ()


async def test_in05_old_violations_do_not_count(t: Town) -> None:
    for _ in range(2):
        await sent(t, rule="auto-forwarded")
    t.r.times.pass_(31 * DAY)
    t.r.clock.now()
    await sent(t, rule="auto-forwarded")
    assert await notices(t).due() == ()
