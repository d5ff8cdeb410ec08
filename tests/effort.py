"""That hostile input costs what its length says and not its square.

No stopwatch: the input is so long that a look at all of it for each byte would take minutes of processor time, and the bound
is a hundred times what the right way takes.  How busy the machine is does not matter.  How fast that is, `mugai bench` says.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 30  # of processor time


@contextmanager
def linear() -> Iterator[None]:
    """Ends what runs in it after SECONDS of processor time."""

    def too_long(*_: object) -> None:
        raise AssertionError(f"more than {SECONDS} s of processor time: not linear")

    began, before = time.process_time(), signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert time.process_time() - began < SECONDS  # a library that does not look at signals
