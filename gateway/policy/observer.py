"""What looks at an outbound mail before the rules do: each observer knows one subject and answers with signs.

Observers only tell; rules decide.  An exception in one is the pipeline's: the step fails and is tried again, nothing leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from gateway.model import Inspection, Observation, QueueItem


class Observer(Protocol):
    async def observe(self, item: QueueItem, inspection: Inspection) -> tuple[Observation, ...]:
        """What `item`, as inspected, shows of the observer's subject; `()` = nothing."""


@dataclass(frozen=True, slots=True)
class House:
    """Which addresses are ours.  All in lower case."""

    domains: tuple[str, ...]
    further: tuple[str, ...] = ()  # patterns

    def owns(self, address: str) -> bool:
        return self.is_ours(address) or matches(address, self.further)

    def is_ours(self, address: str) -> bool:
        """By our own domains alone."""
        return domain_of(address) in self.domains


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def matches(address: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(address.lower(), pattern) for pattern in patterns)
