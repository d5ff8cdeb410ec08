"""For load balancers and monitoring (LG-09): GET /health is one JSON object, 200 when mail can flow, 503 when not; GET /metrics
is for Prometheus.

A few lines of HTTP/1.0 on loopback, nothing else: the console is a process of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from gateway.metrics import CONTENT_TYPE

REQUEST_SECONDS = 5.0
Status = Callable[[], Awaitable[tuple[bool, dict[str, object]]]]
Exposition = Callable[[], Awaitable[str]]


class Health:
    """`status` answers (healthy, facts); it must not raise for what it reports."""

    def __init__(self, host: str, port: int, status: Status, exposition: Exposition):
        self._host, self._port, self._status, self._exposition = host, port, status, exposition
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=8 << 10)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(await self._answer(request.split(b"\r\n", 1)[0]))
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # whoever asks badly gets no answer; the gateway does not care
        finally:
            writer.close()

    async def _answer(self, request_line: bytes) -> bytes:
        method, _, rest = request_line.partition(b" ")
        path = rest.split(b" ", 1)[0].split(b"?", 1)[0] if method == b"GET" else b""
        if path == b"/metrics":
            return _reply(b"200 OK", CONTENT_TYPE, await self._exposition())
        if path != b"/health":
            return b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        healthy, facts = await self._status()
        state = b"200 OK" if healthy else b"503 Service Unavailable"
        return _reply(state, "application/json", json.dumps({"healthy": healthy, **facts}, ensure_ascii=False))


def _reply(state: bytes, content_type: str, text: str) -> bytes:
    body = text.encode()
    head = b"HTTP/1.0 %s\r\nContent-Type: %s\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n"
    return head % (state, content_type.encode(), len(body)) + body
