"""The one path with everything around it scripted: each way out is a delivery that was cleared, or holds, or waits."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from gateway import journal
from gateway.backoff import Backoff
from gateway.clearance import NotCleared
from gateway.clock import Clock
from gateway.directory import Role
from gateway.inspection import ScannerDown
from gateway.model import (
    Cleared,
    Client,
    Delivery,
    DeliveryOutcome,
    Direction,
    Disposition,
    Envelope,
    Grant,
    GrantKind,
    Inspection,
    Lease,
    NextHop,
    PartReport,
    QueueItem,
    Reply,
    State,
    Waiver,
    Work,
)
from gateway.notice import Notices
from gateway.notifier import Notifier
from gateway.pipeline import Pipeline
from gateway.policy import file as policy_file
from gateway.sandbox import SandboxDown
from gateway.spool import MissingContent
from gateway.yaml_file import parse
from sanitizers.letter import Letter, Mailbox
from sanitizers.model import Reason, Verdict

CONFIG = Path(__file__).parents[2] / "config"
STAFF = "tanaka@city.example.lg.jp"
LETTER = Letter("件名", (), None, (), (), (), "", "", (), (), "本文", ())


def inspection(verdict: Verdict, letter: Letter | None = LETTER, *, whole: Verdict = Verdict.CLEAN) -> Inspection:
    leaf = PartReport("1", "a.zip", "", "application/zip", verdict, (), None, "", 1, 1, "", "", "", "", 0.0)
    mail = PartReport("", "", "", "message/rfc822", whole, (), None, "", 1, 1, "", "", "", "", 0.0, None, (leaf,))
    return Inspection(mail, max(verdict, whole), letter, (), 3)


@dataclass
class Scripted:
    """Spool, inspector, clearance and relay in one: what they answer is set by the test."""

    inspection: Inspection | Exception = field(default_factory=lambda: inspection(Verdict.CLEAN))
    not_cleared: NotCleared | None = None
    deliveries: dict[str, tuple[Delivery, Reply]] = field(default_factory=dict)
    content_error: Exception | None = None
    cleared_count: int = 0

    async def content(self, item_id: str) -> bytes:
        if self.content_error:
            raise self.content_error
        return b"raw"

    async def trace(self, item_id: str) -> bytes:
        return b"Received: x\r\n"

    async def message(self, content: bytes, profile: object, *more: object, **named: object) -> Inspection:
        if isinstance(self.inspection, Exception):
            raise self.inspection
        return self.inspection

    async def clear(self, item: QueueItem, group: object, *rest: object, **named: object) -> Cleared:
        if self.not_cleared:
            raise self.not_cleared
        self.cleared_count += 1
        return Cleared(item, item.envelope.sender, group.recipients, b"new", "digest")  # type: ignore[attr-defined]

    async def cleared(self, lease: Lease) -> Cleared:
        return Cleared(lease.item, lease.item.envelope.sender, lease.item.recipients, b"new", "digest")

    async def send(self, cleared: Cleared, hop: NextHop) -> tuple[DeliveryOutcome, ...]:
        yes = (Delivery.ACCEPTED, Reply(250, "2.0.0", "OK"))
        return tuple(DeliveryOutcome(r, *self.deliveries.get(r, yes), "hop:25") for r in cleared.recipients)


def pipeline(scripted: Scripted, **changes: object) -> Pipeline:
    clock = Clock()
    values: dict[str, object] = {
        "spool": scripted,
        "inspector": scripted,
        "clearance": scripted,
        "relay": scripted,
        "policy": policy_file.load(CONFIG / "policy.yaml"),
        "notices": Notices.load(CONFIG / "notices"),
        "next_hops": {d: NextHop("127.0.0.1", 25) for d in Direction},
        "backoff": Backoff(60, 3600, 5 * 86_400),
        "clock": clock,
        "worker_deaths": 3,
        "hold_when_scanner_down": False,
        "hostname": "mugai.example.lg.jp",
        "notifier": Notifier(clock, Mailbox("Mugai", "postmaster@city.example.lg.jp"), 30),
    }
    return Pipeline(**{**values, **changes})  # type: ignore[arg-type]


def lease(work: Work = Work.INSPECT, *recipients: str, sender: str = "a@example.com", age: float = 0) -> Lease:
    who = recipients or (STAFF,)
    envelope = Envelope(sender, who, Direction.INBOUND, Client("192.0.2.1", 25, "mx"))
    return Lease(1, 1, work, QueueItem("ID", "20261121-K7Q2", envelope, who, Clock().now() - age, 3, "sha"))


async def test_a_clean_mail_is_cleared_and_waits_for_the_next_hop() -> None:
    scripted = Scripted()
    done = await pipeline(scripted).step(lease())
    assert [(m.recipient, m.state) for m in done.moves] == [(STAFF, State.SANITISED)]
    assert (len(done.cleared), done.held, done.authored) == (1, (), ())


@pytest.mark.parametrize(
    ("verdict", "state"),
    [(Verdict.LOCKED, State.AWAITING_PASSWORD), (Verdict.INFECTED, State.HELD), (Verdict.FAILED, State.HELD)],
)
async def test_i7_what_is_not_proven_is_held_and_staff_hear_of_it(verdict: Verdict, state: State) -> None:
    scripted = Scripted(inspection(verdict))
    done = await pipeline(scripted).step(lease())
    assert [m.state for m in done.moves] == [state]
    assert (done.cleared, scripted.cleared_count) == ((), 0)
    [note] = done.authored
    assert (note.sender, note.recipients, note.direction) == ("", (STAFF,), Direction.INBOUND)


async def test_j12_who_waits_for_a_password_is_told_of_which_file() -> None:
    [note] = (await pipeline(Scripted(inspection(Verdict.LOCKED))).step(lease())).authored
    mail = email.message_from_bytes(note.content, policy=email.policy.default)
    assert mail["Subject"] == "【パスワード待ち】件名"
    assert "パスワード付きのファイル: a.zip" in mail.get_content().splitlines()


async def test_h08_nobody_outside_hears_of_a_verdict() -> None:
    done = await pipeline(Scripted(inspection(Verdict.INFECTED))).step(lease())
    assert all("a@example.com" not in note.recipients for note in done.authored)


async def test_h09_a_flood_of_bad_mail_is_not_a_flood_of_notices() -> None:
    path = pipeline(Scripted(inspection(Verdict.FAILED)))
    notices = [len((await path.step(lease())).authored) for _ in range(50)]
    assert sum(notices) == 10


async def test_what_the_last_look_refuses_is_held() -> None:
    done = await pipeline(Scripted(not_cleared=NotCleared(Reason.VERIFY_FAILED, "script left"))).step(lease())
    assert [m.state for m in done.moves] == [State.HELD]
    assert done.held[0].decision.rule == "not-cleared"
    assert done.cleared == ()
    assert "script left" not in done.held[0].decision.reason  # staff read plain words
    assert any("script left" in event.detail for event in done.events if isinstance(event, journal.Alarm))


@pytest.mark.parametrize("down", [ScannerDown("clamd is gone"), SandboxDown("no zygote")])
async def test_without_scanner_or_sandbox_it_waits_or_is_held_but_never_passes(down: Exception) -> None:
    waits = await pipeline(Scripted(down)).step(lease())
    assert (waits.moves, waits.cleared) == ((), ())
    assert waits.retry_at is not None
    holds = await pipeline(Scripted(down), hold_when_scanner_down=True).step(lease())
    assert [m.state for m in holds.moves] == [State.HELD]


async def test_i5_a_mail_that_waited_for_its_whole_lifetime_is_held() -> None:
    done = await pipeline(Scripted(ScannerDown("clamd is gone"))).step(lease(age=6 * 86_400))
    assert [m.state for m in done.moves] == [State.HELD]
    assert done.retry_at is None


async def test_i5_a_mail_that_kills_its_step_again_and_again_is_held() -> None:
    done = await pipeline(Scripted()).step(replace(lease(), deaths=3))
    assert done.held[0].decision.rule == "unprocessable"


async def test_a_content_that_is_gone_is_held_not_forgotten() -> None:
    done = await pipeline(Scripted(content_error=MissingContent("the file is missing"))).step(lease())
    assert [m.state for m in done.moves] == [State.HELD]


async def test_a_release_delivers_the_safe_rest_of_a_held_mail() -> None:
    granted = replace(lease(), grant=Grant(GrantKind.RELEASE, "sato", "電話で確認", 0.0))
    done = await pipeline(Scripted(inspection(Verdict.LOCKED))).step(granted)
    assert [m.state for m in done.moves] == [State.SANITISED]
    assert done.moves[0].rule == "release:password-wanted"


@pytest.mark.parametrize(
    "bad",
    [
        inspection(Verdict.INFECTED),  # its rule says releasable: false
        inspection(Verdict.FAILED, None),  # there is no letter to deliver
        inspection(Verdict.CLEAN, whole=Verdict.FAILED),
    ],
)
async def test_a_release_can_not_deliver_what_has_no_safe_rest(bad: Inspection) -> None:
    granted = replace(lease(), grant=Grant(GrantKind.RELEASE, "sato", "please", 0.0))
    done = await pipeline(Scripted(bad)).step(granted)
    assert [m.state for m in done.moves] == [State.HELD]
    assert done.authored == ()  # they know already


@pytest.mark.parametrize(
    ("verdict", "reason", "state", "why"),
    [
        (Verdict.SANITISED, None, State.SANITISED, "cleared"),
        (Verdict.LOCKED, Reason.WRONG_PASSWORD, State.AWAITING_PASSWORD, "パスワードが違うため"),
        (Verdict.LOCKED, Reason.ENCRYPTED, State.AWAITING_PASSWORD, "パスワード付きファイルのため"),
        (Verdict.INFECTED, Reason.INFECTED, State.HELD, "ウイルス"),
    ],
)
async def test_a_password_allows_nothing_that_policy_does_not(
    verdict: Verdict, reason: Reason | None, state: State, why: str
) -> None:
    inspected = inspection(verdict)
    [part] = inspected.report.parts
    inspected = replace(inspected, report=replace(inspected.report, parts=(replace(part, reason=reason),)))
    path = pipeline(Scripted(inspected))
    path.keyring.put("ID", ("secret",))
    done = await path.step(replace(lease(), grant=Grant(GrantKind.UNLOCK, "sato", "", 0.0)))
    [move] = done.moves
    assert move.state is state
    assert why in move.why
    assert path.keyring.of("ID") == ()
    assert done.authored == ()  # they know already
    assert "secret" not in repr(done)


async def test_a_password_that_a_restart_forgot_is_asked_for_again() -> None:
    done = await pipeline(Scripted(inspection(Verdict.LOCKED))).step(
        replace(lease(), grant=Grant(GrantKind.UNLOCK, "sato", "", 0.0))
    )
    assert [m.state for m in done.moves] == [State.AWAITING_PASSWORD]
    assert "もう一度入力" in done.held[0].decision.reason


async def test_a_password_waits_with_the_mail_while_the_scanner_is_down() -> None:
    path = pipeline(Scripted(ScannerDown("clamd is gone")))
    path.keyring.put("ID", ("secret",))
    await path.step(replace(lease(), grant=Grant(GrantKind.UNLOCK, "sato", "", 0.0)))
    assert path.keyring.of("ID") == ("secret",)


async def test_a_rule_may_delete_and_says_so() -> None:
    policy = policy_file.load(CONFIG / "policy.yaml")
    rules = tuple(replace(r, action=Disposition.DELETE) if r.name == "infected" else r for r in policy.rules)
    done = await pipeline(Scripted(inspection(Verdict.INFECTED)), policy=replace(policy, rules=rules)).step(lease())
    assert [(m.state, m.rule) for m in done.moves] == [(State.DELETED, "infected")]
    assert done.events


async def test_each_recipient_has_its_own_outcome() -> None:
    answers = {
        "b@c.lg.jp": (Delivery.DEFERRED, Reply(451, "4.2.0", "later")),
        "c@c.lg.jp": (Delivery.REFUSED, Reply(550, "5.1.1", "unknown")),
    }
    done = await pipeline(Scripted(deliveries=answers)).step(lease(Work.RELAY, "a@c.lg.jp", "b@c.lg.jp", "c@c.lg.jp"))
    assert {m.recipient: m.state for m in done.moves} == {"a@c.lg.jp": State.RELAYED, "c@c.lg.jp": State.BOUNCED}
    assert done.retry_at is not None
    [note] = done.authored
    assert (note.kind, note.sender, note.recipients, note.direction) == ("dsn", "", ("a@example.com",), Direction.OUTBOUND)
    assert b"c@c.lg.jp" in note.content
    assert b"b@c.lg.jp" not in note.content


async def test_after_its_lifetime_a_deferred_mail_bounces() -> None:
    later = {STAFF: (Delivery.DEFERRED, Reply(451, "4.2.0", "later"))}
    done = await pipeline(Scripted(deliveries=later)).step(lease(Work.RELAY, age=6 * 86_400))
    assert [m.state for m in done.moves] == [State.BOUNCED]
    assert done.retry_at is None


async def test_a_mail_with_nobody_to_tell_is_kept() -> None:
    refused = {STAFF: (Delivery.REFUSED, Reply(550, "5.1.1", "unknown"))}
    done = await pipeline(Scripted(deliveries=refused)).step(lease(Work.RELAY, sender=""))
    assert [m.state for m in done.moves] == [State.HELD]
    assert (done.authored, done.held[0].decision.rule) == ((), "undeliverable")


async def test_a_surprise_changes_nothing() -> None:
    with pytest.raises(ZeroDivisionError):
        await pipeline(Scripted(ZeroDivisionError())).step(lease())


def test_back_off_grows_to_its_ceiling_with_jitter() -> None:
    backoff = Backoff(60, 3600, 0)
    for attempts, plain in ((1, 60), (2, 120), (5, 960), (7, 3600), (5000, 3600)):
        delays = [backoff.delay(attempts) for _ in range(50)]
        assert all(0.75 * plain <= delay <= 1.25 * plain for delay in delays)
        assert len(set(delays)) > 1


OUTBOUND_RULES = """
profiles: {rebuild: {method: rebuild}}
rules:
  - {name: locked, match: {verdict: locked}, action: await_password, reason: x, clauses: AV-03}
  - {name: secret, match: {direction: outbound}, action: await_approval, reason: 機密, clauses: SD-01, approve: {by: ism}}
  - {name: wait, match: {direction: outbound}, action: delay, reason: 待ち, clauses: ML-08, delay: {minutes: 5}}
  - {name: out, match: {direction: outbound}, action: deliver, worst: sanitised, clauses: SAN-02}
"""


class Waived:
    def __init__(self, *waivers: Waiver) -> None:
        self.found = waivers

    async def waivers(self, *_: object) -> tuple[Waiver, ...]:
        return self.found


def outbound(verdict: Verdict = Verdict.CLEAN, *waivers: Waiver) -> tuple[Pipeline, Lease]:
    rules = policy_file.build(parse("p.yaml", OUTBOUND_RULES.encode()))
    letter = replace(LETTER, from_=(Mailbox("", "Boss@city.example.lg.jp"),))
    path = pipeline(Scripted(inspection(verdict, letter)), policy=rules, register=Waived(*waivers))
    item = lease(Work.INSPECT, "a@pref.example.jp", sender=STAFF)
    envelope = replace(item.item.envelope, direction=Direction.OUTBOUND)
    return path, replace(item, item=replace(item.item, envelope=envelope))


async def test_sd01_a_mail_that_needs_an_approval_opens_its_case_in_the_same_step() -> None:
    path, work = outbound()
    done = await path.step(work)
    assert [m.state for m in done.moves] == [State.AWAITING_APPROVAL]
    [case] = done.opened
    assert (case.kind, case.rule, case.applicant, case.parties) == ("approval", "secret", STAFF, ("boss@city.example.lg.jp",))
    assert (case.recipients, case.subject, case.rungs) == (done.held[0].recipients, "件名", ((Role.ISM,),))
    assert done.authored == ()  # whom to tell is the workflow's


async def test_an_approval_takes_one_rule_away_and_the_next_one_decides() -> None:
    path, work = outbound(Verdict.CLEAN, Waiver("secret", "approval 1"))
    done = await path.step(replace(work, grant=Grant(GrantKind.APPROVAL, "head", "ok", 0.0)))
    assert ([m.state for m in done.moves], done.opened[0].kind) == ([State.DELAYED], "delay")
    path, work = outbound(Verdict.CLEAN, Waiver("secret", "approval 1"), Waiver("wait", "delay 2"))
    done = await path.step(replace(work, grant=Grant(GrantKind.APPROVAL, "head", "ok", 0.0)))
    assert [m.state for m in done.moves] == [State.SANITISED]
    [decided] = [e for e in done.events if isinstance(e, journal.Decided)]
    assert decided.waived == ("approval 1", "delay 2")


@pytest.mark.parametrize("verdict", [Verdict.LOCKED, Verdict.WITHHELD, Verdict.INFECTED, Verdict.FAILED])
async def test_an_approval_is_no_release(verdict: Verdict) -> None:
    path, work = outbound(verdict, Waiver("secret", "approval 1"), Waiver("wait", "delay 2"))
    done = await path.step(replace(work, grant=Grant(GrantKind.APPROVAL, "head", "ok", 0.0)))
    assert done.cleared == ()
    assert {m.state for m in done.moves} <= {State.HELD, State.AWAITING_PASSWORD}
