"""The inner door: who may knock, what a line may be, and that nothing of it is repeated."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway import control
from gateway.control import Carried, Control, NotRunning, Rejected, Verb, ask, carry
from gateway.rights import Guest
from gateway.words import Refusal
from tests.waiting import PATIENCE

SECRET = "ひみつ-S3cret"


@dataclass(frozen=True, slots=True)
class Question:
    number: int
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    doubled: int


async def double(asked: Question) -> Reply:
    if asked.number < 0:
        raise Rejected("負の数は扱えません")
    if asked.number == 13:
        raise ZeroDivisionError(asked.secret)
    return Reply(asked.number * 2)


async def backwards(asked: Question, content: bytes) -> Carried:
    return Carried(Reply(len(content)), content[::-1])


async def refuse(asked: Question) -> Reply:
    raise Refusal("見せられません。", "It cannot be shown.", 404)


GUEST = Guest("console", os.geteuid() + 1, os.getegid(), frozenset())


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "control.sock"
    verbs: dict[str, Verb[Question]] = {
        "double": Verb(Question, double),
        "reverse": Verb(Question, backwards, largest=2 << 20, console=True),
        "refuse": Verb(Question, refuse),
    }
    server = Control(path, verbs, GUEST)
    await server.start()
    yield path
    await server.stop()
    assert not path.exists()


async def raw(door: Path, *lines: bytes) -> list[dict[str, object]]:
    reader, writer = await asyncio.open_unix_connection(door)
    for line in lines:
        writer.write(line)
    writer.write_eof()
    answers = []
    with suppress(ConnectionResetError):  # the door was closed on a line that nobody read
        answers = (await reader.read()).splitlines()
    writer.close()
    return [json.loads(answer) for answer in answers]


def line(**values: object) -> bytes:
    return json.dumps({"mugai": 1, "verb": "double", "arguments": {"number": 2}} | values).encode() + b"\n"


async def test_a_verb_is_answered_and_a_refusal_is_a_sentence(door: Path) -> None:
    assert await ask(door, "double", Question(21), Reply) == Reply(42)
    with pytest.raises(Rejected, match="負の数"):
        await ask(door, "double", Question(-1), Reply)
    with pytest.raises(Rejected, match="the verb 'halve' does not exist; there are: double"):
        await ask(door, "halve", Question(1), Reply)


async def test_the_socket_is_its_owners_alone(tmp_path: Path) -> None:
    server = Control(tmp_path / "control.sock", {})
    await server.start()
    assert stat.S_IMODE((tmp_path / "control.sock").stat().st_mode) == 0o600
    await server.stop()


async def test_the_consoles_group_may_knock_where_the_console_is_another_user(door: Path) -> None:
    assert stat.S_IMODE(door.stat().st_mode) == 0o660
    assert door.stat().st_gid == GUEST.gid


async def test_another_user_is_refused_by_what_the_kernel_says(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_uid_of", lambda writer: os.geteuid() + 2)
    assert await raw(door, line()) == []
    with pytest.raises(NotRunning, match="closed the door"):
        await ask(door, "double", Question(1), Reply)


async def test_the_console_as_another_user_asks_only_what_is_the_consoles(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_uid_of", lambda writer: GUEST.uid)
    assert await carry(door, "reverse", Question(1), Reply, b"abc") == (Reply(3), b"cba")
    with pytest.raises(Rejected, match="the verb 'double' is not the console's; there are: reverse"):
        await ask(door, "double", Question(1), Reply)


async def test_a_content_goes_there_and_back_and_one_that_is_too_large_is_told(door: Path) -> None:
    content = os.urandom(2 << 20)
    assert await carry(door, "reverse", Question(1), Reply, content) == (Reply(len(content)), content[::-1])
    with pytest.raises(Rejected, match="2097153 bytes are too many, 2097152 may come with 'reverse'"):
        await carry(door, "reverse", Question(1), Reply, content + b"x")
    with pytest.raises(Rejected, match="1 bytes are too many, 0 may come with 'double'"):
        await carry(door, "double", Question(1), Reply, b"x")
    assert await raw(door, line(verb="reverse", bytes=9) + b"short") == []


async def test_a_refusal_comes_in_both_languages(door: Path) -> None:
    with pytest.raises(Refusal, match=r"It cannot be shown\.") as refused:
        await ask(door, "refuse", Question(1), Reply)
    assert (refused.value.words.ja, refused.value.status) == ("見せられません。", 404)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (b"no json\n", "Invalid JSON"),
        (line(mugai=2), "version 1"),
        (line(arguments={"number": "2"}), "number: "),
        (line(arguments={"number": 2, "more": 1}), "more: "),
        (line(arguments={}), "number: "),
        (line(extra=1), "extra: "),
    ],
)
async def test_a_line_is_read_strictly_and_the_next_one_still_answered(door: Path, wrong: bytes, complaint: str) -> None:
    refused, answered = await raw(door, wrong, line())
    assert complaint in str(refused["error"])
    assert answered == {"mugai": 1, "answer": {"doubled": 4}, "bytes": 0}


async def test_a_line_without_end_is_cut_off(door: Path) -> None:
    assert await raw(door, b'{"mugai": 1, "verb": "' + b"x" * (control.LINE * 3)) == []
    assert await ask(door, "double", Question(1), Reply) == Reply(2)


async def test_who_says_nothing_is_not_waited_for(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "SECONDS", 0.05)
    reader, writer = await asyncio.open_unix_connection(door)
    assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
    writer.close()


async def test_nothing_of_a_secret_is_repeated_or_logged(door: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Rejected, match="the gateway failed at this: ZeroDivisionError"):
        await ask(door, "double", Question(13, SECRET), Reply)
    [refused] = await raw(door, line(arguments={"number": SECRET}))
    assert SECRET not in json.dumps(refused, ensure_ascii=False) + caplog.text + repr(Question(1, SECRET))


async def test_a_gateway_that_does_not_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotRunning, match="mugai serve"):
        await ask(tmp_path / "control.sock", "double", Question(1), Reply)


async def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    for _ in range(2):
        server = Control(path, {"double": Verb(Question, double)})
        await server.start()
        assert await ask(path, "double", Question(1), Reply) == Reply(2)
        assert server._server is not None
        server._server.close()  # as a process that was killed leaves it


async def test_a_name_that_no_socket_can_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="shorter state_directory"):
        await Control(tmp_path / ("x" * 120), {}).start()
