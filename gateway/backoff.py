"""When to try again: exponential with jitter, up to a ceiling, for a lifetime (RFC 5321 4.5.4.1)."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds throughout."""

    first: float
    longest: float
    lifetime: float

    def delay(self, attempts: int) -> float:
        """After the `attempts`-th failure.  The jitter of a quarter keeps a thousand mails from coming back together."""
        plain = min(self.longest, self.first * 2.0 ** min(attempts - 1, 30))
        return plain * random.uniform(0.75, 1.25)  # noqa: S311 -- jitter, no secret
