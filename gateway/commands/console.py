"""`mugai console`: the console for browsers, a process of its own beside `mugai serve`."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import logging
import os
import sys
from pathlib import Path

from gateway import rights
from gateway import settings as settings_file
from gateway.commands import tokens
from gateway.settings import Settings
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "console",
        help="the console for browsers (管理画面)",
        description="Serves the console until SIGTERM. While nobody has an account it prints a one-time code for the first.",
        epilog="Address, certificate and who may connect: `console:` in gateway.yaml. Programs: mugai console token --help",
    )
    parser.add_argument(
        "--invite", metavar="NAME", help="print a new invitation for somebody who lost password and second factor, then end"
    )
    parser.set_defaults(run=run)
    tokens.add(parser)


def run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = settings_file.load(arguments.config)
    try:
        return asyncio.run(_invite(settings, arguments.invite) if arguments.invite else _serve(settings, arguments.config))
    except LookupError:
        print(f"mugai: nobody is called {arguments.invite}", file=sys.stderr)
        return 2


async def _invite(settings: Settings, name: str) -> int:
    """For whoever is at the machine itself: the way back in when no administrator has one."""
    from gateway.console import app

    with open_store(settings, apart=rights.is_apart(settings)) as store:
        code = await app.desk(settings, store).accounts.invite_again(name, getpass.getuser())
    print(f"{name}: open {settings.console.origin}/invitation and enter {code}")
    return 0


async def _serve(settings: Settings, config: Path) -> int:
    from gateway.console import app  # here: the other commands need not wait for a web server to load

    os.umask(0o077)
    rights.check_console(settings)
    with open_store(settings, apart=rights.is_apart(settings)) as store:
        desk = app.desk(settings, store, config)
        server = app.server(desk)
        doors = app.opened(server)  # an address is printed when it answers
        if await desk.accounts.is_empty():
            code = await desk.accounts.invite_first()
            print(f"First start: open {settings.console.origin}/invitation and enter {code}", flush=True)
        else:
            print(f"Console: {settings.console.origin}", flush=True)
        try:
            await server.serve(doors)
        finally:
            await desk.preview.stop()
    return 0 if server.started else 2
