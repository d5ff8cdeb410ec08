"""Letters from the gateway to people inside who answer for something, written in the transaction of what they tell.

Japanese first, one English line below.  Only to our own domains; a letter about a mail carries its receipt.  Letters of a case
that somebody must act on are `workflow/letters.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.model import Authored, Direction
from gateway.notifier import Notifier, notifying
from gateway.policy.observer import House
from gateway.policy.observers import own_domains
from gateway.settings import Settings
from gateway.spool.acceptance import author
from gateway.spool.contents import small
from gateway.store.opening import Store


@dataclass(frozen=True, slots=True)
class Bulletin:
    """`name` makes the Message-ID: one for each occasion."""

    name: str
    subject: str
    lines: tuple[str, ...]
    english: str
    about: str = ""  # id of a message
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Bulletins:
    notifier: Notifier
    house: House

    def write(self, conn: sa.Connection, letter: Bulletin, to: Sequence[str], now: float) -> tuple[str, ...]:
        """To whom it goes."""
        told = tuple(dict.fromkeys(address for address in to if self.house.is_ours(address)))
        text = "\n".join((*letter.lines, "", f"({letter.english})", ""))
        for number, address in enumerate(told):
            name = f"{letter.name}.{number}"
            content = self.notifier.mail(to=(address,), subject=letter.subject, text=text, name=name, receipt=letter.receipt)
            kept = small(content)
            author(conn, Authored("notice", "", (address,), Direction.INBOUND, content, False, letter.about), kept, now)
        return told


def bulletins(settings: Settings, store: Store) -> Bulletins:
    return Bulletins(notifying(settings, store.clock), House(own_domains(settings)))
