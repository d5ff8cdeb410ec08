"""One mail or file that somebody brings: the same path for both, nothing else happens."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass, field, replace

import pytest

from gateway.model import Client, Direction, Disposition, Envelope, Inspection, Observation, QueueItem, Sign
from gateway.policy import file as policy_file
from gateway.specimen import Specimen, judge
from sanitizers.letter import Enclosure
from sanitizers.model import Profile, Verdict
from tests.gateway.make_spool import report

POLICY = policy_file.parse("""
profiles: {rebuild: {method: rebuild}, text: {method: text}}
choose_profile:
  - {name: counter, match: {recipient: "madoguchi@city.example.lg.jp"}, profile: text}
rules:
  - {name: many, match: {direction: outbound, sign: {telephone: 20}}, action: hold, reason: 電話番号, clauses: [SD-03]}
  - {name: all, match: {}, action: deliver, worst: withheld, clauses: [SAN-02]}
""")
SEEN = Inspection(report(), Verdict.SANITISED, None, (), 4)
INSIDE = ("hanako@city.example.lg.jp", "madoguchi@city.example.lg.jp")


def envelope(direction: Direction = Direction.INBOUND) -> Envelope:
    return Envelope("a@example.com", INSIDE, direction, Client("192.0.2.1", 0, "test"))


@dataclass
class Wall:
    seen: list[tuple[bytes, str, bool]] = field(default_factory=list)
    sees: Inspection = SEEN

    async def inspect(self, content: bytes | int, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        assert isinstance(content, bytes)
        self.seen.append((content, profile.name, keep_leaves))
        return self.sees


class Telephones:
    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        return (Observation(Sign.TELEPHONE, 30),)


async def test_dv02_a_mail_is_judged_as_it_is_and_for_each_profile() -> None:
    wall = Wall()
    answers = await judge(Specimen("Mail.EML", b"raw", envelope()), POLICY, wall.inspect, (Telephones(),))
    assert [(content, name) for content, name, _ in wall.seen] == [(b"raw", "rebuild"), (b"raw", "text")]
    assert [a.decision.rule for a in answers] == ["all", "all"]
    assert [a.group.recipients for a in answers] == [(each,) for each in INSIDE]
    assert answers[0].inspection.observations == (), "observers look at what leaves"


async def test_a_file_is_the_only_attachment_of_a_mail() -> None:
    wall = Wall()
    await judge(Specimen("見積\r\n/../x.docm", b"\x00\xffbytes", envelope()), POLICY, wall.inspect, ())
    message = email.message_from_bytes(wall.seen[0][0], policy=email.policy.default)
    [attached] = message.iter_attachments()  # type: ignore[attr-defined]
    assert attached.get_content() == b"\x00\xffbytes"
    assert attached.get_filename() == "見積___.._x.docm"
    assert message["From"] == "a@example.com"


async def test_what_leaves_is_observed_before_the_rules_are_asked() -> None:
    [answer] = await judge(
        Specimen("x.eml", b"x", envelope(Direction.OUTBOUND)), POLICY_OUT, (wall := Wall()).inspect, (Telephones(),)
    )
    assert (answer.decision.disposition, answer.decision.rule) == (Disposition.HOLD, "many")
    assert wall.seen[0][2], "its files are kept for who searches them"


POLICY_OUT = policy_file.parse("""
profiles: {rebuild: {method: rebuild}}
rules:
  - {name: many, match: {direction: outbound, sign: {telephone: 20}}, action: hold, reason: 電話番号, clauses: [SD-03]}
""")


async def test_each_file_comes_with_the_report_of_its_part() -> None:
    content = b"rebuilt"
    part = report().parts[0]
    made = Specimen("", content, envelope()).sha256
    seen = replace(report(), parts=(replace(part, sha256_out=made),))
    wall = Wall(sees=Inspection(seen, Verdict.SANITISED, None, (Enclosure("a.docx", "x/y", content),), 4))
    [answer, _] = await judge(Specimen("x.eml", b"x", envelope()), POLICY, wall.inspect, ())
    [(file, of)] = answer.files()
    assert (file.name, of) == ("a.docx", seen.parts[0])


async def test_an_envelope_that_is_none_is_said() -> None:
    wrong = Envelope("a@example.com", ("nobody",), Direction.INBOUND, Client("192.0.2.1", 0, "test"))
    with pytest.raises(ValueError, match="address"):
        await judge(Specimen("x.pdf", b"x", wrong), POLICY, Wall().inspect, ())
