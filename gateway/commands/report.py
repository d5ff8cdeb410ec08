"""`mugai report`: what is shown to committee and auditor.  Today the self-inspection (AU-02, LG-12)."""

from __future__ import annotations

import argparse
import asyncio
import sys
from functools import partial
from pathlib import Path

from gateway import paper
from gateway import settings as settings_file
from gateway.commands import periodic_reports, sheets
from gateway.commands.forms import put_written, require_paper
from gateway.commands.terminal import operator
from gateway.compliance import page
from gateway.compliance.holding import Holding, hold
from gateway.compliance.model import STATUS_NAMES, Report, Status
from gateway.compliance.report import counted, dump
from gateway.paper import NoPaper
from gateway.settings import Settings
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("report", help="reports to committee and auditor (報告)", description="Reports.")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    own = kinds.add_parser(
        "self-inspection",
        help="each of the 95 requirements: setting, value, result, evidence (自己点検)",
        description="Holds the installation to what the rules of one body demand and prints each requirement with its clause, "
        "setting, value, result and evidence from the journal. Each report is kept as JSON in the state directory and compared "
        "with the one before. Exit 0 = no NG, 1 = some.",
        epilog="A plan for improvement: fill the last columns of the CSV in, then give it to the next report with --plan.",
    )
    own.add_argument("--profile", required=True, metavar="NAME", help="a folder of config/profiles/, or with a demands.yaml")
    own.add_argument("--format", choices=("text", "html", "csv", "json", "pdf"), default="text", help="pdf needs LibreOffice")
    own.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to the terminal")
    own.add_argument("--days", type=float, default=365, help="how far back the journal is read for evidence (default: 365)")
    own.add_argument("--compare", type=Path, metavar="FILE", help="a kept JSON (default: the newest one of this profile)")
    own.add_argument("--plan", type=Path, metavar="FILE", help="the CSV of an earlier report with its plan filled in")
    own.set_defaults(run=run)
    periodic_reports.add(kinds)
    sheets.add(kinds)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    try:
        require_paper(arguments)
        report = asyncio.run(_inspected(arguments, settings))
    except OSError as error:
        print(f"mugai: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    except (ValueError, NoPaper) as error:
        print(f"mugai: {error}", file=sys.stderr)
        return 2
    if failed := asyncio.run(put_written(arguments, partial(_written, report))):
        return failed
    counts = counted(report.rows)
    print("  ".join(f"{STATUS_NAMES[status]} {number}" for status, number in counts.items()), file=sys.stderr)
    return 1 if counts[Status.NG] else 0


async def _inspected(arguments: argparse.Namespace, settings: Settings) -> Report:
    asked = Holding(arguments.profile, arguments.days, operator())
    plan = arguments.plan.read_text("utf-8-sig") if arguments.plan else ""
    with open_store(settings) as store:
        return (await hold(settings, arguments.config, store, asked, earlier=arguments.compare, plan=plan))[0]


async def _written(report: Report, form: str) -> bytes:
    match form:
        case "html":
            return page.page(report).encode()
        case "pdf":
            made = f"Mugai {report.version}　点検日時 {paper.moment(report.at)}"
            return await paper.pdf(page.page(report), f"{report.organisation}　情報セキュリティ自己点検報告書", made)
        case "csv":
            return page.table(report).encode()
        case "json":
            return dump(report)
        case _:
            return page.text(report).encode()
