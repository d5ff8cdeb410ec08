"""The words of a self-inspection: requirement, outcome, evidence, row, plan, report.  Frozen values without behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    OK = "ok"
    NG = "ng"  # could be so by this product's settings, and is not
    PARTIAL = "partial"  # set as it can be, and the product does not serve all of it
    UNSERVED = "unserved"  # the product does not serve it yet
    ORGANISATIONAL = "organisational"  # people's work; no setting makes it so
    NOT_APPLICABLE = "not_applicable"  # this tenant's document has no such clause


STATUS_NAMES = {
    Status.OK: "OK",
    Status.NG: "NG",
    Status.PARTIAL: "一部対応",
    Status.UNSERVED: "未対応",
    Status.ORGANISATIONAL: "運用で実施",
    Status.NOT_APPLICABLE: "対象外",
}
OPEN = frozenset({Status.NG, Status.PARTIAL, Status.UNSERVED})  # what an improvement plan is for


@dataclass(frozen=True, slots=True)
class Requirement:
    id: str
    text: str  # our own short wording
    sources: dict[str, str]  # document letter -> clause
    recommended: tuple[str, ...] = ()  # documents that recommend it only


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found: which setting, what it is, and why that is enough or not."""

    status: Status
    setting: str
    actual: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the journal has for a row: how many entries, when the last one, some of their numbers."""

    count: int = 0
    last: float = 0.0  # Unix time, seconds
    entries: tuple[int, ...] = ()  # the newest


@dataclass(frozen=True, slots=True)
class Plan:
    """What people write into the report: 改善計画."""

    measure: str = ""
    owner: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    text: str
    clause: str  # "" = this document has none
    recommended: bool
    status: Status
    setting: str
    actual: str
    why: str
    evidence: Evidence
    before: Status | None = None  # in the earlier report
    plan: Plan = field(default_factory=Plan)


@dataclass(frozen=True, slots=True)
class Report:
    profile: str
    tenant: str
    title: str  # of the tenant's document
    organisation: str
    at: float  # Unix time, seconds
    since: float  # the journal was read from here
    version: str
    policy_version: str
    rows: tuple[Row, ...]
    earlier: float = 0.0  # when the report was made that this one is compared with; 0.0 = none
