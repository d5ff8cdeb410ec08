"""How the allow-lists of this package are written down: words with white space between."""

from __future__ import annotations


def words(*lists: str) -> frozenset[str]:
    return frozenset(word for words_ in lists for word in words_.split())
