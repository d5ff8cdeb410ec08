"""A self-inspection on paper: text for a terminal, HTML for the committee, CSV for Excel.  Japanese; no script, nothing fetched.

What stands in a cell may come from outside (a reason, a name): text is shown without control characters, HTML is escaped,
and no cell of a CSV is a formula.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime

from jinja2 import Environment, StrictUndefined

from gateway.clock import JST
from gateway.compliance.model import OPEN, STATUS_NAMES, Evidence, Report, Row
from gateway.compliance.report import ID, PLAN, counted

HEADINGS = (
    *(
        ID,
        "要求事項",
        "条項",
        "結果",
        "前回",
        "設定",
        "実際の値",
        "理由・未対応の内容",
        "証拠(件数)",
        "証拠(最終)",
        "証拠(記録番号)",
    ),
    *PLAN,
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")  # what Excel and its kin would calculate, or take for the next row

_PAGE = """\
<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>情報セキュリティ自己点検 {{ report.organisation }} {{ day }}</title>
<style>
@page { size: 29.7cm 21cm; margin: 1.2cm }
body, h1, h2 { font-family: "IPAPGothic", "Noto Sans JP", "Yu Gothic", "Meiryo", sans-serif }
body { margin: 2em; color: #222; font-size: 10pt } p, li { line-height: 1.5 }
h1 { font-size: 1.5em } h1 small, h2 small { color: #555; font-weight: normal; font-size: .7em }
table { border-collapse: collapse; font-size: 9pt; width: 100% } td, th { border: 0.5pt solid #888; padding: 3pt 4pt; vertical-align: top }
th { background: #eef1f5; text-align: left } .sum td { text-align: right; font-variant-numeric: tabular-nums } .sum { width: auto }
.state { white-space: nowrap; font-weight: bold } .ok { color: #14663b } .ng { color: #a5001e } .partial, .unserved { color: #7a4a00 }
.not_applicable, .organisational { color: #4a4a4a } td.plan { min-width: 6em } .why { color: #444 } .id { white-space: nowrap }
tr.ng td { background: #fdf1f2 } thead { display: table-header-group } tr { break-inside: avoid }
@media print { body { margin: 0; font-size: 9pt } }
</style></head><body>
<h1>情報セキュリティ自己点検報告書 <small>Self-inspection (AU-02, LG-12)</small></h1>
<p>{{ report.organisation }} — {{ report.title }}<br>
点検日時 {{ moment(report.at) }}、記録の対象期間 {{ moment(report.since) }} から。
Mugai {{ report.version }}、規則の版 {{ report.policy_version }}{% if report.earlier %}、前回 {{ moment(report.earlier) }}{% endif %}</p>
<table class="sum"><tr>{% for name, _ in counts %}<th>{{ name }}</th>{% endfor %}<th>計</th></tr>
<tr>{% for _, number in counts %}<td>{{ number }}</td>{% endfor %}<td>{{ report.rows|length }}</td></tr></table>
{% if changed %}<h2>前回から変わった項目 <small>Changed since</small></h2>
<ul>{% for row in changed %}<li>{{ row.id }} {{ row.text }}: {{ names[row.before] }} → {{ names[row.status] }}</li>{% endfor %}</ul>{% endif %}
<h2>点検結果 <small>Results</small></h2>
<table><thead><tr><th width="7%">番号</th><th width="24%">要求事項・条項</th><th width="8%">結果</th>
<th width="30%">設定と実際の値・理由</th><th width="12%">証拠 (記録)</th>
{% for name, wide in plan %}<th width="{{ wide }}%">{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in report.rows %}<tr class="{{ row.status }}" valign="top"><td class="id">{{ row.id }}</td>
<td>{{ row.text }}<br><small>{{ row.clause or "条項なし" }}{% if row.recommended %} 【推奨】{% endif %}</small></td>
<td class="state {{ row.status }}">{{ names[row.status] }}{% if row.before and row.before != row.status %}<br><small>前回 {{ names[row.before] }}</small>{% endif %}</td>
<td><b>{{ row.setting }}</b><br>{{ row.actual }}{% if row.why %}<br><span class="why">{{ row.why }}</span>{% endif %}</td>
<td>{{ shown(row.evidence) }}</td>
{% if row.status in open %}<td class="plan">{{ row.plan.measure }}</td><td class="plan">{{ row.plan.owner }}</td><td class="plan">{{ row.plan.due }}</td>
{% else %}<td>—</td><td>—</td><td>—</td>{% endif %}</tr>
{% endfor %}</tbody></table>
<h2>確認 <small>Signatures</small></h2>
<table class="sum"><tr><th>点検者</th><th>情報システム管理者</th><th>統括情報セキュリティ責任者</th><th>委員会への報告日</th></tr>
<tr><td>&emsp;&emsp;&emsp;&emsp;</td><td></td><td></td><td></td></tr></table>
</body></html>
"""


def text(report: Report) -> str:
    lines = [
        f"情報セキュリティ自己点検  {report.organisation}  {report.title}",
        f"{_moment(report.at)}  Mugai {report.version}  規則の版 {report.policy_version}  記録は {_moment(report.since)} から",
        "  ".join(f"{name} {number}" for name, number in _counts(report)),
    ]
    if report.earlier:
        lines.append(f"前回 {_moment(report.earlier)}")
    for row in report.rows:
        lines += [
            "",
            f"{row.id}  [{STATUS_NAMES[row.status]}]{_before(row)}  {row.text}",
            f"    条項  {row.clause or 'なし'}{_force(row)}",
        ]
        lines += [f"    設定  {row.setting}", f"    値    {row.actual}"]
        lines += [f"    理由  {row.why}"] if row.why else []
        lines += [f"    証拠  {_shown(row.evidence)}"]
        plan = "、".join(filter(None, (row.plan.measure, row.plan.owner, row.plan.due)))
        lines += [f"    改善  {plan or '(未記入)'}"] if row.status in OPEN else []
    return "\n".join(lines) + "\n"


def page(report: Report) -> str:
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)
    changed = [row for row in report.rows if row.before is not None and row.before is not row.status]
    return template.render(
        report=report,
        day=_moment(report.at)[:10],
        counts=_counts(report),
        names=STATUS_NAMES,
        changed=changed,
        open=OPEN,
        plan=zip(PLAN, (9, 5, 5), strict=True),
        moment=_moment,
        shown=_shown,
    )


def table(report: Report) -> str:
    """CSV with the mark by which Excel knows UTF-8; `report.planned` reads it back."""
    out = io.StringIO(newline="")
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(HEADINGS)
    writer.writerows([_safe(cell) for cell in _cells(row)] for row in report.rows)
    return out.getvalue()


def _cells(row: Row) -> tuple[str, ...]:
    before, seen = STATUS_NAMES[row.before] if row.before else "", row.evidence
    return (
        *(row.id, row.text, f"{row.clause}{_force(row)}", STATUS_NAMES[row.status], before, row.setting, row.actual, row.why),
        *(str(seen.count), _moment(seen.last) if seen.last else "", " ".join(map(str, seen.entries))),
        *(row.plan.measure, row.plan.owner, row.plan.due),
    )


def _safe(cell: str) -> str:
    """What would be calculated stays a text (CSV injection)."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _counts(report: Report) -> list[tuple[str, int]]:
    return [(STATUS_NAMES[status], number) for status, number in counted(report.rows).items()]


def _shown(seen: Evidence) -> str:
    if not seen.count:
        return "記録なし"
    return f"{seen.count} 件、最終 {_moment(seen.last)}、記録番号 {'、'.join(map(str, seen.entries))}"


def _before(row: Row) -> str:
    return f" (前回 {STATUS_NAMES[row.before]})" if row.before is not None and row.before is not row.status else ""


def _force(row: Row) -> str:
    return " 【推奨】" if row.recommended else ""


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, JST).strftime("%Y-%m-%d %H:%M")
