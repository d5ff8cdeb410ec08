"""Who is signed in: server-side sessions behind one random cookie (security.md 5.3).

A session begins half (the password was right) and becomes whole with the second factor; its cookie changes at each step up.
It ends by hand, after idle time, at its absolute age, when the account changes, and at once when the directory has the person
no more or with other roles (AC-10): each request asks.  It is bound to nothing fragile (address).
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.console import attempts, credentials, standing
from gateway.console.schema import account, session
from gateway.console.standing import Account
from gateway.store.db import Db, StoreUnavailable

SEEN_SECONDS = 30.0  # how exact "last seen" is: a write for every request would be one too many


@dataclass(frozen=True, slots=True)
class Session:
    id: str  # the digest that the store knows; may be shown
    token: str  # the cookie; "" when listed
    account: Account
    whole: bool
    method: str
    began_at: float
    seen_at: float
    elevated_until: float
    source: str
    agent: str

    @property
    def csrf(self) -> str:
        """In every form of this session (W2).  Derived, so that there is nothing to store or to forget."""
        return hmac.digest(self.token.encode(), b"csrf", "sha256").hex()


@dataclass(frozen=True, slots=True)
class Last:
    """Shown after signing in (AC-01)."""

    signed_in_at: float | None
    signed_in_from: str
    signed_out_at: float | None
    failures: int


class Sessions:
    def __init__(self, db: Db, clock: Clock, *, idle: float, absolute: float, elevation: float):
        """Times in seconds."""
        self._db, self._clock = db, clock
        self._idle, self._absolute, self._elevation = idle, absolute, elevation
        self._pages = secrets.token_bytes(32)
        self.last: dict[str, Last] = {}  # by session id: what the person is told once

    async def begin(self, who: Account, source: str, agent: str, *, whole: bool, method: str) -> str:
        """The cookie of a new session."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        await self._db.write(_begin, _id(token), who, whole, method, source, agent[:200], now)
        if whole:
            await self._welcome(_id(token), who, source, method)
        return token

    async def complete(self, half: Session, method: str) -> str:
        """The second factor was right: whole, under another cookie."""
        method = f"{half.method}, {method}"
        token = await self._renew(half, whole=True, method=method)
        await self._welcome(_id(token), half.account, half.source, method)
        return token

    async def elevate(self, of: Session) -> str:
        """Privileged work may begin, under another cookie."""
        until = self._clock.now() + self._elevation
        token = await self._renew(of, elevated_until=until)
        event = journal.Elevated(actor=of.account.name, source=of.source, until=round(until))
        await self._db.write(journal.insert, (event,), self._clock.now())
        return token

    async def drop(self, of: Session) -> None:
        """Back to ordinary rights, by hand."""
        await self._db.write(_update, of.id, {"elevated_until": 0.0})

    def is_elevated(self, of: Session) -> bool:
        return of.elevated_until > self._clock.now()

    async def find(self, token: str) -> Session | None:
        """None when it has ended."""
        if not token:
            return None
        now = self._clock.now()
        found = await self.known(_id(token), token)
        if found is not None and now - found.seen_at > SEEN_SECONDS:
            with suppress(StoreUnavailable):  # locked: who is signed in must still be able to stop the gateway
                await self._db.write(_update, found.id, {"seen_at": now})
        return found

    async def known(self, session_id: str, token: str = "") -> Session | None:
        """By what may be shown; None when it has ended."""
        now = self._clock.now()
        return await self._db.read(_find, session_id, token, now, now - self._idle, now - self._absolute)

    def page_token(self, of: Session) -> str:
        """What a page of this session may show the API instead of the cookie, which counts for nothing there."""
        return f"mugai_page_{of.id}_{hmac.digest(self._pages, of.id.encode(), 'sha256').hex()}"

    async def of_page(self, shown: str) -> Session | None:
        """The session of the page; None when it has ended.  Asking keeps nobody signed in."""
        found = re.fullmatch(r"mugai_page_([0-9a-f]{64})_[0-9a-f]{64}", shown)
        alive = await self.known(found[1]) if found else None
        if alive is None or not alive.whole or not hmac.compare_digest(self.page_token(alive), shown):
            return None
        return alive

    async def list(self, who: Account) -> Sequence[Session]:
        now = self._clock.now()
        return await self._db.read(_list, who, now - self._idle, now - self._absolute)

    async def end(self, name: str, session_id: str, why: str) -> None:
        self.last.pop(session_id, None)
        await self._db.write(_end, name, session_id, why, self._clock.now())

    async def _renew(self, of: Session, **values: Any) -> str:
        token = secrets.token_urlsafe(32)
        await self._db.write(_update, of.id, {"id": _id(token), **values})
        return token

    async def _welcome(self, session_id: str, who: Account, source: str, method: str) -> None:
        self.last[session_id] = Last(who.signed_in_at, who.signed_in_from, who.signed_out_at, who.failures)
        await self._db.write(_signed_in, who.name, source, method, self._clock.now())


def _id(token: str) -> str:
    return credentials.digest(token.encode().hex())  # case matters in a cookie


def _begin(conn: sa.Connection, key: str, who: Account, whole: bool, method: str, source: str, agent: str, now: float) -> None:
    values = {"id": key, "account": who.name, "whole": whole, "method": method, "source": source, "agent": agent}
    values["standing"] = who.standing
    conn.execute(session.insert().values(**values, began_at=now, seen_at=now, elevated_until=0.0))


def _signed_in(conn: sa.Connection, name: str, source: str, method: str, now: float) -> None:
    values = {"signed_in_at": now, "signed_in_from": source, "failures": 0}
    conn.execute(account.update().where(account.c.name == name).values(values))
    attempts.succeeded(conn, name, source)
    journal.insert(conn, [journal.LoggedIn(actor=name, source=source, method=method)], now)


def _update(conn: sa.Connection, key: str, values: dict[str, Any]) -> None:
    conn.execute(session.update().where(session.c.id == key).values(values))


def _find(conn: sa.Connection, key: str, token: str, now: float, idle_since: float, began_since: float) -> Session | None:
    alive = sa.and_(session.c.seen_at > idle_since, session.c.began_at > began_since)
    row = conn.execute(sa.select(session).where(session.c.id == key, alive)).one_or_none()
    if row is None:
        return None
    who = standing.find(conn, row.account, now)
    return None if who.barred or who.standing != row.standing else _session(row, who, token)


def _list(conn: sa.Connection, who: Account, idle_since: float, began_since: float) -> list[Session]:
    alive = sa.and_(session.c.account == who.name, session.c.seen_at > idle_since, session.c.began_at > began_since)
    rows = conn.execute(sa.select(session).where(alive).order_by(session.c.seen_at.desc())).all()
    return [_session(row, who, "") for row in rows]


def _session(row: sa.Row[Any], who: Account, token: str) -> Session:
    times = (row.began_at, row.seen_at, row.elevated_until)
    return Session(row.id, token, who, row.whole, row.method, *times, row.source, row.agent)


def end_all(conn: sa.Connection, addresses: Sequence[str], why: str, now: float) -> int:
    """Of every account of these addresses, whole or half; how many."""
    mine = {a.lower() for a in addresses}
    owned = sa.or_(sa.func.lower(account.c.address).in_(mine), account.c.name.in_(mine))
    names = conn.scalars(sa.select(account.c.name).where(owned)).all()
    ended = 0
    for name in names:
        if gone := conn.execute(session.delete().where(session.c.account == name)).rowcount:
            ended += gone
            conn.execute(account.update().where(account.c.name == name).values(signed_out_at=now))
            journal.insert(conn, [journal.LoggedOut(actor=name, why=why)], now)
    return ended


def _end(conn: sa.Connection, name: str, key: str, why: str, now: float) -> None:
    """Only one's own: a foreign id ends nothing."""
    ended = conn.execute(session.delete().where(session.c.id == key, session.c.account == name)).rowcount
    if ended:
        conn.execute(account.update().where(account.c.name == name).values(signed_out_at=now))
        journal.insert(conn, [journal.LoggedOut(actor=name, why=why)], now)
