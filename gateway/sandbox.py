"""The supervisor of the wall: gives each content to a locked worker of its own and believes only a clean end.

`run` never raises because of content: time, memory, a crash, an attack or garbage is an Answer that fails the part.  It
raises `SandboxDown` when the sandbox itself can not work (not ready, zygote died): try the message again later.
`selftest` attacks the sandbox; under the configured level nothing is run at all.  Not here: what a job may cost in
all and how many run at once (`inspection.py`, `runner.py`), the lock (`sanitizers/lock/`).  Source: security.md 1.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.conversation import Claimed, Conversation, OnChild
from gateway.zygote import SandboxDown, Usage, Zygote
from sanitizers import attack
from sanitizers.letter import Letter
from sanitizers.lock import Caps, Confinement
from sanitizers.model import Outcome, Part, Profile, Reason, Task, Verdict
from sanitizers.protocol import Garbage, Start
from sanitizers.worker import EXIT_NO_MEMORY, EXIT_UNLOCKED

__all__ = ["Answer", "OnChild", "Sandbox", "SandboxDown", "SelfTest"]

_ATTACK_SECONDS = 30.0
# All workers of one zygote share its address layout and hash seed: what leaks in one must soon be worthless.
_JOBS_PER_ZYGOTE = 5_000
_ZYGOTE_SECONDS = 600.0
_ATTACKED = (signal.SIGSYS, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGABRT)
_ATTACK = Start(Task.ATTACK, Part("", "", ""), Profile())


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one job.  `letter` only for LETTER, `objections` only for VERIFY."""

    outcome: Outcome
    letter: Letter | None
    objections: tuple[str, ...]
    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The answer of the sandbox to attacks on it.

    Level 0: no lock.  1: an attack got through, or is not answered by death.  2: parsing is free of leaks by seccomp
    alone.  3: also with files readable (landlock).  4: and in a container of its own (security.md 1.6)."""

    level: int
    landlock_abi: int = 0
    attempts: int = 0
    leaks: tuple[str, ...] = ()
    kills: bool = False  # production ends an attacker with SIGSYS
    problem: str = ""  # why there was nothing to test


class Sandbox:
    """`hidden` is a path that a separate container must not see (the spool); `tasks` the module with the task table."""

    def __init__(
        self,
        *,
        minimum_level: int = 3,
        cpu_seconds: int = Caps().cpu_seconds,
        memory_bytes: int = Caps().memory_bytes,
        on_alarm: Callable[[str], None] | None = None,
        hidden: str = "/",
        tasks: str = "sanitizers.tasks",
    ):
        # under 2 nothing of the lock is proven: no setting may run so
        self._required = max(2, minimum_level)
        self._caps, self._hidden, self._tasks = Caps(memory_bytes, cpu_seconds), hidden, tasks
        self._on_alarm = on_alarm or (lambda text: None)
        self._current: asyncio.Task[Zygote] | None = None
        self._successor: asyncio.Task[Zygote] | None = None
        self._zygotes: set[Zygote] = set()
        self.level = 0

    @property
    def ready(self) -> bool:
        return self.level >= self._required and self._current is not None

    async def start(self) -> SelfTest:
        self._replace(at_once=True)
        return await self.selftest()

    async def stop(self) -> None:
        """Ends every worker at once: whoever wants a drain waits for its jobs first."""
        self.level = 0
        pending = [task for task in (self._current, self._successor) if task is not None]
        self._current = self._successor = None
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for zygote in self._zygotes:
            zygote.kill()
        self._zygotes.clear()

    async def run(self, start: Start, content: bytes | int, on_child: OnChild | None = None, *, wall_seconds: float) -> Answer:
        """One job.  `wall_seconds` counts to the worker's end, the treatment of its children included."""
        if not self.ready:
            raise SandboxDown(f"sandbox level {self.level}, {self._required} is required")
        answer, suspicion = await self._run(await self._zygote(), start, content, on_child, wall_seconds)
        if suspicion:
            self._on_alarm(f"part {start.part.path or '(whole)'}: {suspicion}")
            self._replace(at_once=True)
        return answer

    async def selftest(self) -> SelfTest:
        """Attacks a permissive twin in each confinement, to see every answer; then production, which must kill."""
        try:
            production = await self._zygote()
            twin = await self._spawn(permissive=True)
            try:
                parse = await self._attack(twin, Confinement.PARSE)
                render = await self._attack(twin, Confinement.RENDER)
            finally:
                twin.kill()
            killed, _ = await self._run(production, _ATTACK, b"", None, _ATTACK_SECONDS)
        except SandboxDown as problem:
            self.level = 0
            return SelfTest(0, problem=str(problem))
        kills = killed.outcome.reason is Reason.EXPLOIT_ATTEMPT
        leaks = attack.leaks(parse, Confinement.PARSE) + attack.leaks(render, Confinement.RENDER)
        self.level = _level(production, attack.leaks(parse, Confinement.PARSE), leaks, kills)
        return SelfTest(self.level, production.landlock_abi, len(parse) + len(render), leaks, kills)

    async def _attack(self, twin: Zygote, confinement: Confinement) -> tuple[str, ...]:
        answer, _ = await self._run(twin, _ATTACK, b"", None, _ATTACK_SECONDS, confinement)
        return answer.objections

    async def _run(
        self,
        zygote: Zygote,
        start: Start,
        content: bytes | int,
        on_child: OnChild | None,
        wall_seconds: float,
        confinement: Confinement = Confinement.PARSE,
    ) -> tuple[Answer, str]:
        """The answer, and in words what about its end looks like an attack ("" if nothing does)."""
        began = time.monotonic()
        worker = await zygote.fork(content, confinement)
        claimed = broken = None
        try:
            async with asyncio.timeout(wall_seconds) as clock:
                claimed = await Conversation(worker, start, on_child).hold()
        except TimeoutError:
            if not clock.expired():
                raise  # somebody else's, out of on_child
            broken = Garbage(f"more than {wall_seconds:.1f} s", Reason.LIMIT_TIME)
        except Garbage as garbage:
            broken = garbage
        except (EOFError, BrokenPipeError):
            broken = None  # it died: the exit status tells why
        finally:
            worker.kill()
            worker.close()
        usage = await zygote.reap(worker)
        reason, detail = _end(usage, broken, claimed is not None, self._caps)
        if claimed is None or reason is not None:
            claimed = Claimed(Outcome(Verdict.FAILED, "", reason=reason, detail=detail), None, ())
        answer = Answer(
            claimed.outcome, claimed.letter, claimed.objections, time.monotonic() - began, usage.cpu_seconds, usage.peak_bytes
        )
        return answer, detail if _is_suspicious(usage, broken) else ""

    async def _zygote(self) -> Zygote:
        if self._current is None:
            raise SandboxDown("the sandbox is stopped")
        try:
            zygote = await asyncio.shield(self._current)
        except SandboxDown:
            self._replace(at_once=True)  # for the next job; this one is tried again later
            raise
        if zygote.dead:
            self._replace(at_once=True)
            return await asyncio.shield(self._current)
        if zygote.forks >= _JOBS_PER_ZYGOTE or time.monotonic() - zygote.born > _ZYGOTE_SECONDS:
            self._replace(at_once=False)
        return zygote

    def _replace(self, *, at_once: bool) -> None:
        """A new zygote.  Jobs in flight end in the old one; new jobs wait for the new one only if `at_once`."""
        if self._successor is None:
            self._successor = asyncio.create_task(self._spawn())
            self._successor.add_done_callback(self._succeed)
        if at_once:
            self._retire(self._current)
            self._current = self._successor

    def _succeed(self, successor: asyncio.Task[Zygote]) -> None:
        self._successor = None
        if successor.cancelled() or successor.exception() is not None or successor is self._current:
            return
        self._retire(self._current)
        self._current = successor

    def _retire(self, task: asyncio.Task[Zygote] | None) -> None:
        if task is not None and task.done() and not task.cancelled() and task.exception() is None:
            task.result().retire()

    async def _spawn(self, *, permissive: bool = False) -> Zygote:
        zygote = await Zygote.spawn(self._tasks, self._caps, permissive=permissive, hidden=self._hidden)
        self._zygotes = {z for z in self._zygotes if not z.dead} | {zygote}
        return zygote


def _level(production: Zygote, parse_leaks: tuple[str, ...], leaks: tuple[str, ...], kills: bool) -> int:
    if parse_leaks or not kills:
        return 1
    if leaks or not production.landlock_abi:
        return 2
    return 4 if production.is_apart else 3


def _end(usage: Usage, broken: Garbage | None, has_claim: bool, caps: Caps) -> tuple[Reason | None, str]:
    """Why nothing of this job counts, or None when it ended cleanly after a valid claim."""
    killer = signal.Signals(os.WTERMSIG(usage.status)) if os.WIFSIGNALED(usage.status) else None
    code = os.waitstatus_to_exitcode(usage.status)
    if killer is signal.SIGSYS:
        return Reason.EXPLOIT_ATTEMPT, "the worker made a system call that no parser needs"
    if broken is not None:
        return broken.reason, str(broken)
    if killer is signal.SIGXCPU or (killer is signal.SIGKILL and usage.cpu_seconds >= caps.cpu_seconds):
        return Reason.LIMIT_TIME, f"more than {caps.cpu_seconds} s of CPU"
    if killer is signal.SIGKILL:
        return Reason.LIMIT_MEMORY, "killed from outside: the machine is out of memory"
    if killer is not None:
        return Reason.CRASHED, f"the worker died of {killer.name}"
    if code == EXIT_UNLOCKED:
        raise SandboxDown("a worker could not be locked")
    if code == EXIT_NO_MEMORY:
        return Reason.LIMIT_MEMORY, f"more than {caps.memory_bytes} bytes of memory"
    if code or not has_claim:
        return Reason.CRASHED, f"the worker left with status {code} and no answer"
    return None, ""


def _is_suspicious(usage: Usage, broken: Garbage | None) -> bool:
    """A broken protocol, a forbidden system call, corrupted memory: signs of a worker under foreign control."""
    if broken is not None and broken.reason is not Reason.LIMIT_TIME:
        return True
    return os.WIFSIGNALED(usage.status) and os.WTERMSIG(usage.status) in _ATTACKED
