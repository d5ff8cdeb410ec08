"""`mugai keys`: which key reads the stored contents and since when, and another one in its place."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from gateway import settings as settings_file
from gateway.commands.terminal import moment, operator
from gateway.settings import Settings
from gateway.spool import StoreUnavailable, keys, rotation
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "keys",
        help="the key that reads stored contents, and another one in its place (鍵の更新)",
        description="Without an action: since when spool.key is in force. `rotate` makes another one and wraps the key of "
        "every stored content for it; the old one is destroyed. Stop the gateway and the console first. If the machine dies "
        "in the middle nothing is lost: whoever opens the store next finishes it, or takes it back.",
        epilog="Example: mugai keys rotate --reason 年度更新. Afterwards write the keys again, to another file: mugai backup "
        "--keys FILE, and keep the old file until the backups made before are gone.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    rotate = actions.add_parser("rotate", help="another spool.key; needs --reason")
    rotate.add_argument("--reason", required=True, help="goes into the journal")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    return _rotated(settings, arguments.reason) if arguments.action else _told(settings)


def _told(settings: Settings) -> int:
    with open_store(settings) as store:
        since = asyncio.run(store.db.read(keys.since))
    print(f"{settings.place(keys.FILE)}: since {moment(since) if since else 'before this was noted'}")
    return 0


def _rotated(settings: Settings, reason: str) -> int:
    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} / {total}", end="\n" if done == total else "", file=sys.stderr)

    with open_store(settings):
        pass  # it is there, of this version, and this is its key
    file = settings.place(keys.FILE)
    try:
        done = rotation.rotate(settings.place("mugai.sqlite"), file, operator(), reason, time.time(), progress)
    except StoreUnavailable as busy:
        raise StoreUnavailable(f"{busy}: stop the gateway, the console and other commands first; nothing was changed") from None
    print(f"{file}: replaced; the keys of {done.contents} contents were wrapped anew, the old key is destroyed")
    if done.damaged:
        print(f"{done.damaged} contents could not be read before either: mugai check")
    print("鍵を別に保管し直してください / keep it elsewhere: mugai backup --keys FILE (another file than before)")
    return 1 if done.damaged else 0
