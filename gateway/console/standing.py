"""What an account is today: who it stands for, whether it may come in, with which roles.  Asked anew at every request.

Who comes by the house's own servers has the roles and the section of the directory; they are looked up and stored nowhere, so
an import or `mugai directory suspend` counts at once (AC-10).  Whoever else has an address there is barred with its person.
An account may have a last day; a contractor without one is as one whose day is over (AC-03, ML-10).
Raises LookupError for a name that nobody has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from gateway.console import roles
from gateway.console.roles import Right, Scope
from gateway.console.schema import account, passkey
from gateway.directory import Attribute, Directory, Person, Role, book


class Origin(StrEnum):
    """Who says that this person is who it says: an administrator's invitation, or a way of signing in."""

    INVITED = "invited"
    MAIL = "mail"
    LDAP = "ldap"
    OIDC = "oidc"

    @property
    def of_the_house(self) -> bool:
        """Roles and sections come from the directory, passwords from the house's server."""
        return self in (Origin.LDAP, Origin.OIDC)


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    origin: Origin
    display: str
    roles: tuple[Role, ...]
    patterns: tuple[str, ...]
    address: str  # in the directory: whose mail is "mine", as whom it acts in the workflow; "" = nobody
    has_password: bool
    has_totp: bool
    passkeys: int
    suspended: bool  # here, by an administrator
    absent: bool  # the directory has this person not, not yet, no more, or suspended
    until: date | None  # last day; of who comes by the house's servers it is the directory's
    expired: bool  # that day is over, or a contractor has none
    signed_in_at: float | None
    signed_in_from: str
    signed_out_at: float | None
    failures: int

    @property
    def barred(self) -> bool:
        """No sign-in, and no open session either (AC-10)."""
        return self.suspended or self.absent or self.expired

    @property
    def standing(self) -> str:
        """What somebody may do, in a word to compare: it never changes under an open page."""
        return " ".join((*self.roles, *self.patterns))

    @property
    def rights(self) -> frozenset[Right]:
        return roles.rights_of(self.roles)

    @property
    def scope(self) -> Scope:
        return roles.scope_of(self.roles, self.patterns)

    @property
    def needs_second_factor(self) -> bool:
        return not set(self.roles) <= roles.WITHOUT_SECOND_FACTOR


def _is_absent(person: Person | None, today: date, origin: Origin) -> bool:
    if person is None:
        return origin.of_the_house
    # a shared address acts for nobody in particular: who uses it comes as himself (AC-06)
    return not person.active(today) or (origin.of_the_house and person.attribute is Attribute.SHARED)


def find(conn: sa.Connection, name: str, now: float) -> Account:
    row = conn.execute(sa.select(account).where(account.c.name == name)).one_or_none()
    if row is None:
        raise LookupError(f"no account {name}")
    return _account(conn, row, book.read(conn)[1], now)


def everybody(conn: sa.Connection, now: float) -> list[Account]:
    directory = book.read(conn)[1]
    return [_account(conn, row, directory, now) for row in conn.execute(sa.select(account).order_by(account.c.name)).all()]


def _account(conn: sa.Connection, row: sa.Row[Any], directory: Directory, now: float) -> Account:
    count = conn.scalar(sa.select(sa.func.count()).select_from(passkey).where(passkey.c.account == row.name)) or 0
    origin, person = Origin(row.origin), directory.person(row.address)
    roles_, scope = tuple(Role(each) for each in row.roles.split()), tuple(row.scope.split())
    until, today = date.fromisoformat(row.until) if row.until else None, book.day(now)
    if origin.of_the_house:
        roles_, scope, until = (person.roles, (person.section.lower(),), person.until) if person else ((), (), None)
    return Account(
        name=row.name,
        origin=origin,
        display=row.display,
        roles=roles_,
        patterns=scope,
        address=row.address,
        has_password=bool(row.password),
        has_totp=row.totp is not None,
        passkeys=count,
        suspended=row.suspended,
        absent=_is_absent(person, today, origin),
        until=until,
        expired=until < today if until else Role.VEN in roles_,
        signed_in_at=row.signed_in_at,
        signed_in_from=row.signed_in_from,
        signed_out_at=row.signed_out_at,
        failures=row.failures,
    )
