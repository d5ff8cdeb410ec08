"""One request of a program: whose token it is, and what of whose mail that sees."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from gateway.api.problem import Problem
from gateway.api.tokens import Token
from gateway.api.values import dump
from gateway.console.asker import Asker, resolved
from gateway.console.roles import Right, Scope
from gateway.console.standing import Account


@dataclass
class Call(Asker):
    token: Token

    @property
    def who(self) -> Account:
        """The owner: a token is nobody of its own."""
        return self.token.account

    @property
    def via(self) -> str:
        return f"api {self.token.mark}"

    def may(self, right: Right) -> bool:
        return right is Right.SIGNED_IN or right in self.who.rights

    async def scope(self) -> Scope:
        """What both the owner and the token's own limit see."""
        return narrowed(await super().scope(), await self.limit())

    async def limit(self) -> Scope:
        return await resolved(self.desk, Scope(self.token.patterns or None))

    def unchanged(self, present: Any, kind: Any) -> None:
        """If-Match (RFC 9110 13.1.1) against the resource as it is now.  Raises Problem: it is missing, or of another state."""
        known = self.request.headers.get("if-match", "")
        if not known:
            ja = "If-Match に、読んだときの ETag を付けてください。ほかの人の変更を消さないためです。"
            raise Problem(ja, "Send the ETag that you read as If-Match: somebody else may edit it, too.", 428)
        if etag(dump(present, kind)) not in (each.strip() for each in known.split(",")):
            raise Problem("読んだあとに、ほかの人が変更しました。", "Somebody changed it since you read it.", 412)


def narrowed(one: Scope, other: Scope) -> Scope:
    """What is in both, as far as patterns can say it; never more."""
    if one.patterns is None or other.patterns is None:
        return other if one.patterns is None else one
    some = [p for p in one.patterns if _within(p, other.patterns)] + [p for p in other.patterns if _within(p, one.patterns)]
    return Scope(tuple(dict.fromkeys(some)))


def _within(pattern: str, wider: tuple[str, ...]) -> bool:
    """Every address of `pattern` is one of `wider`: a star may stand for a star, a question mark may not."""
    return any(pattern == each or ("?" not in each and fnmatchcase(pattern, each)) for each in wider)


def etag(body: bytes) -> str:
    """Strong (RFC 9110 8.8.3): of exactly these bytes."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
