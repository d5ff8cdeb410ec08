"""Who is who, read only: the console's accounts, the people and the sections of the directory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gateway.api.call import Call
from gateway.api.paging import Paging, paged
from gateway.api.resource import Resource
from gateway.api.scopes import TokenScope
from gateway.api.values import Moment
from gateway.console.roles import Right
from gateway.directory import Role
from gateway.directory.model import Attribute
from gateway.words import Words

resource = Resource("利用者・職員名簿", "People")


@dataclass(frozen=True, slots=True)
class AccountLine:
    name: str
    display: str
    roles: tuple[Role, ...]
    patterns: tuple[str, ...]
    address: str
    until: date | None  # last day
    suspended: bool
    barred: bool  # suspended, past its last day, or gone from the directory: nobody comes in by it
    second_factor: bool
    signed_in_at: Moment | None


@dataclass(frozen=True, slots=True)
class AccountList:
    items: tuple[AccountLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class PersonLine:
    address: str
    name: str
    section: str
    roles: tuple[Role, ...]
    attribute: Attribute
    since: date | None
    until: date | None
    aliases: tuple[str, ...]
    suspended: str  # why; "" = not


@dataclass(frozen=True, slots=True)
class PersonList:
    items: tuple[PersonLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class SectionLine:
    code: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class SectionList:
    items: tuple[SectionLine, ...]
    next: str | None


@resource.get("/accounts", TokenScope.USERS_READ, Right.SEE_PEOPLE, Words("利用者の一覧", "Accounts of the console"))
async def accounts(call: Call, query: Paging) -> AccountList:
    found, more = paged(await call.desk.accounts.list(), query, lambda each: (each.name,))
    lines = (
        AccountLine(
            each.name,
            each.display,
            each.roles,
            each.patterns,
            each.address,
            each.until,
            each.suspended,
            each.barred,
            each.has_totp or bool(each.passkeys),
            each.signed_in_at,
        )
        for each in found
    )
    return AccountList(tuple(lines), more)


@resource.get("/people", TokenScope.USERS_READ, Right.SEE_PEOPLE, Words("職員名簿", "People of the directory"))
async def people(call: Call, query: Paging) -> PersonList:
    directory = await call.desk.store.directory.current()
    found, more = paged(directory.people, query, lambda person: (person.address,))
    lines = (
        PersonLine(p.address, p.name, p.section, p.roles, p.attribute, p.since, p.until, p.aliases, p.suspended) for p in found
    )
    return PersonList(tuple(lines), more)


@resource.get("/sections", TokenScope.USERS_READ, Right.SEE_PEOPLE, Words("課・所属", "Sections of the directory"))
async def sections(call: Call, query: Paging) -> SectionList:
    directory = await call.desk.store.directory.current()
    found, more = paged(directory.sections, query, lambda section: (section.code,))
    return SectionList(tuple(SectionLine(each.code, each.name, each.parent) for each in found), more)
