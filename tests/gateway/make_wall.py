"""An inspector without a wall: what it sees, proves and objects to is set by the test."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gateway.inspection import Inspector
from gateway.model import Inspection
from gateway.sandbox import Answer
from sanitizers.identity import AUTHENTICATION, Authentication
from sanitizers.letter import Letter, Mailbox
from sanitizers.model import Outcome, Profile, Task, Verdict
from sanitizers.protocol import Start
from tests.gateway.make_spool import report

LETTER = Letter(
    *("見積", (Mailbox("", "a@example.com"),), None, (), (), (), "", "", (), ()),
    "本文です。<b>",
    (),
)
SEEN = Inspection(report(), Verdict.SANITISED, LETTER, (), 4)


@dataclass
class Answers:
    """Stands where the sandbox does."""

    proven: Authentication = field(default_factory=Authentication)
    objections: tuple[str, ...] = ()
    level: int = 4
    ready: bool = True
    asked: list[Task] = field(default_factory=list)

    async def run(self, start: Start, content: bytes | int, *_: object, **__: object) -> Answer:
        self.asked.append(start.task)
        output = AUTHENTICATION.dump_json(self.proven) if start.task is Task.IDENTIFY else None
        return Answer(Outcome(Verdict.CLEAN, "", output), None, self.objections, 0.0, 0.0, 0)


class Wall(Inspector):
    def __init__(self, sees: Inspection = SEEN, answers: Answers | None = None):
        self.answers, self.sees = answers or Answers(), sees
        self.profiles: list[str] = []
        self.kept: list[bool] = []
        super().__init__(self.answers, None, wall_seconds=1.0)  # type: ignore[arg-type]

    async def message(
        self, content: bytes | int, profile: Profile, *, keep_leaves: bool = False, originals: frozenset[str] = frozenset()
    ) -> Inspection:
        assert isinstance(content, bytes)
        self.profiles.append(profile.name)
        self.kept.append(keep_leaves)
        return replace(self.sees)
