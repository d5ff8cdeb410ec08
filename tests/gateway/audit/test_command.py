"""`mugai audit` as somebody types it, on a store with decisions in it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from gateway import journal
from gateway import settings as settings_file
from gateway.cli import main
from gateway.store.opening import open_store
from tests.gateway.audit.make_decisions import decided, received

CONFIG = Path(__file__).parents[3] / "config" / "gateway.yaml"
PERIOD = ("--since", "2020-01-01", "--until", "2100-01-01")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "gateway.yaml"
    file.write_text(f"base: {CONFIG}\nstate_directory: {tmp_path / 'state'}\n")
    with open_store(settings_file.load(file)) as store:
        events = [e for n in range(30) for e in (received(f"M{n}", "inbound"), decided(f"M{n}", "hold"))]
        asyncio.run(store.journal.write(*events))
    return file


def mugai(config: Path, *words: str) -> int:
    return main(["--config", str(config), "audit", *words])


def test_au01_a_sample_by_command_is_printed_recorded_and_drawn_again(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mugai(config, "sample", *PERIOD, "-n", "3", "--seed", "s1", "--purpose", "定期監査") == 0
    said = capsys.readouterr()
    assert "3 of 30, seed s1, journal of 60 entries" in said.err
    assert said.out.count("抽出: ●") == 3
    number = re.findall(r"sample (\d+)", said.err)[0]
    assert mugai(config, "sample", "--again", number) == 0
    assert capsys.readouterr().out == said.out
    assert mugai(config, "sample", "--again", number, "--format", "csv", "--output", str(tmp_path / "s.csv")) == 0
    assert (tmp_path / "s.csv").read_bytes().startswith("\ufeff".encode())
    with open_store(settings_file.load(config)) as store:
        [entry] = asyncio.run(journal.search(store.db, kind="sampled"))
    assert dict(entry.facts)["purpose"] == "定期監査"


def test_a_sample_that_cannot_be_drawn_says_why(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, why in (
        (PERIOD, "--purpose is needed"),
        (("--purpose", "x"), "the period goes from a day"),
        ((*PERIOD, "--purpose", "x", "-n", "0"), "1 to 200"),
        ((*PERIOD, "--purpose", "x", "--sort", "denied"), "no decision of the period fits"),
        (("--again", "1"), "no sample 1"),
    ):
        assert mugai(config, "sample", *words) == 2
        assert why in capsys.readouterr().err
