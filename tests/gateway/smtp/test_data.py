from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.data import Decoder, HeaderBlock, HeaderCount, HeaderLimits
from tests.gateway.smtp.make_smuggling import ENDS

HOSTILE = st.lists(st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.\r\n", b"..", b"\0", b"x", b"MAIL"]), max_size=30).map(
    b"".join
)


def oracle(stream: bytes) -> tuple[bytes, bytes, bool] | None:
    """Content, rest, stray: by the book and slowly; None while there is no end."""
    content, sep, rest = (b"\r\n" + stream).partition(b"\r\n.\r\n")
    if not sep:
        return None
    whole = content[2:] + b"\r\n" if content else b""
    stray = bool(re.search(rb"\r(?!\n)|(?<!\r)\n|\0", whole))
    return re.sub(rb"(?:\A|(?<=\r\n))\.", b"", whole), rest, stray


def decode(stream: bytes, cuts: list[int]) -> tuple[bytes, Decoder]:
    decoder, content, edges = Decoder(), b"", sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        content += decoder.feed(stream[start:end])
        if decoder.ended:
            return content, decoder
    return content, decoder


@given(HOSTILE, st.lists(st.integers(0, 200), max_size=8))
def test_s01_the_decoder_agrees_with_the_book_however_the_stream_is_cut(stream: bytes, cuts: list[int]) -> None:
    content, decoder = decode(stream, cuts)
    expected = oracle(stream)
    assert decoder.ended is (expected is not None)
    if expected is not None:
        rest = stream[len(stream) - len(expected[1]) :]
        assert (content, rest, decoder.stray) == expected
        assert rest.startswith(decoder.rest)
        assert decoder.size == len(content)


@pytest.mark.parametrize("end", ENDS, ids=repr)
@pytest.mark.parametrize("step", [1, 2, 3, 7, 4096])
def test_s01_no_other_end_is_an_end(end: bytes, step: int) -> None:
    stream = b"a\r\nb" + end + b"MAIL FROM:<x@y>\r\n"
    _, decoder = decode(stream, list(range(0, len(stream), step)))
    assert not decoder.ended
    assert decoder.stray


def counted(header: bytes, limits: HeaderLimits | None = None, step: int = 5) -> HeaderCount:
    block = HeaderBlock(limits or HeaderLimits())
    for start in range(0, len(header), step):
        block.feed(header[start : start + step])
    return block.count()


def test_s18_only_the_header_block_is_counted() -> None:
    header = b"Received: a\r\nRECEIVED: b\r\n continued\r\nX-Mugai-Hops: 2\r\nX-Received: no\r\n\r\nReceived: body\r\n"
    assert counted(header) == HeaderCount(False, 2, 2)
    assert counted(b"\r\nReceived: body\r\n\r\n") == HeaderCount(False, 0, 0)
    assert counted(b"X-Mugai-Hops: many\r\nX-Mugai-Hops: 1\r\n") == HeaderCount(False, 0, 1)


@pytest.mark.parametrize(
    ("header", "too_large"),
    [
        (b"Subject: " + b"x" * (1 << 20) + b"\r\n\r\n", True),
        (b"X: y\r\n" * 20_000 + b"\r\n", True),
        (b"To: " + b"a@city.example.lg.jp,\r\n " * 1_000 + b"b@c.jp\r\n\r\n", False),
        (b"X" * 300_000, True),
    ],
)
def test_s18_header_bombs(header: bytes, too_large: bool) -> None:
    assert counted(header, step=8_192).too_large is too_large
