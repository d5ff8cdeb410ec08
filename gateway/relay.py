"""Takes cleared mail to the next hop and says what became of each recipient.

`send` answers for every recipient and raises nothing but Unsendable: such a mail is our own fault, and the runner holds it
after some deaths (I5).  No retries and no schedule: DEFERRED is for the runner to come back to.  A loss of the connection
after the final dot is DEFERRED too, so the next hop may see that mail twice (I3).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.model import Cleared, Delivery, DeliveryOutcome, NextHop, Reply, TlsPolicy
from gateway.smtp.client import Capabilities, Conversation, Timeouts, Trouble

CONNECTIONS = 10  # at once to one next hop; what Postfix takes from one client without complaint is 50
MAILS = 100  # per connection, so that a restarted or rebalanced next hop gets its share
IDLE_SECONDS = 30.0  # a kept connection that nobody uses; Postfix closes at 300, many firewalls at 60


@dataclass(slots=True)
class _Pool:
    """The kept connections to one next hop, the most recently used last."""

    lanes: asyncio.Semaphore
    idle: list[tuple[Conversation, float]] = field(default_factory=list)

    def take(self) -> Conversation | None:
        self.sweep(IDLE_SECONDS)
        return self.idle.pop()[0] if self.idle else None

    def put(self, conversation: Conversation) -> None:
        if not conversation.usable or conversation.mails >= MAILS:
            conversation.close()
            return
        self.idle.append((conversation, time.monotonic()))
        asyncio.get_running_loop().call_later(IDLE_SECONDS + 0.1, self.sweep, IDLE_SECONDS)

    def sweep(self, older_than: float) -> None:
        limit = time.monotonic() - older_than
        for conversation, since in self.idle:
            if since <= limit:
                conversation.close()
        self.idle = [(conversation, since) for conversation, since in self.idle if since > limit]


class Relay:
    def __init__(self, hostname: str, *, connections: int = CONNECTIONS, timeouts: Timeouts | None = None):
        """`hostname` is ours, for EHLO."""
        self._hostname, self._connections, self._timeouts = hostname, connections, timeouts or Timeouts()
        self._pools: dict[NextHop, _Pool] = {}

    async def send(self, cleared: Cleared, next_hop: NextHop) -> tuple[DeliveryOutcome, ...]:
        """One outcome per recipient, in their order.  Anything but a clear 2xx or 5xx answer to this mail is DEFERRED."""
        pool = self._pool(next_hop)
        async with pool.lanes:
            try:
                conversation, replies = await self._converse(pool, cleared, next_hop)
            except Trouble as trouble:
                return _outcomes(cleared, (trouble.reply,) * len(cleared.recipients), next_hop, "", answered=False)
            verified = " verified" if next_hop.tls is TlsPolicy.VERIFIED else ""
            outcomes = _outcomes(cleared, replies, next_hop, conversation.capabilities.tls + verified, answered=True)
            pool.put(conversation)
        return outcomes

    async def capabilities(self, next_hop: NextHop) -> Capabilities:
        """What the next hop offers now.  Raises Trouble."""
        conversation = await Conversation.open(next_hop, self._hostname, self._timeouts)
        conversation.close()
        return conversation.capabilities

    async def close(self) -> None:
        for pool in self._pools.values():
            pool.sweep(0.0)

    def _pool(self, next_hop: NextHop) -> _Pool:
        return self._pools.setdefault(next_hop, _Pool(asyncio.Semaphore(self._connections)))

    async def _converse(self, pool: _Pool, cleared: Cleared, next_hop: NextHop) -> tuple[Conversation, tuple[Reply, ...]]:
        """Over a kept connection if there is one; if that turns out dead before the content went out, over a new one."""
        if (kept := pool.take()) is not None:
            try:
                return kept, await _speak(kept, cleared)
            except Trouble:
                if kept.committed:
                    raise
        conversation = await Conversation.open(next_hop, self._hostname, self._timeouts)
        return conversation, await _speak(conversation, cleared)


async def _speak(conversation: Conversation, cleared: Cleared) -> tuple[Reply, ...]:
    try:
        return await conversation.send(cleared.sender, cleared.recipients, cleared.content, smtputf8=cleared.smtputf8)
    except BaseException:
        conversation.close()
        raise


def _outcomes(
    cleared: Cleared, replies: Sequence[Reply], next_hop: NextHop, tls: str, *, answered: bool
) -> tuple[DeliveryOutcome, ...]:
    where = f"{next_hop.host}:{next_hop.port}"
    pairs = zip(cleared.recipients, replies, strict=True)
    return tuple(
        DeliveryOutcome(who, _delivery(reply) if answered else Delivery.DEFERRED, reply, where, tls) for who, reply in pairs
    )


def _delivery(reply: Reply) -> Delivery:
    """By the first digit (RFC 5321 4.2.1), with one exception: 552 to RCPT means too many recipients (4.5.3.1.10)."""
    if reply.code // 100 == 2:
        return Delivery.ACCEPTED
    too_many = reply.code == 552 and reply.enhanced in ("5.5.3", "4.5.3")
    return Delivery.REFUSED if reply.code // 100 == 5 and not too_many else Delivery.DEFERRED
