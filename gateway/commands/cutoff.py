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

from rich.table import Table

from gateway import settings as settings_file
from gateway.commands.case_forms import workflow_of
from gateway.commands.forms import add_hand
from gateway.commands.terminal import few, moment, operator, plain, screen
from gateway.cutoff import Halt, Scope, Sent, pending, register, resuming
from gateway.settings import Settings
from gateway.store.db import StoreUnavailable
from gateway.store.opening import Store, open_store
from gateway.workflow.engine import NotAllowed, NotPossible
from gateway.workflow.ledger import AlreadyDone

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
        description="The first person asks; a second one gives the same command, or approves in the console. With a reason.",
        epilog="Example: mugai stop (shows the numbers), then: mugai resume 3 --as ADDRESS --reason 'terminal was replaced'",
    )
    resume.add_argument("number", type=int, metavar="NUMBER", help="from `mugai stop`")
    add_hand(resume)
    resume.add_argument(
        "--emergency", action="store_true", help="at once by your word alone; stops again after 24 h unless ratified"
    )
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
            return asyncio.run(act(arguments, store, settings))
    except StoreUnavailable as error:
        return _leave(arguments, settings.state_directory, error)
    except (AlreadyDone, LookupError, NotAllowed, NotPossible, ValueError) as error:
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


async def _stop(arguments: argparse.Namespace, store: Store, settings: Settings) -> int:
    if arguments.side:
        for scope in SIDES[arguments.side]:
            await store.stops.stop(scope, "", operator(), arguments.reason)
    halts = await store.stops.active()
    print(json.dumps([asdict(h) for h in halts], ensure_ascii=False)) if arguments.json else _list(halts)
    return 0


async def _resume(arguments: argparse.Namespace, store: Store, settings: Settings) -> int:
    workflow, asked = workflow_of(store, settings), settings.workflow
    number, actor, reason = arguments.number, arguments.actor, arguments.reason
    if arguments.emergency:
        directory = await store.directory.current()
        case = await resuming.resume_at_once(store.stops, workflow, asked, directory, number, actor, reason)
        print(f"stop {number} has ended: mail goes on. Within 24 h: mugai approval ratify {case.id} --as ... --reason ...")
        return 0
    case = await resuming.resume(store.stops, workflow, asked, number, actor, reason, f"command ({operator()})")
    if case.stage in register.STANDS:
        print(f"stop {number} has ended: mail goes on")
        return 0
    print(f"case {case.id}: {case.stage}. A second person confirms with: mugai resume {number} --as ADDRESS --reason ...")
    return 1


async def _isolate(arguments: argparse.Namespace, store: Store, settings: Settings) -> int:
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
    screen().print(table if halts else "nothing is stopped")


def _sent(sent: Sequence[Sent]) -> None:
    table = Table()
    for heading in ("receipt", "received", "direction", "from", "to", "state", "bytes"):
        table.add_column(heading, overflow="fold")
    for mail in sent:
        states = ", ".join(dict.fromkeys(state for _, state in mail.recipients))
        to = few([address for address, _ in mail.recipients])
        cells = (mail.receipt, moment(mail.received_at), mail.direction, mail.sender or "<>", to, states, str(mail.size))
        table.add_row(*(plain(cell) for cell in cells))
    screen().print(table if sent else "nothing")
