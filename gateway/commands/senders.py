"""`mugai senders`: who is held, or not held for suspicion, until a day.  What it does to a mail is `policy/senders.py`'s."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table

from gateway import settings as settings_file
from gateway.commands.terminal import moment, operator, plain, screen
from gateway.policy.senders import Listed, Senders, Stance
from gateway.store.opening import open_store

HELP = {
    Stance.DENY: "hold what comes from there, or has this file",
    Stance.ALLOW: "do not hold it for suspicion about its sender; it is inspected and rebuilt as ever",
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "senders",
        help="denied and allowed senders, with an end (差出人の許可・拒否)",
        description="A denied sender's mail is held; an allowed one's is not held by rules that match `identity`. "
        "Infected, locked or uninspected mail is held whatever this list says.",
        epilog="Example: mugai senders deny spam.example --days 30 --reason 不審な勧誘が続くため",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", help="what holds now").add_argument("--json", action="store_true")
    for stance, text in HELP.items():
        action = actions.add_parser(stance, help=text, description=f"{text}.")
        action.add_argument("subject", metavar="SUBJECT", help="an address, a domain, or the SHA-256 of an attachment")
        action.add_argument("--days", type=float, default=90, help="until then (default: 90, at most 366)")
        action.add_argument("--reason", required=True, help="goes into the journal, and to who asks why it was held")
    remove = actions.add_parser("remove", help="end an entry before its time")
    remove.add_argument("number", type=int, metavar="NUMBER", help="from `mugai senders list`")
    remove.add_argument("--reason", required=True)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    with open_store(settings) as store:
        try:
            return asyncio.run(_act(arguments, Senders(store.db, store.clock)))
        except (LookupError, ValueError) as error:
            print(f"mugai: {error.args[0]}", file=sys.stderr)
    return 1


async def _act(arguments: argparse.Namespace, senders: Senders) -> int:
    match arguments.action:
        case "list":
            found = await senders.list()
            print(json.dumps([asdict(e) for e in found], ensure_ascii=False)) if arguments.json else _list(found)
        case "remove":
            await senders.remove(arguments.number, operator(), arguments.reason)
            print(f"{arguments.number}: removed")
        case stance:
            made = await senders.add(Stance(stance), arguments.subject, operator(), arguments.reason, arguments.days)
            print(f"{made.id}: {made.stance} {made.subject} until {moment(made.until)}")
    return 0


def _list(found: Sequence[Listed]) -> None:
    table = Table()
    for heading in ("no", "stance", "subject", "until", "by", "reason"):
        table.add_column(heading, overflow="fold")
    for each in found:
        cells = (str(each.id), each.stance, each.subject, moment(each.until), each.by, each.reason)
        table.add_row(*(plain(cell) for cell in cells))
    screen().print(table if found else "nobody is listed")
