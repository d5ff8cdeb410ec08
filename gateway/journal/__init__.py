"""The tamper-evident record of every fact: events, the tree over them, its signed checkpoints (security.md 4).

`events` what is recorded · `record` how · `sealer` the tree grows · `verification` is it whole · `reading` for people.
"""

from gateway.journal.compliance_events import BaselineMade, SelfInspected
from gateway.journal.console_events import (
    AccountChanged,
    BrowserReported,
    Elevated,
    LoggedIn,
    LoggedOut,
    LoginFailed,
    Viewed,
)
from gateway.journal.events import (
    Alarm,
    Bounced,
    CaseStep,
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
    Kept,
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
from gateway.journal.restraints import Halted, RecipientsHidden, ResumeAsked, Resumed
from gateway.journal.sealer import Journal, JournalDamaged
from gateway.journal.verification import Verification, verify

__all__ = [
    "AccountChanged",
    "Alarm",
    "BaselineMade",
    "Bounced",
    "BrowserReported",
    "CaseStep",
    "ClearedForDelivery",
    "Decided",
    "Deferred",
    "Deleted",
    "DirectoryChanged",
    "Disposed",
    "Duplicate",
    "Elevated",
    "Entry",
    "Event",
    "Expired",
    "Halted",
    "Held",
    "Journal",
    "JournalDamaged",
    "Kept",
    "LoggedIn",
    "LoggedOut",
    "LoginFailed",
    "NoticeSent",
    "PolicyLoaded",
    "QueueChanged",
    "Received",
    "RecipientsHidden",
    "Refused",
    "Relayed",
    "Released",
    "ResumeAsked",
    "Resumed",
    "SelfInspected",
    "SelfTested",
    "Started",
    "Stopped",
    "Verification",
    "Viewed",
    "insert",
    "search",
    "tail",
    "verify",
]
