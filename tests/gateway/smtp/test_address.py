from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.address import Address, BadAddress, BadParameter, Path, address, path

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
DOMAINS = st.lists(LABEL, min_size=1, max_size=4).map(".".join)
LOCALS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=64)


@given(LOCALS, DOMAINS)
def test_s12_whatever_is_meant_survives_writing_and_reading(local: str, domain: str) -> None:
    meant = Address(local, domain)
    assert address(str(meant)) == meant
    assert path("TO:", f"TO:<{meant}>") == Path(meant)


@given(st.text(max_size=80))
def test_s12_reading_is_total_and_writing_it_again_is_stable(text: str) -> None:
    try:
        read = address(text)
    except BadAddress:
        return
    assert address(str(read)) == read
    assert not set("\r\n\0") & set(str(read))


@pytest.mark.parametrize(
    "text",
    [
        "a@b\r\nRCPT TO:<c@d>",
        "a\0@b.jp",
        "@a.jp,@b.jp:c@d.jp",
        "a",
        "a@",
        "@b.jp",
        "a@b..jp",
        "a@-b.jp",
        "a@b.jp.",
        "a@[127.0.0.1",
        "a@[::1]",
        "a@[ipv6:127.0.0.1]",
        "a@[localhost]",
        '"a"b@c.jp',
        '"a\\"@c.jp',
        "a" * 65 + "@b.jp",
        "a@" + ".".join(["b" * 60] * 5),
    ],
)
def test_s12_tricks_have_no_parse(text: str) -> None:
    with pytest.raises(BadAddress):
        address(text)


@pytest.mark.parametrize(
    "text", ["a..b@docomo.ne.jp", "a.@docomo.ne.jp", ".a@ezweb.ne.jp", "a+b@c.jp", "太郎@例え.jp", "a@[192.0.2.1]"]
)
def test_j21_addresses_in_use_are_kept_as_they_are(text: str) -> None:
    assert str(address(text)) == text


def test_a_quoted_local_part_that_needs_no_quotes_loses_them() -> None:
    assert str(address('"taro"@Example.JP')) == "taro@example.jp"


def test_parameters() -> None:
    assert path("FROM:", "from:<> SIZE=12 body=8BITMIME smtputf8").parameters == (
        ("SIZE", "12"),
        ("BODY", "8BITMIME"),
        ("SMTPUTF8", ""),
    )
    with pytest.raises(BadParameter):
        path("FROM:", "FROM:<a@b.jp> SIZE=")
