from __future__ import annotations

from dataclasses import replace

from gateway.directory import Role
from gateway.filed import Filed
from tests.gateway.console.make_console import Console
from tests.gateway.make_spool import clearing, ending


async def delivered(c: Console, subject: str, to: str = "hanako@city.example.lg.jp") -> str:
    item = await c.rooms.accept(subject.encode(), (to,))
    lease = await c.rooms.claim()
    await c.rooms.spool.settle(lease, replace(clearing(lease), filed=Filed(subject, "花子", ("別紙１.pdf",))))
    relay = await c.rooms.claim(type(lease.work).RELAY)
    await c.rooms.spool.settle(relay, ending(relay))
    return item.receipt


async def test_san04_a_delivered_mail_is_found_again(c: Console) -> None:
    receipt, other = await delivered(c, "議会答弁 資料"), await delivered(c, "防災訓練")
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    for text in ("議会", receipt.lower(), "資料 別紙1", "花子 答弁"):
        page = (await reviewer.get(f"/originals?text={text}")).text
        assert receipt in page, text
        assert other not in page, text
        assert "配送済み" in page
    assert other in (await reviewer.get("/originals")).text
    assert "該当するメールはありません" in (await reviewer.get("/originals?text=存在しない")).text


async def test_ac02_an_original_of_another_section_is_not_found(c: Console) -> None:
    receipt = await delivered(c, "税務", "jiro@city.example.lg.jp")
    head = await c.signed_in(await c.person("head", Role.ISM, patterns=["hanako@city.example.lg.jp"]))
    assert receipt not in (await head.get("/originals")).text
    item = (await c.rooms.spool.show(receipt)).item.id
    assert (await head.get(f"/originals/{item}")).status_code == 404


async def test_what_was_destroyed_is_found_no_more(c: Console) -> None:
    receipt = await delivered(c, "古い資料")
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    assert receipt in (await reviewer.get("/originals?text=古い")).text
    c.rooms.times.pass_(31 * 86_400)
    assert await c.rooms.spool.gc() == 1
    again = await c.signed_in(await c.desk.accounts.find("syo"))
    assert receipt not in (await again.get("/originals?text=古い")).text


async def test_a_garbled_number_is_no_mail(c: Console) -> None:
    reviewer = await c.signed_in(await c.person("syo", Role.SYO))
    for item in ("1", "x" * 26, "..%2f..", "0" * 26):
        assert (await reviewer.get(f"/originals/{item}")).status_code == 404
    assert (await reviewer.get("/originals?before=%27")).status_code == 200
