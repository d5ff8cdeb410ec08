"""Denied and allowed senders: what they do to a decision, and what they never do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway import journal
from gateway.model import Caution, Grant, GrantKind, Identity, Inspection, State, Suspicion
from gateway.policy import file as policy_file
from gateway.policy.rules import Policy
from gateway.policy.senders import DAY, Senders, Stance, subject_of
from gateway.yaml_file import parse
from sanitizers.identity import Authentication
from sanitizers.letter import Mailbox
from sanitizers.model import Verdict
from tests.gateway.make_spool import Rooms, rooms
from tests.gateway.test_pipeline import LETTER, Scripted, inspection, lease, pipeline

POLICY = """
profiles: {rebuild: {method: rebuild}}
rules:
  - {name: infected, match: {verdict: [infected, failed]}, action: hold, reason: x, clauses: AV-01, releasable: false}
  - {name: suspicious, match: {identity: [dmarc_fail, look_alike]}, action: hold, reason: 疑い, clauses: AV-08}
  - {name: inbound, match: {direction: inbound}, action: deliver, worst: sanitised, clauses: SAN-02}
"""


@dataclass
class Lists:
    r: Rooms
    senders: Senders

    async def judged(
        self, inspected: Inspection, grant: Grant | None = None, sender: str = "a@sales.example.com"
    ) -> tuple[State, str]:
        path = pipeline(Scripted(inspected), policy=policy(), senders=self.senders)
        [move] = (await path.step(replace(lease(sender=sender), grant=grant))).moves
        return move.state, move.rule


def policy() -> Policy:
    return policy_file.build(parse("policy.yaml", POLICY.encode()))


def mail(verdict: Verdict = Verdict.CLEAN, shown: str = "a@sales.example.com", suspect: bool = True) -> Inspection:
    cautions = (Caution(Suspicion.DMARC_FAIL, "", ""),) if suspect else ()
    letter = replace(LETTER, from_=(Mailbox("", shown),))
    return replace(inspection(verdict, letter), identity=Identity(Authentication(), cautions))


@pytest.fixture
async def lists(tmp_path: Path) -> AsyncIterator[Lists]:
    async with rooms(tmp_path) as r:
        yield Lists(r, Senders(r.db, r.clock))


@pytest.mark.parametrize("subject", ["a@sales.example.com", "sales.example.com", "@example.com", "*@EXAMPLE.com"])
async def test_a_denied_sender_is_held_and_a_reviewer_may_still_release(lists: Lists, subject: str) -> None:
    assert await lists.judged(mail(suspect=False)) == (State.SANITISED, "inbound")
    await lists.senders.add(Stance.DENY, subject, "syo", "勧誘", 30)
    assert await lists.judged(mail(suspect=False)) == (State.HELD, "denied-sender")
    assert await lists.judged(mail(suspect=False, shown="a@other.example")) == (State.HELD, "denied-sender"), "the envelope"
    assert await lists.judged(mail(suspect=False), sender="x@other.example") == (State.HELD, "denied-sender"), "the From"
    assert await lists.judged(mail(suspect=False, shown="b@c.example"), sender="b@c.example") == (State.SANITISED, "inbound")
    granted = Grant(GrantKind.RELEASE, "syo", "確認", 0.0)
    assert await lists.judged(mail(suspect=False), granted) == (State.SANITISED, "release:denied-sender")


async def test_a_denial_opens_nothing_that_another_rule_closes(lists: Lists) -> None:
    await lists.senders.add(Stance.DENY, "example.com", "syo", "勧誘", 30)
    granted = Grant(GrantKind.RELEASE, "syo", "確認", 0.0)
    assert await lists.judged(mail(Verdict.INFECTED), granted) == (State.HELD, "infected")


async def test_a_denied_file_is_known_by_its_digest(lists: Lists) -> None:
    digest = "ab" * 32
    await lists.senders.add(Stance.DENY, digest.upper(), "syo", "不審", 30)
    held = mail(suspect=False)
    [file] = held.report.parts
    held = replace(held, report=replace(held.report, parts=(replace(file, sha256_in=digest),)))
    assert await lists.judged(held) == (State.HELD, "denied-sender")
    with pytest.raises(ValueError, match="every file is rebuilt"):
        await lists.senders.add(Stance.ALLOW, digest, "syo", "x", 30)


async def test_an_allowed_sender_is_not_held_for_suspicion_and_for_nothing_else(lists: Lists) -> None:
    assert await lists.judged(mail()) == (State.HELD, "suspicious")
    made = await lists.senders.add(Stance.ALLOW, "sales.example.com", "syo", "取引先、SPF を直すまで", 30)
    path = pipeline(Scripted(mail()), policy=policy(), senders=lists.senders)
    done = await path.step(lease(sender="a@sales.example.com"))
    assert [m.rule for m in done.moves] == ["inbound"]
    [decided] = [e for e in done.events if isinstance(e, journal.Decided)]
    assert decided.waived == (f"allow {made.id}",)
    for verdict in (Verdict.INFECTED, Verdict.FAILED, Verdict.LOCKED, Verdict.WITHHELD):
        assert (await lists.judged(mail(verdict)))[0] is State.HELD
    assert await lists.judged(mail(shown="mayor@city.example")) == (State.HELD, "suspicious"), "another From"
    assert await lists.judged(mail(), sender="x@evil.example") == (State.HELD, "suspicious"), "another envelope"
    await lists.senders.add(Stance.DENY, "a@sales.example.com", "syo", "やはり不審", 30)
    assert (await lists.judged(mail()))[1] == "denied-sender", "denying wins"


async def test_an_entry_ends_by_time_or_by_hand_and_both_are_in_the_journal(lists: Lists) -> None:
    await lists.senders.add(Stance.DENY, "example.com", "syo", "勧誘", 1)
    second = await lists.senders.add(Stance.DENY, "example.org", "syo", "勧誘", 30)
    lists.r.times.pass_(DAY + 1)
    assert [each.id for each in await lists.senders.list()] == [second.id]
    assert await lists.judged(mail(suspect=False)) == (State.SANITISED, "inbound")
    await lists.senders.remove(second.id, "cso", "解決した")
    assert await lists.senders.list() == []
    with pytest.raises(LookupError):
        await lists.senders.remove(second.id, "cso", "もう一度")
    found = await journal.search(lists.r.db, kind="sender_listed")
    assert sorted((dict(e.facts)["change"], dict(e.facts)["actor"]) for e in found) == [
        *(("added", "syo"),) * 2,
        ("removed", "cso"),
    ]


@pytest.mark.parametrize("text", ["", "*", "@", "a b@c.example", "*@*", "localhost", "x" * 64, "a@b@c"])
def test_what_is_no_subject_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write an address"):
        subject_of(text)


async def test_an_entry_has_a_reason_and_an_end(lists: Lists) -> None:
    for reason, days in ((" ", 30.0), ("x", 0.0), ("x", 400.0), ("x", float("nan"))):
        with pytest.raises(ValueError, match=r"reason|days"):
            await lists.senders.add(Stance.DENY, "example.com", "syo", reason, days)
