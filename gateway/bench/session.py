"""One run of `mugai bench`, from checked arguments to the sheet on the terminal.  Answers the exit code."""

from __future__ import annotations

import argparse
import asyncio
import sys

import uvloop
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway import settings as settings_file
from gateway.bench import SIZES, cdr, mail, report, synthetic
from gateway.bench.page import page
from gateway.clamd import ClamdMissing
from gateway.sandbox import SandboxDown

WIDTH = 150  # characters of the sheet: wider than most terminals, but a figure that is cut is none
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def run_cdr(arguments: argparse.Namespace) -> int:
    try:
        old = report.RUN.validate_json(arguments.compare.read_bytes()) if arguments.compare else None
        cases = cdr.folder(arguments.paths) if arguments.paths else list(synthetic.cases(arguments.size or SIZES))
    except OSError as error:
        return _trouble(f"{error.filename}: {error.strerror}")
    except ValidationError:
        return _trouble(f"{arguments.compare} was not written by this version's `mugai bench cdr --json`")
    if not cases:
        return _trouble("no files in what was given")
    if arguments.repeat < 1:
        return _trouble("--repeat must be at least 1")
    console = Console(stderr=True)
    try:
        with Progress(*_COLUMNS, console=console, transient=True) as progress:
            bar = progress.add_task("測定中 measuring", total=len(cases))
            run = asyncio.run(cdr.measure(cases, repeat=arguments.repeat, on_step=lambda: progress.advance(bar)))
    except SandboxDown as down:
        return _trouble(str(down))
    return _show(run, old, arguments)


def _show(run: report.Run, old: report.Run | None, arguments: argparse.Namespace) -> int:
    console = Console()
    console.width = max(console.width, WIDTH)
    console.print(report.sheet(run))
    if old:
        console.print(report.comparison(old, run))
    try:
        if arguments.json:
            arguments.json.write_bytes(report.RUN.dump_json(run, indent=1))
        if arguments.html:
            arguments.html.write_text(page(run, old), encoding="utf-8")
    except OSError as error:
        return _trouble(f"{error.filename}: {error.strerror}")
    return 0


def run_mail(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    if arguments.count < 1 or arguments.sessions < 1:
        return _trouble("--count and --sessions must be at least 1")
    load = mail.Load(arguments.kind, arguments.count, arguments.sessions)
    try:
        with Progress(*_COLUMNS, console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("配送中 relaying", total=arguments.count)
            work = mail.measure(
                settings, load, arguments.core, arguments.directory, lambda done: progress.update(bar, completed=done)
            )
            flow = uvloop.run(work)
    except (mail.Failed, ClamdMissing) as failed:
        return _trouble(str(failed))
    Console().print(mail.sheet(flow))
    return 0 if flow.lost == 0 else 1


def _trouble(text: str) -> int:
    print(f"mugai: {text}", file=sys.stderr)
    return 2
