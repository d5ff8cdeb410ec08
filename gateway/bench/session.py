"""One run of `mugai bench`, from checked arguments to the sheet on the terminal.  Answers the exit code."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway import settings as settings_file
from gateway.bench import SIZES, cdr, mail, policy, report, review, synthetic
from gateway.bench.page import page
from gateway.clamd import ClamdMissing
from gateway.commands.terminal import screen
from gateway.policy import file as policy_file
from gateway.sandbox import SandboxDown
from gateway.store.opening import open_store

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


def run_console(arguments: argparse.Namespace) -> int:
    """Exit code 1 when a page took longer than was promised, or did not come."""
    if arguments.count < 1:
        return _trouble("--count must be at least 1")
    settings = settings_file.load(arguments.config)
    with TemporaryDirectory(dir=arguments.directory, prefix="mugai-bench-") as place:
        settings = settings.model_copy(update={"state_directory": Path(place)})
        with Progress(*_COLUMNS, transient=True) as progress, open_store(settings) as store:
            bar = progress.add_task("測定中 measuring", total=None)
            timed = asyncio.run(review.measure(settings, store, arguments.count, lambda: progress.advance(bar)))
    screen().print(_pages(timed, arguments.count))
    return int(any(each.status != 200 or each.seconds > each.limit for each in timed))


def run_policy(arguments: argparse.Namespace) -> int:
    """The rules are those of the configuration's file."""
    if arguments.count < 1:
        return _trouble("--count must be at least 1")
    settings = settings_file.load(arguments.config)
    rules = policy_file.load(Path(settings.policy))
    with TemporaryDirectory(dir=arguments.directory, prefix="mugai-bench-") as place:
        settings = settings.model_copy(update={"state_directory": Path(place)})
        with Progress(*_COLUMNS, transient=True) as progress, open_store(settings) as store:
            bar = progress.add_task("測定中 measuring", total=arguments.count + 1)
            try:
                walks = uvloop.run(policy.measure(settings, store, rules, arguments.count, lambda: progress.advance(bar)))
            except SandboxDown as down:
                return _trouble(str(down))
    Console(width=WIDTH).print(policy.sheet(walks))
    return 0


def _pages(timed: Sequence[review.Timed], count: int) -> Table:
    table = Table(title=f"{count:,} mails held", title_justify="left")
    for heading in ("page", "median ms", "worst ms", "promised ms", "status", "bytes"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for each in timed:
        ms = (f"{1_000 * seconds:.0f}" for seconds in (each.seconds, each.worst, each.limit))
        table.add_row(each.name, *ms, str(each.status), f"{each.bytes:,}")
    return table


def _show(run: report.Run, old: report.Run | None, arguments: argparse.Namespace) -> int:
    console = screen()
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
    screen().print(mail.sheet(flow))
    return 0 if flow.lost == 0 else 1


def _trouble(text: str) -> int:
    print(f"mugai: {text}", file=sys.stderr)
    return 2
