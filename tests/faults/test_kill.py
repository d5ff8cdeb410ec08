"""kill -9 of the gateway at random moments under a load of numbered mails: nothing accepted is lost, nothing raw delivered.

`MUGAI_KILLS=200` is the long run; by default enough kills for CI.
"""

from __future__ import annotations

import asyncio
import email
import os
import random
from pathlib import Path

import pytest

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from tests.running import Running, free_port
from tests.waiting import until

KILLS = int(os.environ.get("MUGAI_KILLS", "12"))
PAUSE = 0.05  # seconds between two mails of one sender: what is accepted in the short lives must be worked off at the end
CANARY = "CANARY-of-the-original"

MAIL = """\
From: sender@example.com\r
To: staff@city.example.lg.jp\r
Subject: numbered {number}\r
Message-ID: <{number}@load.example.com>\r
MIME-Version: 1.0\r
Content-Type: text/html; charset=UTF-8\r
\r
<p>Number [{number}]</p><script>{canary}</script>{padding}\r
.\r
"""


class Load:
    """Sends numbered mails as fast as it is answered, and remembers which numbers were accepted."""

    def __init__(self, port: int):
        self.port, self.number, self.accepted = port, 0, set[int]()
        self.stopping = False

    async def run(self) -> None:
        while not self.stopping:
            try:
                await self._session()
            except (OSError, EOFError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.05)

    async def _session(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await self._expect(reader, b"220")
            await self._say(reader, writer, b"HELO load.example.com\r\n", b"250")
            while not self.stopping:
                self.number += 1
                number = self.number
                await self._say(reader, writer, b"MAIL FROM:<sender@example.com>\r\n", b"250")
                await self._say(reader, writer, b"RCPT TO:<staff@city.example.lg.jp>\r\n", b"250")
                await self._say(reader, writer, b"DATA\r\n", b"354")
                # every fourth is larger than what is kept inside the database row
                padding = "x" * (70_000 if number % 4 == 0 else 10)
                mail = MAIL.format(
                    number=number, canary=CANARY, padding="\r\n".join(padding[i : i + 900] for i in range(0, len(padding), 900))
                )
                await self._say(reader, writer, mail.encode(), b"250")
                self.accepted.add(number)
                await asyncio.sleep(PAUSE)
        finally:
            writer.close()

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: bytes) -> None:
        writer.write(line)
        await writer.drain()
        await self._expect(reader, code)

    async def _expect(self, reader: asyncio.StreamReader, code: bytes) -> None:
        answer = await reader.readline()
        if not answer.startswith(code):
            raise EOFError(answer)


@pytest.mark.slow
async def test_killed_at_random_moments_nothing_is_lost_and_nothing_raw_is_delivered(
    clamd: PrivateClamd, tmp_path: Path
) -> None:
    sink = Sink(tmp_path / "hop", "127.0.0.1", free_port())
    await sink.start()
    gateway = Running(tmp_path / "state", clamd.socket, sink.port)
    load = Load(gateway.inbound)
    chance = random.Random(20261121)
    senders = [asyncio.create_task(load.run()) for _ in range(2)]
    try:
        for life in range(KILLS):
            await asyncio.to_thread(gateway.start)
            if life % 4:  # one in four may die before it took a mail
                accepted = len(load.accepted)
                await until(lambda: len(load.accepted) > accepted)  # noqa: B023 - awaited here
            await asyncio.sleep(chance.uniform(0.0, 1.5))
            gateway.kill()
        load.stopping = True
        await asyncio.gather(*senders)
        await asyncio.to_thread(gateway.start)
        await gateway.until_empty()
    finally:
        load.stopping = True
        if gateway.process is not None and gateway.process.poll() is None:
            gateway.stop()
        await sink.stop()

    delivered = [email.message_from_bytes(path.read_bytes()) for path in sorted((tmp_path / "hop").rglob("*.eml"))]
    bodies = [mail.get_payload(decode=True) for mail in delivered]
    numbers = [int(body.split(b"Number [")[1].split(b"]")[0]) for body in bodies]
    held = {int(str(entry["subject"]).split()[-1]) for entry in gateway.held()}
    assert len(load.accepted) >= KILLS * 3 // 4, "the load never got through"
    assert load.accepted - set(numbers) - held == set()
    assert not any(CANARY.encode() in body for body in bodies)
    assert all(mail["X-Mugai-Id"] for mail in delivered)
    duplicates = len(numbers) - len(set(numbers))
    assert duplicates <= 20 * KILLS, "more duplicates than deliveries in flight when killed"  # I3: relay lanes at each death
    print(f"{KILLS} kills: {len(load.accepted)} accepted, {len(set(numbers))} delivered, {len(held)} held, {duplicates} twice")
    assert gateway.mugai("journal", "verify").startswith("ok")
