"""`mugai sanitize` over a folder, then the judge over what came out: one row a folder, one line for each thing to look at."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.judge.active import active
from tests.judge.look import kept, look


@dataclass
class Row:
    """`opened` could be read before; of these `delivered` came out, and `open_after` could be read again."""

    folder: str
    files: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    opened: int = 0
    delivered: int = 0
    open_after: int = 0
    words_before: int = 0
    words_kept: int = 0
    pages_differ: int = 0
    seconds: list[float] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def words_share(self) -> float:
        return self.words_kept / self.words_before if self.words_before else 1.0

    @property
    def left(self) -> int:
        return sum(remark.startswith("ACTIVE") for remark in self.remarks)


def judge(folder: Path, output: Path, *, profile: str = "rebuild") -> Row:
    """Sanitises everything in `folder` by the command that users have.  `output` must be empty."""
    report = output / "report.jsonl"
    output.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "gateway.cli", "sanitize", str(folder), "--profile", profile]
    done = subprocess.run(
        [*command, "--output", str(output / "files"), "--report", str(report)], capture_output=True, text=True
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return of_report(folder.name, report)


def of_report(name: str, report: Path) -> Row:
    row = Row(name)
    for line in report.read_text().splitlines():
        answer = json.loads(line)
        row.files += 1
        row.seconds.append(answer["seconds"])
        row.verdicts[answer["verdict"]] += 1
        if answer["reason"]:
            row.reasons[f"{answer['verdict']} {answer['reason']}"] += 1
        _weigh(row, Path(answer["input"]), Path(answer["output"]) if answer["output"] else None, answer["reason"])
    return row


def _weigh(row: Row, source: Path, result: Path | None, reason: str | None) -> None:
    before = look(source.read_bytes())
    if before is not None and before.opens:
        row.opened += 1
    if result is None:
        if before is not None and before.opens:
            row.remarks.append(f"opens, not delivered: {source.name} ({reason})")
        return
    content = result.read_bytes()
    row.remarks += [f"ACTIVE {result.name}: {what}" for what in sorted(set(active(content)))]
    if before is None or not before.opens:
        return
    after = look(content)
    row.delivered += 1
    if after is None or not after.opens:
        row.remarks.append(f"does not open any more: {source.name} -> {result.name}")
        return
    row.open_after += 1
    here, all_ = kept(before.words, after.words)
    row.words_kept += here
    row.words_before += all_
    if here < all_:
        lost = list((before.words - after.words).elements())
        row.remarks.append(f"{len(lost)} of {all_} words lost: {source.name}: {' '.join(lost[:6])}")
    if before.pages != after.pages:
        row.pages_differ += 1
        row.remarks.append(f"pages {before.pages} -> {after.pages}: {source.name}")


COLUMNS = (
    *("folder", "files", "clean", "sanitised", "withheld", "locked", "failed"),
    *("open before", "delivered", "open after", "words kept", "pages differ", "active left", "p50 / p95 ms"),
)


def table(rows: Iterable[Row]) -> str:
    """Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for row in rows:
        verdicts = " | ".join(str(row.verdicts[v]) for v in ("clean", "sanitised", "withheld", "locked", "failed"))
        times = sorted(row.seconds)
        p50, p95 = (times[int(len(times) * share)] * 1000 for share in (0.5, 0.95)) if times else (0, 0)
        words = f"{row.words_share:.3%} of {row.words_before}"
        lines.append(
            f"| {row.folder} | {row.files} | {verdicts} | {row.opened} | {row.delivered} | {row.open_after} | {words}"
            f" | {row.pages_differ} | {row.left} | {p50:.0f} / {p95:.0f} |"
        )
    return "\n".join(lines)
