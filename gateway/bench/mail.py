"""`mugai bench mail`: a whole gateway under load, with its own state, its own clamd and a next hop that keeps nothing.

What is measured is `mugai serve` itself.  The sender is a process of its own; with a core given, everything else runs on
that one.  Raises Failed and ClamdMissing; leaves no process and no file behind.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError
from rich.table import Table

from gateway.bench import processor
from gateway.bench.hop import NullHop
from gateway.bench.report import percentile
from gateway.bench.sender import SENT, Sent
from gateway.clamd import PrivateClamd
from gateway.settings import Settings

START_SECONDS = 90.0  # imports, four zygotes and the self-test, on a machine that starts everything at once
PATIENCE = 60.0  # without any mail arriving: what is missing by then is lost or held


class Failed(Exception):
    """The measurement could not be made; one sentence."""


@dataclass(frozen=True, slots=True)
class Load:
    kind: str
    count: int
    sessions: int


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds."""

    gateway: float
    workers: float  # the zygote included
    clamd: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.gateway - other.gateway, self.workers - other.workers, self.clamd - other.clamd)


@dataclass(frozen=True, slots=True)
class Flow:
    """Times in seconds, sorted.  `seconds` from the first MAIL to the last arrival, `accepting` to the last 250."""

    load: Load
    core: int | None
    accepted: int
    arrived: int
    duplicates: int
    accepting: float
    seconds: float
    cpu: Cpu
    latencies: tuple[float, ...]
    ages: tuple[float, ...]  # from MAIL to the next hop

    @property
    def lost(self) -> int:
        """Not accepted, held, or really lost: a benign mail should be none of these."""
        return self.load.count - self.arrived


async def measure(
    settings: Settings, load: Load, core: int | None, directory: Path | None, on_progress: Callable[[int], None]
) -> Flow:
    """Rules and notices are those of `settings`; everything else is made for this run."""
    if core is not None:
        try:
            os.sched_setaffinity(0, {core})  # inherited by all that is started from here
        except OSError:
            raise Failed(f"there is no core {core} here, or it may not be used") from None
    try:
        state = Path(tempfile.mkdtemp(prefix="mugai-bench-", dir=directory))
    except OSError as error:
        raise Failed(f"{directory}: {error.strerror}") from None
    hop, port = NullHop(), _free_port()
    async with AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, state, ignore_errors=True)
        clamd = await PrivateClamd.start()
        stack.callback(clamd.stop)
        next_hop = await hop.start()
        stack.callback(hop.stop)
        sender = await stack.enter_async_context(_sender(load, core))
        gateway = await stack.enter_async_context(_gateway(settings, state, port, next_hop, clamd.socket))
        before = _cpu(gateway.pid, clamd.process.pid)
        sent = await _send(sender, port, hop, on_progress)
        await _arrival(hop, sent, on_progress)
        return _flow(load, core, hop, sent, _cpu(gateway.pid, clamd.process.pid) - before)


def _cpu(gateway: int, clamd: int) -> Cpu:
    """Of two process ids."""
    return Cpu(processor.spent(gateway).own, processor.below(gateway), processor.spent(clamd).own)


@asynccontextmanager
async def _sender(load: Load, core: int | None) -> AsyncIterator[asyncio.subprocess.Process]:
    """Yields when its mails are made."""
    command = [sys.executable, "-m", "gateway.bench.sender", load.kind, str(load.count), str(load.sessions)]
    command += [] if core is None else ["--avoid", str(core)]
    pipe = asyncio.subprocess.PIPE
    sender = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        assert sender.stdout is not None
        if await sender.stdout.readline() != b"ready\n":
            raise Failed("the sender did not start")
        yield sender
    finally:
        await _end(sender, signal.SIGKILL)


@asynccontextmanager
async def _gateway(
    settings: Settings, state: Path, port: int, next_hop: int, scanner: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`mugai serve`, listening."""
    config = state / "gateway.yaml"
    values = {
        "state_directory": str(state),
        "policy": settings.policy,
        "notices": settings.notices,
        "free_mail": settings.free_mail,
        "inbound": {"port": port, "next_hop": {"port": next_hop}},
        "outbound": {"port": _free_port(), "next_hop": {"port": next_hop}},
        "digest_at": "",
        "health": {"port": _free_port()},
        "clamav": {"socket": str(scanner)},
        "volume": {"enabled": False},  # a benchmark is the flood that it would stop
    }
    config.write_text(yaml.safe_dump(values), encoding="utf-8")
    with (state / "serve.log").open("wb") as log:
        command = [sys.executable, "-m", "gateway.cli", "--config", str(config), "serve"]
        gateway = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
    try:
        await _listening(gateway, port, state / "serve.log")
        yield gateway
    finally:
        await _end(gateway, signal.SIGTERM)


async def _listening(gateway: asyncio.subprocess.Process, port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and gateway.returncode is None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    said = log.read_text(errors="replace")  # noqa: ASYNC240 -- once, at the end
    raise Failed(f"the gateway does not listen: {said.strip()[-400:]}")


async def _end(process: asyncio.subprocess.Process, how: signal.Signals) -> None:
    if process.returncode is None:
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), 60)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _send(sender: asyncio.subprocess.Process, port: int, hop: NullHop, on_progress: Callable[[int], None]) -> list[Sent]:
    sending = asyncio.create_task(sender.communicate(f"{port}\n".encode()))
    while not sending.done():
        await asyncio.wait([sending], timeout=0.2)
        on_progress(len(hop.arrived))
    answer, _ = await sending
    try:
        return SENT.validate_json(answer)
    except ValidationError:
        raise Failed(f"the sender ended with status {sender.returncode} and no answer") from None


async def _arrival(hop: NullHop, sent: list[Sent], on_progress: Callable[[int], None]) -> None:
    """Until every accepted mail is there, or none has come for PATIENCE."""
    accepted = sum(each.accepted for each in sent)
    last = len(hop.arrived), time.monotonic()
    while len(hop.arrived) < accepted and time.monotonic() - last[1] < PATIENCE:
        await asyncio.sleep(0.05)
        on_progress(len(hop.arrived))
        if len(hop.arrived) > last[0]:
            last = len(hop.arrived), time.monotonic()


def _flow(load: Load, core: int | None, hop: NullHop, sent: list[Sent], cpu: Cpu) -> Flow:
    accepted = [each for each in sent if each.accepted]
    if not accepted or not hop.arrived:
        raise Failed(f"no mail went through; the gateway said {sent[0].reply if sent else 'nothing'}")
    began = min(each.began for each in sent)
    return Flow(
        load,
        core,
        len(accepted),
        len(hop.arrived),
        hop.duplicates,
        accepting=max(each.ended for each in accepted) - began,
        seconds=max(hop.arrived.values()) - began,
        cpu=cpu,
        latencies=tuple(sorted(each.ended - each.began for each in accepted)),
        ages=tuple(sorted(hop.arrived[each.number] - each.began for each in accepted if each.number in hop.arrived)),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sheet(flow: Flow) -> Table:
    """One table; rates in mails, times in milliseconds."""
    load, cpu = flow.load, flow.cpu
    where = "all cores" if flow.core is None else f"core {flow.core} alone"
    table = Table(
        title=f"mugai bench mail: {load.count} × {load.kind}, {load.sessions} sessions, {where}", title_justify="left"
    )
    for heading in ("項目 figure", "値 value"):
        table.add_column(heading)
    share = {name: getattr(cpu, name) * 1000 / flow.arrived for name in cpu.__slots__}
    rows = (
        ("受信 accepted/s", f"{flow.accepted / flow.accepting:.1f}"),
        ("配送 relayed/s", f"{flow.arrived / flow.seconds:.1f}"),
        ("受信応答 accept latency p50 / p99 ms", _pair(flow.latencies)),
        ("到達まで until delivered p50 / p99 ms", _pair(flow.ages)),
        ("CPU ms/通 a mail", f"{sum(share.values()):.2f}"),
        *((f"  {name}", f"{milliseconds:.2f}") for name, milliseconds in share.items()),
        ("未着 missing / 重複 twice", f"{flow.lost} / {flow.duplicates}"),
    )
    for row in rows:
        table.add_row(*row)
    return table


def _pair(ordered: tuple[float, ...]) -> str:
    return " / ".join(f"{percentile(ordered, percent) * 1000:.1f}" for percent in (50, 99))
