"""A running gateway with a next hop on each side, for mail that leaves: send, then read what came out at either end."""

from __future__ import annotations

import asyncio
import email
import email.policy
import email.utils
import json
import re
import signal
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from gateway.clamd import PrivateClamd
from gateway.policy import file as policy_file
from gateway.smtp.sink import Sink
from tests.running import CONFIG, Running, free_port
from tests.waiting import PATIENCE, until

STAFF = "tanaka@city.example.lg.jp"
SHIPPED = (CONFIG / "policy.yaml").read_text()


@dataclass(frozen=True)
class Delivered:
    """One transaction at a next hop: its envelope and its message."""

    recipients: tuple[str, ...]
    message: EmailMessage
    raw: bytes


@dataclass(frozen=True)
class House:
    gateway: Running
    outside: Sink
    inside: Sink

    async def send(self, message: EmailMessage | bytes, *recipients: str, sender: str = STAFF, inbound: bool = False) -> str:
        """One mail by a real client; its receipt number."""
        port = self.gateway.inbound if inbound else self.gateway.outbound
        content = message if isinstance(message, bytes) else message.as_bytes(policy=email.policy.SMTP)

        def talk() -> bytes:
            with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=PATIENCE) as client:
                assert client.ehlo()[0] == 250
                for code, said in (client.mail(sender), *(client.rcpt(r) for r in recipients), client.data(content)):
                    assert code == 250, said
                return said

        said = await asyncio.to_thread(talk)
        found = re.search(rb"receipt (\S+)", said)
        assert found, said
        return found[1].decode()

    async def left(self, receipt: str) -> list[Delivered]:
        """What the outside got of this mail, once nothing waits any more."""
        await self.gateway.until_empty()
        return [d for d in deliveries(self.outside) if d.message["X-Mugai-Receipt"] == receipt]

    async def told(self, receipt: str) -> list[Delivered]:
        """The notices about this mail that people inside got; at least one: it may be written a moment after its mail left."""
        await self.gateway.until_empty()
        await until(lambda: self.notices(receipt))
        await self.gateway.until_empty()
        return self.notices(receipt)

    async def untold(self, receipt: str) -> bool:
        await self.gateway.until_empty()
        return not self.notices(receipt)

    def notices(self, receipt: str) -> list[Delivered]:
        """So far."""
        return [d for d in deliveries(self.inside) if d.message["X-Mugai-Receipt"] == receipt and d.message["Auto-Submitted"]]

    async def came_in(self, receipt: str) -> list[Delivered]:
        await self.gateway.until_empty()
        about = [d for d in deliveries(self.inside) if d.message["X-Mugai-Receipt"] == receipt]
        return [d for d in about if not d.message["Auto-Submitted"]]

    def journal(self, receipt: str, kind: str = "") -> str:
        return self.gateway.mugai("journal", "search", "--mail", receipt, *(("--kind", kind) if kind else ()))

    def state(self, receipt: str) -> str:
        return self.gateway.mugai("queue", "show", receipt)

    async def policy(self, text: str) -> None:
        """New rules, read by SIGHUP."""
        self.gateway.policy.write_text(text)
        wanted = policy_file.load(self.gateway.policy).version
        assert self.gateway.process is not None
        self.gateway.process.send_signal(signal.SIGHUP)
        await until(lambda: self.gateway.healthy()["policy"] == wanted)


def deliveries(sink: Sink) -> list[Delivered]:
    found = []
    for path in sorted(sink.directory.glob("*.eml")):
        raw = path.read_bytes()
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(Delivered(tuple(json.loads(path.with_suffix(".json").read_text())["recipients"]), message, raw))
    return found


@asynccontextmanager
async def house(clamd: PrivateClamd, place: Path, extra: str = "", rules: str = SHIPPED) -> AsyncIterator[House]:
    outside, inside = (Sink(place / name, "127.0.0.1", free_port()) for name in ("outside", "inside"))
    await outside.start()
    await inside.start()
    policy = place / "policy.yaml"
    policy.write_text(rules)
    gateway = Running(place / "state", clamd.socket, inside.port, extra, policy, outbound_hop_port=outside.port)
    await asyncio.to_thread(gateway.start)
    try:
        yield House(gateway, outside, inside)
    finally:
        assert gateway.stop() == 0
        await outside.stop()
        await inside.stop()


def mail(subject: str = "ご連絡", body: str = "お世話になっております。\n", **fields: str) -> EmailMessage:
    """From STAFF; fields by name with `_` for `-`."""
    message = EmailMessage()
    given = {"From": f"田中 太郎 <{STAFF}>", "To": "partner@example.com", "Subject": subject}
    for name, value in (given | {name.rstrip("_").replace("_", "-"): value for name, value in fields.items()}).items():
        if value:
            message[name] = value
    if "Message-ID" not in message:
        message["Message-ID"] = email.utils.make_msgid(domain="city.example.lg.jp")
    message.set_content(body)
    return message
