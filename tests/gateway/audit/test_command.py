"""`mugai audit` as somebody types it, on a store with decisions in it."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway import journal
from gateway import settings as settings_file
from gateway.audit.findings import Findings
from gateway.cli import main
from gateway.evidence import archive
from gateway.evidence.examine import examine
from gateway.store.opening import open_store
from tests.gateway.audit.make_decisions import decided, received, stepped
from tests.gateway.audit.test_findings import AUDITOR, OPENING

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


@pytest.fixture
def miyazaki(tmp_path: Path) -> Path:
    """As one municipality has it, with a change by two, an approval, and a mail that cites the requirement."""
    file = tmp_path / "gateway.yaml"
    file.write_text(
        f"base: {CONFIG.parent / 'profiles' / 'miyazaki' / 'gateway.yaml'}\nstate_directory: {tmp_path / 'state'}\n"
    )
    with open_store(settings_file.load(file)) as store:
        events = [
            journal.PolicyLoaded(policy_version="0" * 12, accepted=True),
            stepped(1, "approve"),
            replace(stepped(2, "apply"), machine="change"),
            journal.LoginFailed(source="192.0.2.9", why="password", name="x"),
        ]
        asyncio.run(store.journal.write(*events, decided("M1", "hold")))
    return file


def test_au01_the_pack_of_a_requirement_holds_judgement_settings_and_entries(
    miyazaki: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("evidence", "--profile", "miyazaki", "--requirement", "lg-08", *PERIOD, "--reason", "定期監査")
    out = tmp_path / "LG-08.zip"
    assert mugai(miyazaki, *words, "-o", str(out)) == 0
    found = examine(out.read_bytes())
    assert found.ok, found.problems
    files = archive.read(out.read_bytes())
    kinds = [json.loads(line)["kind"] for line in files["entries.jsonl"].splitlines()]
    assert sorted(kinds) == ["case_step", "decided", "policy_loaded"], "the exception's approval and the sign-in prove nothing"
    judged = files["judgement.txt"].decode()
    assert re.findall(r"^([A-Z]+-[0-9]+)  ", judged, re.M) == ["LG-08"]
    assert "M 7.1(4)③" in judged
    assert json.loads(files["settings.json"])["workflow"]["change_approvers"]
    assert b"rules:" in files["policy.yaml"] + files["policy-base-1.yaml"]
    assert "LG-08: 定期監査" in files["custody.txt"].decode()
    assert "judgement.json" in files["custody.txt"].decode()
    changed = archive.archive(files | {"judgement.txt": b"OK"})
    assert examine(changed).problems == ("judgement.txt is not what the manifest says",)
    with pytest.raises(SystemExit, match="File exists"):
        mugai(miyazaki, *words, "-o", str(out))


def test_a_pack_of_no_requirement_or_no_period_says_why(
    miyazaki: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out.zip")
    for requirement, period, why in (
        ("LG-99", PERIOD, "no requirement LG-99"),
        ("LG-08", ("--since", "2020-01-02", "--until", "2020-01-01"), "the period goes from a day"),
        ("LG-08", ("--since", "2020-01-01", "--until", "2020-01-02"), "no entries in this period"),
    ):
        words = ("evidence", "--profile", "miyazaki", "--requirement", requirement, *period, "--reason", "x", "-o", out)
        assert mugai(miyazaki, *words) == 2
        assert why in capsys.readouterr().err


def test_au03_the_checklist_by_command_and_the_record_that_somebody_looked(
    miyazaki: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mugai(miyazaki, "external", "--profile", "miyazaki") == 0
    assert "segments.model is alpha" in capsys.readouterr().err
    miyazaki.write_text(miyazaki.read_text() + "segments: {model: beta_prime}\n")
    out = tmp_path / "checklist.html"
    assert mugai(miyazaki, "external", "--profile", "miyazaki", "--format", "html", "--output", str(out)) == 0
    assert "β′型" in out.read_text()
    assert "導入前の外部の確認が記録されていません" in out.read_text()
    on = (date.today() - timedelta(days=2)).isoformat()
    words = ("confirmed", "--auditor", "例示監査法人", "--on", on, "--result", "passed", "--reference", "文書1")
    assert mugai(miyazaki, *words, "--occasion", "regular") == 1
    assert "no external confirmation before the introduction" in capsys.readouterr().out
    assert mugai(miyazaki, *words, "--occasion", "before") == 0
    assert mugai(miyazaki, *words[:4], "2999-01-01", *words[5:], "--occasion", "regular") == 2
    assert "not in the future" in capsys.readouterr().err


def test_au01_the_register_of_findings_by_command(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(settings_file.load(config)) as store:
        found = Findings(store.db, store.clock)
        asyncio.run(found.open(replace(OPENING, due=found.today), AUDITOR))
    assert mugai(config, "findings") == 0
    said = capsys.readouterr().out
    assert "1 件" in said
    assert "設定の変更が1人で行われていた" in said
    assert "回答待ち" in said
