"""The facts about the record itself: who searched, exported, verified, signed it off.  As `events.py` says."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, personal


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched(Event):
    """A look into the records of mail: who, why, what (ML-11).  What was asked for may be an address."""

    actor: str
    purpose: str
    found: int
    query: str = personal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Event):
    actor: str
    purpose: str
    form: str  # "csv", "jsonl", "cef", "rfc5424"
    entries: int
    query: str = personal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled(Event):
    """Decisions were drawn at random for an audit, with all that happened to their mail (AU-01).

    The sample itself: seed, period and size of the journal give the same entries again."""

    actor: str
    purpose: str
    first: str  # "2026-11-01": days in Japan, both whole
    last: str
    asked: int
    seed: str
    sort: str
    direction: str
    verdict: str
    size: int  # entries of the journal that it was drawn from
    population: int
    drawn: tuple[int, ...]  # numbers of entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed(Event):
    """An evidence pack was handed out."""

    actor: str
    reason: str
    sha256: str
    entries: int
    original: bool  # with the original's bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied(Event):
    """A whole day of the record is on other media, read back and examined (LG-03)."""

    day: str  # "2026-11-27", in Japan
    folder: str
    packs: int
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified(Event):
    """The journal was checked as a whole: by hand, or by the gateway once a day (LG-02)."""

    actor: str
    ok: bool
    entries: int
    checkpoints: int
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected(Event):
    """点検済: somebody has looked at a period's report (LG-04).  There is no event that takes it back."""

    actor: str
    period: str  # "2026-W48", "2026-11"
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleStep(Event):
    """The trouble register changed (LG-06)."""

    trouble: int
    act: str  # "opened", "noted", "closed"
    actor: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingStep(Event):
    """The register of audit findings changed (AU-01)."""

    finding: int
    act: str  # of `gateway.audit.findings.Act`
    actor: str
    section: str  # who answers for it, or where the same was looked for
    result: str  # how severe; or whether it was there as well
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternallyAudited(Event):
    """Somebody outside looked at a β-type installation (AU-03)."""

    actor: str
    auditor: str
    occasion: str  # of `gateway.audit.confirmation.Occasion`
    on: str  # "2026-10-01"
    result: str
    reference: str
