"""Ending a stop: a change by two of the workflow, like every other (LG-08); an emergency is ratified afterwards (EX-02).

The first person asks, a second one says yes, by the same command or on the console; then it has ended.  One person alone ends
it for a day at most: an emergency that nobody ratifies lapses, and the stop is in force again.
Raises LookupError (no such stop in force) and what the workflow raises: NotAllowed, NotPossible, AlreadyDone, ValueError.
"""

from __future__ import annotations

from functools import partial

import sqlalchemy as sa

from gateway.cutoff.register import Halt, Stops, name
from gateway.cutoff.schema import halt as halts
from gateway.directory import Directory
from gateway.workflow import opening
from gateway.workflow.engine import Workflow
from gateway.workflow.ledger import AlreadyDone
from gateway.workflow.model import Act, Case, Opening, Stage
from gateway.workflow_settings import WorkflowSettings

_GOES_ON = {Stage.WANTED: Act.APPROVE, Stage.RETURNED: Act.RESUBMIT}


async def resume(
    stops: Stops, workflow: Workflow, settings: WorkflowSettings, number: int, actor: str, reason: str, via: str
) -> Case:
    """Asks, or says yes to what somebody else asked; `STANDS` holds the stage once mail goes on."""
    halt = await _in_force(stops, number)
    if not halt.pending:
        return await _open(workflow, halt, opening.change(name(halt), actor, reason, settings.change_approvers))
    if act := _GOES_ON.get(halt.pending):
        case = await workflow.act(halt.case, act, actor, reason, via)
        if case.stage is not Stage.APPROVED:
            return case
    return await workflow.act(halt.case, Act.APPLY, actor, reason, via)


async def resume_at_once(
    stops: Stops, workflow: Workflow, settings: WorkflowSettings, directory: Directory, number: int, actor: str, reason: str
) -> Case:
    """By one person's word."""
    halt = await _in_force(stops, number)
    asked = opening.change(name(halt), actor, reason, settings.change_approvers)
    return await _open(workflow, halt, opening.emergency(asked, directory, settings))


async def _in_force(stops: Stops, number: int) -> Halt:
    found = next((halt for halt in await stops.active() if halt.id == number), None)
    if found is None:
        raise LookupError(f"no stop {number} is in force")
    return found


async def _open(workflow: Workflow, halt: Halt, asked: Opening) -> Case:
    return await workflow.open(asked, also=partial(_belongs, halt))


def _belongs(halt: Halt, conn: sa.Connection, case: Case, now: float) -> None:
    same = sa.and_(halts.c.id == halt.id, halts.c.case == halt.case if halt.case else halts.c.case.is_(None))
    if conn.execute(halts.update().where(same).values(case=case.id)).rowcount != 1:
        raise AlreadyDone(f"somebody else asked to end stop {halt.id} meanwhile")
