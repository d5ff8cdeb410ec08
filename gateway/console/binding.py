"""Signing in with the account of the house: the LDAP server says whether the password is right, the directory who that is.

The person must be in the imported directory, and active today; roles and section are the directory's.  How often somebody may
be wrong is counted as for a password of the console, by the address of whoever is meant, so that another spelling of a name
buys nothing.  Raises Refusal; when the server is away it says so, and accounts of the console itself still work.  Imported only
where `ldap.sign_in` is set: the library is an extra.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from gateway.console import attempts
from gateway.console.accounts import Accounts
from gateway.console.standing import Account, Origin
from gateway.directory import bind, book
from gateway.directory.bind import Entry
from gateway.sign_in_settings import LdapSettings
from gateway.store.db import Db
from gateway.words import Refusal
from gateway.yaml_file import BadConfiguration

log = logging.getLogger(__name__)
T = TypeVar("T")
_AT_ONCE = asyncio.Semaphore(3)  # threads that a dead server may hold; those of other passwords are left
_LONGEST = 254  # of a name: an address (RFC 5321 4.5.3.1)


class Binding:
    def __init__(self, settings: LdapSettings, db: Db, accounts: Accounts):
        self._settings, self._db, self._accounts = settings, db, accounts

    async def prove(self, name: str, password: str, source: str) -> Account:
        name = name.strip().lower()[:_LONGEST]
        await self._accounts.may_try(name, source)
        entry = await self._ask(lambda: bind.by_name(self._settings, name))
        await self._accepted(entry, entry.address or name, password, source)
        person = (await self._db.read(book.read))[1].person(entry.address)
        if person is None:
            ja = "パスワードは正しいですが、この装置の名簿に登録がありません。管理者に連絡してください。"
            raise Refusal(ja, "The password is right, but this gateway's directory does not have you.", 403)
        return await self._accounts.arrive(person.address, person.name, Origin.LDAP)

    async def confirm(self, who: Account, password: str, source: str) -> None:
        """Once more, before privileged work."""
        entry = await self._ask(lambda: bind.by_address(self._settings, who.address))
        await self._accepted(entry, who.name, password, source)

    async def _accepted(self, entry: Entry, name: str, password: str, source: str) -> None:
        async with self._accounts.trying(name, source):
            if not password or "\0" in password or not await self._ask(lambda: bind.accepts(self._settings, entry, password)):
                raise await self._accounts.failure(name, source, "the directory server refused")
        await self._db.write(attempts.succeeded, name, source)

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            async with _AT_ONCE:
                return await asyncio.to_thread(question)
        except BadConfiguration as away:
            log.error("sign-in by LDAP: %s", away)
            ja = "庁内の認証サーバを確認できません。時間をおいてもう一度お試しください。この画面専用の利用者名では入れます。"
            raise Refusal(ja, "The directory server does not answer. Accounts of this console still work.", 503) from None
