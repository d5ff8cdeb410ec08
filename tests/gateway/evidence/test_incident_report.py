"""IN-02: a report as a form: the template makes its items, whoever wrote the reason does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.evidence.incident_report import REPORTS, form
from gateway.workflow.model import Act, Case, Stage, Step
from gateway.workflow.report import incident
from gateway.workflow_settings import WorkflowSettings
from gateway.yaml_file import BadConfiguration

FOLDER = Path(__file__).parents[3] / "config" / "reports"
SAID = "添付を開いた。\n9. 偽の項目\n\n{番号} 偽の末尾"
OPENING = incident("taro@city.example.lg.jp", "不審なメール", SAID, WorkflowSettings().incident_chain, severity="高")
CASE = Case(7, OPENING, Stage.CONTAINED, 1, (), "20261128-K7Q2", 0, 1_795_000_000.0, 1_795_000_000.0, None, None, False, 0)
STEPS = (
    Step(7, 1_795_000_100.0, Act.CONTAIN, "jiro", "", "", Stage.IN_HAND, Stage.CONTAINED, "差出人を切り離した"),
    Step(7, 1_795_000_200.0, Act.PROPOSE, "jiro", "", "", Stage.CONTAINED, Stage.CLOSING, "研修を行う"),
)


@pytest.mark.parametrize("name", REPORTS)
def test_in02_each_report_is_a_form_of_its_templates_items(name: str) -> None:
    made = form(FOLDER, name, "例示市", CASE, STEPS, ())
    assert made.title.endswith(REPORTS[name].ja)
    assert made.about[0] == "例示市"
    lines = (FOLDER / f"{name}.txt").read_text().splitlines()
    assert len(made.rows) == sum(line[:1].isdecimal() for line in lines), "an item for each number of the template, none more"
    assert "不審なメール" in dict(made.rows)["2. 件名"]


def test_in02_the_final_report_says_what_happened_what_was_done_and_what_prevents_it() -> None:
    rows = dict(form(FOLDER, "final", "例示市", CASE, STEPS, ()).rows)
    assert rows["6. 概要"] == SAID
    assert rows["8. 実施した対策"] == "差出人を切り離した"
    assert rows["9. 原因と再発防止策"] == "研修を行う"
    assert "20261128-K7Q2" in rows["7. 影響"]


def test_in02_the_first_report_ends_as_its_template_does() -> None:
    made = form(FOLDER, "first", "例示市", replace(CASE, opening=replace(OPENING, reason="x")), STEPS, ())
    assert made.foot[0].startswith("原因と影響の範囲は調査中です")


def test_a_template_that_is_none_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "first.txt").write_text("題\n1. 項目 {件名.x}", "utf-8")
    for name in ("first", "final"):
        with pytest.raises(BadConfiguration):
            form(tmp_path, name, "例示市", CASE, STEPS, ())
