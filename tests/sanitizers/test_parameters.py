"""Parameters: every reading is kept (RFC 2045, RFC 2231, J7-J10, M9)."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.model import Reason, Refused
from sanitizers.parameters import parse
from tests.effort import linear

WORD = f"=?ISO-2022-JP?B?{b64encode('資料.xlsx'.encode('iso2022_jp')).decode()}?="
JIS = "".join(f"%{octet:02X}" for octet in "資料.xlsx".encode("iso2022_jp"))


@pytest.mark.parametrize(
    "value",
    [
        f'attachment; filename="{WORD}"',
        f"attachment; filename={WORD}",
        "attachment; filename*=UTF-8''%E8%B3%87%E6%96%99.xlsx",
        "attachment; filename*0*=UTF-8''%E8%B3; filename*1*=%87%E6%96%99; filename*2=.xlsx",
        "attachment; filename*1*=%87%E6%96%99.xlsx; filename*0*=UTF-8''%E8%B3",
        f"attachment; filename*0*=ISO-2022-JP''{JIS[:12]}; filename*1*={JIS[12:]}",
        'attachment; filename="資料.xlsx"',
    ],
)
def test_j07_every_way_to_write_a_japanese_name(value: str) -> None:
    assert parse(value.encode()).text("filename") == "資料.xlsx"


@pytest.mark.parametrize("codec", ["cp932", "euc_jp", "iso2022_jp", "utf-8"])
def test_j10_raw_names_in_any_charset(codec: str) -> None:
    assert parse('attachment; filename="見積ソ表.xlsx"'.encode(codec)).text("filename") == "見積ソ表.xlsx"


def test_j08_an_unquoted_encoded_word_is_a_name() -> None:
    assert parse(b"attachment; filename==?utf-8?Q?a;b.exe?=; x=y").texts("filename") == ("a;b.exe",)


def test_j09_all_names_are_seen() -> None:
    field = parse(b"attachment; filename=evil.exe; filename*=UTF-8''%e6%95%b4.pdf; filename=\"b.js\"")
    assert field.texts("filename") == ("整.pdf", "evil.exe", "b.js")
    assert not field.strict


def test_windows_paths_keep_their_backslashes() -> None:
    assert parse(b'x/y; name="C:\\TEMP\\a.gif"').text("name") == "C:\\TEMP\\a.gif"
    assert parse(b'x/y; name="a\\"b;c"').text("name") == 'a"b;c'


@pytest.mark.parametrize(
    ("value", "media_type", "strict"),
    [
        (b"text/plain", "text/plain", True),
        (b'Text/Plain; charset="utf-8"; format=flowed;', "text/plain", True),
        (b"multipart /mixed; boundary=a", "multipart/mixed", False),
        (b"text/plain (x); charset=utf-8", "text/plain", False),
        (b"multipart/mixed; boundary=----=_a", "multipart/mixed", False),
        (b"multipart/mixed boundary=a", "multipart/mixed", False),
        (b'multipart/mixed; boundary="a', "multipart/mixed", False),
        (b"multipart/mixed; boundary=a; boundary=b", "multipart/mixed", False),
        (b"", "", True),
    ],
)
def test_strict_says_whether_there_is_one_reading(value: bytes, media_type: str, strict: bool) -> None:
    field = parse(value)
    assert (field.value, field.strict) == (media_type, strict)


def test_m09_too_many_segments_are_refused() -> None:
    with pytest.raises(Refused) as refused:
        parse(b"x/y" + b"".join(b"; name*%d=a" % number for number in range(1_000)))
    assert refused.value.reason is Reason.AMBIGUOUS


@pytest.mark.parametrize("unit", [b"=", b'"', b";", b'"\\', b"(", b" ", b"=?utf-8?b?", b"'", b"%"])
@pytest.mark.parametrize("start", [b"x/y; name=", b"x/y; ", b""])
def test_m09_linear(start: bytes, unit: bytes) -> None:
    with linear():
        parse(start + unit * (300_000 // len(unit))).texts("name")


@given(st.binary(max_size=200))
def test_anything_is_parsed(raw: bytes) -> None:
    for value in (raw, b"x/y; name=" + raw, b"x/y; name*0*=" + raw + b"; name*1=" + raw):
        field = parse(value)
        assert all(isinstance(text, str) and text for text in field.texts("name"))
        field.readings("name")
