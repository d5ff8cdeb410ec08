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

from gateway.conversation import Conversation, OnAsk, OnChild
from gateway.zygote import SandboxDown, Usage, Zygote
from sanitizers import attack
from sanitizers.letter import Letter
from sanitizers.lock import Caps, Confinement
from sanitizers.model import Outcome, Part, Profile, Reason, Task, Verdict
from sanitizers.protocol import Claim, Garbage, Start
from sanitizers.worker import EXIT_NO_MEMORY, EXIT_UNLOCKED

__all__ = ["Answer", "OnAsk", "OnChild", "Sandbox", "SandboxDown", "SelfTest"]

_ATTACK_SECONDS = 30.0
# All workers of one zygote share its address layout and hash seed: what leaks in one must soon be worthless.
_JOBS_PER_ZYGOTE = 5_000
_ZYGOTE_SECONDS = 600.0
_CONFINEMENTS = {  # every other task has no file system at all, and one thread
    Task.RENDER: Confinement.RENDER,
    Task.DRAW: Confinement.RENDER,
    Task.DECODE: Confinement.DECODE,
}
_FILES_LEVEL = 3  # under it, where files may be read they may all be read
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
    alone.  3: also where fonts may be read (landlock).  4: and with neither a network nor sight of the gateway's files
    (security.md 1.6)."""

    level: int
    landlock_abi: int = 0
    attempts: int = 0
    leaks: tuple[str, ...] = ()
    kills: bool = False  # production ends an attacker with SIGSYS
    problem: str = ""  # why there was nothing to test


@dataclass(frozen=True, slots=True)
class _Failure:
    reason: Reason
    detail: str
    is_suspicious: bool = False  # forbidden call, corrupted memory, broken protocol: a worker under foreign control


class Sandbox:
    """`hidden` is a path that only the gateway should see, such as the spool; `tasks` the module with the table TASKS."""

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

    async def run(
        self,
        start: Start,
        content: bytes | int,
        on_child: OnChild | None = None,
        on_ask: OnAsk | None = None,
        *,
        wall_seconds: float,
    ) -> Answer:
        """One job.  `wall_seconds` counts to the worker's end, the treatment of its children included."""
        if not self.ready:
            raise SandboxDown(f"sandbox level {self.level}, {self._required} is required")
        confinement = _CONFINEMENTS.get(start.task, Confinement.PARSE)
        if confinement is not Confinement.PARSE and self.level < _FILES_LEVEL:
            detail = f"{start.task} needs sandbox level {_FILES_LEVEL}, it is {self.level}"
            return Answer(Outcome(Verdict.FAILED, "", reason=Reason.NO_CONVERTER, detail=detail), None, (), 0.0, 0.0, 0)
        zygote = await self._zygote()
        answer, failure = await self._run(zygote, confinement, start, content, wall_seconds, on_child, on_ask)
        if failure is not None and failure.is_suspicious:
            self._on_alarm(f"{start.task} of part {start.part.path or '(whole)'}: {failure.detail}")
            if _living(self._current) is zygote:  # else it has been replaced already
                self._replace(at_once=True)
        return answer

    async def selftest(self) -> SelfTest:
        """Attacks a permissive twin in each confinement, to see every answer; then production, which must kill."""
        try:
            production = await self._zygote()
            twin = await self._spawn(permissive=True)
            try:
                parse = await self._attack(twin, Confinement.PARSE)
                wider = {each: await self._attack(twin, each) for each in (Confinement.RENDER, Confinement.DECODE)}
            finally:
                twin.kill()
            _, failure = await self._run(production, Confinement.PARSE, _ATTACK, b"", _ATTACK_SECONDS)
        except SandboxDown as problem:
            self.level = 0
            return SelfTest(0, problem=str(problem))
        leaks = attack.leaks(parse, Confinement.PARSE)
        wider_leaks = tuple(leak for each, answers in wider.items() for leak in attack.leaks(answers, each))
        kills = failure is not None and failure.reason is Reason.EXPLOIT_ATTEMPT
        if leaks or not kills:
            self.level = 1
        elif wider_leaks or not production.landlock_abi:
            self.level = 2
        else:
            self.level = 4 if production.is_apart else 3
        return SelfTest(
            self.level, production.landlock_abi, sum(map(len, (parse, *wider.values()))), leaks + wider_leaks, kills
        )

    async def _attack(self, twin: Zygote, confinement: Confinement) -> tuple[str, ...]:
        answer, _ = await self._run(twin, confinement, _ATTACK, b"", _ATTACK_SECONDS)
        return answer.objections

    async def _run(
        self,
        zygote: Zygote,
        confinement: Confinement,
        start: Start,
        content: bytes | int,
        wall_seconds: float,
        on_child: OnChild | None = None,
        on_ask: OnAsk | None = None,
    ) -> tuple[Answer, _Failure | None]:
        began = time.monotonic()
        worker = await zygote.fork(content, confinement)
        claim = broken = None
        try:
            async with asyncio.timeout(wall_seconds) as clock:
                claim = await Conversation(worker, start, on_child, on_ask).hold()
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
        failure = _failure(usage, broken, claim is not None, self._caps)
        if failure is not None or claim is None:
            reason, detail = (failure.reason, failure.detail) if failure else (Reason.CRASHED, "no answer")
            claim = Claim(Outcome(Verdict.FAILED, "", reason=reason, detail=detail))
        seconds = time.monotonic() - began
        return Answer(claim.outcome, claim.letter, claim.objections, seconds, usage.cpu_seconds, usage.peak_bytes), failure

    async def _zygote(self) -> Zygote:
        current = None
        while current is None or current is not self._current:  # it may be replaced while this waits for it
            current = self._current
            if current is None or (current.done() and _living(current) is None):
                current = self._replace(at_once=True)
            try:
                zygote = await asyncio.shield(current)
            except asyncio.CancelledError:
                if current.cancelled():
                    raise SandboxDown("the sandbox was stopped") from None
                raise
        if zygote.forks >= _JOBS_PER_ZYGOTE or time.monotonic() - zygote.born > _ZYGOTE_SECONDS:
            self._replace(at_once=False)
        return zygote

    def _replace(self, *, at_once: bool) -> asyncio.Task[Zygote]:
        """A new zygote.  Jobs in flight end in the old one; new jobs wait for the new one only if `at_once`."""
        if self._successor is None:
            self._successor = asyncio.create_task(self._spawn())
            self._successor.add_done_callback(self._succeed)
        if at_once:
            self._hand_over(self._successor)
        return self._successor

    def _succeed(self, successor: asyncio.Task[Zygote]) -> None:
        self._successor = None
        if _living(successor) is not None:
            self._hand_over(successor)

    def _hand_over(self, successor: asyncio.Task[Zygote]) -> None:
        former, self._current = self._current, successor
        zygote = _living(former)
        if zygote is not None and former is not successor:
            zygote.retire()

    async def _spawn(self, *, permissive: bool = False) -> Zygote:
        zygote = await Zygote.spawn(self._tasks, self._caps, permissive=permissive, hidden=self._hidden)
        self._zygotes = {z for z in self._zygotes if not z.dead} | {zygote}
        return zygote


def _living(spawn: asyncio.Task[Zygote] | None) -> Zygote | None:
    """None while it starts, when it could not be started, and when it has died since."""
    if spawn is None or not spawn.done() or spawn.cancelled() or spawn.exception() is not None:
        return None
    return None if spawn.result().dead else spawn.result()


def _failure(usage: Usage, broken: Garbage | None, has_claim: bool, caps: Caps) -> _Failure | None:
    """Why nothing of this job counts; None when it ended cleanly after a valid claim."""
    code = os.waitstatus_to_exitcode(usage.status)
    if code == -signal.SIGSYS:
        return _Failure(Reason.EXPLOIT_ATTEMPT, "the worker made a system call that no parser needs", True)
    if broken is not None:
        return _Failure(broken.reason, str(broken), broken.reason is not Reason.LIMIT_TIME)
    if code == -signal.SIGXCPU or (code == -signal.SIGKILL and usage.cpu_seconds >= caps.cpu_seconds):
        return _Failure(Reason.LIMIT_TIME, f"more than {caps.cpu_seconds} s of CPU")
    if code == -signal.SIGKILL and not has_claim:
        return _Failure(Reason.LIMIT_MEMORY, "killed from outside: the machine is out of memory")
    if code < 0:
        return _Failure(Reason.CRASHED, f"the worker died of {signal.Signals(-code).name}", True)
    if code == EXIT_UNLOCKED:
        raise SandboxDown("a worker could not be locked")
    if code == EXIT_NO_MEMORY:
        return _Failure(Reason.LIMIT_MEMORY, f"more than {caps.memory_bytes} bytes of memory")
    if code or not has_claim:
        return _Failure(Reason.CRASHED, f"the worker left with status {code} and no answer", True)
    return None
