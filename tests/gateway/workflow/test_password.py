"""Password wanted: who is asked, reminded and told when it is too late; what ends it; and that no password is ever near it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from gateway import journal, pigeonhole
from gateway.clock import JST
from gateway.digest import Digest
from gateway.model import Client, Direction, Disposition, Envelope, Hold, Lease, Settlement, State
from gateway.notifier import Notifier
from gateway.policy.rules import LAST_RULE
from gateway.workflow import opening
from gateway.workflow.model import Act, Case, Kind, Stage
from sanitizers.letter import Mailbox
from sanitizers.model import Reason, Verdict
from tests.gateway.make_directory import at
from tests.gateway.make_spool import HOLD, moves, report
from tests.gateway.workflow.make_workflow import DAY, NOTICES, PARTNER, Town, town
from tests.gateway.workflow.test_engine import bodies

OUT, IN = Direction.OUTBOUND, Direction.INBOUND


@pytest.fixture
async def t(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as opened:
        yield opened
        assert await opened.r.spool.audit() == []


def locking(lease: Lease, reason: Reason = Reason.ENCRYPTED, *, again: bool = False) -> Settlement:
    """What the path makes of a mail with a locked file."""
    who, [part] = lease.item.recipients, report().parts
    found = replace(report(), parts=(replace(part, name="名簿.zip", verdict=Verdict.LOCKED, reason=reason),))
    decision = replace(HOLD, disposition=Disposition.AWAIT_PASSWORD, rule="password-wanted", reason="中身を確認できません")
    hold = Hold(who, decision, found, "名簿の件")
    opened = opening.of_mail(lease.item, hold, LAST_RULE, None, again=again)
    events = (journal.Held.of(lease.item, hold),)
    return Settlement(moves=moves(who, State.AWAITING_PASSWORD), held=(hold,), opened=opened, events=events)


async def locked(
    t: Town, direction: Direction = OUT, to: Sequence[str] = (PARTNER,), sender: str = at("taro"), **more: Reason
) -> Case:
    incoming = t.r.spool.incoming()
    await incoming.write(f"Subject: {direction} {sender} {to}\r\n\r\n".encode())
    await t.r.spool.accept(Envelope(sender, tuple(to), direction, Client("192.0.2.9", 25, "mx")), incoming, b"")
    lease = await t.r.claim()
    await t.r.spool.settle(lease, locking(lease, **more))
    return (await t.workflow.cases(limit=1))[0]


async def stage(t: Town, case: Case) -> Stage:
    return (await t.workflow.show(case.id)).case.stage


async def test_the_sender_of_a_mail_that_leaves_is_asked_reminded_and_told_that_it_stays_held(t: Town) -> None:
    case = await locked(t, to=(PARTNER, "other@pref.example.jp"))
    assert (case.kind, case.stage, case.opening.applicant) == (Kind.PASSWORD, Stage.LOCKED, at("taro"))
    await t.later(1)
    [asked] = await bodies(t)
    assert asked.startswith(at("taro"))
    assert "まだ送信していません" in asked
    assert "名簿.zip" in asked
    await t.later(2 * DAY)
    assert [text for text in await bodies(t) if "再度のお願い" in text]
    await t.later(3 * DAY)
    assert await stage(t, case) is Stage.EXPIRED
    assert await t.states(case) == [State.AWAITING_PASSWORD] * 2  # for the reviewers, until its time in quarantine is over
    assert "保管期限まで保留しています" in (await bodies(t))[-1]
    assert (Kind.PASSWORD, Stage.EXPIRED, 1) in (await t.workflow.statistics(0)).cases


async def test_the_recipients_of_a_mail_that_came_in_are_only_reminded_for_its_notice_has_asked_them(t: Town) -> None:
    await locked(t, IN, (at("taro"), at("jiro")), "a@example.com")
    await t.later(1)
    assert await bodies(t) == []
    await t.later(2 * DAY)
    reminded = await bodies(t)
    assert {text.splitlines()[0] for text in reminded} == {at("taro"), at("jiro")}
    assert all("再度のお願い" in text and "あなた宛てのメール" in text and "a@example.com" in text for text in reminded)


async def test_a_password_ends_it_and_a_wrong_one_begins_it_anew_without_another_letter(t: Town) -> None:
    case = await locked(t)
    await t.r.quarantine.unlock(case.entry, at("taro"))
    assert await stage(t, case) is Stage.GIVEN
    lease = await t.r.claim()
    await t.r.spool.settle(lease, locking(lease, Reason.WRONG_PASSWORD, again=True))
    again = (await t.workflow.cases(limit=1))[0]
    assert (again.id != case.id, again.stage, again.told) == (True, Stage.LOCKED, True)
    await t.later(60)
    assert await bodies(t) == []
    [*_, last] = (await t.workflow.show(case.id)).steps
    assert (last.act, last.actor, last.after) == (Act.UNLOCK, at("taro"), Stage.GIVEN)


@pytest.mark.parametrize("how", ["release", "delete", "expire"])
async def test_what_becomes_of_the_mail_by_another_hand_ends_it_too(t: Town, how: str) -> None:
    case = await locked(t)
    if how == "release":
        await t.r.quarantine.release(case.entry, "reviewer", "電話で確認")
    elif how == "delete":
        await t.r.quarantine.delete(case.entry, "reviewer", "不要")
    else:
        t.r.times.pass_(100 * DAY)
        t.r.clock.now()
        await t.r.quarantine.expire()
    assert await stage(t, case) is Stage.DROPPED


async def test_after_its_end_the_password_still_opens_the_mail(t: Town) -> None:
    case = await locked(t)
    await t.later(6 * DAY)
    await t.r.quarantine.unlock(case.entry, at("taro"))
    assert await t.states(case) == [State.RECEIVED]


async def test_nobody_is_asked_for_a_password_that_would_open_nothing(t: Town) -> None:
    await locked(t, reason=Reason.UNDECRYPTABLE)
    await t.later(4 * DAY)
    assert await bodies(t) == []


async def test_nobody_outside_is_ever_asked(t: Town) -> None:
    await locked(t, sender="stranger@example.com")
    await t.later(4 * DAY)
    assert await bodies(t) == []


async def test_its_sender_and_nobody_else_sees_a_mail_that_waits_to_leave(t: Town) -> None:
    case = await locked(t, to=(PARTNER, "other@pref.example.jp"))
    now = t.r.clock.now() + 1
    [line] = await t.r.db.read(pigeonhole.waiting, (at("taro"),), now)
    assert (line.item, line.state) == (case.opening.item, State.AWAITING_PASSWORD)
    slip = await t.r.db.read(pigeonhole.slip, case.opening.item, (at("taro"),))
    assert (slip.outgoing, slip.locked, slip.entry) == (True, ("名簿.zip",), case.entry)
    for stranger in (at("jiro"), PARTNER):
        assert await t.r.db.read(pigeonhole.waiting, (stranger,), now) == []
        with pytest.raises(LookupError):
            await t.r.db.read(pigeonhole.slip, case.opening.item, (stranger,))


async def test_the_daily_list_names_it_once_to_its_sender(t: Town) -> None:
    case = await locked(t, to=(PARTNER, "other@pref.example.jp"))
    notifier = Notifier(t.r.clock, Mailbox("Mugai", at("postmaster")), 30)
    waiting = await Digest(t.r.db, t.r.spool, t.r.clock, notifier).waiting()
    assert {who: [mail.receipt for mail in mails] for who, mails in waiting.items()} == {at("taro"): [case.receipt]}


def test_the_letter_says_in_both_directions_what_happens() -> None:
    until = datetime(2026, 12, 1, tzinfo=JST)
    outgoing = NOTICES.password("R", at("taro"), "S", ("a.zip",), until, outgoing=True)
    incoming = NOTICES.password("R", "a@example.com", "S", ("a.zip",), until)
    assert "同じパスワードの ZIP にして送信します" in outgoing
    assert "検査・無害化してお届けできます" in incoming
