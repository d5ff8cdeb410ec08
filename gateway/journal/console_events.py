"""The facts of the console, one frozen class each: who came, who failed, what was looked at.  As `events.py` says."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, personal


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn(Event):
    actor: str
    source: str
    method: str  # one or two of "password", "ldap", "oidc", "code", "recovery code", "passkey", "code by mail", "invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Event):
    """`name` is what was typed, which now and then is a password."""

    source: str
    why: str
    name: str = personal()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut(Event):
    actor: str
    why: str  # "by hand", "revoked by ..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Elevated(Event):
    """Privileged work may begin (AC-05)."""

    actor: str
    source: str
    until: float  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChanged(Event):
    actor: str
    account: str
    change: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderListed(Event):
    """Somebody denied or allowed a sender or a file, or ended that."""

    actor: str
    entry: int
    stance: str
    change: str  # "added", "removed"
    until: float  # Unix time, seconds
    reason: str
    subject: str = personal()


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderAsked(Event):
    """A reviewer asked for the files of a held mail in another form."""

    actor: str
    way: str  # "sender", "staff", "recipient"
    reason: str
    to: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewed(Event):
    """Somebody looked into a mail."""

    actor: str
    what: str  # "headers", "text", "pages of 2", ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecimenJudged(Event):
    """Somebody saw what rules would make of a mail or file that they brought; nothing of it was kept."""

    actor: str
    policy_version: str
    sha256: str
    size: int  # bytes
    outcome: str  # "deliver: inbound", by the first recipients
    name: str = personal()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserReported(Event):
    """The console's Content-Security-Policy stopped something: a page of ours is wrong, or somebody tries."""

    actor: str
    directive: str
    blocked: str
    page: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenChanged(Event):
    """A token of the API was made for somebody, taken or revoked."""

    actor: str
    account: str
    token: str  # its mark: the part that may be shown
    change: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSanitised(Event):
    """A file by itself, outside any mail, was sanitised for somebody."""

    actor: str
    profile: str
    verdict: str
    sha256: str
    delivered: str  # SHA-256 of what came back; "" = nothing
    name: str = personal()


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsed(Event):
    """Every change by a program; of reading the first in an hour.  What was done is an entry of its own, by the owner."""

    actor: str
    token: str
    source: str
    what: str  # method and path
    status: int  # of HTTP
