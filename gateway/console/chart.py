"""The geometry of a bar chart: numbers in, rectangles and labels out.  A template draws them as SVG: no script, no style."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.words import Words

WIDTH, HEIGHT = 880, 180
LEFT, RIGHT, BOTTOM, TOP = 44, 10, 24, 10  # around the bars, for what is written there
_GAP = 0.22  # of a place that stays empty between groups of bars
_MARKS = 12  # labels below the chart at most


@dataclass(frozen=True, slots=True)
class Series:
    name: Words
    colour: str  # its class in the stylesheet
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Mark:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    below: tuple[Mark, ...]
    beside: tuple[Mark, ...]
    places: tuple[str, ...]
    series: tuple[Series, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    floor: int = HEIGHT - BOTTOM


def bars(places: Sequence[str], series: Sequence[Series]) -> Chart:
    """One group of bars for each place, a bar for each series."""
    top = _round_up(max((value for each in series for value in each.values), default=0))
    room, floor = (WIDTH - LEFT - RIGHT) / max(1, len(places)), HEIGHT - BOTTOM
    wide = room * (1 - _GAP) / len(series)
    scale = (floor - TOP) / top
    drawn = tuple(
        Bar(
            round(LEFT + room * (place + _GAP / 2) + wide * number, 1),
            round(floor - value * scale, 1),
            round(wide, 1),
            round(value * scale, 1),
            each.colour,
        )
        for number, each in enumerate(series)
        for place, value in enumerate(each.values)
        if value
    )
    step = -(-len(places) // _MARKS)
    below = tuple(Mark(round(LEFT + room * (n + 0.5), 1), name) for n, name in enumerate(places) if n % step == 0)
    beside = tuple(Mark(round(floor - share * top * scale, 1), f"{share * top:,.0f}") for share in (0, 0.5, 1))
    return Chart(drawn, below, beside, tuple(places), tuple(series))


def _round_up(value: int) -> int:
    """To a number that reads well on an axis, and can be halved."""
    for factor in range(12):
        for lead in (2, 4, 6, 8, 10):
            if value <= lead * 10**factor:
                return int(lead * 10**factor)
    return value
