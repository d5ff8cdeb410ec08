"""The dashboard: numbers that are those of the store, red where something is wrong, readable without the picture."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from gateway import journal, nodes
from gateway.clock import JST
from gateway.console.chart import Series, bars
from gateway.console.pulse import Pulse
from gateway.directory import Role
from gateway.health import Health
from gateway.words import Words
from tests.gateway.console.make_console import Console
from tests.running import free_port

WELL: dict[str, Any] = {
    "healthy": True,
    "sandbox_level": 3,
    "policy": "0123456789ab",
    "waiting": 2,
    "stopped": [],
    "oldest_seconds": 130.0,
    "free_bytes": 50 << 30,
    "disk_days_left": None,
    "certificate_days": {"inbound": 200.0, "console": 12.0},
    "clock_error_seconds": 0.04,
    "journal": {"sealed": 1_234, "pending": 3, "checkpoint_age_seconds": 1.0},
    "inspection_seconds": {"p50": 0.031, "p95": 1.2, "p99": None},
    "clamd": "ClamAV 1.4.6",
    "signatures": 27_400,
    "signatures_time": 0.0,
}


def answering(facts: dict[str, Any] | None) -> Pulse:
    class Known(Pulse):
        async def facts(self) -> dict[str, Any] | None:
            return facts

    return Known("127.0.0.1", 1)


async def page(c: Console, facts: dict[str, Any] | None, query: str = "", role: Role = Role.SYM) -> str:
    c.desk.pulse = answering(facts)
    browser = await c.signed_in(await c.person(f"p{free_port()}", role))
    answer = await browser.get(f"/dashboard{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_numbers_are_those_of_the_store(c: Console) -> None:
    for number in range(3):
        await c.rooms.held((f"p{number}@city.example.lg.jp",))
    await c.rooms.journal.write(journal.Alarm.of("not-cleared", Words("<b>最終確認</b>で止めた", "<b>it said no</b>")))
    await c.rooms.journal.seal()
    text = await page(c, WELL)
    assert "受付 <b>3</b>" in text
    assert '<a href="/held">3</a>' in text
    assert '<a href="/held?state=all&rule=macro">macro</a>' in text.replace("&amp;", "&")
    assert "<td>&lt;b&gt;最終確認&lt;/b&gt;で止めた (&lt;b&gt;it said no&lt;/b&gt;)" in text
    assert 'class="held"' in text
    assert "0.03 秒" in text
    present = datetime.fromtimestamp(c.rooms.clock.now(), JST).strftime("%-H:00")
    table = re.findall(r'<tr><th scope="row">(\S+)</th><td class="number">(\d+)</td>', text)
    assert table[-1] == (present, "3"), "the present hour is the last"
    assert len(table) == 24


@pytest.mark.parametrize(("span", "places"), [("day", 24), ("week", 28), ("month", 31), ("odd", 24)])
async def test_each_span_has_its_places_and_the_mail_is_in_the_last(c: Console, span: str, places: int) -> None:
    await c.rooms.accept()
    await c.rooms.journal.seal()
    rows = re.findall(r'<tr><th scope="row">[^<]+</th><td class="number">(\d+)</td>', await page(c, WELL, f"?span={span}"))
    assert (len(rows), rows[-1], sum(map(int, rows))) == (places, "1", 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"clamd": "down: no socket"}, "clamd 停止"),
        ({"healthy": False, "sandbox_level": 1}, "処理できません"),
        ({"stopped": ["1: inbound"]}, "停止中"),
        ({"disk_days_left": 3.0}, "約3日で満杯"),
        ({"oldest_seconds": 1_000.0}, "最長 17分待ち"),
        ({"certificate_days": {"inbound": None}}, "読めません"),
        ({"clock_error_seconds": None}, "未同期"),
    ],
)
async def test_lg09_what_is_wrong_is_red_and_says_so_in_words(c: Console, change: dict[str, Any], words: str) -> None:
    good = {**WELL, "certificate_days": {}}
    assert 'class="light bad"' not in await page(c, good)
    text = await page(c, {**good, **change})
    assert words in text
    assert re.search(r'class="light bad"><span class="what">[^<]+ <b class="sign">要確認</b>', text)


async def test_a_gateway_that_does_not_answer_is_red(c: Console) -> None:
    text = await page(c, None)
    assert "応答なし" in text
    assert 'class="light bad"' in text


async def test_the_chart_has_words_for_whoever_does_not_see_it(c: Console) -> None:
    text = await page(c, WELL)
    assert re.search(
        r'<svg class="chart"[^>]* role="img" aria-labelledby="flow-title flow-text">\s*<title id="flow-title">', text
    )
    assert "style=" not in text, "the CSP would drop it"
    for svg in re.findall(r"<svg[^>]*>", text):
        assert 'role="img"' in svg or 'aria-hidden="true"' in svg


async def test_who_sees_numbers_comes_here_first_and_the_others_do_not(c: Console) -> None:
    for role, home in ((Role.SYM, "/dashboard"), (Role.CISO, "/dashboard"), (Role.ISM, "/held"), (Role.USR, "/mine")):
        browser = await c.signed_in(await c.person(role, role))
        assert (await browser.get("/")).headers["location"] == home


def test_bars_are_to_scale() -> None:
    chart = bars(("a", "b"), (Series(Words("x", "x"), "in", (5, 0)), Series(Words("y", "y"), "out", (10, 20))))
    assert [bar.height for bar in chart.bars] == pytest.approx([36.5, 73, 146])
    assert [mark.text for mark in chart.beside] == ["0", "10", "20"]
    assert bars(("a",), (Series(Words("x", "x"), "in", (0,)),)).bars == ()


@asynccontextmanager
async def served(answer: Callable[[], Any]) -> AsyncIterator[int]:
    async def status() -> tuple[bool, dict[str, object]]:
        return True, answer()

    async def exposition() -> str:
        return ""

    health = Health("127.0.0.1", port := free_port(), status, exposition)
    await health.start()
    try:
        yield port
    finally:
        await health.stop()


async def test_the_pulse_is_asked_of_the_gateway_and_remembered_for_a_moment() -> None:
    asked: list[int] = []

    def answer() -> dict[str, object]:
        asked.append(1)
        return {"sandbox_level": 3, "long": "x" * 100_000 if len(asked) > 1 else ""}

    async with served(answer) as port:
        pulse = Pulse("127.0.0.1", port)
        first = await pulse.facts()
        assert first is not None
        assert first["sandbox_level"] == 3
        assert await pulse.facts() == first
        assert len(asked) == 1
        assert await Pulse("127.0.0.1", port).facts() is None, "an answer without end is none"
    assert await Pulse("127.0.0.1", port).facts() is None, "nobody is there"


async def test_what_is_no_answer_of_a_gateway_is_none() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(["odd"]).encode())
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await Pulse("127.0.0.1", port).facts() is None
    server.close()


async def test_avl01_a_node_that_is_silent_or_has_other_rules_is_marked(c: Console) -> None:
    now, db = c.rooms.clock.now(), c.rooms.db
    here = nodes.Node("gw-1", now - 90_000, now - 20, "0.1.0", "0123456789ab", 4, True)
    old = replace(here, name="gw-0", seen_at=now - nodes.FORGOTTEN - 60)
    for each in (old, here, here, replace(here, name="gw-2", seen_at=now - 200), replace(here, name="gw-3", policy="ffff")):
        await db.write(nodes.note, each)
    rows = re.findall(r"<th scope=\"row\">(gw-\d)</th>(.*?)</tr>", await page(c, WELL), re.DOTALL)
    assert [(name, "応答なし" in row, "ほかと違う規則" in row) for name, row in rows] == [
        ("gw-1", False, False),
        ("gw-2", True, False),
        ("gw-3", False, True),
    ]
