"""ML-02, ML-04, ML-05, ML-07, ML-10, AC-10, LG-10: what leaves is judged by its signs, through a running gateway."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from tests.end_to_end.outbound import SHIPPED, STAFF, House, house, mail

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
PARTNER = "partner@company.example.com"
BOSS, ASKS, SECOND = (f"{name}@city.example.lg.jp" for name in ("boss", "officer", "second"))
LONG = """お世話になっております。庁舎空調設備の保守に関する見積書をお送りいたします。
ご査収のほどよろしくお願い申し上げます。納期は来年三月末を予定しており、詳細な日程は別途ご相談させてください。
"""
YAMADA = "yamada@company.example.co.jp"
REPORT = """From: tanaka@city.example.lg.jp
To: partner@company.example.com
Subject: report
MIME-Version: 1.0
X-Loop: x
Auto-Submitted: auto-generated
Content-Type: multipart/report; report-type={kind}; boundary="b"

--b
Content-Type: text/plain

report
--b
Content-Type: message/{kind}

Reporting-UA: x
--b--
"""
PEOPLE = f"""people:
  - {{address: {STAFF}, name: 田中 太郎, section: 総務課, roles: [usr]}}
  - {{address: {BOSS}, name: 課長, section: 総務課, roles: [ism]}}
  - {{address: {ASKS}, name: 担当, section: 総務課, roles: [syo]}}
  - {{address: {SECOND}, name: 情報政策課長, section: 総務課, roles: [sym]}}
  - {{address: part@city.example.lg.jp, name: 短時間, section: 総務課, attribute: part_time}}
  - {{address: vendor@city.example.lg.jp, name: 委託, section: 総務課, attribute: contractor}}
  - {{address: gone@city.example.lg.jp, name: 前任, section: 総務課, until: {date.today() - timedelta(days=1)}}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(clamd, tmp_path_factory.mktemp("policy")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def shipped(site: House) -> AsyncIterator[House]:
    yield site
    await site.policy(SHIPPED)


async def refused(site: House, receipt: str) -> str:
    """Nothing left, and what its sender was told."""
    assert await site.left(receipt) == []
    told = [d for d in await site.told(receipt) if "送信できません" in d.message["Subject"]]
    assert len(told) == 1
    return str(told[0].message.get_content())


def ruled(name: str, sign: str, clause: str, action: str = "reject") -> str:
    """The shipped rules with one more, first of the outbound ones."""
    rule = f"""  - name: {name}
    match: {{direction: outbound, sign: {sign}}}
    action: {action}
    reason: テストの規則です。
    clauses: [{clause}]

"""
    return SHIPPED.replace("  - name: infected-outbound", rule + "  - name: infected-outbound")


async def test_ml04_a_mail_that_leaves_as_it_came_is_sent_back_and_a_person_may_forward(site: House) -> None:
    came = mail("見積書の送付について", LONG, From=YAMADA, To=STAFF, Message_ID="<first@example.co.jp>")
    await site.came_in(await site.send(came, STAFF, sender=YAMADA, inbound=True))
    receipt = await site.send(came, "me@example.net")
    text = await refused(site, receipt)
    assert "同じメール (Message-ID) が" in text
    assert "差出人 (From) が庁外のままです" in text
    assert "auto-forwarded" in site.journal(receipt, "decided")
    mine = mail("FW: 見積書の送付について", f"佐藤様\n\nご確認ください。\n\n-----Original Message-----\nFrom: yamada\n\n{LONG}")
    [left] = await site.left(await site.send(mine, PARTNER))
    assert "ご確認ください" in left.message.get_content()


def recorded(site: House) -> list[str]:
    """What is in the journal, sealed or not, but for what the gateway tells of itself meanwhile."""
    lines = site.gateway.mugai("journal", "tail", "-n", "1000").splitlines()
    return [line.split(maxsplit=1)[1] for line in lines if " alarm " not in line]


async def test_ml04_explain_tells_points_rules_and_letters_before_anything_is_sent(site: House, tmp_path: Path) -> None:
    came = mail("会議の件", LONG.replace("見積書", "議事録"), From=YAMADA, To=STAFF, Message_ID="<asked@example.co.jp>")
    await site.came_in(await site.send(came, STAFF, sender=YAMADA, inbound=True))
    path = tmp_path / "mail.eml"
    path.write_bytes(came.as_bytes())
    command = ("explain", str(path), "--direction", "outbound", "--from", STAFF, "--to", "me@example.net")
    before = recorded(site)
    [told] = json.loads(await asyncio.to_thread(site.gateway.mugai, *command, "--json"))
    assert (told["disposition"], told["rule"], told["state"]) == ("reject", "auto-forwarded", "bounced")
    assert any("同じメール (Message-ID) が" in line for sign in told["signs"] for line in sign["evidence"])
    assert [told["rules"][0]["answer"], told["rules"][-1]["answer"]] == ["not_shown", "holds"]
    assert "→ 差出人に返す" in told["sentence"]["ja"]
    assert "rejected to its sender" in told["sentence"]["en"]
    said = {letter["to"][0]: letter["text"] for letter in told["letters"]}
    assert "次のメールは送信していません" in said[STAFF]
    assert "庁内だけなのに" in said["postmaster@city.example.lg.jp"]  # the directory names no ism
    shown = await asyncio.to_thread(site.gateway.mugai, *command)
    assert "これで決まる decides: auto-forwarded" in shown
    assert recorded(site) == before, "nothing is recorded"


async def test_ml04_marks_of_the_way_are_seen_and_never_delivered(shipped: House) -> None:
    await shipped.policy(SHIPPED.replace("auto_forwarded: 5", "auto_forwarded: 50"))
    marks = {"X_Forwarded_For": STAFF, "X_MS_Exchange_Inbox_Rules_Loop": STAFF, "Delivered_To": STAFF, "X_Loop": STAFF}
    receipt = await shipped.send(mail(**marks), PARTNER)
    [left] = await shipped.left(receipt)
    assert not any(name.replace("_", "-") in left.message for name in marks)
    assert "auto_forwarded 1" in shipped.journal(receipt, "decided")


async def test_ml04_a_delivery_report_and_a_read_receipt_pass(site: House) -> None:
    for kind in ("delivery-status", "disposition-notification"):
        content = REPORT.format(kind=kind).replace("\n", "\r\n").encode()
        receipt = await site.send(content, PARTNER, sender="" if kind == "delivery-status" else STAFF)
        assert len(await site.left(receipt)) == 1


@pytest.mark.parametrize(
    ("address", "leaves"),
    [
        ("tanaka@gmail.com", False),
        ("tanaka.taro1985@yahoo.co.jp", False),
        ("citizen@gmail.com", True),
    ],
)
async def test_ml07_staff_to_their_own_free_mail_is_kept_citizens_are_not(site: House, address: str, leaves: bool) -> None:
    receipt = await site.send(mail(To=address), address)
    assert bool(await site.left(receipt)) is leaves
    if not leaves:
        assert next(e for e in site.gateway.held() if e["receipt"] == receipt)["rule"] == "own-free-mail"


async def test_ml07_a_permit_lets_it_go_until_its_last_day(shipped: House) -> None:
    for day, leaves in ((date.today() + timedelta(days=1), True), (date.today() - timedelta(days=2), False)):
        permit = f"permits: [{{sender: {STAFF}, recipient: tanaka@gmail.com, until: {day}, by: ISM, reason: 災害}}]"
        await shipped.policy(SHIPPED.replace("permits: [] ", permit + " "))
        assert bool(await shipped.left(await shipped.send(mail(To="tanaka@gmail.com"), "tanaka@gmail.com"))) is leaves


async def test_ml07_a_ban_sends_back_all_free_mail(shipped: House) -> None:
    await shipped.policy(ruled("free-mail-ban", "free_mail", "ML-07"))
    receipt = await shipped.send(mail(To="citizen@gmail.com"), "citizen@gmail.com", PARTNER)
    assert "ML-07" in await refused_for(shipped, receipt, "citizen@gmail.com")
    assert [d.recipients for d in await shipped.left(receipt)] == [(PARTNER,)]


async def refused_for(site: House, receipt: str, recipient: str) -> str:
    [told] = await site.told(receipt)
    text = str(told.message.get_content())
    assert recipient in text
    return text


async def test_ml05_the_first_mail_to_somebody_is_kept_and_the_next_one_leaves(shipped: House) -> None:
    await shipped.policy(ruled("first-time", "new_recipient", "ML-05", "hold"))
    receipt = await shipped.send(mail(), "fresh@unknown.example.com")
    assert await shipped.left(receipt) == []
    entry = next(e for e in shipped.gateway.held() if e["receipt"] == receipt)
    shipped.gateway.mugai("quarantine", "release", str(entry["number"]), "--reason", "取引先と確認")
    assert len(await shipped.left(receipt)) == 1
    assert len(await shipped.left(await shipped.send(mail("二通目"), "Fresh@unknown.example.com"))) == 1


async def test_ml05_who_wrote_to_us_is_no_stranger(shipped: House) -> None:
    came = mail(From="citizen@first.example.com", To=STAFF)
    await shipped.came_in(await shipped.send(came, STAFF, sender="citizen@first.example.com", inbound=True))
    await shipped.policy(ruled("first-time", "new_recipient", "ML-05", "hold"))
    assert len(await shipped.left(await shipped.send(mail(), "citizen@first.example.com"))) == 1


async def test_ml05_a_section_writes_only_where_it_may(shipped: House) -> None:
    rules = SHIPPED.replace("destinations: {} ", 'destinations: {"*": {denied: ["*@shop.example.com"]}} ')
    await shipped.policy(rules)
    assert "所属から送信を認めていない宛先" in await refused(shipped, await shipped.send(mail(), "x@shop.example.com"))
    assert len(await shipped.left(await shipped.send(mail(), PARTNER))) == 1


async def test_ml02_too_large_is_sent_back_with_both_sizes(shipped: House) -> None:
    await shipped.policy(SHIPPED.replace("larger_than: 20MB", "larger_than: 100KB"))
    message = mail("大きい")
    message.add_attachment("大" * 60_000, filename="a.txt")
    text = await refused(shipped, await shipped.send(message, PARTNER))
    assert "容量" in text
    assert "ML-02" in text


async def test_lg10_a_forged_from_is_kept_with_an_alarm(site: House) -> None:
    receipt = await site.send(mail(From="bank@bank.example.com"), PARTNER)
    assert await site.left(receipt) == []
    assert next(e for e in site.gateway.held() if e["receipt"] == receipt)["rule"] == "forged-sender-outbound"
    assert "internal-spoofing" in site.journal(receipt, "alarm")


async def test_ml10_and_ac10_rights_of_addresses(shipped: House, tmp_path: Path) -> None:
    people = tmp_path / "people.yaml"
    people.write_text("sections:\n  - {code: 総務課, name: 総務課}\n" + PEOPLE)
    shipped.gateway.mugai("directory", "import", str(people), "--reason", "テスト")
    rights = "rights: {part_time: {external: false}, contractor: {attachments: false}} "
    await shipped.policy(SHIPPED.replace("rights: {} ", rights))
    for address, said in (("part", "会計年度任用職員のアドレスからは外部へ送信できません"), ("gone", "有効期間")):
        sender = f"{address}@city.example.lg.jp"
        assert said in await refused(shipped, await shipped.send(mail(From=sender), PARTNER, sender=sender))
    contractor = "vendor@city.example.lg.jp"
    assert len(await shipped.left(await shipped.send(mail(From=contractor), PARTNER, sender=contractor))) == 1
    message = mail("添付", From=contractor)
    message.add_attachment("資料\n", filename="a.txt")
    assert "委託事業者のアドレスからは添付ファイルを送信できません" in await refused(
        shipped, await shipped.send(message, PARTNER, sender=contractor)
    )
    shipped.gateway.mugai("directory", "suspend", STAFF, "--reason", "違反")
    receipt = await shipped.send(mail(), PARTNER)
    assert "利用停止" in await refused(shipped, receipt)
    assert {r for d in await shipped.told(receipt) for r in d.recipients} >= {STAFF, BOSS}
    resume = ("directory", "resume", STAFF, "--reason", "解除", "--as")
    assert "A second person" in shipped.gateway.mugai(*resume, ASKS, check=False)
    shipped.gateway.mugai(*resume, SECOND)
    assert len(await shipped.left(await shipped.send(mail("解除後"), PARTNER))) == 1
