"""ML-01, HD-04, HD-08, AV-11: mail stops by hand and by itself, nothing is lost, and two people let it go on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import smtplib
import sqlite3
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from tests.end_to_end.outbound import STAFF, House, house, mail
from tests.running import CONFIG
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
OUTSIDE = "partner@example.com"
CHIEF, SECOND = (f"{name}@city.example.lg.jp" for name in ("jouhoukacho", "jouhou"))
VOLUME = """volume:
  throttle_seconds: 0.3
  outbound:
    sender: {warn: 3, throttle: 6, stop: 12}
    source: {warn: 0, throttle: 0, stop: 0}
    all: {warn: 0, throttle: 0, stop: 40}
  registered:
    - {sender: survey@city.example.lg.jp, until: 2099-12-31, recipients: 500, reason: 住民アンケート}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(clamd, tmp_path_factory.mktemp("cutoff"), VOLUME) as running:
        mugai = running.gateway.mugai
        await asyncio.to_thread(mugai, "directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
        yield running


def halts(site: House) -> list[dict[str, str]]:
    return list(json.loads(site.gateway.mugai("stop", "--json")))


def resume(site: House, number: str, who: str) -> str:
    return site.gateway.mugai("resume", number, "--as", who, "--reason", "確認済み", check=False)


async def resumed(site: House) -> None:
    """Whatever is stopped goes on, by two people."""
    stopped = await asyncio.to_thread(halts, site)
    for halt in stopped:
        for who in (CHIEF, SECOND):
            await asyncio.to_thread(resume, site, str(halt["id"]), who)
    assert await asyncio.to_thread(halts, site) == []
    for sender in {halt["value"] if halt["scope"] == "sender" else STAFF for halt in stopped}:
        await hears(site.gateway.outbound, sender, OUTSIDE, 250)
        await hears(site.gateway.inbound, OUTSIDE, sender, 250)


def said(port: int, sender: str, recipient: str) -> int:
    """What the listener answers to MAIL and RCPT."""
    with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=PATIENCE) as client:
        client.ehlo()
        code, _ = client.mail(sender)
        return client.rcpt(recipient)[0] if code == 250 else code


async def hears(port: int, sender: str, recipient: str, code: int) -> None:
    """That answer, as soon as the listener has looked."""
    await until(lambda: said(port, sender, recipient) == code)


async def test_hd04_a_side_is_cut_off_by_hand_while_the_gateway_is_wedged_and_after_a_restart(site: House) -> None:
    assert site.gateway.process is not None
    os.kill(site.gateway.process.pid, signal.SIGSTOP)
    try:
        await asyncio.to_thread(site.gateway.mugai, "stop", "outbound", "--reason", "CISOの決定 第12号")
    finally:
        os.kill(site.gateway.process.pid, signal.SIGCONT)
    await hears(site.gateway.outbound, STAFF, OUTSIDE, 421)
    assert said(site.gateway.inbound, OUTSIDE, STAFF) == 250
    site.gateway.kill()
    await asyncio.to_thread(site.gateway.start)
    assert said(site.gateway.outbound, STAFF, OUTSIDE) == 421
    assert "CISOの決定 第12号" in site.gateway.mugai("journal", "search", "--kind", "halted")
    await resumed(site)
    assert said(site.gateway.outbound, STAFF, OUTSIDE) == 250


async def test_hd04_a_stop_waits_beside_a_locked_store_and_counts_afterwards(site: House) -> None:
    lock = sqlite3.connect(site.gateway.state / "mugai.sqlite", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        told = await asyncio.to_thread(site.gateway.mugai, "stop", "inbound", "--reason", "固まった装置")
        assert "counts as soon as" in told
    finally:
        lock.execute("ROLLBACK")
        lock.close()
    await hears(site.gateway.inbound, OUTSIDE, STAFF, 421)
    assert [halt["reason"] for halt in halts(site)] == ["固まった装置"]
    await resumed(site)


async def test_hd04_what_is_queued_waits_and_leaves_once_after_resuming(site: House) -> None:
    await site.outside.stop()
    receipt = await site.send(mail("待つメール"), OUTSIDE, sender="queued@city.example.lg.jp")
    await until(lambda: site.gateway.asked("SELECT id FROM job WHERE work = 'relay' AND attempts > 0"))
    await asyncio.to_thread(site.gateway.mugai, "stop", "both", "--reason", "訓練")
    await site.outside.start()
    await asyncio.sleep(2)  # longer than between two tries
    assert receipt in [row["receipt"] for row in site.gateway.queued()]  # a letter about the stop before may wait, too
    await resumed(site)
    assert [d.recipients for d in await site.left(receipt)] == [(OUTSIDE,)]


async def test_lg08_the_same_person_can_not_confirm_and_a_reason_is_needed(site: House) -> None:
    site.gateway.mugai("stop", "inbound", check=False)
    assert halts(site) == []
    site.gateway.mugai("stop", "inbound", "--reason", "訓練")
    number = str(halts(site)[0]["id"])
    assert "second person confirms" in resume(site, number, CHIEF)
    assert resume(site, number, CHIEF) == ""
    assert [halt["asked_by"] for halt in halts(site)] == [CHIEF]
    assert "has ended" in resume(site, number, SECOND)
    found = site.gateway.mugai("journal", "search", "--kind", "case_step")
    assert CHIEF in found
    assert SECOND in found


async def test_av11_a_sender_is_isolated_both_ways_and_what_it_sent_is_listed(site: House) -> None:
    bad = "virus@city.example.lg.jp"
    receipt = await site.send(mail("一通目", From=bad), OUTSIDE, sender=bad)
    await site.left(receipt)
    told = json.loads(site.gateway.mugai("isolate", bad.upper(), "--reason", "感染の疑い", "--json"))
    assert [(m["receipt"], m["recipients"]) for m in told["sent"]] == [(receipt, [[OUTSIDE, "relayed"]])]
    await hears(site.gateway.outbound, bad, OUTSIDE, 450)
    assert said(site.gateway.inbound, OUTSIDE, bad) == 450
    assert said(site.gateway.outbound, STAFF, OUTSIDE) == 250
    await resumed(site)


async def test_av11_a_host_is_isolated_on_both_sides(site: House) -> None:
    site.gateway.mugai("isolate", "127.0.0.1", "--reason", "感染した端末")
    await hears(site.gateway.outbound, STAFF, OUTSIDE, 421)
    assert said(site.gateway.inbound, OUTSIDE, STAFF) == 421
    await resumed(site)


async def test_ml01_a_flood_is_warned_of_slowed_and_stopped_and_nothing_accepted_is_lost(site: House) -> None:
    flooder = "flood@city.example.lg.jp"

    async def sends(*numbers: int) -> list[str]:
        return [await site.send(mail(f"第{n}号", From=flooder), OUTSIDE, sender=flooder) for n in numbers]

    def told(level: str) -> bool:
        return f"volume-{level}" in [alarm["name"] for alarm in site.gateway.facts("alarm")]

    receipts = await sends(*range(3))
    await until(lambda: told("warn"))
    receipts += await sends(*range(3, 6))
    await until(lambda: told("throttle"))
    started = asyncio.get_running_loop().time()
    receipts += await sends(6)
    assert asyncio.get_running_loop().time() - started > 0.29  # slowed
    receipts += await sends(*range(7, 12))
    await hears(site.gateway.outbound, flooder, OUTSIDE, 450)
    assert said(site.gateway.outbound, STAFF, OUTSIDE) == 250  # the others go on
    [halt] = halts(site)
    assert (halt["scope"], halt["value"], halt["actor"]) == ("sender", flooder, "gateway")
    alarms = site.gateway.mugai("journal", "search", "--kind", "alarm")
    assert all(f"volume-{level}" in alarms for level in ("warn", "throttle", "stop"))
    await resumed(site)
    assert said(site.gateway.outbound, flooder, OUTSIDE) == 250  # what two people saw does not stop it again
    await site.gateway.until_empty()
    for receipt in receipts:
        assert len(await site.left(receipt)) == 1


async def test_ml01_a_registered_bulk_sender_may_write_to_many(site: House) -> None:
    sender = "survey@city.example.lg.jp"
    everybody = [f"citizen{n}@example.net" for n in range(50)]
    receipt = await site.send(mail("アンケート", From=sender), *everybody, sender=sender)
    await asyncio.sleep(0.5)  # longer than the guard's knowledge is old
    assert said(site.gateway.outbound, sender, OUTSIDE) == 250
    assert halts(site) == []
    assert len((await site.left(receipt))[0].recipients) == 50


async def test_ml01_too_much_in_all_stops_the_side(site: House) -> None:
    for number in range(4):  # 40 recipients: a fifth mail might meet the stop already
        sender = f"office{number}@city.example.lg.jp"
        with suppress(AssertionError, smtplib.SMTPException):  # the last ones may find the door shut
            await site.send(mail(f"第{number}号", From=sender), *(f"p{n}@example.net" for n in range(10)), sender=sender)
    await hears(site.gateway.outbound, STAFF, OUTSIDE, 421)
    assert said(site.gateway.inbound, OUTSIDE, STAFF) == 250
    assert halts(site)[0]["scope"] == "outbound"
    await resumed(site)
