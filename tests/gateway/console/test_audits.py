"""AU-01 through the pages: an auditor draws, sees all that happened and no contents, and takes it along."""

from __future__ import annotations

import re

from gateway import journal
from gateway.console.screen import LANGUAGE_COOKIE
from gateway.directory import Role
from gateway.evidence.examine import examine
from tests.gateway.audit.make_decisions import a_day
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_journal import delivered

FORM = {"first": "2026-11-18", "last": "2026-11-18", "count": "5", "sort": "any", "seed": "秋の監査", "purpose": "定期監査"}


async def test_au01_a_sample_is_drawn_shown_drawn_again_and_taken_along(c: Console) -> None:
    shown = await delivered(c)
    await a_day(c.rooms)
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    assert "判断を抜き取る" in (await auditor.get("/audit/samples")).text
    answer = await auditor.post("/audit/samples", **FORM)
    where = answer.headers["location"]
    page = (await auditor.get(where)).text
    [entry] = await journal.search(c.rooms.db, kind="sampled")
    facts = dict(entry.facts)
    assert where == f"/audit/samples/{entry.event}"
    assert (facts["actor"], facts["seed"], facts["population"], facts["purpose"]) == ("aud", "秋の監査", "68", "定期監査")
    assert re.findall(r"記録 (\d+)\n", page) == facts["drawn"].split(", ")
    assert "秋の監査" in page
    assert "body" not in re.sub(r"<[^>]*>", "", page), "no contents of mail"
    await auditor.post(f"{where}/again")
    assert "同じ結果になりました" in (await auditor.get(where)).text
    for form, magic in (("html", b"<!doctype html>"), ("csv", "\ufeff".encode())):
        paper = await auditor.post(f"{where}/paper", form=form)
        assert paper.content.startswith(magic)
        assert "監査人の所見" in paper.text
    exported = [dict(each.facts) for each in await journal.search(c.rooms.db, kind="exported")]
    assert [(each["form"], each["query"]) for each in exported] == [
        ("html", f"sample {entry.event}"),
        ("csv", f"sample {entry.event}"),
    ]
    pack = await auditor.post(f"{where}/pack")
    found = examine(pack.content, c.rooms.journal.verifier)
    assert found.ok, found.problems
    assert b"sampled" in pack.content
    auditor.client.cookies.set(LANGUAGE_COOKIE, "en", domain="console.example", path="/")
    assert "How it was drawn" in (await auditor.get(where)).text
    assert (await auditor.get("/audit/samples/1")).status_code == 404
    assert shown.item.receipt


async def test_au01_a_mail_in_a_sample_leads_to_its_trace(c: Console) -> None:
    item = (await c.rooms.quarantine.show(await c.rooms.held())).item
    await c.rooms.journal.write(journal.Released(item=item.id, grant="", actor="syo", reason="x"))
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    where = (await auditor.post("/audit/samples", **FORM)).headers["location"]
    page = (await auditor.get(where)).text
    assert item.receipt in page
    assert "見積書の件" in page
    assert "を受け付けました" in page


async def test_au01_what_cannot_be_drawn_says_why(c: Console) -> None:
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    for changes, words in (
        ({}, "条件に合う判断が期間中にありません"),
        ({"purpose": " "}, "目的を入力"),
        ({"count": "1000"}, "件数は1から200まで"),
        ({"first": "2026-11-19"}, "期間は始めと終わり"),
        ({"sort": "x"}, "選択できない条件"),
    ):
        answer = await auditor.post("/audit/samples", **(FORM | changes))
        assert answer.status_code == 400
        assert words in answer.text
    assert await journal.search(c.rooms.db, kind="sampled") == []
