"""Who may act on a case, what that does to the mail it is about, and what the clock does by itself.

Every act is one transaction: the case, its history, the journal, the mail's recipients and the letter to whoever asked, or
nothing.  An approval delivers nothing: the mail walks its whole path again without the rule that asked (architecture.md 2).
Raises LookupError, NotPossible (not from this stage), NotAllowed (not this person), AlreadyDone, BadToken, ValueError (no
reason).  The clock does nothing while the time is in doubt (I6).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TypeVar

import sqlalchemy as sa

from gateway import journal, quarantine
from gateway.clock import Clock
from gateway.directory import Authority, Directory, book
from gateway.model import Grant, GrantKind, Warrant
from gateway.spool import Spool
from gateway.spool.acceptance import author
from gateway.store.db import Db
from gateway.words import Words
from gateway.workflow import ledger, token
from gateway.workflow.ledger import GATEWAY, Hand
from gateway.workflow.letters import Letters
from gateway.workflow.machine import GRANTED, MACHINES, Transition
from gateway.workflow.model import Act, Case, Kind, Opening, Stage, Step, Who
from gateway.workflow.statistics import Statistics, statistics

BATCH = 200  # cases that one round of the clock takes up
LINK_SECONDS = 7 * 86_400.0  # a link without another end

LAPSED = "期限までに手続きがありませんでした。"
STILL_LOCKED = "期限までにパスワードが入力されませんでした。メールは保管期限まで保留しています。担当者にご連絡ください。"

T = TypeVar("T")


class NotPossible(Exception):
    """The case's stage does not know this act."""


class NotAllowed(Exception):
    """This person may not do it; the text says who may."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A case with all that a page about it needs; `acts` are those that the person who looks may do now."""

    case: Case
    steps: tuple[Step, ...]
    uses: tuple[tuple[str, float], ...]  # receipts of the mails that used it, and when
    acts: tuple[Act, ...]


class Workflow:
    def __init__(self, db: Db, spool: Spool, clock: Clock, letters: Letters):
        self._db, self._spool, self._clock, self.letters = db, spool, clock, letters

    async def open(
        self,
        opening: Opening,
        entry: int | None = None,
        also: Callable[[sa.Connection, Case, float], None] | None = None,
    ) -> Case:
        """A case of its own, or about a held mail; the case that holds one is its step's.  Only for active people (AC-10).

        `also` is what must be written with it, or not at all."""
        _reasoned(opening.reason)

        def op(conn: sa.Connection, now: float) -> Case:
            case = _open(conn, opening, entry, now)
            if also is not None:
                also(conn, case, now)
            return case

        return await self._write(op)

    async def act(self, number: int, act: Act, actor: str, reason: str, via: str = "") -> Case:
        """`actor` is the address of a person of the directory."""
        return await self._write(lambda conn, now: self._act(conn, number, act, Hand(actor, reason, via=via), now))

    async def act_by_link(self, secret: str, act: Act, reason: str) -> Case:
        """What the page behind a link does on POST; uses the link up if it succeeds."""

        def op(conn: sa.Connection, now: float) -> Case:
            number, address = token.spend(conn, secret, now)
            return self._act(conn, number, act, Hand(address, reason, via="link"), now)

        return await self._write(op)

    async def look_by_link(self, secret: str) -> Shown:
        """What the page behind a link shows on GET; changes nothing."""
        now = self._clock.now()

        def op(conn: sa.Connection) -> Shown:
            number, address = token.look(conn, secret, now)
            return _shown(conn, number, address, book.day(now))

        return await self._db.read(op)

    async def show(self, number: int, actor: str = "") -> Shown:
        return await self._db.read(_shown, number, actor, book.day(self._clock.now()))

    async def viewed(self, number: int, actor: str, via: str = "") -> None:
        """Somebody read the case: what is decided at once afterwards shows in the statistics."""
        await self._write(lambda conn, now: _note(conn, number, Act.VIEW, Hand(actor, "", via=via), now))

    async def comment(self, number: int, actor: str, text: str, via: str = "") -> None:
        _reasoned(text)
        await self._write(lambda conn, now: _note(conn, number, Act.COMMENT, Hand(actor, text, via=via), now))

    async def cases(
        self, kinds: Sequence[Kind] = (), *, open_only: bool = True, applicant: str = "", before: int = 0, limit: int = 100
    ) -> list[Case]:
        """Newest first; of an applicant, what it may know of."""
        if applicant:
            kinds = [kind for kind in kinds or Kind if not MACHINES[kind].hushed]
        return await self._db.read(
            lambda conn: ledger.select(conn, kinds, open_only=open_only, applicant=applicant, before=before, limit=limit)
        )

    async def about(self, item: str, applicants: Sequence[str]) -> list[Case]:
        """What these asked for about one mail."""
        found = await self._db.read(lambda conn: ledger.select(conn, item=item))
        return [case for case in found if case.opening.applicant.lower() in applicants]

    async def mine(self, actor: str, who: Who | None = None) -> list[Case]:
        """Open cases that this person may act on; as one who asked or as the second person, if `who` says so."""
        day = book.day(self._clock.now())

        def op(conn: sa.Connection) -> list[Case]:
            directory = book.read(conn)[1]
            return [case for case in ledger.select(conn, open_only=True) if _acts(directory, case, actor, day, who)]

        return await self._db.read(op)

    async def statistics(self, since: float) -> Statistics:
        return await self._db.read(statistics, since)

    async def draft(self, number: int, template: str) -> str:
        """The text of an `apology` or a request of `deletion`, to be sent by a person."""

        def op(conn: sa.Connection) -> str:
            case, directory = ledger.get(conn, number), book.read(conn)[1]
            return self.letters.notices.case(template, self.letters.words(directory, case))

        return await self._db.read(op)

    # -- the clock -------------------------------------------------------------------------------------------------------

    async def tick(self) -> int:
        """Deadlines, escalations, reminders, first letters; how many cases moved.  Each in its own transaction.

        Raises the last failure, after everything else was done."""
        if self._clock.jump:
            return 0
        now, moved, failed = self._clock.now(), 0, None
        for find, work in ((ledger.due, self._lapse), (ledger.untold, self._tell)):
            for case in await self._db.read(find, now, BATCH):
                try:
                    moved += await self._write(partial(work, number=case.id))
                except Exception as error:  # no other case waits for a broken one
                    error.add_note(case.by)
                    failed = error
        if failed:
            raise failed
        return moved

    def _lapse(self, conn: sa.Connection, now: float, number: int) -> bool:
        case = ledger.get(conn, number)
        if case.due_at is None or case.due_at > now:
            return False  # a person was faster
        machine = MACHINES[case.kind]
        lapse, timer = machine.find(case.stage, Act.LAPSE), machine.timers.get(case.stage)
        higher = case.rung + 1
        if timer and timer.climbs and higher < len(case.opening.rungs):
            ledger.climb(conn, case, higher, now)
        elif lapse is None:
            ledger.climb(conn, case, case.rung, now)  # it can not just end: who must act is told again
        else:
            why = STILL_LOCKED if case.kind is Kind.PASSWORD else LAPSED
            self._carry_out(conn, case, lapse, Hand(GATEWAY, why), now)
        return True

    def _tell(self, conn: sa.Connection, now: float, number: int) -> bool:
        """Writes to everybody who may act; where nobody may, the next rung is asked, and in the end the administrator."""
        case = ledger.get(conn, number)
        if case.tell_at is None or case.tell_at > now:
            return False
        directory = book.read(conn)[1]
        people = waited_for(directory, case, book.day(now))
        if not people and case.rung + 1 < len(case.opening.rungs):
            ledger.climb(conn, case, case.rung + 1, now)
            return True
        if not people:
            ja = f"{case.by} の申請を承認できる人が名簿にいません。名簿の役割と代行を確認してください。"
            detail = Words(ja, f"{case.by}: nobody in the directory may decide it")
            journal.insert(conn, (journal.Alarm.of("nobody-may-decide", detail, case.opening.item),), now)
        for address in people:
            acts = case.kind is not Kind.PASSWORD
            secret = token.issue(conn, case.id, address, case.due_at or now + LINK_SECONDS) if acts else ""
            for note in self.letters.wanted(directory, case, address, secret, now):
                author(conn, *note, now)
        if not case.told and case.rung == 0:
            for person in _informed(directory, case, people, book.day(now)):
                for note in self.letters.wanted(directory, case, person, "", now):
                    author(conn, *note, now)
            if case.kind is Kind.APPROVAL and (sender := case.opening.applicant) not in ("", *people):
                secret = token.issue(conn, case.id, sender, case.due_at or now + LINK_SECONDS)
                for note in self.letters.waiting(directory, case, people, secret, now):
                    author(conn, *note, now)
        ledger.mark_told(conn, case, now)
        return True

    # -- one act ---------------------------------------------------------------------------------------------------------

    def _act(self, conn: sa.Connection, number: int, act: Act, hand: Hand, now: float) -> Case:
        _reasoned(hand.reason)
        case, directory = ledger.get(conn, number), book.read(conn)[1]
        transition = MACHINES[case.kind].find(case.stage, act)
        if transition is None or transition.who is Who.GATEWAY:
            possible = ", ".join(t.act for t in MACHINES[case.kind].acts(case.stage) if t.who is not Who.GATEWAY)
            raise NotPossible(f"{case.by} is {case.stage}; from there: {possible or 'nothing, it is over'}")
        on_behalf = _authorised(directory, case, transition, hand.actor, book.day(now))
        person = directory.person(hand.actor)
        actor = person.address if person else hand.actor.lower()
        return self._carry_out(conn, case, transition, Hand(actor, hand.reason.strip(), on_behalf, hand.via), now)

    def _carry_out(self, conn: sa.Connection, case: Case, transition: Transition, hand: Hand, now: float) -> Case:
        after = ledger.move(conn, case, transition, hand, now)
        if case.entry:
            _of_the_mail(conn, after, hand, now)
        quiet = MACHINES[case.kind].hushed or transition.to is Stage.RELEASED
        if not quiet and hand.actor != case.opening.applicant:
            for note in self.letters.told(book.read(conn)[1], after, hand, now):
                author(conn, *note, now)
        return after

    async def _write(self, op: Callable[[sa.Connection, float], T]) -> T:
        result = await self._db.write(op, self._clock.now())
        self._spool.wake.set()
        return result


def _of_the_mail(conn: sa.Connection, case: Case, hand: Hand, now: float) -> None:
    """What the end of a case means for the mail that waits for it."""
    if case.stage in GRANTED:
        try:
            quarantine.release_entry(conn, case.entry, _grant(case, hand, now), now)
        except quarantine.Doubted as doubted:
            raise NotPossible(str(doubted)) from None
    elif case.kind in (Kind.AS_IT_CAME, Kind.RELEASE, Kind.PASSWORD):
        return  # refused or over: the mail stays held
    elif quarantine.is_kept(conn, case.entry):
        return  # the case ends; a legal hold keeps its mail
    elif case.stage is Stage.EXPIRED:
        quarantine.expire_entry(conn, case.entry, hand.reason, now)
    elif MACHINES[case.kind].final(case.stage):
        quarantine.delete_entry(conn, case.entry, hand.actor, hand.reason, now)


def _grant(case: Case, hand: Hand, now: float) -> Grant:
    if case.kind is not Kind.AS_IT_CAME:
        kind = GrantKind.RELEASE if case.kind is Kind.RELEASE else GrantKind.APPROVAL
        return Grant(kind, hand.actor, hand.reason, now)
    asked = case.opening
    warrant = Warrant(case.by, asked.applicant, hand.actor, asked.reason, asked.details.files)
    return Grant(GrantKind.AS_IT_CAME, hand.actor, hand.reason, now, warrant=warrant)


def _authorised(directory: Directory, case: Case, transition: Transition, actor: str, day: date) -> str:
    """On whose behalf, "" = its own.  Raises NotAllowed."""
    person = directory.person(actor)
    if transition.who in (Who.APPLICANT, Who.EITHER) and _asked(directory, case, actor, day):
        return ""
    if transition.who is Who.APPLICANT:
        raise NotAllowed(f"only {case.opening.applicant} may {transition.act} {case.by}")
    found = _authorities(directory, case, transition.exact, day)
    for authority in found:
        if person is not None and authority.person.address == person.address:
            return authority.on_behalf.address if authority.on_behalf else ""
    who = ", ".join(a.person.name for a in found) or "nobody in the directory"
    raise NotAllowed(f"{actor} may not {transition.act} {case.by}: it takes another person, {who}")


def _asked(directory: Directory, case: Case, actor: str, day: date) -> bool:
    """Is it the applicant?  A suspended or former one does nothing any more."""
    person, applicant = directory.person(actor), case.opening.applicant
    if person is None:
        return bool(applicant) and actor.lower() == applicant.lower() and directory.person(applicant) is None
    return person.active(day) and person.address in directory.principals((applicant,))


def _authorities(directory: Directory, case: Case, exact: bool, day: date) -> tuple[Authority, ...]:
    """Who may be the second person: the present rung, those asked before it, and who never has to wait for its own."""
    rungs = (case.roles,) if exact else (*case.opening.rungs[case.rung :: -1], MACHINES[case.kind].anytime)
    found: dict[str, Authority] = {}
    for role in (role for rung in rungs for role in rung):
        barred = (*case.opening.parties, *case.parties)
        for authority in directory.authorities(role, case.opening.applicant, day, barred, case.opening.section):
            found.setdefault(authority.person.address, authority)
    return tuple(found.values())


def waited_for(directory: Directory, case: Case, day: date) -> tuple[str, ...]:
    """The addresses to write to: who decides now, or who asked."""
    if case.kind is Kind.PASSWORD:  # by the page that takes passwords, not by an act
        return (case.opening.applicant, *case.opening.parties)
    transitions = [t for t in MACHINES[case.kind].acts(case.stage) if t.who is not Who.GATEWAY]
    if any(t.who is Who.SECOND for t in transitions) and case.stage is not Stage.APPROVED:
        return tuple(a.person.address for a in _authorities(directory, case, True, day))
    return (case.opening.applicant,) if transitions and case.opening.applicant else ()


def _informed(directory: Directory, case: Case, asked: Sequence[str], day: date) -> Iterator[str]:
    """Who gets a copy."""
    for role in MACHINES[case.kind].informs:
        yield from (p.address for p in directory.holders(role, day) if p.address not in asked)


def _acts(directory: Directory, case: Case, actor: str, day: date, who: Who | None = None) -> tuple[Act, ...]:
    def may(transition: Transition) -> bool:
        try:
            _authorised(directory, case, transition, actor, day)
        except NotAllowed:
            return False
        return who is None or transition.who in (who, Who.EITHER)

    return tuple(t.act for t in MACHINES[case.kind].acts(case.stage) if t.who is not Who.GATEWAY and may(t))


def _shown(conn: sa.Connection, number: int, actor: str, day: date) -> Shown:
    case = ledger.get(conn, number)
    acts = _acts(book.read(conn)[1], case, actor, day) if actor else ()
    return Shown(case, ledger.history(conn, number), ledger.uses(conn, number), acts)


def _open(conn: sa.Connection, opening: Opening, entry: int | None, now: float) -> Case:
    person = book.read(conn)[1].person(opening.applicant)
    if person is None or not person.active(book.day(now)):
        raise NotAllowed(f"{opening.applicant} is nobody in the directory who may ask for this today")
    if entry is not None:
        quarantine.check_waiting(conn, entry)
    return ledger.open_case(conn, opening, entry, now)


def _note(conn: sa.Connection, number: int, act: Act, hand: Hand, now: float) -> None:
    ledger.note(conn, ledger.get(conn, number), act, hand, now)


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise ValueError("a reason is needed: it goes into the record")
