"""What a member of staff has sent: found again, recalled, reported, asked for; nobody else's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway import sent
from gateway.filed import Filed
from gateway.model import Client, Direction, Envelope, Hold, State
from gateway.sent import Fate, Filter
from gateway.workflow.model import Act, Kind, Stage
from tests.gateway.console.make_console import Console
from tests.gateway.console.test_mine import staff, with_house
from tests.gateway.make_directory import at
from tests.gateway.make_spool import clearing, holding
from tests.gateway.workflow.make_workflow import ASKING, DELAYING, Town

WRONG = "wrong@pref.example.jp"


async def mail(c: Console, subject: str, sender: str = "taro", to: Sequence[str] = (WRONG,), rule: str = "") -> str:
    """The id of an outbound mail: cleared, or held by `rule`."""
    incoming = c.rooms.spool.incoming()
    await incoming.write(f"Subject: x\r\n\r\n{subject} {c.rooms.clock.now()}\r\n".encode())
    envelope = Envelope(at(sender), tuple(to), Direction.OUTBOUND, Client("192.0.2.9", 25, "mx"))
    await c.rooms.spool.accept(envelope, incoming, b"")
    lease = await c.rooms.claim()
    settlement = clearing(lease)
    if rule:
        settlement = holding(lease)
        settlement = replace(settlement, held=tuple(_by(each, rule, subject) for each in settlement.held))
    await c.rooms.spool.settle(lease, replace(settlement, filed=Filed(subject, names=("名簿.xlsx",))))
    c.rooms.times.pass_(60)
    return lease.item.id


def _by(hold: Hold, rule: str, subject: str) -> Hold:
    return replace(hold, subject=subject, decision=replace(hold.decision, rule=rule))


async def test_ml08_one_finds_ones_own_sent_mail_and_nobody_elses(c: Console) -> None:
    await with_house(c)
    own, shared = await mail(c, "会議の資料", to=(WRONG, "right@pref.example.jp")), await mail(c, "窓口から", sender="counter")
    other, inbound = await mail(c, "別の人の件", sender="jiro"), (await c.rooms.accept(to=(at("taro"),))).id
    browser = await staff(c, "taro")
    page = (await browser.get("/sent")).text
    assert page.index(shared) < page.index(own), "newest first"
    assert "会議の資料" in page
    assert WRONG in page
    assert "検査・配送中 2" in page
    for foreign in (other, inbound, "別の人の件"):
        assert foreign not in page
    for foreign in (other, inbound):
        assert (await browser.get(f"/sent/{foreign}")).status_code == 404
        assert (await browser.post(f"/sent/{foreign}/release", reason="x")).status_code == 404
    one = (await browser.get(f"/sent/{own}")).text
    assert f'href="/mine/report?mail={(await c.rooms.spool.show(own)).item.receipt}"' in one
    assert one.count("right@pref.example.jp") == 1


async def test_sent_mail_is_searched_by_words_day_and_state_page_by_page(c: Console) -> None:
    first = await mail(c, "請求書の送付")
    held = await mail(c, "Ｒｅｐｏｒｔ", rule="not-inspected")
    me, read = (at("taro"),), c.rooms.db.read

    async def items(by: Filter, before: str = "", limit: int = 50) -> list[str]:
        return [each.item for each in await read(sent.listed, me, by, before, limit)]

    assert await items(Filter()) == [held, first]
    assert await items(Filter(text="report")) == [held]
    assert await items(Filter(text="名簿 請求書")) == [first]
    assert await items(Filter(text=WRONG, fate=Fate.HELD)) == [held]
    assert await items(Filter(fate=Fate.STOPPED)) == []
    [_, early] = await read(sent.listed, me, Filter())
    assert await items(Filter(since=early.sent_at + 1)) == [held]
    assert await items(Filter(until=early.sent_at + 1)) == [first]
    assert await items(Filter(), "", 1) == [held, first], "one more tells that there is a next page"
    assert await items(Filter(), held, 1) == [first]
    plan = await read(
        lambda conn: conn.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT id FROM message WHERE direction = 'outbound' AND lower(sender) IN ('a')"
        ).all()
    )
    assert "message_sent" in str(plan)


async def test_what_cannot_be_read_does_not_filter(c: Console) -> None:
    await with_house(c)
    own = await mail(c, "資料")
    browser = await staff(c, "taro")
    assert own in (await browser.get("/sent?since=tomorrow&until=2026-13-40&fate=lost&before=%27")).text
    assert own not in (await browser.get("/sent?until=2020-01-01")).text


async def test_ml08_a_delayed_mail_is_recalled_where_it_is_listed(c: Console) -> None:
    await with_house(c)
    town = Town(c.rooms, c.desk.store.directory, c.desk.workflow)
    case = await town.mail(DELAYING)
    browser, path = await staff(c, "taro"), f"/sent/{case.opening.item}"
    assert f"/approvals/{case.id}/cancel" in (await browser.get(path)).text
    answer = await browser.post(f"/approvals/{case.id}/cancel", reason="宛先が違う", back=path)
    assert answer.headers["location"] == path
    assert "送信されず" in (await browser.get(path)).text
    assert await town.states(case) == [State.DELETED]


async def test_a_section_head_takes_back_its_own_mail_and_does_not_approve_it_there(c: Console) -> None:
    await with_house(c)
    town = Town(c.rooms, c.desk.store.directory, c.desk.workflow)
    case = await town.mail(ASKING, sender="head")
    page = (await (await staff(c, "head")).get(f"/sent/{case.opening.item}")).text
    assert f"/approvals/{case.id}/withdraw" in page
    assert f"/approvals/{case.id}/approve" not in page


async def test_ml08_ac08_a_held_mail_is_asked_for_and_another_person_lets_it_go(c: Console) -> None:
    await with_house(c)
    item = await mail(c, "急ぎの件", rule="not-inspected")
    taro, head = await staff(c, "taro"), await staff(c, "head")
    page = (await taro.get(f"/sent/{item}")).text
    assert "マクロがあります" in page
    assert (await taro.post(f"/sent/{item}/release", reason="本日締切")).headers["location"] == f"/sent/{item}"
    [case] = await c.desk.workflow.cases((Kind.RELEASE,))
    assert (case.opening.applicant, case.opening.subject, case.opening.recipients) == (at("taro"), "急ぎの件", (WRONG,))
    assert (await taro.post(f"/sent/{item}/release", reason="もう一度")).status_code == 409
    assert (await taro.post(f"/approvals/{case.id}/approve", reason="自分で")).status_code == 403
    assert f"/approvals/{case.id}" in (await head.get("/approvals")).text
    assert await c.rooms.spool.audit() == []
    await head.get(f"/approvals/{case.id}")
    await head.post(f"/approvals/{case.id}/approve", reason="確認した")
    assert (await c.desk.workflow.show(case.id)).case.stage is Stage.APPROVED
    lease = await c.rooms.claim()
    assert lease.grant is not None
    assert (lease.item.id, lease.grant.kind, lease.grant.who) == (item, "release", at("head"))


async def test_a_request_that_is_denied_leaves_the_mail_held_and_a_reviewer_may_be_faster(c: Console) -> None:
    await with_house(c)
    item = await mail(c, "一件目", rule="not-inspected")
    taro = await staff(c, "taro")
    for act, state in ((Act.DENY, State.HELD), (Act.WITHDRAW, State.HELD)):
        await taro.post(f"/sent/{item}/release", reason="必要")
        [case] = await c.desk.workflow.cases((Kind.RELEASE,))
        await c.desk.workflow.act(case.id, act, at("head" if act is Act.DENY else "taro"), "理由")
        assert [row.state for row in (await c.rooms.spool.show(item)).recipients] == [state]
    await taro.post(f"/sent/{item}/release", reason="やはり必要")
    [case] = await c.desk.workflow.cases((Kind.RELEASE,))
    await c.rooms.quarantine.release(case.entry, "reviewer", "見た")
    assert (await c.desk.workflow.show(case.id)).case.stage is Stage.DROPPED


async def test_what_is_not_safe_cannot_be_asked_for(c: Console) -> None:
    await with_house(c)
    item = await mail(c, "感染", rule="infected")
    taro = await staff(c, "taro")
    assert f"/sent/{item}/release" not in (await taro.get(f"/sent/{item}")).text
    assert (await taro.post(f"/sent/{item}/release", reason="必要")).status_code == 409
