"""The people of the console, and how each proves who he is: password, one-time code, recovery code, invitation.

There is no default account: an invitation, printed at first start or written by an administrator, is used once and lets a
person choose a password.  Every change is journalled in its own transaction.  What an account is worth today is `standing`'s.
Raises Refusal with words for the person in front of the page; LookupError for a name that nobody has.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa

from gateway import journal
from gateway.api.schema import token
from gateway.clock import Clock
from gateway.console import attempts, credentials, roles, standing
from gateway.console.credentials import Seal
from gateway.console.roles import Right
from gateway.console.schema import account, invitation, passkey, recovery, session
from gateway.console.standing import Account, Origin
from gateway.directory import Role, book
from gateway.spool.acceptance import author
from gateway.store.db import Db
from gateway.words import Refusal
from gateway.workflow.letters import Letter

INVITATION_SECONDS = 7 * 86_400.0
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
ADDRESS = re.compile(r"[^\s@<>\"\\\x00-\x1f]{1,64}@[a-z0-9.-]{1,190}")
PATTERN = re.compile(r"[^\s@\[]+(@[^\s@\[]+)?")  # kenko@city.example.lg.jp, *@kenko.example.jp, or a section's code


class Accounts:
    def __init__(self, db: Db, clock: Clock, seal: Seal, auditor_apart: bool = True):
        self._db, self._clock, self._seal, self._apart = db, clock, seal, auditor_apart
        self._turns = WeakValueDictionary[str, asyncio.Lock]()

    # -- proving who one is ----------------------------------------------------------------------------------------------

    async def prove_password(self, name: str, password: str, source: str) -> Account:
        """Raises Refusal: wrong, suspended, unknown (all the same words), or too many attempts."""
        name = name.strip().lower()[:64]
        async with self.trying(name, source):
            stored = await self._db.read(_stored_password, name, self._clock.now())
            if not await credentials.password_matches(stored, password):
                raise await self.failure(name, source, "wrong name or password")
        return await self.find(name)

    async def prove_code(self, who: Account, code: str, source: str) -> str:
        """A one-time code, or a recovery code, which is then gone.  Returns which.  Raises Refusal."""
        async with self.trying(who.name, source):
            sealed, last_step = await self._db.read(_totp, who.name)
            step = credentials.totp_step(self._seal.open(sealed), code, self._clock.now(), last_step) if sealed else None
            if step is not None and await self._db.write(_use_step, who.name, step):
                return "code"
            if await self._db.write(_use_recovery, who.name, credentials.digest(code)):
                return "recovery code"
            raise await self.failure(who.name, source, "wrong code")

    @asynccontextmanager
    async def trying(self, name: str, source: str) -> AsyncIterator[None]:
        """One proof of a machine and of a person at a time: of a hundred at once all would be looked at before one is counted.

        Raises Refusal: too many before."""
        machine, person = (self._turns.setdefault(key, asyncio.Lock()) for key in (f"from {source}", f"as {name}"))
        async with machine, person:
            await self.may_try(name, source)
            yield

    async def may_try(self, name: str, source: str) -> None:
        """Before any proof is looked at.  Raises Refusal."""
        seconds = await self._db.read(attempts.wait, name, source, self._clock.now())
        if seconds > 0:
            await self._db.write(_record_failure, name, source, "too many attempts", self._clock.now(), False)
            raise Refusal(
                f"続けて失敗したため、しばらく受け付けません。{seconds:.0f}秒後にもう一度お試しください。",
                f"Too many failures. Try again in {seconds:.0f} seconds.",
                429,
            )

    async def failure(self, name: str, source: str, why: str) -> Refusal:
        """Counts it.  All failures have the same words."""
        await self._db.write(_record_failure, name, source, why, self._clock.now(), True)
        return Refusal("利用者名、パスワードまたはコードが違います。", "The name, password or code is wrong.", 401)

    # -- invitations -----------------------------------------------------------------------------------------------------

    async def is_empty(self) -> bool:
        return not await self._db.read(standing.everybody, self._clock.now())

    async def invite_first(self) -> str:
        """The code for a console without people: whoever has it becomes the first administrator."""
        return await self._invite("", "console")

    async def invite(
        self,
        name: str,
        display: str,
        some: Sequence[Role],
        patterns: Sequence[str],
        actor: str,
        address: str = "",
        until: date | None = None,
    ) -> str:
        """A new person, until the last day given.  Returns the code to hand over.  Raises Refusal."""
        values = _checked(name, display, some, patterns, self._apart, address, until)
        if not await self._db.write(_create, values, actor, self._clock.now()):
            raise Refusal("その利用者名は使われています。", "That name is taken.")
        return await self._invite(values["name"], actor)

    async def invite_again(self, name: str, actor: str, reason: str = "") -> str:
        """For a lost password or second factor: everything is proven anew.  Raises Refusal: see `forget`."""
        if (await self.find(name)).origin is not Origin.INVITED:
            raise Refusal("招待した利用者ではありません。", "Nobody invited this person.")
        await self._db.write(_reset, name, actor, self._clock.now(), reason)
        return await self._invite(name, actor)

    async def suspect(self, name: str, actor: str, reason: str) -> str:
        """The password may be known to others (AC-06): it ends, its sessions too, second factors stay.  Returns the code."""
        if (await self.find(name)).origin is not Origin.INVITED:
            raise Refusal("招待した利用者ではありません。", "Nobody invited this person.")
        await self._db.write(_suspect, name, actor, self._clock.now(), reason)
        return await self._invite(name, actor)

    async def forget(self, name: str, actor: str, reason: str) -> None:
        """Second factors, and whom the provider means by this person, of who comes by the house's servers."""
        await self.find(name)
        await self._db.write(_reset, name, actor, self._clock.now(), reason)

    async def _invite(self, name: str, actor: str) -> str:
        code, now = credentials.new_code(), self._clock.now()
        await self._db.write(_keep_invitation, credentials.digest(code), name, now + INVITATION_SECONDS)
        return code

    async def invited(self, code: str) -> str | None:
        """Whose invitation this is; "" for the first person's, None if there is none."""
        return await self._db.read(_invited, credentials.digest(code), self._clock.now())

    async def accept(self, code: str, name: str, display: str, password: str) -> Account:
        """Uses the invitation up.  `name` and `display` count for the first person only.  Raises Refusal."""
        invited = await self.invited(code)
        if invited is None:
            raise Refusal("招待コードが違うか、期限が切れています。", "The invitation is wrong or has run out.", 401)
        values = _checked(name, display, (Role.SYM,), ()) if not invited else None
        who = values["name"] if values else invited
        credentials.check_password(password, who, display)
        stored = await credentials.hash_password(password)
        if not await self._db.write(_accept, credentials.digest(code), values, who, stored, self._clock.now()):
            raise Refusal("招待コードが違うか、期限が切れています。", "The invitation is wrong or has run out.", 401)
        return await self.find(who)

    # -- a person's own affairs ------------------------------------------------------------------------------------------

    async def enrol_totp(self, who: Account, secret: str, code: str) -> list[str]:
        """Turns one-time codes on; returns the recovery codes, which are shown once.  Raises Refusal."""
        step = credentials.totp_step(secret, code, self._clock.now(), 0)
        if step is None:
            raise Refusal("コードが違います。時計が合っているか確かめてください。", "The code is wrong. Is the clock right?")
        codes = [credentials.new_code() for _ in range(credentials.RECOVERY_CODES)]
        digests = [credentials.digest(each) for each in codes]
        await self._db.write(_enrol, who.name, self._seal.close(secret), step, digests, self._clock.now())
        return codes

    async def change_password(self, who: Account, password: str) -> None:
        """Raises Refusal."""
        credentials.check_password(password, who.name, who.display)
        await self._db.write(_set_password, who.name, await credentials.hash_password(password), self._clock.now())

    # -- people ----------------------------------------------------------------------------------------------------------

    async def find(self, name: str) -> Account:
        """Raises LookupError."""
        return await self._db.read(standing.find, name, self._clock.now())

    async def list(self) -> Sequence[Account]:
        return await self._db.read(standing.everybody, self._clock.now())

    async def arrive(self, address: str, display: str, origin: Origin, subject: str = "") -> Account:
        """Who has proven to be `address`: the account of that name, made at the first time.  Raises Refusal."""
        who = await self._db.write(_arrive, address, display, origin, subject, self._clock.now())
        if who is None:
            ja = "このアドレスには別の利用者が登録されています。管理者に連絡してください。"
            raise Refusal(ja, "Another person has this address here. Tell the administrator.", 403)
        if who.barred:
            ja = "この利用者は停止されているか、期限が過ぎているか、名簿にありません。"
            raise Refusal(ja, "Suspended, past its last day, or not in the directory.", 403)
        if origin is Origin.MAIL and (who.needs_second_factor or who.has_totp or who.passkeys):
            # whoever reads the mailbox is plain staff, and takes over nobody who is more
            raise Refusal("庁内のアカウントでログインしてください。", "Sign in by your account of the house.", 403)
        return who

    async def change(
        self,
        name: str,
        display: str,
        some: Sequence[Role],
        patterns: Sequence[str],
        actor: str,
        address: str = "",
        until: date | None = None,
        letters: Callable[[str, str], Sequence[Letter]] = lambda before, after: (),
        reason: str = "",
    ) -> None:
        """`letters`: what is written to whom when the address changes, in the same transaction.  Raises Refusal."""
        values, before = _checked(name, display, some, patterns, self._apart, address, until), await self.find(name)
        await self._may_change(before, some, actor, until)
        told, change = letters(before.address, values["address"]), f"roles {values['roles']}"
        if before.address != values["address"]:
            change += f"; address {before.address or 'none'} -> {values['address'] or 'none'}"
        if before.until != until:
            change += f"; until {before.until or 'no end'} -> {until or 'no end'}"

        def op(conn: sa.Connection, now: float) -> None:
            _change(conn, name, values, change, actor, now, reason)
            for note, kept in told:
                author(conn, note, kept, now)

        await self._db.write(op, self._clock.now())

    async def suspend(self, name: str, suspended: bool, actor: str, reason: str) -> None:
        """AC-10: no sign-in, and every session ends now.  Raises Refusal."""
        await self._may_change(await self.find(name), (), actor)
        change = "suspended" if suspended else "resumed"
        await self._db.write(_change, name, {"suspended": suspended}, change, actor, self._clock.now(), reason)

    async def _may_change(self, who: Account, some: Sequence[Role], actor: str, until: date | None = None) -> None:
        """Nobody takes from himself the right to mend it: there would be nobody left to ask."""
        over = until is not None and until < book.day(self._clock.now())
        if who.name == actor and (over or Right.MANAGE_PEOPLE not in roles.rights_of(some)):
            raise Refusal("自分自身の管理権限は外せません。", "You cannot take this right from yourself.")


def _checked(
    name: str,
    display: str,
    some: Sequence[Role],
    patterns: Sequence[str],
    auditor_apart: bool = True,
    address: str = "",
    until: date | None = None,
) -> dict[str, Any]:
    name, address = name.strip().lower(), address.strip().lower()
    if not _NAME.fullmatch(name):
        raise Refusal("利用者名は半角の英小文字、数字、. _ - で2文字以上です。", "A name has a-z, 0-9, . _ - only.")
    if not display.strip():
        raise Refusal("氏名を入力してください。", "The person's name is missing.")
    if bad := [p for p in patterns if not PATTERN.fullmatch(p)]:
        raise Refusal(f"受信者の範囲が読めません: {bad[0]}", f"Not a pattern of addresses: {bad[0]}")
    if address and not ADDRESS.fullmatch(address):
        raise Refusal("メールアドレスが読めません。", "Not an address.")
    try:
        roles.check(some, auditor_apart)
    except ValueError as error:
        raise Refusal("役割の組み合わせが正しくありません。監査担当者は兼務できません。", str(error)) from error
    if Role.VEN in some and until is None:
        raise Refusal("委託事業者には利用期限が必要です。契約の最終日を入力してください。", "A contractor needs a last day.")
    return {
        "name": name,
        "display": display.strip()[:100],
        "roles": " ".join(some),
        "scope": " ".join(p.lower() for p in patterns),
        "address": address,
        "until": until.isoformat() if until else "",
    }


# -- operations ----------------------------------------------------------------------------------------------------------


def _stored_password(conn: sa.Connection, name: str, now: float) -> str:
    """A barred account answers as an unknown one."""
    stored = conn.scalar(sa.select(account.c.password).where(account.c.name == name))
    return stored if stored and not standing.find(conn, name, now).barred else ""


def _totp(conn: sa.Connection, name: str) -> tuple[bytes | None, int]:
    row = conn.execute(sa.select(account.c.totp, account.c.totp_step).where(account.c.name == name)).one()
    return row.totp, row.totp_step


def _use_step(conn: sa.Connection, name: str, step: int) -> bool:
    """Once: of two requests with the same code one comes second."""
    newer = sa.and_(account.c.name == name, account.c.totp_step < step)
    return conn.execute(account.update().where(newer).values(totp_step=step)).rowcount == 1


def _use_recovery(conn: sa.Connection, name: str, code: str) -> bool:
    return conn.execute(recovery.delete().where(recovery.c.account == name, recovery.c.code == code)).rowcount == 1


def _record_failure(conn: sa.Connection, name: str, source: str, why: str, now: float, counts: bool) -> None:
    if counts:
        attempts.failed(conn, name, source, now)
        conn.execute(account.update().where(account.c.name == name).values(failures=account.c.failures + 1))
    journal.insert(conn, [journal.LoginFailed(source=source, why=why, name=name)], now)


def _keep_invitation(conn: sa.Connection, code: str, name: str, expires_at: float) -> None:
    conn.execute(invitation.delete().where(invitation.c.account == name))
    conn.execute(invitation.insert().values(code=code, account=name, expires_at=expires_at))


def _invited(conn: sa.Connection, code: str, now: float) -> str | None:
    return conn.scalar(sa.select(invitation.c.account).where(invitation.c.code == code, invitation.c.expires_at > now))


def _create(conn: sa.Connection, values: dict[str, Any], actor: str, now: float, origin: Origin = Origin.INVITED) -> bool:
    if conn.scalar(sa.select(account.c.name).where(account.c.name == values["name"])):
        return False
    rest = {"password": "", "totp_step": 0, "handle": secrets.token_bytes(32), "suspended": False, "signed_in_from": ""}
    conn.execute(account.insert().values(**values, **rest, origin=origin, subject="", failures=0, created_at=now))
    change = f"created ({origin}) with roles {values['roles'] or 'of the directory'}"
    _changed(conn, values["name"], change + (f"; until {values['until']}" if values.get("until") else ""), actor, now)
    return True


def _arrive(conn: sa.Connection, address: str, display: str, origin: Origin, subject: str, now: float) -> Account | None:
    """Its name holds an @, which no invited person's can: neither ever becomes the other.

    None: the provider means another person by this address than before (it was given to a successor)."""
    values = {"name": address, "display": display, "roles": "", "scope": "", "address": address}
    if not origin.of_the_house:
        values["roles"] = Role.USR
    _create(conn, values, address, now, origin)
    this = account.c.name == address
    known = conn.execute(sa.select(account.c.origin, account.c.subject).where(this)).one()
    if subject and known.subject not in ("", subject):
        journal.insert(conn, [journal.LoginFailed(source="", why="another subject of the provider", name=address)], now)
        return None
    if origin.of_the_house:
        conn.execute(account.update().where(this).values(origin=origin, subject=subject or known.subject, display=display))
        if origin != known.origin:
            _changed(conn, address, f"signs in by {origin}", address, now)
    return standing.find(conn, address, now)


def _accept(conn: sa.Connection, code: str, values: dict[str, Any] | None, who: str, stored: str, now: float) -> bool:
    if conn.execute(invitation.delete().where(invitation.c.code == code)).rowcount != 1:
        return False
    if values is not None and not _create(conn, values, "console", now):
        return False
    _set_password(conn, who, stored, now)
    return True


def _set_password(conn: sa.Connection, name: str, stored: str, now: float) -> None:
    conn.execute(account.update().where(account.c.name == name).values(password=stored))
    _changed(conn, name, "password set", name, now)


def _enrol(conn: sa.Connection, name: str, sealed: bytes, step: int, codes: list[str], now: float) -> None:
    conn.execute(account.update().where(account.c.name == name).values(totp=sealed, totp_step=step))
    conn.execute(recovery.delete().where(recovery.c.account == name))
    conn.execute(recovery.insert(), [{"account": name, "code": code} for code in codes])
    _changed(conn, name, "one-time codes turned on", name, now)


def _reset(conn: sa.Connection, name: str, actor: str, now: float, reason: str) -> None:
    conn.execute(account.update().where(account.c.name == name).values(password="", totp=None, totp_step=0, subject=""))
    for table in (recovery, passkey, session):
        conn.execute(table.delete().where(table.c.account == name))
    _end_tokens(conn, name, now)
    _changed(conn, name, "password and second factors reset", actor, now, reason)


def _suspect(conn: sa.Connection, name: str, actor: str, now: float, reason: str) -> None:
    conn.execute(account.update().where(account.c.name == name).values(password=""))
    conn.execute(session.delete().where(session.c.account == name))
    _changed(conn, name, "password ended: others may know it", actor, now, reason)


def _change(conn: sa.Connection, name: str, values: dict[str, Any], change: str, actor: str, now: float, reason: str) -> None:
    """Sessions end: what somebody may do never changes under an open page."""
    conn.execute(account.update().where(account.c.name == name).values(values))
    conn.execute(session.delete().where(session.c.account == name, session.c.account != actor))
    if values.get("suspended"):
        _end_tokens(conn, name, now)
    _changed(conn, name, change, actor, now, reason)


def _end_tokens(conn: sa.Connection, name: str, now: float) -> None:
    """A program goes with its owner, and does not come back with it."""
    conn.execute(token.update().where(token.c.account == name, token.c.revoked_at.is_(None)).values(revoked_at=now))


def _changed(conn: sa.Connection, name: str, change: str, actor: str, now: float, reason: str = "") -> None:
    journal.insert(conn, [journal.AccountChanged(actor=actor, account=name, change=change, reason=reason)], now)
