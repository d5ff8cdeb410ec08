"""`mugai report daily|monthly|yearly`: what came, went and was held, as the gateway mails it; to look at, print or file."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

from gateway import periodic
from gateway import settings as settings_file
from gateway.clock import JST
from gateway.commands.forms import put_written
from gateway.notice import Notices
from gateway.periodic import Period
from gateway.settings import Settings
from gateway.store.opening import open_store


def add(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    for name, option, form, find, help_ in (
        ("daily", "day", "%Y-%m-%d", periodic.day, "one day: mail, why held, findings, what waits, alarms (日報)"),
        ("monthly", "month", "%Y-%m", periodic.month, "one month of the same (月報)"),
        ("yearly", "year", "%Y", _fiscal, "one fiscal year, April to March, of the same: with its drills (年報)"),
    ):
        parser = kinds.add_parser(
            name,
            help=help_,
            description="In Japanese. The gateway mails it by itself to whom `regular_reports:` in gateway.yaml names. "
            "Without a date: the last whole one.",
            epilog=f"Example: mugai report {name} --format pdf --output report.pdf",
        )
        parser.add_argument(f"--{option}", dest="of", type=_dated(form, find), metavar=form.replace("%", ""), help="of when")
        parser.add_argument("--format", choices=("text", "html", "pdf"), default="text", help="pdf needs LibreOffice")
        parser.add_argument("--output", type=Path, metavar="FILE", help="write there instead of to the terminal")
        parser.set_defaults(run=run)


def _fiscal(at: datetime) -> Period:
    """2026 is April 2026 to March 2027."""
    return periodic.year(at.replace(month=4))


def _dated(form: str, find: Callable[[datetime], Period]) -> Callable[[str], Period]:
    def parse(text: str) -> Period:
        try:
            return find(datetime.strptime(text, form).replace(tzinfo=JST))
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not of the form {form.replace('%', '')}") from None

    return parse


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    made = asyncio.run(_made(arguments, settings))
    return asyncio.run(put_written(arguments, partial(_written, made)))


async def _written(made: periodic.Periodic, form: str) -> bytes:
    return periodic.text(made).encode() if form == "text" else await periodic.paper(made, form)


async def _made(arguments: argparse.Namespace, settings: Settings) -> periodic.Periodic:
    names = Notices.load(Path(settings.notices)).names["ja"]
    with open_store(settings) as store:
        now = store.clock.now()
        last = {"daily": periodic.yesterday, "monthly": periodic.last_month, "yearly": periodic.last_year}[arguments.kind]
        period = arguments.of or last(now)
        return await store.db.read(periodic.report, period, names, settings.organisation, now)
