"""ML-01: the sliding windows, and what a resumption forgives."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.cutoff import Scope, Volume
from gateway.cutoff.volume import Key, Level, Passed
from gateway.model import Direction
from gateway.volume_settings import VolumeSettings

TODAY = date(2026, 11, 28)
ALICE = "alice@city.example.lg.jp"
SETTINGS = VolumeSettings.model_validate(
    {
        "window_seconds": 60,
        "outbound": {
            "sender": {"warn": 2, "throttle": 4, "stop": 8},
            "source": {"warn": 0, "throttle": 0, "stop": 0},
            "all": {"warn": 0, "throttle": 0, "stop": 10},
        },
        "registered": [{"sender": "survey@city.example.lg.jp", "until": TODAY, "recipients": 100, "reason": "アンケート"}],
    }
)


def passed(number: int, at: float, sender: str = ALICE, recipients: int = 1) -> Passed:
    return Passed(f"ID{number}", Direction.OUTBOUND, sender, "192.0.2.1", at, recipients)


def key(scope: Scope = Scope.SENDER, value: str = ALICE) -> Key:
    return Key(Direction.OUTBOUND, scope, value)


@pytest.mark.parametrize(
    ("recipients", "level"), [(1, Level.CALM), (2, Level.WARN), (4, Level.THROTTLE), (7, Level.THROTTLE), (8, Level.STOP)]
)
def test_ml01_levels_count_recipients(recipients: int, level: Level) -> None:
    volume = Volume(SETTINGS)
    assert key() in volume.take([passed(1, 100.0, recipients=recipients)], 100.0, TODAY)
    assert volume.level(key(), TODAY) is level


def test_ml01_the_window_slides_and_nothing_counts_twice() -> None:
    volume = Volume(SETTINGS)
    for now in range(100, 104):  # every look sees the last seconds again
        volume.take([passed(n, float(n)) for n in range(max(100, now - 2), now + 1)], float(now), TODAY)
    assert volume.count(key()) == 4
    volume.take([], 161.5, TODAY)
    assert volume.count(key()) == 2
    volume.take([], 200.0, TODAY)
    assert (volume.count(key()), volume.level(key(), TODAY)) == (0, Level.CALM)


def test_ml01_what_came_before_a_resumption_stops_nobody_again() -> None:
    volume = Volume(SETTINGS)
    volume.take([passed(1, 100.0, recipients=9)], 100.0, TODAY)
    assert volume.level(key(), TODAY) is Level.STOP
    assert volume.level(key(), TODAY, after=101.0) is Level.CALM


def test_ml01_all_senders_together_and_nobody_for_a_report() -> None:
    volume = Volume(SETTINGS)
    volume.take([passed(n, 100.0, f"s{n}@city.example.lg.jp", 2) for n in range(5)], 100.0, TODAY)
    assert volume.level(key(Scope.OUTBOUND, ""), TODAY) is Level.STOP
    assert volume.level(key(Scope.HOST, "192.0.2.1"), TODAY) is Level.CALM
    assert [k.scope for k in volume.keys(Direction.OUTBOUND, "", "192.0.2.1")] == [Scope.HOST, Scope.OUTBOUND]


def test_ml01_a_registered_sender_has_its_own_limit_until_its_last_day() -> None:
    survey = "survey@city.example.lg.jp"
    volume = Volume(SETTINGS)
    volume.take([passed(1, 100.0, survey, 99)], 100.0, TODAY)
    assert volume.level(key(value=survey), TODAY) is Level.CALM
    assert volume.level(key(Scope.OUTBOUND, ""), TODAY) is Level.CALM
    assert volume.level(key(value=survey), date(2026, 11, 29)) is Level.STOP
    volume.take([passed(2, 101.0, survey, 1)], 101.0, TODAY)
    assert volume.level(key(value=survey), TODAY) is Level.STOP
