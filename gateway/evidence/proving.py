"""The journal is verified as a whole, by hand or once a day, and the result is itself an entry; a bad one alarms (LG-02)."""

from __future__ import annotations

from gateway import journal
from gateway.journal import Query, Verification
from gateway.store.opening import Store
from gateway.words import Words

EVERY = 86_400.0


async def is_due(store: Store) -> bool:
    """A day after the last one, whoever asked for it."""
    last = await journal.find(store.db, Query(kind=journal.Verified.kind()), 1)
    return not last or store.clock.now() - last[0].at >= EVERY


async def prove(store: Store, actor: str) -> Verification:
    result = await journal.verify(store.db, store.journal.verifier)
    events: list[journal.Event] = [
        journal.Verified(
            actor=actor, ok=result.ok, entries=result.entries, checkpoints=result.checkpoints, problem=result.problem
        )
    ]
    if not result.ok:
        where, why = result.first_bad, result.problem
        ja = f"記録の{where}番目が検証に合いません。改ざんか破損のおそれがあります。CSIRTに知らせてください: {why}"
        events.append(journal.Alarm.of("journal", Words(ja, f"entry {where}: {why}")))
    await store.journal.write(*events)
    return result
