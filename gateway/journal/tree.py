"""RFC 6962 2.1: the Merkle tree over the journal's entries, kept as its right edge only (O(log n))."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

_EMPTY = hashlib.sha256(b"").digest()


def leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass
class Frontier:
    """`roots`: of the full subtrees, large to small; one for each set bit of `size`."""

    size: int = 0
    roots: list[bytes] = field(default_factory=list)

    def add(self, leaf_hash: bytes) -> None:
        self.roots.append(leaf_hash)
        self.size += 1
        full = self.size
        while full % 2 == 0:
            right = self.roots.pop()
            self.roots.append(_node(self.roots.pop(), right))
            full //= 2

    def root(self) -> bytes:
        if not self.roots:
            return _EMPTY
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = _node(left, root)
        return root

    def dump(self) -> bytes:
        return b"".join(self.roots)

    @classmethod
    def load(cls, size: int, dumped: bytes) -> Frontier:
        return cls(size, [dumped[i : i + 32] for i in range(0, len(dumped), 32)])
