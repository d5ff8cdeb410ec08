"""Tokens: what a program shows instead of a session.  Only a digest is stored; the secret is shown once, to its owner.

A token is its owner: it dies with the account's suspension or reset, never has more rights than the owner has at that moment,
and is nobody's second person.  That is why an administrator makes a token for somebody, and that person takes the secret:
whoever makes tokens must not be able to act as others.  Raises Refusal; LookupError for a token or an account that is none.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Any

import sqlalchemy as sa

from gateway import journal
from gateway.api.schema import token
from gateway.api.scopes import LONGEST_DAYS, SCOPES, TokenScope
from gateway.clock import Clock
from gateway.console import attempts, standing
from gateway.console.accounts import PATTERN
from gateway.console.roles import Right
from gateway.console.sessions import Session
from gateway.console.standing import Account
from gateway.settings import Network
from gateway.store.db import Db
from gateway.words import Refusal

PREFIX = "mugai_"  # so that a token in a repository or a mail is found: mugai_ and 8, _, 43 characters
SHAPE = re.compile(r"mugai_([0-9a-z]{8})_[0-9A-Za-z]{43}")
SEEN_SECONDS = 60.0  # how exact "last used" is
_DAY = 86_400.0
_MARK, _SECRET = string.digits + string.ascii_lowercase, string.digits + string.ascii_letters  # 43 of 62: 256 bits


class Standing(StrEnum):
    WAITING = "waiting"  # its owner has not taken it
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OF_A_PAGE = "of_a_page"  # of the console, as long as its session lives; stored nowhere


@dataclass(frozen=True, slots=True)
class Wanted:
    """A token that is to be."""

    name: str
    account: str
    scopes: tuple[TokenScope, ...]
    days: float
    patterns: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    mark: str
    name: str
    account: Account
    scopes: frozenset[TokenScope]
    patterns: tuple[str, ...]
    networks: tuple[Network, ...]
    standing: Standing
    made_by: str
    made_at: float  # Unix time, like all below
    expires_at: float
    used_at: float | None
    used_from: str

    def may_come_from(self, source: str) -> bool:
        try:
            return not self.networks or any(ip_address(source) in network for network in self.networks)
        except ValueError:
            return False


class Tokens:
    def __init__(self, db: Db, clock: Clock):
        self._db, self._clock = db, clock

    async def make(self, wanted: Wanted, actor: str) -> Token:
        """Not usable before its owner takes it."""
        return await self._db.write(_make, _checked(wanted), actor, self._clock.now())

    async def take(self, mark: str, owner: str, actor: str = "") -> str:
        """The secret, once; `actor` hands it over at the machine itself, else its owner is here."""
        secret = f"{PREFIX}{mark}_{''.join(secrets.choice(_SECRET) for _ in range(43))}"
        await self._db.write(_take, mark, owner, _digest(secret), actor or owner, self._clock.now())
        return secret

    async def list(self, account: str = "") -> Sequence[Token]:
        """Newest first; of one person, or all."""
        return await self._db.read(_list, account, self._clock.now())

    async def revoke(self, mark: str, actor: str, owner: str = "") -> None:
        """By an administrator, or by its `owner` only."""
        await self._db.write(_revoke, mark, actor, owner, self._clock.now())

    async def prove(self, shown: str, source: str) -> Token:
        """Whose this is.  Raises Refusal 401 in the same words for all that is no token; 429 for who goes on guessing.

        A right one never waits for the wrong ones of others: 256 bits are not guessed, the limit spares the journal."""
        now, shape = self._clock.now(), SHAPE.fullmatch(shown)
        found = await self._db.read(_find, shape[1], _digest(shown), now) if shape else None
        if found is not None and found.standing is Standing.ACTIVE and not found.account.barred:
            if not found.may_come_from(source):
                raise await self._failure(source, f"token {found.mark} from another network")
            if found.used_at is None or now - found.used_at > SEEN_SECONDS or found.used_from != source:
                await self._db.write(_used, found.mark, source, now)
            return found
        raise await self._failure(source, f"token {shape[1]} is none that counts" if shape else "no token")

    async def _failure(self, source: str, why: str) -> Refusal:
        key, now = f"api:{source}", self._clock.now()  # apart from the failures of people at the sign-in page
        if await self._db.read(attempts.wait, key, key, now) > 0:
            return Refusal("失敗が続いたため、しばらく受け付けません。", "Too many failures. Try again later.", 429)
        await self._db.write(_failed, key, source, why, now)
        return Refusal("トークンが正しくないか、使えません。", "The token is wrong or cannot be used.", 401)


def of_page(of: Session) -> Token:
    """What a page of the console may ask for by its script: what the page shows anyway."""
    return Token(
        mark=f"page_{of.id[:8]}",
        name="console",
        account=of.account,
        scopes=frozenset({TokenScope.QUARANTINE_READ}),
        patterns=(),
        networks=(),
        standing=Standing.OF_A_PAGE,
        made_by=of.account.name,
        made_at=of.began_at,
        expires_at=of.began_at,
        used_at=None,
        used_from=of.source,
    )


def _checked(wanted: Wanted) -> Wanted:
    """Raises Refusal."""
    name = wanted.name.strip()[:100]
    if not name:
        raise Refusal("名前を入力してください。", "The token needs a name: what is it for?")
    if not wanted.scopes:
        raise Refusal("権限の範囲を選んでください。", "The token needs a scope.")
    if not 0 < wanted.days <= LONGEST_DAYS:
        raise Refusal(f"期限は{LONGEST_DAYS}日までです。", f"It must end within {LONGEST_DAYS} days.")
    if bad := [p for p in wanted.patterns if not PATTERN.fullmatch(p)]:
        raise Refusal(f"受信者の範囲が読めません: {bad[0]}", f"Not a pattern of addresses: {bad[0]}")
    try:
        networks = tuple(str(ip_network(each, strict=False)) for each in wanted.networks)
    except ValueError as error:
        raise Refusal("接続元のネットワークが読めません。", f"Not a network: {error}") from error
    patterns = tuple(p.lower() for p in wanted.patterns)
    return Wanted(name, wanted.account.strip().lower(), tuple(dict.fromkeys(wanted.scopes)), wanted.days, patterns, networks)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def grantable(owner: Account) -> tuple[TokenScope, ...]:
    """What a token of this person can be made for."""
    return tuple(scope for scope, use in SCOPES.items() if use.right is Right.SIGNED_IN or use.right in owner.rights)


# -- operations ----------------------------------------------------------------------------------------------------------


def _make(conn: sa.Connection, wanted: Wanted, actor: str, now: float) -> Token:
    owner = standing.find(conn, wanted.account, now)
    if owner.barred:
        raise Refusal("この利用者は停止されています。", "This account is suspended.", 409)
    if beyond := set(wanted.scopes) - set(grantable(owner)):
        names = ", ".join(sorted(beyond))
        raise Refusal(f"所有者にない権限は付けられません: {names}", f"Its owner has no right to: {names}", 409)
    mark = "".join(secrets.choice(_MARK) for _ in range(8))
    given = {"scopes": wanted.scopes, "patterns": wanted.patterns, "networks": wanted.networks}
    values = {"mark": mark, "digest": "", "name": wanted.name, "account": owner.name, "made_by": actor, "used_from": ""}
    values |= {name: " ".join(some) for name, some in given.items()}
    conn.execute(token.insert().values(**values, made_at=now, expires_at=now + wanted.days * _DAY))
    _changed(conn, mark, owner.name, f"made for {wanted.days:g} days: {' '.join(wanted.scopes)}", actor, now)
    return _get(conn, mark, now)


def _take(conn: sa.Connection, mark: str, owner: str, digest: str, actor: str, now: float) -> None:
    found = _get(conn, mark, now)
    if found.account.name != owner:
        raise LookupError("not theirs")
    if found.standing is not Standing.WAITING:
        raise Refusal("すでに受け取り済みか、使えないトークンです。", "It was taken already, or has ended.", 409)
    conn.execute(token.update().where(token.c.mark == mark).values(digest=digest))
    _changed(conn, mark, owner, "taken", actor, now)


def _revoke(conn: sa.Connection, mark: str, actor: str, owner: str, now: float) -> None:
    found = _get(conn, mark, now)
    if owner not in ("", found.account.name):
        raise LookupError("not theirs")
    if found.standing is not Standing.REVOKED:
        conn.execute(token.update().where(token.c.mark == mark).values(revoked_at=now))
        _changed(conn, mark, found.account.name, "revoked", actor, now)


def _changed(conn: sa.Connection, mark: str, account: str, change: str, actor: str, now: float) -> None:
    journal.insert(conn, [journal.TokenChanged(actor=actor, account=account, token=mark, change=change)], now)


def _used(conn: sa.Connection, mark: str, source: str, now: float) -> None:
    conn.execute(token.update().where(token.c.mark == mark).values(used_at=now, used_from=source))


def _failed(conn: sa.Connection, key: str, source: str, why: str, now: float) -> None:
    attempts.failed(conn, key, key, now)
    journal.insert(conn, [journal.LoginFailed(source=source, why=why)], now)


def _find(conn: sa.Connection, mark: str, digest: str, now: float) -> Token | None:
    """The digest is looked up by the database: how long that takes says nothing about 256 random bits."""
    row = conn.execute(sa.select(token).where(token.c.mark == mark, token.c.digest == digest)).one_or_none()
    return _read(conn, row, now) if row else None


def _get(conn: sa.Connection, mark: str, now: float) -> Token:
    row = conn.execute(sa.select(token).where(token.c.mark == mark)).one_or_none()
    if row is None:
        raise LookupError(f"no token {mark}")
    return _read(conn, row, now)


def _list(conn: sa.Connection, account: str, now: float) -> list[Token]:
    query = sa.select(token).order_by(token.c.made_at.desc())
    rows = conn.execute(query.where(token.c.account == account) if account else query).all()
    return [_read(conn, row, now) for row in rows]


def _read(conn: sa.Connection, row: sa.Row[Any], now: float) -> Token:
    state = Standing.ACTIVE if row.digest else Standing.WAITING
    if row.expires_at <= now:
        state = Standing.EXPIRED
    if row.revoked_at is not None:
        state = Standing.REVOKED
    return Token(
        mark=row.mark,
        name=row.name,
        account=standing.find(conn, row.account, now),
        scopes=frozenset(TokenScope(each) for each in row.scopes.split()),
        patterns=tuple(row.patterns.split()),
        networks=tuple(ip_network(each) for each in row.networks.split()),
        standing=state,
        made_by=row.made_by,
        made_at=row.made_at,
        expires_at=row.expires_at,
        used_at=row.used_at,
        used_from=row.used_from,
    )
