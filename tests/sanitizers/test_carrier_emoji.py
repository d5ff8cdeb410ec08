"""Emoji of mobile phones by their published codes (J17); the same codes in other people's mail stay what they are (J18)."""

from __future__ import annotations

import pytest

from sanitizers import charset, headers
from sanitizers.carrier_emoji import KDDI_JIS, Carrier, carrier

# One sign that all carriers have (EmojiSources.txt: 2600;F89F;F660;F98B)
SUN = "☀"


@pytest.mark.parametrize(
    ("content", "phone", "sign"),
    [
        (b"\xf8\x9f", Carrier.DOCOMO, SUN),
        (b"\xf9\xb1", Carrier.DOCOMO, "〔iアプリ〕"),
        (b"\xf6\x60", Carrier.KDDI, SUN),
        (b"\xf4\x8c", Carrier.KDDI, "🙍"),
        (b"\xf9\x8b", Carrier.SOFTBANK, SUN),
        (b"\xfb\xd7", Carrier.SOFTBANK, "™"),
    ],
)
def test_j17_shift_jis_of_each_carrier(content: bytes, phone: Carrier, sign: str) -> None:
    assert charset.decode(b"\x82\xa0" + content, "shift_jis", phone) == charset.Decoded(f"あ{sign}", "cp932", False, 0)


@pytest.mark.parametrize(
    ("code", "phone"),
    [("\ue63e", Carrier.DOCOMO), ("\ue488", Carrier.KDDI), ("\ue04a", Carrier.SOFTBANK), ("\U000fe000", None)],
)
def test_j17_private_characters_of_each_carrier_and_google(code: str, phone: Carrier | None) -> None:
    assert charset.decode(f"晴れ{code}".encode(), "utf-8", phone).text == f"晴れ{SUN}"


def test_j17_au_sends_rows_of_iso_2022_jp_that_nobody_else_uses() -> None:
    assert charset.decode(b"\x1b$B@2$luA\x1b(B", "iso-2022-jp") == charset.Decoded("晴れ☀", "iso-2022-jp", False, 0)
    assert charset.decode(b"\x1b$Bwt\x1b(B", "iso-2022-jp").text == "〔EZ〕"
    assert KDDI_JIS[0x753A] == "⚠"
    assert all(0x75 <= code >> 8 <= 0x7B and 0x21 <= code & 0xFF <= 0x7E for code in KDDI_JIS)


def test_j17_rows_of_necs_kanji_are_emoji_on_an_au_phone_only() -> None:
    assert charset.decode(b"\x1b$By5|b\x1b(B", "iso-2022-jp").text == "侊髙"
    assert charset.decode(b"\x1b$By5\x1b(B", "iso-2022-jp", Carrier.KDDI).text == KDDI_JIS[0x7935]


def test_j17_emoji_in_a_subject() -> None:
    assert headers.text(b"=?shift_jis?B?+J+Ct4LqgtyCtYK9?=", Carrier.DOCOMO).text.startswith(SUN)


@pytest.mark.parametrize(
    ("field", "phone"),
    [
        (b"<taro@docomo.ne.jp>", Carrier.DOCOMO),
        (b"x <a..b.@mb.ezweb.ne.jp>", Carrier.KDDI),
        (b"<2013070817.ed@nxsp01mp03.ezweb.ne.jp>", Carrier.KDDI),
        (b"taro@i.softbank.jp", Carrier.SOFTBANK),
        (b"hanako@t.vodafone.ne.jp", Carrier.SOFTBANK),
        (b"info@docomo.ne.jp.example.com", None),
        (b"info@nodocomo.ne.jp", None),
        (b"kikaku@city.example.lg.jp", None),
    ],
)
def test_j17_the_carrier_is_the_senders(field: bytes, phone: Carrier | None) -> None:
    assert carrier(field) is phone


def test_j18_the_same_codes_are_gaiji_in_other_peoples_mail() -> None:
    for content in (b"\xf0\x40", b"\xf8\x9f", b"\xf6\x60"):
        assert charset.decode(content, "shift_jis").text == content.decode("cp932")
    assert charset.decode(b"\xfb\xfc", "shift_jis", Carrier.SOFTBANK).text == "髙"  # IBM's kanji beyond SoftBank's signs
