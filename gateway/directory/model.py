"""People, sections, roles, deputies as values, and the questions that a rule or a workflow asks of them.

Frozen and pure: nothing here reads a file or a clock; a day is given.  Addresses are compared in lower case, and a person is
one person under all of its addresses.  Reading files is `importing.py`'s, keeping is `book.py`'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property


class Role(StrEnum):
    """Of the municipal policies; what each is called in a house is `Directory.role_names`."""

    CISO = "ciso"
    CSO = "cso"
    CSIRT = "csirt"
    BUR = "bur"
    ISM = "ism"
    SYM = "sym"
    SYO = "syo"
    USR = "usr"
    AUD = "aud"
    VEN = "ven"
    COM = "com"

    @property
    def of_a_section(self) -> bool:
        """Answers for one section and those below it, not for the whole house."""
        return self in (Role.ISM, Role.BUR)


ROLE_NAMES = {
    Role.CISO: "最高情報セキュリティ責任者",
    Role.CSO: "統括情報セキュリティ責任者",
    Role.CSIRT: "CSIRT",
    Role.BUR: "情報セキュリティ責任者",
    Role.ISM: "情報セキュリティ管理者",
    Role.SYM: "情報システム管理者",
    Role.SYO: "情報システム担当者",
    Role.USR: "職員等",
    Role.AUD: "情報セキュリティ監査統括責任者",
    Role.VEN: "委託事業者",
    Role.COM: "情報セキュリティ委員会",
}


class Attribute(StrEnum):
    """What kind of holder an address has (ML-10)."""

    STAFF = "staff"
    PART_TIME = "part_time"
    CONTRACTOR = "contractor"
    SHARED = "shared"  # one address, several people: `members`


@dataclass(frozen=True, slots=True)
class Person:
    address: str  # lower case; the key
    name: str
    section: str = ""  # its code
    roles: tuple[Role, ...] = (Role.USR,)
    attribute: Attribute = Attribute.STAFF
    since: date | None = None  # first day
    until: date | None = None  # last day
    aliases: tuple[str, ...] = ()  # further addresses of the same person
    members: tuple[str, ...] = ()  # of a shared address: who uses it
    suspended: str = ""  # why the right to use was taken away (AC-10); "" = it was not

    def active(self, day: date) -> bool:
        return not self.suspended and (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Section:
    code: str
    name: str
    parent: str = ""  # code of the bureau above


@dataclass(frozen=True, slots=True)
class Deputy:
    """`by` may act for `of` on these days."""

    of: str
    by: str
    since: date | None = None
    until: date | None = None

    def active(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Authority:
    """Why a person may decide something: it holds the role, or is the deputy of who does."""

    person: Person
    role: Role
    on_behalf: Person | None = None


@dataclass(frozen=True)
class Directory:
    people: tuple[Person, ...] = ()
    sections: tuple[Section, ...] = ()
    deputies: tuple[Deputy, ...] = ()
    role_names: dict[Role, str] = field(default_factory=lambda: dict(ROLE_NAMES))

    def person(self, address: str) -> Person | None:
        """Whoever has this address, by whichever of its names."""
        return self._by_address.get(address.lower())

    def section(self, code: str) -> Section | None:
        return self._by_code.get(code)

    def above(self, code: str) -> Iterator[Section]:
        """The section itself, then its bureau, and so on up."""
        seen: set[str] = set()
        while (section := self._by_code.get(code)) and code not in seen:
            seen.add(code)
            yield section
            code = section.parent

    def holders(self, role: Role, day: date) -> tuple[Person, ...]:
        return tuple(p for p in self.people if role in p.roles and p.active(day))

    def heads(self, role: Role, address: str, day: date, without: Sequence[str] = (), section: str = "") -> tuple[Person, ...]:
        """Who holds `role` for this address or section: of a section role the nearest ones above it, else all in the house.

        `without` are addresses that do not count: nobody answers for itself."""
        barred = self.principals(without)
        holders = [p for p in self.holders(role, day) if p.address not in barred and p.attribute is not Attribute.SHARED]
        if not role.of_a_section:
            return tuple(holders)
        person = self.person(address)
        for above in self.above(section or (person.section if person else "")):
            if nearest := tuple(p for p in holders if p.section == above.code):
                return nearest
        return ()

    def stand_ins(self, address: str, day: date) -> tuple[Person, ...]:
        """The deputies of a person that may act on that day."""
        of = self.person(address)
        named = {self.person(d.by) for d in self.deputies if d.active(day) and self.person(d.of) == of} if of else set()
        return tuple(p for p in self.people if p in named and p.active(day) and p.attribute is not Attribute.SHARED)

    def authorities(
        self, role: Role, address: str, day: date, without: Sequence[str] = (), section: str = ""
    ) -> tuple[Authority, ...]:
        """Everybody who may decide as `role` what `address` asks for: the heads and their deputies, never `address` itself,
        not in its own name, not through another address, a shared one or a deputy (AC-08)."""
        without = (address, *without)
        barred = self.principals(without)
        found: dict[str, Authority] = {}
        heads = self.heads(role, address, day, without, section)
        for head in heads:
            found[head.address] = Authority(head, role)
        for head in heads:
            for deputy in self.stand_ins(head.address, day):
                if deputy.address not in barred:
                    found.setdefault(deputy.address, Authority(deputy, role, head))
        return tuple(found.values())

    def principals(self, addresses: Sequence[str]) -> frozenset[str]:
        """The people behind addresses, by their key: a shared address stands for each of its members and they for it."""
        keys = {person.address for address in addresses if (person := self.person(address))}
        shared = [p for p in self.people if p.attribute is Attribute.SHARED]
        members = {p.address: {self._key(m) for m in p.members} for p in shared}
        keys |= {key for address in keys & members.keys() for key in members[address]}
        return frozenset(keys | {address.lower() for address in addresses})

    def unused(self, last_used: dict[str, float], before: float, day: date) -> tuple[Person, ...]:
        """Active people of whom nothing was seen since `before` (AC-03); `last_used` by address."""
        seen = {self._key(address) for address, at in last_used.items() if at >= before}
        return tuple(p for p in self.people if p.active(day) and p.address not in seen)

    def _key(self, address: str) -> str:
        person = self.person(address)
        return person.address if person else address.lower()

    @cached_property
    def _by_address(self) -> dict[str, Person]:
        return {address: person for person in self.people for address in (person.address, *person.aliases)}

    @cached_property
    def _by_code(self) -> dict[str, Section]:
        return {section.code: section for section in self.sections}
