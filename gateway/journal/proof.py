"""RFC 6962 2.1.1: that one entry is in the tree of a checkpoint, proven by the hashes beside its path."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """All levels over `leaves`, made once: 64 bytes an entry, about a second for a million."""

    def __init__(self, leaves: Sequence[bytes]):
        self._levels = [list(leaves)]
        while len(level := self._levels[-1]) > 1:
            pairs = [_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            self._levels.append(pairs + level[len(pairs) * 2 :])  # an odd one is carried up as it is

    @property
    def root(self) -> bytes:
        return self._levels[-1][0] if self._levels[0] else hashlib.sha256(b"").digest()

    def path(self, index: int) -> list[bytes]:
        """Bottom to top.  Raises IndexError."""
        self._levels[0][index]
        found = []
        for level in self._levels[:-1]:
            if (index ^ 1) < len(level):
                found.append(level[index ^ 1])
            index //= 2
        return found


def root_from(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that this path leads to; RFC 9162 2.1.3.2.  Raises ValueError for a path of another length."""
    if not 0 <= index < size:
        raise ValueError("no such entry in a tree of this size")
    last, found, waiting = size - 1, leaf_hash, list(path)
    while last:
        if index % 2 or index < last:
            if not waiting:
                raise ValueError("the path is too short")
            beside = waiting.pop(0)
            found = _node(beside, found) if index % 2 else _node(found, beside)
        index, last = index // 2, last // 2
    if waiting:
        raise ValueError("the path is too long")
    return found
