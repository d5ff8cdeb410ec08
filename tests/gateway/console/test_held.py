from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway import journal
from gateway.directory import Directory, Person, Role, Section
from gateway.docket import Docket, Filter
from gateway.filed import Filed
from gateway.model import QuarantineState
from gateway.quarantine import Kept
from gateway.store.schema import quarantine
from sanitizers.model import Verdict
from tests.gateway.console.make_console import Browser, Console
from tests.gateway.make_spool import TO, holding

REASON = "課長が電話で確認"


@pytest.fixture
async def reviewer(c: Console) -> Browser:
    return await c.signed_in(await c.person("syo", Role.SYO))


async def held(
    c: Console, subject: str = "見積書の件", to: Sequence[str] = TO, sender: str = "a@b.example", names: Sequence[str] = ()
) -> int:
    await c.rooms.accept(subject.encode(), to, sender)
    lease = await c.rooms.claim()
    outcome = holding(lease)
    [hold] = outcome.held
    filed = Filed(subject, sender, tuple(names), tuple(f"{n:064}" for n, _ in enumerate(names)))
    outcome = type(outcome)(
        moves=outcome.moves,
        held=(type(hold)(hold.recipients, hold.decision, hold.report, subject),),
        events=outcome.events,
        filed=filed,
    )
    await c.rooms.spool.settle(lease, outcome)
    return (await c.rooms.quarantine.list())[0].id


async def test_the_list_shows_what_is_held_and_filters(c: Console, reviewer: Browser) -> None:
    await held(c, "見積書の件")
    await held(c, "請求書 在中", sender="boss@other.example")
    page = (await reviewer.get("/held")).text
    assert "見積書の件" in page
    assert "請求書 在中" in page
    for query in ("sender=other", "text=請求書", "text=ｾｲｷｭｳ", "text=請求書 other.example", "verdict=sanitised&text=請求"):
        page = (await reviewer.get(f"/held?{query}")).text
        assert ("請求書 在中" in page) is ("ｾｲ" not in query), query
        assert "見積書の件" not in page, query
    for query in ("rule=nothing", "verdict=infected", "age=7", "state=released", "text=%25", "sender=%27"):
        assert "該当するメールはありません" in (await reviewer.get(f"/held?{query}")).text, query


@pytest.mark.parametrize(
    "query", ["before=x", "before=99999999999999999", "state=odd", "verdict=odd", "age=1e9", "text=" + "x" * 5_000]
)
async def test_an_address_typed_by_hand_is_no_error(c: Console, reviewer: Browser, query: str) -> None:
    assert (await reviewer.get(f"/held?{query}")).status_code == 200


async def test_words_are_found_folded_in_every_field(c: Console) -> None:
    number = await held(c, "ＴＥＳＴ メールの件", ["Hanako@City.example.lg.jp"], names=["別紙１_予算.xlsx"])
    docket = Docket(c.rooms.db)
    receipt = (await c.rooms.quarantine.show(number)).item.receipt
    for text in ("test", "ﾒｰﾙ", "予算", "別紙1", "hanako", "b.example", receipt.lower(), "test 予算"):
        assert [line.id for line in await docket.page(Filter(text=text))] == [number], text
    assert await docket.page(Filter(text="test 決算")) == []


async def test_pages_go_by_key(c: Console) -> None:
    numbers = [await held(c, f"件名{n}") for n in range(5)]
    docket = Docket(c.rooms.db)
    first = await docket.page(Filter(), limit=2)
    assert [line.id for line in first] == numbers[:-4:-1], "one more says that there is a next page"
    assert [line.id for line in await docket.page(Filter(), before=first[1].id, limit=2)] == numbers[2::-1]


async def test_what_is_alike_is_named(c: Console) -> None:
    one = await held(c, "当選のお知らせ", sender="x@evil.example", names=["賞品.exe"])
    two = await held(c, "当選の お知らせ", sender="y@evil.example", names=["別名.exe"])
    three = await held(c, "別件", sender="x@evil.example")
    alike = await Docket(c.rooms.db).alike((await c.rooms.quarantine.show(one)).item.id, Filter())
    assert {kind: [line.id for line in lines] for kind, lines in alike.items()} == {
        "sender": [three],
        "subject": [],
        "file": [two],
        "host": [],
    }


async def test_one_mail_says_why_and_what(c: Console, reviewer: Browser) -> None:
    number = await held(c)
    page = (await reviewer.get(f"/held/{number}")).text
    for word in ("マクロがあります", "SAN-02", "見積書.docm", "word/vbaProject.bin", "AutoOpen", "hanako@city.example.lg.jp"):
        assert word in page, word


async def test_w1_what_nobody_sees_and_what_is_markup_is_shown_as_words(c: Console, reviewer: Browser) -> None:
    number = await held(c, "請求\u202excod.exe <img src=x onerror=alert(1)> \u200b'\"><script>")
    for path in ("/held", f"/held/{number}"):
        page = (await reviewer.get(path)).text
        assert "請求[U+202E]xcod.exe &lt;img src=x" in page
        assert "\u202e" not in page
        assert "<img" not in page.replace('<img class="page"', "")


async def test_avl03_a_restored_mail_is_marked_and_released_after_somebody_made_sure(c: Console, reviewer: Browser) -> None:
    number = await held(c)
    await c.rooms.db.write(lambda conn: conn.execute(quarantine.update().values(restored="2026-11-28 02:10:07")))
    assert "復元後 要確認" in (await reviewer.get("/held")).text
    page = (await reviewer.get(f"/held/{number}")).text
    assert "2026-11-28 02:10:07 のバックアップから復元したメールです" in page
    assert f'action="/held/{number}/release"' not in page
    assert (await reviewer.post(f"/held/{number}/release", reason=REASON)).status_code == 409
    await reviewer.post("/held/release", entry=[str(number)], reason=REASON)
    assert (await c.rooms.quarantine.show(number)).state is QuarantineState.HELD
    assert (await reviewer.post(f"/held/{number}/undelivered", reason=" ")).status_code == 400
    assert (await reviewer.post(f"/held/{number}/undelivered", reason=REASON)).status_code == 303
    assert "要確認" not in (await reviewer.get("/held")).text
    assert (await reviewer.post(f"/held/{number}/release", reason=REASON)).status_code == 303
    assert (await c.rooms.quarantine.show(number)).state is QuarantineState.RELEASED


async def test_a_release_is_once_with_reason_and_method(c: Console, reviewer: Browser) -> None:
    number = await held(c)
    await reviewer.get(f"/held/{number}")
    assert (await reviewer.post(f"/held/{number}/release", reason=" ")).status_code == 400
    assert (await reviewer.post(f"/held/{number}/release", reason=REASON, profile="odd")).status_code == 404
    assert (await reviewer.post(f"/held/{number}/release", reason=REASON, profile="text")).headers["location"] == "/held"
    lease = await c.rooms.claim()
    assert lease.grant is not None
    assert (lease.grant.who, lease.grant.why, lease.grant.profile) == ("syo", REASON, "text")
    assert "解除しました" in (await reviewer.get("/held")).text
    assert (await reviewer.post(f"/held/{number}/release", reason=REASON)).status_code == 409


async def test_two_reviewers_at_once_act_once(c: Console, reviewer: Browser) -> None:
    number = await held(c)
    other = await c.signed_in(await c.person("two", Role.SYO))
    await other.get(f"/held/{number}")
    assert "two" in (await reviewer.get(f"/held/{number}")).text, "who else is looking"
    assert "閲覧中" in (await reviewer.get("/held")).text
    answers = await asyncio.gather(
        reviewer.post(f"/held/{number}/release", reason=REASON), other.post(f"/held/{number}/delete", reason=REASON)
    )
    assert sorted(a.status_code for a in answers) == [303, 409]


async def test_many_at_once_and_what_was_too_late_is_told(c: Console, reviewer: Browser) -> None:
    numbers = [await held(c, f"広告{n}") for n in range(3)]
    await c.rooms.quarantine.delete(numbers[0], "somebody", "faster")
    assert (await reviewer.post("/held/delete", reason=REASON)).status_code == 400
    await reviewer.post("/held/delete", entry=[str(n) for n in numbers], reason=REASON)
    page = (await reviewer.get("/held?state=deleted")).text
    assert "2件を削除しました。1件はほかの人が処理したか" in page
    assert await c.rooms.quarantine.list() == []


async def test_lg11_a_legal_hold_keeps_from_every_hand_and_from_time(c: Console, reviewer: Browser) -> None:
    number = await held(c)
    await reviewer.post(f"/held/{number}/keep", reason="警察の照会")
    assert "証拠保全" in (await reviewer.get("/held")).text
    assert (await reviewer.post(f"/held/{number}/delete", reason=REASON)).status_code == 409
    entry = await c.rooms.quarantine.show(number)
    with pytest.raises(Kept):
        await c.rooms.quarantine.delete(number, "cli", "x")
    with pytest.raises(Exception, match="legal hold"):
        await c.rooms.spool.delete(entry.item.id, "cli", "x")
    c.rooms.times.pass_(31 * 86_400)
    assert await c.rooms.quarantine.expire() == 0
    await c.rooms.quarantine.let_go(number, "syo", "終了")
    assert await c.rooms.quarantine.expire() == 1
    assert [dict(e.facts)["kept"] for e in await journal.search(c.rooms.db, kind="kept")] == ["True", "False"]


async def test_ac02_a_section_sees_its_own_mail_only(c: Console) -> None:
    mine, other = (
        await held(c, "健康課あて", ["hanako@city.example.lg.jp"]),
        await held(c, "税務課あて", ["jiro@city.example.lg.jp"]),
    )
    people = (Person("hanako@city.example.lg.jp", "花子", "KENKO"), Person("jiro@city.example.lg.jp", "二郎", "ZEIMU"))
    sections = (Section("KENKO", "健康課", "FUKUSHI"), Section("FUKUSHI", "福祉部"), Section("ZEIMU", "税務課"))
    await c.desk.store.directory.replace(Directory(people, sections), 0, "test", "test")
    for patterns in (["KENKO"], ["FUKUSHI"], ["hanako@*"]):
        head = await c.signed_in(await c.person(f"head{len(patterns[0])}", Role.ISM, patterns=patterns))
        page = (await head.get("/held")).text
        assert "健康課あて" in page
        assert "税務課あて" not in page
        assert (await head.get(f"/held/{mine}")).status_code == 200
        for path in ("", "/text", "/outcome", "/pages", "/pages/1/1", "/pages/1/1/picture"):
            assert (await head.get(f"/held/{other}{path}")).status_code == 404
        assert (await head.post(f"/held/{other}/release", reason=REASON)).status_code == 404
        await head.post("/held/release", entry=[str(other)], reason=REASON)
        assert (await c.rooms.quarantine.show(other)).state is QuarantineState.HELD


async def test_a_section_head_without_a_section_sees_nothing(c: Console) -> None:
    await held(c)
    head = await c.signed_in(await c.person("head", Role.ISM))
    assert "該当するメールはありません" in (await head.get("/held")).text


async def test_what_cannot_be_released_says_so(c: Console, reviewer: Browser) -> None:
    number = await held(c)
    await c.rooms.db.write(
        lambda conn: (
            conn.exec_driver_sql(
                "UPDATE quarantine SET rule='infected', decision=json_set(decision, '$.rule', 'infected')"
            ).rowcount
        )
    )
    assert "解除できません" in (await reviewer.get(f"/held/{number}")).text
    assert (await reviewer.post(f"/held/{number}/release", reason=REASON)).status_code == 409
    assert (await c.rooms.quarantine.show(number)).verdict is Verdict.SANITISED
