"""`mugai bench cdr` and `mugai bench mail`: what the sanitisers and the whole path cost on this machine.

Exit 0 = measured, 1 = measured, but something that was sent did not arrive, 2 = usage or set-up.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import uvloop
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from gateway import settings as settings_file
from gateway.bench import cdr, mail, report, synthetic
from gateway.bench.page import page
from gateway.clamd import ClamdMissing
from gateway.sandbox import SandboxDown

WIDTH = 150  # characters of the sheet: wider than most terminals, but a figure that is cut is none
SIZES = ("small", "medium", "large")
_COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "bench",
        help="what it costs on this machine (性能測定)",
        description="Measures the sanitisers (cdr) or the whole path (mail).",
    )
    kinds = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    _add_cdr(kinds.add_parser("cdr", help="each format, beside the least that it must cost (ファイルの無害化)"))
    _add_mail(kinds.add_parser("mail", help="a whole gateway under load, in a state of its own (メールの配送)"))


def _add_cdr(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Sanitises a reproducible set of synthetic files, or the files given, and measures time, memory and effect."
    )
    parser.epilog = "Example: mugai bench cdr --json now.json --html now.html --compare before.json"
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders; default: the synthetic set")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure, for a later --compare")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write one page with plots")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="each file so many times (default: 3)")
    parser.add_argument("--size", action="append", choices=SIZES, help="of the synthetic set; may be repeated (default: all)")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="show the change since an earlier --json")
    parser.set_defaults(run=run_cdr)


def _add_mail(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Starts a gateway, a clamd and a next hop that keeps nothing, sends N mails through and waits for them."
    )
    parser.epilog = "Example: mugai bench mail --kind docx --count 500 --core 0"
    parser.add_argument("--count", type=int, default=300, metavar="N", help="mails (default: 300)")
    parser.add_argument(
        "--kind", choices=mail.KINDS, default="text", help="text 5 KB, docx 100 KB, mixed 70:30 (default: text)"
    )
    parser.add_argument("--sessions", type=int, default=8, metavar="K", help="SMTP connections at once (default: 8)")
    parser.add_argument("--core", type=int, metavar="C", help="pin everything but the sender to this core")
    parser.add_argument("--directory", type=Path, metavar="DIR", help="where the state is made; take the disk that counts")
    parser.set_defaults(run=run_mail)


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
