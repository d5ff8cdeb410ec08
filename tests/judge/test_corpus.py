"""Real files by others, if `MUGAI_CORPUS` names them: no crash, nothing active left, what opened still opens, words stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.judge.sheet import judge

pytestmark = pytest.mark.slow
FOLDERS = ("ooxml", "pdf", "images", "html", "mail", "archives", "odf", "rtf", "tika", "ole")


@pytest.mark.parametrize("name", FOLDERS)
def test_real_files(name: str, corpus: Path | None, tmp_path: Path) -> None:
    if corpus is None:
        pytest.skip("MUGAI_CORPUS names no corpus")
    row = judge(corpus / name, tmp_path)
    assert row.files == sum(1 for path in (corpus / name).rglob("*") if path.is_file())
    told = "\n".join(row.remarks)
    assert row.left == 0, told
    for reason in ("crashed", "verify_failed", "limit_time", "exploit_attempt", "limit_memory"):
        assert row.reasons[f"failed {reason}"] == 0
    assert row.delivered >= 0.96 * row.opened, told
    assert row.open_after == row.delivered, told
    assert row.words_share >= 0.995, told
