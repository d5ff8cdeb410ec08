"""A next hop that plays a part: says what it is told, remembers every byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.model import Cleared, Client, Direction, Envelope, NextHop, QueueItem, TlsPolicy

HANG_UP = b""  # instead of a reply


@dataclass
class Part:
    """`replies`: what to say to a command that begins so, the first that fits; else what an honest server says."""

    greeting: bytes = b"220 hop.example ESMTP\r\n"
    extensions: tuple[bytes, ...] = (b"PIPELINING", b"SIZE 50000000", b"8BITMIME", b"SMTPUTF8")
    replies: dict[bytes, bytes] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    port: int = 0
    connections: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)  # as on the wire, with the final dot

    def hop(self, tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC, ca_file: str = "", host: str = "127.0.0.1") -> NextHop:
        return NextHop(host, self.port, tls, ca_file)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.append(writer)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(self.greeting)
        while line := await reader.readline():
            self.commands.append(line.rstrip(b"\r\n"))
            reply = self._reply(line)
            if reply == HANG_UP:
                return
            writer.write(reply)
            if line == b"STARTTLS\r\n" and reply.startswith(b"220") and self.tls:
                await writer.start_tls(self.tls)
            if line == b"DATA\r\n" and reply.startswith(b"354"):
                self.contents.append(await self._content(reader))
                if (final := self.replies.get(b".", b"250 2.0.0 queued\r\n")) == HANG_UP:
                    return
                writer.write(final)

    async def _content(self, reader: asyncio.StreamReader) -> bytes:
        content = b""
        while not (b"\r\n" + content).endswith(b"\r\n.\r\n"):
            content += await reader.readuntil(b"\n")
        return content

    def _reply(self, line: bytes) -> bytes:
        for beginning, reply in self.replies.items():
            if line.startswith(beginning) and beginning != b".":
                return reply
        match line[:4]:
            case b"EHLO":
                extensions = (*self.extensions, b"STARTTLS") if self.tls else self.extensions
                return b"".join(b"250-%s\r\n" % extension for extension in (b"hop.example", *extensions)) + b"250 HELP\r\n"
            case b"DATA":
                return b"354 go\r\n"
            case b"STAR":
                return b"220 go\r\n"
        return b"250 2.1.0 ok\r\n"


@asynccontextmanager
async def playing(part: Part) -> AsyncIterator[Part]:
    server = await asyncio.start_server(part.serve, "127.0.0.1", 0, limit=1 << 20)
    part.port = server.sockets[0].getsockname()[1]
    try:
        yield part
    finally:
        server.close()


def cleared(content: bytes, *recipients: str, sender: str = "a@example.com", smtputf8: bool = False) -> Cleared:
    to = recipients or ("b@city.example.lg.jp",)
    envelope = Envelope(sender, to, Direction.INBOUND, Client("192.0.2.1", 1, "x"))
    item = QueueItem("01TEST", "20261121-TEST", envelope, to, 0.0, len(content), "")
    return Cleared(item, sender, to, content, "", smtputf8)
