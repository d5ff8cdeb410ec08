"""`mugai journal`: read the record of every decision, and prove that it is whole (LG-01, LG-02)."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from rich.console import Console

from gateway import settings as settings_file
from gateway.clock import JST
from gateway.commands.terminal import operator, plain
from gateway.evidence.examine import examine
from gateway.evidence.export import EXPORTED, FORMS
from gateway.evidence.pack import make, read_original
from gateway.journal import Entry, Exported, JournalDamaged, Query, Searched, Verification, find, tail, verify
from gateway.spool import MissingContent
from gateway.store.opening import Store, open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "journal", help="the record of every decision (記録)", description="Reads and verifies the journal."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    newest = actions.add_parser("tail", help="the newest entries")
    newest.add_argument("-n", type=int, default=20, dest="limit")
    finder = actions.add_parser("search", help="entries about a mail, an address, a kind of event, a time")
    finder.add_argument("-n", type=int, default=200, dest="limit")
    exporter = actions.add_parser("export", help="entries for other programs; the export itself is recorded (ML-11)")
    exporter.add_argument("--form", choices=sorted(FORMS), default="csv", help="csv opens in Excel as it is")
    exporter.add_argument("--purpose", required=True, help="why; it is recorded")
    packer = actions.add_parser(
        "pack",
        help="an evidence pack: entries, proofs, signed checkpoint, chain-of-custody sheet",
        description="Of one mail (--mail) or a period (--since, --until). Checked anywhere by `mugai journal verify --pack`.",
    )
    packer.add_argument("--reason", required=True, help="why; it is recorded and stands in the chain-of-custody sheet")
    packer.add_argument("--original", action="store_true", help="with the original's bytes: only where evidence needs them")
    for action in (exporter, packer):
        action.add_argument("--as", dest="who", default=getpass.getuser(), metavar="NAME", help="who does this")
        action.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="made anew, readable by you alone")
    for action in (finder, exporter, packer):
        _add_query(action)
    finder.add_argument("--purpose", default="", help="why; that somebody looked is recorded in any case (ML-11)")
    finder.add_argument("--as", dest="who", default=operator(), metavar="NAME", help="who does this")
    for action in (newest, finder):
        action.add_argument("--json", action="store_true", help="one JSON object a line")
    prover = actions.add_parser("verify", help="is it whole? exit 0 ok, 1 tampered")
    prover.add_argument(
        "--checkpoint", action="append", type=Path, default=[], metavar="FILE", help="a signed checkpoint kept elsewhere"
    )
    prover.add_argument(
        "--key", default="", metavar="VKEY", help="the public key kept elsewhere (default: from the state directory)"
    )
    prover.add_argument("--pack", type=Path, metavar="FILE", help="an evidence pack instead; needs no store")
    actions.add_parser("checkpoint", help="sign the present state and print it, to be kept elsewhere")
    parser.set_defaults(run=run)


def _add_query(action: argparse.ArgumentParser) -> None:
    action.add_argument("--mail", default="", metavar="RECEIPT", help="receipt number or id")
    action.add_argument("--address", default="", help="a whole address, subject or file name")
    action.add_argument("--text", default="", help="a part of one")
    action.add_argument("--kind", default="", help="received, decided, held, relayed, released, ...")
    action.add_argument("--rule", default="")
    action.add_argument("--actor", default="", help="who did it")
    action.add_argument("--sha256", default="", help="of a mail, a delivered copy or a part")
    action.add_argument("--since", type=_moment, default=0.0, metavar="DATE", help="2026-11-21 or 2026-11-21T09:00 (JST)")
    action.add_argument("--until", type=_moment, default=0.0, metavar="DATE")


def _query(arguments: argparse.Namespace) -> Query:
    return Query(
        item=arguments.mail,
        address=arguments.address,
        kind=arguments.kind,
        rule=arguments.rule,
        actor=arguments.actor,
        sha256=arguments.sha256,
        text=arguments.text,
        since=arguments.since,
        until=arguments.until,
    )


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=JST).timestamp()


def run(arguments: argparse.Namespace) -> int:
    if getattr(arguments, "pack", None):
        return _examine(arguments.pack, arguments.key)
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        return asyncio.run(_act(arguments, store))


async def _act(arguments: argparse.Namespace, store: Store) -> int:
    match arguments.action:
        case "tail":
            return _print(await tail(store.db, arguments.limit), arguments.json)
        case "search":
            return await _search(arguments, store)
        case "export":
            return await _export(arguments, store)
        case "pack":
            return await _pack(arguments, store)
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


async def _search(arguments: argparse.Namespace, store: Store) -> int:
    query = _query(arguments)
    entries = (await find(store.db, query, arguments.limit))[::-1]
    look = Searched(actor=arguments.who, purpose=arguments.purpose, found=len(entries), query=str(query))
    await store.journal.write(look)
    return _print(entries, arguments.json)


async def _export(arguments: argparse.Namespace, store: Store) -> int:
    query, (write, _, _) = _query(arguments), FORMS[arguments.form]
    entries = (await find(store.db, query, EXPORTED))[::-1]
    with new_file(arguments.output) as file:
        file.writelines(write(entries))
    done = Exported(actor=arguments.who, purpose=arguments.purpose, form=arguments.form, entries=len(entries), query=str(query))
    await store.journal.write(done)
    print(f"{arguments.output}: {len(entries)} entries")
    if len(entries) == EXPORTED:
        print(f"mugai: only the newest {EXPORTED}; choose a shorter period", file=sys.stderr)
    return 0


async def _pack(arguments: argparse.Namespace, store: Store) -> int:
    query = _query(arguments)
    if not (query.item or (query.since and query.until)):
        print("mugai: name one mail (--mail) or a period (--since and --until)", file=sys.stderr)
        return 2
    try:
        original = await read_original(store, query.item) if arguments.original else None
        made = await make(store, query, arguments.who, arguments.reason, original)
    except (LookupError, ValueError, MissingContent, JournalDamaged) as problem:
        print(f"mugai: {problem}", file=sys.stderr)
        return 2
    with new_file(arguments.output) as file:
        file.write(made.content)
    print(f"{arguments.output}: {made.entries} entries, SHA-256 {made.sha256}")
    return 0


def new_file(path: Path) -> BinaryIO:
    """Raises SystemExit where there is something already, or where nothing can be written."""
    try:
        return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600), "wb")
    except OSError as error:
        raise SystemExit(f"mugai: {path}: {error.strerror}") from error


def _examine(path: Path, key: str) -> int:
    try:
        found = examine(path.read_bytes(), key)
    except OSError as error:
        print(f"mugai: {path}: {error.strerror}", file=sys.stderr)
        return 2
    for problem in found.problems:
        print(plain(f"TAMPERED: {problem}"))
    if not found.ok:
        return 1
    print(f"ok: {found.entries} entries, in a journal of {found.checkpoint} entries that was signed")
    if found.own_key:
        print("the key came with the pack; compare it with the one kept elsewhere: --key VKEY", file=sys.stderr)
    return 0


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
