"""A next hop that keeps nothing but the numbers of the mails it got and when: the cheapest that still speaks SMTP.

For measurements only: it believes its client, refuses nothing and answers no command that Mugai does not send.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import cast

_SUBJECT = re.compile(rb"^Subject: bench (\d+)\r$", re.MULTILINE)
_END = b"\r\n.\r\n"
_HELLO = b"250-null.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"


class NullHop:
    """`arrived`: number to monotonic seconds.  `duplicates` counts a number that came again."""

    def __init__(self) -> None:
        self.arrived: dict[int, float] = {}
        self.duplicates = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """The port that it listens on."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Session(self), "127.0.0.1", 0)
        return cast(int, self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    def take(self, content: bytes) -> None:
        if found := _SUBJECT.search(content):
            number = int(found[1])
            self.duplicates += number in self.arrived
            self.arrived.setdefault(number, time.monotonic())


class _Session(asyncio.Protocol):
    def __init__(self, hop: NullHop):
        self._hop, self._buffer, self._searched, self._in_content = hop, bytearray(), 0, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 null.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._content() if self._in_content else self._command():
            pass

    def _command(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        verb = bytes(line[:4]).upper()
        self._in_content = verb == b"DATA"
        self._transport.write(_HELLO if verb == b"EHLO" else b"354 go on\r\n" if self._in_content else b"250 2.0.0 ok\r\n")
        if verb == b"QUIT":
            self._transport.close()
        return verb != b"QUIT"

    def _content(self) -> bool:
        end = self._buffer.find(_END, max(0, self._searched - len(_END)))
        self._searched = len(self._buffer)
        if end < 0:
            return False
        self._hop.take(bytes(self._buffer[:end]))
        del self._buffer[: end + len(_END)]
        self._searched, self._in_content = 0, False
        self._transport.write(b"250 2.0.0 taken\r\n")
        return True
