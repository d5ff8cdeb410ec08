"""Bad weather around a running gateway: clamd dies, the next hop is down or says no, ports are taken, the disk is full."""

from __future__ import annotations

import asyncio
import os
import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from tests.running import Running, free_port
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.slow
STAFF = "staff@city.example.lg.jp"


def send(port: int, text: str, sender: str = "sender@example.com", recipient: str = STAFF) -> tuple[int, bytes]:
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.ehlo("mx.example.com")
        client.mail(sender)
        code, answer = client.rcpt(recipient)
        return client.data(f"Subject: {text}\r\n\r\n{text}\r\n") if code == 250 else (code, answer)


@pytest.fixture
def own_clamd() -> Iterator[PrivateClamd]:
    """One that a test may kill."""
    private = asyncio.run(PrivateClamd.start())
    yield private
    private.stop()


async def test_av01_without_clamd_mail_waits_and_goes_on_when_clamd_is_back(own_clamd: PrivateClamd, tmp_path: Path) -> None:
    sink = Sink(tmp_path / "hop", "127.0.0.1", free_port())
    await sink.start()
    gateway = Running(tmp_path / "state", own_clamd.socket, sink.port)
    await asyncio.to_thread(gateway.start)
    own_clamd.process.kill()
    own_clamd.process.wait()
    own_clamd.socket.unlink(missing_ok=True)
    assert send(gateway.inbound, "while clamd is down")[0] == 250
    await until(lambda: "clamd" in str(gateway.asked("SELECT why FROM job")))
    assert list((tmp_path / "hop").glob("*.eml")) == []
    back = subprocess.Popen(own_clamd.process.args, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await until(lambda: len(list((tmp_path / "hop").glob("*.eml"))) == 1)
    finally:
        gateway.stop()
        back.kill()
        back.wait()
        await sink.stop()


async def test_the_next_hop_is_down_then_up(clamd: PrivateClamd, tmp_path: Path) -> None:
    gateway = Running(tmp_path / "state", clamd.socket, free_port())
    await asyncio.to_thread(gateway.start)
    assert send(gateway.inbound, "patience")[0] == 250
    await until(lambda: gateway.asked("SELECT work FROM job") == [("relay",)])
    assert gateway.stop() == 0
    await asyncio.to_thread(gateway.start)
    sink = Sink(tmp_path / "hop", "127.0.0.1", gateway.next_hop_port)
    await sink.start()
    await until(lambda: len(list((tmp_path / "hop").glob("*.eml"))) == 1)
    gateway.stop()
    await sink.stop()


class Refusing(Sink):
    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # type: ignore[override]
        return "554 5.7.1 not here"


async def test_a_refused_mail_comes_back_as_a_dsn_and_a_refused_dsn_is_kept(clamd: PrivateClamd, tmp_path: Path) -> None:
    refusing = Refusing(tmp_path / "in", "127.0.0.1", free_port())
    outside = Sink(tmp_path / "out", "127.0.0.1", free_port())
    await refusing.start()
    await outside.start()
    gateway = Running(tmp_path / "state", clamd.socket, refusing.port, outbound_hop_port=outside.port)
    await asyncio.to_thread(gateway.start)
    assert send(gateway.inbound, "unwanted")[0] == 250
    await until(lambda: len(list((tmp_path / "out").glob("*.eml"))) == 1)
    report = (tmp_path / "out" / "0001.eml").read_bytes()
    assert b"multipart/report" in report
    assert b"Status: 5.7.1" in report
    assert '"sender": "<>"' in (tmp_path / "out" / "0001.json").read_text()
    assert send(gateway.inbound, "nobody to tell", sender="")[0] == 250
    await until(lambda: gateway.asked("SELECT rule FROM quarantine") == [("undeliverable",)])
    gateway.stop()
    await refusing.stop()
    await outside.stop()


async def test_it_does_not_start_half_way_and_says_why(clamd: PrivateClamd, tmp_path: Path) -> None:
    gateway = Running(tmp_path / "state", clamd.socket, free_port(), "nonsense: 1\n")
    done = await asyncio.to_thread(_serve, gateway)
    assert done.returncode == 2
    assert "nonsense: is not a known key" in done.stderr
    assert "Traceback" not in done.stderr


async def test_a_port_that_is_taken_is_one_sentence(clamd: PrivateClamd, tmp_path: Path) -> None:
    gateway = Running(tmp_path / "state", clamd.socket, free_port())
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", gateway.outbound)
    done = await asyncio.to_thread(_serve, gateway)
    server.close()
    assert done.returncode == 2
    assert "change the port in gateway.yaml" in done.stderr
    assert "Traceback" not in done.stderr


def _serve(gateway: Running) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "gateway.cli", "--config", str(gateway.config), "serve"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)


async def test_a_bad_policy_on_sighup_keeps_the_old_one(clamd: PrivateClamd, tmp_path: Path) -> None:
    sink = Sink(tmp_path / "hop", "127.0.0.1", free_port())
    await sink.start()
    gateway = Running(tmp_path / "state", clamd.socket, sink.port)
    shipped = gateway.policy.read_text()
    policy = gateway.policy = tmp_path / "policy.yaml"
    policy.write_text(shipped)
    await asyncio.to_thread(gateway.start)
    policy.write_text("rules: [\n")
    assert gateway.process is not None
    os.kill(gateway.process.pid, signal.SIGHUP)
    await until(lambda: any(not entry["accepted"] for entry in gateway.facts("policy_loaded")))
    assert send(gateway.inbound, "still works")[0] == 250
    await until(lambda: len(list((tmp_path / "hop").glob("*.eml"))) == 1)
    policy.write_text(shipped)
    taken = len(gateway.facts("policy_loaded"))
    os.kill(gateway.process.pid, signal.SIGHUP)
    await until(lambda: [entry["accepted"] for entry in gateway.facts("policy_loaded")][taken:] == [True])
    gateway.stop()
    await sink.stop()
