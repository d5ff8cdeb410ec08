"""`mugai sbom` and `mugai advisories`: what is installed here, and which known weaknesses it has (HD-05)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path

from gateway import advisories, journal, materials
from gateway import settings as settings_file
from gateway.commands.terminal import operator, plain
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    bill = commands.add_parser(
        "sbom",
        help="what is installed: Python and Debian packages, as CycloneDX (部品表)",
        description="Writes a CycloneDX 1.6 SBOM of this installation: every Python package, the libraries inside of wheels as "
        "far as those say, and the Debian packages that the gateway drives.",
    )
    bill.add_argument("--output", type=Path, metavar="FILE", help="instead of standard output")
    bill.set_defaults(run=_bill)
    comparison = commands.add_parser(
        "advisories",
        help="known weaknesses of what is installed (脆弱性情報との照合)",
        description="Holds what is installed against OSV records, a JSON file each, without a network: carry osv.dev's "
        "archives for PyPI and Debian in, unpacked. The result goes into the record; `mugai check` shows the newest one. "
        "Exit 0 = none known, 1 = some.",
    )
    comparison.add_argument("folder", type=Path, metavar="FOLDER")
    comparison.set_defaults(run=_compare)


def _bill(arguments: argparse.Namespace) -> int:
    text = json.dumps(materials.bill(materials.installed(), time.time()), ensure_ascii=False, indent=2) + "\n"
    if arguments.output is None:
        sys.stdout.write(text)
    else:
        arguments.output.write_text(text)
    return 0


def _compare(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    parts = materials.installed()
    result = advisories.compare(arguments.folder, parts)
    found = tuple(f"{each.id} {each.part.source}" for each in result.found)
    with open_store(settings) as store:
        event = journal.AdvisoriesCompared(
            actor=operator(), records=result.records, newest=result.newest, parts=len(parts), found=found
        )
        asyncio.run(store.journal.write(event))
    for each in result.found:
        print(plain(str(each)))
    told = f"{len(found)} known weaknesses" if found else "no known weakness"
    print(f"{told} in {len(parts)} parts; {result.records} records up to {result.newest}", file=sys.stderr)
    return 1 if found else 0
