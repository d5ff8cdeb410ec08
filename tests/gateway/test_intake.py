from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from gateway import intake
from gateway.intake import check_not_open_relay, refuse_peer, refuse_recipient, refuse_sender
from gateway.model import Direction
from gateway.smtp.address import address
from tests.gateway.smtp.harness import INBOUND, OUTBOUND


def test_s14_the_two_doors_are_proven_closed() -> None:
    assert check_not_open_relay([INBOUND, OUTBOUND]) == []


def test_s14_the_proof_finds_doors_that_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    everybody = replace(OUTBOUND, peers=(ip_network("0.0.0.0/0"),))
    assert any("everybody" in problem for problem in check_not_open_relay([everybody]))
    foreign = replace(INBOUND, recipient_domains=("city.example.lg.jp", "example.net"))
    assert any("would relay" in problem for problem in check_not_open_relay([foreign]))
    monkeypatch.setattr(intake, "refuse_recipient", lambda listener, recipient: None)
    assert len(check_not_open_relay([INBOUND])) > 10


def test_s14_an_empty_list_admits_nobody() -> None:
    nobody = replace(INBOUND, peers=(), recipient_domains=())
    assert refuse_peer(nobody, "127.0.0.1") is not None
    assert refuse_recipient(nobody, address("b@city.example.lg.jp")) is not None
    assert refuse_sender(replace(OUTBOUND, sender_domains=()), address("a@city.example.lg.jp")) is not None
    assert len(check_not_open_relay([nobody])) == 2


@pytest.mark.parametrize(
    ("peer", "welcome"),
    [("127.0.0.1", True), ("::ffff:127.0.0.1", True), ("::1", True), ("192.0.2.1", False), ("fe80::1%eth0", False)],
)
def test_san01_only_listed_peers(peer: str, welcome: bool) -> None:
    assert (refuse_peer(INBOUND, peer) is None) is welcome


def test_outbound_is_for_our_senders_and_never_back_to_ourselves() -> None:
    assert refuse_sender(OUTBOUND, address("staff@city.example.lg.jp")) is None
    assert refuse_sender(OUTBOUND, None) is None
    assert refuse_sender(OUTBOUND, address("staff@example.net")) is not None
    assert refuse_recipient(OUTBOUND, address("anybody@example.net")) is None
    assert refuse_recipient(OUTBOUND, address("staff@city.example.lg.jp")) is not None
    assert INBOUND.direction is Direction.INBOUND
