"""Who inside hears of an outbound mail: its sender, the holders of a role for that sender, addresses by name.

The directory answers for roles; where it names nobody, the addresses in `gateway.yaml` do, and without those the postmaster:
an alarm never has no reader.  Only addresses of our own domains are told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from gateway.directory.model import Directory, Role
from gateway.policy.observer import House


class People(Protocol):
    """`gateway.directory.Book`."""

    @property
    def today(self) -> date: ...

    async def current(self) -> Directory: ...


@dataclass(frozen=True, slots=True)
class Contacts:
    people: People
    house: House
    named: Mapping[Role, tuple[str, ...]]
    postmaster: str

    async def of(self, inform: Sequence[str], sender: str) -> tuple[str, ...]:
        """Each once, in order; () when nobody is to be informed."""
        if not inform:
            return ()
        directory = await self.people.current()
        found = [address for who in inform for address in self._one(who, sender, directory)]
        return tuple(dict.fromkeys(a for a in found if self.house.is_ours(a)))

    def _one(self, who: str, sender: str, directory: Directory) -> tuple[str, ...]:
        if who == "sender" or "@" in who:
            return (sender if who == "sender" else who,)
        heads = directory.heads(Role(who), sender, self.people.today, without=(sender,))
        return tuple(p.address for p in heads) or self.named.get(Role(who), ()) or (self.postmaster,)
