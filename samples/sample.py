"""What a sample is, and the unique mark that a threat carries."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sample:
    """One file.  `canary` stands in the threat: wherever it shows up in an output, the threat got through."""

    path: str  # below the output directory
    row: str  # of the design that it tests: D2, F5, J11, ...
    about: str
    content: bytes = field(repr=False)
    canary: str = ""
    verdict: str = "SANITISED"  # of the worst part, by the default profile: a name of Verdict; "" where either will do


def canary(slot: str) -> str:
    """Letters and digits only, so that no encoding changes it; the same on every run."""
    return "CANARY" + hashlib.sha256(slot.encode()).hexdigest()[:16].upper()
