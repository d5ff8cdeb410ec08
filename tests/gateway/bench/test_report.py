"""Rows follow from the files' own figures; what is written can be read again; the page holds no foreign markup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.bench.page import page
from gateway.bench.report import RUN, Machine, Measured, Run, Wall, cells, changes, percentile, summary
from gateway.bench.stopwatch import Timing

FILE = Measured(
    group="docx",
    name="a.docx",
    detected="x/y",
    verdict="sanitised",
    reason="",
    bytes_in=1_000_000,
    bytes_out=500_000,
    latencies=(0.1, 0.3),
    cpu_seconds=0.05,
    jobs=2,
    peak_bytes=90_000_000,
    removed=3,
    timing=Timing(3, 0.06, 0.02, 200, 150, 0),
)
HELD = replace(
    FILE, name="b.docx", verdict="failed", reason="corrupt", bytes_out=0, latencies=(0.2, 0.4), removed=0, timing=None
)


def run_of(*files: Measured) -> Run:
    wall = Wall(0.01, 0.004, 57_000_000)
    return Run("2026-11-21T09:30:00+09:00", "0.1.0", Machine("x", 2, "3.11"), 2, wall, summary(files), files)


def test_a_row_follows_from_its_files() -> None:
    (row,) = summary([FILE, HELD])
    assert (row.files, row.delivered, row.verdicts) == (2, 1, {"failed": 1, "sanitised": 1})
    assert row.files_per_second == pytest.approx(4 / 1.0)
    assert row.megabytes_per_second == pytest.approx(4.0)
    assert (row.p50, row.p95, row.p99) == (0.2, 0.4, 0.4)
    assert row.ratio == row.largest_ratio == pytest.approx(3.0)
    assert (row.removed, row.left) == (3, 0)
    assert (row.text_kept, row.size) == (0.75, 0.5), "a held file counts neither way"


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (95, 10), (99, 10), (10, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: int) -> None:
    assert percentile(range(1, 11), percent) == value


def test_every_figure_comes_back_from_json() -> None:
    run = run_of(FILE, HELD)
    assert RUN.validate_json(RUN.dump_json(run)) == run


def test_a_comparison_shows_the_change_in_per_cent() -> None:
    old = run_of(FILE)
    ((group, files_per_second, *_),) = changes(old, run_of(replace(FILE, latencies=(0.05, 0.15))))
    assert group == "docx"
    assert files_per_second == "5 → 10 (+100 %)"
    assert list(changes(old, run_of(replace(FILE, group="pdf")))) == [], "nothing to compare with"


def test_the_page_is_whole_and_escapes_what_it_was_given() -> None:
    run = run_of(FILE, replace(HELD, name="<script>alert(1)</script>"))
    html = page(run, run_of(FILE))
    assert "<script" not in html
    assert "http" not in html, "nothing is fetched"
    assert all(cell in html for cell in cells(run.rows[0]))
    assert html.count("<svg") == 4
