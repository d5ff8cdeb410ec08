"""`mugai demo` (`make run`): a whole gateway on this machine, its own clamd and two recording next hops, fed with the samples.

It shows what arrived, what was removed and what was held and why, then keeps running, with the console, until Ctrl-C.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import signal
import smtplib
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from gateway import settings as settings_file
from gateway.app import Gateway, SetupError
from gateway.clamd import PrivateClamd
from gateway.commands.terminal import plain, screen
from gateway.journal import search
from gateway.model import State
from gateway.settings import ListenerSettings, Settings
from gateway.smtp.sink import Sink
from gateway.store.opening import Store, open_store

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "build.py"
PATIENCE = 180.0  # seconds for all samples to come to rest
# `mugai` as a process that dies with this one, however this one ends
_TIED = (
    *(sys.executable, "-c"),
    "import sys; from sanitizers.lock import die_with; die_with(int(sys.argv.pop(1))); "
    "from gateway.cli import main; sys.exit(main())",
)


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "demo",
        help="a whole gateway on this machine, fed with samples (お試し)",
        description="Runs gateway, clamd and recording next hops here, sends the samples through, shows what became of them.",
    )
    parser.add_argument("--once", action="store_true", help="stop after the table instead of waiting for Ctrl-C")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    settings = settings_file.load(arguments.config)
    return uvloop.run(_demo(settings, arguments.config, once=arguments.once))


async def _demo(settings: Settings, config: Path, *, once: bool) -> int:
    os.umask(0o077)
    console = screen()
    async with AsyncExitStack() as stack:
        console.print("[bold]==>[/bold] clamd")
        clamd = await PrivateClamd.start()
        stack.callback(clamd.stop)
        if clamd.only_eicar:
            console.print("[bold red]    clamd has no signatures: it knows the EICAR test string and nothing else.[/bold red]")
            console.print("    Run freshclam for real use.")
        private = settings.clamav.model_copy(update={"socket": str(clamd.socket)})
        settings = settings.model_copy(update={"clamav": private, "digest_at": ""})
        hops = settings.place("next-hop")
        for side, listener in (("inbound", settings.inbound), ("outbound", settings.outbound)):
            sink = await _next_hop(side, listener, hops)
            stack.push_async_callback(sink.stop)
        store = stack.enter_context(open_store(settings))
        gateway = Gateway(settings, store)
        console.print("[bold]==>[/bold] sandbox self-test and gateway")
        test = await gateway.start()
        stack.push_async_callback(gateway.stop, "demo ended")
        inbound = settings.inbound
        console.print(f"    sandbox level {test.level} of 4 ({test.attempts} attacks on it tried, none got through)")
        console.print(
            f"    listening on {inbound.host}:{inbound.port}, health on http://{settings.health.host}:{settings.health.port}/health"
        )
        if shutil.which("soffice") is None:
            console.print("    LibreOffice is not installed: doc, xls and ppt are withheld")
        sent = await _send_samples(console, settings, store)
        await _show(console, store, sent)
        console.print(
            f"What the next hop got: [bold]{hops}/inbound[/bold]; state and journal: [bold]{settings.state_directory}[/bold]."
        )
        if not once:
            console.print(
                "Try: swaks --server 127.0.0.1:2525 --from you@example.com --to staff@city.example.lg.jp --attach @file"
            )
            console.print("     mugai quarantine list   mugai journal tail   mugai journal verify")
            console.print(await _console(stack, config, settings.place("console.log")))
            console.print("Running until Ctrl-C.")
            await _until_interrupted()
    return 0


async def _console(stack: AsyncExitStack, config: Path, log: Path) -> str:
    """Starts `mugai console` as a process of its own, to be ended with the demo.  Returns the line that says where it is."""
    command = (*_TIED, str(os.getpid()), "--config", str(config), "console")
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=errors)
    assert process.stdout is not None
    stack.push_async_callback(process.wait)
    stack.callback(_end, process)
    return (await process.stdout.readline()).decode().strip() or f"The console did not start: {log} says why."


def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # Ctrl-C reaches it too
        process.terminate()


async def _next_hop(side: str, listener: ListenerSettings, hops: Path) -> Sink:
    hop = listener.next_hop
    sink = Sink(hops / side, hop.host, hop.port)
    try:
        await sink.start()
    except OSError as error:
        raise SetupError(f"{hop.host}:{hop.port} for the recording next hop: {error.strerror}; stop what runs there") from None
    return sink


@dataclass(frozen=True, slots=True)
class _Sent:
    """One sample: its file, and the gateway's answer."""

    name: str
    reply: str
    receipt: str  # "" when it was refused


async def _send_samples(console: Console, settings: Settings, store: Store) -> list[_Sent]:
    place = settings.place("samples")
    console.print(f"[bold]==>[/bold] building the samples in {place}")
    process = await asyncio.create_subprocess_exec(sys.executable, str(SAMPLES), str(place))
    if await process.wait():
        raise SetupError(f"{SAMPLES} failed")
    mails = sorted((place / "mail").glob("*.eml"))
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("sending and inspecting", total=2 * len(mails))
        sent = []
        for mail in mails:
            sent.append(await asyncio.to_thread(_send, settings, mail))
            progress.advance(bar)
        await _settled(store, sent, lambda: progress.advance(bar))
    return sent


def _send(settings: Settings, mail: Path) -> _Sent:
    """With the standard library's client, as any sender would."""
    inbound = settings.inbound
    recipient = f"staff@{inbound.domains[0]}"
    # one more field makes each run's mail a new one: the same bytes again within the hour are taken for a client's retry
    content = f"X-Demo-Run: {time.time_ns()}\r\n".encode() + mail.read_bytes()
    with smtplib.SMTP(inbound.host, inbound.port, timeout=60) as client:
        client.ehlo("demo.example.com")
        try:
            client.mail("sender@example.com", [f"size={len(content)}"])
            code, text = client.rcpt(recipient)
            if code == 250:
                code, text = client.data(content)
        except smtplib.SMTPResponseException as refusal:
            code, text = (
                refusal.smtp_code,
                refusal.smtp_error if isinstance(refusal.smtp_error, bytes) else refusal.smtp_error.encode(),
            )
    reply = f"{code} {text.decode('utf-8', 'replace')}"
    return _Sent(mail.stem, reply, reply.split()[-1] if code == 250 else "")


async def _settled(store: Store, sent: list[_Sent], advance: Callable[[], None]) -> None:
    """Until each sample's recipient is at rest: relayed, or held."""
    waiting = [each for each in sent if each.receipt]
    ends = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < ends:
        for each in list(waiting):
            shown = await store.spool.show(each.receipt)
            if all(r.state not in (State.RECEIVED, State.SANITISED) for r in shown.recipients):
                waiting.remove(each)
                advance()
        await asyncio.sleep(0.1)


async def _show(console: Console, store: Store, sent: list[_Sent]) -> None:
    table = Table(title="What became of the samples", title_justify="left", show_lines=True)
    for heading in ("sample", "outcome", "removed or changed", "rule: why"):
        table.add_column(heading, overflow="fold")
    for each in sent:
        if not each.receipt:
            table.add_row(*(plain(cell) for cell in (each.name, "refused", "", each.reply)))
            continue
        shown = await store.spool.show(each.receipt)
        states = ", ".join(sorted({r.state for r in shown.recipients}))
        decided = [dict(entry.facts) for entry in await search(store.db, item=shown.item.id, kind="decided")]
        facts = decided[-1] if decided else {}
        why = f"{facts.get('rule', '')}: {facts.get('reason', '')}".strip(": ")
        table.add_row(
            *(plain(cell) for cell in (f"{each.name}\n{each.receipt}", states, facts.get("found", "").replace(", ", "\n"), why))
        )
    console.print(table)


async def _until_interrupted() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
