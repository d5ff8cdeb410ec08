"""What the templates are filled with, beyond single words.  Frozen values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Line:
    """One attachment in the notice.  `reason` is "" when it is delivered, `renamed` when its name stayed."""

    number: int
    name: str
    renamed: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    recipient: str
    reply: str


@dataclass(frozen=True, slots=True)
class CaseWords:
    """A case of the workflow as a mail tells it; whoever fills this in need not clean it."""

    number: int
    kind: str
    stage: str
    subject: str
    receipt: str  # "" when it is about no mail
    applicant: str
    recipients: str
    reason: str  # why it was asked for, or why it was decided so
    actor: str  # who did the last act
    until: datetime | None
    link: str  # "" = there are none
    reminder: bool = False
    ending: bool = False  # it is in force, and ends soon
    details: tuple[str, ...] = ()
    sent: datetime | None = None  # a misdirected mail, to whoever should not have got it
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldMail:
    """One line of a digest; `fresh` when no earlier digest had it."""

    receipt: str
    sender: str
    subject: str
    reason: str
    held_at: datetime
    until: datetime
    fresh: bool


class Way(StrEnum):
    """To whom a letter goes that asks for files in another form."""

    SENDER = "sender"  # outside, and proven
    STAFF = "staff"  # inside, of an outbound mail
    RECIPIENT = "recipient"  # inside, who shall telephone the sender
