"""利用停止: somebody's right to use is taken away, and given back by two people (AC-10, LG-08).

One transaction: the directory says so, which stops what this person sends outside; open sessions of the console end; the CISO
and the section's head are written to.  Raises LookupError (nobody has that address), ValueError (no reason, nothing to lift),
NotAllowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa

from gateway.bulletin import Bulletin, Bulletins
from gateway.console import sessions
from gateway.directory import Change, Directory, Person, Role, book
from gateway.store.opening import Store
from gateway.workflow import opening
from gateway.workflow.engine import Workflow
from gateway.workflow.model import Act, Case, Kind, Rungs, Stage

TOLD = (Role.CISO, Role.ISM)
_GOES_ON = {Stage.WANTED: Act.APPROVE, Stage.RETURNED: Act.RESUBMIT}


@dataclass(frozen=True, slots=True)
class Suspended:
    changes: tuple[Change, ...]
    ended: int  # sessions
    told: tuple[str, ...]


class Suspension:
    def __init__(self, store: Store, workflow: Workflow, letters: Bulletins, approvers: Rungs):
        """`approvers`: who may be the second person of a lifting."""
        self._store, self._workflow, self._letters, self._approvers = store, workflow, letters, approvers

    async def suspend(self, address: str, actor: str, reason: str) -> Suspended:
        return await self._change(address, actor, reason.strip(), suspended=True)

    async def lift(self, address: str, actor: str, reason: str, via: str = "") -> Case | Suspended:
        """Asks for it, as `actor`; or says yes to what somebody else asked, and does it."""
        person = book.known(await self._store.directory.current(), address)
        if not person.suspended:
            raise ValueError(f"{person.address} is not suspended")
        what = f"利用停止の解除 {person.address}"
        cases = await self._workflow.cases((Kind.CHANGE,))
        case = next((each for each in cases if each.opening.subject == what), None)
        if case is None:
            return await self._workflow.open(opening.change(what, actor, reason, self._approvers))
        if act := _GOES_ON.get(case.stage):
            case = await self._workflow.act(case.id, act, actor, reason, via)
            if case.stage is not Stage.APPROVED:
                return case
        await self._workflow.act(case.id, Act.APPLY, actor, reason, via)
        return await self._change(address, actor, reason.strip(), suspended=False)

    async def _change(self, address: str, actor: str, reason: str, *, suspended: bool) -> Suspended:
        if not reason:
            raise ValueError("a reason is needed: it goes into the record")

        def op(conn: sa.Connection, now: float) -> Suspended:
            directory = book.read(conn)[1]
            person = book.known(directory, address)
            why = reason if suspended else ""
            changes = book.edit(conn, lambda d: book.with_person(d, replace(person, suspended=why)), actor, reason, now)
            if not changes:
                raise ValueError(f"{person.address} is suspended already")
            owned = (person.address, *person.aliases)
            ended = sessions.end_all(conn, owned, f"利用停止: {reason}", now) if suspended else 0
            letter, heads = _letter(person, actor, reason, ended, suspended, now), tuple(_told(directory, person, now))
            told = self._letters.write(conn, letter, heads, now)
            return Suspended(changes, ended, told)

        done = await self._store.db.write(op, self._store.clock.now())
        self._store.spool.wake.set()
        return done


def _told(directory: Directory, person: Person, now: float) -> Iterator[str]:
    """Never the person itself."""
    for role in TOLD:
        for head in directory.heads(role, person.address, book.day(now), (person.address,)):
            yield head.address


def _letter(person: Person, actor: str, reason: str, ended: int, suspended: bool, now: float) -> Bulletin:
    what = "利用停止" if suspended else "利用停止の解除"
    effect = f"外部への送信を止め、操作画面のセッション {ended} 件を終了しました。" if suspended else "利用を再開しました。"
    lines = (f"{what}を行いました。", f"対象: {person.name} <{person.address}>", f"実施者: {actor}", f"理由: {reason}", effect)
    english = f"The right of {person.address} to use mail was {'suspended' if suspended else 'given back'} by {actor}."
    return Bulletin(f"suspension.{now:.3f}", f"【{what}】{person.name}", lines, english)
