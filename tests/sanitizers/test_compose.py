"""The one writer of messages: what it writes, everybody reads alike (RFC 5322, 2045, 2047, 2231; J16, S2)."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.message import EmailMessage, Message
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.charset import clean
from sanitizers.compose import compose
from sanitizers.letter import Enclosure, Letter, Mailbox
from tests.effort import linear

LETTER = Letter(
    subject="見積書の送付について①㈱髙橋" * 4,
    from_=(Mailbox("山田　太郎", "taro@example.jp"),),
    sender=None,
    reply_to=(),
    to=(Mailbox("A, B", "a..b.@docomo.ne.jp"), Mailbox("", "x@y.jp")),
    cc=(),
    date="Fri, 22 Feb 2008 17:06:23 +0900",
    message_id="<a@b>",
    in_reply_to=("<c@d>",),
    references=tuple(f"<{number}@d>" for number in range(40)),
    body="こんにちは\n\n.\nFrom x\n",
    attachments=(),
    extra=(("Importance", "high"),),
)
NAMES = [
    "見積書.xlsx",
    "とても長い日本語の名前" * 6 + ".pdf",
    "a'b\"c;d.txt",
    "a b.txt",
    "%41*'=.txt",
    "🎉.png",
    "x" * 150 + ".txt",
]


def default(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, email.message_from_bytes(raw, policy=email.policy.default))


def both(raw: bytes) -> list[Message]:
    return [email.message_from_bytes(raw, policy=email.policy.compat32), default(raw)]


def text(part: Message) -> str:
    return cast(bytes, part.get_payload(decode=True)).decode().replace("\r\n", "\n")


def test_round_trip_under_both_policies() -> None:
    files = [Enclosure(name, "application/pdf", name.encode()) for name in NAMES]
    for parsed in both(compose(LETTER, files, notice_head="【無害化済】\n")):
        leaves = [part for part in parsed.walk() if not part.is_multipart()]
        assert text(leaves[0]) == "【無害化済】\n\nこんにちは\n\n.\nFrom x\n"
        assert [part.get_filename() for part in leaves[1:]] == NAMES
        assert [text(part) for part in leaves[1:]] == NAMES
        assert not [defect for part in parsed.walk() for defect in part.defects]


def test_headers_round_trip() -> None:
    parsed = default(compose(LETTER, []))
    assert parsed["subject"] == LETTER.subject
    assert [(str(a.display_name), a.addr_spec) for a in parsed["from"].addresses] == [("山田　太郎", "taro@example.jp")]
    assert [(str(a.display_name), a.addr_spec) for a in parsed["to"].addresses][1] == ("", "x@y.jp")
    assert parsed["references"].split() == list(LETTER.references)
    assert parsed["importance"] == "high"


def test_names_are_written_for_old_and_new_programs() -> None:
    raw = compose(LETTER, [Enclosure("見積書.xlsx", "application/pdf", b"x")])
    assert b"filename*=UTF-8''%E8%A6%8B%E7%A9%8D%E6%9B%B8.xlsx" in raw
    assert b'name="=?UTF-8?B?6KaL56mN5pu4Lnhsc3g=?="' in raw


def test_an_attached_text_says_that_it_is_utf8_and_no_other_file_has_a_charset() -> None:
    files = [Enclosure("議事録.txt", "text/plain", "\ufeff議事録\r\n".encode()), Enclosure("a.pdf", "application/pdf", b"x")]
    for parsed in both(compose(LETTER, files)):
        leaves = [part for part in parsed.walk() if not part.is_multipart()]
        assert [part.get_content_charset() for part in leaves] == ["utf-8", "utf-8", None]
        assert leaves[1].get_payload(decode=True) == "\ufeff議事録\r\n".encode()


@given(st.text(max_size=200), st.text(max_size=120), st.text(max_size=400))
def test_anything_clean_becomes_strict_lines(subject: str, name: str, body: str) -> None:
    subject, name = (re.sub(r"[\n\t]", " ", clean(value)[0]).strip() for value in (subject, name))
    letter = replace(LETTER, subject=subject, from_=(Mailbox(name, "a@b.jp"),), body=clean(body)[0])
    raw = compose(letter, [Enclosure("a.txt", "text/plain", body.encode("utf-8", "ignore"))])
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", raw)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert text(default(raw).get_payload(0)).rstrip("\n") == letter.body.rstrip("\n")


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("ascii\n", "7bit"),
        ("a naïve café in town " * 50, "quoted-printable"),
        ("x" * 2_000, "quoted-printable"),
        ("日本" * 600, "base64"),
    ],
)
def test_j16_long_and_japanese_lines_are_encoded(body: str, encoding: str) -> None:
    parsed = default(compose(replace(LETTER, body=body), []))
    assert parsed["content-transfer-encoding"] == encoding
    assert text(parsed).rstrip("\n") == body.rstrip("\n")


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y", "a\nb", "a\0b", "a\rb"])
def test_s02_no_value_breaks_its_line(value: str) -> None:
    for letter in (
        replace(LETTER, subject=value),
        replace(LETTER, subject=f"件名{value}"),
        replace(LETTER, to=(Mailbox(value, "a@b.jp"),)),
        replace(LETTER, to=(Mailbox(f"氏名{value}", "a@b.jp"),)),
        replace(LETTER, date=value),
        replace(LETTER, message_id=value),
        replace(LETTER, extra=(("X-A", value),)),
        replace(LETTER, extra=((value, "x"),)),
        replace(LETTER, to=(Mailbox("", f"{value}@b.jp"),)),
        replace(LETTER, to=(Mailbox("", f"a@{value}"),)),
    ):
        with pytest.raises(ValueError):
            compose(letter, [])
    with pytest.raises(ValueError):
        compose(LETTER, [Enclosure(value, "text/plain", b"")])
    with pytest.raises(ValueError):
        compose(LETTER, [], trace=value.encode() + b"\r\n" if "\r\n" not in value else b"X: y\n")


def test_the_same_letter_gives_the_same_bytes_and_a_boundary_that_occurs_nowhere() -> None:
    file = Enclosure("a.txt", "text/plain", b"x")
    once = compose(LETTER, [file])
    assert once == compose(LETTER, [file])
    boundary = default(once).get_boundary()
    assert boundary
    again = default(compose(replace(LETTER, body=f"--{boundary}\nabc\n"), [file]))
    assert text(again.get_payload(0)) == f"--{boundary}\nabc\n"
    assert len(again.get_payload()) == 2


def test_trace_comes_first() -> None:
    assert compose(LETTER, [], trace=b"Received: x\r\n", extra_headers=(("X-Mugai-Id", "1"),)).startswith(
        b"Received: x\r\nFrom: "
    )


def test_40_mb_are_composed() -> None:
    with linear():
        raw = compose(LETTER, [Enclosure("a.pdf", "application/pdf", b"\x01\x02\x03\xff" * (10 << 20))])
    assert len(raw) > 54 << 20


def test_a_message_inside_stays_lines() -> None:
    """RFC 2046 5.2.1: readers do not look for base64 in message/rfc822."""
    inner = compose(LETTER, [Enclosure("見積書.pdf", "application/pdf", b"x")])
    outer = default(
        compose(LETTER, [Enclosure("転送.eml", "message/rfc822", inner), Enclosure("b.eml", "message/rfc822", b"\xff\n")])
    )
    message, odd = list(outer.iter_attachments())
    assert (message.get_filename(), message["content-transfer-encoding"]) == ("転送.eml", "7bit")
    assert [part.get_filename() for part in message.get_content().iter_attachments()] == ["見積書.pdf"]
    assert odd["content-transfer-encoding"] == "base64"
