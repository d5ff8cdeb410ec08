"""`mugai baseline`: the approved state of configuration and program, signed; and whether it still is so (HD-02)."""

from __future__ import annotations

import argparse
import asyncio
import sys

from gateway import settings as settings_file
from gateway.commands.terminal import operator, plain
from gateway.integrity import Integrity, integrity_of
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "baseline",
        help="are configuration and program as approved? (改ざん検査)",
        description="Compares gateway.yaml, policy.yaml, what they lie over, notices and the program with a signed baseline. "
        "The gateway does so at start, every hour and on SIGHUP; integrity.when_changed says what a difference means.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    maker = actions.add_parser(
        "make", help="the present state is approved: after each change that was agreed on, and each update"
    )
    maker.add_argument("--reason", required=True, help="goes into the record")
    actions.add_parser("check", help="what differs; exit 0 nothing, 1 something")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        integrity = integrity_of(settings, store, arguments.config)
        return asyncio.run(_make(integrity, arguments.reason) if arguments.action == "make" else _check(integrity))


async def _make(integrity: Integrity, reason: str) -> int:
    try:
        count = await integrity.make(operator(), reason)
    except (OSError, ValueError) as error:
        print(f"mugai: {error}", file=sys.stderr)
        return 2
    print(f"baseline of {count} files, signed")
    return 0


async def _check(integrity: Integrity) -> int:
    found = await integrity.difference()
    for line in found:
        print(plain(line))
    print(f"{len(found)} differences" if found else "as approved", file=sys.stderr)
    return 1 if found else 0
