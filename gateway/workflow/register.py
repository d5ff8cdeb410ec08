"""Approvals, exceptions and blanket approvals as waivers: which rules do not apply to a mail, and by whose word.

Only what two people decided counts, or an emergency exception in its first day; only for rules that say so themselves; never
past its end, even if the clock's round is late.  A mail's own approvals hold for its recipients, for each later walk as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import sqlalchemy as sa

from gateway.clock import Clock
from gateway.directory import Directory, book
from gateway.model import Disposition, Inspection, QueueItem, Waiver
from gateway.policy.rules import Policy
from gateway.store.db import Db
from gateway.workflow import ledger
from gateway.workflow.model import Case, Kind, Scope


class Register:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    async def waivers(self, policy: Policy, item: QueueItem, inspection: Inspection) -> tuple[Waiver, ...]:
        own, standing, directory = await self._db.together.read(_concerning, item.id)
        now = self._clock.now()
        return (
            *(Waiver(case.opening.rule, case.by, case.opening.recipients) for case in own if _of_its_rule(policy, case)),
            *(w for case in standing if _in_force(policy, case, now) for w in _waiver(case, directory, item, inspection)),
        )


def _concerning(conn: sa.Connection, item: str) -> tuple[list[Case], list[Case], Directory]:
    standing = ledger.in_force(conn)
    return ledger.granted(conn, item), standing, book.read(conn)[1] if standing else Directory()


def _of_its_rule(policy: Policy, case: Case) -> bool:
    """The rule still asks for what was decided: one that has become something else meanwhile is not waived."""
    action = policy.rule(case.opening.rule).action
    return action is (Disposition.AWAIT_APPROVAL if case.kind is Kind.APPROVAL else Disposition.DELAY)


def _in_force(policy: Policy, case: Case, now: float) -> bool:
    rule = policy.rule(case.opening.rule)
    allowed = rule.exceptions if case.kind is Kind.EXCEPTION else rule.approval is not None
    return allowed and case.due_at is not None and now < case.due_at


def _waiver(case: Case, directory: Directory, item: QueueItem, inspection: Inspection) -> Iterator[Waiver]:
    scope = case.opening.details.scope
    if scope is None or not _covers(scope, directory, item, inspection):
        return
    if recipients := tuple(r for r in item.recipients if not scope.recipient or _fits(r, scope.recipient)):
        yield Waiver(scope.rule, case.by, recipients)


def _covers(scope: Scope, directory: Directory, item: QueueItem, inspection: Inspection) -> bool:
    """Every attachment must be one that the scope names: a permitted file does not take another one along."""
    sender, attachments = item.envelope.sender, inspection.report.parts
    person = directory.person(sender)
    return (
        (not scope.sender or _fits(sender, scope.sender))
        and (not scope.section or (person is not None and scope.section in [s.code for s in directory.above(person.section)]))
        and (not scope.media_type or (bool(attachments) and all(_fits(p.detected, scope.media_type) for p in attachments)))
        and (not scope.name or (bool(attachments) and all(_fits(p.name, scope.name) for p in attachments)))
    )


def _fits(text: str, pattern: str) -> bool:
    return fnmatchcase(text.lower(), pattern.lower())
