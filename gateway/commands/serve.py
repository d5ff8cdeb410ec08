"""`mugai serve`: the gateway, until SIGTERM or SIGINT.  SIGHUP reloads rules and notices."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import signal
from pathlib import Path

import uvloop

from gateway import settings as settings_file
from gateway.app import Gateway
from gateway.policy.book import Policies
from gateway.settings import Settings
from gateway.store.opening import open_store


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "serve",
        help="run the gateway (起動)",
        description="Runs the gateway in the foreground until SIGTERM; SIGHUP reloads policy and notices.",
    )
    parser.add_argument("--verbose", action="store_true", help="log every step")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    settings = settings_file.load(arguments.config)
    return uvloop.run(_serve(settings, arguments.config))


async def _serve(settings: Settings, config: Path) -> int:
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold mails, keys and passwords
    with open_store(settings) as store:
        policies = Policies(store.db, store.clock, Path(settings.policy))
        gateway = Gateway(settings, store, config, await policies.current())
        loop, started, stop = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        reloads: set[asyncio.Task[None]] = set()

        async def reloaded() -> None:
            await started.wait()
            await gateway.reload()

        def reload() -> None:
            task = loop.create_task(reloaded())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        # before the doors open: a signal in between would end the process with a mail in its hands
        loop.add_signal_handler(signal.SIGHUP, reload)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        test = await gateway.start()
        started.set()
        where = ", ".join(
            f"{side} {s.host}:{s.port}" for side, s in (("inbound", settings.inbound), ("outbound", settings.outbound))
        )
        logging.info("listening: %s; sandbox level %d; policy %s", where, test.level, gateway.pipeline.policy.version)
        logging.info("journal key, keep it elsewhere: %s", store.journal.verifier)
        await stop.wait()
        logging.info("stopping: no new mail, finishing what is in hand")
        await gateway.stop("signal")
    return 0
