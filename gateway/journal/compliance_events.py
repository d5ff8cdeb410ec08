"""The facts of compliance: a baseline was made, a self-inspection was held, personal data were erased.  As `events.py` says."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineMade(Event):
    """These files are as they shall be (HD-02); only the newest baseline counts."""

    actor: str
    reason: str
    files: int
    sha256: str  # of the signed note


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfInspected(Event):
    """A self-inspection was held and its result kept (AU-02, LG-12)."""

    actor: str
    profile: str
    results: tuple[str, ...]  # status and number
    sha256: str  # of the kept JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class ImprovementPlanned(Event):
    """What is to be done about a requirement that is not met (AU-02)."""

    actor: str
    profile: str
    requirement: str
    measure: str
    owner: str
    due: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased(Event):
    """Clear text of personal data in the journal was destroyed by permission (DS-01); the entries stay whole."""

    actor: str
    case: int
    events: str  # the first and the last one
    values: int
    how: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoriesCompared(Event):
    """What is installed was held against known weaknesses (HD-05)."""

    actor: str
    records: int
    newest: str  # day of the record that was changed last
    parts: int
    found: tuple[str, ...]  # record and package
