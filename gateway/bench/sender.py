"""Sends numbered mails over several sessions at once: `python -m gateway.bench.sender KIND COUNT SESSIONS`.

A process of its own, so that its work is not in anybody's account.  Makes all mails, says so, reads the port from its
standard input, sends, and prints the `Sent` of each mail as JSON.  Pipelines the envelope and keeps its connections, as mail
servers do.  Anything but a 2xx is told, nothing is tried again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import TypeAdapter

from gateway.bench import synthetic


@dataclass(frozen=True, slots=True)
class Sent:
    """`began` and `ended` in monotonic seconds, which all processes share; `reply` is the server's last line."""

    number: int
    began: float
    ended: float
    reply: str

    @property
    def accepted(self) -> bool:
        return self.reply.startswith("2")


SENT: TypeAdapter[list[Sent]] = TypeAdapter(list[Sent])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("count", type=int)
    parser.add_argument("sessions", type=int)
    parser.add_argument("--avoid", type=int, help="leave this core to the others")
    arguments = parser.parse_args()
    if arguments.avoid is not None:
        everywhere = set(range(os.cpu_count() or 1)) - {arguments.avoid}
        os.sched_setaffinity(0, everywhere or {arguments.avoid})
    mails = [(number, synthetic.letter(arguments.kind, number)) for number in range(arguments.count)]
    print("ready", flush=True)
    sent = asyncio.run(send(int(sys.stdin.readline()), mails, arguments.sessions))
    sys.stdout.buffer.write(SENT.dump_json(sent))


async def send(port: int, mails: list[tuple[int, bytes]], sessions: int) -> list[Sent]:
    waiting = iter(mails)
    return [sent for some in await asyncio.gather(*(_session(port, waiting) for _ in range(sessions))) for sent in some]


async def _session(port: int, waiting: Iterator[tuple[int, bytes]]) -> list[Sent]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await _reply(reader)
    writer.write(b"EHLO bench.example.com\r\n")
    await _reply(reader)
    sent = []
    for number, mail in waiting:
        began = time.monotonic()
        writer.write(b"MAIL FROM:<bench@example.com>\r\nRCPT TO:<staff@city.example.lg.jp>\r\nDATA\r\n")
        replies = [await _reply(reader) for _ in range(3)]
        if replies[2].startswith("354"):
            writer.write(mail.replace(b"\r\n.", b"\r\n..") + b".\r\n")
            replies.append(await _reply(reader))
        sent.append(Sent(number, began, time.monotonic(), replies[-1]))
        if not sent[-1].accepted:
            writer.write(b"RSET\r\n")
            await _reply(reader)
    writer.close()
    return sent


async def _reply(reader: asyncio.StreamReader) -> str:
    """The last line of a reply; "" when the server has left."""
    while line := await reader.readline():
        if line[3:4] != b"-":
            return line.decode("utf-8", "replace").strip()
    return ""


if __name__ == "__main__":
    main()
