"""`mugai sanitize FILE...`: the gateway's sanitisers on files, in the same sandbox, one JSON line a file.

Exit 0 = all delivered, 1 = some withheld, locked or failed, 2 = usage or set-up.  Without `--clamd` nothing is scanned
for viruses: the rebuild does not depend on signatures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway import settings as settings_file
from gateway.inspection import Inspector, ScannerDown
from gateway.model import PartReport
from gateway.notice import Notices
from gateway.office import Office
from gateway.sandbox import Sandbox, SandboxDown
from gateway.scan import Scanner
from sanitizers.model import Finding, Limits, Method, Outcome, Profile


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "sanitize",
        help="make files harmless (ファイルの無害化)",
        description="Rebuilds each FILE from what is known to be harmless, inside the sandbox, and reports what was found.",
        epilog="Example: mugai sanitize 見積書.docm 図面.pdf --output clean --report report.jsonl",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="files, or folders (searched recursively)")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="where the safe files go (created; nothing is overwritten)"
    )
    parser.add_argument("--report", type=Path, metavar="REPORT.jsonl", help="one JSON line a file; default: standard output")
    parser.add_argument(
        "--profile", choices=[m.value for m in Method], default=Method.REBUILD.value, help="method (default: rebuild)"
    )
    parser.add_argument("--password", action="append", default=[], metavar="P", help="try this password; may be repeated")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="files at once (default: one per core)"
    )
    parser.add_argument("--seconds", type=float, default=120, metavar="S", help="time limit for one file (default: 120)")
    parser.add_argument("--clamd", type=Path, metavar="SOCKET", help="also scan every part with this clamd")
    parser.set_defaults(run=run)


@dataclass(frozen=True, slots=True)
class Line:
    """One file's answer, as it is written to the report."""

    input: str
    output: str | None
    detected: str
    verdict: str
    reason: str | None
    detail: str
    findings: tuple[Finding, ...]
    seconds: float
    sha256_in: str
    sha256_out: str | None

    def json(self) -> str:
        findings = [{"kind": f.kind, "where": f.where, "detail": f.detail, "treatment": f.treatment} for f in self.findings]
        values = {name: getattr(self, name) for name in self.__slots__} | {
            "findings": findings,
            "seconds": round(self.seconds, 4),
        }
        return json.dumps(values, ensure_ascii=False)


def run(arguments: argparse.Namespace) -> int:
    files = list(_files(arguments.files))
    if missing := [path for path in arguments.files if not path.exists()]:
        print(f"mugai: {missing[0]} does not exist", file=sys.stderr)
        return 2
    if not files:
        print("mugai: no files in what was given", file=sys.stderr)
        return 2
    arguments.output.mkdir(parents=True, exist_ok=True)
    with _report_file(arguments.report) as report:
        return asyncio.run(_sanitize(arguments, files, report))


def _report_file(path: Path | None) -> TextIO:
    return path.open("w", encoding="utf-8") if path else os.fdopen(os.dup(1), "w", encoding="utf-8")


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (p for p in sorted(path.rglob("*")) if p.is_file())
        elif path.exists():
            yield path


async def _sanitize(arguments: argparse.Namespace, files: list[Path], report: TextIO) -> int:
    sandbox = Sandbox()
    test = await sandbox.start()
    if not sandbox.ready:
        print(f"mugai: the sandbox reaches only level {test.level} here; see `mugai check`", file=sys.stderr)
        return 2
    limits = replace(Limits(), part_bytes=256 << 20, total_bytes=1 << 30, parts=10_000)  # files are larger than mails
    profile = Profile(arguments.profile, Method(arguments.profile), limits=limits, passwords=tuple(arguments.password))
    scanner = Scanner(arguments.clamd, largest=95 << 20) if arguments.clamd else None
    office = Office(lanes=max(1, arguments.jobs))
    notices = Notices.load(Path(settings_file.load(arguments.config).notices))
    desk = _Desk(
        Inspector(sandbox, scanner, wall_seconds=arguments.seconds, office=office, note=notices.withheld_note),
        profile,
        arguments.output,
        asyncio.Semaphore(max(1, arguments.jobs)),
    )
    withheld = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("無害化 sanitising", total=len(files))
            pending = [asyncio.create_task(desk.treat(file)) for file in files]
            for task in pending:
                line = await task
                withheld += line.output is None
                report.write(line.json() + "\n")
                progress.advance(bar)
    except ScannerDown as down:
        print(f"mugai: {down}; start clamd or leave out --clamd", file=sys.stderr)
        return 2
    except SandboxDown as down:
        print(f"mugai: the sandbox broke twice on one file: {down}", file=sys.stderr)
        return 2
    finally:
        await sandbox.stop()
        await office.stop()
    print(f"{len(files) - withheld} delivered, {withheld} withheld", file=sys.stderr)
    return 1 if withheld else 0


@dataclass
class _Desk:
    """Treats one file after the other, `slots` at once, and finds a free name for each result."""

    inspector: Inspector
    profile: Profile
    output: Path
    slots: asyncio.Semaphore

    async def treat(self, file: Path) -> Line:
        async with self.slots:
            started = time.monotonic()
            try:
                descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
            except OSError as error:
                return Line(str(file), None, "", "failed", "unreadable", str(error), (), 0.0, "", None)
            try:
                report, outcome = await self._inspected(descriptor, file.name)
            finally:
                os.close(descriptor)
            place = None if outcome.output is None else self._write(outcome)
            return _line(file, place, report, outcome, time.monotonic() - started)

    async def _inspected(self, descriptor: int, name: str) -> tuple[PartReport, Outcome]:
        """A second try when the sandbox itself broke: another file may have been the reason."""
        try:
            return await self.inspector.file(descriptor, name, self.profile)
        except SandboxDown:
            return await self.inspector.file(descriptor, name, self.profile)

    def _write(self, outcome: Outcome) -> Path:
        """Never overwrites: report.docm and report.docx must not become one report.docx."""
        assert outcome.output is not None
        stem, dot, extension = outcome.name.rpartition(".")
        for number in range(1, 100_000):
            name = outcome.name if number == 1 else f"{stem or extension} ({number}){dot and stem and '.' + extension}"
            try:
                with (self.output / name).open("xb") as target:
                    target.write(outcome.output)
                return self.output / name
            except FileExistsError:
                continue
        raise FileExistsError(f"no free name for {outcome.name} in {self.output}")


def _line(file: Path, place: Path | None, report: PartReport, outcome: Outcome, seconds: float) -> Line:
    worst = report.worst()
    findings = tuple(
        replace(finding, where=f"{part.path or part.name}: {finding.where}" if part is not report else finding.where)
        for part in report.walk()
        for finding in part.findings
    )
    blamed = worst if worst.reason else report
    return Line(
        input=str(file),
        output=None if place is None else str(place),
        detected=report.detected,
        verdict=worst.verdict.name.lower(),
        reason=blamed.reason,
        detail=blamed.detail,
        findings=findings,
        seconds=seconds,
        sha256_in=report.sha256_in,
        sha256_out=None if place is None else report.sha256_out,
    )
