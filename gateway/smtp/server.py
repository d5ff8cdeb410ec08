"""One listener: opens the door, turns away whom it must before it costs anything, stops in order.

The conversation itself is `session.py`'s.  `start` raises OSError (port taken) or ssl.SSLError (unusable certificate).
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import cast

from gateway import intake
from gateway.intake import Gate, Limits, Listener
from gateway.model import Client, Reply
from gateway.smtp import tls
from gateway.smtp.reception import Reception, Refusal, TooLarge
from gateway.smtp.session import Session
from gateway.spool import Spool

__all__ = ["Gate", "Limits", "Listener", "Refusal", "SmtpServer"]

BACKLOG = 512  # connections that the kernel keeps for us while a burst is accepted


class SmtpServer:
    def __init__(
        self,
        listener: Listener,
        spool: Spool,
        gate: Gate,
        on_refused: Callable[[Refusal], None],
        too_large: TooLarge,
        now: Callable[[], float] = time.time,
    ):
        """`on_refused` is called for each refusal, in the event loop: it must not block.  `too_large` words the 552."""
        context = tls.accepting(listener.certificate, listener.key) if listener.certificate else None
        self._reception = Reception(listener, spool, gate, on_refused, now, context, too_large)
        self._sessions: dict[Session, str] = {}
        self._peers: Counter[str] = Counter()
        self._empty = asyncio.Event()
        self._empty.set()
        self._server: asyncio.Server | None = None

    @property
    def sessions(self) -> int:
        return len(self._sessions)

    @property
    def port(self) -> int:
        """The real one, when the listener says 0."""
        assert self._server is not None
        return cast(int, self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        listener = self._reception.listener
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Door(self), listener.host, listener.port, backlog=BACKLOG
        )

    async def stop(self, drain_seconds: float) -> None:
        """No new connections, 421 to the idle, `drain_seconds` for contents on their way; what the spool has is finished."""
        if self._server is not None:
            self._server.close()
        for session in list(self._sessions):
            session.stop()
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_seconds):
                await self._empty.wait()
        for session in list(self._sessions):
            session.abort()
        await asyncio.gather(*self._reception.tasks, return_exceptions=True)

    def admit(self, transport: asyncio.Transport) -> None:
        """A new connection becomes a session, or is told why not."""
        if (peer := transport.get_extra_info("peername")) is None:  # gone already
            transport.abort()
            return
        address, port = peer[:2]
        if reply := self._refusal(address):
            self._reception.on_refused(Refusal(self._reception.listener.name, Client(address, port, ""), "", "", reply))
            transport.write(f"{reply}\r\n".encode())
            transport.close()
            return
        session = Session(self._reception, self._lost)
        self._sessions[session] = address
        self._peers[address] += 1
        self._empty.clear()
        transport.set_protocol(session)
        session.connection_made(transport)

    def _refusal(self, address: str) -> Reply | None:
        listener = self._reception.listener
        if reply := intake.refuse_peer(listener, address):
            return reply
        if len(self._sessions) >= listener.limits.sessions or self._peers[address] >= listener.limits.sessions_per_peer:
            return Reply(421, "4.7.0", "too many connections, try later")
        return None

    def _lost(self, session: Session) -> None:
        if (address := self._sessions.pop(session, None)) is not None:
            self._peers[address] -= 1
            if not self._peers[address]:
                del self._peers[address]
        if not self._sessions:
            self._empty.set()


class _Door(asyncio.Protocol):
    """Stands where a session will be: a connection that is refused never costs one (S8)."""

    def __init__(self, server: SmtpServer):
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._server.admit(cast(asyncio.Transport, transport))
