"""The daily list of held mail: once a day, to whom it concerns, only when it says something new."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from datetime import time
from pathlib import Path

import pytest

from gateway.digest import Digest
from gateway.model import Direction, Work
from gateway.notice import Notices
from gateway.notifier import Notifier
from sanitizers.letter import Mailbox
from tests.gateway.make_spool import TO, Rooms, holding, rooms

NOTICES = Notices.load(Path(__file__).parents[2] / "config" / "notices")
DAY = 86_400.0
MIDNIGHT = time(0, 0)


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened
        assert await opened.spool.audit() == []


def digest(r: Rooms) -> Digest:
    return Digest(r.db, r.spool, r.clock, Notifier(r.clock, Mailbox("例示市", "postmaster@city.example.lg.jp"), 30))


async def sent(r: Rooms) -> dict[str, str]:
    """What waits for the next hop: text by recipient."""
    texts = {}
    for lease in await r.spool.claim("w", Work.RELAY, 99, 30):
        copy = await r.spool.cleared(lease)
        assert lease.item.envelope.direction is Direction.INBOUND
        assert lease.item.envelope.sender == ""
        mail = email.message_from_bytes(copy.content, policy=email.policy.default)
        assert mail["Auto-Submitted"] == "auto-generated"
        texts[copy.item.recipients[0]] = f"{mail['Subject']}\n{mail.get_content()}"
    return texts


async def test_each_recipient_gets_its_own_list_once_a_day(r: Rooms) -> None:
    await r.held()
    await r.held(TO[:1])
    assert await digest(r).due(NOTICES, MIDNIGHT) == 2
    texts = await sent(r)
    assert set(texts) == set(TO)
    assert "【保留一覧】保留中のメールが2件あります" in texts[TO[0]]
    assert texts[TO[0]].count("【新着】見積書の件") == 2
    assert texts[TO[1]].count("受付番号: 2026") == 1
    assert "マクロがあります" in texts[TO[1]]
    assert await digest(r).due(NOTICES, MIDNIGHT) == 0


async def test_a_list_that_says_nothing_new_is_not_sent_until_something_runs_out(r: Rooms) -> None:
    await r.held(TO[:1])
    assert await digest(r).due(NOTICES, MIDNIGHT) == 1
    r.times.pass_(DAY)
    assert await digest(r).due(NOTICES, MIDNIGHT) == 0
    r.times.pass_(27 * DAY)
    assert await digest(r).due(NOTICES, MIDNIGHT) == 1
    assert "【新着】" not in [*(await sent(r)).values()][-1]


async def test_not_before_its_hour_nor_while_the_clock_is_in_doubt(r: Rooms) -> None:
    await r.held()
    assert await digest(r).due(NOTICES, time(23, 59)) == 0
    r.times.wall += 400 * DAY
    assert await digest(r).due(NOTICES, MIDNIGHT) == 0


async def test_a_mail_that_was_released_is_on_no_list(r: Rooms) -> None:
    await r.quarantine.release(await r.held(), "clerk", "ok")
    assert await digest(r).waiting() == {}
    lease = await r.claim()
    await r.spool.settle(lease, holding(lease))
    assert set(await digest(r).waiting()) == set(TO)


async def test_lists_on_demand_are_sent_whatever_the_hour(r: Rooms) -> None:
    await r.held(TO[:1])
    assert await digest(r).due(NOTICES, MIDNIGHT) == 1
    r.times.pass_(1.0)
    assert await digest(r).now(NOTICES) == 1
