"""One namespace of the allow-list: which elements and attributes it may bring.

Names come from the published schemas (ISO/IEC 29500, ECMA-376 and the MS-OE376 family), less everything that loads,
runs, links or embeds.  Here are names only; what a value may be is judged in `links`, `fields`, `formula`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Namespace:
    uri: str
    elements: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()  # unqualified, on elements of this namespace
    qualified: frozenset[str] = frozenset()  # in this namespace, on any allowed element


def namespace(uri: str, elements: str = "", attributes: str = "", qualified: str = "") -> Namespace:
    return Namespace(uri, frozenset(elements.split()), frozenset(attributes.split()), frozenset(qualified.split()))
