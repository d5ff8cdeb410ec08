"""Is the journal whole?  Reads every entry, rebuilds the tree, compares with every signed checkpoint.

Finds editing, deleting, inserting, reordering, and truncation below the last checkpoint; against an exported checkpoint also
the re-computation of everything by somebody who owns the machine.  What was added after the last checkpoint is only
protected by the next one.  Runs on a read-only connection, in constant memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.journal.note import BadNote, Checkpoint, open_note
from gateway.journal.record import Personal
from gateway.journal.tree import Frontier, leaf
from gateway.store.db import Db
from gateway.store.schema import journal, journal_checkpoint, journal_head, journal_pending, journal_personal

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Verification:
    ok: bool
    entries: int
    checkpoints: int
    first_bad: int | None = None  # sequence number; between two checkpoints, the first that is not vouched for
    problem: str = ""
    erased: int = 0  # personal values whose clear text was erased: allowed
    pending: int = 0  # recorded, not yet sealed


class _Bad(Exception):
    def __init__(self, seq: int, problem: str):
        super().__init__(problem)
        self.seq, self.problem = seq, problem


async def verify(db: Db, verifier: str, exported: Sequence[str] = ()) -> Verification:
    """`verifier` is the public key (`Journal.verifier`); `exported` are notes that were kept elsewhere."""
    return await db.read(_verify, verifier, exported)


def _verify(conn: sa.Connection, verifier: str, exported: Sequence[str]) -> Verification:
    notes = list(conn.execute(sa.select(journal_checkpoint.c.note).order_by(journal_checkpoint.c.size)).scalars())
    pending = conn.execute(sa.select(sa.func.count()).select_from(journal_pending)).scalar_one()
    frontier, erased = Frontier(), 0
    try:
        checkpoints = sorted((_opened(note, verifier) for note in (*notes, *exported)), key=lambda c: c.size)
        erased = _walk(conn, frontier, checkpoints)
        _check_head(conn, frontier)
    except _Bad as bad:
        return Verification(False, frontier.size, len(notes), bad.seq, bad.problem, pending=pending)
    return Verification(True, frontier.size, len(notes), erased=erased, pending=pending)


def _opened(note: str, verifier: str) -> Checkpoint:
    try:
        return open_note(note, verifier)
    except BadNote as error:
        raise _Bad(0, f"a checkpoint is not ours: {error}") from error


def _walk(conn: sa.Connection, frontier: Frontier, checkpoints: Sequence[Checkpoint]) -> int:
    """Fills `frontier`; returns how many personal values are erased.  Raises _Bad."""
    waiting, vouched, erased = list(checkpoints), 0, 0
    for page in _pages(conn):
        kept = _personals(conn, page[0].event, page[-1].event)
        for row in page:
            while waiting and waiting[0].size == frontier.size:
                vouched = _compare(waiting.pop(0), frontier, vouched)
            if row.seq != frontier.size:
                raise _Bad(frontier.size, f"entry {frontier.size} is missing; the next one is {row.seq}")
            if leaf(row.entry) != row.leaf:
                raise _Bad(row.seq, "the entry was edited")
            erased += _check_personal(row, kept.pop(row.event, []))
            frontier.add(row.leaf)
        if kept:
            after = next(row.seq for row in page if row.event > min(kept))
            raise _Bad(after, "an event is missing here; its personal values are still there")
    while waiting and waiting[0].size == frontier.size:
        vouched = _compare(waiting.pop(0), frontier, vouched)
    if waiting:
        raise _Bad(frontier.size, f"truncated: {waiting[-1].size} entries were signed, {frontier.size} are here")
    return erased


def _compare(checkpoint: Checkpoint, frontier: Frontier, vouched: int) -> int:
    if checkpoint.root != frontier.root():
        raise _Bad(vouched, f"entries {vouched} to {checkpoint.size - 1} are not what was signed")
    return checkpoint.size


def _pages(conn: sa.Connection) -> Iterator[Sequence[sa.Row[*tuple[Any, ...]]]]:
    columns = (journal.c.seq, journal.c.event, journal.c.kind, journal.c.item, journal.c.entry, journal.c.leaf)
    after = -1 << 62  # below every number, so that a negative one somebody wrote is seen
    while rows := conn.execute(sa.select(*columns).where(journal.c.seq > after).order_by(journal.c.seq).limit(_PAGE)).all():
        yield rows
        after = rows[-1].seq


def _personals(conn: sa.Connection, first: int, last: int) -> dict[int, list[Personal]]:
    table = journal_personal
    found: dict[int, list[Personal]] = {}
    for row in conn.execute(sa.select(table).where(table.c.event.between(first, last))):
        found.setdefault(row.event, []).append(Personal(row.field, row.position, row.salt, row.value))
    return found


def _check_personal(row: sa.Row[*tuple[Any, ...]], personals: Sequence[Personal]) -> int:
    """The columns and the clear text must be what the entry says.  Returns how many values are erased.  Raises _Bad."""
    facts = json.loads(row.entry)
    if facts["kind"] != row.kind or facts["item"] != row.item:
        raise _Bad(row.seq, "the searchable columns differ from the entry")
    committed = {name: value["sha256"] for name, value in facts.items() if isinstance(value, dict)}
    for each in personals:
        if each.commitment not in committed.get(each.field, [])[each.position : each.position + 1]:
            raise _Bad(row.seq, f"the clear text of {each.field} was edited")
    return sum(map(len, committed.values())) - len(personals)


def _check_head(conn: sa.Connection, frontier: Frontier) -> None:
    """The unsigned rest: the sealer's own note of the tree's edge."""
    row = conn.execute(sa.select(journal_head.c.size, journal_head.c.frontier)).one_or_none()
    if row is None:
        if frontier.size:
            raise _Bad(0, "the tree's edge is missing")
    elif row.size != frontier.size or row.frontier != frontier.dump():
        raise _Bad(min(row.size, frontier.size), f"{frontier.size} entries are here, {row.size} were sealed, or they differ")
