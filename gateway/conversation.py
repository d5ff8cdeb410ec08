"""One job's conversation over the wall, from START to the worker's last byte.

Everything read here is hostile: lengths, counts and the sum of all bytes are bounded before they are read.  Raises
`Garbage` (the worker broke the protocol or a limit), EOFError or BrokenPipeError (it died; its exit status tells why).
What was claimed is believed only after a clean exit, which `gateway/sandbox.py` looks at.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from gateway import pipe
from gateway.zygote import Worker
from sanitizers.model import Outcome, Part, Reason, Refused, Task
from sanitizers.protocol import (
    HEADER,
    JSON_BYTES,
    NO_PAYLOAD,
    Claim,
    FrameType,
    Garbage,
    Start,
    untrusted_ask,
    untrusted_child,
    untrusted_claim,
    untrusted_header,
    write_budget,
    write_outcome,
    write_start,
)

OnChild = Callable[[Part, bytes], Awaitable[Outcome]]
OnAsk = Callable[[Task, bytes], Awaitable[Outcome]]
_FROM_WORKER = frozenset({FrameType.CHILD, FrameType.ASK, FrameType.ANSWER})


class Conversation:
    def __init__(self, worker: Worker, start: Start, on_child: OnChild | None, on_ask: OnAsk | None = None):
        self._worker, self._start, self._on_child, self._on_ask = worker, start, on_child, on_ask
        limits = start.profile.limits
        self._children, self._asked, self._upcalls_limit = 0, 0, limits.parts
        self._bytes_left = limits.total_bytes + limits.part_bytes + JSON_BYTES  # all children, then one output and its claim

    async def hold(self) -> Claim:
        await pipe.write(self._worker.replies, write_start(self._start))
        while True:
            kind, body, payload = await self._frame()
            if kind is FrameType.ANSWER:
                break
            if kind is FrameType.ASK:
                await self._ask(body, payload)
            else:
                await self._child(body, payload)
        claim = untrusted_claim(body, payload, self._start.task)
        if claim.letter is not None and any(a.child >= self._children for a in claim.letter.attachments):
            raise Garbage("an attachment that was never sent out")
        if not await pipe.at_end(self._worker.frames):
            raise Garbage("bytes after the answer")
        return claim

    async def _frame(self) -> tuple[FrameType, bytes, bytes | None]:
        untrusted = await pipe.read(self._worker.frames, HEADER.size)
        kind, body_bytes, payload_bytes = untrusted_header(untrusted, _FROM_WORKER, self._start.profile.limits.part_bytes)
        self._bytes_left -= body_bytes + max(0, payload_bytes)
        if self._bytes_left < 0:
            raise Garbage("more bytes than the whole mail may have", Reason.LIMIT_SIZE)
        body = await pipe.read(self._worker.frames, body_bytes)
        return kind, body, None if payload_bytes == NO_PAYLOAD else await pipe.read(self._worker.frames, payload_bytes)

    async def _child(self, body: bytes, payload: bytes | None) -> None:
        child, content = untrusted_child(body, payload)
        if self._on_child is None:
            raise Garbage("a child where none is possible")
        self._children += 1
        self._count()
        await self._reply(self._on_child(child.part, content), child.want_output)

    async def _ask(self, body: bytes, payload: bytes | None) -> None:
        task, content = untrusted_ask(body, payload, self._start.task)
        if self._on_ask is None:
            raise Garbage("a task asked for where none is possible")
        self._asked += 1
        self._count()
        await self._reply(self._on_ask(task, content), True)

    def _count(self) -> None:
        if self._children + self._asked > self._upcalls_limit:
            raise Garbage("more children than the whole mail may have", Reason.LIMIT_PARTS)

    async def _reply(self, treatment: Awaitable[Outcome], want_output: bool) -> None:
        try:
            outcome = await treatment
        except Refused as refusal:
            await pipe.write(self._worker.replies, write_budget(refusal))
            return
        shown = outcome if want_output else replace(outcome, output=None)
        await pipe.write(self._worker.replies, write_outcome(shown))
        if shown.output is not None:
            await pipe.write(self._worker.replies, shown.output)
