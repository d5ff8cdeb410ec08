"""Stored mail through a draft: what would change, by the record or by a new look; nothing else happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import journal
from gateway.filed import Filed
from gateway.model import (
    Caution,
    Client,
    Decision,
    Direction,
    Disposition,
    Envelope,
    Group,
    Identity,
    Inspection,
    Observation,
    Sign,
    Suspicion,
)
from gateway.policy import file as policy_file
from gateway.policy.rules import Policy
from gateway.policy.senders import DENIED, Senders, Stance
from gateway.recorded import records
from gateway.replay import Depth, Replay, Replayed, Selection, Stored
from gateway.store.schema import message, metadata
from gateway.workflow.register import Register
from sanitizers.identity import Authentication
from sanitizers.letter import Letter, Mailbox
from sanitizers.model import Finding, Kind, Profile, Treatment, Verdict
from tests.gateway.make_spool import Rooms, clearing, report, rooms

POLICY = """
profiles: {{rebuild: {profile}, text: {{method: text}}}}
choose_profile: {choose}
rules:
{rules}
  - {{name: in, match: {{direction: inbound}}, action: deliver, worst: withheld, clauses: [SAN-02]}}
  - {{name: out, match: {{direction: outbound}}, action: deliver, worst: withheld, clauses: [SAN-02]}}
"""


def policy(*rules: str, profile: str = "{}", choose: str = "[]") -> Policy:
    lines = "\n".join(f"  - {{name: new{n}, {rule}, reason: r, clauses: [SAN-02]}}" for n, rule in enumerate(rules))
    return policy_file.parse(POLICY.format(rules=lines, profile=profile, choose=choose))


CURRENT, EVERYTHING = policy(), Selection()
SEEN = Inspection(report(), Verdict.SANITISED, None, (), 4)


@dataclass
class Stage:
    r: Rooms
    inspected: list[Profile] = field(default_factory=list)
    sees: Inspection = SEEN

    async def inspect(self, content: bytes | int, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        self.inspected.append(profile)
        return self.sees

    async def mail(
        self,
        sender: str = "a@b.example",
        inspection: Inspection = SEEN,
        by: Policy = CURRENT,
        direction: Direction = Direction.INBOUND,
    ) -> str:
        """A delivered mail, as the pipeline would have left it."""
        incoming = self.r.spool.incoming()
        await incoming.write(f"Subject: t\r\n\r\nfrom {sender}\r\n".encode())
        envelope = Envelope(sender, ("hanako@city.example.lg.jp",), direction, Client("192.0.2.1", 4, "mx"))
        item = await self.r.spool.accept(envelope, incoming, b"")
        lease = await self.r.claim()
        decision = Decision(Disposition.DELIVER, "in", "", ("SAN-02",), by.version, "rebuild")
        event = journal.Decided.of(item, Group(item.recipients, "rebuild"), inspection, decision)
        outcome = clearing(lease)
        filed = Filed.of(inspection)
        await self.r.spool.settle(lease, replace(outcome, filed=filed, events=(event, *outcome.events)))
        return item.id

    async def replay(self, draft: Policy, depth: Depth = Depth.RECORD, selection: Selection = EVERYTHING) -> list[Replayed]:
        register = Register(self.r.db, self.r.clock)
        known = {CURRENT.version: CURRENT}
        replay = Replay(
            *(self.r.db, register, CURRENT, draft, Stored(self.r.spool, self.inspect), lambda policy: (), known, depth),
            Senders(self.r.db, self.r.clock),
        )
        return [each async for each in replay.run(await replay.select(selection), 2)]

    async def everything(self) -> list[object]:
        return await self.r.db.read(
            lambda conn: [
                tuple(row) for t in metadata.sorted_tables if t.name != "journal_head" for row in conn.execute(sa.select(t))
            ]
        )


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with rooms(tmp_path) as r:
        yield Stage(r)


async def test_dv02_what_changes_is_told_and_nothing_else_happens(stage: Stage) -> None:
    await stage.mail("a@b.example")
    await stage.mail("x@other.example")
    before = await stage.everything()
    same, changed = sorted(
        await stage.replay(policy("match: {sender: '*@b.example'}, action: hold")), key=lambda e: bool(e.changes)
    )
    assert (same.sender, same.changes) == ("x@other.example", ())
    [change] = changed.changes
    assert (change.before.disposition, change.before.rule) == (Disposition.DELIVER, "in")
    assert (change.after.disposition, change.after.rule) == (Disposition.HOLD, "new0")
    assert change.recipients == ("hanako@city.example.lg.jp",)
    assert stage.inspected == []
    assert await stage.everything() == before


async def test_dv02_the_lists_of_senders_are_asked_as_the_gateway_asks_them(stage: Stage) -> None:
    """A draft that opens what a list closes was told to deliver it."""
    senders = Senders(stage.r.db, stage.r.clock)
    listed, other = await stage.mail("bad@evil.example", WARNED), await stage.mail("x@other.example", WARNED)
    draft = policy("match: {identity: spf_fail}, action: hold")
    assert {each.item: [c.after.rule for c in each.changes] for each in await stage.replay(draft)} == {
        listed: ["new0"],
        other: ["new0"],
    }
    await senders.add(Stance.DENY, "@evil.example", "jiro", "詐欺", 30)
    held = {each.item: [(c.before.rule, c.after.rule) for c in each.changes] for each in await stage.replay(draft)}
    assert held == {listed: [(DENIED, "new0")], other: [("in", "new0")]}
    [entry] = await senders.list()
    await senders.remove(entry.id, "jiro", "誤り")
    await senders.add(Stance.ALLOW, "bad@evil.example", "jiro", "確認済み", 30)
    assert {each.item: len(each.changes) for each in await stage.replay(draft)} == {listed: 0, other: 1}


async def test_dv02_a_listed_from_behind_another_envelope_is_looked_for(stage: Stage) -> None:
    shown = Letter("t", (Mailbox("", "boss@evil.example"),), None, (), (), (), "", "", (), (), "", (), ())
    stage.sees = replace(SEEN, letter=shown)
    item = await stage.mail("relay@other.example", stage.sees)
    assert stage.inspected == []
    await Senders(stage.r.db, stage.r.clock).add(Stance.DENY, "boss@evil.example", "jiro", "詐欺", 30)
    [replayed] = await stage.replay(policy("match: {sender: '*@other.example'}, action: hold"))
    assert (replayed.item, replayed.inspected) == (item, True)
    assert [(c.before.rule, c.after.rule) for c in replayed.changes] == [(DENIED, "new0")]


WARNED = replace(SEEN, identity=Identity(Authentication(), (Caution(Suspicion.SPF_FAIL, "x", "y"),)))


@pytest.mark.parametrize(
    ("match", "inspection"),
    [
        ("{verdict: sanitised}", SEEN),
        ("{finding: macro}", SEEN),
        ("{media_type: application/msword}", SEEN),
        ("{name: '*見積書.docm'}", SEEN),
        ("{identity: spf_fail}", WARNED),
    ],
)
async def test_the_record_answers_what_rules_match_by(stage: Stage, match: str, inspection: Inspection) -> None:
    await stage.mail(inspection=inspection)
    [replayed] = await stage.replay(policy(f"match: {match}, action: hold"))
    assert [change.after.rule for change in replayed.changes] == ["new0"]
    assert stage.inspected == []


async def test_a_record_is_read_as_it_was_written(stage: Stage) -> None:
    seen = replace(SEEN, observations=(Observation(Sign.TELEPHONE, 21, (), ("0*-****", "0*")),), identity=WARNED.identity)
    item = await stage.mail(inspection=seen)
    [record] = (await stage.r.db.read(records, item)).values()
    found = record.inspection
    assert [(p.path, p.name, p.detected, p.verdict) for p in found.report.walk()] == [
        (p.path, p.name, p.detected, p.verdict) for p in seen.report.walk()
    ]
    assert {f.kind for p in found.report.walk() for f in p.findings} == {Kind.MACRO}
    assert [(o.sign, o.count) for o in found.observations] == [(Sign.TELEPHONE, 21)]
    assert found.identity is not None
    assert [w.kind for w in found.identity.warnings] == [Suspicion.SPF_FAIL]


@pytest.mark.parametrize(
    "draft",
    [
        policy(profile="{switches: {office: {comments: remove}}}"),
        policy(choose="[{name: c, match: {sender: '*@b.example'}, profile: text}]"),
    ],
)
async def test_another_treatment_is_looked_at_anew(stage: Stage, draft: Policy) -> None:
    await stage.mail()
    [replayed] = await stage.replay(draft)
    assert replayed.inspected
    assert len(stage.inspected) == 2, "both treatments, today"


async def test_a_sign_that_nobody_looked_for_is_looked_for(stage: Stage) -> None:
    await stage.mail(direction=Direction.OUTBOUND)
    [replayed] = await stage.replay(policy("match: {direction: outbound, sign: telephone}, action: hold"))
    assert replayed.inspected
    assert len(stage.inspected) == 1, "one look for both"


async def test_of_an_older_policy_or_erased_names_or_full_it_is_looked_at_anew(stage: Stage) -> None:
    await stage.mail(by=policy("match: {sender: z}, action: hold"))
    [replayed] = await stage.replay(CURRENT)
    assert replayed.inspected
    await stage.mail("second@b.example")
    await stage.r.db.write(lambda conn: conn.exec_driver_sql("DELETE FROM journal_personal WHERE field = 'names'").rowcount)
    assert [each.inspected for each in await stage.replay(CURRENT)] == [True, True]
    await stage.mail("third@b.example")
    assert [each.inspected for each in await stage.replay(CURRENT, Depth.FULL)] == [True] * 3


async def test_a_new_look_keeps_the_facts_of_their_day(stage: Stage) -> None:
    await stage.mail(inspection=WARNED)
    [replayed] = await stage.replay(policy("match: {identity: spf_fail}, action: hold"), Depth.FULL)
    assert [change.after.rule for change in replayed.changes] == ["new0"]


async def test_what_is_gone_is_not_called_unchanged(stage: Stage) -> None:
    await stage.mail()
    await stage.r.db.write(lambda conn: conn.execute(message.update().values(content=None, blob=None)).rowcount)
    [replayed] = await stage.replay(CURRENT, Depth.FULL)
    assert "disposed" in replayed.failure
    [replayed] = await stage.replay(CURRENT)
    assert replayed.failure == "", "the record is enough"


async def test_mails_are_chosen_by_number_time_and_direction(stage: Stage) -> None:
    first = await stage.mail()
    stage.r.times.pass_(3_600)
    second = await stage.mail("x@y.example", direction=Direction.OUTBOUND)
    now = stage.r.clock.now()
    chosen: Sequence[tuple[Selection, list[str]]] = (
        (Selection(), [second, first]),
        (Selection(limit=1), [second]),
        (Selection(since=now - 60), [second]),
        (Selection(direction=Direction.INBOUND), [first]),
    )
    for selection, wanted in chosen:
        assert {each.item for each in await stage.replay(CURRENT, selection=selection)} == set(wanted)


def test_the_report_of_the_stage_holds_what_the_tests_ask_for() -> None:
    assert Finding(Kind.MACRO, "word/vbaProject.bin", "AutoOpen", Treatment.REMOVED) in report().walk()[1].findings
