"""Passwords of waiting mails: taken, used once, forgotten; few tries; nothing of them anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.control import Rejected
from gateway.model import GrantKind
from gateway.unlocking import KEPT, TRIES, WINDOW, Keyring, Unlock, Unlocking
from sanitizers.model import Reason, Verdict
from tests.gateway.make_spool import Rooms, holding, rooms

PASSWORD = "表計算-2026"


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened
        assert await opened.spool.audit() == []


async def locked(r: Rooms, reason: Reason = Reason.ENCRYPTED) -> int:
    """A mail that waits for a password; the number of its entry."""
    await r.accept(f"Subject: {reason}\r\n\r\n".encode())
    return await hold_again(r, reason)


async def hold_again(r: Rooms, reason: Reason = Reason.WRONG_PASSWORD) -> int:
    lease = await r.claim()
    settlement = holding(lease)
    [hold] = settlement.held
    assert hold.report is not None
    report = replace(hold.report, verdict=Verdict.LOCKED, reason=reason)
    await r.spool.settle(lease, replace(settlement, held=(replace(hold, report=report),)))
    return (await r.quarantine.list())[0].id


async def test_a_password_sends_the_mail_back_with_a_grant_that_does_not_hold_it(r: Rooms) -> None:
    unlocking = Unlocking(r.quarantine, Keyring(r.clock.monotonic))
    entry = await locked(r)
    unlocked = await unlocking.unlock(Unlock(entry, "clerk", PASSWORD))
    lease = await r.claim()
    assert lease.item.id == unlocked.item
    assert lease.grant is not None
    assert (lease.grant.kind, lease.grant.who) == (GrantKind.UNLOCK, "clerk")
    assert unlocking.keyring.of(lease.item.id) == (PASSWORD,)
    unlocking.keyring.forget(lease.item.id)
    assert unlocking.keyring.of(lease.item.id) == ()
    for text in (repr(lease), repr(Unlock(1, "clerk", PASSWORD)), repr(unlocking)):
        assert PASSWORD not in text
    stored = b"".join(file.read_bytes() for file in r.root.rglob("*") if file.is_file())
    assert PASSWORD.encode() not in stored
    assert PASSWORD.encode("cp932") not in stored


async def test_some_wrong_passwords_and_the_mail_has_to_rest(r: Rooms) -> None:
    unlocking = Unlocking(r.quarantine, Keyring(r.clock.monotonic))
    entry = await locked(r)
    for _ in range(TRIES):
        await unlocking.unlock(Unlock(entry, "clerk", "wrong"))
        entry = await hold_again(r)
    with pytest.raises(Rejected, match="wait 10 minutes"):
        await unlocking.unlock(Unlock(entry, "clerk", PASSWORD))
    r.times.pass_(WINDOW + 1)
    assert (await unlocking.unlock(Unlock(entry, "clerk", PASSWORD))).receipt


async def test_only_an_entry_that_waits_for_a_password_takes_one(r: Rooms) -> None:
    unlocking = Unlocking(r.quarantine, Keyring(r.clock.monotonic))
    with pytest.raises(Rejected, match="no quarantine entry 99"):
        await unlocking.unlock(Unlock(99, "clerk", PASSWORD))
    with pytest.raises(Rejected, match="does not wait for a password: マクロがあります"):
        await unlocking.unlock(Unlock(await r.held(), "clerk", PASSWORD))
    with pytest.raises(Rejected, match="no password opens"):
        await unlocking.unlock(Unlock(await locked(r, Reason.UNDECRYPTABLE), "clerk", PASSWORD))
    entry = await locked(r)
    for wrong in ("", "x" * 1_001):
        with pytest.raises(Rejected, match="1 to 1000"):
            await unlocking.unlock(Unlock(entry, "clerk", wrong))
    await unlocking.unlock(Unlock(entry, "clerk", PASSWORD))
    with pytest.raises(Rejected, match="released"):
        await unlocking.unlock(Unlock(entry, "clerk", PASSWORD))


def test_a_password_that_is_not_used_is_forgotten() -> None:
    now = [0.0]
    keyring = Keyring(lambda: now[0])
    keyring.put("a", (PASSWORD,))
    now[0] = KEPT + 1
    assert keyring.of("a") == ()
