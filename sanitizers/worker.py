"""The locked child: reads one START and one content, answers one claim, and is gone.

Descriptors: 0 = the content, read-only; 1 = frames out; 2 = frames in.  It holds no other and can open none.
`PipedJob` is the `Job` of the gateway: a child part goes back over the wall, to be treated in a worker of its own.
What happens outside before the lock is in `zygote.py`, the lock in `lock/`, the tasks themselves in `tasks.py`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NoReturn

from sanitizers.job import Job, answered
from sanitizers.model import Outcome, Part, Profile, Reason, Refused, Task, Verdict
from sanitizers.protocol import (
    BUDGET,
    HEADER,
    JSON_BYTES,
    NO_PAYLOAD,
    OUTCOME,
    START,
    Claim,
    FrameType,
    Start,
    write_ask,
    write_child,
    write_claim,
)

CONTENT, OUT, IN = 0, 1, 2
EXIT_DONE, EXIT_NO_MEMORY, EXIT_BROKEN, EXIT_UNLOCKED = 0, 3, 4, 5  # 1 and 2 are the interpreter's own

TaskTable = Mapping[Task, Callable[[bytes, Start, Job], Claim]]


class PipedJob:
    """The other side treats the children; one at a time, as the worker has only one thread."""

    def __init__(self, profile: Profile):
        self._profile = profile

    @property
    def profile(self) -> Profile:
        return self._profile

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        return self._told(write_child(part, content, want_output), content, f"part {part.path}")

    def ask(self, task: Task, content: bytes) -> bytes:
        return answered(self._told(write_ask(task, content), content, f"the content to {task}"))

    def _told(self, head: bytes, content: bytes, what: str) -> Outcome:
        limit = self._profile.limits.part_bytes
        if len(content) > limit:
            raise Refused(Reason.LIMIT_SIZE, f"{what} has {len(content)} bytes, limit {limit}")
        _send(head, content)
        kind, body, payload = _receive()
        if kind is FrameType.BUDGET:
            budget = BUDGET.validate_json(body)
            raise Refused(budget.reason, budget.detail, budget.verdict)
        return replace(OUTCOME.validate_json(body), output=payload)


def work(tasks: TaskTable) -> NoReturn:
    """Never returns and never raises: whatever happens, the process ends here and the exit status tells how."""
    status = EXIT_BROKEN
    try:
        _, body, _ = _receive()
        start = START.validate_json(body)
        content = io.FileIO(CONTENT, closefd=False).readall()
        _send(*_bounded(_answer(tasks, start, content), start.profile.limits.part_bytes))
        status = EXIT_DONE
    except MemoryError:
        status = EXIT_NO_MEMORY
    finally:
        os._exit(status)  # no destructors, no atexit of the zygote


def _answer(tasks: TaskTable, start: Start, content: bytes) -> tuple[bytes, bytes | None]:
    """The claim as a frame and its payload."""
    try:
        return write_claim(tasks[start.task](content, start, PipedJob(start.profile)))
    except Refused as refusal:
        outcome = Outcome(refusal.verdict, "", findings=refusal.findings, reason=refusal.reason, detail=refusal.detail)
        return write_claim(Claim(outcome))
    except MemoryError:
        raise
    except Exception as surprise:  # a bug or an attack: either way nothing of this content leaves
        return _failed(Reason.CRASHED, f"{type(surprise).__name__}: {surprise}")


def _bounded(answer: tuple[bytes, bytes | None], limit: int) -> tuple[bytes, bytes | None]:
    """An honest worker says that its answer is too long before the supervisor has to kill it for that."""
    head, payload = answer
    if len(head) > HEADER.size + JSON_BYTES:
        return _failed(Reason.LIMIT_SIZE, f"headers and findings of {len(head)} bytes, limit {JSON_BYTES}")
    if payload is not None and len(payload) > limit:
        return _failed(Reason.LIMIT_SIZE, f"the result has {len(payload)} bytes, limit {limit}")
    return answer


def _failed(reason: Reason, detail: str) -> tuple[bytes, bytes | None]:
    return write_claim(Claim(Outcome(Verdict.FAILED, "", reason=reason, detail=detail)))


def _send(head: bytes, payload: bytes | None) -> None:
    for block in (head, payload or b""):
        rest = memoryview(block)
        while rest:
            rest = rest[os.write(OUT, rest) :]


def _receive() -> tuple[FrameType, bytes, bytes | None]:
    kind, body_bytes, payload_bytes = HEADER.unpack(_read(HEADER.size))
    body = _read(body_bytes)
    return FrameType(kind), body, None if payload_bytes == NO_PAYLOAD else _read(payload_bytes)


def _read(size: int) -> bytes:
    buffer = bytearray(size)
    rest = memoryview(buffer)
    while rest:
        count = os.readv(IN, [rest])
        if not count:
            raise EOFError("the supervisor closed the pipe")
        rest = rest[count:]
    return bytes(buffer)
