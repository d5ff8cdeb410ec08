"""`mugai stop`, `resume` and `isolate`: stop one side, a sender or a host at once; go on again with two people.

Written into the store, where the gateway sees it within a second: it works while the gateway is wedged or down, and holds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from gateway import settings as settings_file
from gateway.commands.terminal import few, moment, operator, plain
from gateway.cutoff import Halt, Scope, SecondPersonNeeded, Sent, pending, register
from gateway.store.db import StoreUnavailable
from gateway.store.opening import Store, open_store

DAY = 86_400.0
SIDES = {"inbound": (Scope.INBOUND,), "outbound": (Scope.OUTBOUND,), "both": (Scope.INBOUND, Scope.OUTBOUND)}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    stop = commands.add_parser(
        "stop",
        help="stop mail of one side at once (遮断)",
        description="The listener answers 421, what is queued waits, nothing is lost. Without SIDE: what is stopped now.",
        epilog="Example: mugai stop outbound --reason 'CISO decision 12: malware in section 3'",
    )
    stop.add_argument("side", nargs="?", choices=list(SIDES), metavar="inbound|outbound|both")
    stop.add_argument("--reason", default="", help="whose decision, and why; goes into the journal")
    stop.add_argument("--json", action="store_true")
    resume = commands.add_parser(
        "resume",
        help="let mail go on after a stop: needs two people (再開)",
        description="The first person asks, a second one gives the same command and confirms. Both need a reason.",
        epilog="Example: mugai stop (shows the numbers), then: mugai resume 3 --reason 'terminal was replaced'",
    )
    resume.add_argument("number", type=int, metavar="NUMBER", help="from `mugai stop`")
    resume.add_argument("--reason", required=True)
    isolate = commands.add_parser(
        "isolate",
        help="block one sender or host both ways, and list what it sent (隔離)",
        description="What it sent and what is for it waits in the queue; new mail is not taken. End it with `mugai resume`.",
        epilog="Example: mugai isolate 192.0.2.15 --reason 'infected PC' --days 7",
    )
    isolate.add_argument("who", metavar="ADDRESS|IP")
    isolate.add_argument("--reason", required=True)
    isolate.add_argument("--days", type=float, default=7, help="how far back to list what it sent (default: 7)")
    isolate.add_argument("--json", action="store_true")
    for parser in (stop, resume, isolate):
        parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    if (arguments.command != "stop" or arguments.side) and not arguments.reason.strip():
        print("mugai: give a reason: --reason '...'", file=sys.stderr)
        return 2
    act = {"stop": _stop, "resume": _resume, "isolate": _isolate}[arguments.command]
    try:
        with open_store(settings) as store:
            return asyncio.run(act(arguments, store))
    except StoreUnavailable as error:
        return _leave(arguments, settings.state_directory, error)
    except (LookupError, ValueError, SecondPersonNeeded) as error:
        print(f"mugai: {error.args[0]}", file=sys.stderr)
        return 1


def _leave(arguments: argparse.Namespace, state: Path, error: StoreUnavailable) -> int:
    """The store is locked: what was asked lies beside it, and counts as soon as the gateway breathes."""
    wanted = [(scope, "") for scope in SIDES[arguments.side]] if arguments.command == "stop" and arguments.side else []
    if arguments.command == "isolate":
        scope = register.scope_of(arguments.who)
        wanted = [(scope, register.valid(scope, arguments.who))]
    if not wanted:
        print(f"mugai: {error}", file=sys.stderr)
        return 1
    for scope, value in wanted:
        pending.leave(state, pending.Wanted(scope, value, operator(), arguments.reason))
    print("the store is locked by a gateway that hangs: the stop counts as soon as it goes on or is started again")
    return 0


async def _stop(arguments: argparse.Namespace, store: Store) -> int:
    if arguments.side:
        for scope in SIDES[arguments.side]:
            await store.stops.stop(scope, "", operator(), arguments.reason)
    halts = await store.stops.active()
    print(json.dumps([asdict(h) for h in halts], ensure_ascii=False)) if arguments.json else _list(halts)
    return 0


async def _resume(arguments: argparse.Namespace, store: Store) -> int:
    if await store.stops.resume(arguments.number, operator(), arguments.reason):
        print(f"stop {arguments.number} has ended: mail goes on")
        return 0
    print(f"asked for. A second person confirms with: mugai resume {arguments.number} --reason ...")
    return 1


async def _isolate(arguments: argparse.Namespace, store: Store) -> int:
    scope = register.scope_of(arguments.who)
    halt = await store.stops.stop(scope, arguments.who, operator(), arguments.reason)
    sent = await store.stops.sent(scope, arguments.who, arguments.days * DAY)
    if arguments.json:
        print(json.dumps({"halt": asdict(halt), "sent": [asdict(each) for each in sent]}, ensure_ascii=False))
        return 0
    print(f"stop {halt.id}: {halt.value} is blocked both ways. It sent {len(sent)} mails in the last {arguments.days:g} days.")
    _sent(sent)
    return 0


def _list(halts: Sequence[Halt]) -> None:
    table = Table()
    for heading in ("number", "stopped", "since", "by", "reason", "to resume"):
        table.add_column(heading, overflow="fold")
    for h in halts:
        asked = f"{h.asked_by} asked: {h.asked_reason}; a second person confirms" if h.asked_by else ""
        cells = (str(h.id), f"{h.scope} {h.value}", moment(h.since), h.actor, h.reason, asked)
        table.add_row(*(plain(cell) for cell in cells))
    Console().print(table if halts else "nothing is stopped")


def _sent(sent: Sequence[Sent]) -> None:
    table = Table()
    for heading in ("receipt", "received", "direction", "from", "to", "state", "bytes"):
        table.add_column(heading, overflow="fold")
    for mail in sent:
        states = ", ".join(dict.fromkeys(state for _, state in mail.recipients))
        to = few([address for address, _ in mail.recipients])
        cells = (mail.receipt, moment(mail.received_at), mail.direction, mail.sender or "<>", to, states, str(mail.size))
        table.add_row(*(plain(cell) for cell in cells))
    Console().print(table if sent else "nothing")
