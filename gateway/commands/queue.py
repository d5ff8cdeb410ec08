"""`mugai queue`: what waits, and an operator's hand on it.  Works beside a running gateway."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys

from rich.table import Table

from gateway import settings as settings_file
from gateway.commands.terminal import few, moment, plain, screen
from gateway.spool import QueueRow, Shown, Spool
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "queue", help="mail that waits (配送待ち)", description="Shows and steers the mail that waits."
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what waits, oldest first")
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--json", action="store_true")
    for name, text in (
        ("show", "one mail: its recipients and their states"),
        ("retry", "try now"),
        ("freeze", "do not touch until thawed"),
        ("thaw", "let a frozen mail go on"),
        ("delete", "give up on a mail; needs --reason"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("mail", metavar="RECEIPT", help="receipt number or id")
        if name == "delete":
            action.add_argument("--reason", required=True)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        try:
            return asyncio.run(_act(arguments, store.spool))
        except LookupError as error:
            print(f"mugai: {error.args[0]}; see `mugai queue list`", file=sys.stderr)
            return 1


async def _act(arguments: argparse.Namespace, spool: Spool) -> int:
    who = getpass.getuser()
    match arguments.action:
        case "list":
            rows = await spool.queue(arguments.limit)
            print(json.dumps([_values(row) for row in rows], ensure_ascii=False)) if arguments.json else _list(rows)
            return 0
        case "show":
            _show(await spool.show(arguments.mail))
            return 0
        case "retry":
            changed = await spool.retry_now(arguments.mail, who)
        case "freeze" | "thaw":
            changed = await spool.freeze(arguments.mail, arguments.action == "freeze", who)
        case _:
            changed = await spool.delete(arguments.mail, who, arguments.reason)
    print(f"{arguments.action}: {changed} changed")
    return 0 if changed else 1


def _list(rows: list[QueueRow]) -> None:
    table = Table()
    for heading in ("receipt", "received", "work", "next", "tries", "from", "to", "why"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        item = row.item
        state = "frozen" if row.frozen else f"now: {row.owner}" if row.owner else moment(row.visible_at)
        cells = (
            item.receipt,
            moment(item.received_at),
            row.work,
            state,
            str(item.attempts),
            item.envelope.sender or "<>",
            few(item.recipients),
            row.why,
        )
        table.add_row(*(plain(cell) for cell in cells))
    screen().print(table if rows else "the queue is empty")


def _values(row: QueueRow) -> dict[str, object]:
    item = row.item
    return {
        "id": item.id,
        "receipt": item.receipt,
        "received_at": item.received_at,
        "work": row.work,
        "visible_at": row.visible_at,
        "owner": row.owner,
        "attempts": item.attempts,
        "deaths": row.deaths,
        "frozen": row.frozen,
        "sender": item.envelope.sender,
        "recipients": item.recipients,
        "why": row.why,
    }


def _show(shown: Shown) -> None:
    item = shown.item
    console = screen()
    console.print(
        plain(f"{item.receipt}  {item.id}  {item.envelope.direction}  {item.size} bytes  {moment(item.received_at)}", "bold")
    )
    console.print(plain(f"from {item.envelope.sender or '<>'} via {item.envelope.client.address}  sha256 {item.sha256}"))
    table = Table()
    for heading in ("recipient", "state", "since", "why", "rule", "by"):
        table.add_column(heading, overflow="fold")
    for who in shown.recipients:
        table.add_row(*(plain(c) for c in (who.address, who.state, moment(who.changed_at), who.why, who.rule, who.actor)))
    console.print(table)
