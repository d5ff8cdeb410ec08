"""`mugai report`: what is shown to committee and auditor.  Today the self-inspection (AU-02, LG-12)."""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from datetime import datetime
from functools import partial
from pathlib import Path

from gateway import journal, paper, rights
from gateway import settings as settings_file
from gateway.clock import JST
from gateway.commands import periodic_reports, sheets
from gateway.commands.forms import put_written, require_paper
from gateway.commands.terminal import operator
from gateway.compliance import demands as demands_file
from gateway.compliance import improvement, page
from gateway.compliance.facts import gather
from gateway.compliance.model import STATUS_NAMES, Report, Status
from gateway.compliance.report import KEPT, compared, counted, dump, inspect, load, planned, with_plans
from gateway.journal.note import durable_write
from gateway.paper import NoPaper
from gateway.settings import Settings
from gateway.store.opening import open_store

DAY = 86_400.0


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
    demands = demands_file.load(arguments.profile, arguments.config)
    folder, name = settings.place(KEPT), Path(arguments.profile).name
    with open_store(settings) as store:
        since = max(0.0, store.clock.now() - arguments.days * DAY)
        facts = await gather(settings, arguments.config, store, demands, since)
        report = inspect(facts, name, since)
        if earlier := arguments.compare or _newest(folder, name):
            report = compared(report, load(earlier.read_bytes()))
        report = with_plans(report, await store.db.read(improvement.plans, name))
        if arguments.plan:
            report = planned(report, arguments.plan.read_text("utf-8-sig"))
            plans = {row.id: row.plan for row in report.rows}
            await store.db.write(improvement.enter, name, plans, operator(), store.clock.now())
        content = dump(report)
        folder.mkdir(mode=0o700, exist_ok=True)
        day = datetime.fromtimestamp(report.at, JST)
        await asyncio.to_thread(durable_write, place := folder / f"{name}-{day:%Y%m%d-%H%M%S}.json", content)
        rights.show(settings, place)
        results = tuple(f"{status} {number}" for status, number in counted(report.rows).items())
        digest = hashlib.sha256(content).hexdigest()
        await store.journal.write(journal.SelfInspected(actor=operator(), profile=name, results=results, sha256=digest))
    return report


def _newest(folder: Path, name: str) -> Path | None:
    return max(folder.glob(f"{name}-*.json"), default=None)


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
