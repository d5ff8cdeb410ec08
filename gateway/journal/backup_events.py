"""The facts of backups: made, tried, put back.  As `events.py` says."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp(Event):
    """A whole backup is on the medium (AVL-03)."""

    actor: str
    place: str
    files: int
    size: int
    seconds: float
    sha256: str  # of its signed manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed(Event):
    """A backup was put back aside, read as a whole and thrown away: that it works, and how long it takes."""

    actor: str
    place: str
    made: str
    seconds: float
    contents: int
    problems: tuple[str, ...]  # the first ones; () = it works


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Event):
    """A held mail that came back from the backup of `made` was not delivered since, says somebody who made sure."""

    actor: str
    reason: str
    made: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotated(Event):
    """Another key took the place of `key`, and the old one was destroyed: what is stored opens with the new one only."""

    actor: str
    reason: str
    key: str
    contents: int
    damaged: int  # could not be read before either


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored(Event):
    """This store was put back from a backup: what the record said between the two moments is lost here.

    `entries` are those of the journal that came back; a checkpoint above it belongs to what was lost."""

    actor: str
    place: str
    made: str
    entries: int
    seconds: float
    stopped: int  # mails that were on their way then
    sha256: str  # of its signed manifest
