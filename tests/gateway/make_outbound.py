"""Outbound mails of the small town in the real store, with what a rule decided about them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway import journal
from gateway.model import Client, Direction, Envelope, QueueItem, Work
from tests.gateway.make_directory import at
from tests.gateway.make_spool import clearing, ending
from tests.gateway.workflow.make_workflow import PARTNER, Town


async def sent(
    t: Town,
    sender: str = "taro",
    to: Sequence[str] = (PARTNER,),
    *,
    rule: str = "",
    disposition: str = "reject",
    signs: Sequence[str] = (),
    finish: bool = True,
) -> QueueItem:
    """A mail that left; with a `rule`, and that decision about it in the journal."""
    t.sent += 1
    incoming = t.r.spool.incoming()
    await incoming.write(b"Subject: test\r\n\r\nbody %d\r\n" % t.sent)
    address = at(sender) if "@" not in sender else sender
    item = await t.r.spool.accept(
        Envelope(address, tuple(to), Direction.OUTBOUND, Client("192.0.2.9", 25, "mx")), incoming, b""
    )
    if rule:
        await t.r.db.write(journal.insert, (decided(item, rule, disposition, signs),), t.r.clock.now())
    lease = await t.r.claim()
    await t.r.spool.settle(lease, clearing(lease))
    if finish:
        relay = await t.r.claim(Work.RELAY)
        await t.r.spool.settle(relay, ending(relay))
    t.r.times.pass_(1)
    return item


def decided(item: QueueItem, rule: str, disposition: str, signs: Sequence[str]) -> journal.Decided:
    return journal.Decided(
        item=item.id,
        disposition=disposition,
        rule=rule,
        reason="x",
        clauses=("ML-04",),
        policy_version="v",
        profile="p",
        verdict="CLEAN",
        sandbox_level=3,
        parts=(),
        scan="",
        found=(),
        signs=tuple(signs),
        recipients=item.recipients,
    )
