"""`mugai bench cdr` on tiny sets, through the real wall."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import cli
from gateway.bench import cdr, report, synthetic


def test_usage_is_answered_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.json").write_text("{}")
    for wrong in ([str(tmp_path / "absent")], [str(tmp_path), "--compare", str(tmp_path / "old.json")], ["--repeat", "0"]):
        assert cli.main(["bench", "cdr", "--size", "small", *wrong]) == 2
        assert capsys.readouterr().err.startswith("mugai: ")


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b.txt").write_text("b")
    (tmp_path / "a.txt").write_text("a")
    assert [Path(case.name).name for case in cdr.folder([tmp_path])] == ["a.txt", "b.txt"]


@pytest.mark.slow
async def test_figures_through_the_wall_agree_with_each_other() -> None:
    cases = [case for case in synthetic.cases(["small"]) if case.group in ("docx", "zip", "text")]
    held = synthetic.Case("", "a.exe", b"MZ" + bytes(200))
    steps: list[None] = []
    run = await cdr.measure([*cases, held], repeat=2, on_step=lambda: steps.append(None))
    assert len(steps) == len(run.files) == len(run.rows) == 4
    assert run.wall.cpu_seconds > 0
    by = {each.group: each for each in run.files}
    for each in run.files:
        assert len(each.latencies) == 2
        assert each.peak_bytes > 20_000_000
        assert each.timing is not None
    assert by["docx"].jobs == 2, "one rebuilds, one verifies"
    assert by["zip"].jobs == 6, "the archive, the document and the photo, each verified"
    assert by["docx"].latencies[0] > run.wall.seconds
    assert by["docx"].removed == 2
    exe = run.files[-1]
    assert (exe.delivered, exe.bytes_out, exe.ratio) == (False, 0, None)
    assert exe.group == exe.detected


@pytest.mark.slow
def test_one_run_is_compared_with_the_one_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("住民票")
    old, new, html = (tmp_path / name for name in ("old.json", "new.json", "new.html"))
    common = ["bench", "cdr", str(tmp_path / "a.txt"), "--repeat", "1"]
    assert cli.main([*common, "--json", str(old)]) == 0
    assert cli.main([*common, "--json", str(new), "--html", str(html), "--compare", str(old)]) == 0
    assert "text/plain" in capsys.readouterr().out
    assert report.RUN.validate_json(new.read_bytes()).rows[0].delivered == 1
    assert "前回との比較" in html.read_text(encoding="utf-8")
