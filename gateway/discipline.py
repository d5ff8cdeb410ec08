"""How far the machine's clock may be off, as its kernel knows it from whoever disciplines it: chrony, ntpd, timesyncd (LG-05).

Read only, by adjtimex(2); asking a time server is theirs.  What this process makes of a clock that jumps is `clock.py`'s.
"""

from __future__ import annotations

import ctypes
import sys

_UNSYNCHRONISED = 0x0040  # STA_UNSYNC of timex.h: nobody has disciplined the clock for hours, or ever


class _Timex(ctypes.Structure):
    """struct timex, as far as it is read; the rest is room for what the kernel writes."""

    _fields_ = (
        ("modes", ctypes.c_uint),  # 0 = change nothing
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),  # microseconds
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("_rest", ctypes.c_char * 512),
    )


def error() -> float | None:
    """The most seconds that the clock may be off; None = it is not synchronised, or the kernel does not say."""
    if sys.platform != "linux":
        return None
    state = _Timex()
    if ctypes.CDLL(None).adjtimex(ctypes.byref(state)) < 0 or state.status & _UNSYNCHRONISED:
        return None
    return float(state.maxerror) / 1e6
