"""One playbook, step by step: what the gateway does for a step, who is told, and the record in the case (IN-04).

A step that stops something is shown before it is done.  A drill (訓練) walks the same steps: what would be done is found and
recorded, nothing is stopped or kept, and nobody but its participants hears of it.  A step's effect, its record and its letters
are one transaction.  Raises LookupError, ValueError, NotAllowed, BadConfiguration.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from gateway import journal
from gateway.bulletin import Bulletin, Bulletins
from gateway.contacts import Contacts
from gateway.cutoff import Scope, register
from gateway.cutoff.register import scope_of
from gateway.directory import Directory
from gateway.evidence import pack
from gateway.incident import preservation
from gateway.incident.hunt import Caught, hunt, table
from gateway.incident.indicators import NOTHING, Indicators
from gateway.incident.plan import Action, Plan, Playbook, Task
from gateway.journal import Query
from gateway.store.opening import Store
from gateway.workflow import ledger
from gateway.workflow.engine import NotAllowed, Workflow
from gateway.workflow.ledger import Hand
from gateway.workflow.machine import MACHINES
from gateway.workflow.model import Act, Case, Kind, Opening, Step

DAY = 86_400.0
MARK = "【訓練】"
_BEGUN = "begin "  # no step's name has a blank
SIDES = {"inbound": (Scope.INBOUND,), "outbound": (Scope.OUTBOUND,), "both": (Scope.INBOUND, Scope.OUTBOUND)}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one step."""

    task: Task
    done: bool  # False: only shown
    result: str
    caught: tuple[Caught, ...] = ()
    told: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    task: Task
    due_at: float
    record: tuple[Step, ...]  # each time that it was taken


@dataclass(frozen=True, slots=True)
class _Course:
    """An incident on its playbook."""

    case: Case
    book: Playbook
    began_at: float
    taken: tuple[Step, ...]  # since then
    known: Indicators


class Drive:
    def __init__(
        self, store: Store, workflow: Workflow, plan: Plan, contacts: Contacts, letters: Bulletins, place: Path | None = None
    ):
        """`place` is where files for people are written, a folder for each case; None: whoever asks hands them out."""
        self._store, self._workflow, self._plan = store, workflow, plan
        self._contacts, self._letters, self._place = contacts, letters, place

    async def start(self, name: str, asked: Opening, found: Indicators) -> Case:
        """`asked` is an incident's; its details say whether it is a drill, and for whom."""
        book, details = self._plan.playbook(name), asked.details
        if details.drill and not details.participants:
            raise ValueError("a drill needs its participants: nobody else hears of it")
        details = replace(details, playbook=name, indicators=found, severity=details.severity or book.severity)

        def also(conn: sa.Connection, case: Case, now: float) -> None:
            first = book.steps[0]
            lines = (f"「{book.ja}」の手順を始めました。", f"最初の手順: {first.ja}", f"事案番号: {case.id}")
            letter = self._letter(case, f"playbook{case.id}", lines, f"Drill of {name} has begun.")
            self._letters.write(conn, letter, details.participants, now)

        return await self._workflow.open(replace(asked, details=details, tell=not details.drill), also=also)

    async def follow(self, number: int, name: str, hand: Hand) -> None:
        """An incident that somebody reported goes on by a playbook, from now; another one takes the place of the one before."""
        self._plan.playbook(name)
        case = await self._store.db.read(ledger.get, number)
        if case.kind is not Kind.INCIDENT or MACHINES[case.kind].final(case.stage):
            raise ValueError(f"case {number} is no open incident")
        if not hand.reason.strip():
            raise ValueError("a reason is needed: it goes into the record")
        chosen = replace(hand, reason=f"{_BEGUN}{name}: {hand.reason.strip()}")
        await self._store.db.write(ledger.note, case, Act.STEP, chosen, self._store.clock.now())

    async def take(
        self,
        number: int,
        name: str,
        hand: Hand,
        *,
        do: bool = False,
        more: Indicators = NOTHING,
        who: str = "",
        days: float = 7,
    ) -> Taken:
        """`who` is the sender or host to isolate; otherwise who sent the mail that it began with."""
        course = await self._course(number)
        case, task, opening = course.case, course.book.task(name), course.case.opening
        if not hand.reason.strip():
            raise ValueError("a reason is needed: it goes into the record")
        directory = await self._store.directory.current()
        self._check_may(directory, case, task, hand.actor)
        caught = await self._hunted(course, task, more, hand, days) if task.action.hunts else []
        targets = self._targets(course, task, who)
        drill = opening.details.drill
        shown = Taken(task, False, self._would(task, caught, targets), tuple(caught))
        if task.action.stops and not do:
            return shown
        told_to = opening.details.participants if drill else await self._contacts.of(task.tell, opening.applicant)
        result = f"訓練のため実施していません。{shown.result}" if drill and task.action is not Action.NONE else ""

        def op(conn: sa.Connection, now: float) -> tuple[str, tuple[str, ...]]:
            said = result or self._effect(conn, case, task, hand, caught, targets, now)
            text = f"{task.name}: {hand.reason.strip()}" + (f" → {said}" if said else "")
            ledger.note(conn, case, Act.STEP, replace(hand, reason=text), now)
            lines = (f"手順「{task.ja}」を行いました。", f"行った人: {hand.actor}", f"内容: {hand.reason.strip()}", said)
            letter = self._letter(
                case, f"step{case.id}.{task.name}.{now:.3f}", tuple(filter(None, lines)), f"Step taken: {task.en}"
            )
            return said, self._letters.write(conn, letter, told_to, now)

        said, told = await self._store.db.write(op, self._store.clock.now())
        self._store.spool.wake.set()
        files = () if drill else await self._files(case, task, hand, caught)
        return Taken(task, True, said or "記録しました。", tuple(caught), told, files)

    async def caught(self, number: int, name: str, hand: Hand, days: float = 7) -> list[Caught]:
        """What a step that hunts finds now, to be handed out; nothing is done."""
        course = await self._course(number)
        return await self._hunted(course, course.book.task(name), NOTHING, hand, days)

    async def status(self, number: int) -> tuple[Case, tuple[Progress, ...]]:
        course = await self._course(number)
        return course.case, tuple(
            Progress(
                task,
                course.began_at + task.minutes * 60,
                tuple(s for s in course.taken if s.reason.startswith(f"{task.name}: ")),
            )
            for task in course.book.steps
        )

    async def _course(self, number: int) -> _Course:
        """The playbook that it began with, or the one that somebody has chosen since."""
        case = await self._store.db.read(ledger.get, number)
        taken = [step for step in await self._store.db.read(ledger.history, number) if step.act is Act.STEP]
        chosen = [step for step in taken if step.reason.startswith(_BEGUN)]
        details, began_at = case.opening.details, case.opened_at
        name, known = details.playbook, details.indicators
        if chosen:
            name, began_at = chosen[-1].reason.removeprefix(_BEGUN).partition(":")[0], chosen[-1].at
            taken = [step for step in taken if step.at >= began_at]
        if case.kind is not Kind.INCIDENT or not name:
            raise LookupError(f"case {number} follows no playbook")
        if not known and case.opening.item:
            known = await indicators_of(self._store, case.opening.item)
        return _Course(case, self._plan.playbook(name), began_at, tuple(taken), known)

    async def may(self, number: int, actor: str) -> frozenset[str]:
        """The steps that this person may take."""
        course, directory = await self._course(number), await self._store.directory.current()
        found = set()
        for task in course.book.steps:
            with suppress(NotAllowed):
                self._check_may(directory, course.case, task, actor)
                found.add(task.name)
        return frozenset(found)

    def _check_may(self, directory: Directory, case: Case, task: Task, actor: str) -> None:
        """The roles of the step, their deputies, and in a drill whoever takes part."""
        day, person = self._store.directory.today, directory.person(actor)
        holders = [holder for role in task.by for holder in directory.holders(role, day)]
        people = [*holders, *(stand_in for holder in holders for stand_in in directory.stand_ins(holder.address, day))]
        in_drill = case.opening.details.drill and actor.lower() in map(str.lower, case.opening.details.participants)
        if person is None or not person.active(day) or not (person in people or in_drill):
            names = "、".join(directory.role_names[role] for role in task.by)
            raise NotAllowed(f"{actor} may not take the step {task.name}: it takes {names}")

    async def _hunted(self, course: _Course, task: Task, more: Indicators, hand: Hand, days: float) -> list[Caught]:
        """Who looked for what stays in the journal (ML-11)."""
        wanted = course.known.only(task.find) | more
        now = self._store.clock.now()
        caught = await self._store.db.read(hunt, wanted, now - days * DAY, now)
        purpose = f"case {course.case.id} {task.name}: {hand.reason.strip()}"
        await self._store.journal.write(
            journal.Searched(actor=hand.actor, purpose=purpose, found=len(caught), query=str(wanted))
        )
        return caught

    def _targets(self, course: _Course, task: Task, who: str) -> tuple[tuple[Scope, str], ...]:
        """What is stopped besides mails."""
        if task.action is Action.STOP:
            return tuple((scope, "") for scope in SIDES[task.side])
        if task.action is not Action.ISOLATE:
            return ()
        named = (who,) if who else course.known.sender
        if not named:
            raise ValueError("whom to isolate is not known: say it with --who")
        return tuple((scope_of(each), register.valid(scope_of(each), each)) for each in named)

    def _would(self, task: Task, caught: Sequence[Caught], targets: Sequence[tuple[Scope, str]]) -> str:
        if targets:
            return f"対象: {'、'.join(f'{scope} {value}'.strip() for scope, value in targets)}"
        if not task.action.hunts:
            return ""
        copies = [copy for mail in caught for copy in mail.copies]
        here = sum(copy.in_hand for copy in copies)
        return f"{len(caught)} 通 (宛先 {len(copies)} 件: この装置に {here} 件、手を離れた {len(copies) - here} 件)"

    def _effect(
        self,
        conn: sa.Connection,
        case: Case,
        task: Task,
        hand: Hand,
        caught: Sequence[Caught],
        targets: Sequence[tuple[Scope, str]],
        now: float,
    ) -> str:
        reason = f"{case.opening.subject}: {hand.reason.strip()}"
        told = self._would(task, caught, targets)
        if targets:
            made = [register.stop(conn, scope, value, hand.actor, reason, now) for scope, value in targets]
            return f"{told}。停止番号 {'、'.join(str(halt.id) for halt in made)}"
        if task.action is Action.HOLD:
            here = [mail.item for mail in caught if mail.in_hand]
            halt = register.stop_mails(conn, case.by, here, hand.actor, reason, now)
            return f"{told}。停止番号 {halt.id}"
        if task.action is Action.PRESERVE:
            kept = preservation.preserve(conn, [mail.item for mail in caught], hand.actor, reason, now)
            return f"{told}。新たに {kept} 通を保全"
        return told

    async def _files(self, case: Case, task: Task, hand: Hand, caught: Sequence[Caught]) -> tuple[Path, ...]:
        if self._place is None or not caught or task.action not in (Action.COPIES, Action.PRESERVE):
            return ()
        folder = self._place / str(case.id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = {f"{task.name}.csv": table(caught).encode()}
        if task.action is Action.PRESERVE:
            wanted = Query(items=tuple(mail.item for mail in caught))
            files[f"{task.name}.zip"] = (await pack.make(self._store, wanted, hand.actor, hand.reason)).content
        for name, content in files.items():
            with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
        return tuple(folder / name for name in files)

    def _letter(self, case: Case, name: str, lines: tuple[str, ...], english: str) -> Bulletin:
        subject = f"【インシデント】{case.opening.subject}"
        if case.opening.details.drill:
            lines = (f"{MARK}これは訓練です。実際には何も止めていません。", *lines)
        return Bulletin(name, subject, lines, english, receipt=case.receipt)


async def indicators_of(store: Store, key: str) -> Indicators:
    """Of the mail that it began with: its content and that of its files, its sender, and what it is like."""
    item = (await store.spool.show(key)).item
    decided = await journal.search(store.db, item=item.id, kind=journal.Decided.kind(), limit=1)
    parts = dict(decided[-1].facts)["parts"].split(", ") if decided else []
    files = [word for part in parts if " image/" not in part for word in part.split() if len(word) == 64]
    sender = (item.envelope.sender,) if item.envelope.sender else ()
    return Indicators(content=tuple(dict.fromkeys((item.sha256, *files))), sender=sender, like=(item.receipt,))
