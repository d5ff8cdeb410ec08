"""The signed links in notices: for one person, about one mail, from one moment; they open the console's page for staff.

A ticket says what its notice said: whoever holds it learns nothing more, and opening it changes nothing (W10).  It is signed,
not stored: a notice needs no row, and whoever reads the store can make none.  Raises BadTicket.  What the page behind it shows
and does is `console/mine.py`'s; the one-time links of the workflow are `workflow/token.py`'s.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.journal.note import durable_write

LIFETIME = 7 * 86_400.0  # seconds: a week of holidays; afterwards a code by mail opens the same page
PATH = "notice"  # the console's page for them
_KEY_BYTES = 32
_MAC_BYTES = 16  # 128 bits: RFC 2104 5 allows half of the digest


class BadTicket(Exception):
    """Not ours, or too old; which of them is nobody's business."""


@dataclass(frozen=True, slots=True)
class Ticket:
    address: str
    item: str  # "" = all that the daily list named
    made_at: float  # Unix time


@dataclass(frozen=True, slots=True)
class Tickets:
    """`origin` is what stands before the path, "" = no links are written; `now` is the wall clock."""

    key: bytes
    origin: str
    now: Callable[[], float]

    def link(self, address: str, item: str = "") -> str:
        """What stands in the notice to `address`; "" = no links."""
        return f"{self.origin}/{PATH}/{self.issue(address, item)}" if self.origin else ""

    def issue(self, address: str, item: str = "") -> str:
        content = "\0".join((address, item, f"{self.now():.0f}")).encode()
        return base64.urlsafe_b64encode(self._mac(content) + content).decode().rstrip("=")

    def read(self, text: str) -> Ticket:
        """Raises BadTicket."""
        try:
            packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            raise BadTicket("not a ticket") from None
        mac, content = packed[:_MAC_BYTES], packed[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(content)):
            raise BadTicket("not signed here")
        address, item, made = content.decode().split("\0")
        if not -60 <= self.now() - float(made) <= LIFETIME:  # a minute for clocks that differ
            raise BadTicket("too old")
        return Ticket(address, item, float(made))

    def _mac(self, content: bytes) -> bytes:
        return hmac.digest(self.key, b"ticket\0" + content, hashlib.sha256)[:_MAC_BYTES]


def key(file: Path) -> bytes:
    """The key that gateway and console share; whichever starts first makes it, exactly one of two that start together."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
        durable_write(draft, secrets.token_bytes(_KEY_BYTES))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return file.read_bytes()
