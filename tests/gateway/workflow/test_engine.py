"""Who may act, what it does to the mail, what the clock does by itself; all in the real store."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import journal
from gateway.model import State, Work
from gateway.quarantine import AlreadyDone as EntryDone
from gateway.workflow import ledger, token
from gateway.workflow.engine import NotAllowed, NotPossible
from gateway.workflow.ledger import AlreadyDone
from gateway.workflow.model import Act, Kind, Stage
from gateway.workflow.opening import change
from tests.gateway.make_directory import HOUSE, at
from tests.gateway.workflow.make_workflow import ASKING, CONFIRMING, DAY, DELAYING, LADDER, PARTNER, Town, town


@pytest.fixture
async def t(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as opened:
        yield opened
        assert await opened.r.spool.audit() == []


async def bodies(t: Town) -> list[str]:
    """The text of every mail that Mugai wrote, decoded."""
    mails = [email.message_from_bytes(content, policy=email.policy.default) for _, content in await t.r.copies()]
    return [f"{m['To']}\n{m['Subject']}\n{m.get_content()}" for m in mails]


def link_in(text: str) -> str:
    found = re.search(r"https://mugai\.example/l/(\S+)", text)
    assert found
    return found[1]


# -- approval ----------------------------------------------------------------------------------------------------------


async def test_sd01_a_mail_waits_for_its_section_head_and_walks_the_path_again(t: Town) -> None:
    case = await t.mail()
    assert (case.kind, case.stage, await t.states(case)) == (Kind.APPROVAL, Stage.WANTED, [State.AWAITING_APPROVAL])
    assert [c.id for c in await t.workflow.mine(at("head"))] == [case.id]
    assert [c.id for c in await t.workflow.mine(at("deputy"))] == [case.id]
    assert await t.workflow.mine(at("itchief")) == []
    done = await t.workflow.act(case.id, Act.APPROVE, at("head"), " 内容を確認 ", via="test")
    assert (done.stage, await t.states(case)) == (Stage.APPROVED, [State.RECEIVED])
    lease = await t.r.claim()
    assert lease.work is Work.INSPECT
    assert lease.grant is not None
    assert (lease.grant.kind, lease.grant.who, lease.grant.why) == ("approval", at("head"), "内容を確認")
    facts = dict((await journal.search(t.r.db, kind="case_step"))[-1].facts)
    assert (facts["act"], facts["actor"], facts["before"], facts["after"]) == ("approve", at("head"), "wanted", "approved")


@pytest.mark.parametrize("who", ["taro", "taro".upper(), "counter", "jiro", "nobody", "mayor"])
async def test_ac08_the_applicant_and_strangers_can_not_approve(t: Town, who: str) -> None:
    case = await t.mail()
    with pytest.raises(NotAllowed, match="it takes another person, 税務課長, 税務課長補佐"):
        await t.workflow.act(case.id, Act.APPROVE, at(who), "自分で")
    assert await t.states(case) == [State.AWAITING_APPROVAL]


async def test_ac08_a_head_who_asks_is_decided_by_the_bureau_not_by_its_own_deputy(t: Town) -> None:
    case = await t.mail(sender="head.lgwan")
    await t.later(0)
    for own in ("head", "head.lgwan", "deputy"):
        with pytest.raises(NotAllowed):
            await t.workflow.act(case.id, Act.APPROVE, at(own), "代理")
    assert (await t.workflow.act(case.id, Act.APPROVE, at("director"), "確認")).stage is Stage.APPROVED


async def test_ac08_who_is_shown_in_from_has_asked_as_well(t: Town) -> None:
    case = await t.mail()
    borrowed = replace(case.opening, parties=(at("head"),))
    second = await t.workflow.open(borrowed)
    with pytest.raises(NotAllowed):
        await t.workflow.act(second.id, Act.APPROVE, at("head"), "確認")
    await t.workflow.act(second.id, Act.WITHDRAW, at("taro"), "x")


async def test_sd01_a_deputy_approves_on_behalf(t: Town) -> None:
    case = await t.mail()
    await t.workflow.act(case.id, Act.APPROVE, at("deputy"), "課長不在")
    step = (await t.workflow.show(case.id)).steps[-1]
    assert (step.actor, step.on_behalf) == (at("deputy"), at("head"))


async def test_sd01_a_denial_deletes_the_mail_and_tells_the_sender_why(t: Town) -> None:
    case = await t.mail()
    await t.workflow.act(case.id, Act.DENY, at("head"), "宛先が違います")
    assert await t.states(case) == [State.DELETED]
    [told] = await bodies(t)
    assert told.startswith(f"{at('taro')}\n【送信承認】却下: 見積書の件")
    assert "宛先が違います" in told
    assert "手続きした人: 税務課長" in told


async def test_sd01_returned_with_a_question_and_asked_again(t: Town) -> None:
    case = await t.mail()
    await t.workflow.act(case.id, Act.RETURN, at("head"), "添付は必要ですか")
    assert await t.states(case) == [State.AWAITING_APPROVAL]
    with pytest.raises(NotPossible, match="resubmit, withdraw"):
        await t.workflow.act(case.id, Act.APPROVE, at("head"), "x")
    await t.workflow.act(case.id, Act.RESUBMIT, at("taro"), "契約に必要です")
    await t.workflow.act(case.id, Act.APPROVE, at("deputy"), "了解")
    assert await t.states(case) == [State.RECEIVED]


async def test_sd01_the_sender_hears_at_once_that_the_mail_waits_for_whom_and_may_take_it_back(t: Town) -> None:
    case = await t.mail()
    await t.later(0)
    told = (await bodies(t))[-1]
    assert told.startswith(f"{at('taro')}\n【送信承認】承認待ち")
    assert "まだ送信していません。承認を待っています。" in told
    assert at("head") in told
    assert at("deputy") in told
    await t.workflow.act_by_link(link_in(told), Act.WITHDRAW, "宛先を直す")
    assert await t.states(case) == [State.DELETED]


async def test_sd01_the_deadline_asks_the_bureau_then_the_house_then_expires(t: Town) -> None:
    case = await t.mail()
    await t.later(0)
    assert [line.splitlines()[0] for line in await bodies(t)] == [at("head"), at("deputy"), at("taro")]
    await t.later(DAY - 3_600)
    assert sum("【再通知】" in text for text in await bodies(t)) == 2
    await t.later(3_601)
    shown = (await t.workflow.show(case.id)).case
    assert (shown.stage, shown.rung) == (Stage.WANTED, 1)
    assert (await bodies(t))[-1].startswith(at("director"))
    with pytest.raises(NotAllowed):
        await t.workflow.act(case.id, Act.APPROVE, at("itchief"), "まだ早い")
    await t.later(DAY + 1)
    assert [c.id for c in await t.workflow.mine(at("itchief"))] == [case.id]
    assert [c.id for c in await t.workflow.mine(at("head"))] == [case.id]  # who comes late may still decide
    await t.later(DAY + 1)
    assert (await t.workflow.show(case.id)).case.stage is Stage.EXPIRED
    assert await t.states(case) == [State.EXPIRED]
    assert "期限切れ" in (await bodies(t))[-1]
    assert [s.act for s in (await t.workflow.show(case.id)).steps if s.actor == "gateway"].count(Act.ESCALATE) == 2


async def test_i6_nothing_lapses_while_the_clock_is_in_doubt(t: Town) -> None:
    case = await t.mail()
    t.r.times.wall += 30 * DAY
    assert await t.workflow.tick() == 0
    assert (await t.workflow.show(case.id)).case.stage is Stage.WANTED


async def test_where_nobody_may_decide_the_administrator_hears_of_it(tmp_path: Path) -> None:
    alone = replace(HOUSE, people=tuple(p for p in HOUSE.people if p.address in (at("taro"), at("jiro"))), deputies=())
    async with town(tmp_path, alone) as t:
        case = await t.mail()
        await t.later(0)
        [alarm] = await journal.search(t.r.db, kind="alarm")
        assert dict(alarm.facts)["name"] == "nobody-may-decide"
        assert (await t.workflow.show(case.id)).case.rung == 2


async def test_only_one_hand_decides(t: Town) -> None:
    case = await t.mail()
    acts = [t.workflow.act(case.id, act, at(who), "x") for act, who in ((Act.APPROVE, "head"), (Act.DENY, "deputy"))]
    results = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(isinstance(result, NotPossible | AlreadyDone) for result in results) == 1


async def test_a_reviewer_can_not_release_what_waits_for_an_approval_but_may_delete_it(t: Town) -> None:
    case = await t.mail()
    with pytest.raises(ValueError, match="approval"):
        await t.r.quarantine.release(case.entry, "reviewer", "schnell")
    await t.r.quarantine.delete(case.entry, "reviewer", "virus")
    assert (await t.workflow.show(case.id)).case.stage is Stage.DROPPED
    with pytest.raises(NotPossible):
        await t.workflow.act(case.id, Act.APPROVE, at("head"), "x")
    other = await t.mail(sender="jiro")
    await t.r.spool.delete(other.opening.item, "operator", "x")
    assert (await t.workflow.show(other.id)).case.stage is Stage.DROPPED
    with pytest.raises(EntryDone):
        await t.r.quarantine.delete(other.entry, "reviewer", "x")


async def test_each_act_needs_a_reason(t: Town) -> None:
    case = await t.mail()
    with pytest.raises(ValueError, match="reason"):
        await t.workflow.act(case.id, Act.APPROVE, at("head"), "  ")
    with pytest.raises(LookupError):
        await t.workflow.act(999, Act.APPROVE, at("head"), "x")
    await t.workflow.comment(case.id, at("taro"), "急ぎです")
    assert (await t.workflow.show(case.id)).steps[-1].reason == "急ぎです"


async def test_lg11_a_legal_hold_keeps_the_mail_of_a_case_that_ended_against_it(t: Town) -> None:
    case = await t.mail()
    await t.r.quarantine.keep(case.entry, "auditor", "証拠保全")
    await t.workflow.act(case.id, Act.DENY, at("head"), "送信不可")
    assert await t.states(case) == [State.AWAITING_APPROVAL]
    assert await t.r.spool.audit() == []
    await t.r.quarantine.release(case.entry, "reviewer", "保全終了")  # and its rule asks again
    assert await t.states(case) == [State.RECEIVED]


# -- links -------------------------------------------------------------------------------------------------------------


async def test_w10_looking_at_a_link_changes_nothing_and_it_acts_once_for_its_person(t: Town) -> None:
    case = await t.mail()
    await t.later(0)
    secret = link_in((await bodies(t))[0])
    for _ in range(3):
        shown = await t.workflow.look_by_link(secret)
        assert (shown.case.stage, Act.APPROVE in shown.acts) == (Stage.WANTED, True)
    with pytest.raises(token.BadToken):
        await t.workflow.look_by_link(secret + "x")
    with pytest.raises(ValueError):
        await t.workflow.act_by_link(secret, Act.APPROVE, "")  # used up by a success only
    await t.workflow.act_by_link(secret, Act.APPROVE, "確認")
    assert (await t.workflow.show(case.id)).steps[-1].via == "link"
    for use in (t.workflow.act_by_link(secret, Act.APPROVE, "again"), t.workflow.look_by_link(secret)):
        with pytest.raises(token.BadToken):
            await use


async def test_w10_a_link_ends_with_its_case_and_is_stored_hashed(t: Town) -> None:
    await t.mail()
    await t.later(0)
    secret = link_in((await bodies(t))[0])
    rows = await t.r.db.read(lambda conn: conn.exec_driver_sql("select * from workflow_token").all())
    assert secret not in str(rows)
    t.r.times.pass_(DAY + 1)
    with pytest.raises(token.BadToken):
        await t.workflow.look_by_link(secret)


# -- delay -------------------------------------------------------------------------------------------------------------


async def test_ml08_a_delayed_mail_goes_by_itself_after_its_time(t: Town) -> None:
    case = await t.mail(DELAYING)
    assert await t.states(case) == [State.DELAYED]
    await t.later(299)
    assert await t.states(case) == [State.DELAYED]
    await t.later(2)
    assert await t.states(case) == [State.RECEIVED]
    [only] = await bodies(t)  # the sender heard once that it waits, and not that it went as planned
    assert "まだ送信していません" in only


async def test_ml08_the_sender_cancels_sends_now_and_nobody_else_does(t: Town) -> None:
    first, second = await t.mail(DELAYING), await t.mail(DELAYING)
    for act in (Act.CANCEL, Act.SEND_NOW):
        with pytest.raises(NotAllowed):
            await t.workflow.act(first.id, act, at("head"), "x")
    await t.later(0)
    secret = link_in((await bodies(t))[0])
    await t.workflow.act_by_link(secret, Act.CANCEL, "宛先誤り")
    assert await t.states(first) == [State.DELETED]
    await t.workflow.act(second.id, Act.SEND_NOW, at("taro"), "確認済み")
    assert await t.states(second) == [State.RECEIVED]


async def test_ml08_what_nobody_confirms_is_deleted(t: Town) -> None:
    first, second = await t.mail(CONFIRMING), await t.mail(CONFIRMING, "jiro")
    await t.workflow.act(first.id, Act.CONFIRM, at("taro"), "宛先を確認")
    await t.later(301)
    assert (await t.states(first), await t.states(second)) == ([State.RECEIVED], [State.EXPIRED])
    assert "期限切れ" in (await bodies(t))[-1]


async def test_a_member_may_cancel_what_left_its_shared_address(t: Town) -> None:
    case = await t.mail(DELAYING, "counter")
    with pytest.raises(NotAllowed):
        await t.workflow.act(case.id, Act.CANCEL, at("jiro"), "x")
    await t.workflow.act(case.id, Act.CANCEL, at("taro"), "誤り")
    assert await t.states(case) == [State.DELETED]


async def test_each_recipient_waits_for_its_own_rule(t: Town) -> None:
    case = await t.mail(ASKING, to=(PARTNER, "b@pref.example.jp"))
    assert case.opening.recipients == (PARTNER, "b@pref.example.jp")
    await t.workflow.act(case.id, Act.APPROVE, at("head"), "x")
    assert await t.states(case) == [State.RECEIVED] * 2


# -- changes by two ----------------------------------------------------------------------------------------------------


async def test_lg08_a_change_takes_two_people_and_happens_once(t: Town) -> None:
    case = await t.workflow.open(change("resume outbound", at("jiro"), "原因を除去", LADDER[2:]))
    with pytest.raises(NotPossible):
        await t.workflow.act(case.id, Act.APPLY, at("jiro"), "x")
    with pytest.raises(NotAllowed):
        await t.workflow.act(case.id, Act.APPROVE, at("jiro"), "x")
    await t.workflow.act(case.id, Act.APPROVE, at("itchief"), "確認")
    await t.workflow.act(case.id, Act.APPLY, at("jiro"), "実施")
    with pytest.raises(NotPossible):
        await t.workflow.act(case.id, Act.APPLY, at("jiro"), "again")


async def test_a_case_is_never_lost_over_a_restart(tmp_path: Path) -> None:
    async with town(tmp_path) as t:
        case = await t.mail(DELAYING)
    async with town(tmp_path) as t:
        await t.later(301)
        assert await t.states(case) == [State.RECEIVED]


def test_the_ledger_is_only_reached_through_the_engine() -> None:
    """Nobody but the engine, the spool and quarantine moves a case."""
    source = Path(ledger.__file__).parents[1]
    users = {p.name for p in source.rglob("*.py") if re.search(r"ledger\.(move|drop|climb)\(", p.read_text())}
    assert users == {"engine.py", "overview.py", "quarantine.py"}
