"""The tamper-evident record of every fact: events, the tree over them, its signed checkpoints (security.md 4).

`events` what is recorded · `record` how · `sealer` the tree grows · `verification` is it whole · `reading` for people.
"""

from gateway.journal.events import (
    Alarm,
    Bounced,
    ClearedForDelivery,
    Decided,
    Deferred,
    Deleted,
    DirectoryChanged,
    Disposed,
    Duplicate,
    Event,
    Expired,
    Held,
    NoticeSent,
    PolicyLoaded,
    QueueChanged,
    Received,
    Refused,
    Relayed,
    Released,
    SelfTested,
    Started,
    Stopped,
)
from gateway.journal.reading import Entry, search, tail
from gateway.journal.record import insert
from gateway.journal.sealer import Journal, JournalDamaged
from gateway.journal.verification import Verification, verify

__all__ = [
    "Alarm",
    "Bounced",
    "ClearedForDelivery",
    "Decided",
    "Deferred",
    "Deleted",
    "DirectoryChanged",
    "Disposed",
    "Duplicate",
    "Entry",
    "Event",
    "Expired",
    "Held",
    "Journal",
    "JournalDamaged",
    "NoticeSent",
    "PolicyLoaded",
    "QueueChanged",
    "Received",
    "Refused",
    "Relayed",
    "Released",
    "SelfTested",
    "Started",
    "Stopped",
    "Verification",
    "insert",
    "search",
    "tail",
    "verify",
]
