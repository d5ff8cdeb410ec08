"""Search, history, export and packs through the pages, as each role sees them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest

from gateway import journal
from gateway.console.screen import LANGUAGE_COOKIE
from gateway.directory import Role
from gateway.evidence.balance import balance
from gateway.evidence.examine import examine
from gateway.journal import reading
from gateway.model import Delivery, DeliveryOutcome, Reply
from gateway.spool import Shown
from gateway.store import schema
from gateway.words import Words
from gateway.workflow import ledger
from gateway.workflow.report import facts, incident, misdirected
from gateway.workflow_settings import WorkflowSettings
from tests.gateway.console.make_console import Console
from tests.gateway.make_spool import clearing, ending, holding

DAY = 86_400.0


async def delivered(c: Console, content: bytes = b"Subject: x\r\n\r\nbody", to: str = "hanako@city.example.lg.jp") -> Shown:
    """From end to end, with the next hop's word."""
    item = await c.rooms.accept(content, (to,))
    lease = await c.rooms.claim()
    await c.rooms.spool.settle(lease, clearing(lease))
    relay = await c.rooms.claim(type(lease.work).RELAY)
    outcome = DeliveryOutcome(to, Delivery.ACCEPTED, Reply(250, "2.0.0", "Ok: queued"), "10.0.0.9:25", "TLSv1.3")
    sent = journal.Relayed.of(item, [outcome], "b" * 64)
    await c.rooms.spool.settle(relay, replace(ending(relay), events=(sent,)))
    return await c.rooms.spool.show(item.id)


async def held(c: Console, to: str = "jiro@city.example.lg.jp") -> str:
    item = await c.rooms.accept(b"held " + to.encode(), (to,))
    lease = await c.rooms.claim()
    await c.rooms.spool.settle(lease, holding(lease))
    return item.id


async def test_ml11_nothing_is_found_without_a_purpose_and_every_query_is_an_entry(c: Console) -> None:
    shown = await delivered(c)
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    page = (await reviewer.get("/journal")).text
    assert "目的を入力して検索してください" in page
    assert "を受け付けました" not in page
    page = (await reviewer.get(f"/journal?purpose=監査&item={shown.item.receipt}")).text
    assert f"受付番号 {shown.item.receipt}" in page
    [entry] = await journal.search(c.rooms.db, kind="searched")
    facts = dict(entry.facts)
    assert (facts["actor"], facts["purpose"], facts["query"]) == ("syo", "監査", f"item={shown.item.receipt}")
    assert int(facts["found"]) >= 3


async def test_lg01_each_filter_finds_its_own(c: Console) -> None:
    shown = await delivered(c)
    await held(c)
    await c.rooms.journal.seal()
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    for query, expected in (
        (f"sha256={shown.item.sha256}", "を受け付けました"),
        ("address=jiro@city.example.lg.jp", "により jiro@city.example.lg.jp あてを保留"),
        ("text=見積書", "見積書の件"),
        ("rule=macro", "規則「macro」"),
        ("kind=relayed", "10.0.0.9:25 へ"),
        ("actor=syo", "syo が 127.0.0.1 からログイン"),
        ("kind=held&rule=macro&address=jiro@city.example.lg.jp&text=見積", "見積書の件"),
    ):
        page = (await reviewer.get(f"/journal?purpose=x&{query}")).text
        assert expected in page, query
        assert "該当する記録はありません" in (await reviewer.get(f"/journal?purpose=x&{query}&until=2020-01-01")).text, query
    for query in ("sha256=" + "0" * 64, "address=x@y.example", "text=見積書&rule=none", "kind=bounced", "since=2030-01-01"):
        assert "該当する記録はありません" in (await reviewer.get(f"/journal?purpose=x&{query}")).text, query


async def test_pages_go_by_key_and_skip_nothing(c: Console) -> None:
    for n in range(120):
        await c.rooms.journal.write(journal.Stopped(reason=f"n{n:03}"))
        if n == 70:
            await c.rooms.journal.seal()
    seen: list[str] = []
    before = 0
    while page := await journal.find(c.rooms.db, journal.Query(kind="stopped", before=before), 25):
        seen += [dict(each.facts)["reason"] for each in page]
        before = page[-1].event
    assert seen == [f"n{n:03}" for n in reversed(range(120))]


async def test_hd07_one_mail_is_followed_from_reception_to_delivery(c: Console) -> None:
    shown = await delivered(c)
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    page = (await auditor.get(f"/journal/mail/{shown.item.receipt}")).text
    order = [page.index(text) for text in ("を受け付けました", "検証に合格しました", "配送しました")]
    assert order == sorted(order)
    for text in ("2.0.0 Ok: queued", "通信の暗号化: TLSv1.3", "配送済み", shown.item.sha256):
        assert text in page, text
    auditor.client.cookies.set(LANGUAGE_COOKIE, "en", domain="console.example", path="/")
    assert "from a@b.example to hanako" in (await auditor.get(f"/journal/mail/{shown.item.id}")).text
    [entry, _] = await journal.search(c.rooms.db, kind="viewed")
    assert (entry.item, dict(entry.facts)["what"]) == (shown.item.id, "history")


async def test_ac02_a_section_head_follows_the_own_section_only(c: Console) -> None:
    mine, other = await delivered(c), await held(c)
    head = await c.signed_in(await c.person("head", Role.ISM, patterns=["hanako@city.example.lg.jp"]))
    assert (await head.get(f"/journal/mail/{mine.item.id}")).status_code == 200
    assert (await head.get(f"/journal/mail/{other}")).status_code == 404
    assert (await head.get("/journal/mail/nothing")).status_code == 404


async def test_w7_an_export_opens_in_excel_and_is_recorded(c: Console) -> None:
    await c.rooms.journal.write(journal.LoginFailed(source="192.0.2.9", why="password", name="=cmd|' /C calc'!A0"))
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    answer = await auditor.post("/journal/export", form="csv", purpose="監査", kind="login_failed")
    assert answer.headers["content-disposition"] == 'attachment; filename="mugai-journal.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert all(not cell.startswith("=") for cell in rows[1])
    [entry] = await journal.search(c.rooms.db, kind="exported")
    assert dict(entry.facts)["purpose"] == "監査"
    assert (await auditor.post("/journal/export", form="csv", purpose=" ")).status_code == 400
    assert (await auditor.post("/journal/export", form="xls", purpose="x")).status_code == 404


async def test_lg11_a_pack_is_made_with_a_reason_and_the_original_only_by_right(c: Console) -> None:
    shown = await delivered(c)
    path = f"/journal/mail/{shown.item.id}/pack"
    auditor, csirt = [await c.signed_in(await c.person(r, r)) for r in (Role.AUD, Role.CSIRT)]
    assert (await auditor.post(path, reason=" ")).status_code == 400
    assert (await auditor.post(path, reason="監査", original="yes")).status_code == 403
    small, whole = await auditor.post(path, reason="監査"), await csirt.post(path, reason="警察へ", original="yes")
    for answer, original in ((small, False), (whole, True)):
        assert answer.headers["content-type"] == "application/zip"
        found = examine(answer.content, c.rooms.journal.verifier)
        assert found.ok, found.problems
        assert (b"Subject: x\r\n\r\nbody" in answer.content) is original
    packed = [dict(each.facts) for each in await journal.search(c.rooms.db, kind="packed")]
    assert [(each["actor"], each["original"]) for each in packed] == [("aud", "False"), ("csirt", "True")]
    period = await csirt.post("/journal/pack", purpose="警察へ", kind="relayed")
    assert examine(period.content, c.rooms.journal.verifier).entries == 1
    assert (await csirt.post("/journal/pack", purpose="x", kind="bounced")).status_code == 404


async def test_lg02_the_button_verifies_and_the_history_says_who(c: Console) -> None:
    await delivered(c)
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    answer = await auditor.post("/journal/proof")
    assert answer.headers["location"] == "/journal/proof"
    page = (await auditor.get("/journal/proof")).text
    assert "正常です。改ざんはありません。" in page
    [entry] = await journal.search(c.rooms.db, kind="verified")
    assert (dict(entry.facts)["actor"], dict(entry.facts)["ok"]) == ("aud", "True")


async def test_lg02_a_journal_that_was_edited_is_told_and_alarms(c: Console) -> None:
    await delivered(c)
    await c.rooms.journal.seal()
    edit = schema.journal.update().where(schema.journal.c.seq == 1).values(entry=b'{"kind":"stopped","item":""}')
    await c.rooms.db.write(lambda conn: conn.execute(edit))
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    await auditor.post("/journal/proof")
    assert "the entry was edited" in (await auditor.get("/journal/proof")).text
    assert "the entry was edited" in (await auditor.get("/troubles")).text


async def test_lg04_a_period_is_signed_off_once_it_is_over_and_for_good(c: Console) -> None:
    shown = await delivered(c)
    await c.rooms.journal.write(journal.LoginFailed(source="192.0.2.9", why="password", name="x"))
    await c.rooms.journal.seal()
    system = await c.signed_in(await c.person("sym", Role.SYM))
    week = "2026-W47"
    page = (await system.get(f"/journal/inspection/{week}")).text
    assert "ログインの失敗" in page
    assert "192.0.2.9 からの x のログインが失敗しました" in page
    assert (await system.post(f"/journal/inspection/{week}", comment="異常なし")).status_code == 409
    c.rooms.times.pass_(7 * DAY)
    system = await c.signed_in(await c.desk.accounts.find("sym"))
    assert (await system.post(f"/journal/inspection/{week}", comment="")).status_code == 400
    assert (await system.post(f"/journal/inspection/{week}", comment="異常なし")).status_code == 303
    page = (await system.get(f"/journal/inspection/{week}")).text
    assert "点検済" in page
    assert "異常なし" in page
    assert "点検済" in (await system.get("/journal/inspection")).text
    assert (await system.get("/journal/inspection/2026-13")).status_code == 404
    assert shown.item.id


async def test_hd07_what_came_in_is_what_became_of_it_and_a_lost_one_shows(c: Console) -> None:
    shown = await delivered(c)
    await held(c)
    await c.rooms.accept(b"waiting", ("saburo@city.example.lg.jp",))
    await c.rooms.journal.seal()
    now = c.rooms.clock.now()
    [day] = await c.rooms.db.read(balance, now - DAY, now + DAY)
    assert (day.mails, day.accepted, day.delivered, day.held, day.in_work, day.difference) == (3, 3, 1, 1, 1, 0)
    lost = schema.recipient.delete().where(schema.recipient.c.message == shown.item.id)
    await c.rooms.db.write(lambda conn: conn.execute(lost))
    [day] = await c.rooms.db.read(balance, now - DAY, now + DAY)
    assert day.difference == 1


async def test_lg06_an_alarm_opens_a_trouble_that_is_closed_and_never_deleted(c: Console) -> None:
    for _ in range(3):
        await c.rooms.journal.write(journal.Alarm.of("signatures", Words("30時間前のものです", "30 hours old")))
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    listed = (await reviewer.get("/troubles")).text
    assert listed.index("30時間前のものです") < listed.index("30 hours old")
    page = (await reviewer.get("/troubles/1")).text
    assert "3 回" in page
    assert "<h1>ウイルス定義が古い</h1>" in page
    assert (await reviewer.post("/troubles/1", close="yes", cause="", action="")).status_code == 400
    form = {"cause": "回線断", "action": "手動更新", "down_minutes": "15", "mails": "R1"}
    assert (await reviewer.post("/troubles/1", **form)).status_code == 303
    assert (await reviewer.post("/troubles/1", close="yes", **form)).status_code == 303
    assert (await reviewer.post("/troubles/1", **form)).status_code == 409
    assert "回線断" in (await reviewer.get("/troubles/1")).text
    await c.rooms.journal.write(journal.Alarm(name="signatures", detail="again"))
    assert (await reviewer.get("/troubles/2")).status_code == 200
    steps = await journal.search(c.rooms.db, kind="trouble_step")
    assert [dict(each.facts)["act"] for each in steps] == ["noted", "closed"]
    assert (await reviewer.post("/troubles", what="職員からの申告")).headers["location"] == "/troubles/3"


async def test_in02_an_incident_shows_its_chain_and_drafts_its_reports(c: Console) -> None:
    shown = await delivered(c)
    known = await facts(c.rooms.db, c.rooms.spool, shown.item.receipt)
    rungs = WorkflowSettings().incident_chain
    openings = (
        incident("syo@city.example.lg.jp", "不審メール", "<b>開封</b> {番号}", rungs, severity="中", known=known),
        misdirected(known, "hanako@city.example.lg.jp", "宛先の誤り", rungs),
    )
    for opening in openings:
        await c.rooms.db.write(ledger.open_case, opening, None, c.rooms.clock.now())
    csirt = await c.signed_in(await c.person("csirt", Role.CSIRT))
    page = (await csirt.get("/incidents")).text
    assert "不審メール" in page
    assert "誤送信" in page
    page = (await csirt.get("/incidents/1")).text
    assert "&lt;b&gt;開封" in page
    assert 'aria-current="step"' in page
    for name, words in (("first", "第一報"), ("further", "続報"), ("final", "最終報")):
        text = (await csirt.get(f"/incidents/2/{name}")).text
        assert words in text
        assert shown.item.receipt in text
    text = (await csirt.get("/incidents/2/final")).text
    assert text.count("{") == text.count("&lt;/b&gt; {番号}"), "a name that nobody knows, or one that somebody else wrote"
    paper = await csirt.post("/incidents/2/final/paper", form="html")
    assert paper.headers["content-disposition"] == 'attachment; filename="mugai-incident-2-final.html"'
    for item in ("6. 概要", "4. 発生日時", "7. 影響", "8. 実施した対策", "9. 原因と再発防止策"):
        assert f">{item}<" in paper.text
    assert (await csirt.post("/incidents/2/other/paper", form="html")).status_code == 404
    assert (await csirt.get("/incidents/1/other")).status_code == 404
    assert (await csirt.get("/incidents/9")).status_code == 404


async def test_a_text_of_few_values_and_one_of_many_find_the_same(c: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("山田 花子", "山田 次郎", "佐藤", "山田 三郎"):
        await c.rooms.journal.write(journal.LoginFailed(source="192.0.2.9", why=name[-1], name=name))
    await c.rooms.journal.seal()
    for most in (500, 1):
        monkeypatch.setattr(reading, "_VALUES", most)
        for query in (journal.Query(text="山田"), journal.Query(text="山田", kind="login_failed")):
            found = await journal.find(c.rooms.db, query, 9)
            assert [dict(each.facts)["why"] for each in found] == ["郎", "郎", "子"]
        both = journal.Query(text="山田", address="山田 花子")
        assert [dict(each.facts)["why"] for each in await journal.find(c.rooms.db, both, 9)] == ["子"]
        assert await c.rooms.db.read(reading.count, journal.Query(text="山田")) == 3
