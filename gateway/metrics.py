"""What Prometheus scrapes: counters and one histogram in memory, gauges asked for at the scrape; text format 0.0.4.

Ours and not prometheus_client: these lines are all that we would use of it.  Counters are fed by the path itself (the sealer's
events, the runner's clock), start at 0 with the process, and their labels come from closed sets.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway import tally

# Seconds.  A plain mail takes 0.02 s, a picture 0.2 s, LibreOffice 3 s; at 120 s a mail is held.
BOUNDS = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_LABELS = {"disposition": "disposition", "verdict": "verdict", "finding": "finding", **tally.LABELS}


@dataclass
class Histogram:
    """Counts by upper bound; the last place is for what is above them all."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def quantile(self, share: float) -> float | None:
        """Interpolated in its bucket, as Prometheus does; None before the first observation."""
        wanted, below = share * sum(self.counts), 0
        if not wanted:
            return None
        for index, bound in enumerate(BOUNDS):
            here = self.counts[index]
            if here and below + here >= wanted:
                lower = BOUNDS[index - 1] if index else 0.0
                return round(lower + (bound - lower) * (wanted - below) / here, 3)
            below += here
        return BOUNDS[-1]


@dataclass
class Metrics:
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    inspection: Histogram = field(default_factory=Histogram)

    def sealed(self, kind: str, facts: Mapping[str, Any]) -> None:
        """One fact, committed."""
        self.events.update(tally.of(kind, facts))

    def text(self, gauges: Mapping[str, float]) -> str:
        return "\n".join([*self._counters(), *self._histogram(), *_gauges(gauges), ""])

    def _counters(self) -> Iterator[str]:
        last = ""
        for (name, label), count in sorted(self.events.items()):
            metric = f"mugai_{name}_total"
            if metric != last:
                yield f"# TYPE {metric} counter"
                last = metric
            yield f"{metric}{_labelled(_LABELS[name], label) if name in _LABELS else ''} {count}"

    def _histogram(self) -> Iterator[str]:
        metric, below = "mugai_inspection_seconds", 0
        yield f"# HELP {metric} One mail: read, scanned, rebuilt, verified, composed."
        yield f"# TYPE {metric} histogram"
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self.inspection.counts, strict=True):
            below += count
            yield f'{metric}_bucket{{le="{bound}"}} {below}'
        yield f"{metric}_sum {self.inspection.total:.6f}"
        yield f"{metric}_count {below}"


def _gauges(gauges: Mapping[str, float]) -> Iterator[str]:
    last = ""
    for name, value in gauges.items():
        if (metric := name.partition("{")[0]) != last:
            yield f"# TYPE mugai_{metric} gauge"
            last = metric
        yield f"mugai_{name} {value:g}" if abs(value) < 1e6 else f"mugai_{name} {value:.0f}"


def _labelled(name: str, value: str) -> str:
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{{{name}="{escaped}"}}'
