"""What would become of one mail: one path for the command, the page and the API, of which nothing stays."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway import settings as settings_file
from gateway.cutoff import Stops
from gateway.directory import Book, Person, Role, Section
from gateway.directory.model import Directory
from gateway.model import Client, Direction, Disposition, Envelope, Inspection, State
from gateway.notice import Notices
from gateway.policy import file as policy_file
from gateway.policy.rules import Answer, Guessing
from gateway.policy.senders import DENIED, Senders, Stance
from gateway.rehearsal import Rehearsed, rehearse
from gateway.settings import Settings
from gateway.specimen import Specimen
from gateway.store.opening import Store
from sanitizers.identity import Authentication, Result
from sanitizers.letter import Enclosure
from sanitizers.model import Verdict
from tests.gateway.make_spool import Rooms, report, rooms
from tests.gateway.make_wall import LETTER, SEEN, Answers, Wall

CONFIG = Path(__file__).parents[2] / "config"
STAFF, HEAD, COUNTER = "hanako@city.example.lg.jp", "kacho@city.example.lg.jp", "madoguchi@city.example.lg.jp"
OUTSIDE = "a@example.com"
FORGED = Authentication(Result.NONE, dmarc=Result.FAIL, from_domain="example.com")
POLICY = policy_file.parse("""
profiles: {rebuild: {method: rebuild}, text: {method: text}}
choose_profile:
  - {name: counter, match: {recipient: "madoguchi@city.example.lg.jp"}, profile: text}
rules:
  - {name: forged, match: {direction: inbound, identity: [dmarc_fail]}, action: hold, reason: 詐称の疑い, clauses: [AV-08]}
  - name: many
    match: {direction: outbound, sign: {telephone: 2}}
    action: await_approval
    approve: {by: [ism]}
    reason: 電話番号
    clauses: [SD-03]
  - {name: all, match: {}, action: deliver, worst: withheld, clauses: [SAN-02]}
""")


@dataclass
class House:
    rooms: Rooms
    settings: Settings
    store: Store
    notices: Notices

    async def rehearse(self, wall: Wall, specimen: Specimen) -> tuple[Rehearsed, ...]:
        return await rehearse(self.settings, self.store, self.notices, wall, POLICY, specimen)

    async def contents(self) -> dict[str, int]:
        """How many rows each table has."""

        def count(conn: sa.Connection) -> dict[str, int]:
            names = sa.inspect(conn).get_table_names()
            return {name: conn.scalar(sa.text(f"select count(*) from {name}")) or 0 for name in names}

        return await self.rooms.db.read(count)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    settings = settings_file.load(CONFIG / "gateway.yaml")
    identity = settings.identity.model_copy(update={"enabled": True, "nameservers": (ip_address("192.0.2.53"),)})
    settings = settings.model_copy(update={"state_directory": tmp_path, "identity": identity})
    async with rooms(tmp_path) as opened:
        book, stops = Book(opened.db, opened.clock), Stops(opened.db, opened.clock)
        store = Store(opened.db, opened.clock, opened.spool, opened.quarantine, opened.journal, book, stops)
        people = (Person(STAFF, "花子", "soumu", (Role.USR,)), Person(HEAD, "課長", "soumu", (Role.ISM,)))
        await book.replace(Directory(people, (Section("soumu", "総務課"),)), 0, "test", "test")
        yield House(opened, settings, store, Notices.load(CONFIG / "notices"))


def inbound(name: str = "x.eml", *to: str) -> Specimen:
    return Specimen(name, b"raw", Envelope(OUTSIDE, to or (STAFF,), Direction.INBOUND, Client("192.0.2.1", 0, "test")))


def outbound() -> Specimen:
    return Specimen("x.eml", b"raw", Envelope(STAFF, (OUTSIDE,), Direction.OUTBOUND, Client("127.0.0.1", 0, "test")))


async def test_dv02_a_mail_is_inspected_and_decided_for_each_profile(house: House) -> None:
    answers = await house.rehearse(wall := Wall(), inbound("x.eml", STAFF, COUNTER))
    assert wall.profiles == ["rebuild", "text"]
    assert [(a.ruling.group.recipients, a.state, a.rule) for a in answers] == [
        ((STAFF,), State.SANITISED, "all"),
        ((COUNTER,), State.SANITISED, "all"),
    ]
    assert [(asked.rule.name, asked.answer) for asked in answers[0].asked] == [
        ("forged", Answer.NOT_SHOWN),
        ("many", Answer.OTHER_MAIL),
        ("all", Answer.HOLDS),
    ]


async def test_who_sent_a_mail_is_judged(house: House) -> None:
    [answer] = await house.rehearse(Wall(answers=Answers(FORGED)), inbound())
    assert (answer.state, answer.rule) == (State.HELD, "forged")
    assert answer.decides is not None
    [letter] = answer.letters
    assert letter.to == (STAFF,)
    assert "詐称の疑い" in letter.text


async def test_who_sent_a_bare_file_is_not_asked_as_nobody_signed_it(house: House) -> None:
    """Its mail is made around it, so DMARC would fail for every domain that has it."""
    [answer] = await house.rehearse(Wall(answers=Answers(FORGED)), inbound("見積.pdf"))
    assert (answer.state, answer.rule) == (State.SANITISED, "all")
    assert answer.ruling.inspection.identity is None


async def test_denied_and_allowed_senders_count(house: House) -> None:
    senders = Senders(house.store.db, house.store.clock)
    allowed = await senders.add(Stance.ALLOW, OUTSIDE, "kanri", "確認済み", 3)
    [answer] = await house.rehearse(Wall(answers=Answers(FORGED)), inbound())
    assert (answer.rule, answer.ruling.decision.waived) == ("all", (f"allow {allowed.id}",))
    await senders.add(Stance.DENY, "@example.com", "kanri", "迷惑", 3)
    [answer] = await house.rehearse(Wall(), inbound())
    assert (answer.state, answer.rule, answer.decides) == (State.HELD, DENIED, None)


async def test_what_leaves_is_observed_and_the_approver_is_named_and_written_to(house: House) -> None:
    letter = replace(LETTER, body="03-1234-5678、06-1234-5678、052-123-4567")
    wall = Wall(replace(SEEN, letter=letter))
    [answer] = await house.rehearse(wall, outbound())
    assert (answer.state, answer.rule, answer.deciders) == (State.AWAITING_APPROVAL, "many", (HEAD,))
    assert wall.kept == [True], "its files are kept for who searches them"
    assert {said.to for said in answer.letters} == {(HEAD,), (STAFF,)}


async def test_what_the_last_look_refuses_is_held(house: House) -> None:
    [answer] = await house.rehearse(Wall(answers=Answers(objections=("a script",))), inbound())
    assert answer.ruling.decision.disposition is Disposition.DELIVER
    assert (answer.state, answer.rule) == (State.HELD, "not-cleared")


async def test_nothing_of_it_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []
    monkeypatch.setattr(house.store.journal, "later", said.append)
    before, listening = await house.contents(), list(house.store.journal.listeners)
    for wall, specimen in ((Wall(answers=Answers(FORGED)), inbound()), (Wall(), outbound()), (Wall(), inbound("a.pdf"))):
        await house.rehearse(wall, specimen)
    assert house.store.journal.listeners == listening
    assert said == []
    assert await house.contents() == before


async def test_words_out_of_recent_mails_are_not_heard(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hearing them would try them on what waits."""
    guessing = {"rebuild": Guessing(listed=("listed",), recent_mails=True)}
    heard: list[object] = []
    monkeypatch.setattr("gateway.candidates.Candidates.hear", lambda *all_: heard.append(all_))
    policy = replace(POLICY, guessing=guessing)
    await rehearse(house.settings, house.store, house.notices, Wall(), policy, inbound())
    assert heard == []


async def test_each_file_comes_with_the_report_of_its_part(house: House) -> None:
    content = b"rebuilt"
    part = replace(report().parts[0], sha256_out=hashlib.sha256(content).hexdigest())
    seen = Inspection(replace(report(), parts=(part,)), Verdict.SANITISED, LETTER, (Enclosure("a.docx", "x/y", content),), 4)
    [answer] = await house.rehearse(Wall(seen), inbound())
    [(file, of)] = answer.files()
    assert (file.name, of) == ("a.docx", part)
