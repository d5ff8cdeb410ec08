"""What a reviewer sees of a real mail, made in real sandboxes."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator

import pytest

from gateway import journal
from gateway.clamd import PrivateClamd
from gateway.directory import Role
from gateway.preview import Preview, differences
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_spool import holding
from tests.sanitizers import make_image, make_pdf

pytestmark = pytest.mark.slow

PNG = b"\x89PNG\r\n\x1a\n"


def mail(*files: tuple[str, str, bytes]) -> bytes:
    """A text body that carries HTML beside it, and files."""
    parts = [
        b"Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        + "本日の資料です。".encode()
        + b"\r\n--a\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>"
        + "本日の資料です。".encode()
        + b"</p><script>alert(1)</script>\r\n--a--\r\n"
    ]
    for media_type, name, content in files:
        head = f'Content-Type: {media_type}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        parts.append(
            head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content).replace(b"\n", b"\r\n")
        )
    head = b"From: Taro <taro@b.example>\r\nTo: hanako@city.example.lg.jp\r\nSubject: shiryo\r\n"
    head += b"X-Odd: \xff<script>\r\nMIME-Version: 1.0\r\n"
    return (
        head
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"".join(b"--b\r\n" + p + b"\r\n" for p in parts)
        + b"--b--\r\n"
    )


@pytest.fixture
async def reviewer(c: Console, clamd: PrivateClamd) -> AsyncIterator[Browser]:
    at = c.desk.settings
    settings = at.model_copy(update={"clamav": at.clamav.model_copy(update={"socket": str(clamd.socket)})})
    c.desk.preview = Preview(settings, c.desk.store, c.desk.notices)
    yield await c.signed_in(await c.person("syo", Role.SYO))
    await c.desk.preview.stop()


async def held(c: Console, content: bytes) -> int:
    await c.rooms.accept(content)
    lease = await c.rooms.claim()
    await c.rooms.spool.settle(lease, holding(lease))
    return (await c.rooms.quarantine.list())[0].id


async def test_w11_text_pages_and_outcome_are_made_in_the_sandbox(c: Console, reviewer: Browser) -> None:
    number = await held(
        c,
        mail(
            ("application/pdf", "plan.pdf", make_pdf.pdf(pages=2)),
            ("image/png", "map.png", make_image.encoded(make_image.picture(), "PNG")),
            ("text/csv", "ages.csv", "氏名,年齢\r\n例示花子,三十\r\n".encode("cp932")),
        ),
    )
    text = (await reviewer.get(f"/held/{number}/text")).text
    assert "本日の資料です。" in text
    assert "例示花子,三十" in text
    assert "alert(1)" not in text
    assert r"X-Odd: \xff&lt;script&gt;" in text, "the header as it came, unread"

    listed = (await reviewer.get(f"/held/{number}/pages")).text
    assert re.findall(r"/pages/(\d)/1", listed) == ["1", "2", "3"]
    page = (await reviewer.get(f"/held/{number}/pages/1/2")).text
    assert "2 / 2" in page
    for path in ("1/1", "1/2", "2/1"):
        picture = await reviewer.client.get(f"/held/{number}/pages/{path}/picture")
        assert picture.status_code == 200, path
        assert picture.headers["content-type"] in ("image/png", "image/jpeg")
        assert picture.content.startswith((PNG, b"\xff\xd8"))
        assert picture.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    for path in ("1/3", "1/0", "4/1", "0/1"):
        assert (await reviewer.get(f"/held/{number}/pages/{path}")).status_code == 404, path

    outcome = (await reviewer.get(f"/held/{number}/outcome")).text
    assert "plan.pdf" in outcome
    assert "文字はすべて同じです" in outcome
    body_only = (await reviewer.get(f"/held/{number}/outcome?profile=body_only")).text
    assert "届かないもの" in body_only
    viewed = [dict(e.facts)["what"] for e in await journal.search(c.rooms.db, kind="viewed")]
    assert viewed == ["text", "page 2 of file 1", "outcome by rebuild", "outcome by body_only"]


async def test_a_mail_that_cannot_be_read_says_so(c: Console, reviewer: Browser) -> None:
    number = await held(c, b"Subject: broken\r\nContent-Type: multipart/mixed\r\n\r\nno boundary\r\n")
    assert (await reviewer.get(f"/held/{number}/text")).status_code == 200
    assert (await reviewer.get(f"/held/{number}/outcome")).status_code in (200, 404)


async def test_without_a_scanner_nothing_is_shown(c: Console) -> None:
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    number = await held(c, mail())
    try:
        assert (await reviewer.get(f"/held/{number}/text")).status_code == 503
    finally:
        await c.desk.preview.stop()


def test_a_difference_is_shown_with_what_is_around_it() -> None:
    before = [f"行{n}" for n in range(20)]
    after = [*before[:10], "変わった行", *before[11:]]
    assert [(d.mark, d.text) for d in differences(before, after)] == [
        (" ", "行8"),
        (" ", "行9"),
        ("-", "行10"),
        ("+", "変わった行"),
        (" ", "行11"),
        (" ", "行12"),
    ]
    assert differences(before, before) == []
