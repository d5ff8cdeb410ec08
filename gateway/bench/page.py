"""The report as one file for a browser: no script, nothing fetched, bars drawn here as SVG.  Japanese first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jinja2 import Environment, StrictUndefined

from gateway.bench.report import CHANGES, COLUMNS, REACH, Row, Run, cells, changes

_WIDTH = 560  # units of the drawing that the longest bar may have

_PAGE = """\
<!doctype html>
<html lang="ja"><head><meta charset="utf-8"><title>無害化の性能 Mugai benchmark {{ run.time }}</title>
<style>
body { font-family: "Noto Sans JP", "Yu Gothic", sans-serif; margin: 2em; color: #222; max-width: 80em }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } td, th { border: 1px solid #ccc; padding: .25em .6em }
td { text-align: right } td:first-child, th:first-child { text-align: left } th { background: #f2f4f7 }
svg { display: block; max-width: 60em } svg text { font-size: 12px } .bad { color: #b00020; font-weight: bold }
</style></head><body>
<h1>無害化の性能 <small>What sanitising costs</small></h1>
<p>Mugai {{ run.version }}、{{ run.time }}、{{ run.machine.cores }} コア ({{ run.machine.processor }})、
Python {{ run.machine.python }}、各 {{ run.repeat }} 回。ファイルは一件ずつ処理し、再検証を含む。ウイルス検査は含まない。<br>
<small>One file at a time, verification included, virus scan not. A ratio compares with the least
that the format allows (unpack and pack again), measured beside it in the same process.</small></p>
<p>隔離プロセスの費用 Cost of an empty job behind the wall: {{ "%.1f"|format(run.wall.seconds * 1000) }} ms、
CPU {{ "%.1f"|format(run.wall.cpu_seconds * 1000) }} ms、{{ "%.0f"|format(run.wall.peak_bytes / 1e6) }} MB</p>
<table><tr>{% for name, _ in columns %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>
{% for chart in charts %}<h2>{{ chart.title }}</h2>
<svg viewBox="0 0 900 {{ chart.bars|length * 24 + 8 }}" role="img" aria-label="{{ chart.title }}">
{% for bar in chart.bars %}<g transform="translate(0 {{ loop.index0 * 24 }})">
<text x="210" y="16" text-anchor="end">{{ bar.label }}</text>
<rect x="220" y="4" width="{{ bar.width }}" height="16" fill="{{ bar.colour }}"/>
<text x="{{ 226 + bar.width }}" y="16">{{ bar.text }}</text></g>
{% endfor %}</svg>{% endfor %}
{% if changed %}<h2>前回との比較 <small>Compared with {{ old.time }}</small></h2>
<table><tr>{% for name, _ in change_columns %}<th>{{ name }}</th>{% endfor %}</tr>
{% for row in changed %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table>{% endif %}
<h2>判定 <small>Verdicts</small></h2>
<table><tr><th>形式 format</th><th>判定 verdicts</th></tr>
{% for row in run.rows %}<tr><td>{{ row.group }}</td>
<td>{% for verdict, count in row.verdicts.items() %}{{ verdict }} {{ count }} {% endfor %}</td></tr>
{% endfor %}</table>
{% if withheld %}<h2>納品しなかったファイル <small>Not delivered</small></h2>
<table><tr><th>ファイル file</th><th>判定 verdict</th><th>理由 reason</th></tr>
{% for each in withheld %}<tr><td>{{ each.name }}</td><td>{{ each.verdict }}</td><td>{{ each.reason }}</td></tr>
{% endfor %}</table>{% endif %}
</body></html>
"""


@dataclass(frozen=True, slots=True)
class _Bar:
    label: str
    width: float
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class _Chart:
    title: str
    bars: tuple[_Bar, ...]


def page(run: Run, old: Run | None = None) -> str:
    """The whole page; with `old`, both runs side by side."""
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(_PAGE)
    return template.render(
        run=run,
        old=old,
        columns=COLUMNS,
        rows=[cells(row) for row in run.rows],
        charts=tuple(_charts(run)),
        change_columns=CHANGES,
        changed=list(changes(old, run)) if old else [],
        withheld=[each for each in run.files if not each.delivered],
    )


def _charts(run: Run) -> Iterator[_Chart]:
    yield _chart("待ち時間 p95 (ms) Latency", run, lambda row: row.p95 * 1000, lambda row: "#3b6ea5")
    yield _chart("処理量 (MB/s) Throughput", run, lambda row: row.megabytes_per_second, lambda row: "#3f8f5f")
    yield _chart(
        "下限との比 Times the floor (赤 red: 目標より遅い above the reach)", run, lambda row: row.ratio or 0.0, _judged
    )
    yield _chart("メモリ最大値 (MB) Peak memory of a worker", run, lambda row: row.peak_bytes / 1e6, lambda row: "#7a5fa0")


def _judged(row: Row) -> str:
    return "#b00020" if row.ratio is not None and row.ratio > REACH.get(row.group, float("inf")) else "#3f8f5f"


def _chart(title: str, run: Run, value: Callable[[Row], float], colour: Callable[[Row], str]) -> _Chart:
    largest = max((value(row) for row in run.rows), default=0) or 1
    bars = (
        _Bar(row.group[-34:], round(_WIDTH * value(row) / largest, 1), f"{value(row):.4g}", colour(row)) for row in run.rows
    )
    return _Chart(title, tuple(bars))
