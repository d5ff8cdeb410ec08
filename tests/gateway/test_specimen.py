"""One mail or file that somebody brings: a file is a mail's only attachment."""

from __future__ import annotations

import email
import email.policy

import pytest

from gateway.model import Client, Direction, Envelope
from gateway.specimen import Specimen

TO = "hanako@city.example.lg.jp"


def envelope(*to: str) -> Envelope:
    return Envelope("a@example.com", to or (TO,), Direction.INBOUND, Client("192.0.2.1", 0, "test"))


def test_a_mail_goes_as_it_is() -> None:
    brought = Specimen("Mail.EML", b"raw", envelope())
    assert brought.is_mail
    assert brought.message() == b"raw"


def test_a_file_is_the_only_attachment_of_a_mail() -> None:
    brought = Specimen("見積\r\n/../x.docm", b"\x00\xffbytes", envelope())
    assert not brought.is_mail
    message = email.message_from_bytes(brought.message(), policy=email.policy.default)
    [attached] = message.iter_attachments()  # type: ignore[attr-defined]
    assert attached.get_content() == b"\x00\xffbytes"
    assert attached.get_filename() == "見積___.._x.docm"
    assert message["From"] == "a@example.com"


def test_an_envelope_that_is_none_is_said() -> None:
    with pytest.raises(ValueError, match="address"):
        Specimen("x.pdf", b"x", envelope("nobody")).message()
