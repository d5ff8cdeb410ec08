"""All rows of one self-inspection; kept as JSON, compared with the one before, with the plan that people wrote into it.

A check that fails is a row that says so, never a report without it.  Raises BadConfiguration; ValueError for a report or plan
that can not be read.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from gateway import rights, yaml_file
from gateway.compliance import access, assurance, boundary, mail, records
from gateway.compliance.evidence import together
from gateway.compliance.facts import Facts
from gateway.compliance.judging import Check
from gateway.compliance.model import Outcome, Plan, Report, Requirement, Row, Status

KEPT = rights.REPORTS  # folder in the state directory
CHECKS: dict[str, Check] = {**boundary.CHECKS, **mail.CHECKS, **records.CHECKS, **access.CHECKS, **assurance.CHECKS}
PLAN = ("改善策", "担当", "期限")  # the columns that people fill in
ID = "番号"
_REPORT = TypeAdapter(Report)

log = logging.getLogger(__name__)


def requirements() -> tuple[Requirement, ...]:
    document = yaml_file.read(Path(__file__).with_name("requirements.yaml"))
    values = ({"id": name, **value} for name, value in document.values.items() if isinstance(value, dict))
    return TypeAdapter(tuple[Requirement, ...]).validate_python(values)


def inspect(facts: Facts, profile: str, since: float) -> Report:
    return Report(
        profile=profile,
        tenant=facts.demands.name,
        title=facts.demands.title,
        organisation=facts.settings.organisation,
        at=facts.now,
        since=since,
        version=version("mugai"),
        policy_version=facts.policy.version,
        rows=tuple(_row(requirement, facts) for requirement in requirements()),
    )


def _row(requirement: Requirement, facts: Facts) -> Row:
    document = facts.demands.document
    clause, check = requirement.sources.get(document, ""), CHECKS[requirement.id]
    outcome = _judged(requirement.id, check, facts)
    if not clause:
        why = f"{facts.demands.name}の規程 (公開されている部分) にこの条項がありません。"
        outcome = replace(outcome, status=Status.NOT_APPLICABLE, why=why)
    return Row(
        id=requirement.id,
        text=requirement.text,
        clause=f"{document} {clause}" if clause else "",
        recommended=document in requirement.recommended,
        status=outcome.status,
        setting=outcome.setting,
        actual=outcome.actual,
        why=outcome.why,
        evidence=together(facts.evidence, (f"clause:{requirement.id}", *check.evidence)),
    )


def _judged(name: str, check: Check, facts: Facts) -> Outcome:
    try:
        return check.judge(facts)
    except Exception as error:  # one broken check must not cost the report, and must not read as OK
        log.exception("the check of %s failed", name)
        return Outcome(Status.NG, "", "", f"点検できませんでした: {type(error).__name__}")


def compared(report: Report, earlier: Report) -> Report:
    """With the results of the earlier one beside, and the plans that were made then."""
    old = {row.id: row for row in earlier.rows}
    rows = (replace(r, before=old[r.id].status, plan=old[r.id].plan) if r.id in old else r for r in report.rows)
    return replace(report, rows=tuple(rows), earlier=earlier.at)


def with_plans(report: Report, plans: Mapping[str, Plan]) -> Report:
    return replace(report, rows=tuple(replace(row, plan=plans.get(row.id, row.plan)) for row in report.rows))


def planned(report: Report, table: str) -> Report:
    """With the plans out of a CSV that `page.table` made and people filled in."""
    reader = csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline=""))
    if not {ID, *PLAN} <= set(reader.fieldnames or ()):
        raise ValueError(f"has no columns {ID}, {', '.join(PLAN)}: it is no self-inspection report as CSV")
    plans = {line[ID]: Plan(*(_unquoted(line[name] or "") for name in PLAN)) for line in reader}
    return with_plans(report, plans)


def _unquoted(cell: str) -> str:
    """Without the apostrophe that kept Excel from calculating it."""
    return cell[1:] if cell[:1] == "'" else cell


def counted(rows: Iterable[Row]) -> dict[Status, int]:
    found = [row.status for row in rows]
    return {status: found.count(status) for status in Status}


def dump(report: Report) -> bytes:
    return _REPORT.dump_json(report, indent=1)


def load(content: bytes) -> Report:
    try:
        return _REPORT.validate_json(content)
    except ValidationError as error:
        raise ValueError(f"is no self-inspection report: {error.error_count()} problems") from None
