"""`mugai digest`: the lists of held mail as recipients get them every day; to look at, or to send now."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from gateway import settings as settings_file
from gateway.commands.terminal import plain, screen
from gateway.digest import Digest
from gateway.notice import Notices
from gateway.notifier import notifying
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "digest",
        help="lists of held mail to its recipients (保留一覧)",
        description="Shows what each recipient would be told of the mail that is held for it. The gateway sends these lists "
        "by itself every day at `digest_at` (gateway.yaml), to those for whom something is new or runs out soon.",
        epilog="Example: mugai digest --to tanaka@city.example.lg.jp     mugai digest --send",
    )
    parser.add_argument("--to", default="", metavar="ADDRESS", help="only this recipient's list")
    parser.add_argument("--send", action="store_true", help="send every list now, by the running gateway")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    notices = Notices.load(Path(settings.notices))
    with open_store(settings) as store:
        notifier = notifying(settings, store.clock)
        digest = Digest(store.db, store.spool, store.clock, notifier)
        if arguments.send:
            print(f"{asyncio.run(digest.now(notices))} lists are on their way")
            return 0
        return asyncio.run(_show(digest, notices, arguments.to))


async def _show(digest: Digest, notices: Notices, only: str) -> int:
    console = screen()
    lists = {who: mails for who, mails in (await digest.waiting()).items() if only in ("", who)}
    for who, mails in lists.items():
        console.print(plain(who, "bold"))
        console.print(plain(notices.digest(mails)))
    if not lists:
        console.print("nothing is held" + (f" for {only}" if only else ""))
    return 0
