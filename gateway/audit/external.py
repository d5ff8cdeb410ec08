"""What the external auditor of a β-type house gets: each extra measure with its state and evidence, as a sheet (AU-03).

The states are those of a self-inspection; what lies outside the gateway the house must show itself, and the sheet says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from gateway import yaml_file
from gateway.audit.confirmation import OCCASIONS, RESULTS, Confirmation, missing
from gateway.compliance.model import STATUS_NAMES, Report, Row, Status
from gateway.paper import Sheet, moment
from gateway.segment_settings import MODEL_NAMES, SegmentSettings

_WORST = (Status.NG, Status.UNSERVED, Status.PARTIAL, Status.ORGANISATIONAL)
_HEAD = ("番号", "対策", "状態", "この装置の設定と値", "証拠 (記録)", "装置の外で示すもの", "監査人の確認")


@dataclass(frozen=True, slots=True)
class Measure:
    name: str
    text: str
    rows: tuple[str, ...]  # requirements
    beyond: str


@dataclass(frozen=True, slots=True)
class Standing:
    measure: Measure
    status: Status
    rows: tuple[Row, ...]


def measures() -> tuple[Measure, ...]:
    document = yaml_file.read(Path(__file__).with_name("measures.yaml"))
    values = ({"name": name, **value} for name, value in document.values.items() if isinstance(value, dict))
    return TypeAdapter(tuple[Measure, ...]).validate_python(values)


def standings(report: Report) -> tuple[Standing, ...]:
    known = {row.id: row for row in report.rows}
    found = ((each, tuple(known[name] for name in each.rows if name in known)) for each in measures())
    return tuple(Standing(each, _status(each, rows), rows) for each, rows in found)


def _status(measure: Measure, rows: Sequence[Row]) -> Status:
    """The worst of its rows; what is not wholly the gateway's is never better than people's work."""
    states = {row.status for row in rows} | ({Status.ORGANISATIONAL} if measure.beyond else set())
    return next((each for each in _WORST if each in states), Status.OK)


def sheet(report: Report, segments: SegmentSettings, found: Sequence[Confirmation], today: date) -> Sheet:
    lacks = missing(found, segments.external_audit_months, today)
    past = (f"{c.on} {OCCASIONS[c.occasion].ja} {c.auditor}: {RESULTS[c.result].ja} ({c.reference})" for c in found[:5])
    about = (
        f"{report.organisation}　{report.title}　構成: {MODEL_NAMES[segments.model]}　自己点検 {moment(report.at)}",
        f"外部の確認: {'、'.join(past) or 'まだありません'}",
        f"必要なこと: {'。'.join(each.ja for each in lacks) or 'ありません'}",
        "状態は自己点検の結果です。証拠の記録番号は mugai audit evidence で証拠一式として取り出せます。",
    )
    rows = tuple(_row(number, each) for number, each in enumerate(standings(report), 1))
    foot = ("外部監査人: ____________________　確認日: ______________", "統括情報セキュリティ責任者: ____________________")
    return Sheet("外部監査 追加の対策の確認表 (AU-03)", about, _HEAD, rows, foot=foot)


def _row(number: int, standing: Standing) -> tuple[str, ...]:
    settings = (f"{row.id} {STATUS_NAMES[row.status]}: {row.setting} {row.actual} {row.why}".rstrip() for row in standing.rows)
    evidence = (
        f"{row.id} {row.evidence.count} 件、最終 {moment(row.evidence.last)}、番号 {'・'.join(map(str, row.evidence.entries))}"
        for row in standing.rows
        if row.evidence.count
    )
    measure = standing.measure
    words = f"{measure.name}\n{measure.text}"
    return (str(number), words, STATUS_NAMES[standing.status], "\n".join(settings), "\n".join(evidence), measure.beyond, "")
