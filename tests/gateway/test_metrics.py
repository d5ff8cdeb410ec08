"""Counters that each sealed event moves once, the histogram, the forecast of the disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import disk, journal, tally
from gateway.metrics import Metrics
from tests.gateway.make_spool import START, Rooms, rooms

FACTS = {"disposition": "deliver", "verdict": "SANITISED", "found": ["3 macro removed", "1 script removed"]}


@pytest.fixture
async def r(tmp_path: Path) -> AsyncIterator[Rooms]:
    async with rooms(tmp_path) as opened:
        yield opened


def test_a_decision_counts_for_disposition_verdict_and_each_finding() -> None:
    metrics = Metrics()
    metrics.sealed("decided", FACTS)
    metrics.sealed("alarm", {"name": 'odd "name"\\'})
    lines = metrics.text(
        {"waiting": 3.0, 'certificate_days{which="inbound"}': 12.5, 'certificate_days{which="console"}': -1.0}
    ).splitlines()
    for line in (
        "mugai_decided_total 1",
        'mugai_disposition_total{disposition="deliver"} 1',
        'mugai_verdict_total{verdict="sanitised"} 1',
        'mugai_finding_total{finding="macro removed"} 1',
        'mugai_alarm_total{name="odd \\"name\\"\\\\"} 1',
        "mugai_waiting 3",
        'mugai_certificate_days{which="inbound"} 12.5',
    ):
        assert line in lines
    for metric in ("finding_total", "certificate_days"):
        assert len([line for line in lines if line.startswith(f"# TYPE mugai_{metric}")]) == 1, metric


def test_avl04_quantiles_are_interpolated_and_buckets_add_up() -> None:
    metrics = Metrics()
    assert metrics.inspection.quantile(0.5) is None
    for seconds in (0.03,) * 98 + (4.0, 400.0):
        metrics.inspection.observe(seconds)
    assert metrics.inspection.quantile(0.5) == pytest.approx(0.038, abs=0.001)
    assert metrics.inspection.quantile(0.99) == 5.0
    assert metrics.inspection.quantile(1.0) == 120.0
    text = metrics.text({})
    assert 'mugai_inspection_seconds_bucket{le="0.05"} 98' in text
    assert 'mugai_inspection_seconds_bucket{le="+Inf"} 100' in text
    assert "mugai_inspection_seconds_count 100" in text


async def test_each_event_is_counted_once_when_it_is_sealed(r: Rooms) -> None:
    heard: list[str] = []
    r.journal.listeners.append(lambda kind, facts: heard.append(f"{kind} {facts.get('name', '')}".strip()))
    await r.accept()
    await r.journal.write(journal.Alarm(name="test", detail="x"), journal.Alarm(name="test", detail="y"))
    await r.journal.seal()
    await r.journal.seal()
    r.times.pass_(3_600)
    await r.held()
    await r.journal.seal()
    counts = await r.db.read(tally.between, START - 1, START + 7_200)
    assert tally.totals(counts, "received") == {"inbound": 2}
    assert tally.totals(counts, "alarm") == {"test": 2}
    assert tally.totals(counts, "held") == {"macro": 1}
    assert len({each.hour for each in counts}) == 2
    assert heard == ["received", "alarm test", "alarm test", "received", "held"]


async def test_avl04_the_forecast_follows_the_last_week(r: Rooms) -> None:
    now, gigabyte = START, 1 << 30
    for hour in range(49):
        await r.db.write(disk.note, 100 * gigabyte - hour * gigabyte // 24, now + hour * 3_600)
        if hour == 20:
            assert await r.db.read(disk.days_left, gigabyte, now + hour * 3_600) is None, "less than a day is no basis"
    assert await r.db.read(disk.days_left, 98 * gigabyte, now + 48 * 3_600) == pytest.approx(98, abs=0.2)
    await r.db.write(disk.note, 500 * gigabyte, now + 49 * 3_600)
    assert await r.db.read(disk.days_left, 500 * gigabyte, now + 49 * 3_600) is None, "it grows"
