"""`mugai bench policy`: what the observers, the register and the rules add to one outbound text mail, beside its inspection.

Both are taken from the same walks of the gateway's own path, in a store with a directory and mail that went before, so that a
loaded machine slows both alike: the ratio is the figure, the milliseconds are this machine's.  Nothing leaves; the clearance
and the SMTP sides are `mugai bench mail`'s.  Raises SandboxDown.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from rich.table import Table

from gateway.app import Gateway
from gateway.bench import synthetic
from gateway.bench.report import percentile
from gateway.directory.model import Directory, Person, Role, Section
from gateway.inspection import Inspector
from gateway.model import Client, Direction, Envelope, Inspection, Lease, QueueItem, Work
from gateway.observation import Correspondence
from gateway.policy import memory
from gateway.policy.rules import Policy
from gateway.settings import Settings
from gateway.store.opening import Store
from sanitizers.model import Profile

TARGET = 0.002  # seconds that policy may add to a text mail (issue: under 2 ms, no detectors on attachments)
PEOPLE, SECTIONS, CORRESPONDENTS = 1_000, 50, 20_000  # a city of middle size after some years


@dataclass(frozen=True, slots=True)
class Walks:
    """Each walk's seconds, sorted by themselves; `cpu` is this process's own for policy."""

    inspection: tuple[float, ...]
    policy: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def ratio(self) -> float:
        return percentile(self.policy, 50) / percentile(self.inspection, 50)


@dataclass
class _Timed(Inspector):
    """The inspector with a watch on it: policy is what is left of a walk without it."""

    inner: Inspector
    seconds: float = 0.0
    cpu: float = 0.0

    async def message(
        self, content: bytes | int, profile: Profile, *, keep_leaves: bool = False, originals: frozenset[str] = frozenset()
    ) -> Inspection:
        began, cpu = time.perf_counter(), time.process_time()
        try:
            return await self.inner.message(content, profile, keep_leaves=keep_leaves, originals=originals)
        finally:
            self.seconds += time.perf_counter() - began
            self.cpu += time.process_time() - cpu


async def measure(settings: Settings, store: Store, policy: Policy, count: int, on_step: Callable[[], None]) -> Walks:
    await _furnish(store)
    gateway = Gateway(settings, store, policy=policy)
    gateway.inspector.scanner = None  # its time is no part of either figure
    timed = _Timed(gateway.inspector)
    pipeline = replace(gateway.pipeline, inspector=timed)
    inspection: list[float] = []
    rules: list[float] = []
    cpu: list[float] = []
    try:
        await gateway.sandbox.start()
        for number in range(-1, count):  # the first one warms up
            content = synthetic.letter("text", number + 1)
            lease = _lease(number + 1, len(content))
            timed.seconds = timed.cpu = 0.0
            began, began_cpu = time.perf_counter(), time.process_time()
            found = [ruling async for ruling in pipeline.rulings(lease, content)]
            assert len(found) == 1, "one recipient, one ruling"
            if number >= 0:
                inspection.append(timed.seconds)
                rules.append(time.perf_counter() - began - timed.seconds)
                cpu.append(time.process_time() - began_cpu - timed.cpu)
            on_step()
    finally:
        await gateway.sandbox.stop()
    return Walks(tuple(sorted(inspection)), tuple(sorted(rules)), tuple(sorted(cpu)))


def _lease(number: int, size: int) -> Lease:
    sender, recipient = f"staff{number % PEOPLE}@city.example.lg.jp", f"partner{number}@company{number}.example.com"
    envelope = Envelope(sender, (recipient,), Direction.OUTBOUND, Client("127.0.0.1", 0, "bench"))
    return Lease(0, 0, Work.INSPECT, QueueItem(f"{number:026}", "BENCH", envelope, envelope.recipients, time.time(), size, ""))


async def _furnish(store: Store) -> None:
    """People, and with whom they wrote."""
    sections = tuple(Section(f"{n}", f"第{n}課") for n in range(SECTIONS))
    people = tuple(
        Person(f"staff{n}@city.example.lg.jp", f"職員 {n}", f"{n % SECTIONS}", (Role.USR,) if n >= SECTIONS else (Role.ISM,))
        for n in range(PEOPLE)
    )
    await store.directory.replace(Directory(people, sections), 0, "bench", "bench")
    wrote = [Correspondence(f"somebody{n}@example{n}.com", people[n % PEOPLE].address) for n in range(CORRESPONDENTS)]
    await store.db.write(memory.remember, wrote, store.clock.now())


def sheet(walks: Walks) -> Table:
    count = len(walks.policy)
    table = Table(title=f"mugai bench policy: {count} × text mail of 5 KB, outbound, no attachment", title_justify="left")
    for heading in ("項目 figure", "値 value"):
        table.add_column(heading)
    figures = (
        ("規則の追加時間 policy adds p50 / p95 ms", f"{_ms(walks.policy, 50)} / {_ms(walks.policy, 95)}"),
        ("目標 target ms", f"{TARGET * 1000:g}"),
        ("規則の追加時間 policy adds, CPU p50 / p95 ms", f"{_ms(walks.cpu, 50)} / {_ms(walks.cpu, 95)}"),
        ("検査 inspection p50 / p95 ms", f"{_ms(walks.inspection, 50)} / {_ms(walks.inspection, 95)}"),
        ("比 policy : inspection", f"{walks.ratio:.3f}"),
    )
    for row in figures:
        table.add_row(*row)
    return table


def _ms(ordered: tuple[float, ...], percent: int) -> str:
    return f"{percentile(ordered, percent) * 1000:.2f}"
