"""The committee reads the regular reports of any past period, and takes them along on paper (AVL-04, requirements 1.1)."""

from __future__ import annotations

import pytest

from gateway import journal
from gateway.console.periodicals import SERIES, period_of
from gateway.directory import Role
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.console.test_held import held


@pytest.fixture
async def committee(c: Console) -> Browser:
    return await c.signed_in(await c.person("com", Role.COM))


async def test_avl04_the_committee_reads_a_month_that_is_over_and_takes_it_along(c: Console) -> None:
    await held(c)  # in November 2026
    await c.rooms.journal.seal()
    c.rooms.times.pass_(20 * 86_400)
    committee = await c.signed_in(await c.person("com", Role.COM))
    page = (await committee.get("/periodicals")).text
    for name, of in (("daily", "2026-12-07"), ("monthly", "2026-11"), ("yearly", "2025")):
        assert f'href="/periodicals/{name}/{of}"' in page
        assert (await committee.get(f"/periodicals/{name}/{of}")).status_code == 200
    shown = (await committee.get("/periodicals/monthly/2026-11")).text
    assert "メール無害化 月報 2026年11月" in shown
    assert "見積書の件" not in shown, "figures, no mail"
    paper = await committee.post("/periodicals/monthly/2026-11/paper", form="html")
    assert paper.headers["content-disposition"] == 'attachment; filename="mugai-monthly-2026-11.html"'
    assert "メール無害化 月報 2026年11月" in paper.text
    [exported] = await journal.search(c.rooms.db, kind="exported")
    assert dict(exported.facts)["actor"] == "com"
    assert (await committee.post("/periodicals/monthly/2026-11/paper", form="docx")).status_code == 404


@pytest.mark.parametrize(
    ("series", "of"),
    [
        ("daily", "2026-11-18"),  # today
        ("monthly", "2026-11"),
        ("yearly", "2026"),
        ("daily", "2027-01-01"),
        ("daily", "2026-02-30"),
        ("daily", "2026-11"),
        ("daily", "20261101T0"),
        ("yearly", "0000"),
        ("yearly", "1999"),
        ("hourly", "2026-11-01"),
    ],
)
async def test_what_is_not_over_or_no_date_is_not_there(c: Console, committee: Browser, series: str, of: str) -> None:
    assert (await committee.get(f"/periodicals/{series}/{of}")).status_code == 404


async def test_a_period_is_found_again_by_its_name(c: Console) -> None:
    class Any:
        desk = c.desk

    for series, of, title in (("daily", "2026-11-17", "2026年11月17日"), ("yearly", "2025", "2025年度")):
        period = period_of(Any(), series, of)  # type: ignore[arg-type]
        assert title in period.title
        assert period.since.date().isoformat().startswith(of)
        assert series in SERIES
