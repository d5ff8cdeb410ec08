"""A real gateway is scraped: its numbers move with mails, and /health tells what a watcher needs (LG-09)."""

from __future__ import annotations

import asyncio
import smtplib
import urllib.request
from pathlib import Path

import pytest

from gateway.clamd import EICAR, PrivateClamd
from gateway.smtp.sink import Sink
from tests.running import Running
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow
STAFF = "staff@city.example.lg.jp"


def scrape(gateway: Running) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{gateway.health}/metrics", timeout=PATIENCE) as answer:
        lines = answer.read().decode().splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if not line.startswith("#"))}


async def grown(gateway: Running, name: str, least: float) -> dict[str, float]:
    await until(lambda: scrape(gateway).get(name, 0) >= least, lambda: scrape(gateway))
    return await asyncio.to_thread(scrape, gateway)


def send(gateway: Running, body: str) -> None:
    with smtplib.SMTP("127.0.0.1", gateway.inbound, timeout=PATIENCE) as client:
        client.sendmail("a@b.example", [STAFF], f"Subject: test\r\n\r\n{body}\r\n".encode())


async def test_lg09_metrics_move_with_mails(clamd: PrivateClamd, tmp_path: Path) -> None:
    sink = Sink(tmp_path / "sink")
    await sink.start()
    gateway = Running(tmp_path / "state", clamd.socket, sink.port)
    await asyncio.to_thread(gateway.start)
    try:
        before = await asyncio.to_thread(scrape, gateway)
        assert before["mugai_healthy"] == before["mugai_clamd_up"] == 1
        assert before["mugai_sandbox_level"] >= 3
        assert before["mugai_inspection_seconds_count"] == 0
        await asyncio.to_thread(send, gateway, "hello")
        await asyncio.to_thread(send, gateway, EICAR.decode("ascii"))
        await grown(gateway, "mugai_relayed_total", 1)
        after = await grown(gateway, 'mugai_disposition_total{disposition="hold"}', 1)
        assert after['mugai_received_total{direction="inbound"}'] == 2
        assert after['mugai_disposition_total{disposition="deliver"}'] == 1
        assert after['mugai_verdict_total{verdict="infected"}'] == 1
        assert after["mugai_inspection_seconds_count"] == 2
        assert after["mugai_inspection_seconds_sum"] > 0
        health = await asyncio.to_thread(gateway.healthy)
        assert health["healthy"] is True
        assert health["since_start"]["disposition"] == {"deliver": 1, "hold": 1}  # type: ignore[index]
        assert health["journal"]["sealed"] >= 6  # type: ignore[index]
        assert health["inspection_seconds"]["p99"] > 0  # type: ignore[index]
    finally:
        await asyncio.to_thread(gateway.stop)
        await sink.stop()
