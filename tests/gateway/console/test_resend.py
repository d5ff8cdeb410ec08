"""A reviewer asks for files in another form: the sender only where that is proven, else the recipient inside (SAN-05)."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

import pytest

from gateway import journal
from gateway.directory import Role
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
    QuarantineState,
    QueueItem,
    Suspicion,
)
from gateway.notice.values import Way
from gateway.quarantine import QuarantineEntry
from gateway.resend import Proof, addressee
from sanitizers.identity import Authentication, Result
from sanitizers.model import Verdict
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_spool import TO, holding, report

SENDER = "a@b.example"
WORDS = "docx で送ってください"
PROVEN = Authentication(Result.PASS, "b.example")


def entry(
    sender: str = SENDER, direction: Direction = Direction.INBOUND, verdict: Verdict = Verdict.WITHHELD
) -> QuarantineEntry:
    envelope = Envelope(sender, TO, direction, Client("192.0.2.1", 25, "x"))
    item = QueueItem("I", "R", envelope, TO, 0.0, 1, "0" * 64)
    held = (0.0, 0.0, QuarantineState.HELD, report())
    return QuarantineEntry(1, item, TO, "見積", verdict, "r", "理由", ("SAN-02",), *held)


@pytest.mark.parametrize(
    ("results", "shown", "to"),
    [
        ("spf=pass dkim=none dmarc=none arc=none", (), SENDER),
        ("spf=pass dkim=pass dmarc=fail arc=none by mx.example", (), SENDER),
        ("spf=softfail dkim=pass dmarc=pass arc=none", ("boss@c.example",), "boss@c.example"),
    ],
)
def test_a_proven_sender_is_written_to(results: str, shown: tuple[str, ...], to: str) -> None:
    found = addressee(entry(), Proof(results, ""), shown)
    assert (found.way, found.to) == (Way.SENDER, (to,))


@pytest.mark.parametrize("results", ["", "spf=none dmarc=none", "spf=fail", "spf=softfail", "spf=neutral arc=pass dkim=pass"])
def test_h8_nobody_is_written_to_whom_anybody_may_have_forged(results: str) -> None:
    assert addressee(entry(), Proof(results, ""), ("x@y.example",)).way is Way.RECIPIENT


def test_h8_nor_beside_a_doubt_a_virus_a_null_sender_or_several_from() -> None:
    proven = Proof("spf=pass dmarc=none", "")
    assert addressee(entry(), replace(proven, warnings="look_alike"), ()).way is Way.RECIPIENT
    assert addressee(entry(verdict=Verdict.INFECTED), proven, ()).way is Way.RECIPIENT
    assert addressee(entry(""), proven, ()).way is Way.RECIPIENT
    assert addressee(entry(), Proof("spf=none dmarc=pass", ""), ("x@y.example", "z@y.example")).way is Way.RECIPIENT


def test_of_an_outbound_mail_its_sender_inside_is_asked() -> None:
    found = addressee(entry(TO[0], Direction.OUTBOUND), Proof("", ""), ())
    assert (found.way, found.to) == (Way.STAFF, (TO[0],))
    assert addressee(entry("", Direction.OUTBOUND), Proof("", ""), ()).to == ()


async def held(c: Console, proven: Authentication | None, *warnings: Suspicion) -> tuple[int, QueueItem]:
    """A held mail, and the record of what was proven of its sender."""
    item = await c.rooms.accept("見積".encode(), TO, SENDER)
    lease = await c.rooms.claim()
    await c.rooms.spool.settle(lease, holding(lease))
    if proven:
        identity = Identity(proven, tuple(Caution(each, "", "") for each in warnings))
        seen = Inspection(report(), Verdict.SANITISED, None, (), 4, identity=identity)
        decision = Decision(Disposition.HOLD, "held", "", ("SAN-02",), "v", "rebuild")
        await c.rooms.journal.write(journal.Decided.of(item, Group(TO, "rebuild"), seen, decision))
    return (await c.rooms.quarantine.list())[0].id, item


@pytest.fixture
async def reviewer(c: Console) -> Browser:
    return await c.signed_in(await c.person("syo", Role.SYO))


async def letters(c: Console) -> list[tuple[str, EmailMessage]]:
    """What leaves, with the way that it takes."""
    found = []
    for key, content in await c.rooms.copies():
        item = await c.rooms.spool.show(key)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append((item.item.envelope.direction.value, message))
    return found


async def test_the_letter_leaves_once_and_stands_in_the_history(c: Console, reviewer: Browser) -> None:
    number, item = await held(c, PROVEN)
    page = (await reviewer.get(f"/held/{number}")).text
    assert "差出人は確認できています" in page
    assert (await reviewer.post(f"/held/{number}/ask", reason=" ")).status_code == 400
    assert (await reviewer.post(f"/held/{number}/ask", reason=WORDS)).status_code == 303
    [(direction, letter)] = await letters(c)
    assert (direction, letter["To"], letter["Auto-Submitted"]) == ("outbound", SENDER, "auto-generated")
    text = letter.get_content()
    assert WORDS in text
    assert "見積書.docm" in text
    assert "規則" not in text
    [event] = await journal.search(c.rooms.db, item=item.id, kind="sender_asked")
    assert dict(event.facts) | {"actor": "syo", "way": "sender", "reason": WORDS} == dict(event.facts)
    page = (await reviewer.get(f"/held/{number}")).text
    assert "依頼済みです" in page
    assert "再送の依頼" in page
    assert (await reviewer.post(f"/held/{number}/ask", reason=WORDS)).status_code == 409
    assert len(await letters(c)) == 1


async def test_h8_without_proof_the_recipient_inside_is_asked_to_telephone(c: Console, reviewer: Browser) -> None:
    number, _ = await held(c, None)
    assert "差出人には送らず" in (await reviewer.get(f"/held/{number}")).text
    assert (await reviewer.post(f"/held/{number}/ask", reason=WORDS)).status_code == 303
    [(direction, letter)] = await letters(c)
    assert direction == "inbound"
    assert SENDER not in str(letter["To"])
    assert "以前から知っている電話番号" in letter.get_content()


async def test_h8_a_doubt_about_the_sender_outweighs_its_proof(c: Console, reviewer: Browser) -> None:
    number, _ = await held(c, PROVEN, Suspicion.LOOK_ALIKE)
    await reviewer.post(f"/held/{number}/ask", reason=WORDS)
    [(direction, _)] = await letters(c)
    assert direction == "inbound"


async def test_nothing_is_asked_about_what_is_held_no_more(c: Console, reviewer: Browser) -> None:
    number, _ = await held(c, PROVEN)
    await reviewer.post(f"/held/{number}/release", reason="確認した")
    assert (await reviewer.post(f"/held/{number}/ask", reason=WORDS)).status_code == 409
    assert await letters(c) == []
