"""What a run of `mugai bench cdr` says: values per file and per format, as JSON for the next comparison and as a table.

Everything is derived from the files' own figures; a ratio is of medians taken side by side in one process.
The page for a browser is `page.py`'s.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter
from rich.table import Table

from gateway.bench.stopwatch import Timing
from gateway.commands.terminal import plain

# performance.md: times its floor
REACH = {
    "docx": 3.0,
    "xlsx": 3.0,
    "docx-photos": 1.2,
    "pptx": 1.2,
    "pdf": 1.3,
    "jpeg": 1.3,
    "application/pdf": 1.3,
    "image/jpeg": 1.3,
}


@dataclass(frozen=True, slots=True)
class Machine:
    processor: str
    cores: int
    python: str


@dataclass(frozen=True, slots=True)
class Wall:
    """An empty job through the sandbox, median: its cost is what the wall adds to each part and to each verification."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int  # of a worker that did nothing: the zygote's pages


@dataclass(frozen=True, slots=True)
class Measured:
    """One file.  `latencies` in seconds through the wall; `cpu_seconds` of all its workers; `timing` without the wall."""

    group: str
    name: str
    detected: str
    verdict: str
    reason: str
    bytes_in: int
    bytes_out: int
    latencies: tuple[float, ...]
    cpu_seconds: float
    jobs: int
    peak_bytes: int
    removed: int
    timing: Timing | None

    @property
    def ratio(self) -> float | None:
        floor = self.timing.floor_seconds if self.timing else None
        return self.timing.seconds / floor if self.timing and floor else None

    @property
    def delivered(self) -> bool:
        return self.verdict in ("clean", "sanitised")


@dataclass(frozen=True, slots=True)
class Row:
    """One format.  Rates are of one lane; latencies in seconds; `text_kept` and `size` are out : in of what was delivered."""

    group: str
    files: int
    delivered: int
    verdicts: dict[str, int]
    files_per_second: float
    megabytes_per_second: float
    p50: float
    p95: float
    p99: float
    peak_bytes: int
    ratio: float | None  # median of the files'
    largest_ratio: float | None  # of the largest file: small ones pay for what has no floor
    removed: int
    left: int
    text_kept: float | None
    size: float | None


@dataclass(frozen=True, slots=True)
class Run:
    time: str
    version: str
    machine: Machine
    repeat: int
    wall: Wall
    rows: tuple[Row, ...]
    files: tuple[Measured, ...]


RUN: TypeAdapter[Run] = TypeAdapter(Run)


def summary(measured: Iterable[Measured]) -> tuple[Row, ...]:
    groups: dict[str, list[Measured]] = {}
    for each in measured:
        groups.setdefault(each.group, []).append(each)
    return tuple(_row(group, files) for group, files in groups.items())


def _row(group: str, files: Sequence[Measured]) -> Row:
    latencies = sorted(latency for each in files for latency in each.latencies)
    seconds, runs = sum(latencies), sum(len(each.latencies) for each in files)
    delivered = [each for each in files if each.delivered]
    verdicts = sorted(each.verdict for each in files)
    largest = max(files, key=lambda each: each.bytes_in)
    return Row(
        group=group,
        files=len(files),
        delivered=len(delivered),
        verdicts={verdict: verdicts.count(verdict) for verdict in verdicts},
        files_per_second=runs / seconds,
        megabytes_per_second=sum(each.bytes_in * len(each.latencies) for each in files) / 1e6 / seconds,
        p50=percentile(latencies, 50),
        p95=percentile(latencies, 95),
        p99=percentile(latencies, 99),
        peak_bytes=max(each.peak_bytes for each in files),
        ratio=_median([each.ratio for each in files if each.ratio is not None]),
        largest_ratio=largest.ratio,
        removed=sum(each.removed for each in files),
        left=sum(each.timing.left for each in files if each.timing),
        text_kept=_text_kept(delivered),
        size=_share(sum(each.bytes_out for each in delivered), sum(each.bytes_in for each in delivered)),
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Nearest rank: always a value that was measured."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _median(values: Sequence[float]) -> float | None:
    return percentile(sorted(values), 50) if values else None


def _text_kept(delivered: Iterable[Measured]) -> float | None:
    counted = [(t.characters_out, t.characters_in) for each in delivered if (t := each.timing) and t.characters_out is not None]
    return _share(sum(after or 0 for after, _ in counted), sum(before or 0 for _, before in counted))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


COLUMNS = (
    ("形式 format", "left"),
    ("件 files", "right"),
    ("納品 delivered", "right"),
    ("件/秒 files/s", "right"),
    ("MB/s", "right"),
    ("p50 ms", "right"),
    ("p95 ms", "right"),
    ("p99 ms", "right"),
    ("メモリ peak MB", "right"),
    ("下限比 × floor", "right"),
    ("最大の一件 largest ×", "right"),
    ("除去 removed", "right"),
    ("残り left", "right"),
    ("文字 text %", "right"),
    ("大きさ size %", "right"),
)


def cells(row: Row) -> tuple[str, ...]:
    """One row of the sheet, in the order of COLUMNS."""
    milliseconds = (f"{seconds * 1000:.1f}" for seconds in (row.p50, row.p95, row.p99))
    rates = (f"{row.files_per_second:.1f}", f"{row.megabytes_per_second:.2f}")
    ratios = (_number(row.ratio), _number(row.largest_ratio))
    safety = (str(row.removed), str(row.left), _percent(row.text_kept), _percent(row.size))
    return (
        row.group,
        str(row.files),
        str(row.delivered),
        *rates,
        *milliseconds,
        f"{row.peak_bytes / 1e6:.0f}",
        *ratios,
        *safety,
    )


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.1f}"


def sheet(run: Run) -> Table:
    wall = run.wall
    cost = f"壁 wall: {wall.seconds * 1000:.1f} ms, CPU {wall.cpu_seconds * 1000:.1f} ms a job"
    title = f"mugai bench cdr {run.version}, {run.time}; {cost}, {wall.peak_bytes / 1e6:.0f} MB"
    return _table(title, COLUMNS, (cells(row) for row in run.rows))


CHANGES = (
    ("形式 format", "left"),
    ("件/秒 files/s", "right"),
    ("MB/s", "right"),
    ("p50", "right"),
    ("p95", "right"),
    ("メモリ peak", "right"),
    ("下限比 × floor", "right"),
    ("納品 delivered", "right"),
    ("残り left", "right"),
)


def changes(old: Run, new: Run) -> Iterator[tuple[str, ...]]:
    """What both runs measured: old → new and the change in per cent."""
    before = {row.group: row for row in old.rows}
    for row in new.rows:
        if was := before.get(row.group):
            pairs = (
                (was.files_per_second, row.files_per_second),
                (was.megabytes_per_second, row.megabytes_per_second),
                (was.p50 * 1000, row.p50 * 1000),
                (was.p95 * 1000, row.p95 * 1000),
                (was.peak_bytes / 1e6, row.peak_bytes / 1e6),
                (was.ratio, row.ratio),
                (was.delivered, row.delivered),
                (was.left, row.left),
            )
            yield (row.group, *(_change(*pair) for pair in pairs))


def _change(old: float | None, new: float | None) -> str:
    if old is None or new is None:
        return "-"
    per_cent = f" ({(new / old - 1) * 100:+.0f} %)" if old else ""
    return f"{old:.4g} → {new:.4g}{per_cent}"


def comparison(old: Run, new: Run) -> Table:
    return _table(f"{old.time} → {new.time}", CHANGES, changes(old, new))


def _table(title: str, columns: Sequence[tuple[str, str]], rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(title=plain(title), title_justify="left")
    for heading, side in columns:
        table.add_column(heading.replace(" ", "\n", 1), justify="right" if side == "right" else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(plain, row))
    return table
