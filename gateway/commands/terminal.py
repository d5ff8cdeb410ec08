"""Untrusted words on a terminal: no markup of rich's, no escape sequences, no bidi games (security.md W8)."""

from __future__ import annotations

import unicodedata

from rich.text import Text


def plain(text: str, style: str = "") -> Text:
    """Line feeds stay; every other control or format character becomes visible as U+FFFD."""
    safe = "".join(c if c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else "\ufffd" for c in text)
    return Text(safe, style)
