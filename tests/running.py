"""A real `mugai serve` in a process of its own, with its own ports and state, for tests that start, kill and read it."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway import cli
from tests.waiting import PATIENCE, until

CONFIG = Path(__file__).parents[1] / "config"


_KEPT: list[socket.socket] = []


def free_port() -> int:
    """Nobody listens there, and nobody gets it by chance: a bound socket keeps it until this process ends.  With SO_REUSEADDR
    on both sides, whoever names the port may still listen there."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    _KEPT.append(kept)
    return int(kept.getsockname()[1])


def _command(arguments: list[str], stdin: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error.  In this process: an interpreter's start outlasts most commands."""
    out, errors, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(stdin)
    try:
        with redirect_stdout(out), redirect_stderr(errors):
            code = cli.main(arguments)
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        sys.stdin = before
    return code, out.getvalue(), errors.getvalue()


_COMMANDS = ThreadPoolExecutor(1)  # one after another, for they share the standard output; and outside of a running event loop


@dataclass
class Running:
    """`state` is kept over restarts.  `extra` are further lines of gateway.yaml."""

    state: Path
    clamd_socket: Path
    next_hop_port: int
    extra: str = ""
    policy: Path = CONFIG / "policy.yaml"
    shipped: Path = CONFIG  # notices and lists
    inbound: int = field(default_factory=free_port)
    outbound: int = field(default_factory=free_port)
    health: int = field(default_factory=free_port)
    outbound_hop_port: int = field(default_factory=free_port)
    outbound_extra: str = ""  # further keys of `outbound`
    python: str = sys.executable
    process_of: dict[str, Any] = field(default_factory=dict)  # for Popen: as whom it runs
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        path = self.state / "gateway.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"state_directory: {self.state}\n"
            f"policy: {self.policy}\n"
            f"notices: {self.shipped / 'notices'}\n"
            f"free_mail: {self.shipped / 'free_mail.txt'}\n"
            f"inbound: {{port: {self.inbound}, next_hop: {{port: {self.next_hop_port}}}}}\n"
            f"outbound: {{port: {self.outbound}, next_hop: {{port: {self.outbound_hop_port}}}{self.outbound_extra}}}\n"
            "digest_at: ''\n"  # at that hour a test would meet one mail more
            f"health: {{port: {self.health}}}\n"
            f"clamav: {{socket: {self.clamd_socket}}}\n"
            f"queue: {{first_retry: 0.2, longest_retry: 1, free_space: 1MB}}\n"
            # tests send more from one place than any office does
            + ("" if "volume:" in self.extra else "volume: {enabled: false}\n")
            + self.extra
        )
        return path

    def start(self) -> None:
        log = (self.state / "serve.log").open("ab") if self.state.exists() else subprocess.DEVNULL
        command = [self.python, "-m", "gateway.cli", "--config", str(self.config), "serve"]
        self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **self.process_of)
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}; see {self.state / 'serve.log'}")
            try:
                for port in (self.inbound, self.outbound):
                    socket.create_connection(("127.0.0.1", port), 5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("serve does not listen")

    def kill(self) -> None:
        """SIGKILL to the gateway alone: its workers must notice by themselves."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def mugai(self, *arguments: str, check: bool = True, stdin: str = "") -> str:
        """One command on the same installation; its standard output."""
        code, out, errors = _COMMANDS.submit(_command, ["--config", str(self.config), *arguments], stdin).result()
        assert not check or code == 0, errors
        return out

    def held(self) -> list[dict[str, object]]:
        return list(json.loads(self.mugai("quarantine", "list", "--json", "--limit", "100000")))

    def queued(self) -> list[dict[str, object]]:
        return list(json.loads(self.mugai("queue", "list", "--json", "--limit", "100000")))

    def healthy(self) -> dict[str, object]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.health}/health", timeout=PATIENCE) as answer:
            return dict(json.load(answer))

    def asked(self, query: str, *values: str) -> list[tuple[str]]:
        """A look into the store itself: for who looks often, a command each time would cost more than the mail."""
        with closing(sqlite3.connect(f"file:{self.state}/mugai.sqlite?mode=ro", uri=True, timeout=PATIENCE)) as store:
            return store.execute(query, values).fetchall()

    def facts(self, kind: str, receipt: str = "") -> list[dict[str, object]]:
        """Entries of the journal, about one mail or about anything."""
        item = "AND item = (SELECT id FROM message WHERE receipt = ?)" if receipt else "AND ? = ''"
        tables = ("journal", "journal_pending")
        query = " UNION ALL ".join(f"SELECT entry FROM {table} WHERE kind = ? {item}" for table in tables)
        return [json.loads(entry) for (entry,) in self.asked(query, *(kind, receipt) * len(tables))]

    async def until_empty(self) -> None:
        """Until nothing waits any more."""
        await until(lambda: not self.asked("SELECT id FROM job LIMIT 1"), lambda: f"still queued: {self.queued()[:3]}")
