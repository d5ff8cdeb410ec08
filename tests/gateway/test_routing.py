"""SD-08: mail for domains that must have TLS meets a next hop without, with, and with a wrong certificate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateway.model import Delivery, DeliveryOutcome, NextHop, TlsPolicy
from gateway.relay import Relay
from gateway.routing import routes
from gateway.smtp import tls
from tests.gateway.smtp import make_certificate
from tests.gateway.smtp.make_next_hop import Part, cleared, playing

LETTER = b"Subject: x\r\n\r\nx\r\n"
BANK, PARTNER, TOWN = "a@bank.example.jp", "b@example.com", "c@town.example.lg.jp"
ASKED = {"bank.example.jp": TlsPolicy.REQUIRED, "*.lg.jp": TlsPolicy.VERIFIED}


async def send(hop: NextHop, *recipients: str, asked: Mapping[str, TlsPolicy] = ASKED) -> dict[str, DeliveryOutcome]:
    relay = Relay("mugai.example")
    try:
        ways = list(routes(cleared(LETTER, *recipients), hop, asked))
        return {outcome.recipient: outcome for copy, way in ways for outcome in await relay.send(copy, way)}
    finally:
        await relay.close()


async def test_sd08_without_starttls_the_domain_waits_and_others_get_theirs() -> None:
    async with playing(Part()) as hop:
        outcomes = await send(hop.hop(), BANK, PARTNER, TOWN)
        assert {who: o.delivery for who, o in outcomes.items()} == {
            BANK: Delivery.DEFERRED,
            PARTNER: Delivery.ACCEPTED,
            TOWN: Delivery.DEFERRED,
        }
        assert outcomes[BANK].reply.enhanced == "4.7.4"
        assert [c for c in hop.commands if c.startswith(b"RCPT")] == [b"RCPT TO:<b@example.com>"]
        assert len(hop.contents) == 1


async def test_sd08_with_starttls_each_is_recorded_as_it_went(tmp_path: Path) -> None:
    certificate, key = make_certificate.files(tmp_path, "127.0.0.1")
    async with playing(Part(tls=tls.accepting(certificate, key))) as hop:
        outcomes = await send(hop.hop(TlsPolicy.NONE, certificate), BANK, PARTNER, TOWN)
    assert {o.delivery for o in outcomes.values()} == {Delivery.ACCEPTED}
    assert outcomes[PARTNER].tls == ""
    assert outcomes[BANK].tls.startswith("TLSv1.")
    assert not outcomes[BANK].tls.endswith("verified")
    assert outcomes[TOWN].tls.endswith(" verified")


async def test_sd08_a_wrong_certificate_is_no_verified_connection(tmp_path: Path) -> None:
    certificate, key = make_certificate.files(tmp_path, "other.example")
    async with playing(Part(tls=tls.accepting(certificate, key))) as hop:
        outcomes = await send(hop.hop(ca_file=certificate), BANK, TOWN)
        assert outcomes[BANK].delivery is Delivery.ACCEPTED
        assert (outcomes[TOWN].delivery, outcomes[TOWN].reply.enhanced) == (Delivery.DEFERRED, "4.7.5")
        assert len(hop.contents) == 1


def test_sd08_a_domain_never_weakens_the_next_hop_and_is_matched_whole() -> None:
    hop = NextHop("h", 25, TlsPolicy.VERIFIED)
    [(_, way)] = routes(cleared(LETTER, BANK), hop, ASKED)
    assert way.tls is TlsPolicy.VERIFIED
    for stranger in ("a@notbank.example.jp", "a@bank.example.jp.example.com", "a@lg.jp"):
        [(_, way)] = routes(cleared(LETTER, stranger), NextHop("h", 25), ASKED)
        assert way.tls is TlsPolicy.OPPORTUNISTIC
    [(_, way)] = routes(cleared(LETTER, "A@BANK.Example.JP"), NextHop("h", 25), ASKED)
    assert way.tls is TlsPolicy.REQUIRED


def test_the_same_policy_stays_one_transaction() -> None:
    [(copy, _)] = routes(cleared(LETTER, PARTNER, "d@example.net"), NextHop("h", 25), ASKED)
    assert copy.recipients == (PARTNER, "d@example.net")
