"""Words on a terminal: untrusted ones without markup, escape sequences or bidi games (security.md W8), times, short lists."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from gateway.clock import JST


def plain(text: str, style: str = "") -> Text:
    """Line feeds stay; every other control or format character becomes visible as U+FFFD."""
    safe = "".join(c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else "\ufffd" for c in text)
    return Text(safe, style)


def moment(at: float) -> str:
    """Unix time as staff read it, in Japan."""
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M:%S")


def few(addresses: Sequence[str], most: int = 3) -> str:
    """The first ones, and how many more there are."""
    return ", ".join(addresses[:most]) + (f" +{len(addresses) - most}" if len(addresses) > most else "")
