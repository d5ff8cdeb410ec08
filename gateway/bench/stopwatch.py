"""The benchmark's own table of tasks, for a sandbox of its own: what is timed runs locked, as hostile files may be measured.

SANITISE puts one content through its floor and through its sanitiser in turn and answers a `Timing` as JSON; VERIFY does
nothing at all, which shows what the wall itself costs.  Imported by the zygote; shares nothing with the supervisor.
"""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from statistics import median

import pypdfium2
from pydantic import TypeAdapter

from gateway.bench import floor
from sanitizers import registry, tasks
from sanitizers.job import Job, LocalJob
from sanitizers.model import Outcome, Part, Profile, Task, Treatment, Verdict
from sanitizers.protocol import Claim, Start
from sanitizers.worker import TaskTable

ROUNDS, SECONDS = 9, 2.0  # enough for a median of small files; large ones fill the time, far below a worker's 20 s of CPU
_TEXT = re.compile(rb">([^<>]+)<")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds are medians of `rounds`.  Characters are those between a document's tags or on its pages, without white space."""

    rounds: int
    seconds: float
    floor_seconds: float | None
    characters_in: int | None
    characters_out: int | None
    left: int  # findings of a second run over the output: what a rebuild left behind


TIMING: TypeAdapter[Timing] = TypeAdapter(Timing)


def timing(content: bytes, part: Part, profile: Profile) -> tuple[Outcome, Timing]:
    outcome = registry.sanitise(content, part, LocalJob(profile))  # warms what only the first run needs
    bare = _working(floor.of(outcome.detected), content)
    floors: list[float] = []
    runs: list[float] = []
    until = time.perf_counter() + SECONDS
    while len(runs) < ROUNDS and (not runs or time.perf_counter() < until):
        if bare is not None:
            floors.append(_seconds(lambda: bare(content)))
        runs.append(_seconds(lambda: registry.sanitise(content, part, LocalJob(profile))))
    return outcome, Timing(
        len(runs),
        median(runs),
        median(floors) if floors else None,
        characters(content, outcome.detected),
        None if outcome.output is None else characters(outcome.output, outcome.media_type),
        _left(outcome, profile),
    )


def _working(bare: floor.Floor | None, content: bytes) -> floor.Floor | None:
    if bare is not None:
        with suppress(Exception):  # broken content has no floor
            bare(content)
            return bare
    return None


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _left(outcome: Outcome, profile: Profile) -> int:
    if outcome.output is None:
        return 0
    again = registry.sanitise(outcome.output, Part("", outcome.name, outcome.media_type, (outcome.name,)), LocalJob(profile))
    return sum(finding.treatment is not Treatment.KEPT for finding in again.findings)


def characters(content: bytes, media_type: str) -> int | None:
    """None where counting is not cheap, or not possible."""
    with suppress(Exception):
        if "officedocument" in media_type or "oasis.opendocument" in media_type:
            return _in_package(content)
        if media_type == "application/pdf":
            return _in_pages(content)
    return None


def _in_package(content: bytes) -> int:
    """Between the tags of everything that is shown; formulas and properties are not text."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if re.search(r"(document|sharedStrings|slide\d+|content)\.xml$", name):
                total += sum(len(_SPACE.sub("", run.decode("utf-8", "replace"))) for run in _TEXT.findall(archive.read(name)))
    return total


def _in_pages(content: bytes) -> int:
    document = pypdfium2.PdfDocument(content)
    try:
        return sum(len(_SPACE.sub("", page.get_textpage().get_text_bounded())) for page in document)
    finally:
        document.close()


def _measure(content: bytes, start: Start, job: Job) -> Claim:
    outcome, measured = timing(content, start.part, start.profile)
    return Claim(Outcome(Verdict.CLEAN, outcome.detected, TIMING.dump_json(measured), "application/json", "timing.json"))


def _nothing(content: bytes, start: Start, job: Job) -> Claim:
    return Claim(Outcome(Verdict.CLEAN, ""))


TASKS: TaskTable = {**tasks.TASKS, Task.SANITISE: _measure, Task.VERIFY: _nothing}
