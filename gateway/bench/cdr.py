"""`mugai bench cdr`: every file through the wall as in the gateway, and alone beside its floor in a sandbox of its own.

The first is what users wait for (scan excepted, verification included); the second is what the sanitisers answer for.
Raises SandboxDown.  Presentation is `report.py`'s.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import ValidationError

from gateway.bench.report import Machine, Measured, Run, Wall, summary
from gateway.bench.stopwatch import TIMING, Timing
from gateway.bench.synthetic import Case
from gateway.clock import JST
from gateway.inspection import Inspector
from gateway.sandbox import Answer, Sandbox, SandboxDown
from sanitizers.model import Limits, Part, Profile, Task, Treatment
from sanitizers.protocol import Start

WALL_SECONDS = 120.0
NO_OPS = 50  # empty jobs, for the median
_LIMITS = replace(Limits(), part_bytes=256 << 20, total_bytes=1 << 30, parts=10_000)  # as `mugai sanitize`
_PROFILE = Profile(limits=_LIMITS)


class _Recording(Sandbox):
    """Keeps every answer: the inspector hands on what was found, not what it cost."""

    answers: list[Answer]

    async def run(self, *arguments: Any, **named: Any) -> Answer:
        answer = await super().run(*arguments, **named)
        self.answers.append(answer)
        return answer


def folder(paths: Iterable[Path]) -> list[Case]:
    """The files in and below `paths`.  Raises OSError."""
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*"))) if file.is_file()]
    return [Case("", str(file), file.read_bytes()) for file in files]


async def measure(cases: Sequence[Case], *, repeat: int, on_step: Callable[[], None] = lambda: None) -> Run:
    """One file at a time.  `on_step` is called once a file."""
    production, bench = _Recording(), Sandbox(tasks="gateway.bench.stopwatch")
    production.answers = []
    try:
        for sandbox in (production, bench):
            test = await sandbox.start()
            if not sandbox.ready:
                raise SandboxDown(f"the sandbox reaches only level {test.level} here; see `mugai check`")
        wall = await _wall(bench)
        measured = []
        for case in cases:
            measured.append(await _file(case, production, bench, repeat))
            on_step()
    finally:
        await production.stop()
        await bench.stop()
    machine = Machine(platform.processor() or platform.machine(), os.cpu_count() or 1, platform.python_version())
    now = datetime.now(JST).isoformat(timespec="seconds")
    return Run(now, version("mugai"), machine, repeat, wall, summary(measured), tuple(measured))


async def _wall(bench: Sandbox) -> Wall:
    """What an empty job costs: fork, lock, two pipes, the end of a process."""
    start = Start(Task.VERIFY, Part("", "", ""), Profile())
    answers = [await bench.run(start, b"", wall_seconds=WALL_SECONDS) for _ in range(NO_OPS)]
    return Wall(median(a.seconds for a in answers), median(a.cpu_seconds for a in answers), max(a.peak_bytes for a in answers))


async def _file(case: Case, production: _Recording, bench: Sandbox, repeat: int) -> Measured:
    inspector = Inspector(production, None, wall_seconds=WALL_SECONDS)
    name = Path(case.name).name
    production.answers.clear()
    latencies = []
    for _ in range(repeat):
        started = time.perf_counter()
        report, outcome = await inspector.file(case.content, name, _PROFILE)
        latencies.append(time.perf_counter() - started)
    worst = report.worst()
    removed = [f.treatment is not Treatment.KEPT for part in report.walk() for f in part.findings]
    timing = await _timing(case.content, name, bench)
    return Measured(
        group=case.group or report.detected or "?",
        name=case.name,
        detected=report.detected,
        verdict=worst.verdict.name.lower(),
        reason=worst.reason or "",
        bytes_in=len(case.content),
        bytes_out=len(outcome.output or b""),
        latencies=tuple(latencies),
        cpu_seconds=sum(answer.cpu_seconds for answer in production.answers) / repeat,
        jobs=len(production.answers) // repeat,
        peak_bytes=max(answer.peak_bytes for answer in production.answers),
        removed=sum(removed),
        timing=timing,
    )


async def _timing(content: bytes, name: str, bench: Sandbox) -> Timing | None:
    """None when the file ended its worker, which the verdict tells."""
    start = Start(Task.SANITISE, Part("", name, "", (name,)), _PROFILE)
    answer = await bench.run(start, content, wall_seconds=WALL_SECONDS)
    try:
        return TIMING.validate_json(answer.outcome.output or b"")
    except ValidationError:
        return None
