"""One-time codes by mail: how staff without an account show who they are (C2: no password to remember for one file a month).

Whoever asks learns nothing of who exists: the same page, whether a code was sent or not (W4).  A code is eight digits, for one
address, for ten minutes, for five tries, for one use; a few go to one address in an hour.  It makes plain staff of whoever
reads that mailbox, never an account with other rights.  Raises Refusal.
"""

from __future__ import annotations

import hmac
import secrets
from collections import defaultdict, deque

import sqlalchemy as sa

from gateway import journal
from gateway.clock import Clock
from gateway.console import attempts, credentials
from gateway.console.accounts import ADDRESS, Accounts
from gateway.console.schema import code as codes
from gateway.console.standing import Account, Origin
from gateway.directory import book
from gateway.model import Authored, Direction
from gateway.notice import Notices
from gateway.notifier import Notifier
from gateway.spool import Spool
from gateway.spool.acceptance import author
from gateway.spool.contents import Kept, small
from gateway.store.db import Db
from gateway.store.schema import recipient
from gateway.words import Refusal

SECONDS = 600.0  # a mail takes seconds; somebody fetches a coffee
AGAIN_SECONDS = 60.0  # until another one is sent to the same address
TRIES = 5  # of a hundred million
MOST, WINDOW = 60, 3_600.0  # codes that one machine may ask for in so many seconds: a terminal server of an office
_DIGITS = 8


class Codes:
    def __init__(self, db: Db, spool: Spool, clock: Clock, accounts: Accounts, notices: Notices, notifier: Notifier):
        self._db, self._spool, self._clock, self._accounts = db, spool, clock, accounts
        self._notices, self._notifier = notices, notifier
        self._asked: dict[str, deque[float]] = defaultdict(deque)

    def may_ask(self, source: str) -> None:
        """Counts, whoever is asked for, so that the count says nothing of it.  Raises Refusal: too many from one machine."""
        asked, now = self._asked[source], self._clock.monotonic()
        while asked and now - asked[0] > WINDOW:
            asked.popleft()
        if len(asked) >= MOST:
            raise Refusal("しばらくしてからお試しください。", "Too many codes were asked for here. Try again later.", 429)
        asked.append(now)

    async def send(self, address: str, domains: tuple[str, ...], source: str) -> None:
        """Does nothing for who is none of ours.  Comes after the answer: how long it takes says nothing either."""
        address, now = address.strip().lower(), self._clock.now()
        ours = bool(ADDRESS.fullmatch(address)) and address.rpartition("@")[2] in domains
        if not ours or not await self._db.read(_is_known, address, now):
            return
        if await self._db.read(_sent_at, address) > now - AGAIN_SECONDS or not self._notifier.may(address):
            return
        digits = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"
        await self._db.write(_keep, address, credentials.digest(digits), *self._mail(address, digits, source), now)
        self._spool.wake.set()

    async def prove(self, address: str, digits: str, source: str) -> Account:
        """Uses the code up.  Raises Refusal."""
        address, now = address.strip().lower(), self._clock.now()
        await self._wait(address, source)
        given = credentials.digest("".join(c for c in digits if c.isdecimal()))
        if not await self._db.write(_use, address[:300], given, source, now):
            raise Refusal("コードが違うか、期限が切れています。", "The code is wrong or has run out.", 401)
        person = (await self._db.read(book.read))[1].person(address)
        address, name = (person.address, person.name) if person else (address, address)
        return await self._accounts.arrive(address, name, Origin.MAIL)

    async def _wait(self, address: str, source: str) -> None:
        if (seconds := await self._db.read(attempts.wait, address, source, self._clock.now())) > 0:
            ja = f"続けて失敗したため、しばらく受け付けません。{seconds:.0f}秒後にもう一度お試しください。"
            raise Refusal(ja, f"Too many failures. Try again in {seconds:.0f} seconds.", 429)

    def _mail(self, to: str, digits: str, source: str) -> tuple[Authored, Kept]:
        text = self._notices.code(f"{digits[:4]} {digits[4:]}", int(SECONDS // 60), source)
        name = f"code.{secrets.token_hex(8)}"
        content = self._notifier.mail(to=(to,), subject="【確認コード】職員用画面", text=text, name=name, receipt="")
        note = Authored("notice", "", (to,), Direction.INBOUND, content, not to.isascii())
        return note, small(content)


def _is_known(conn: sa.Connection, address: str, now: float) -> bool:
    """Somebody of the directory who is active today; or, where it has no such address, one that a held mail is for."""
    person = book.read(conn)[1].person(address)
    if person is not None:
        return person.active(book.day(now))
    waiting = sa.and_(sa.func.lower(recipient.c.address) == address, recipient.c.quarantine.is_not(None))
    return bool(conn.scalar(sa.select(sa.exists().where(waiting))))


def _sent_at(conn: sa.Connection, address: str) -> float:
    return conn.scalar(sa.select(codes.c.sent_at).where(codes.c.address == address)) or 0.0


def _keep(conn: sa.Connection, address: str, digest: str, note: Authored, kept: Kept, now: float) -> None:
    """One transaction: a code whose mail is not under way is none."""
    conn.execute(codes.delete().where(sa.or_(codes.c.address == address, codes.c.sent_at < now - SECONDS)))
    conn.execute(codes.insert().values(address=address, code=digest, sent_at=now, tries=0))
    author(conn, note, kept, now)


def _use(conn: sa.Connection, address: str, given: str, source: str, now: float) -> bool:
    row = conn.execute(sa.select(codes).where(codes.c.address == address, codes.c.sent_at > now - SECONDS)).one_or_none()
    if row is not None and row.tries < TRIES and hmac.compare_digest(row.code, given):
        conn.execute(codes.delete().where(codes.c.address == address))
        return True
    conn.execute(codes.update().where(codes.c.address == address).values(tries=codes.c.tries + 1))
    attempts.failed(conn, address, source, now)
    journal.insert(conn, [journal.LoginFailed(source=source, why="wrong code by mail", name=address)], now)
    return False
