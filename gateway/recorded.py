"""What the journal recorded of a decided mail, as an inspection that rules can look at once more.

It holds what rules match by: verdicts, types, names, kinds of findings, warnings, signs.  No content, no letter; where a
finding was is not recorded, so each stands at the root.  A record whose names were erased, or whose words this program does
not know any more, is no record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from gateway.journal.events import Decided
from gateway.model import Caution, Identity, Inspection, Observation, PartReport, Sign, Suspicion
from gateway.store.schema import journal, journal_pending, journal_personal
from sanitizers.identity import Authentication
from sanitizers.model import Finding, Kind, Treatment, Verdict


@dataclass(frozen=True, slots=True)
class Record:
    policy_version: str
    inspection: Inspection


def records(conn: sa.Connection, item: str) -> dict[str, Record]:
    """The newest one by each profile."""
    found: dict[str, Record] = {}
    for event, entry in _decided(conn, item):
        facts = json.loads(entry)
        names = list(conn.scalars(_names(event)))
        if len(names) == len(facts["names"]["sha256"]):
            try:
                found[facts["profile"]] = Record(facts["policy_version"], _inspection(facts, names))
            except (KeyError, ValueError, IndexError):
                found.pop(facts["profile"], None)
    return found


def _decided(conn: sa.Connection, item: str) -> Iterator[tuple[int, bytes]]:
    """Oldest first; what is not sealed yet is newer than all that is."""
    for table, event in ((journal, journal.c.event), (journal_pending, journal_pending.c.id)):
        where = sa.and_(table.c.item == item, table.c.kind == Decided.kind())
        yield from ((row[0], row[1]) for row in conn.execute(sa.select(event, table.c.entry).where(where).order_by(event)))


def _names(event: int) -> sa.Select[Any]:
    table = journal_personal.c
    return sa.select(table.value).where(table.event == event, table.field == "names").order_by(table.position)


def _inspection(facts: dict[str, Any], names: Sequence[str]) -> Inspection:
    """Raises KeyError, ValueError, IndexError."""
    findings = tuple(_findings(facts["found"]))
    root, *parts = [_part(line, name) for line, name in zip(facts["parts"], names, strict=True)]
    tops = [part for part in parts if "." not in part.path]
    nested = {top.path: tuple(p for p in parts if p.path.startswith(f"{top.path}.")) for top in tops}
    report = _with(root, findings, tuple(_with(top, (), nested[top.path]) for top in tops))
    cautions = tuple(Caution(Suspicion(kind), "", "") for kind in facts["warnings"])
    identity = Identity(Authentication(), cautions) if facts["identity"] else None
    observed = tuple(_observation(line) for line in facts["signs"])
    verdict = Verdict[facts["verdict"]]
    return Inspection(report, verdict, None, (), facts["sandbox_level"], identity=identity, observations=observed)


def _part(line: str, name: str) -> PartReport:
    path, detected, verdict, _, before, after = line.rsplit(" ", 5)
    after = "" if after == "-" else after
    return PartReport(path, name, "", detected, Verdict[verdict], (), None, "", 0, 0, before, after, name, "", 0.0)


def _with(part: PartReport, findings: tuple[Finding, ...], parts: tuple[PartReport, ...]) -> PartReport:
    return replace(part, findings=findings, parts=parts)


def _findings(lines: Sequence[str]) -> Iterator[Finding]:
    """`3 macro removed`; parts that were not delivered stand among them as `1 withheld unknown_type`."""
    for line in lines:
        _, kind, treatment = line.split(" ", 2)
        if treatment in tuple(Treatment):
            yield Finding(Kind(kind), "", "", Treatment(treatment))


def _observation(line: str) -> Observation:
    sign, count, *_ = line.split(" ")
    return Observation(Sign(sign), int(count))
