"""Signed links in notices: whose they are, how long they hold, and that nobody else makes one."""

from __future__ import annotations

import email
import email.policy
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import ticket
from gateway.clock import Clock
from gateway.model import Direction, Disposition
from gateway.notice import Notices, example
from gateway.notifier import Notifier
from gateway.ticket import LIFETIME, BadTicket, Tickets
from sanitizers.letter import Mailbox

CONFIG = Path(__file__).parents[2] / "config"
KEY = b"k" * 32
ITEM = "01KB00000000000000000000AB"


def tickets(now: float = 1_000.0, key: bytes = KEY, origin: str = "https://m.example") -> Tickets:
    return Tickets(key, origin, lambda: now)


def test_a_ticket_says_whose_it_is_and_about_which_mail() -> None:
    link = tickets().link("花子@city.example.lg.jp", ITEM)
    assert link.startswith("https://m.example/notice/")
    found = tickets(1_500).read(link.rpartition("/")[2])
    assert (found.address, found.item, found.made_at) == ("花子@city.example.lg.jp", ITEM, 1_000.0)


def test_w10_no_changed_ticket_and_none_of_another_key_holds() -> None:
    text = tickets().issue("a@city.example", ITEM)
    for at in range(len(text)):
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        if at < len(text) - 1:  # the last letter of base64 holds bits that nobody reads
            with pytest.raises(BadTicket):
                tickets().read(changed)
    for bad in ("", "x", "1", text[:-4], text + "AAAA", "あ", "%00", tickets(key=b"x" * 32).issue("a@city.example", ITEM)):
        with pytest.raises(BadTicket):
            tickets().read(bad)


def test_w10_a_ticket_ends() -> None:
    text = tickets(1_000).issue("a@city.example")
    assert tickets(1_000 + LIFETIME - 1).read(text).item == ""
    with pytest.raises(BadTicket, match="old"):
        tickets(1_000 + LIFETIME + 61).read(text)
    with pytest.raises(BadTicket):
        tickets(900).read(text)


def test_without_an_origin_there_are_no_links() -> None:
    assert tickets(origin="").link("a@city.example", ITEM) == ""


def test_gateway_and_console_share_one_key_whichever_starts_first(tmp_path: Path) -> None:
    file = tmp_path / "ticket.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: ticket.key(file), range(32)))
    assert len(keys) == 1
    assert len(keys.pop()) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["ticket.key"]


def test_each_recipient_gets_a_notice_with_a_link_of_its_own() -> None:
    notices, clock = Notices.load(CONFIG / "notices"), Clock(lambda: 1_000.0, lambda: 0.0)
    who = ("a@city.example.lg.jp", "b@city.example.lg.jp")
    notifier = Notifier(clock, Mailbox("Mugai", "postmaster@city.example.lg.jp"), 30, tickets())
    item = replace(example.ITEM, envelope=replace(example.ITEM.envelope, direction=Direction.INBOUND))
    for disposition in (Disposition.HOLD, Disposition.AWAIT_PASSWORD):
        decision = replace(example.RELEASE, disposition=disposition)
        notes = notifier.held(notices, item, who, example.INSPECTION, decision)
        assert [note.recipients for note in notes] == [(each,) for each in who]
        for note, address in zip(notes, who, strict=True):
            text = email.message_from_bytes(note.content, policy=email.policy.default).get_content()
            [link] = re.findall(r"https://m\.example/notice/(\S+)", text)
            assert (tickets().read(link).address, tickets().read(link).item) == (address, item.id)
        assert len({email.message_from_bytes(note.content)["Message-ID"] for note in notes}) == len(who)
    without = Notifier(clock, Mailbox("Mugai", "postmaster@city.example.lg.jp"), 30)
    [note] = without.held(notices, item, who, example.INSPECTION, example.RELEASE)
    assert note.recipients == who
    assert b"/notice/" not in note.content
