"""Senders who look like somebody else, and those who only seem so (H6)."""

from __future__ import annotations

import pytest

from gateway.deception import Own, is_alike, warnings
from gateway.model import Suspicion
from sanitizers.letter import Letter, Mailbox
from tests.effort import linear

OURS = "city.example.lg.jp"
OWN = Own((OURS,), ("例示市",))


def kinds(*senders: Mailbox, reply_to: str = "", proven: str = "", extra: tuple[tuple[str, str], ...] = ()) -> list[str]:
    answers = (Mailbox("", reply_to),) if reply_to else ()
    letter = Letter("件名", senders, None, answers, (), (), "", "", (), (), "本文", (), extra)
    return [warning.kind.value for warning in warnings(letter, OWN, proven)]


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("佐藤", "sato@shop.example.com", []),
        ("sato@shop.example.com", "sato@shop.example.com", []),
        ("sato@www.example.com", "sato@shop.example.com", []),  # the same organisation
        ("boss@bank.example.net", "x@evil.example", ["display_name_spoof"]),
        ("boss＠bank．example．net", "x@evil.example", ["display_name_spoof"]),
        ("市長 <mayor@city.example.lg.jp>", "x@evil.example", ["display_name_spoof"]),
        ("city.example.lg.jp ヘルプデスク", "x@evil.example", ["own_name"]),
        ("例示市 総務課", "x@evil.example", ["own_name"]),
        ("例示市 総務課", f"soumu@{OURS}", ["own_domain_outside"]),
        ("佐藤", f"sato@mail.{OURS}", ["own_domain_outside"]),
        ("佐藤", "sato@city.examp1e.lg.jp", ["look_alike"]),
        ("佐藤", "sato@xn--ity-3ed.example.lg.jp", ["look_alike"]),  # Cyrillic с
        ("佐藤", "sato@city-example-lg.jp", ["look_alike"]),
        ("佐藤", "sato@city.example.lg.jp.evil.example", ["look_alike"]),
    ],
)
def test_h06_of_one_sender(name: str, address: str, expected: list[str]) -> None:
    assert kinds(Mailbox(name, address)) == expected


def test_h06_what_is_proven_to_be_ours_is_ours() -> None:
    assert kinds(Mailbox("総務課", f"soumu@{OURS}"), proven=OURS) == []
    assert kinds(Mailbox("総務課", f"soumu@{OURS}"), proven="shop.example.com") == ["own_domain_outside"]


def test_h06_several_senders() -> None:
    assert kinds(Mailbox("", "a@one.example"), Mailbox("", "b@two.example")) == ["several_senders"]
    assert kinds() == []


def test_h06_answers_to_strangers() -> None:
    sender = Mailbox("", "a@shop.example.com")
    assert kinds(sender, reply_to="b@other.example.net") == ["reply_elsewhere"]
    assert kinds(sender, reply_to="b@mail.example.com") == []
    assert kinds(sender, reply_to="list@other.example.net", extra=(("List-Id", "<list>"),)) == []
    assert kinds(sender, reply_to="b@city-example.lg.jp.example") == ["look_alike", "reply_elsewhere"]


@pytest.mark.parametrize(
    "domain",
    [
        "city.exarnple.lg.jp",
        "city.example.1g.jp",
        "cíty.example.lg.jp",
        "ｃity.example.lg.jp",
        "city.exampel1g.jp",
        "cty.example-lg.jp",
        "cityexample.lgjp.net",
        "сіту.ехаmрӏе.lg.jp",
        "ctiy.example-lg.jp",
    ],
)
def test_h06_may_be_read_as_ours(domain: str) -> None:
    assert is_alike(domain, OURS)


@pytest.mark.parametrize("domain", ["city.exampla.lg.jp", "pref.example.lg.jp", "example.com", "city.other.co.jp", "gmail.com"])
def test_h06_neighbours_are_not_look_alikes(domain: str) -> None:
    """Under lg.jp, where only authorities are, one letter is another city."""
    assert not is_alike(domain, OURS)


def test_h06_hostile_values_cost_little() -> None:
    address = "a@" + "xn--" + "a" * 59 + "." + "rn." * 60 + "jp"
    with linear():
        kinds(*(Mailbox("@" * 5_000 + "a.b" * 2_000, address) for _ in range(20)), reply_to=address)


def test_the_warning_shows_both_sides() -> None:
    letter = Letter("", (Mailbox("boss@bank.example.net", "x@evil.example"),), None, (), (), (), "", "", (), (), "", ())
    (warning,) = warnings(letter, OWN, "")
    assert (warning.kind, warning.shown, warning.actual) == (
        Suspicion.DISPLAY_NAME_SPOOF,
        "boss@bank.example.net",
        "x@evil.example",
    )
