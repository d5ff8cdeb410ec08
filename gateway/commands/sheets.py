"""`mugai report destinations` and `inventory`: where each section wrote to (ML-05), and what is held here (DS-03)."""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime

from gateway import periodic
from gateway import settings as settings_file
from gateway.clock import JST
from gateway.commands.forms import add_paper, put
from gateway.destinations import destinations
from gateway.destinations import sheet as sheet_of_destinations
from gateway.disposal.inventory import inventory
from gateway.disposal.inventory import sheet as sheet_of_inventory
from gateway.paper import Sheet
from gateway.policy.observer import House
from gateway.policy.observers import own_domains
from gateway.settings import Settings
from gateway.store.opening import open_store


def add(kinds: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    where = kinds.add_parser(
        "destinations",
        help="where each section wrote to outside in one month, most first (ML-05)",
        description="With `regular_reports.destinations` the gateway sends it to each section's head by itself.",
    )
    where.add_argument("--month", type=_month, default=None, metavar="Y-m", help="2026-11 (default: the last whole one)")
    where.add_argument("--section", default="", metavar="NAME", help="code or name")
    held = kinds.add_parser("inventory", help="what this gateway holds: class, number, oldest, owner, term (管理台帳, DS-03)")
    for parser in (where, held):
        add_paper(parser)
        parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_run(arguments, settings_file.load(arguments.config)))


async def _run(arguments: argparse.Namespace, settings: Settings) -> int:
    made = await (_destinations if arguments.kind == "destinations" else _inventory)(arguments, settings)
    return await put(arguments, made)


async def _destinations(arguments: argparse.Namespace, settings: Settings) -> Sheet:
    with open_store(settings) as store:
        period = arguments.month or periodic.last_month(store.clock.now())
        directory = await store.directory.current()
        found = await store.db.read(destinations, House(own_domains(settings)), period)
        wanted = {s.code for s in directory.sections if arguments.section in ("", s.code, s.name)}
        chosen = [each for each in found if not arguments.section or each.section in wanted]
        return sheet_of_destinations(chosen, directory, period)


async def _inventory(arguments: argparse.Namespace, settings: Settings) -> Sheet:
    with open_store(settings) as store:
        found = await store.db.read(inventory, settings)
        return sheet_of_inventory(found, settings.organisation, store.clock.now())


def _month(text: str) -> periodic.Period:
    try:
        return periodic.month(datetime.strptime(text, "%Y-%m").replace(tzinfo=JST))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form 2026-11") from None
