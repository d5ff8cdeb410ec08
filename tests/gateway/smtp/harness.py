"""What the SMTP tests share: a real spool, a listener, and a client that says exactly what it is told."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from gateway.clock import Clock
from gateway.model import Client, Direction, Reply
from gateway.notice import Notices
from gateway.smtp.server import Limits, Listener, Refusal, SmtpServer
from gateway.spool import Spool, keys
from gateway.store.blobs import Blobs
from gateway.store.db import Db
from tests.waiting import PATIENCE

NOTICES = Notices.load(Path(__file__).parents[3] / "config" / "notices")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1"))
INBOUND = Listener(
    "inbound", Direction.INBOUND, "127.0.0.1", 0, "mx.city.example.lg.jp", LOOPBACK, recipient_domains=("city.example.lg.jp",)
)
OUTBOUND = Listener(
    "outbound",
    Direction.OUTBOUND,
    "127.0.0.1",
    0,
    "mx.city.example.lg.jp",
    LOOPBACK,
    sender_domains=("city.example.lg.jp",),
    denied_domains=("city.example.lg.jp",),
)
ENVELOPE = b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@city.example.lg.jp>\r\n"
LETTER = b"From: a@example.com\r\nSubject: x\r\n\r\nhello\r\n"


class OpenGate:
    def __init__(self) -> None:
        self.answer: Reply | None = None
        self.asked: list[tuple[str, int]] = []

    async def admit(self, listener: Listener, client: Client, sender: str, size: int) -> Reply | None:
        self.asked.append((sender, size))
        return self.answer

    async def admit_recipient(self, recipient: str) -> Reply | None:
        return None


@dataclass
class House:
    server: SmtpServer
    spool: Any
    gate: OpenGate
    refused: list[Refusal] = field(default_factory=list)

    async def mails(self) -> list[bytes]:
        """The originals that were accepted."""
        return [await self._content(row.item.id) for row in await self.spool.queue()]

    async def _content(self, item_id: str) -> bytes:
        content = await self.spool.content(item_id)
        if isinstance(content, bytes):
            return content
        with os.fdopen(content, "rb") as file:
            return file.read()


class Talker:
    """A client without manners."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader, self.writer = reader, writer

    async def say(self, data: bytes) -> bytes:
        self.writer.write(data)
        await self.writer.drain()
        return await self.hear()

    async def hear(self) -> bytes:
        """One reply, all its lines; b"" when the connection is closed."""
        reply = b""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    line = await self.reader.readline()
                except ConnectionError:
                    line = b""
                reply += line
                if line[3:4] != b"-":
                    return reply

    async def begin(self, envelope: bytes = ENVELOPE) -> bytes:
        """Up to the answer to DATA."""
        await self.say(b"EHLO client.example.com\r\n")
        for line in envelope.splitlines(keepends=True):
            assert (reply := await self.say(line)).startswith(b"250"), reply
        return await self.say(b"DATA\r\n")

    async def starttls(self) -> ssl.SSLObject:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        assert (await self.say(b"STARTTLS\r\n")).startswith(b"220")
        await self.writer.start_tls(context)
        return self.writer.get_extra_info("ssl_object")


@asynccontextmanager
async def house(tmp_path: Path, listener: Listener = INBOUND, spool: Any = None, **limits: Any) -> AsyncIterator[House]:
    if limits:
        listener = replace(listener, limits=Limits(**limits))
    db = Db(tmp_path / "mugai.db")
    real = Spool(db, Blobs(tmp_path / "blobs"), Clock(), keys.opened(db, tmp_path / keys.FILE))
    gate, refused = OpenGate(), list[Refusal]()
    server = SmtpServer(listener, spool or real, gate, refused.append, NOTICES.rejected_size)
    await server.start()
    try:
        yield House(server, spool or real, gate, refused)
    finally:
        await server.stop(0.2)
        db.close()


@asynccontextmanager
async def talk(house: House, *, greet: bool = True) -> AsyncIterator[Talker]:
    talker = Talker(*await asyncio.open_connection("127.0.0.1", house.server.port))
    try:
        if greet:
            assert (await talker.hear()).startswith(b"220")
        yield talker
    finally:
        talker.writer.close()
