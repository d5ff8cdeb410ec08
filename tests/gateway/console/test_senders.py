from __future__ import annotations

from gateway.directory import Role
from gateway.policy.senders import Senders
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_held import held


async def test_a_reviewer_denies_from_the_mail_and_ends_it_on_the_page(c: Console) -> None:
    number = await held(c, sender="spam@evil.example", names=["a.exe"])
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    page = (await reviewer.get(f"/held/{number}")).text
    for subject in ("spam@evil.example", "@evil.example", "a" * 64):
        assert f'<option value="{subject}">' in page, subject
    form = {"subject": "@evil.example", "stance": "deny", "days": "90"}
    assert (await reviewer.post("/senders", **form, reason=" ")).status_code == 400
    assert (await reviewer.post("/senders", **form, reason="不審な勧誘")).headers["location"] == "/senders"
    page = (await reviewer.get("/senders")).text
    assert "@evil.example" in page
    assert "不審な勧誘" in page
    [entry] = await Senders(c.rooms.db, c.rooms.clock).list()
    assert (entry.by, entry.until - entry.made_at) == ("syo", 90 * 86_400.0)
    await reviewer.post(f"/senders/{entry.id}/remove", reason="解決")
    assert "登録はありません" in (await reviewer.get("/senders")).text
    assert (await reviewer.post(f"/senders/{entry.id}/remove", reason="解決")).status_code == 404


async def test_what_cannot_be_listed_is_said(c: Console) -> None:
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    for wrong in ({"subject": "*"}, {"days": "9999"}, {"days": "x"}, {"days": "nan"}, {"stance": "odd"}):
        form = {"subject": "a@b.example", "stance": "allow", "days": "30", **wrong}
        answer = await reviewer.post("/senders", **form, reason="x")
        assert answer.status_code == 400, wrong
        assert "登録できません" in answer.text


async def test_an_auditor_reads_the_list_and_changes_nothing(c: Console) -> None:
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    page = (await auditor.get("/senders")).text
    assert "登録はありません" in page
    assert 'name="subject"' not in page
