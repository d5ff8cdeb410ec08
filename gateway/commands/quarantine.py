"""`mugai quarantine`: look at held mail, release it with a reason, delete it with a reason.

A release walks the whole path again with today's signatures and rules: what is delivered is the safe rest.  Files as they came
take two people and a rule that allows it.
A password goes to the running gateway over its control socket and nowhere else: no argument, no file, no journal.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from gateway import settings as settings_file
from gateway.commands.case_forms import workflow_of
from gateway.commands.parts import part_values, parts_table
from gateway.commands.terminal import few, moment, plain, screen
from gateway.control import NotRunning, Rejected, ask
from gateway.model import QuarantineState, State
from gateway.notice import Notices
from gateway.policy.book import Policies
from gateway.quarantine import AlreadyDone, Kept, Quarantine, QuarantineEntry
from gateway.rights import CONTROL
from gateway.settings import Settings
from gateway.spool import Spool
from gateway.store.opening import Store, open_store
from gateway.unlocking import LONGEST, Unlock, Unlocked
from gateway.workflow import opening
from gateway.workflow.engine import NotAllowed

_PATIENCE = 120.0  # seconds: the longest inspection of a mail, by default


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser("quarantine", help="held mail (保留)", description="Reviews the mail that was held.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="held mail, newest first")
    listing.add_argument("--state", type=QuarantineState, choices=list(QuarantineState), default=QuarantineState.HELD)
    listing.add_argument("--search", default="", metavar="TEXT", help="in subject, sender, recipients, receipt number")
    listing.add_argument("--limit", type=int, default=100)
    listing.add_argument("--json", action="store_true")
    original = actions.add_parser(
        "original",
        help="ask that files be delivered as they came; somebody else approves it",
        description="You have looked at the files and answer for them. Where the rule allows it (original: in policy.yaml), a "
        "second person is asked (`mugai approval`); then the mail is inspected once more, and these files leave as they came.",
        epilog="Example: mugai quarantine original 12 --file 1 --as jouhou@city.example.lg.jp --reason 図面を目視で確認",
    )
    original.add_argument("entry", type=int, metavar="NUMBER", help="from `mugai quarantine list`")
    original.add_argument("--file", dest="files", action="append", required=True, metavar="PART", help="as `show` numbers them")
    original.add_argument("--as", dest="actor", required=True, metavar="ADDRESS", help="who asks: a person of the directory")
    original.add_argument("--reason", required=True, help="goes into the journal and the notice")
    unlock = actions.add_parser(
        "unlock",
        help="give the password of a locked attachment: it is opened, sanitised and delivered",
        description="Asks for the password, or reads one line of standard input, and hands it to the running gateway, which "
        "forgets it after one inspection. It is never an argument, which everybody on the machine could read.",
        epilog="Example: mugai quarantine unlock 12     or: pass show ppap | mugai quarantine unlock 12",
    )
    unlock.add_argument("entry", type=int, metavar="NUMBER", help="from `mugai quarantine list`")
    for name, text in (
        ("show", "why it was held: every part, finding, rule and clause"),
        ("release", "send it through the path again and deliver its safe rest; needs --reason"),
        ("confirm", "after a restore: you made sure that it was not delivered since the backup; needs --reason"),
        ("delete", "dispose of it; needs --reason"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("entry", type=int, metavar="NUMBER", help="from `mugai quarantine list`")
        if name == "show":
            action.add_argument("--json", action="store_true")
        else:
            action.add_argument("--reason", required=True, help="goes into the journal")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    notices = Notices.load(Path(settings.notices))
    if arguments.action == "unlock":
        with open_store(settings) as store:
            return asyncio.run(_unlock(arguments.entry, settings.place(CONTROL), store.spool))
    with open_store(settings) as store:
        try:
            if arguments.action == "original":
                return asyncio.run(_ask_original(arguments, store, settings, notices))
            return asyncio.run(_act(arguments, store.quarantine, notices))
        except LookupError as error:
            print(f"mugai: {error.args[0]}; see `mugai quarantine list`", file=sys.stderr)
        except (AlreadyDone, Kept, NotAllowed, ValueError) as error:
            print(f"mugai: {error}", file=sys.stderr)
    return 1


async def _act(arguments: argparse.Namespace, quarantine: Quarantine, notices: Notices) -> int:
    match arguments.action:
        case "list":
            entries = await quarantine.list(state=arguments.state, text=arguments.search, limit=arguments.limit)
            print(json.dumps([_values(e) for e in entries], ensure_ascii=False)) if arguments.json else _list(entries)
        case "show":
            entry = await quarantine.show(arguments.entry)
            print(json.dumps(_values(entry), ensure_ascii=False, indent=2)) if arguments.json else _show(entry, notices)
        case "release":
            await quarantine.release(arguments.entry, getpass.getuser(), arguments.reason)
            print(f"{arguments.entry}: back in the path; `mugai quarantine list` shows it again if it is held once more")
        case "confirm":
            await quarantine.confirm(arguments.entry, getpass.getuser(), arguments.reason)
            print(f"{arguments.entry}: may be released")
        case _:
            await quarantine.delete(arguments.entry, getpass.getuser(), arguments.reason)
            print(f"{arguments.entry}: deleted")
    return 0


async def _ask_original(arguments: argparse.Namespace, store: Store, settings: Settings, notices: Notices) -> int:
    entry = await store.quarantine.show(arguments.entry)
    known = {part.path: part for part in entry.report.parts} if entry.report else {}
    if unknown := [path for path in arguments.files if path not in known]:
        raise ValueError(f"there is no attachment {unknown[0]}; there are: {', '.join(known) or 'none'}")
    rule = (await Policies(store.db, store.clock, Path(settings.policy)).current()).rule(entry.rule)
    asked = opening.as_it_came(rule, entry, [known[path] for path in arguments.files], arguments.actor, arguments.reason)
    case = await workflow_of(store, settings).open(asked, entry.id)
    print(f"{case.by} waits for a second person: mugai approval approve {case.id} --as ADDRESS --reason TEXT")
    return 0


async def _unlock(entry: int, door: Path, spool: Spool) -> int:
    """Waits for what becomes of the mail, so that a wrong password is known at once."""
    password = (
        getpass.getpass("パスワード / password: ") if sys.stdin.isatty() else sys.stdin.readline(LONGEST + 2).rstrip("\r\n")
    )
    try:
        unlocked = await ask(door, "unlock", Unlock(entry, getpass.getuser(), password), Unlocked)
    except (NotRunning, Rejected) as problem:
        print(f"mugai: {problem}", file=sys.stderr)
        return 2 if isinstance(problem, NotRunning) else 1
    ends = time.monotonic() + _PATIENCE
    while True:
        recipients = (await spool.show(unlocked.item)).recipients
        if all(who.state is not State.RECEIVED for who in recipients):
            break
        if time.monotonic() > ends:
            print(f"{unlocked.receipt}: still being inspected; see `mugai queue show {unlocked.receipt}`")
            return 1
        await asyncio.sleep(0.2)
    waiting = [who for who in recipients if who.state in (State.HELD, State.AWAITING_PASSWORD)]
    for who in waiting:
        print(f"{unlocked.receipt}: {who.address}: {who.state}: {who.why}")
    if not waiting:
        print(f"{unlocked.receipt}: opened, sanitised and on its way")
    return 1 if waiting else 0


def _list(entries: Sequence[QuarantineEntry]) -> None:
    table = Table()
    for heading in ("no", "receipt", "held", "verdict", "rule", "from", "to", "subject"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        item = entry.item
        verdict = entry.verdict.name.lower()
        cells = (
            str(entry.id),
            item.receipt,
            moment(entry.held_at),
            verdict,
            entry.rule,
            item.envelope.sender or "<>",
            few(entry.recipients),
            entry.subject,
        )
        table.add_row(*(plain(cell) for cell in cells))
    screen().print(table if entries else "nothing is held")


def _show(entry: QuarantineEntry, notices: Notices) -> None:
    console = screen()
    console.print(plain(f"{entry.id}  {entry.item.receipt}  {entry.state}  {entry.subject}", "bold"))
    console.print(plain(f"from {entry.item.envelope.sender or '<>'} to {', '.join(entry.recipients)}"))
    console.print(
        plain(
            f"held {moment(entry.held_at)}, until {moment(entry.expires_at)}, by rule {entry.rule} ({', '.join(entry.clauses)})"
        )
    )
    console.print(plain(entry.reason))
    if entry.restored:
        console.print(plain(f"from the backup of {entry.restored}: may have been delivered since; mugai quarantine confirm"))
    if entry.report is not None:
        console.print(parts_table(entry.report, notices))


def _values(entry: QuarantineEntry) -> dict[str, object]:
    return {
        "number": entry.id,
        "id": entry.item.id,
        "receipt": entry.item.receipt,
        "state": entry.state,
        "verdict": entry.verdict.name.lower(),
        "rule": entry.rule,
        "reason": entry.reason,
        "clauses": entry.clauses,
        "sender": entry.item.envelope.sender,
        "recipients": entry.recipients,
        "subject": entry.subject,
        "held_at": entry.held_at,
        "expires_at": entry.expires_at,
        "restored": entry.restored,
        "sha256": entry.item.sha256,
        "parts": part_values(entry.report.walk()) if entry.report else [],
    }
