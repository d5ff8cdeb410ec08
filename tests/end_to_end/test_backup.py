"""AVL-03 with two real machines: backed up under traffic, killed, put back on the other one, and at work again."""

from __future__ import annotations

import asyncio
import email
import json
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway import cli
from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from tests.faults.test_kill import Load
from tests.running import CONFIG, Running, free_port
from tests.waiting import until

CHIEF, SECOND = (f"{name}@city.example.lg.jp" for name in ("jouhoukacho", "jouhou"))
STAFF, OUTSIDE, DOUBTFUL = "staff@city.example.lg.jp", "partner@example.com", "doubtful@example.com"
HELD = f"""rules:
  - name: looked-at-first
    match: {{direction: inbound, sender: "{DOUBTFUL}"}}
    action: hold
    reason: 担当者が確認します。
    clauses: [SAN-02]
"""


def send(port: int, sender: str, to: str, subject: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail.set_content(f"{subject}\n" + "ことば\n" * 9_000)  # more than stands in a row
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(mail, sender, [to])


def subjects(sink: Sink) -> list[str]:
    mails = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in sink.directory.rglob("*.eml")]
    return [str(mail["Subject"]) for mail in mails]


@pytest.mark.slow
async def test_avl03_killed_and_put_back_elsewhere_nothing_is_missing_and_nothing_goes_twice(
    clamd: PrivateClamd, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (policy := tmp_path / "policy.yaml").write_text((CONFIG / "policy.yaml").read_text().replace("rules:\n", HELD, 1))
    (medium := tmp_path / "medium").mkdir()
    hop = free_port()
    inside, outside = Sink(tmp_path / "inside", "127.0.0.1", free_port()), Sink(tmp_path / "outside", "127.0.0.1", hop)
    await inside.start()
    first = Running(tmp_path / "one", clamd.socket, inside.port, policy=policy, outbound_hop_port=hop)
    await asyncio.to_thread(first.mugai, "directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
    await asyncio.to_thread(first.start)
    load = Load(first.inbound)
    senders = [asyncio.create_task(load.run()) for _ in range(2)]
    for subject in ("保留 一", "保留 二"):
        await asyncio.to_thread(send, first.inbound, DOUBTFUL, STAFF, subject)
    await asyncio.to_thread(send, first.outbound, STAFF, OUTSIDE, "まだ届いていない")  # nobody listens at its next hop
    await until(lambda: len(first.held()) == 2)
    await until(lambda: first.asked("SELECT id FROM job WHERE work = 'relay' AND attempts > 0"))
    await until(lambda: len(load.accepted) > 9)
    before = set(load.accepted)
    await asyncio.to_thread(first.mugai, "backup", str(medium), "--keys", str(tmp_path / "usb.keys"))
    load.stopping = True
    await asyncio.gather(*senders)
    first.kill()

    [backup] = medium.iterdir()
    second = Running(tmp_path / "two", clamd.socket, inside.port, policy=policy, outbound_hop_port=hop)
    (config := tmp_path / "two.yaml").write_text(second.config.read_text())
    second.config.unlink()
    restore = ["--config", str(config), "restore", str(backup), "--keys", str(tmp_path / "usb.keys")]
    assert await asyncio.to_thread(cli.main, restore) == 0
    told = capsys.readouterr().out
    assert f"{STAFF} -> {OUTSIDE}" in told
    await outside.start()
    await asyncio.to_thread(second.start)
    try:
        await work(second, inside, outside, medium)
        # what was accepted before the backup began
        await until(lambda: before <= {int(s.split()[-1]) for s in subjects(inside) if s.startswith("numbered")})
    finally:
        second.stop()
        await inside.stop()
        await outside.stop()
    assert subjects(outside) == ["まだ届いていない"]


async def work(gateway: Running, inside: Sink, outside: Sink, medium: Path) -> None:
    """The morning after: new mail, held mail, and what was on its way."""

    async def until_(what: Callable[[], object]) -> None:
        await until(what, lambda: gateway.mugai("journal", "tail", "-n", "30"))

    await asyncio.to_thread(send, gateway.inbound, "new@example.com", STAFF, "新しいメール")
    await until_(lambda: "新しいメール" in subjects(inside))
    held = await asyncio.to_thread(gateway.held)
    assert sorted(str(entry["subject"]) for entry in held) == ["保留 一", "保留 二"]
    for entry in held:
        assert "looked-at-first" in await asyncio.to_thread(gateway.mugai, "quarantine", "show", str(entry["number"]))
    for act in ("confirm", "release"):
        await asyncio.to_thread(gateway.mugai, "quarantine", act, str(held[0]["number"]), "--reason", "受取人に確認した")
    await until_(lambda: held[0]["subject"] in subjects(inside))
    assert subjects(outside) == [], "what may have arrived before waits"
    [halt] = json.loads(await asyncio.to_thread(gateway.mugai, "stop", "--json"))
    assert halt["scope"] == "mails"
    for who in (CHIEF, SECOND):
        resume = ("resume", str(halt["id"]), "--as", who, "--reason", "届いていないことを確認した")
        await asyncio.to_thread(lambda resume=resume: gateway.mugai(*resume, check=False))
    await until_(lambda: subjects(outside))
    assert (await asyncio.to_thread(gateway.mugai, "journal", "verify")).startswith("ok")
    [restored] = await asyncio.to_thread(gateway.facts, "restored")
    assert str(restored["place"]).startswith(str(medium))
