"""The register of exceptions and blanket approvals as CSV: what was asked for, what came of it, which mails used it (EX-03)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from gateway.clock import JST
from gateway.workflow.engine import Shown
from gateway.workflow.model import Act, Scope

MOST = 100_000  # cases in one file
HEADINGS = (
    *("番号", "種別", "状態", "規則", "差出人", "宛先", "課", "形式", "ファイル名", "申請者", "申請日", "理由", "代替措置"),
    *("期限", "審査者", "審査日", "審査結果の理由", "使用回数", "使用したメール"),
)
DECIDED = (Act.APPROVE, Act.RATIFY, Act.DENY, Act.REVOKE)


def register(shown: Sequence[Shown]) -> str:
    file = io.StringIO()
    file.write("\ufeff")  # without it Excel takes UTF-8 for Shift JIS
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    writer.writerows(tuple(defused(value) for value in _row(each)) for each in shown)
    return file.getvalue()


def _row(shown: Shown) -> tuple[object, ...]:
    asked, scope = shown.case.opening, shown.case.opening.details.scope or Scope("")
    decided = next((step for step in reversed(shown.steps) if step.act in DECIDED), None)
    limits = (scope.rule, scope.sender, scope.recipient, scope.section, scope.media_type, scope.name)
    result = (decided.actor, _moment(decided.at), decided.reason) if decided else ("", "", "")
    return (
        *(shown.case.id, asked.kind, shown.case.stage, *limits, asked.applicant, _moment(shown.case.opened_at)),
        *(asked.reason, asked.details.measure, _moment(asked.ends_at), *result),
        *(len(shown.uses), " ".join(receipt for receipt, _ in shown.uses)),
    )


def defused(value: object) -> object:
    """What Excel would take for a formula stays a text (CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M:%S")
