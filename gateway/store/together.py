"""Small reads of several who ask in the same turn of the loop, as one: a thread, a connection and a snapshot for them all.

Starting a read costs more than most of them take.  Long ones are `Db.read`'s: here each waits for all.  As in a group of
writes, one that fails costs the others a second run by themselves.  Raises what `Db.read` raises.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa

if TYPE_CHECKING:
    from gateway.store.db import Db

P = ParamSpec("P")
T = TypeVar("T")
Asked = tuple[Callable[[sa.Connection], Any], "asyncio.Future[Any]"]


class Together:
    def __init__(self, db: Db):
        self._db = db
        self._waiting: WeakKeyDictionary[asyncio.AbstractEventLoop, list[Asked]] = WeakKeyDictionary()
        self._reading: set[asyncio.Task[None]] = set()

    async def read(self, op: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        waiting = self._waiting.setdefault(loop, [])
        waiting.append((lambda conn: op(conn, *args, **kwargs), future))
        if len(waiting) == 1:
            loop.call_soon(self._begin, loop)  # after all that are ready to ask now
        return await future

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        task = loop.create_task(self._answer(self._waiting.pop(loop)))
        self._reading.add(task)
        task.add_done_callback(self._reading.discard)

    async def _answer(self, asked: Sequence[Asked]) -> None:
        try:
            results = await self._db.read(lambda conn: [op(conn) for op, _ in asked])
        except Exception as error:
            if len(asked) > 1:
                await asyncio.gather(*(self._answer([each]) for each in asked))
            elif not (future := asked[0][1]).done():
                future.set_exception(error)
            return
        for (_, future), result in zip(asked, results, strict=True):
            if not future.done():  # whoever asked may be gone
                future.set_result(result)
