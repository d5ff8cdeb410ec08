"""The collector gets every entry once it is there, in the right frames, and the gateway waits for nobody."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway import journal
from gateway.evidence import feed
from gateway.evidence.feed import Feed
from gateway.journal_settings import SyslogSettings
from gateway.words import Words
from tests.gateway.make_spool import Rooms, rooms
from tests.gateway.smtp.make_certificate import files
from tests.waiting import until


@dataclass
class Collector:
    port: int = 0
    taken: bytes = b""
    server: asyncio.Server | None = None
    tls: ssl.SSLContext | None = None
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def start(self) -> None:
        self.server = await asyncio.start_server(self._take, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self.server is not None
        self.server.close()
        for writer in self.writers:
            writer.transport.abort()
        await asyncio.sleep(0.05)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while chunk := await reader.read(65_536):
            self.taken += chunk

    async def messages(self, count: int) -> list[str]:
        await until(lambda: len(frames(self.taken)) >= count, lambda: f"{self.taken!r} is not {count}")
        return frames(self.taken)


def frames(taken: bytes) -> list[str]:
    """RFC 6587 3.4.1."""
    found = []
    while match := re.match(rb"(\d+) ", taken):
        end = match.end() + int(match[1])
        found.append(taken[match.end() : end].decode())
        taken = taken[end:]
    return found


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened


def fed(r: Rooms, to: str, alarms: list[Words], **more: object) -> Feed:
    settings = SyslogSettings.model_validate({"to": to, **more})
    return Feed(settings, r.db, r.root / "syslog.sent", "gw.example", alarms.append)


async def stopped(r: Rooms, *reasons: str) -> None:
    await r.journal.write(*(journal.Stopped(reason=reason) for reason in reasons))
    await r.journal.seal()


async def test_lg09_what_is_sealed_is_sent_once_and_in_order(r: Rooms) -> None:
    collector, alarms = Collector(), list[Words]()
    await collector.start()
    await stopped(r, "before anybody listened")
    out = fed(r, f"tcp://127.0.0.1:{collector.port}", alarms)
    assert await out.step() is False
    await stopped(r, "one", "two")
    await out.step()
    await out.step()
    await stopped(r, "three")
    await out.close()
    again = fed(r, f"tcp://127.0.0.1:{collector.port}", alarms)  # after a restart
    await again.step()
    found = await collector.messages(3)
    assert [re.search(r'reason="(\w+)"', each)[1] for each in found] == ["one", "two", "three"]  # type: ignore[index]
    assert all(each.startswith("<109>1 2026-") and " gw.example mugai - stopped [mugai@32473 " in each for each in found)
    assert alarms == []
    await again.close()
    await collector.stop()


async def test_lg09_a_collector_that_is_down_loses_nothing_and_is_told_once(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(feed, "EVERY_SECONDS", 0.02)
    collector, alarms = Collector(), list[Words]()
    await collector.start()
    out = fed(r, f"tcp://127.0.0.1:{collector.port}", alarms)
    await out.step()
    await collector.stop()
    task = asyncio.create_task(out.run())
    await stopped(r, *(f"n{n}" for n in range(20)))
    await until(lambda: alarms)
    await asyncio.sleep(0.2)  # for a second one
    assert len(alarms) == 1, alarms
    await collector.start()
    assert len(await collector.messages(20)) == 20
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await collector.stop()


async def test_a_backlog_without_end_is_cut_and_counted(r: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "BACKLOG", 5)
    collector, alarms = Collector(), list[Words]()
    await collector.start()
    out = fed(r, f"tcp://127.0.0.1:{collector.port}", alarms)
    await out.step()
    await stopped(r, *(f"n{n}" for n in range(12)))
    await out.step()
    assert len(await collector.messages(5)) == 5
    assert [each.en for each in alarms] == [
        "7 entries were not sent to the syslog collector: too many waited; they are in the journal"
    ]
    await out.close()
    await collector.stop()


async def test_personal_values_stay_in_the_house_unless_somebody_says_so(r: Rooms) -> None:
    for personal in (False, True):
        (r.root / "syslog.sent").unlink(missing_ok=True)
        collector = Collector()
        await collector.start()
        out = fed(r, f"tcp://127.0.0.1:{collector.port}", [], personal=personal, form="cef")
        await out.step()
        await r.accept(b"%d" % personal)
        await r.journal.seal()
        await out.step()
        [text] = await collector.messages(1)
        assert ("hanako@" in text) is personal
        assert ("(withheld)" in text) is not personal
        assert " - CEF:0|Mugai|" in text
        await out.close()
        await collector.stop()


async def test_udp_sends_one_message_a_datagram(r: Rooms) -> None:
    taken: list[bytes] = []

    class Taking(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: object) -> None:
            taken.append(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Taking, ("127.0.0.1", 0))
    out = fed(r, f"udp://127.0.0.1:{transport.get_extra_info('sockname')[1]}", [])
    await out.step()
    await stopped(r, "one", "two")
    await out.step()
    await until(lambda: len(taken) == 2)
    transport.close()
    assert len(taken) == 2
    assert taken[0].startswith(b"<109>1 ")


async def test_tls_is_verified_and_never_falls_back(r: Rooms) -> None:
    certificate, key = files(r.root, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    collector = Collector(tls=context)
    await collector.start()
    trusting = fed(r, f"tls://127.0.0.1:{collector.port}", [], ca_file=certificate)
    await trusting.step()
    await stopped(r, "one")
    await trusting.step()
    assert len(await collector.messages(1)) == 1
    await trusting.close()
    await stopped(r, "two")
    with pytest.raises(ssl.SSLCertVerificationError):
        await fed(r, f"tls://127.0.0.1:{collector.port}", []).step()
    assert len(frames(collector.taken)) == 1
    await collector.stop()
