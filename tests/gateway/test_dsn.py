from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage, Message

import pytest

from gateway import dsn
from gateway.model import Client, Delivery, DeliveryOutcome, Direction, Envelope, QueueItem, Reply
from gateway.smtp.client import check

TEXT = "次の宛先に配信できませんでした。\nYour mail could not be delivered.\n"
NOW = 1_795_000_000.0
REFUSED = DeliveryOutcome(
    "b@city.example.lg.jp", Delivery.REFUSED, Reply(550, "5.1.1", "unknown at mailstore3.internal"), "10.0.0.3:25"
)


def item(direction: Direction = Direction.OUTBOUND, sender: str = "a@example.com") -> QueueItem:
    envelope = Envelope(sender, ("b@city.example.lg.jp",), direction, Client("192.0.2.1", 25, "x"))
    return QueueItem("01TEST", "20261121-TEST", envelope, envelope.recipients, NOW - 60, 100, "")


def report(content: bytes) -> tuple[EmailMessage, str, list[Message]]:
    """The whole, the text, the blocks of delivery-status."""
    check(content)  # canonical, as everything that leaves
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    text, status = list(mail.iter_parts())
    assert status.get_content_type() == "message/delivery-status"
    return mail, text.get_content(), list(status.iter_parts())


def test_rfc3464_failure_as_a_standard_parser_reads_it() -> None:
    mail, text, blocks = report(dsn.failure(item(), (REFUSED,), TEXT, hostname="mx.city.example.lg.jp", now=NOW))
    assert mail.get_content_type() == "multipart/report"
    assert mail["Content-Type"].params["report-type"] == "delivery-status"
    assert mail["To"] == "a@example.com"
    assert mail["Subject"] == "配信できませんでした (Undelivered Mail)"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert text.replace("\r\n", "\n") == TEXT
    assert blocks[0]["Reporting-MTA"] == "dns; mx.city.example.lg.jp"
    assert dict(blocks[1].items()) == {
        "Final-Recipient": "rfc822; b@city.example.lg.jp",
        "Action": "failed",
        "Status": "5.1.1",
        "Diagnostic-Code": "smtp; 550 5.1.1 unknown at mailstore3.internal",
    }


def test_h10_what_our_own_servers_say_is_not_told_outside() -> None:
    content = dsn.failure(item(Direction.INBOUND), (REFUSED,), TEXT, hostname="mx.city.example.lg.jp", now=NOW)
    assert b"internal" not in content
    assert b"10.0.0.3" not in content
    assert b"smtp; 550 5.1.1\r\n" in content


def test_a_deferral_that_expired_is_a_permanent_failure_now() -> None:
    late = replace(REFUSED, delivery=Delivery.DEFERRED, reply=Reply(451, "4.4.1", "cannot connect"))
    _, _, blocks = report(dsn.failure(item(), (late, REFUSED), TEXT, hostname="mx.example", now=NOW))
    assert [block["Status"] for block in blocks[1:]] == ["5.0.0", "5.1.1"]


def test_delay() -> None:
    late = replace(REFUSED, reply=Reply(451, "4.4.1", "cannot\r\nX-Injected: 1"))
    mail, _, blocks = report(dsn.delay(item(), (late,), TEXT, hostname="mx.example", now=NOW))
    assert (blocks[1]["Action"], blocks[1]["Status"]) == ("delayed", "4.4.1")
    assert "X-Injected" not in blocks[1]
    assert mail["Subject"].startswith("配信が遅れています")


def test_rfc6533_an_international_recipient_fits_ascii() -> None:
    content = dsn.failure(item(), (replace(REFUSED, recipient="太郎@例え.jp"),), TEXT, hostname="mx.example", now=NOW)
    assert b"Final-Recipient: utf-8; \\x{592A}\\x{90CE}@\\x{4F8B}\\x{3048}.jp\r\n" in content


def test_h09_a_null_reverse_path_gets_no_answer() -> None:
    with pytest.raises(ValueError, match="null reverse-path"):
        dsn.failure(item(sender=""), (REFUSED,), TEXT, hostname="mx.example", now=NOW)
