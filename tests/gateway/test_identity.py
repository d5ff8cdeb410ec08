"""The trusted half of identity: what it asks, what it believes of a worker, what people and rules get to see (AV-08)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from gateway import journal
from gateway.clock import JST
from gateway.deception import Own
from gateway.identity import Authenticator, Identifier, results_header
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
    PartReport,
    QueueItem,
    Suspicion,
)
from gateway.notice import Notices
from gateway.path import identifier_of as made_by
from gateway.policy.rules import Match
from gateway.resolver import Unresolved
from gateway.sandbox import Sandbox
from gateway.settings import Settings
from sanitizers import message
from sanitizers.authentication import authenticate
from sanitizers.compose import compose
from sanitizers.identity import (
    ANSWER,
    AUTHENTICATION,
    QUESTION,
    Answer,
    Authentication,
    Question,
    RecordType,
    Result,
    Signature,
)
from sanitizers.job import LocalJob
from sanitizers.letter import Letter, Mailbox
from sanitizers.model import Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.protocol import Garbage, Start
from sanitizers.tasks import TASKS
from sanitizers.verify import verify
from tests.sanitizers.make_signed import NOW, Zone, signed, zone

CONFIG = Path(__file__).parents[2] / "config"
CLOUD = Authenticator("MX.Cloud.example.jp", (ip_network("192.0.2.0/28"),))
OWN = Own(("city.example.lg.jp",), ("例示市",))
PROVEN = Authentication(
    Result.PASS, "shop.example.com", (Signature("shop.example.com", "one", Result.PASS),), Result.PASS, "shop.example.com"
)
LETTER = Letter("", (Mailbox("boss@bank.example", "x@evil.example"),), None, (), (), (), "", "", (), (), "", ())
OnAsk = Callable[[Task, bytes], Awaitable[Outcome]]


@dataclass
class Names:
    """A resolver with the zone of a test."""

    zone: Zone

    async def resolve(self, question: Question) -> Answer:
        if self.zone.is_down:
            raise Unresolved("down")
        return Answer(self.zone.records.get((question.name, question.type), ()))


@dataclass
class Wall:
    """A sandbox whose worker says what the test wants; `asks` is sent up before."""

    said: bytes | None
    asks: tuple[tuple[Task, bytes], ...] = ()
    start: Start | None = None
    heard: tuple[Outcome, ...] = ()

    async def run(self, start: Start, content: object, on_child: None = None, on_ask: OnAsk | None = None, **_: Any) -> Any:
        self.start = start
        assert on_ask is not None
        self.heard = tuple([await on_ask(task, asked) for task, asked in self.asks])
        verdict, reason = (Verdict.CLEAN, None) if self.said is not None else (Verdict.FAILED, Reason.CRASHED)

        @dataclass
        class Said:
            outcome: Outcome

        return Said(Outcome(verdict, "", self.said, reason=reason))


def item(client: str = "198.51.100.7") -> QueueItem:
    envelope = Envelope("sato@shop.example.com", ("a@city.example.lg.jp",), Direction.INBOUND, Client(client, 25, "mx"))
    return QueueItem("1", "R-1", envelope, envelope.recipients, NOW, 1, "0" * 64)


def identifier(wall: object, dns: Zone | None = None, *authenticators: Authenticator) -> Identifier:
    return Identifier(wall, Names(dns) if dns else None, authenticators, OWN)  # type: ignore[arg-type]


def question(name: str) -> bytes:
    return QUESTION.dump_json(Question(name, RecordType.TXT))


async def test_in_a_closed_network_no_worker_is_started() -> None:
    wall = Wall(None)
    assert await identifier(wall).authenticate(b"mail", item()) == Authentication()
    assert wall.start is None


async def test_san07_only_a_listed_peer_is_believed() -> None:
    wall = Wall(AUTHENTICATION.dump_json(replace(PROVEN, authenticator="mx.cloud.example.jp")))
    behind = identifier(wall, None, CLOUD)
    found = await behind.authenticate(b"mail", item("192.0.2.3"))
    assert found is not None
    assert found.authenticator == "mx.cloud.example.jp"
    assert wall.start is not None
    assert wall.start.session is not None
    assert wall.start.session.believed == ("mx.cloud.example.jp",)
    assert wall.start.session.is_relayed
    assert (
        await identifier(wall, Zone(), CLOUD).authenticate(b"mail", item("8.8.8.8")) is None
    )  # it was not asked to believe it


@pytest.mark.parametrize(
    "said",
    [
        b"{}x",
        b'{"spf": "perhaps"}',
        AUTHENTICATION.dump_json(replace(PROVEN, spf_domain="a\r\nX: y")),
        AUTHENTICATION.dump_json(replace(PROVEN, from_domain="a b.example")),
        AUTHENTICATION.dump_json(replace(PROVEN, signatures=(Signature("a;b.example", "s", Result.PASS),))),
        AUTHENTICATION.dump_json(replace(PROVEN, signatures=(Signature("a.example", "s", Result.PASS, "a\nb"),))),
        AUTHENTICATION.dump_json(replace(PROVEN, authenticator="forged.example")),
        None,
    ],
)
async def test_what_no_honest_worker_says_is_not_believed(said: bytes | None) -> None:
    judge = identifier(Wall(said), Zone())
    found = await judge.authenticate(b"mail", item())
    assert found is None
    judged = judge.judge(item().envelope, found, None)
    assert judged.proven.dmarc is Result.TEMPERROR
    assert [warning.kind for warning in judged.warnings] == [Suspicion.NOT_JUDGED]


@pytest.mark.parametrize(
    ("judged", "dmarc", "is_warned"),
    [
        ("evil.example", Result.PASS, False),
        ("harmless.example", Result.NONE, True),
        ("", Result.PERMERROR, True),
        ("", Result.NONE, False),  # nothing could be asked
    ],
)
def test_h07_a_proof_for_another_sender_than_the_letter_shows_is_none(judged: str, dmarc: Result, is_warned: bool) -> None:
    found = Authentication(dmarc=dmarc, from_domain=judged)
    warnings = identifier(Wall(None), Zone()).judge(item().envelope, found, LETTER).warnings
    assert (Suspicion.NOT_JUDGED in {warning.kind for warning in warnings}) is is_warned


async def test_questions_are_answered_checked_and_counted() -> None:
    dns = Zone({("example.com", RecordType.TXT): ("v=spf1 -all",)})
    wall = Wall(AUTHENTICATION.dump_json(PROVEN), ((Task.RESOLVE, question("example.com")),))
    assert await identifier(wall, dns).authenticate(b"mail", item()) == PROVEN
    assert [ANSWER.validate_json(outcome.output or b"").records for outcome in wall.heard] == [("v=spf1 -all",)]
    for asks in (
        ((Task.RESOLVE, question("secret\n.example.com")),),
        ((Task.RESOLVE, b"example.com"),),
        ((Task.RENDER, question("example.com")),),
        ((Task.RESOLVE, question("example.com")),) * 41,
    ):
        with pytest.raises(Garbage):
            await identifier(Wall(b"", asks), dns).authenticate(b"mail", item())
    with pytest.raises(Refused):
        await identifier(Wall(b"", wall.asks), Zone({("x.example", RecordType.A): ()}, is_down=True)).authenticate(b"", item())


@pytest.mark.slow
async def test_behind_the_real_wall() -> None:
    """Cryptography, the public suffix list and the upcalls work where nothing can be opened."""
    sandbox = Sandbox()
    dns = zone(("shop.example.com", "v=spf1 ip4:8.8.8.8 -all"), ("_dmarc.example.com", "v=DMARC1; p=reject"))
    try:
        await sandbox.start()
        found = await identifier(sandbox, dns).authenticate(signed(), item("8.8.8.8"))
        assert found == PROVEN
        dns.is_down = True
        down = await identifier(sandbox, dns).authenticate(signed(), item("8.8.8.8"))
        assert down is not None
        assert (down.spf, down.dkim, down.dmarc) == (Result.TEMPERROR,) * 3
    finally:
        await sandbox.stop()


def test_our_own_results_are_one_header() -> None:
    none = Identity(Authentication())
    assert results_header(none, "mugai.example.lg.jp") == "mugai.example.lg.jp; spf=none; dkim=none; dmarc=none; arc=none"
    assert results_header(Identity(PROVEN), "mugai.example.lg.jp") == (
        "mugai.example.lg.jp; spf=pass smtp.mailfrom=shop.example.com; dkim=pass header.d=shop.example.com;"
        " dmarc=pass header.from=shop.example.com; arc=none"
    )


def test_s19_no_foreign_results_survive_and_ours_pass_the_verifier() -> None:
    foreign = b"Authentication-Results: mugai.example.lg.jp; dmarc=pass\r\nARC-Seal: i=1; cv=none\r\n"
    letter, _ = message.letter(foreign + signed(), Part("", "", "message/rfc822"), LocalJob())
    ours = ("Authentication-Results", results_header(Identity(PROVEN), "mugai.example.lg.jp"))
    written = compose(letter, (), extra_headers=(ours,))
    assert written.count(b"Authentication-Results: mugai.example.lg.jp; spf=pass") == 1
    assert written.lower().count(b"authentication-results:") == 1
    assert b"DKIM-Signature" not in written
    assert b"ARC-" not in written
    assert verify(written, "message/rfc822", frozenset()) == []


def inspection(*warnings: Caution) -> Inspection:
    report = PartReport("", "", "", "message/rfc822", Verdict.CLEAN, (), None, "", 1, 1, "", "", "", "", 0.0)
    return Inspection(report, Verdict.CLEAN, LETTER, (), 3, Identity(PROVEN, warnings))


def test_failures_and_deceptions_are_warnings() -> None:
    failed = replace(PROVEN, spf=Result.FAIL, dmarc=Result.FAIL, from_domain="evil.example")
    judged = identifier(None).judge(item().envelope, failed, LETTER)
    assert [warning.kind.value for warning in judged.warnings] == ["dmarc_fail", "spf_fail", "display_name_spoof"]
    forwarded = identifier(None).judge(item().envelope, replace(PROVEN, spf=Result.FAIL), None)
    assert forwarded.warnings == ()


def test_only_the_identifier_has_the_dns() -> None:
    assert Task.RESOLVE not in TASKS


def test_the_configuration_makes_it() -> None:
    settings = Settings.model_validate(
        {
            "identity": {
                "nameservers": ["192.0.2.53"],
                "trusted_authenticators": [{"id": "mx.cloud.example.jp", "peers": ["192.0.2.0/28"]}],
            }
        }
    )
    made = made_by(settings, Wall(None))  # type: ignore[arg-type]
    assert made is not None
    assert made._session(item("192.0.2.3").envelope, NOW).believed == ("mx.cloud.example.jp",)
    assert made._session(item("192.0.2.3").envelope, NOW).has_dns
    assert made_by(Settings.model_validate({"identity": {"enabled": False}}), Wall(None)) is None  # type: ignore[arg-type]
    for wrong in ({"nameservers": ["dns.example"]}, {"trusted_authenticators": [{"id": "a b", "peers": ["192.0.2.1"]}]}):
        with pytest.raises(ValidationError):
            Settings.model_validate({"identity": wrong})


def test_the_notice_has_a_plain_line_for_each_warning_and_is_written_even_for_a_clean_mail() -> None:
    notices, decision = Notices.load(CONFIG / "notices"), Decision(Disposition.DELIVER, "inbound", "", (), "", "rebuild")
    until = datetime(2026, 12, 1, tzinfo=JST)
    spoof = Caution(Suspicion.DISPLAY_NAME_SPOOF, "boss@bank.example\nforged", "x@evil.example")
    head = notices.head(inspection(spoof), decision, "R-1", until, "装置")
    shown = "boss@bank.example forged というアドレスが含まれていますが、実際の送信元は x@evil.example です。"
    assert f"\n注意: 差出人の表示名に {shown}\n" in head
    every = notices.head(inspection(*(Caution(kind, "{0}", "{x}") for kind in Suspicion)), decision, "R-1", until, "装置")
    assert every.count("注意: ") == 6  # bounded: a mail that warns of everything is not read
    assert notices.head(inspection(), decision, "R-1", until, "装置") == ""


def test_a_rule_may_match_a_suspicion() -> None:
    match = Match(identity=(Suspicion.DMARC_FAIL, Suspicion.LOOK_ALIKE))
    assert match.needs_inspection
    assert match.inspection_holds(inspection(Caution(Suspicion.LOOK_ALIKE, "", "")), "staff@city.example.lg.jp")
    assert not match.inspection_holds(inspection(Caution(Suspicion.SPF_FAIL, "", "")), "staff@city.example.lg.jp")
    assert not match.inspection_holds(replace(inspection(), identity=None), "staff@city.example.lg.jp")


def test_the_journal_records_it() -> None:
    decision = Decision(Disposition.DELIVER, "inbound", "", (), "", "rebuild")
    decided = journal.Decided.of(item(), Group((), "rebuild"), inspection(Caution(Suspicion.LOOK_ALIKE, "a", "b")), decision)
    assert (decided.identity, decided.warnings) == ("spf=pass dkim=pass dmarc=pass arc=none", ("look_alike",))


def test_a_mail_is_judged_by_what_it_was_when_it_came() -> None:
    """The same worker function, without a wall: nothing of the mail is changed before it is judged."""
    dns = zone(("shop.example.com", "v=spf1 ip4:198.51.100.7 -all"), ("_dmarc.example.com", "v=DMARC1; p=reject"))
    session = identifier(None, dns)._session(item("8.8.8.8").envelope, NOW)
    assert dns.profile == Profile()
    assert authenticate(signed(), session, dns).dkim is Result.PASS
