"""`mugai journal`: read the record of every decision, and prove that it is whole (LG-01, LG-02)."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path

from rich.console import Console

from gateway import settings as settings_file
from gateway.clock import JST
from gateway.commands.terminal import plain
from gateway.journal import Entry, Verification, search, tail, verify
from gateway.store.opening import Store, open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "journal", help="the record of every decision (記録)", description="Reads and verifies the journal."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    newest = actions.add_parser("tail", help="the newest entries")
    newest.add_argument("-n", type=int, default=20, dest="limit")
    finder = actions.add_parser("search", help="entries about a mail, an address, a kind of event, a time")
    finder.add_argument("--mail", default="", metavar="RECEIPT", help="receipt number or id")
    finder.add_argument("--address", default="")
    finder.add_argument("--kind", default="", help="received, decided, held, relayed, released, ...")
    finder.add_argument("--since", type=_moment, default=0.0, metavar="DATE", help="2026-11-21 or 2026-11-21T09:00 (JST)")
    finder.add_argument("--until", type=_moment, default=0.0, metavar="DATE")
    finder.add_argument("-n", type=int, default=200, dest="limit")
    for action in (newest, finder):
        action.add_argument("--json", action="store_true", help="one JSON object a line")
    prover = actions.add_parser("verify", help="is it whole? exit 0 ok, 1 tampered")
    prover.add_argument(
        "--checkpoint", action="append", type=Path, default=[], metavar="FILE", help="a signed checkpoint kept elsewhere"
    )
    prover.add_argument(
        "--key", default="", metavar="VKEY", help="the public key kept elsewhere (default: from the state directory)"
    )
    actions.add_parser("checkpoint", help="sign the present state and print it, to be kept elsewhere")
    parser.set_defaults(run=run)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=JST).timestamp()


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        return asyncio.run(_act(arguments, store))


async def _act(arguments: argparse.Namespace, store: Store) -> int:
    match arguments.action:
        case "tail":
            return _print(await tail(store.db, arguments.limit), arguments.json)
        case "search":
            found = await search(
                store.db,
                item=arguments.mail,
                address=arguments.address,
                kind=arguments.kind,
                since=arguments.since,
                until=arguments.until,
                limit=arguments.limit,
            )
            return _print(found, arguments.json)
        case "checkpoint":
            await store.journal.seal()
            print(await store.journal.checkpoint(), end="")
            return 0
        case _:
            try:
                notes = [path.read_text() for path in arguments.checkpoint]
            except OSError as error:
                print(f"mugai: {error.filename}: {error.strerror}", file=sys.stderr)
                return 2
            return _verdict(await verify(store.db, arguments.key or store.journal.verifier, notes))


def _print(entries: list[Entry], as_json: bool) -> int:
    console = Console(soft_wrap=True)
    for entry in entries:
        if as_json:
            values = {"seq": entry.seq, "at": entry.at, "kind": entry.kind, "item": entry.item, **dict(entry.facts)}
            print(json.dumps(values, ensure_ascii=False))
        else:
            when = datetime.fromtimestamp(entry.at, JST).strftime("%m-%d %H:%M:%S")
            facts = "  ".join(f"{name}={value}" for name, value in entry.facts if value)
            console.print(plain(f"{'-' if entry.seq is None else entry.seq:>6} {when} {entry.kind:<20} {entry.item} {facts}"))
    return 0


def _verdict(result: Verification) -> int:
    counted = (
        f"{result.entries} entries, {result.checkpoints} checkpoints, {result.pending} pending, {result.erased} values erased"
    )
    if result.ok:
        print(f"ok: {counted}")
        return 0
    print(f"TAMPERED at entry {result.first_bad}: {result.problem} ({counted})")
    return 1
