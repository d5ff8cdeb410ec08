"""What a sanitiser may ask of the world: its profile, and to have a child part treated elsewhere.

`Job` is the whole interface.  In the gateway it is `worker.PipedJob`: each child goes over the wall to a fresh
locked process of its own, is scanned, counted against the budget of the whole mail, rebuilt and verified there, and
only its outcome comes back.  In tests and fuzzers it is `LocalJob`: plain recursion in this process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sanitizers.model import Finding, Kind, Outcome, Part, Profile, Reason, Refused, Task, Treatment, Verdict


class Job(Protocol):
    @property
    def profile(self) -> Profile: ...

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        """Treat one contained part.  `outcome.name` and `.output` are what may stand in its place.

        A bad child is an Outcome with a reason.  Only an exhausted budget of the whole mail raises `Refused`.
        With `want_output` false the bytes stay outside (a message only needs to know the outcome)."""
        ...

    def ask(self, task: Task, content: bytes) -> bytes:
        """Have a worker of another confinement do `task` (one of `protocol.ASKABLE`); its result is as hostile as any content.

        Raises `Refused` when it fails, or when the budget of the whole mail is exhausted."""
        ...


def answered(outcome: Outcome) -> bytes:
    """The result of a task that was asked for; raises Refused where there is none."""
    if outcome.output is None:
        raise Refused(outcome.reason or Reason.CRASHED, outcome.detail, outcome.verdict)
    return outcome.output


class Findings:
    """Collects what was found; the same construct at the same place is reported once, up to a bound; each kind always is."""

    BOUND = 200  # a report is read by people; the rest is counted in one closing line

    def __init__(self) -> None:
        self._seen: dict[Finding, None] = {}
        self._kinds: set[Kind] = set()
        self._more = 0

    def add(self, kind: Kind, where: str, detail: str, treatment: Treatment) -> None:
        finding = Finding(kind, where[:200], detail[:300], treatment)
        if finding in self._seen:
            return
        if len(self._seen) < self.BOUND or kind not in self._kinds:
            self._seen[finding] = None
            self._kinds.add(kind)
        else:
            self._more += 1

    def __bool__(self) -> bool:
        return bool(self._seen)

    def all(self) -> tuple[Finding, ...]:
        rest = (Finding(Kind.UNKNOWN_CONSTRUCT, "", f"{self._more} further findings", Treatment.REMOVED),) if self._more else ()
        return tuple(self._seen) + rest

    def verdict(self) -> Verdict:
        """CLEAN if nothing was changed but a name or a charset; SANITISED otherwise."""
        return Verdict.SANITISED if any(f.treatment is not Treatment.KEPT for f in self._seen) else Verdict.CLEAN


@dataclass
class LocalJob:
    """Recursion in this process, without wall or scanner: for tests, fuzzing and benchmarks only."""

    profile: Profile = field(default_factory=Profile)
    children: list[Outcome] = field(default_factory=list)
    depth: int = 0

    def child(self, content: bytes, part: Part, want_output: bool = True) -> Outcome:
        from sanitizers.registry import sanitise

        if self.depth >= self.profile.limits.depth:
            raise Refused(Reason.LIMIT_DEPTH, f"more than {self.profile.limits.depth} containers inside one another")
        self.depth += 1
        try:
            outcome = sanitise(content, part, self)
        finally:
            self.depth -= 1
        self.children.append(outcome)
        return outcome

    def ask(self, task: Task, content: bytes) -> bytes:
        from sanitizers.protocol import Start
        from sanitizers.tasks import TASKS

        if task not in TASKS:
            raise Refused(Reason.NO_CONVERTER, "converters run beside the gateway only", Verdict.WITHHELD)
        return answered(TASKS[task](content, Start(task, Part("", "", ""), self.profile), self).outcome)
