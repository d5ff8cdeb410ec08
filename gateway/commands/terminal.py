"""Words on a terminal: untrusted ones without markup, escape sequences or bidi games (security.md W8), times, short lists; and
who sits at it."""

from __future__ import annotations

import getpass
import os
import pwd
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gateway.clock import JST

_LOGIN = Path("/proc/self/loginuid")
_NOBODY = 2**32 - 1  # no login: a container, a service
_PIPE = 200  # columns: a receipt stays in one piece for grep


def screen() -> Console:
    """Standard output, as wide as it is; a pipe is wide enough for every table."""
    return Console(width=None if sys.stdout.isatty() else _PIPE)


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


def operator() -> str:
    """Who gives this command: who logged in, which neither su, sudo nor an environment changes; else who came by sudo."""
    with suppress(OSError, ValueError, KeyError):
        if (login := int(_LOGIN.read_text())) != _NOBODY:
            return pwd.getpwuid(login).pw_name
    return os.environ.get("SUDO_USER") or getpass.getuser()
