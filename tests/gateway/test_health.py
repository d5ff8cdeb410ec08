"""/health: one JSON object, 200 when mail can flow, 503 when not; /metrics; nothing else."""

from __future__ import annotations

import asyncio
import json

import pytest

from gateway.health import Health
from tests.running import free_port


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(("healthy", "status"), [(True, b"200 OK"), (False, b"503 ")])
async def test_the_status_line_says_whether_mail_can_flow(healthy: bool, status: bytes) -> None:
    async def facts() -> tuple[bool, dict[str, object]]:
        return healthy, {"sandbox_level": 3}

    async def exposition() -> str:
        return "mugai_healthy 1\n"

    port = free_port()
    health = Health("127.0.0.1", port, facts, exposition)
    await health.start()
    try:
        answer = await ask(port, b"GET /health HTTP/1.0\r\n\r\n")
        assert answer.startswith(b"HTTP/1.0 " + status)
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1]) == {"healthy": healthy, "sandbox_level": 3}
        scraped = await ask(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        assert scraped.startswith(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain; version=0.0.4")
        assert scraped.endswith(b"\r\n\r\nmugai_healthy 1\n")
        assert (await ask(port, b"POST /metrics HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 404")
        assert (await ask(port, b"GET /etc/passwd HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.0 404")
        assert await ask(port, b"x" * 20_000 + b"\r\n\r\n") == b""
    finally:
        await health.stop()
