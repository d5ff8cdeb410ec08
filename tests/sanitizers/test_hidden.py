"""Files hidden in text come out; prose that looks similar stays (J14, M8)."""

from __future__ import annotations

from base64 import b64encode, encodebytes
from binascii import b2a_uu

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.hidden import extract
from tests.effort import linear

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2
MARKER = b"[[%d]]"


def uu(content: bytes, end: bytes = b"\x60\r\nend\r\n") -> bytes:
    lines = (b2a_uu(content[at : at + 45]).replace(b"\n", b"\r\n") for at in range(0, len(content), 45))
    return b"begin 644 a.png\r\n" + b"".join(lines) + end


def yenc(content: bytes) -> bytes:
    encoded = b""
    for octet in content:
        shifted = (octet + 42) % 256
        encoded += b"=" + bytes(((shifted + 64) % 256,)) if shifted in b"\0\r\n=" else bytes((shifted,))
    lines = b"\r\n".join(encoded[at : at + 128] for at in range(0, len(encoded), 128))
    return b"=ybegin line=128 size=%d name=a.png\r\n%b\r\n=yend size=%d\r\n" % (len(content), lines, len(content))


@pytest.mark.parametrize(
    ("block", "name", "how"),
    [
        (uu(PNG), b"a.png", "uuencode"),
        (uu(PNG, b""), b"a.png", "uuencode"),
        (uu(PNG).replace(b"\r\n", b"\n"), b"a.png", "uuencode"),
        (b"begin-base64 644 a.png\n" + encodebytes(PNG) + b"====\n", b"a.png", "uuencode"),
        (yenc(PNG), b"a.png", "yEnc"),
        (encodebytes(PNG).replace(b"\n", b"\r\n"), b"", "base64"),
        (b64encode(PNG) + b"\r\n", b"", "base64"),
    ],
)
def test_j14_files_are_taken_out_of_the_text(block: bytes, name: bytes, how: str) -> None:
    rest, files = extract(b"before\r\n" + block + b"after\r\n", MARKER)
    assert [(file.name, file.content, file.how) for file in files] == [(name, PNG, how)]
    assert rest == b"before\r\n[[1]]\nafter\r\n"


def test_m08_several_files_are_numbered_in_order() -> None:
    rest, files = extract(uu(b"one") + b"text\r\n" + uu(b"two"), MARKER)
    assert [file.content for file in files] == [b"one", b"two"]
    assert rest == b"[[1]]\ntext\r\n[[2]]\n"


@pytest.mark.parametrize(
    "prose",
    [
        b"begin 644 is how uuencode starts\r\nand then prose follows\r\n",
        b"We begin 644 a.png\r\n",
        b"-----BEGIN PGP SIGNATURE-----\r\n\r\n" + encodebytes(bytes(range(1, 200)) * 2) + b"-----END PGP SIGNATURE-----\r\n",
        "見積書を送付します。\r\n".encode("iso2022_jp") * 40,
        b"https://example.jp/" + b"a" * 600 + b"\r\n",
        b"=" * 76 + b"\r\n" + b"=" * 76 + b"\r\n",
    ],
)
def test_m08_prose_stays(prose: bytes) -> None:
    assert extract(prose, MARKER) == (prose, [])


@pytest.mark.parametrize(
    "unit",
    [
        b"begin 644 x\r\n",
        b"begin 644 x\r\n#0V%T\r\n",
        b"=ybegin name=x\r\n",
        b"A" * 76 + b"\r\n",
        b"begin-base64 644 x\nQUJD\n",
        b"=y",
    ],
)
def test_m08_linear(unit: bytes) -> None:
    with linear():
        extract(unit * (1_000_000 // len(unit)), MARKER)


@given(st.binary(min_size=1, max_size=300))
def test_any_file_comes_back(content: bytes) -> None:
    for block in (uu(content), yenc(content)):
        assert [file.content for file in extract(block, MARKER)[1]] == [content]


@given(st.binary(max_size=200))
def test_anything_is_read(text: bytes) -> None:
    extract(text, MARKER)
    extract(b"begin 644 a\n" + text, MARKER)
    extract(b"=ybegin name=a\n" + text, MARKER)
