"""ML-06 and what a rule may do with outbound mail: hide recipients, send back, tell whom it concerns."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from gateway.clamd import EICAR, PrivateClamd
from tests.end_to_end.outbound import SHIPPED, STAFF, House, house, mail

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
OTHERS = tuple(f"person{n}@company{n}.example.com" for n in range(6))
CSIRT = "csirt@city.example.lg.jp"
HIDE = "    recipients: hide\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(clamd, tmp_path_factory.mktemp("outbound"), f"contacts: {{csirt: [{CSIRT}]}}\n") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def shipped(site: House) -> AsyncIterator[House]:
    """The shipped rules, again after whatever a test made of them."""
    yield site
    await site.policy(SHIPPED)


async def test_ml06_rewrite_hides_recipients_delivers_to_each_once_and_tells_the_sender(site: House) -> None:
    message = mail(
        To=", ".join(OTHERS[:3]),
        Cc=", ".join(OTHERS[3:]) + ", boss@city.example.lg.jp",
        Reply_To=f"{STAFF}, {OTHERS[0]}",
        Resent_To=OTHERS[1],
        List_Post=f"<mailto:{OTHERS[2]}>",
    )
    receipt = await site.send(message, *OTHERS)
    left = await site.left(receipt)
    assert sorted(d.recipients for d in left) == sorted((r,) for r in OTHERS)
    for delivered in left:
        assert delivered.message["To"] == "undisclosed-recipients:;"
        assert delivered.message["Reply-To"] == STAFF
        assert not any(other.encode() in delivered.raw for other in (*OTHERS, "boss@city"))
    assert len({d.message["Message-ID"] for d in left}) == 1
    [told] = await site.told(receipt)
    assert told.recipients == (STAFF,)
    assert (
        "外部の宛先が6件あったため、宛先を非表示にして1件ずつ送信しました(情報セキュリティ対策基準 ML-06)。"
        in told.message.get_content()
    )
    assert all(other in site.journal(receipt, "recipients_hidden") for other in OTHERS)


async def test_ml06_rewrite_to_the_sender_and_in_one_delivery(shipped: House) -> None:
    await shipped.policy(SHIPPED.replace("to: undisclosed", "to: sender").replace("delivery: each", "delivery: together"))
    receipt = await shipped.send(mail(To=", ".join(OTHERS)), *OTHERS)
    [delivered] = await shipped.left(receipt)
    assert sorted(delivered.recipients) == sorted(OTHERS)
    assert STAFF in delivered.message["To"]
    assert not any(other.encode() in delivered.raw for other in OTHERS)
    [told] = await shipped.told(receipt)
    assert "まとめて送信しました" in told.message.get_content()


@pytest.mark.parametrize(
    ("to", "cc", "recipients"),
    [
        ("a@company.example.com, b@company.example.com", "boss@city.example.lg.jp", 2),  # one organisation, under five
        (STAFF, "a@city.example.lg.jp, b@city.example.lg.jp, c@city.example.lg.jp, d@city.example.lg.jp", 6),  # Bcc
    ],
)
async def test_ml06_under_the_threshold_internal_and_bcc_are_left_alone(site: House, to: str, cc: str, recipients: int) -> None:
    receipt = await site.send(mail(To=to, Cc=cc), *(f"p{n}@company.example.com" for n in range(recipients)))
    [delivered] = await site.left(receipt)
    assert len(delivered.recipients) == recipients
    assert delivered.message["To"] == to
    assert delivered.message["Cc"] == cc
    assert await site.untold(receipt)


async def test_ml06_an_exempt_group_may_be_seen(shipped: House) -> None:
    await shipped.policy(SHIPPED.replace("exempt: [] ", 'exempt: ["*@pref.example.lg.jp"] '))
    group = tuple(f"p{n}@pref.example.lg.jp" for n in range(7))
    receipt = await shipped.send(mail(To=", ".join(group)), *group)
    [delivered] = await shipped.left(receipt)
    assert set(delivered.recipients) == set(group)
    assert group[0] in delivered.message["To"]


async def test_ml06_hold_and_the_release_still_hides(shipped: House) -> None:
    rules = SHIPPED.replace("  - name: bulk-recipients", HELD + "  - name: bulk-recipients")
    await shipped.policy(rules)
    receipt = await shipped.send(mail(To=", ".join(OTHERS)), *OTHERS)
    assert await shipped.left(receipt) == []
    entry = next(e for e in shipped.gateway.held() if e["receipt"] == receipt)
    assert entry["rule"] == "bulk-asked"
    shipped.gateway.mugai("quarantine", "release", str(entry["number"]), "--reason", "確認済み")
    left = await shipped.left(receipt)
    assert sorted(d.recipients for d in left) == sorted((r,) for r in OTHERS)
    assert not any(other.encode() in d.raw for d in left for other in OTHERS)


async def test_ml06_reject_answers_the_sender_and_nobody_outside(shipped: House) -> None:
    rules = SHIPPED.replace("  - name: bulk-recipients", HELD.replace("hold", "reject") + "  - name: bulk-recipients")
    await shipped.policy(rules)
    receipt = await shipped.send(mail("説明会のご案内", To=", ".join(OTHERS)), *OTHERS)
    assert await shipped.left(receipt) == []
    [told] = await shipped.told(receipt)
    text = told.message.get_content()
    assert (told.recipients, told.message["Subject"]) == ((STAFF,), "【送信できません】説明会のご案内")
    assert "宛先には届いていません" in text
    assert "互いに見える外部の宛先 6件" in text
    assert "ML-06" in text
    assert "bounced" in shipped.state(receipt)
    assert shipped.gateway.held() == [e for e in shipped.gateway.held() if e["receipt"] != receipt]


async def test_a_report_that_a_rule_rejects_is_kept_since_nobody_can_be_told(shipped: House) -> None:
    rules = SHIPPED.replace("  - name: bulk-recipients", HELD.replace("hold", "reject") + "  - name: bulk-recipients")
    await shipped.policy(rules)
    receipt = await shipped.send(mail(To=", ".join(OTHERS)), OTHERS[0], sender="")
    assert await shipped.left(receipt) == []
    assert any(e["receipt"] == receipt for e in shipped.gateway.held())


async def test_av02_malware_from_inside_is_kept_and_sender_and_csirt_hear_of_it(site: House) -> None:
    message = mail("資料")
    message.add_attachment(EICAR, "application", "octet-stream", filename="a.com")
    receipt = await site.send(message, "partner@example.com")
    assert await site.left(receipt) == []
    assert next(e for e in site.gateway.held() if e["receipt"] == receipt)["rule"] == "infected-outbound"
    told = await site.told(receipt)
    assert {r for d in told for r in d.recipients} == {STAFF, CSIRT, "postmaster@city.example.lg.jp"}
    assert "internal-infection" in site.journal(receipt, "alarm")


HELD = """  - name: bulk-asked
    match: {direction: outbound, sign: {bulk_recipients: 5}}
    action: hold
    reason: 外部の宛先が多いため、送信していません。
    clauses: [ML-06]

"""
