"""AU-03: a β-type house is looked at from outside; what the auditor gets says what is so and what must be shown elsewhere."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway import journal
from gateway import settings as settings_file
from gateway.audit.confirmation import OCCASIONS, RESULTS, Confirmation, Occasion, Result, confirmations, missing, record
from gateway.audit.external import measures, sheet, standings
from gateway.compliance.assurance import externally_audited
from gateway.compliance.model import STATUS_NAMES, Status
from gateway.compliance.report import CHECKS, inspect
from gateway.paper import page, text
from gateway.segment_settings import MODEL_NAMES, Model, SegmentSettings
from gateway.store.opening import open_store
from tests.gateway.compliance.test_report import facts_of

TODAY = date(2026, 11, 28)
BEFORE = Confirmation("例示監査法人", Occasion.BEFORE, date(2025, 3, 1), Result.PASSED, "文書1", "cso")
BETA = SegmentSettings(model=Model.BETA)


def regular(on: date, result: Result = Result.PASSED) -> Confirmation:
    return replace(BEFORE, occasion=Occasion.REGULAR, on=on, result=result)


@pytest.mark.parametrize(
    ("found", "lacks"),
    [
        ((), ("導入前", "12 か月以内")),
        ((BEFORE,), ("12 か月以内",)),
        ((regular(TODAY), BEFORE), ()),
        ((regular(date(2025, 11, 28)), BEFORE), ()),
        ((regular(date(2025, 11, 27)), BEFORE), ("12 か月以内",)),
        ((regular(TODAY),), ("導入前",)),
        ((regular(TODAY, Result.FAILED), regular(TODAY - timedelta(days=9)), BEFORE), ("不適合",)),
        ((replace(BEFORE, on=TODAY, result=Result.FAILED),), ("導入前", "12 か月以内", "不適合")),
        ((regular(TODAY, Result.FINDINGS), BEFORE), ()),
    ],
)
def test_au03_what_a_beta_house_owes(found: tuple[Confirmation, ...], lacks: tuple[str, ...]) -> None:
    told = missing(found, 12, TODAY)
    assert len(told) == len(lacks)
    for words, why in zip(lacks, told, strict=True):
        assert words in why.ja
        assert why.en


async def test_au03_the_self_inspection_asks_it_of_beta_alone(tmp_path: Path) -> None:
    facts = await facts_of("miyazaki", tmp_path)
    assert externally_audited(facts).status is Status.NOT_APPLICABLE
    for model in (Model.BETA, Model.BETA_PRIME):
        settings = facts.settings.model_copy(update={"segments": SegmentSettings(model=model)})
        asked = replace(facts, settings=settings)
        outcome = externally_audited(asked)
        assert (outcome.status, "導入前" in outcome.why) == (Status.NG, True)
        assert MODEL_NAMES[model] in outcome.actual
        done = replace(asked, confirmed=(regular(facts.today), BEFORE))
        assert externally_audited(done).status is Status.OK


async def test_au03_the_checklist_names_each_measure_with_state_and_evidence(tmp_path: Path) -> None:
    facts = await facts_of("miyazaki", tmp_path)
    report = inspect(facts, "miyazaki", 0.0)
    found = standings(report)
    assert [each.measure for each in found] == list(measures())
    states = {row.id: row.status for row in report.rows}
    for each in found:
        assert {row.id for row in each.rows} == set(each.measure.rows), "a requirement that there is"
        if any(states[name] is Status.NG for name in each.measure.rows):
            assert each.status is Status.NG, "people's work does not hide it"
        elif each.measure.beyond:
            assert each.status is not Status.OK, "the gateway does not vouch for what lies outside"
    made = sheet(report, BETA, (BEFORE,), TODAY)
    for paper in (text(made), page(made)):
        for words in ("β型", "導入前の確認 例示監査法人: 適合", "12 か月以内の外部監査", "端末の対策", "外部監査人: ____"):
            assert words in paper, words
    assert len(made.rows) == len(measures()) >= 12


def test_every_measure_rests_on_requirements_that_there_are_or_on_people() -> None:
    for each in measures():
        assert set(each.rows) <= CHECKS.keys()
        assert each.rows or each.beyond, each.name
    assert (OCCASIONS.keys(), RESULTS.keys(), MODEL_NAMES.keys()) == tuple(map(set, (Occasion, Result, Model)))
    assert STATUS_NAMES[Status.ORGANISATIONAL]


async def test_au03_what_is_recorded_is_read_back_the_latest_first(tmp_path: Path) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(f"state_directory: {tmp_path / 'state'}\n")
    with open_store(settings_file.load(config)) as store:
        for each in (regular(TODAY - timedelta(days=400)), BEFORE):
            await record(store, each)
        assert await store.db.read(confirmations) == (regular(TODAY - timedelta(days=400)), BEFORE)
        for wrong in (replace(BEFORE, on=date(2999, 1, 1)), replace(BEFORE, auditor=""), replace(BEFORE, reference="")):
            with pytest.raises(ValueError, match=r"on|auditor|reference"):
                await record(store, wrong)
        assert len(await journal.search(store.db, kind="externally_audited")) == 2
