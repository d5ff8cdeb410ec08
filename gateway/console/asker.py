"""Who asks for something, by a page (`screen.Visit`) or by a program (`api.call.Call`), and whose mail it sees (AC-02)."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

from starlette.requests import Request

from gateway.console.desk import Desk
from gateway.console.roles import Right, Scope
from gateway.console.standing import Account


@dataclass
class Asker(ABC):
    request: Request
    desk: Desk

    @property
    @abstractmethod
    def who(self) -> Account:
        """The person that everything is done as."""

    @property
    @abstractmethod
    def via(self) -> str:
        """The way, as a case's history names it."""

    @abstractmethod
    def may(self, right: Right) -> bool: ...

    @property
    def source(self) -> str:
        return self.request.client.host if self.request.client else ""

    def number(self, name: str) -> int:
        """A number in the path.  Raises LookupError for what cannot be one."""
        text = self.request.path_params[name]
        if not re.fullmatch(r"[0-9]{1,15}", text):
            raise LookupError(f"no {name} {text}")
        return int(text)

    async def scope(self) -> Scope:
        return await resolved(self.desk, self.who.scope)

    async def limit(self) -> Scope:
        """What this way of asking sees at most, whoever asks by it; of one's own mail and cases, too."""
        return Scope(None)


async def resolved(desk: Desk, scope: Scope) -> Scope:
    """With addresses instead of codes: a section's stands for everybody in it and below it."""
    patterns = scope.patterns
    if patterns is None:
        return scope
    directory = await desk.store.directory.current()
    below = [p for p in directory.people if any(s.code.lower() in patterns for s in directory.above(p.section))]
    named = [address for p in below for address in (p.address, *p.aliases)]
    return Scope((*(p for p in patterns if "@" in p), *named))
