from __future__ import annotations

import asyncio
import re
import ssl
from pathlib import Path

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import relay as relay_module
from gateway.model import Delivery, NextHop, TlsPolicy
from gateway.relay import Relay
from gateway.smtp import tls
from gateway.smtp.client import Timeouts, Trouble, Unsendable, check
from gateway.smtp.sink import Sink
from tests.gateway.smtp import make_certificate
from tests.gateway.smtp.make_next_hop import HANG_UP, Part, cleared, playing
from tests.gateway.smtp.make_smuggling import ENDS, SMUGGLED
from tests.waiting import until

LETTER = b"Subject: x\r\n\r\nhello\r\n"
LONG = Timeouts()
SHORT = Timeouts(connect=1, command=0.3, data=0.3, block=0.3, final=0.3)  # only where a hop is silent, or is not there
ACCEPTED, DEFERRED, REFUSED = Delivery.ACCEPTED, Delivery.DEFERRED, Delivery.REFUSED


def relay(timeouts: Timeouts = LONG, connections: int = 10) -> Relay:
    return Relay("mx.city.example.lg.jp", connections=connections, timeouts=timeouts)


async def deliveries(part: Part, *recipients: str, timeouts: Timeouts = LONG) -> list[Delivery]:
    async with playing(part):
        return [outcome.delivery for outcome in await relay(timeouts).send(cleared(LETTER, *recipients), part.hop())]


# bytes


@pytest.mark.parametrize("end", ENDS, ids=repr)
async def test_s02_a_false_end_never_leaves_the_house(end: bytes) -> None:
    async with playing(Part()) as hop:
        with pytest.raises(Unsendable):
            await relay().send(cleared(LETTER + end + SMUGGLED), hop.hop())
        assert hop.contents == []
        assert not [command for command in hop.commands if command.startswith(b"MAIL")]


LINES = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x", b"MAIL FROM:<a@b>", b"x" * 998]), min_size=1, max_size=20)
LAX = [rb"\n\.\r?\n", rb"\r\.\r", rb"[\r\n]\.[\r\n]", rb"\r?\n\.\r?\n"]  # what ends a content for lax servers


@settings(max_examples=60)
@given(LINES)
def test_s02_lax_servers_see_one_mail_and_exactly_our_bytes(lines: list[bytes]) -> None:
    content = b"\r\n".join(lines) + b"\r\n"

    async def send() -> bytes:
        async with playing(Part()) as hop:
            [outcome] = await relay().send(cleared(content), hop.hop())
            assert outcome.delivery is ACCEPTED
            return hop.contents[0]

    sent = asyncio.run(send())
    assert re.sub(rb"(?:\A|(?<=\r\n))\.", b"", sent.removesuffix(b".\r\n")) == content
    for end in LAX:
        assert not re.search(end, (b"\r\n" + sent).removesuffix(b"\r\n.\r\n"))


@pytest.mark.parametrize("content", [b"", b"no end", b"a\rb\r\n", b"a\nb\r\n", b"\0\r\n"])
def test_s02_only_canonical_content_is_sent(content: bytes) -> None:
    with pytest.raises(Unsendable):
        check(content)


async def test_s12_a_command_cannot_be_injected_by_an_address() -> None:
    async with playing(Part()) as hop:
        with pytest.raises(Unsendable, match="address"):
            await relay().send(cleared(LETTER, "b@c.jp>\r\nRCPT TO:<d@e.jp"), hop.hop())
        assert not [command for command in hop.commands if b"RCPT" in command]


# outcomes


@pytest.mark.parametrize("pipelining", [True, False])
async def test_each_recipient_has_its_own_outcome(pipelining: bool) -> None:
    replies = {b"RCPT TO:<later@": b"450 4.2.1 busy\r\n", b"RCPT TO:<never@": b"550 5.1.1 unknown\r\n"}
    part = Part(replies=replies, extensions=(b"PIPELINING",) if pipelining else ())
    assert await deliveries(part, "b@c.jp", "later@c.jp", "never@c.jp") == [ACCEPTED, DEFERRED, REFUSED]
    assert part.commands[1:] == [
        b"MAIL FROM:<a@example.com>",
        b"RCPT TO:<b@c.jp>",
        b"RCPT TO:<later@c.jp>",
        b"RCPT TO:<never@c.jp>",
        b"DATA",
        *part.commands[6:],
    ]


@pytest.mark.parametrize(
    ("replies", "delivery"),
    [
        ({b"MAIL": b"550 5.7.1 no\r\n"}, REFUSED),
        ({b"MAIL": b"451 4.7.1 greylisted\r\n"}, DEFERRED),
        ({b"RCPT": b"550-5.1.1 line one\r\n550 5.1.1 line two\r\n"}, REFUSED),
        ({b"RCPT": b"552 5.5.3 too many\r\n"}, DEFERRED),  # RFC 5321 4.5.3.1.10
        ({b"DATA": b"554 5.7.1 no\r\n"}, REFUSED),
        ({b"DATA": b"250 2.0.0 thank you\r\n"}, DEFERRED),  # no content was sent: this is no acceptance
        ({b".": b"554 5.7.1 virus\r\n"}, REFUSED),
        ({b".": b"452 4.3.1 full\r\n"}, DEFERRED),
        ({b".": b"354 more\r\n"}, DEFERRED),
        ({b".": b"199 what\r\n"}, DEFERRED),
        ({b".": b"650 what\r\n"}, DEFERRED),
        ({b".": b"250-yes\r\n550 no\r\n"}, DEFERRED),
        ({b".": b"HTTP/1.1 200 OK\r\n"}, DEFERRED),
        ({b".": HANG_UP}, DEFERRED),
        ({b"MAIL": HANG_UP}, DEFERRED),
        ({b"EHLO": b"554 5.5.0 no\r\n"}, DEFERRED),
        ({b"MAIL": b"250-" + b"x" * 100_000}, DEFERRED),
        ({b"MAIL": b"250-endless\r\n" * 5_000}, DEFERRED),
        ({b"MAIL": b"25"}, DEFERRED),  # and then nothing
        ({b"MAIL": b"421 4.3.2 shutting down\r\n"}, DEFERRED),
    ],
)
async def test_s16_only_a_clear_yes_or_no_counts(replies: dict[bytes, bytes], delivery: Delivery) -> None:
    assert await deliveries(Part(replies=replies), timeouts=SHORT if delivery is DEFERRED else LONG) == [delivery]


@pytest.mark.parametrize("greeting", [b"554 5.3.2 no service\r\n", b"", b"SSH-2.0-x\r\n", b"220-" * 9_000])
async def test_s16_a_bad_greeting_defers(greeting: bytes) -> None:
    assert await deliveries(Part(greeting=greeting), timeouts=SHORT) == [DEFERRED]


@pytest.mark.parametrize("host", ["127.0.0.1", "a..b", "no-such-name.invalid"])
async def test_a_next_hop_that_is_down_or_misspelt_defers(host: str) -> None:
    [outcome] = await relay(SHORT).send(cleared(LETTER), NextHop(host, 1))
    assert outcome.delivery is DEFERRED
    assert outcome.reply.enhanced == "4.4.1"
    with pytest.raises(Trouble):
        await relay(SHORT).capabilities(NextHop("127.0.0.1", 1))


async def test_354_without_a_recipient_gets_an_empty_content_and_nobody_is_delivered() -> None:
    part = Part(replies={b"RCPT": b"550 5.1.1 unknown\r\n"})
    assert await deliveries(part) == [REFUSED]
    assert part.contents == [b".\r\n"]


async def test_s16_control_characters_of_a_reply_do_not_reach_us() -> None:
    part = Part(replies={b".": b"250 2.0.0 ok \x1b[31m\x07" + b"x" * 1_500 + b"\r\n"})
    async with playing(part):
        [outcome] = await relay().send(cleared(LETTER), part.hop())
    assert outcome.reply.text.isprintable()
    assert len(outcome.reply.text) <= 500


# capabilities


@pytest.mark.parametrize(
    ("content", "smtputf8", "extensions", "enhanced"),
    [
        (LETTER, True, (), "5.6.7"),
        ("Subject: 日本\r\n\r\n".encode(), False, (), "5.6.3"),
        (LETTER * 100, False, (b"SIZE 100",), "5.3.4"),
    ],
)
async def test_s20_what_a_next_hop_can_never_take_is_refused(
    content: bytes, smtputf8: bool, extensions: tuple[bytes, ...], enhanced: str
) -> None:
    async with playing(Part(extensions=extensions)) as hop:
        [outcome] = await relay().send(cleared(content, smtputf8=smtputf8), hop.hop())
        assert outcome.delivery is REFUSED
        assert outcome.reply.enhanced == enhanced
        assert hop.contents == []


async def test_s20_parameters_only_where_offered() -> None:
    async with playing(Part()) as hop:
        await relay().send(cleared("Subject: 日本\r\n".encode(), sender="", smtputf8=True), hop.hop())
        assert hop.commands[1] == b"MAIL FROM:<> SIZE=17 BODY=8BITMIME SMTPUTF8"
        assert await relay().capabilities(hop.hop()) == await relay().capabilities(hop.hop())
        assert "SMTPUTF8" in (await relay().capabilities(hop.hop())).extensions


# TLS


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRED, TlsPolicy.VERIFIED])
async def test_s06_no_starttls_no_mail(policy: TlsPolicy) -> None:
    async with playing(Part()) as hop:
        [outcome] = await relay().send(cleared(LETTER), hop.hop(policy))
        assert outcome.delivery is DEFERRED
        assert outcome.reply.enhanced == "4.7.4"
        assert hop.contents == []


async def encrypted(tmp_path: Path) -> None:
    certificate, key = make_certificate.files(tmp_path, "127.0.0.1")
    async with playing(Part(tls=tls.accepting(certificate, key))) as hop:
        for policy, ca_file in ((TlsPolicy.OPPORTUNISTIC, ""), (TlsPolicy.REQUIRED, ""), (TlsPolicy.VERIFIED, certificate)):
            [outcome] = await relay().send(cleared(LETTER + b"x" * 300_000 + b"\r\n"), hop.hop(policy, ca_file))
            assert outcome.delivery is ACCEPTED
            assert outcome.tls.startswith("TLSv1.")
        for untrusted in (
            hop.hop(TlsPolicy.VERIFIED),
            hop.hop(TlsPolicy.VERIFIED, certificate, "localhost"),
            hop.hop(TlsPolicy.VERIFIED, str(tmp_path / "missing.pem")),
            hop.hop(TlsPolicy.VERIFIED, key),
        ):
            [outcome] = await relay().send(cleared(LETTER), untrusted)
            assert outcome.delivery is DEFERRED
            assert outcome.reply.enhanced == "4.7.5"
        [outcome] = await relay().send(cleared(LETTER), hop.hop(TlsPolicy.NONE))
        assert (outcome.delivery, outcome.tls) == (ACCEPTED, "")


async def injected(tmp_path: Path) -> None:
    """What an attacker adds in the clear behind the 220 is not the answer to our encrypted EHLO (GHSA-vxj7-4xrp-5vr4)."""
    certificate, key = make_certificate.files(tmp_path, "127.0.0.1")
    part = Part(tls=tls.accepting(certificate, key), replies={b"STARTTLS": b"220 go\r\n250-evil\r\n250 EVIL\r\n"})
    async with playing(part) as hop:
        capabilities = await relay().capabilities(hop.hop(TlsPolicy.REQUIRED))
        assert "EVIL" not in capabilities.extensions
        assert "PIPELINING" in capabilities.extensions


async def garbage(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # no certificate: the handshake fails
    async with playing(Part(tls=context)) as hop:
        [outcome] = await relay().send(cleared(LETTER), hop.hop(TlsPolicy.OPPORTUNISTIC))
        assert outcome.delivery is DEFERRED
        assert hop.contents == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("scene", [encrypted, injected, garbage], ids=lambda scene: scene.__name__)
def test_s06_tls_on_both_event_loops(run, scene, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    run(scene(tmp_path))


# connections


async def test_a_connection_is_used_again_and_given_up_after_some_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "MAILS", 3)
    async with playing(Part()) as hop:
        ours = relay()
        for _ in range(7):
            [outcome] = await ours.send(cleared(LETTER), hop.hop())
            assert outcome.delivery is ACCEPTED
        assert hop.connections == 3
        await ours.close()


async def test_a_kept_connection_that_died_costs_nothing() -> None:
    async with playing(Part()) as hop:
        ours = relay()
        await ours.send(cleared(LETTER), hop.hop())
        hop.writers[0].close()
        assert [outcome.delivery for outcome in await ours.send(cleared(LETTER), hop.hop())] == [ACCEPTED]
        assert len(hop.contents) == 2


async def test_i3_after_the_final_dot_nothing_is_sent_again() -> None:
    async with playing(Part()) as hop:
        ours = relay()
        await ours.send(cleared(LETTER), hop.hop())
        hop.replies[b"."] = HANG_UP
        assert [outcome.delivery for outcome in await ours.send(cleared(LETTER), hop.hop())] == [DEFERRED]
        assert (hop.connections, len(hop.contents)) == (1, 2)


async def test_no_more_connections_than_allowed() -> None:
    async with playing(Part()) as hop:
        ours = relay(connections=2)
        outcomes = await asyncio.gather(*(ours.send(cleared(LETTER), hop.hop()) for _ in range(20)))
        assert {outcome.delivery for each in outcomes for outcome in each} == {ACCEPTED}
        assert hop.connections == 2


async def test_an_idle_connection_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "IDLE_SECONDS", 0.05)
    async with playing(Part()) as hop:
        await relay().send(cleared(LETTER), hop.hop())
        await until(lambda: hop.commands[-1] == b"QUIT")


# the recording next hop


async def test_the_sink_records_what_was_sent(tmp_path: Path) -> None:
    sink = Sink(tmp_path / "sink")
    await sink.start()
    content = LETTER + b".dot\r\n"
    [outcome] = await relay().send(cleared(content, sender=""), NextHop("127.0.0.1", sink.port))
    assert outcome.delivery is ACCEPTED
    await sink.stop()
    assert (tmp_path / "sink" / "0001.eml").read_bytes() == content
    assert '"sender": "<>"' in (tmp_path / "sink" / "0001.json").read_text()
