"""Pages from templates: autoescaped, strict, in two languages, with the words of strangers made visible.

Every value that a template prints passes `visible` before it is escaped; a misspelt name is an error, never an empty place.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway.clock import JST
from gateway.visible import cut, visible
from gateway.words import Language, Words

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"


class Pages:
    def __init__(self, organisation: str, banner: str):
        self._environment = _environment(organisation, banner)

    def render(self, template: str, language: Language, **values: Any) -> str:
        """`_("日本語", "English")`, or `_(Words(...))`, is the text in the reader's language."""

        def words(ja: str | Words, en: str = "") -> str:
            return ja.in_(language) if isinstance(ja, Words) else Words(ja, en).in_(language)

        common = {"_": words, "language": language, "left": _left[language]}
        return self._environment.get_template(template).render(**common, **values)


@cache
def _environment(organisation: str, banner: str) -> Environment:
    """Templates are compiled once in a process."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # an upgrade on the disk waits for the restart: new pages do not fit the code that runs
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters |= {"cut": cut, "moment": _moment, "second": _second, "size": _size}
    environment.globals |= {"organisation": organisation, "banner": banner}
    return environment


def _finalized(value: object) -> object:
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _moment(at: float | None) -> str:
    """Unix time as staff read it, in Japan."""
    return "—" if at is None else datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M")


def _second(at: float) -> str:
    """To the second: the order of events in a record."""
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M:%S")


def _size(count: int) -> str:
    for unit, factor in (("MB", 1 << 20), ("KB", 1 << 10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def _duration(seconds: float, units: tuple[str, str, str]) -> str:
    """How long, in its largest unit."""
    for unit, length in zip(units, (86_400, 3_600, 60), strict=True):
        if seconds >= length:
            return f"{seconds // length:.0f}{unit}"
    return f"0{units[-1]}"


_left = {
    Language.JA: lambda seconds: f"残り{_duration(seconds, ('日', '時間', '分'))}",
    Language.EN: lambda seconds: f"{_duration(seconds, (' d', ' h', ' min'))} left",
}
