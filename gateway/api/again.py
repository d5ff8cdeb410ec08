"""The same request twice, done once: `Idempotency-Key` of a POST, kept for a day (draft-ietf-httpapi-idempotency-key-header).

A key is claimed before the work and answered after it, so that of two requests at the same time one works.  Whoever died in
between leaves its claim: nobody knows whether it was done, and the next one is told so instead of doing it again.
A refusal frees the key.  Raises Problem.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from gateway.api import answers
from gateway.api.problem import Problem
from gateway.clock import Clock
from gateway.store.db import Db

LONGEST = 200  # characters of a key


class Again:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    async def once(
        self, token: str, key: str, request: bytes, work: Callable[[], Awaitable[tuple[int, bytes]]]
    ) -> tuple[int, bytes]:
        """Status and body: of `work`, or of the time before."""
        if not key:
            return await work()
        if len(key) > LONGEST:
            raise Problem("Idempotency-Key が長すぎます。", f"An Idempotency-Key has {LONGEST} characters at most.", 400)
        mine = (token, _digest(key.encode()))
        known = await self._db.write(answers.claim, *mine, _digest(request), self._clock.now())
        if known is not None:
            return _replayed(known, _digest(request))
        try:
            status, body = await work()
        except Exception:
            await self._db.write(answers.free, *mine)
            raise
        await self._db.write(answers.keep, *mine, status, body)
        return status, body


def _replayed(known: tuple[str, int, bytes], request: str) -> tuple[int, bytes]:
    before, status, body = known
    if before != request:
        raise Problem("この Idempotency-Key は別の要求に使われています。", "This key was used for another request.", 422)
    if not status:
        ja = "同じ要求を処理中か、途中で止まりました。結果を確かめてください。"
        raise Problem(ja, "The same request is under way, or was cut off: look whether it was done.", 409)
    return status, body


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
