"""Contents that are handed on by descriptor, to a locked process or to the scanner: in memory, sealed, read only.

Nobody can change what was looked at, and no descriptor that can write is a channel back.  Raises OSError.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable

_SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


def sealed(pieces: Iterable[bytes]) -> int:
    """A new open file description at offset 0, which the caller closes; nothing of it ever lies on a disk."""
    memory = os.memfd_create("content", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(memory, rest) :]
        fcntl.fcntl(memory, fcntl.F_ADD_SEALS, _SEALS)
        return reopened(memory)
    finally:
        os.close(memory)


def reopened(descriptor: int) -> int:
    """Read only and with an offset of its own."""
    return os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_CLOEXEC)
