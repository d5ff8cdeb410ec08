"""Header values: encoded words, addresses, dates, identifiers (J6, J8, J10, J21, J22, H6), linear on hostile input."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers import headers, words
from sanitizers.letter import Mailbox
from tests.effort import linear

JIS = "あいうえお".encode("iso2022_jp")


def word(raw: bytes, charset: str = "ISO-2022-JP") -> str:
    return f"=?{charset}?B?{b64encode(raw).decode()}?="


@pytest.mark.parametrize("cut", range(1, len(JIS)))
def test_j06_words_cut_anywhere_are_joined_as_bytes(cut: int) -> None:
    folded = f"{word(JIS[:cut])}\r\n {word(JIS[cut:])} (1)"
    assert headers.text(folded.encode()).text == "あいうえお (1)"


def test_j06_base64_cut_off_its_rhythm_is_joined_as_text() -> None:
    whole = b64encode(JIS).decode().rstrip("=")
    assert words.decode(f"=?ISO-2022-JP?B?{whole[:5]}?= =?iso-2022-jp?b?{whole[5:]}?=".encode()).text == "あいうえお"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?Q?=E3=81=82_b?= [c]", "あ b [c]"),
        (b"Re:=?utf-8*ja?b?44GC?=", "Re:あ"),
        (b"=?utf-8?B?44GC", "あ"),
        (b"=?utf-8?B?44 GC?=", "あ"),
        (b"=?utf-8?Q?a?= =?utf-8?B?44GC?= =?iso-8859-1?Q?=E9?=", "aあé"),
        (b"a =?utf-8?Q?b?= c", "a b c"),
        (b"=?x?y?z?= =? ?=", "=?x?y?z?= =? ?="),
        ("①㈱".encode("cp932"), "①㈱"),
        ("テスト".encode("euc_jp"), "テスト"),
        (JIS, "あいうえお"),
    ],
)
def test_j10_words_and_raw_text(raw: bytes, text: str) -> None:
    assert headers.text(raw).text == text


def test_text_is_one_clean_line() -> None:
    found = headers.text("a\r\n b\u202e\x00\t c   d".encode())
    assert (found.text, found.invisible) == ("a b c d", 2)


@pytest.mark.parametrize(
    ("raw", "boxes"),
    [
        (b"a@b.jp", [("", "a@b.jp")]),
        (b'"A, B" <a@b.jp>, c@d.jp (C (x))', [("A, B", "a@b.jp"), ("C x", "c@d.jp")]),
        (b"Group: a@b.jp, <c@d.jp>;, e@f.jp", [("", "a@b.jp"), ("", "c@d.jp"), ("", "e@f.jp")]),
        (b"undisclosed-recipients:;", []),
        (b"<@r.jp,@s.jp:u@v.jp>", [("", "u@v.jp")]),
        (b"a@b.jp <a@b.jp>", [("", "a@b.jp")]),
        (b"x <mailto:a@b.jp>", [("x", "a@b.jp")]),
        ("山田 <a@b.jp>".encode("iso2022_jp"), [("山田", "a@b.jp")]),
        ("表示 <a@b.jp>".encode("cp932"), [("表示", "a@b.jp")]),
        (b'"=?utf-8?B?5bGx55Sw?=" <a@b.jp>', [("山田", "a@b.jp")]),
        (b"boss", [("boss", headers.NO_ADDRESS)]),
        (b"a <=?utf-8?B?Ym9zcw==?=@evil.example>", [("a", headers.NO_ADDRESS)]),  # Mailsploit: shown as boss
        (b"=?x@b.example", [("=?x@b.example", headers.NO_ADDRESS)]),
    ],
)
def test_addresses(raw: bytes, boxes: list[tuple[str, str]]) -> None:
    assert headers.addresses(raw).mailboxes == tuple(Mailbox(name, address) for name, address in boxes)


def test_j21_addresses_of_old_mobile_phones_are_kept() -> None:
    assert headers.addresses(b'<a..b.@docomo.ne.jp>, "c..d."@ezweb.ne.jp').mailboxes == (
        Mailbox("", "a..b.@docomo.ne.jp"),
        Mailbox("", "c..d.@ezweb.ne.jp"),
    )


def test_j22_japanese_domains_become_idna() -> None:
    assert headers.addresses("<a@例え.jp>".encode()).mailboxes == (Mailbox("", "a@xn--r8jz45g.jp"),)


@pytest.mark.parametrize(
    "raw", [b"<a@b\r\nBcc: c@d>", b"<a b@c>", "<日@b.jp>".encode(), b"<a@>", b"<@b>", b"<a@b..c>", b"<a@-b->", b"<a@b c@d>"]
)
def test_h06_no_broken_address_survives(raw: bytes) -> None:
    for box in headers.addresses(raw).mailboxes:
        assert box.address == headers.NO_ADDRESS or headers.mailbox_address(box.address) == box.address


@pytest.mark.parametrize(
    ("raw", "date"),
    [
        (b"Fri, 22 Feb 2008 17:06:23 +0900", "Fri, 22 Feb 2008 17:06:23 +0900"),
        (b"22 Feb 08 17:06 JST (x)", "Fri, 22 Feb 2008 17:06:00 +0900"),
        (b"Tue, 1 Apr 2014 9:00:60 GMT", "Tue, 01 Apr 2014 09:00:59 +0000"),
        (b"1 Apr 2014 09:00:00 XYZ", "Tue, 01 Apr 2014 09:00:00 -0000"),
        (b"31 Feb 2014 09:00:00 +0900", ""),
        (b"1 Apr 2014 09:00:00 +9900", ""),
        (b"yesterday", ""),
    ],
)
def test_dates(raw: bytes, date: str) -> None:
    assert headers.date(raw) == date


def test_message_ids() -> None:
    assert headers.message_ids(b"<a@b> x <c@d>\r\n <a@b>") == ("<a@b>", "<c@d>")
    assert headers.message_ids(b"a@b") == ("<a@b>",)
    assert headers.message_ids(b"<a b> <\xe3@c> <>") == ()
    many = headers.message_ids(b" ".join(b"<%d@x>" % number for number in range(500)))
    assert (len(many), many[0], many[-1]) == (headers.MAX_IDS, "<0@x>", "<499@x>")


@pytest.mark.parametrize(
    "unit",
    [b'"', b"(", b"<", b"a:;", b'\\"', b'"a', b"=?a?q?", b"=?utf-8?q?a?= ", b"=?utf-8?b?YQ?= ", b"a@", b"\xe3", b",", b"<a@"],
)
def test_s18_every_field_is_linear(unit: bytes) -> None:
    """policy.default of the standard library takes minutes for some of these."""
    raw = unit * (300_000 // len(unit))
    with linear():
        headers.addresses(raw)
        headers.text(raw)
        headers.message_ids(raw)


@given(st.binary(max_size=200))
def test_nothing_raises(raw: bytes) -> None:
    assert "\n" not in headers.text(raw).text
    headers.date(raw)
    for box in headers.addresses(raw).mailboxes:
        assert box.address.isascii()
        assert "@" in box.address
    assert all(identifier.isascii() for identifier in headers.message_ids(raw))
