"""The samples themselves: the same on every run, each threat under a mark of its own, nothing live in the repository."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

from samples import build as build_module
from samples import letter
from samples.build import build, samples
from sanitizers.model import Verdict

SOURCES = Path(build_module.__file__).parent


def test_two_builds_are_alike_and_match_their_manifest(tmp_path: Path) -> None:
    assert build(tmp_path / "a") == build(tmp_path / "b") == len(list(samples()))
    for one in sorted(path for path in (tmp_path / "a").rglob("*") if path.is_file()):
        assert one.read_bytes() == (tmp_path / "b" / one.relative_to(tmp_path / "a")).read_bytes(), one
    with (tmp_path / "a" / "MANIFEST.tsv").open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            content = (tmp_path / "a" / row["path"]).read_bytes()
            assert (str(len(content)), hashlib.sha256(content).hexdigest()) == (row["size"], row["sha256"])


def test_paths_are_unique_and_verdicts_are_words_of_the_model() -> None:
    paths = [sample.path for sample in samples()]
    assert len(set(paths)) == len(paths)
    assert {sample.verdict for sample in samples()} <= {"", *Verdict.__members__}


def test_each_threat_has_its_own_mark() -> None:
    marks = [sample.canary for sample in samples() if sample.canary and not sample.path.startswith("mail/")]
    assert len(set(marks)) == len(marks)
    assert len(marks) > 150


def test_no_file_in_the_repository_holds_the_scanner_test_string() -> None:
    for source in SOURCES.rglob("*"):
        assert not source.is_file() or letter.EICAR not in source.read_bytes()
