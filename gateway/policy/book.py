"""The versions of the policy: drafts, what waits for a second person, what is in force, what was (LG-07, LG-08).

What a version is, is not stored twice: the case of the workflow that was opened for it says so, by whichever way people
acted on it.  In force is the version that came into force last and whose case still stands; an emergency that lapses, or is
denied, so gives way to what was before.  While no version ever was in force, the file counts; afterwards it is a proposal.
Raises BadConfiguration, LookupError, Stale (somebody was faster), ValueError (no reason).
"""

from __future__ import annotations

import difflib
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.policy import file as policy_file
from gateway.policy.rules import Policy
from gateway.policy.schema import policy_version
from gateway.store.db import Db
from gateway.workflow.model import Case, Opening, Stage
from gateway.workflow.schema import case as cases
from gateway.workflow.schema import step
from gateway.yaml_file import BadConfiguration

if TYPE_CHECKING:  # its rooms stand on this one
    from gateway.workflow.engine import Workflow

SHOWN = 20_000  # characters of a difference that go into the journal; the versions themselves hold all
_STANDS = (Stage.APPLIED, Stage.EMERGENCY)


class Standing(StrEnum):
    DRAFT = "draft"
    PROPOSED = "proposed"  # a second person must decide
    APPROVED = "approved"  # and one of the two may publish it
    IN_FORCE = "in_force"
    EMERGENCY = "emergency"  # in force by one person's word (EX-02)
    PAST = "past"
    ENDED = "ended"  # denied, withdrawn, expired, lapsed


class Stale(Exception):
    """It is no draft any more."""


@dataclass(frozen=True, slots=True)
class Version:
    number: int
    text: str
    version: str
    author: str  # who wrote it: account or address
    why: str
    saved_at: float
    standing: Standing
    case: int  # 0 = none
    came_at: float | None  # into force


# when a case first reached force; later steps of it (a comment, a ratification) do not make it newer
_CAME = (
    sa.select(step.c.case, sa.func.min(step.c.id).label("place"), sa.func.min(step.c.at).label("at"))
    .where(step.c.after.in_(_STANDS))
    .group_by(step.c.case)
    .subquery()
)
_VERSION = sa.select(policy_version, cases.c.stage, _CAME.c.at.label("came_at"), _CAME.c.place).select_from(
    policy_version.outerjoin(cases, policy_version.c.case == cases.c.id).outerjoin(_CAME, _CAME.c.case == cases.c.id)
)
_IN_FORCE = (
    sa.select(policy_version.c.number)
    .join(cases, policy_version.c.case == cases.c.id)
    .join(_CAME, _CAME.c.case == cases.c.id)
    .where(cases.c.stage.in_(_STANDS))
    .order_by(_CAME.c.place.desc())
    .limit(1)
)
_STANDINGS = {
    Stage.WANTED: Standing.PROPOSED,
    Stage.RETURNED: Standing.PROPOSED,
    Stage.APPROVED: Standing.APPROVED,
    Stage.APPLIED: Standing.PAST,
    Stage.EMERGENCY: Standing.PAST,
}


class Policies:
    def __init__(self, db: Db, clock: Clock, file: Path):
        self._db, self._clock, self.file = db, clock, file

    async def current(self) -> Policy:
        """What is in force."""
        version = await self.in_force()
        return policy_file.load(self.file) if version is None else policy_file.parse(version.text, name(version))

    async def by(self, number: int) -> Policy:
        """A version; 0 = what is in force."""
        if not number:
            return await self.current()
        version = await self.get(number)
        return policy_file.parse(version.text, name(version))

    async def text(self) -> str:
        """Of what is in force."""
        version = await self.in_force()
        return policy_file.text(self.file) if version is None else version.text

    async def source(self) -> str:
        """Where what is in force stands: a version, or the file."""
        version = await self.in_force()
        return str(self.file) if version is None else name(version)

    async def number_in_force(self) -> int:
        """0 = the file."""
        return await self._db.read(_number_in_force)

    async def in_force(self) -> Version | None:
        """None = the file."""
        return await self._db.read(lambda conn: _get(conn, number) if (number := _number_in_force(conn)) else None)

    async def file_differs(self) -> bool:
        """The file says something else than what is in force: whoever edited it should hear that it does not count."""
        version = await self.in_force()
        if version is None:
            return False
        with suppress(BadConfiguration):
            return policy_file.load(self.file).version != version.version
        return True

    async def get(self, number: int) -> Version:
        return await self._db.read(_get, number)

    async def list(self, limit: int = 100, before: int = 0) -> list[Version]:
        """Newest first; those below the number `before`, 0 = all."""

        def op(conn: sa.Connection) -> list[Version]:
            current = _number_in_force(conn)
            query = _VERSION.order_by(policy_version.c.number.desc()).limit(limit)
            query = query.where(policy_version.c.number < before) if before else query
            return [_read(row, current) for row in conn.execute(query)]

        return await self._db.read(op)

    async def known(self) -> dict[str, Policy]:
        """By version: what past decisions may rest on; what does not load any more is left out."""
        found: dict[str, Policy] = {}
        with suppress(BadConfiguration):
            policy = policy_file.load(self.file)
            found[policy.version] = policy
        for each in await self.list():
            with suppress(BadConfiguration):
                found[each.version] = policy_file.parse(each.text)
        return found

    async def draft(self, text: str, author: str, why: str, number: int = 0, was: str = "") -> Version:
        """A new one, or another text of the draft `number`; with `was`, only if that is its text still.

        Nothing that does not load becomes a version."""
        text = text.replace("\r\n", "\n")
        values = {"text": text, "version": policy_file.parse(text).version, "author": author, "why": _reasoned(why)}
        return await self._db.write(_save, values | {"saved_at": self._clock.now()}, number, was)

    async def discard(self, number: int) -> None:
        await self._db.write(_discard, number)

    async def propose(self, workflow: Workflow, version: Version, opening: Opening) -> Case:
        """Case and version in one transaction: from then on the text is what people decide about."""
        replaced, before = await self.in_force(), await self.text()

        def also(conn: sa.Connection, case: Case, now: float) -> None:
            same = sa.and_(_draft(version.number), policy_version.c.text == version.text)
            if conn.execute(policy_version.update().where(same).values(case=case.id)).rowcount != 1:
                raise Stale(f"{name(version)} was changed or proposed meanwhile")
            event = journal.PolicyProposed(
                number=version.number,
                case=case.id,
                policy_version=version.version,
                replaces=replaced.version if replaced else "file",
                actor=opening.applicant,
                reason=opening.reason,
                emergency=opening.stage is Stage.EMERGENCY,
                difference="\n".join(difference(before, version.text))[:SHOWN],
            )
            journal.insert(conn, (event,), now)

        return await workflow.open(opening, also=also)


def name(version: Version) -> str:
    return f"policy version {version.number}"


def difference(before: str, after: str) -> list[str]:
    """Unified, without its head."""
    return list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]


def _reasoned(why: str) -> str:
    if not why.strip():
        raise ValueError("a reason is needed: it goes into the record")
    return why.strip()


def _number_in_force(conn: sa.Connection) -> int:
    return conn.scalar(_IN_FORCE) or 0


def _get(conn: sa.Connection, number: int) -> Version:
    row = conn.execute(_VERSION.where(policy_version.c.number == number)).one_or_none()
    if row is None:
        raise LookupError(f"no policy version {number}")
    return _read(row, _number_in_force(conn))


def _save(conn: sa.Connection, values: dict[str, object], number: int, was: str) -> Version:
    if not number:
        [number] = conn.execute(policy_version.insert(), values).inserted_primary_key or (0,)
        return _get(conn, int(number))
    same = sa.and_(_draft(number), policy_version.c.text == was) if was else _draft(number)
    if conn.execute(policy_version.update().where(same).values(values)).rowcount != 1:
        raise Stale(f"version {number} is no draft any more, or was changed meanwhile")
    return _get(conn, number)


def _discard(conn: sa.Connection, number: int) -> None:
    if conn.execute(policy_version.delete().where(_draft(number))).rowcount != 1:
        raise Stale(f"version {number} is no draft any more")


def _draft(number: int) -> sa.ColumnElement[bool]:
    return sa.and_(policy_version.c.number == number, policy_version.c.case.is_(None))


def _read(row: sa.Row[Any], current: int) -> Version:
    standing = _STANDINGS.get(Stage(row.stage), Standing.ENDED) if row.stage else Standing.DRAFT
    if row.number == current:
        standing = Standing.EMERGENCY if row.stage == Stage.EMERGENCY else Standing.IN_FORCE
    return Version(row.number, row.text, row.version, row.author, row.why, row.saved_at, standing, row.case or 0, row.came_at)
