"""Alarms reach people by mail, syslog and webhook; a target that is slow or dead delays nobody and is told of."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway import journal
from gateway.alert_settings import TargetSettings
from gateway.alerts import QUEUE, Alert, Alerts, Target
from gateway.model import NextHop, TlsPolicy
from gateway.notifier import Notifier
from gateway.post import target
from gateway.smtp.sink import Sink
from gateway.words import Words
from sanitizers.letter import Mailbox
from tests.gateway.make_spool import START, Rooms, Times, rooms
from tests.running import free_port
from tests.waiting import PATIENCE, until

ALERT = Alert("not-cleared", "word\nof the <verifier>", START, "I1", 4, "最終確認で止めました")
HOST = "mugai.city.example.lg.jp"


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened


def to(r: Rooms, port: int = 1, **settings: object) -> Target:
    notifier = Notifier(r.clock, Mailbox("例示市", "postmaster@city.example.lg.jp"), 30)
    return target(TargetSettings.model_validate(settings), notifier, NextHop("127.0.0.1", port, TlsPolicy.NONE, ""), HOST)


def alerts(*targets: Target, times: Times, failures: list[str] | None = None, **more: float) -> Alerts:
    told = failures if failures is not None else []
    return Alerts(
        targets,
        quiet_seconds=more.get("quiet", 60.0),
        heartbeat_seconds=more.get("heartbeat", 0.0),
        now=lambda: times.wall,
        monotonic=lambda: times.monotonic,
        alarm=lambda name, detail: told.append(f"{name}: {detail.en}"),
        pauses=(0.0, 0.0),
    )


@asynccontextmanager
async def running(room: Alerts) -> AsyncIterator[None]:
    task = asyncio.create_task(room.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_every_journalled_alarm_is_a_mail_past_the_queue(r: Rooms, tmp_path: Path) -> None:
    sink = Sink(tmp_path / "sink")
    await sink.start()
    room = alerts(to(r, sink.port, mail=["sym@city.example.lg.jp"]), times=r.times)
    r.journal.listeners.append(room.sealed)
    async with running(room):
        await r.journal.write(journal.Alarm.of("not-cleared", Words("検査", "inspection"), "I1"), journal.Stopped(reason="x"))
        await r.journal.seal()
        await until(lambda: list(sink.directory.glob("*.eml")))
    [path] = sink.directory.glob("*.eml")
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert mail["Subject"] == "【警報】最終確認で不合格: 検査"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "内容: 検査\r\ndetail: inspection\r\n" in mail.get_content()  # type: ignore[attr-defined]
    assert "メール (mail): I1" in mail.get_content()  # type: ignore[attr-defined]
    assert json.loads(path.with_suffix(".json").read_text())["sender"] == "<>"
    await sink.stop()


@contextmanager
def web(status: int = 200) -> Iterator[tuple[str, list[tuple[dict[str, str], dict[str, object]]]]]:
    seen: list[tuple[dict[str, str], dict[str, object]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((dict(self.headers), json.loads(body)))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", seen
    finally:
        server.shutdown()
        server.server_close()


async def test_a_webhook_gets_json_with_its_token(r: Rooms, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    with web() as (url, seen):
        await to(r, webhook=url, token_file=str(tmp_path / "token")).send(ALERT)
    [(headers, body)] = seen
    assert headers["Authorization"] == "Bearer secret"
    assert body["text"] == f"[{HOST}] not-cleared: word\nof the <verifier>"
    assert (body["name"], body["item"], body["before"]) == ("not-cleared", "I1", 4)


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_a_webhook_that_does_not_take_it_is_a_failure_and_no_redirect_is_followed(r: Rooms, status: int) -> None:
    with web(status) as (url, _), pytest.raises(OSError, match=str(status)):
        await to(r, webhook=url).send(ALERT)


LINE = re.compile(r"<105>1 2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z mugai\.city\.example\.lg\.jp mugai - not-cleared - \ufeff(.*)")
SAID = "word of the <verifier> (4 more before) mail=I1"


async def test_syslog_by_udp_is_one_rfc5424_line(r: Rooms) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(PATIENCE)
        await to(r, syslog=f"udp://127.0.0.1:{server.getsockname()[1]}").send(ALERT)
        match = LINE.fullmatch(server.recv(4_096).decode())
    assert match
    assert match[1] == SAID


async def test_syslog_by_tcp_counts_octets(r: Rooms) -> None:
    got: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await got.put(await reader.read())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    await to(r, syslog=f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}").send(ALERT)
    count, _, line = (await got.get()).partition(b" ")
    server.close()
    assert int(count) == len(line)
    match = LINE.fullmatch(line.decode())
    assert match
    assert match[1] == SAID


async def test_a_dead_target_is_told_to_the_others_and_ends_there() -> None:
    took: list[str] = []

    async def good(alert: Alert) -> None:
        took.append(alert.name)

    async def dead(alert: Alert) -> None:
        raise ConnectionError("nobody there")

    failures: list[str] = []
    room = alerts(Target("good", good), Target("dead", dead), times=Times(), failures=failures)
    async with running(room):
        room.sealed("alarm", {"name": "clamd", "detail": "x", "at": START, "item": ""})
        await until(lambda: failures)
        assert failures == ["alerts: dead: nobody there"]
        room.sealed("alarm", {"name": "alerts", "detail": failures[0], "at": START, "item": ""})
        await until(lambda: took == ["clamd", "alerts"])
        await asyncio.sleep(0.1)
    assert len(failures) == 1


async def test_a_stuck_target_never_blocks_and_its_queue_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    async def stuck(alert: Alert) -> None:
        await asyncio.Event().wait()

    slow = Target("stuck", stuck)
    room = alerts(slow, times=Times(), quiet=0.0)
    async with running(room):
        for number in range(QUEUE + 50):
            room.sealed("alarm", {"name": f"n{number}", "detail": "", "at": START, "item": ""})
        assert slow.waiting.qsize() == QUEUE
    assert "is dropped" in caplog.text


async def test_the_same_alarm_is_told_once_in_the_quiet_time_then_with_its_number() -> None:
    async def nothing(alert: Alert) -> None: ...

    times, heard = Times(), Target("t", nothing)
    room = alerts(heard, times=times)
    for seconds in (0, 10, 10, 60):
        times.pass_(seconds)
        room.sealed("alarm", {"name": "clamd", "detail": "x", "at": times.wall, "item": ""})
    assert [heard.waiting.get_nowait().before for _ in range(heard.waiting.qsize())] == [0, 2]


async def test_lg09_a_heartbeat_goes_to_everybody_and_alarms_to_whom_they_concern() -> None:
    took: list[tuple[str, str]] = []

    def target_of(name: str, *alarms: str) -> Target:
        async def send(alert: Alert) -> None:
            took.append((name, alert.name))

        return Target(name, send, alarms)

    room = alerts(target_of("all", "*"), target_of("some", "sandbox*"), times=Times(), heartbeat=30.0)
    async with running(room):
        for name in ("sandbox-level", "clamd"):
            room.sealed("alarm", {"name": name, "detail": "", "at": START, "item": ""})
        await until(lambda: len(took) == 5)
    assert sorted(took) == sorted(
        [("all", "heartbeat"), ("some", "heartbeat"), ("all", "sandbox-level"), ("some", "sandbox-level"), ("all", "clamd")]
    )


@pytest.mark.parametrize(
    "wrong", [{}, {"syslog": "udp://a", "webhook": "http://b"}, {"syslog": "file:///etc"}, {"webhook": "ftp://x"}]
)
def test_a_target_has_one_way(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        TargetSettings.model_validate(wrong)


async def test_a_mail_server_that_is_down_is_a_failure(r: Rooms) -> None:
    with pytest.raises(OSError, match="cannot connect"):
        await to(r, free_port(), mail=["sym@city.example.lg.jp"]).send(ALERT)
