"""The rules in the console: read, drafted, tried on stored mail, decided by two people, published, taken back."""

from __future__ import annotations

import asyncio
import html
import re
from dataclasses import dataclass

import pytest

from gateway import journal
from gateway.console.roles import RIGHTS, Right
from gateway.directory import Directory, Person, Role, Section
from gateway.model import Decision, Disposition, Group, Inspection, QueueItem
from gateway.policy import file as policy_file
from sanitizers.model import Profile, Verdict
from tests.gateway.console.make_console import CONFIG, Browser, Console
from tests.gateway.make_spool import report

SHIPPED = (CONFIG.parent / "policy.yaml").read_text("utf-8")
RULE = "  - {name: partner-held, match: {sender: '*@b.example'}, action: hold, reason: 確認中, clauses: [HD-03]}\n"
DRAFT = SHIPPED.replace("\nrules:\n", f"\nrules:\n{RULE}", 1)
WHY = "取引先の指示による"
HOUSE = Directory(
    (
        Person("kanri@city.example.lg.jp", "管理 太郎", "it", (Role.SYM,)),
        Person("shinsa@city.example.lg.jp", "審査 花子", "it", (Role.SYO,)),
        Person("mayor@city.example.lg.jp", "副市長", "it", (Role.CISO,)),
    ),
    (Section("it", "情報政策課"),),
)


@dataclass
class Office:
    c: Console
    admin: Browser
    second: Browser

    async def draft(self, text: str = DRAFT) -> str:
        """The path of the page of a new draft."""
        answer = await self.admin.post("/rules/edit", text=text, reason=WHY)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def published(self, path: str) -> None:
        assert (await self.admin.post(f"{path}/propose", reason=WHY)).status_code == 303
        for browser, act in ((self.second, "approve"), (self.admin, "apply")):
            answer = await browser.post(f"{path}/act", act=act, reason="確認した")
            assert answer.status_code == 303, answer.text

    async def version(self) -> str:
        return (await self.c.desk.policy()).version


@pytest.fixture
async def office(c: Console) -> Office:
    await c.desk.store.directory.replace(HOUSE, 0, "test", "test")
    admin = await c.signed_in(await c.person("kanri", Role.SYM, address="kanri@city.example.lg.jp"), elevated=True)
    second = await c.signed_in(await c.person("shinsa", Role.SYO, address="shinsa@city.example.lg.jp"), elevated=True)
    return Office(c, admin, second)


async def test_the_rules_are_read_as_sentences(office: Office) -> None:
    page = (await office.second.get("/rules")).text
    assert "メールで、判定が「ウイルス検知」のとき → 保留する（解除不可）。根拠: AV-01、AV-02、AV-07" in page
    assert "Any mail whose verdict is infected" in page
    assert "作成者・撮影場所などの情報" in page
    assert "変更する" in page
    reader = await office.c.signed_in(await office.c.person("kansa", Role.AUD))
    assert "変更する</a>" not in (await reader.get("/rules")).text


async def test_a_bad_text_stays_in_the_form_with_its_line(office: Office) -> None:
    bad = DRAFT.replace("action: hold, reason: 確認中", "action: pass, reason: 確認中")
    line = DRAFT[: DRAFT.index("partner-held")].count("\n") + 1
    for extra, status in (({"check": "yes"}, 200), ({}, 422)):
        answer = await office.admin.post("/rules/edit", text=bad, reason=WHY, **extra)
        assert answer.status_code == status
        assert f'data-line="{line}"' in answer.text
        assert "次のどれかです" in answer.text
        assert "partner-held" in answer.text
    assert "理由を入力してください" in (await office.admin.post("/rules/edit", text=DRAFT, reason="")).text
    assert "誤りはありません" in (await office.admin.post("/rules/edit", text=DRAFT, check="yes")).text
    assert await office.c.desk.policies.list() == []


async def test_the_text_comes_back_as_it_was(office: Office) -> None:
    """Long, with markup and characters that a page would mark: a form must not change what people sign."""
    text = DRAFT + "# <b>&amp;</b> \u200b</textarea>\n" + "# 長い行です。\n" * 3_000
    path = await office.draft(text)
    number = path.rpartition("/")[2]
    page = (await office.admin.get(f"/rules/edit?version={number}")).text
    shown = re.search(r"<textarea[^>]*>\n(.*)</textarea>", page, re.DOTALL)
    assert shown
    assert "</textarea>" not in shown[1]
    assert html.unescape(shown[1]) == text
    assert (await office.c.desk.policies.get(int(number))).text == text


async def test_lg08_draft_second_person_publication_and_the_way_back(office: Office) -> None:
    before = await office.version()
    path = await office.draft()
    assert "+  - {name: partner-held" in (await office.admin.get(path)).text
    await office.admin.post(f"{path}/propose", reason=WHY)
    alone = await office.admin.post(f"{path}/act", act="approve", reason="自分で")
    assert alone.status_code == 403
    assert "it takes another person" in alone.text
    assert (await office.admin.post(f"{path}/act", act="apply", reason="自分で")).status_code == 409
    assert "承認する</button>" not in (await office.admin.get(path)).text
    assert "承認する</button>" in (await office.second.get(path)).text
    await office.second.post(f"{path}/act", act="approve", reason="確認した")
    assert await office.version() == before, "approved is not published"
    await office.admin.post(f"{path}/act", act="apply", reason="公開")
    assert await office.version() == policy_file.parse(DRAFT).version
    assert "policy.yaml の内容は実施中の規則と違います" in (await office.admin.get("/rules")).text

    other = await office.draft(SHIPPED)
    await office.published(other)
    assert await office.version() == before
    back = (await office.admin.post(f"{path}/restore", reason="誤りだった")).headers["location"]
    await office.published(back)
    assert await office.version() == policy_file.parse(DRAFT).version
    history = (await office.second.get("/rules/versions")).text
    assert history.count("過去の版") == 2
    assert "版1に戻す: 誤りだった" in history
    steps = [dict(e.facts) for e in await journal.search(office.c.rooms.db, kind="case_step")]
    assert {s["actor"] for s in steps} == {"kanri@city.example.lg.jp", "shinsa@city.example.lg.jp"}


async def test_ex02_an_emergency_is_in_force_and_shown(office: Office) -> None:
    path = await office.draft()
    await office.admin.post(f"{path}/propose", reason="攻撃を受けている", emergency="yes")
    assert await office.version() == policy_file.parse(DRAFT).version
    assert "事後承認がなければ24時間で失効" in (await office.second.get("/rules")).text
    assert (await office.admin.post(f"{path}/act", act="ratify", reason="自分で")).status_code == 403


async def test_who_is_not_in_the_directory_changes_nothing(office: Office) -> None:
    stranger = await office.c.signed_in(await office.c.person("dareka", Role.SYM), elevated=True)
    path = await office.draft()
    answer = await stranger.post(f"{path}/propose", reason=WHY)
    assert answer.status_code == 403
    assert "職員名簿" in answer.text


async def test_a_draft_is_edited_and_discarded_but_not_what_was_proposed(office: Office) -> None:
    path = await office.draft()
    number = path.rpartition("/")[2]
    assert (await office.admin.post("/rules/edit", text=SHIPPED, reason=WHY, number=number)).headers["location"] == path
    assert (await office.admin.post(f"{path}/discard")).status_code == 303
    assert (await office.admin.get(path)).status_code == 404
    path = await office.draft()
    await office.admin.post(f"{path}/propose", reason=WHY)
    assert (await office.admin.post(f"{path}/discard")).status_code == 409
    assert (await office.admin.post(f"{path}/propose", reason=WHY)).status_code == 409
    number = path.rpartition("/")[2]
    late = await office.admin.post("/rules/edit", text=SHIPPED, reason=WHY, number=number)
    assert late.status_code == 409
    assert SHIPPED[-40:-10] in late.text, "the text is not lost"


async def decided(c: Console, sender: str) -> QueueItem:
    """A stored mail that the present rules delivered, by the record."""
    item = await c.rooms.accept(sender.encode(), ("hanako@city.example.lg.jp",), sender)
    await c.rooms.clear()
    policy = await c.desk.policy()
    decision = Decision(Disposition.DELIVER, "inbound", "", ("SAN-02",), policy.version, "rebuild")
    seen = Inspection(report(), Verdict.SANITISED, None, (), 4)
    await c.rooms.journal.write(journal.Decided.of(item, Group(item.recipients, "rebuild"), seen, decision))
    return item


async def test_dv02_a_draft_is_tried_on_stored_mail(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = await decided(office.c, "sales@b.example"), await decided(office.c, "x@other.example")
    path = await office.draft()
    await office.admin.post(f"{path}/trial", limit="10")
    trial = office.c.desk.trials.of(1)
    assert trial is not None
    assert trial.task is not None
    await trial.task
    page = (await office.admin.get(f"{path}/trial")).text
    assert "1 通の扱いが変わります" in page
    assert "無害化して届ける → 保留する" in page
    assert one.receipt in page
    [tried] = await journal.search(office.c.rooms.db, kind="policy_tried")
    assert dict(tried.facts) | {"actor": "kanri", "mails": "2", "changed": "1"} == dict(tried.facts)


async def test_a_trial_that_runs_tells_how_far_and_is_stopped(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    await decided(office.c, "sales@b.example")
    looking = asyncio.Event()

    async def for_ever(item: str, profile: Profile, *, keep_leaves: bool = False) -> Inspection:
        looking.set()
        await asyncio.sleep(3_600)
        raise AssertionError

    monkeypatch.setattr(office.c.desk.preview, "stored", for_ever)
    path = await office.draft()
    await office.admin.post(f"{path}/trial", full="yes")
    await looking.wait()
    answer = await office.admin.get(f"{path}/trial")
    assert answer.headers["refresh"] == "2"
    assert "0 / 1" in answer.text
    assert (await office.second.post(f"{path}/trial")).status_code == 409
    await office.admin.post(f"{path}/trial/stop")
    answer = await office.admin.get(f"{path}/trial")
    assert "refresh" not in answer.headers
    assert "途中で止めました" in answer.text


def test_who_may_change_may_read() -> None:
    for rights in RIGHTS.values():
        assert Right.CHANGE_POLICY not in rights or Right.READ_POLICY in rights
