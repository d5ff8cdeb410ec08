"""How a route of the API is declared: path, scope, right, words; the types of its handler are its schema.

    @resource.post("/held/{entry}/release", TokenScope.QUARANTINE_RELEASE, Right.RELEASE, Words("解除する", "Release"))
    async def release(call: Call, entry: Number, body: Release) -> Done:

`query` and `body` are frozen dataclasses, read strictly: what they do not name is refused.  Every other parameter stands in the
path.  `openapi` writes the document from the same declarations; `door` asks for token, scope and right before a handler runs.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from gateway.api.scopes import TokenScope
from gateway.console.roles import OF_THE_HOUSE, Right
from gateway.words import Words

Handler = Callable[..., Awaitable[Any]]
H = TypeVar("H", bound=Handler)
BODY_BYTES = 1 << 20  # as of a form of the console; a policy file has a hundredth of it
A_FILE = 0  # a body with a file in it: as large as the settings allow, a few at a time


@dataclass(frozen=True, slots=True)
class Zip:
    """What a handler answers instead of a value: the bytes themselves, and what to save them as."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    method: str
    path: str  # below /api/v1
    scope: TokenScope
    right: Right
    words: Words
    tag: Words
    handler: Handler
    places: dict[str, Any]  # parameters in the path, and their types
    query: type | None
    body: type | None
    answer: type
    status: int  # of success
    tagged: bool  # the answer has an ETag
    largest: int  # bytes of the body
    house: bool  # of the whole house, whatever the right: nothing for a token that is limited to sections
    secret: bool  # a password goes in, or a mail's original comes out: nothing of either is kept

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    @property
    def of_the_house(self) -> bool:
        return self.house or self.right in OF_THE_HOUSE

    @property
    def once(self) -> bool:
        """Takes an Idempotency-Key.  What is done to a file changes nothing, and no file is kept to be answered again."""
        return self.method == "POST" and self.largest != A_FILE and not self.secret


class Resource:
    def __init__(self, ja: str, en: str) -> None:
        self.tag, self.declared = Words(ja, en), list[Declared]()

    def get(self, path: str, scope: TokenScope, right: Right, words: Words, *, tagged: bool = False) -> Callable[[H], H]:
        return self._declare("GET", path, scope, right, words, tagged=tagged)

    def post(
        self,
        path: str,
        scope: TokenScope,
        right: Right,
        words: Words,
        *,
        status: int = 200,
        largest: int = BODY_BYTES,
        house: bool = False,
        secret: bool = False,
    ) -> Callable[[H], H]:
        return self._declare("POST", path, scope, right, words, status=status, largest=largest, house=house, secret=secret)

    def put(self, path: str, scope: TokenScope, right: Right, words: Words) -> Callable[[H], H]:
        """Takes the place of what was read: the handler asks for If-Match (`call.unchanged`)."""
        return self._declare("PUT", path, scope, right, words, tagged=True)

    def _declare(
        self,
        method: str,
        path: str,
        scope: TokenScope,
        right: Right,
        words: Words,
        *,
        status: int = 200,
        tagged: bool = False,
        largest: int = BODY_BYTES,
        house: bool = False,
        secret: bool = False,
    ) -> Callable[[H], H]:
        def remember(handler: H) -> H:
            hints = get_type_hints(handler, include_extras=True)
            query, body, answer = hints.pop("query", None), hints.pop("body", None), hints.pop("return")
            del hints["call"]
            if set(hints) != set(re.findall(r"{(\w+)}", path)) or (method == "GET") is not (body is None):
                raise TypeError(f"{method} {path}: the handler's parameters are not the path's, or its body does not fit")
            given = (method, path, scope, right, words, self.tag, handler, hints, query, body, answer)
            self.declared.append(Declared(*given, status, tagged, largest, house, secret))
            return handler

        return remember
