"""Whatever bytes a client sends, one real end of data makes at most one mail, and the session never fails inside."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.smtp.server import SmtpServer
from tests.gateway.smtp.harness import ENVELOPE, INBOUND, NOTICES, OpenGate
from tests.gateway.smtp.make_smuggling import ENDS

PIECES = (
    b"EHLO x\r\n",
    b"HELO x\r\n",
    ENVELOPE,
    b"DATA\r\n",
    b"\r\n.\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"STARTTLS\r\n",
    b"QUIT\r\n",
    b"MAIL FROM:<",
    b"Subject: x\r\n\r\n",
    b"\xff\xfe",
    b"\0",
    b" " * 300,
    *ENDS,
)


@dataclass
class Memory:
    """Stands in for the spool; `accepted` is what it was given."""

    accepted: list[bytes] = field(default_factory=list)

    def incoming(self) -> Any:
        content = bytearray()

        async def write(chunk: bytes) -> None:
            content.extend(chunk)

        async def abort() -> None:
            content.clear()

        return SimpleNamespace(content=content, write=write, abort=abort)

    async def accept(self, envelope: Any, incoming: Any, trace: bytes) -> Any:
        self.accepted.append(bytes(incoming.content))
        return SimpleNamespace(id="01", receipt="20261121-TEST")


async def converse(pieces: list[tuple[bytes, bool]]) -> tuple[list[bytes], bytes]:
    """`True` with a piece: wait for an answer before the next."""
    memory = Memory()
    server = SmtpServer(INBOUND, memory, OpenGate(), lambda refusal: None, NOTICES.rejected_size)  # type: ignore[arg-type]
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    heard = b""
    try:
        for piece, pause in pieces:
            writer.write(piece)
            await asyncio.sleep(0.002 if pause else 0)
        while block := await asyncio.wait_for(reader.read(65_536), 0.02):
            heard += block
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    await server.stop(0)
    return memory.accepted, heard


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.tuples(st.sampled_from(PIECES), st.booleans()), max_size=12))
@example(pieces=[(b"DATA\r\n", True), (b"x\r\n.\r\n", True), (ENVELOPE, False), (b"DATA\r\n", True), (b"\r\n.\r\n", True)])
def test_s01_one_end_one_mail(pieces: list[tuple[bytes, bool]], caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        accepted, heard = asyncio.run(converse([(b"EHLO x\r\n", True), (ENVELOPE, True), *pieces]))
    stream = b"".join(piece for piece, _ in pieces)
    assert len(accepted) <= (b"\r\n" + stream).count(b"\r\n.\r\n")
    assert heard.count(b"250 2.6.0") <= len(accepted)
    assert not any(b"\0" in mail or mail.count(b"\n") != mail.count(b"\r\n") for mail in accepted)
    assert not caplog.records
