"""`mugai replay`: stored mail through new rules and the present ones: what would change; nothing is delivered or stored."""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gateway import settings as settings_file
from gateway.clock import JST
from gateway.commands.policy import policy_of
from gateway.commands.terminal import few, moment, plain, screen
from gateway.inspection import ScannerDown
from gateway.model import Direction
from gateway.notice import Notices
from gateway.policy.book import Policies
from gateway.policy.observers import observers_of
from gateway.policy.senders import Senders
from gateway.replay import Depth, Outcome, Replay, Replayed, Selection, Stored
from gateway.sandbox import SandboxDown
from gateway.settings import Settings
from gateway.store.opening import Store, open_store
from gateway.store.values import dump, load
from gateway.workbench import Workbench
from gateway.workflow.export import defused
from gateway.workflow.register import Register

NICE = 10  # the gateway beside it goes first
HEADINGS = (
    "receipt",
    "received",
    "direction",
    "sender",
    "recipients",
    "subject",
    "before",
    "rule",
    "verdict",
    "after",
    "rule",
    "verdict",
)


@dataclass(frozen=True, slots=True)
class _Head:
    """The first line of a file for --resume."""

    current: str
    draft: str
    depth: Depth


@dataclass
class _Kept:
    """What is done so far, in memory and, with --resume, in a file of one JSON line a mail."""

    path: Path | None
    head: _Head
    done: dict[str, Replayed] = field(default_factory=dict)

    def open(self) -> None:
        """Raises ValueError: the file is of other rules, or is no such file."""
        if self.path is None:
            return
        if not self.path.exists():
            self.path.write_text(dump(self.head) + "\n", "utf-8")
        first, *lines = self.path.read_text("utf-8").split("\n")
        try:
            if load(_Head, first) != self.head:
                raise ValueError(f"{self.path} is of a replay of other rules or another depth: name another file")
            self.done = {each.item: each for each in (load(Replayed, line) for line in lines[:-1])}
        except ValidationError:
            raise ValueError(f"{self.path} is not a file that `mugai replay --resume` wrote") from None

    def add(self, replayed: Replayed) -> None:
        self.done[replayed.item] = replayed
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(dump(replayed) + "\n")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "replay",
        help="what would new rules do to stored mail? (規則の試し)",
        description="Sends stored mail through DRAFT and through the rules in force, and lists what would become of it "
        "differently. Nothing is delivered, stored or learnt. Denied and allowed senders count as they are now; passwords "
        "and the last look at the new message are left out: for one mail `mugai explain` has them. "
        "Exit 0 = nothing changes, 1 = something does.",
        epilog="Example: mugai replay policy.yaml --days 14 --limit 2000 --csv changes.csv",
    )
    parser.add_argument("draft", metavar="DRAFT", help="a file, or the number of a version (`mugai policy list`)")
    parser.add_argument("--against", default="current", metavar="NUMBER|FILE", help="compare with this (default: in force)")
    parser.add_argument("--limit", type=int, default=200, metavar="N", help="the newest N mails (default 200)")
    when = parser.add_mutually_exclusive_group()
    when.add_argument(
        "--since", type=_moment, default=0.0, metavar="DATE", help="received since 2026-11-21, or 2026-11-21T09:00"
    )
    when.add_argument("--days", type=float, metavar="N", help="received in the last N days")
    parser.add_argument("--direction", type=Direction, choices=list(Direction))
    parser.add_argument(
        "--full", action="store_true", help="inspect each anew; else only what the journal's record does not answer"
    )
    parser.add_argument("--lanes", type=int, default=1, metavar="N", help="mails inspected at a time (default 1)")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="write progress there, and go on from it the next time")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="the table, for Excel")
    parser.add_argument("--json", action="store_true", help="one object with counts and changes")
    parser.set_defaults(run=run)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=JST).timestamp()


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    os.nice(NICE)
    with open_store(settings) as store:
        try:
            return asyncio.run(_replay(arguments, settings, store))
        except (LookupError, OSError, ValueError) as error:
            print(f"mugai: {error}", file=sys.stderr)
        except (ScannerDown, SandboxDown) as down:
            hint = f"; --resume {arguments.resume} goes on from here" if arguments.resume else ""
            print(f"mugai: {down}: stopped{hint}", file=sys.stderr)
    return 2


async def _replay(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    policies = Policies(store.db, store.clock, Path(settings.policy))
    current, draft = [await policy_of(policies, key) for key in (arguments.against, arguments.draft)]
    depth = Depth.FULL if arguments.full else Depth.RECORD
    kept = _Kept(arguments.resume, _Head(current.version, draft.version, depth))
    kept.open()
    since = store.clock.now() - arguments.days * 86_400 if arguments.days else arguments.since
    async with Workbench(settings, Notices.load(Path(settings.notices))) as bench:
        replay = Replay(
            store.db,
            Register(store.db, store.clock),
            current,
            draft,
            Stored(store.spool, bench.inspector.message),
            lambda policy: observers_of(settings, policy, store, bench.inspector),
            await policies.known() | {current.version: current},
            depth,
            Senders(store.db, store.clock),
        )
        items = await replay.select(Selection(arguments.limit, since, arguments.direction))
        todo = [item for item in items if item not in kept.done]
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("replay", total=len(items), completed=len(items) - len(todo))
            async for replayed in replay.run(todo, max(1, arguments.lanes)):
                kept.add(replayed)
                progress.advance(task)
    return _report(arguments, [kept.done[item] for item in items])


def _report(arguments: argparse.Namespace, done: list[Replayed]) -> int:
    rows, counts = list(_rows(done)), kinds(done)
    failed = [each for each in done if each.failure]
    if arguments.csv:
        with arguments.csv.open("w", newline="", encoding="utf-8-sig") as file:  # the mark tells Excel what it is
            writer = csv.writer(file)
            writer.writerows([HEADINGS, *([defused(cell) for cell in row] for row in rows)])
    if arguments.json:
        values = {"mails": len(done), "changed": len(rows), "failed": len(failed), "kinds": counts}
        print(json.dumps({**values, "changes": [json.loads(dump(each)) for each in done if each.changes]}, ensure_ascii=False))
        return 1 if rows or failed else 0
    console = screen()
    if rows:
        table = Table()
        for heading in ("receipt", "sender", "to", "before", "after"):
            table.add_column(heading, overflow="fold")
        for each in done:
            for change in each.changes:
                cells = (each.receipt, each.sender or "<>", few(change.recipients), _said(change.before), _said(change.after))
                table.add_row(*(plain(cell) for cell in cells))
        console.print(table)
    for kind, count in counts.items():
        console.print(plain(f"{count:6} {kind}"))
    inspected = sum(each.inspected for each in done)
    console.print(f"{len(done)} mails, {inspected} of them inspected anew: {len(rows)} changes")
    for each in failed[:20]:
        console.print(plain(f"not known: {each.receipt}: {each.failure}"))
    if len(failed) > 20:
        console.print(f"not known: {len(failed) - 20} more")
    return 1 if rows or failed else 0


def kinds(done: Iterable[Replayed]) -> dict[str, int]:
    """How many recipients' groups change in which way; the most frequent first."""
    counted = Counter(f"{change.before.disposition} -> {change.after.disposition}" for each in done for change in each.changes)
    return dict(counted.most_common())


def _said(outcome: Outcome) -> str:
    return f"{outcome.disposition}: {outcome.rule} ({outcome.profile}, {outcome.verdict.name.lower()})"


def _rows(done: Iterable[Replayed]) -> Iterator[tuple[str, ...]]:
    for each in done:
        for change in each.changes:
            mail = (
                each.receipt,
                moment(each.received_at),
                each.direction,
                each.sender,
                " ".join(change.recipients),
                each.subject,
            )
            yield (*mail, *_cells(change.before), *_cells(change.after))


def _cells(outcome: Outcome) -> tuple[str, str, str]:
    return outcome.disposition, outcome.rule, outcome.verdict.name.lower()
