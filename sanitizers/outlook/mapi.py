"""MAPI properties: what TNEF and .msg have in common (MS-OXPROPS, MS-OXCDATA 2.11).

A property is a 16-bit identifier, a type and bytes; identifiers from 0x8000 on are named ones, kept under their number in
the set ("LID").  Values are decoded when asked for; one that is absent or of another type reads as empty.  Raises nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sanitizers import charset

INTEGER_16, INTEGER_32, BOOLEAN, OBJECT = 0x0002, 0x0003, 0x000B, 0x000D
STRING_8, UNICODE, TIME, BINARY = 0x001E, 0x001F, 0x0040, 0x0102
VARIABLE = (STRING_8, UNICODE, BINARY, OBJECT)
NAMED = 0x8000  # from here on identifiers are those of named properties
MULTIPLE = 0x1000  # flag on a type: several values; none of those has a place in a mail

# Identifiers, MS-OXPROPS 2
CODE_PAGE, INTERNET_CODE_PAGE = 0x3FFD, 0x3FDE
ATTACH_DATA, ATTACH_METHOD, ATTACH_FILE, ATTACH_LONG_FILE, DISPLAY_NAME = 0x3701, 0x3705, 0x3704, 0x3707, 0x3001

BY_VALUE, EMBEDDED_MESSAGE = 1, 5  # of ATTACH_METHOD, MS-OXCMSG 2.2.2.9; the others are links and OLE objects

_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)  # FILETIME counts 100 ns from here, MS-DTYP 2.3.3
_CHARSETS = {1200: "utf-16-le", 20127: "us-ascii", 20932: "euc-jp", 28591: "iso-8859-1", 65001: "utf-8"}


def charset_of(code_page: int) -> str:
    """The label under which `charset.decode` knows a Windows code page; "" leaves it to guessing."""
    return _CHARSETS.get(code_page, f"cp{code_page}" if code_page else "")


@dataclass(frozen=True, slots=True)
class Properties:
    """Identifier -> (type, bytes).  `code_page` is that of 8-bit strings."""

    values: Mapping[int, tuple[int, bytes]]
    code_page: int = 0

    def text(self, *identifiers: int) -> str:
        """The first that is there and not blank."""
        return next((text for identifier in identifiers if (text := self._text(identifier))), "")

    def _text(self, identifier: int) -> str:
        kind, value = self.values.get(identifier, (0, b""))
        if kind == UNICODE:
            return value.decode("utf-16-le", "replace").rstrip("\0")
        if kind == STRING_8:
            return charset.decode(value.rstrip(b"\0"), charset_of(self.code_page)).text
        return ""

    def number(self, identifier: int) -> int:
        kind, value = self.values.get(identifier, (0, b""))
        return int.from_bytes(value[:4], "little") if kind in (INTEGER_32, INTEGER_16, BOOLEAN) else 0

    def binary(self, identifier: int) -> bytes:
        kind, value = self.values.get(identifier, (0, b""))
        return value if kind in (BINARY, OBJECT) else b""

    def time(self, identifier: int) -> datetime | None:
        kind, value = self.values.get(identifier, (0, b""))
        if kind != TIME or len(value) < 8:
            return None
        try:
            return _EPOCH + timedelta(microseconds=int.from_bytes(value[:8], "little") // 10)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class Attached:
    """Exactly one of `content` and `note`, or neither: a link or an OLE object.  The names are as the sender wrote them."""

    names: tuple[str, ...]
    content: bytes | None = None
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """One item of Outlook: a mail, an appointment, a contact, ..."""

    properties: Properties
    recipients: tuple[Properties, ...]
    attached: tuple[Attached, ...]
