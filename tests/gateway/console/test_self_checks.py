"""AU-02: sections are asked for a period, their heads answer, late ones are reminded; a bureau head asks its bureau alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.directory import Role
from gateway.self_check import Answer, Mark, answers, questions, written
from gateway.workflow.model import Act, Case, Kind, Stage
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.console.test_approvals import holder
from tests.gateway.make_directory import HOUSE, at

ASKED = questions(Path(__file__).parents[3] / "config" / "self_check.yaml")
PERIOD = {"since": "2026-04-01", "until": "2026-11-17"}


@pytest.fixture
async def committee(c: Console) -> Browser:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    return await c.signed_in(await c.person("com", Role.COM, address=at("mayor")))


async def asked(c: Console) -> dict[str, Case]:
    return {case.opening.section: case for case in await c.desk.workflow.cases((Kind.SELF_CHECK,), open_only=False)}


def test_an_answer_is_read_out_of_the_record_as_it_was_given() -> None:
    given = [
        Answer(q.id, Mark.PARTLY if n % 2 else Mark.DONE, "理由: 研修を \n行う" if n % 2 else "") for n, q in enumerate(ASKED)
    ]
    read = answers(written(given, ASKED))
    assert [(each.question, each.mark) for each in read] == [(each.question, each.mark) for each in given]
    assert read[1].note == "理由: 研修を 行う"
    with pytest.raises(ValueError, match="Q1: what is lacking"):
        written([Answer(q.id, Mark.NOT) for q in ASKED], ASKED)
    with pytest.raises(ValueError, match="answer Q12"):
        written([Answer(q.id, Mark.DONE) for q in ASKED[:-1]], ASKED)
    assert answers("自由な文\nQ1 いいえ\nq2 実施") == ()


async def test_au02_sections_are_asked_their_head_answers_and_the_committee_sees_it(c: Console, committee: Browser) -> None:
    await committee.get("/self-checks")
    assert (await committee.post("/self-checks", **PERIOD, section=["tax", "it"], reason="年次")).status_code == 303
    cases = await asked(c)
    assert cases.keys() == {"tax", "it"}
    assert "外部への送信" in " ".join(cases["tax"].opening.details.findings)
    assert (await committee.post("/self-checks", **PERIOD, section=["tax"], reason="再度")).status_code == 409
    path = f"/self-checks/{cases['tax'].id}"
    head = await c.signed_in(await holder(c, "head", Role.ISM))
    assert "mark-Q1" in (await head.get(path)).text
    form = {f"mark-{q.id}": "done" for q in ASKED} | {"mark-Q3": "not"}
    assert (await head.post(f"{path}/answer", **form)).status_code == 400, "what is lacking is said"
    assert (await head.post(f"{path}/answer", **form, **{"note-Q3": "手順を配る"})).status_code == 303
    shown = await c.desk.workflow.show(cases["tax"].id)
    assert (shown.case.stage, shown.steps[-1].actor) == (Stage.CLOSED, at("head"))
    page = (await committee.get("/self-checks")).text
    assert "回答済み" in page
    assert "未実施 1" in page
    assert "手順を配る" in (await committee.get(path)).text
    assert (await head.get(f"/self-checks/{cases['it'].id}")).status_code == 404
    assert (await head.post(f"/self-checks/{cases['it'].id}/answer", **form)).status_code == 404


async def test_au02_who_has_not_answered_is_reminded_once_a_day(c: Console, committee: Browser) -> None:
    await committee.post("/self-checks", **PERIOD, section="tax", reason="年次")
    case = (await asked(c))["tax"]
    await c.desk.workflow.tick()
    assert (await committee.post(f"/self-checks/{case.id}/remind")).status_code == 409, "it was told just now"
    c.rooms.times.pass_(90_000)
    c.rooms.clock.now()
    session = await c.signed_in(await c.person("com2", Role.COM))
    assert (await session.post(f"/self-checks/{case.id}/remind")).status_code == 303
    await c.desk.workflow.tick()
    assert Act.REMIND in [step.act for step in (await c.desk.workflow.show(case.id)).steps]
    assert "督促 1" in (await session.get("/self-checks")).text
    assert (await session.post(f"/self-checks/{case.id}/remind")).status_code == 409
    assert (await session.post("/self-checks/99/remind")).status_code == 404


async def test_au02_a_bureau_head_asks_and_sees_the_sections_of_its_bureau(c: Console, committee: Browser) -> None:
    house = HOUSE.sections
    assert [section.parent for section in house] == ["", "bureau", "bureau"]
    director = await c.signed_in(await holder(c, "director", Role.BUR))
    assert "税務課" in (await director.get("/self-checks")).text
    other = await c.signed_in(await c.person("bur2", Role.BUR, address="nobody@city.example.lg.jp"))
    await committee.post("/self-checks", **PERIOD, section="tax", reason="年次")
    number = (await asked(c))["tax"].id
    assert f"/self-checks/{number}" in (await director.get("/self-checks")).text
    assert f"/self-checks/{number}" not in (await other.get("/self-checks")).text
    assert (await other.post("/self-checks", **PERIOD, reason="x")).status_code == 409
    assert (await other.post(f"/self-checks/{number}/remind")).status_code == 404
    assert (await director.post("/self-checks", **PERIOD, section="it", reason="部局")).status_code == 303
    assert (await asked(c)).keys() == {"tax", "it"}


@pytest.mark.parametrize("changed", [{"since": "x"}, {"since": "2026-12-01"}, {"since": "1999-01-01"}, {"reason": ""}])
async def test_a_period_goes_from_a_day_to_a_later_one(c: Console, committee: Browser, changed: dict[str, str]) -> None:
    assert (await committee.post("/self-checks", **({"reason": "年次"} | PERIOD | changed))).status_code == 400
    assert await asked(c) == {}
