"""A disposal that people order: asked for, permitted by the head of the section, carried out (DS-01).

Originals past their term, or the clear text of personal data in the journal, whose entries stay whole without it (they hold
salted commitments).  A legal hold keeps both.  Raises ValueError (nothing to destroy, too early), NotAllowed, NotPossible.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from gateway import journal
from gateway.clock import JST
from gateway.incident.preservation import preserved
from gateway.paper import moment
from gateway.spool import retention
from gateway.store.opening import Store
from gateway.store.schema import journal as sealed
from gateway.store.schema import journal_personal, message
from gateway.workflow import ledger
from gateway.workflow.engine import NotPossible, Workflow
from gateway.workflow.model import Act, Case, Details, Kind, Opening, Rungs, Stage

MOST = 5_000  # events in one transaction


class What(StrEnum):
    ORIGINALS = "originals"  # of finished mails
    PERSONAL = "personal"  # addresses, subjects and names in the journal


NAMES = {What.ORIGINALS: "届け終えたメールの原本", What.PERSONAL: "証跡にある個人情報の平文"}
LEAST_DAYS = 365  # of personal data in the journal: the yearly audit must still be able to read them


class Disposal:
    def __init__(self, store: Store, workflow: Workflow, approvers: Rungs):
        self._store, self._workflow, self._spool, self._approvers = store, workflow, store.spool, approvers

    async def request(self, what: What, before: float, actor: str, reason: str) -> Case:
        """`before` is Unix time: what was finished, or recorded, before it."""
        latest = self._latest(what)
        if before > latest:
            raise ValueError(f"not yet: {what} may be destroyed up to {moment(latest)}")
        number, size = await self._store.db.read(_count, what, before)
        if not number:
            raise ValueError(f"nothing of {what} lies before {moment(before)} that no legal hold keeps")
        day = datetime.fromtimestamp(before, JST)
        lines = (f"対象: {NAMES[what]}、{day:%Y-%m-%d %H:%M} より前", f"件数: {number}", f"大きさ: {size:,} バイト")
        return await self._workflow.open(
            Opening(
                kind=Kind.DISPOSAL,
                stage=Stage.WANTED,
                applicant=actor,
                subject=f"廃棄: {NAMES[what]}",
                reason=reason,
                rungs=self._approvers,
                details=Details(findings=lines, disposal=what, before=before),
            )
        )

    async def carry_out(self, number: int, actor: str, reason: str, via: str = "") -> int:
        """How many were destroyed.  Only what was approved; what a legal hold took meanwhile stays."""
        case = await self._store.db.read(ledger.get, number)
        if case.kind is not Kind.DISPOSAL or case.stage is not Stage.APPROVED:
            raise NotPossible(f"case {number} is no approved disposal")
        await self._workflow.act(number, Act.APPLY, actor, reason, via)
        what, before, done = What(case.opening.details.disposal), case.opening.details.before, 0
        if what is What.ORIGINALS:
            return await self._spool.dispose(before, actor, number)
        while some := await self._store.db.write(_forget, before, actor, number, self._store.clock.now()):
            done += some
        return done

    def _latest(self, what: What) -> float:
        now = self._store.clock.now()
        return self._spool.disposable_before(now) if what is What.ORIGINALS else now - LEAST_DAYS * 86_400


def _count(conn: sa.Connection, what: What, before: float) -> tuple[int, int]:
    """How many, and how many bytes."""
    if what is What.ORIGINALS:
        query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(message.c.size), 0)).where(
            *retention.disposable(before)
        )
    else:
        length = sa.func.coalesce(sa.func.sum(sa.func.length(journal_personal.c.value)), 0)
        query = sa.select(sa.func.count(), length).where(journal_personal.c.event.in_(_events(before)))
    number, size = conn.execute(query).one()
    return int(number), int(size)


def _events(before: float) -> sa.Select[tuple[int]]:
    """Sealed entries with personal data that no legal hold keeps."""
    kept = sa.exists().where(preserved.c.message == sealed.c.item)
    there = sa.exists().where(journal_personal.c.event == sealed.c.event)
    return sa.select(sealed.c.event).where(sealed.c.at < before, there, ~kept)


def _forget(conn: sa.Connection, before: float, actor: str, case: int, now: float) -> int:
    """Up to MOST events; how many values."""
    events = conn.scalars(_events(before).order_by(sealed.c.event).limit(MOST)).all()
    if not events:
        return 0
    with retention.overwriting(conn):
        gone = sum(
            conn.execute(journal_personal.delete().where(journal_personal.c.event.in_(events[at : at + 500]))).rowcount
            for at in range(0, len(events), 500)
        )
    what = f"{events[0]}-{events[-1]}"
    event = journal.Erased(actor=actor, case=case, events=what, values=gone, how=retention.OVERWRITTEN)
    journal.insert(conn, (event,), now)
    return gone
