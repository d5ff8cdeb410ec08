"""遮断: stopping after a second look, what it shows, ending by two people; a locked store gets a file (ML-01, HD-04)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import journal
from gateway.console.stops import HAPPENS
from gateway.cutoff import Scope, pending
from gateway.cutoff.register import stop_mails
from gateway.directory import Role
from gateway.store.db import StoreUnavailable
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.console.test_held import held
from tests.gateway.make_directory import HOUSE, at

OUT = {"choice": "outbound", "reason": "CISOの決定 第12号"}


async def person(c: Console, name: str, role: Role) -> Browser:
    return await c.signed_in(await c.person(name, role, address=at(name)))


@pytest.fixture
async def chief(c: Console) -> Browser:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    return await person(c, "itchief", Role.CSO)


async def test_hd04_a_side_is_stopped_only_after_reading_what_will_happen(c: Console, chief: Browser) -> None:
    assert "止めているものはありません" in (await chief.get("/stops")).text
    sure = await chief.post("/stops", **OUT)
    assert sure.status_code == 200
    for words in HAPPENS[Scope.OUTBOUND]:
        assert words.ja in sure.text
    assert "421" in sure.text
    assert "失われません" in sure.text
    assert await c.desk.store.stops.active() == (), "not yet"
    assert (await chief.post("/stops", **OUT, sure="yes")).headers["location"] == "/stops"
    [halt] = await c.desk.store.stops.active()
    assert (halt.scope, halt.actor, halt.reason) == (Scope.OUTBOUND, "itchief", "CISOの決定 第12号")
    [entry] = await journal.search(c.rooms.db, kind="halted")
    assert dict(entry.facts)["actor"] == "itchief"
    page = (await chief.get("/stops")).text
    assert "LGWANからの送信" in page
    assert "CISOの決定 第12号" in page


async def test_both_sides_are_stopped_by_one_click_and_each_page_says_so(c: Console, chief: Browser) -> None:
    await chief.post("/stops", choice="both", reason="攻撃", sure="yes")
    assert [halt.scope for halt in await c.desk.store.stops.active()] == [Scope.INBOUND, Scope.OUTBOUND]
    for path in ("/dashboard", "/held", "/journal"):
        page = (await chief.get(path)).text
        assert "受信 (インターネットから)" in page, path
        assert 'href="/stops"' in page, path
    staff = await c.signed_in(await c.person("usr", Role.USR, address=at("taro")))
    assert "内容と再開の手続き" not in (await staff.get("/mine")).text, "staff can do nothing about it"


@pytest.mark.parametrize(
    "wrong", [{"choice": ""}, {"choice": "mails"}, {"choice": "isolate", "value": "nobody"}, {"reason": " "}]
)
async def test_what_cannot_be_stopped_or_has_no_reason_is_refused(c: Console, chief: Browser, wrong: dict[str, str]) -> None:
    assert (await chief.post("/stops", **{**OUT, **wrong}, sure="yes")).status_code == 400
    assert await c.desk.store.stops.active() == ()


async def test_av11_an_isolated_sender_is_shown_with_what_it_sent(c: Console, chief: Browser) -> None:
    entry = await held(c, sender="infected@example.jp")
    receipt = (await c.rooms.quarantine.show(entry)).item.receipt
    wanted = {"choice": "isolate", "value": "Infected@example.jp", "reason": "感染の疑い"}
    assert "450" in (await chief.post("/stops", **wanted)).text
    where = (await chief.post("/stops", **wanted, sure="yes")).headers["location"]
    assert receipt in (await chief.get(where)).text
    c.rooms.times.pass_(3 * 86_400.0)
    chief = await person(c, "jiro", Role.SYO)
    assert receipt in (await chief.get(where)).text
    assert receipt not in (await chief.get(f"{where}?days=1")).text
    looked = [dict(each.facts) for each in await journal.search(c.rooms.db, kind="searched")]
    assert [(each["actor"], each["found"]) for each in looked] == [("itchief", "1"), ("jiro", "1"), ("jiro", "0")]


async def test_in04_mails_of_an_incident_are_shown_with_their_stop(c: Console, chief: Browser) -> None:
    item = (await c.rooms.quarantine.show(await held(c))).item
    halt = await c.rooms.db.write(stop_mails, "incident 7", [item.id], "jiro", "標的型", c.rooms.clock.now())
    assert "インシデントのメール: incident 7" in (await chief.get("/stops")).text
    assert item.receipt in (await chief.get(f"/stops/{halt.id}")).text


async def test_lg08_one_person_asks_and_another_lets_mail_go_on(c: Console, chief: Browser) -> None:
    await chief.post("/stops", **OUT, sure="yes")
    [halt] = await c.desk.store.stops.active()
    path = f"/stops/{halt.id}"
    assert (await chief.post(f"{path}/resume", reason="")).status_code == 400
    assert "再開を申請する" in (await chief.get(path)).text
    await chief.post(f"{path}/resume", reason="端末を交換した")
    page = (await chief.get(path)).text
    assert "承認できるのは別の人です" in page
    assert "/resume" not in page
    assert (await chief.post(f"{path}/resume", reason="自分で承認")).status_code == 403
    assert len(await c.desk.store.stops.active()) == 1
    second = await person(c, "jiro", Role.SYO)
    page = (await second.get(path)).text
    assert "承認して再開する" in page
    assert "端末を交換した" in page
    assert f'href="/approvals/{(await c.desk.store.stops.active())[0].case}"' in page, "to deny it"
    assert (await second.post(f"{path}/resume", reason="確認した")).headers["location"] == "/stops"
    assert await c.desk.store.stops.active() == ()
    assert (await second.get(path)).status_code == 404


async def test_who_may_not_cut_off_reads_and_finds_no_button(c: Console, chief: Browser) -> None:
    await chief.post("/stops", **OUT, sure="yes")
    auditor = await c.signed_in(await c.person("aud", Role.AUD))
    for path in ("/stops", "/stops/1"):
        page = (await auditor.get(path)).text
        assert "CISOの決定 第12号" in page
        assert 'action="/stops' not in page


async def test_a_locked_store_keeps_nobody_from_stopping(
    c: Console, chief: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object) -> None:
        raise StoreUnavailable("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(c.rooms.db, "write", locked)
        c.rooms.times.pass_(60.0)  # the session would be marked as seen
        answer = await chief.post("/stops", choice="isolate", value="Evil@example.jp", reason="攻撃", sure="yes")
        assert answer.headers["location"] == "/stops"
        assert "停止の指示を残しました" in (await chief.get("/stops")).text
        assert (await chief.post("/senders", stance="deny", subject="a@b.example", days="30", reason="x")).status_code == 503
    [(_, left)] = pending.left(tmp_path)
    assert left == pending.Wanted(Scope.SENDER, "evil@example.jp", "itchief", "攻撃")


async def test_a_console_that_can_leave_nothing_beside_the_store_says_where_to_stop(
    c: Console, chief: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def locked(*_: object) -> None:
        raise StoreUnavailable("database is locked")

    (tmp_path / pending.DIRECTORY).write_text("no folder")
    monkeypatch.setattr(c.rooms.db, "write", locked)
    answer = await chief.post("/stops", **OUT, sure="yes")
    assert answer.status_code == 503
    assert "mugai stop" in answer.text
