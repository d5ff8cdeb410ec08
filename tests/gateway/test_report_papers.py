"""Each report of `mugai report` as a PDF: A4, its Japanese there to be searched, its fonts in it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.cli import main

CONFIG = Path(__file__).parents[2] / "config"
A4 = (595, 842)  # points, rounded
REPORTS = {
    "daily": (("--day", "2026-11-27"), A4, ("メール無害化", "日報", "照合")),
    "monthly": (("--month", "2026-11"), A4, ("メール無害化", "月報", "2026年11月", "照合")),
    "self-inspection": (
        ("--profile", "miyazaki"),
        A4[::-1],
        ("情報セキュリティ自己点検報告書", "AU-02", "LG-12", "要求事項", "点検者"),
    ),
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(f"state_directory: {tmp_path / 'var'}\nnotices: {CONFIG / 'notices'}\n")
    return file


def said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("kind", REPORTS)
def test_au02_a_report_is_a_pdf_on_a4_with_its_japanese_and_its_fonts(kind: str, config: Path, tmp_path: Path) -> None:
    options, size, words = REPORTS[kind]
    if kind == "self-inspection":
        config = inspected(tmp_path)
    file = tmp_path / "report.pdf"
    status = main(["--config", str(config), "report", kind, *options, "--format", "pdf", "--output", str(file)])
    assert status in ((0, 1) if kind == "self-inspection" else (0,))  # 1 = a requirement is NG
    text = re.sub(r"\s", "", said("pdftotext", "-layout", file, "-"))
    for word in words:
        assert word in text, word
    pages = re.findall(r"Page +\d+ size: +([\d.]+) x ([\d.]+)", said("pdfinfo", "-l", "-1", file))
    assert pages
    assert {(round(float(wide)), round(float(high))) for wide, high in pages} == {size}
    fonts = said("pdffonts", file).splitlines()[2:]
    assert fonts
    assert all(line.split()[-5] == "yes" for line in fonts), fonts  # name, type, encoding, emb, sub, uni, object


def inspected(state: Path) -> Path:
    """A body's own profile, with its state where the test's is."""
    folder = state / "config"
    shutil.copytree(CONFIG, folder)
    file = folder / "profiles" / "miyazaki" / "gateway.yaml"
    lines = (line for line in file.read_text("utf-8").splitlines() if not line.startswith("state_directory:"))
    file.write_text("\n".join((*lines, f"state_directory: {state / 'var'}", "")), "utf-8")
    return file


@pytest.mark.parametrize("kind", ["daily", "monthly"])
def test_a_pdf_does_not_go_to_a_terminal(kind: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(config), "report", kind, "--format", "pdf"]) == 2
    assert "--output FILE" in capsys.readouterr().err


def test_without_libreoffice_the_command_says_what_to_take(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("gateway.paper.installed", lambda: "")
    file = tmp_path / "report.pdf"
    assert main(["--config", str(config), "report", "daily", "--format", "pdf", "--output", str(file)]) == 2
    assert "take html" in capsys.readouterr().err
    assert not file.exists()


def test_au02_no_inspection_is_recorded_that_could_not_be_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = inspected(tmp_path)
    assert main(["--config", str(config), "report", "self-inspection", "--profile", "miyazaki", "--format", "pdf"]) == 2
    assert "--output FILE" in capsys.readouterr().err
    assert not (tmp_path / "var" / "reports").exists()
