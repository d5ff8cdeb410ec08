"""`mugai backup` and `mugai restore`: one moment of the store on another medium, and back, for work or as a rehearsal."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from gateway import settings as settings_file
from gateway.backup import keys as keyring
from gateway.backup import making, restoring
from gateway.backup.manifest import BadBackup
from gateway.backup.restoring import Back, Waiting
from gateway.commands.terminal import operator, plain
from gateway.settings import Settings
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = commands.add_parser(
        "backup",
        help="database, contents, record and configuration on another medium, while mail goes on (バックアップ)",
        description="Makes a new directory in FOLDER: the database of one moment, every content that it names, configuration, "
        "a signed list with the SHA-256 of each file. The keys are not in it: write them once with --keys, to a medium that is "
        "kept apart; nothing can be restored without them. `backup:` in gateway.yaml makes one each night.",
        epilog="Examples: mugai backup /mnt/backup --keys /mnt/usb/mugai.keys; mugai backup --verify /mnt/backup/mugai-NAME",
    )
    backup.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="(default: backup.folder of gateway.yaml)")
    backup.add_argument("--keys", type=Path, metavar="FILE", help="write the keys there; with --verify: read them there")
    backup.add_argument(
        "--verify", type=Path, metavar="BACKUP", help="instead: every file, database, content and the record; exit 1 = broken"
    )
    backup.set_defaults(run=run_backup)
    restore = commands.add_parser(
        "restore",
        help="put a backup back into an empty state directory, or rehearse it (復元)",
        description="Never overwrites. Put the configuration back first (the folder config/ of the backup). What was on its "
        "way at the moment of the backup may have been delivered since: it is listed and stopped until two people say "
        "`mugai resume`.",
        epilog="Step by step: docs/backup.md. Example: mugai restore /mnt/backup/mugai-NAME --keys /mnt/usb/mugai.keys",
    )
    restore.add_argument("backup", type=Path, metavar="BACKUP", help="a directory that `mugai backup` made")
    restore.add_argument("--keys", type=Path, metavar="FILE", help="what `mugai backup --keys` wrote")
    restore.add_argument(
        "--rehearse", action="store_true", help="put it back aside, read all of it, record the time, throw it away"
    )
    restore.set_defaults(run=run_restore)


def run_backup(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    if arguments.verify:
        return _put(_verified(settings, arguments))
    folder = arguments.folder or (Path(settings.backup.folder) if settings.backup.folder else None)
    if not folder and not arguments.keys:
        print("mugai: where to? give a FOLDER, or set backup.folder in gateway.yaml", file=sys.stderr)
        return 2
    if folder and arguments.keys and arguments.keys.resolve().is_relative_to(folder.resolve()):
        raise BadBackup(f"{arguments.keys}: keys do not lie beside the backups that they open; take another medium")
    return _put(_made(settings, arguments, folder))


def run_restore(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    if arguments.rehearse:
        return _put(_rehearsed(settings, arguments))
    if not arguments.keys:
        print("mugai: a restore needs the keys: --keys FILE, as `mugai backup --keys` wrote it", file=sys.stderr)
        return 2
    return _put(_restored(settings, arguments))


def _put(work: Awaitable[int]) -> int:
    async def worked() -> int:
        return await work

    try:
        return asyncio.run(worked())
    except OSError as error:
        print(f"mugai: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2


async def _made(settings: Settings, arguments: argparse.Namespace, folder: Path | None) -> int:
    with open_store(settings) as store:
        if arguments.keys:
            keyring.write(arguments.keys, keyring.of(settings.state_directory))
            print(f"keys: {arguments.keys} (keep it apart, and safe: it reads every held mail)")
        if folder:
            with _bar("backup") as progress:
                made = await making.make(settings, arguments.config, store, folder, operator(), progress)
            found = made.manifest
            print(f"{made.place}: {len(found.files)} files, {found.size / 1e6:.1f} MB, {made.seconds:.1f} s")
    return 0


async def _verified(settings: Settings, arguments: argparse.Namespace) -> int:
    with _bar("verify") as progress:
        back = await restoring.verify(settings, arguments.verify, _keys(settings, arguments), progress)
    return _told(back)


async def _rehearsed(settings: Settings, arguments: argparse.Namespace) -> int:
    keys = _keys(settings, arguments)
    with open_store(settings) as store, _bar("rehearse") as progress:
        back = await restoring.rehearse(settings, store, arguments.backup, keys, operator(), progress)
    return _told(back)


async def _restored(settings: Settings, arguments: argparse.Namespace) -> int:
    with _bar("restore") as progress:
        back = await restoring.restore(settings, arguments.backup, keyring.read(arguments.keys), operator(), progress)
    if status := _told(back):
        print("mugai: nothing was restored: take an older backup", file=sys.stderr)
        return status
    print(f"復元しました / restored: {settings.state_directory}")
    if back.stop:
        _tell_stopped(back.stop, back.waiting)
    print(
        "保留中のメールも、その後に解除・配送された可能性があります。1通ずつ、届いていないことを確かめるまで解除できません\n"
        "held mail may have been released since: none can be released before `mugai quarantine confirm NUMBER`"
    )
    return 0


def _tell_stopped(stop: int, waiting: tuple[Waiting, ...]) -> None:
    print(
        f"\n次のメールは送信の途中でした。その後に配送済みかもしれないため、停止 {stop} 番で止めています。\n"
        "届いていたものは mugai queue delete 受付番号、残りは2人で mugai resume で再開します。\n"
        f"These were on their way and may have arrived since: stop {stop} keeps them. Delete what has arrived with "
        f"`mugai queue delete RECEIPT`, then two people say `mugai resume {stop}`:"
    )
    for each in waiting:
        print(plain(f"  {each.receipt}  {each.direction}  {each.sender or '<>'} -> {each.recipient}  {each.state}"))


def _told(back: Back) -> int:
    found, examined = back.manifest, back.examined
    for problem in examined.problems:
        print(plain(f"  {problem}"))
    size = f"{len(found.files)} files, {found.size / 1e6:.1f} MB, {examined.contents} contents, {found.entries} journal entries"
    state = "whole" if not examined.problems else f"{len(examined.problems)} problems"
    print(f"{state}: of {found.made}; {size}; {back.seconds:.1f} s")
    return 1 if examined.problems else 0


def _keys(settings: Settings, arguments: argparse.Namespace) -> dict[str, bytes]:
    """Of the file, or of this installation."""
    return keyring.read(arguments.keys) if arguments.keys else keyring.of(settings.state_directory)


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn(what), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
