from __future__ import annotations

from gateway.clock import GRACE, Clock
from tests.gateway.make_spool import START, Times


def made() -> tuple[Times, Clock]:
    times = Times()
    return times, Clock(lambda: times.wall, lambda: times.monotonic)


def test_it_follows_the_wall_clock_while_that_is_credible() -> None:
    times, clock = made()
    times.pass_(100)
    times.wall += 2.5
    assert clock.now() == START + 102.5
    assert clock.jump == 0.0


def test_i6_a_jump_does_not_move_it_and_is_told() -> None:
    times, clock = made()
    times.wall += 10 * 365 * 86_400
    times.pass_(5)
    assert clock.now() == START + 5
    assert clock.jump > 86_400


def test_a_jump_that_is_taken_back_is_forgotten() -> None:
    times, clock = made()
    times.wall -= 86_400
    assert clock.jump < 0
    times.wall += 86_400
    assert clock.jump == 0.0


def test_a_jump_that_lasts_a_day_is_believed() -> None:
    times, clock = made()
    times.wall += 86_400
    assert clock.jump
    times.pass_(GRACE + 1)
    assert clock.now() == times.wall
    assert clock.jump == 0.0


def test_an_incredible_gap_before_the_start_holds_expiry_for_a_day() -> None:
    for last in (START + 7_200, START - 400 * 86_400):
        times, clock = made()
        clock.resume(last)
        assert clock.jump
        times.pass_(GRACE + 1)
        assert clock.jump == 0.0


def test_an_ordinary_gap_is_no_jump() -> None:
    for last in (0.0, START - 5, START - 10 * 86_400, START + 60):
        _, clock = made()
        clock.resume(last)
        assert clock.jump == 0.0
