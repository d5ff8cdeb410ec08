"""The directory that counts: read by everybody, replaced as a whole, each version kept and journalled.

`read` and `replace` are operations inside a transaction, for the workflow's; `Book` is the same for everybody else.
Raises Stale (somebody was faster), BadConfiguration (it contradicts itself), LookupError (nobody has that address).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as changed
from datetime import date, datetime
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from gateway import journal
from gateway.clock import JST, Clock
from gateway.directory import schema
from gateway.directory.difference import Change, difference
from gateway.directory.importing import contradictions
from gateway.directory.model import Deputy, Directory, Person
from gateway.store.db import Db
from gateway.store.schema import message
from gateway.store.values import dump, load
from gateway.yaml_file import BadConfiguration, Problem

DAY = 86_400.0
SHOWN = 200  # changes that go into the journal word for word; the versions themselves hold all
_NEWEST = sa.select(schema.directory.c.version, schema.directory.c.at).order_by(schema.directory.c.version.desc()).limit(1)
# by number and time: a number whose transaction was rolled back is given again
_cache: WeakKeyDictionary[sa.Engine, tuple[tuple[int, float], Directory]] = WeakKeyDictionary()


def day(now: float) -> date:
    """Which day it is in Japan."""
    return datetime.fromtimestamp(now, JST).date()


class Stale(Exception):
    """The directory has changed since it was looked at."""


def read(conn: sa.Connection) -> tuple[int, Directory]:
    """The newest version and its number; (0, empty) before the first import."""
    newest = conn.execute(_NEWEST).one_or_none()
    if newest is None:
        return 0, Directory()
    version, known = (newest.version, newest.at), _cache.get(conn.engine)
    if known is None or known[0] != version:
        value = sa.select(schema.directory.c.value).where(schema.directory.c.version == newest.version)
        known = _cache[conn.engine] = (version, load(Directory, conn.execute(value).scalar_one()))
    return newest.version, known[1]


def since(conn: sa.Connection) -> float:
    """When people were imported for the first time; Unix time, 0.0 = never."""
    return conn.scalar(sa.select(sa.func.min(schema.directory.c.at))) or 0.0


def replace(conn: sa.Connection, new: Directory, basis: int, actor: str, reason: str, now: float) -> tuple[Change, ...]:
    number, old = read(conn)
    if number != basis:
        raise Stale("the directory was changed meanwhile; look at the preview again")
    if wrong := [Problem("directory", 0, where, message) for where, message in contradictions(new)]:
        raise BadConfiguration(wrong)
    if changes := difference(old, new):
        values = {"at": now, "actor": actor, "reason": reason, "value": dump(new)}
        conn.execute(schema.directory.insert(), values)
        shown = tuple(map(str, changes[:SHOWN]))
        event = journal.DirectoryChanged(actor=actor, reason=reason, counted=len(changes), changes=shown)
        journal.insert(conn, (event,), now)
    return changes


def edit(
    conn: sa.Connection, change: Callable[[Directory], Directory], actor: str, reason: str, now: float
) -> tuple[Change, ...]:
    """On top of whatever counts at this moment."""
    basis, old = read(conn)
    return replace(conn, change(old), basis, actor, reason, now)


class Book:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    @property
    def today(self) -> date:
        return day(self._clock.now())

    async def current(self) -> Directory:
        return (await self._db.together.read(read))[1]

    async def version(self) -> tuple[int, Directory]:
        """For a preview: what `replace` will want to know."""
        return await self._db.read(read)

    async def replace(self, new: Directory, basis: int, actor: str, reason: str) -> tuple[Change, ...]:
        """What it changed.  `basis` is the version that the preview was made from."""
        _reasoned(reason)
        return await self._db.write(replace, new, basis, actor, reason, self._clock.now())

    async def suspend(self, address: str, actor: str, reason: str) -> tuple[Change, ...]:
        """In the directory alone; what else belongs to it, and giving it back, is `suspension.py`'s (AC-10)."""
        _reasoned(reason)
        return await self._edit(lambda d: with_person(d, changed(known(d, address), suspended=reason)), actor, reason)

    async def appoint(self, deputy: Deputy, actor: str, reason: str) -> tuple[Change, ...]:
        """A deputy for a term (AC-04); one for the same two people replaces the earlier one."""
        _reasoned(reason)

        def edit(directory: Directory) -> Directory:
            fresh = changed(deputy, of=known(directory, deputy.of).address, by=known(directory, deputy.by).address)
            others = tuple(d for d in directory.deputies if (d.of, d.by) != (fresh.of, fresh.by))
            return changed(directory, deputies=(*others, fresh))

        return await self._edit(edit, actor, reason)

    async def unused(self, days: float) -> tuple[tuple[Person, float], ...]:
        """Active people of whom no mail came for so long (AC-03), and when the last one did: Unix time, 0.0 = never."""
        used, directory = await self._db.read(last_used), await self.current()
        people = directory.unused(used, self._clock.now() - days * DAY, self.today)
        return tuple((p, max(used.get(a, 0.0) for a in (p.address, *p.aliases))) for p in people)

    async def _edit(self, change: Callable[[Directory], Directory], actor: str, reason: str) -> tuple[Change, ...]:
        return await self._db.write(edit, change, actor, reason, self._clock.now())


def _reasoned(reason: str) -> None:
    if not reason.strip():
        raise ValueError("a change of the directory needs a reason")


def known(directory: Directory, address: str) -> Person:
    person = directory.person(address)
    if person is None:
        raise LookupError(f"nobody has the address {address}")
    return person


def with_person(directory: Directory, person: Person) -> Directory:
    return changed(directory, people=tuple(person if p.address == person.address else p for p in directory.people))


def last_used(conn: sa.Connection) -> dict[str, float]:
    """By address of senders, in lower case."""
    query = sa.select(sa.func.lower(message.c.sender), sa.func.max(message.c.received_at)).where(message.c.kind == "mail")
    return {sender: at for sender, at in conn.execute(query.group_by(sa.func.lower(message.c.sender)))}
