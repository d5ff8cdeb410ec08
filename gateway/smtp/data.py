"""What follows DATA, taken block by block: the dots, the end, stray line ends, and the size of the header block.

Only CR LF . CR LF ends a content (RFC 5321 4.1.1.4); any other CR, LF or a NUL marks it as stray, so that nobody behind us
can see an end where we saw none (S1, S2).  Nothing here keeps the content, answers a client or interprets a field.
Whole blocks through C-level find/count/replace: about 50 times faster than line by line (`find` is 1.6 GB/s).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_END = b"\r\n.\r\n"
_BEGINNINGS = (b"\r\n.\r", b"\r\n.", b"\r\n", b"\r")  # of _END, longest first
_FIELD = re.compile(rb"\r\n(?![ \t])")
_HOPS = re.compile(rb"X-Mugai-Hops:[ \t]*(\d{1,3})[ \t]*", re.IGNORECASE)


class Decoder:
    """RFC 5321 4.5.2 undone.  Feed until `ended`; then `rest` is what the client sent after the end."""

    def __init__(self) -> None:
        self.ended = False
        self.rest = b""
        self.stray = False  # a bare CR, a bare LF or a NUL was in the content
        self.size = 0  # octets of content so far
        self._held = b"\r\n"  # could be the beginning of the end; at first stands for the line end of DATA itself
        self._virgin = True

    def feed(self, block: bytes) -> bytes:
        """The content in `block`, dots removed.  A suffix that could still become the end is held back."""
        data = self._held + block
        dotted = b"." in data  # base64 has none: the usual block is searched no further
        end = data.find(_END) if dotted else -1
        if end >= 0:
            content, self.rest, self.ended = data[: end + 2], data[end + len(_END) :], True
        else:
            self._held = next((held for held in _BEGINNINGS if data.endswith(held)), b"")
            content = data[: len(data) - len(self._held)]
        pairs = content.count(b"\r\n")
        if content.count(b"\n") != pairs or content.count(b"\r") != pairs or b"\0" in content:
            self.stray = True
        if dotted:
            content = content.replace(b"\r\n.", b"\r\n")
        if self._virgin and content:
            content, self._virgin = content[2:], False
        self.size += len(content)
        return content


@dataclass(frozen=True, slots=True)
class HeaderLimits:
    """S18.  Octets and numbers; beyond them a header block is an attack, not a letter."""

    block: int = 256 << 10
    fields: int = 1_000
    field: int = 64 << 10  # a To with a thousand addresses is 40 KB
    received: int = 30  # RFC 5321 6.3 would wait for 100; honest paths have 10, and each round of a loop costs us a rebuild
    hops: int = 5  # times through Mugai: there and back through a mailing list is 2


@dataclass(frozen=True, slots=True)
class HeaderCount:
    too_large: bool
    received: int
    hops: int  # how often Mugai had this mail already, by its own field


class HeaderBlock:
    """Watches the beginning of a content go by, until the first empty line."""

    def __init__(self, limits: HeaderLimits):
        self._limits = limits
        self._block = bytearray()
        self._complete = False

    def feed(self, content: bytes) -> None:
        if self._complete:
            return
        before = max(0, len(self._block) - 3)  # the empty line may straddle two blocks
        self._block += content[: self._limits.block + 4 - len(self._block)]
        end = 0 if self._block.startswith(b"\r\n") else self._block.find(b"\r\n\r\n", before)
        if end >= 0:
            del self._block[end:]
        self._complete = end >= 0 or len(self._block) > self._limits.block

    def count(self) -> HeaderCount:
        fields = _FIELD.split(bytes(self._block))
        limits = self._limits
        too_large = len(self._block) > limits.block or len(fields) > limits.fields or max(map(len, fields)) > limits.field
        received = sum(field[:9].lower() == b"received:" for field in fields)
        return HeaderCount(too_large, received, max((int(hops[1]) for hops in map(_HOPS.fullmatch, fields) if hops), default=0))
