"""What somebody may permit, through a real gateway: ML-06 by approval, ML-02 and ML-07 by exception; SD-09 and AV-08 told."""

from __future__ import annotations

import asyncio
import csv
import io
import re
import secrets
import time
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from tests.end_to_end.outbound import SHIPPED, House, house, mail
from tests.end_to_end.test_protection import HEAD, STAFF, approve, body, case_of, outcome
from tests.running import CONFIG
from tests.sanitizers import make_electronic

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
CISO, OUTSIDE = "fukushicho@city.example.lg.jp", "partner@example.com"
OTHERS = tuple(f"person{n}@company{n}.example.com" for n in range(6))
OWN = "reiji.taro1985@gmail.com"
ASKED = """  - name: bulk-recipients
    match: {direction: outbound, sign: {bulk_recipients: 5, bulk_domains: 2}}
    action: await_approval
    approve: {by: [ism]}
    reason: 外部の宛先が互いに見えるため、情報セキュリティ管理者の許可が必要です。
    clauses: [ML-06]

"""


def rules() -> str:
    """As shipped, but many visible recipients need a permission, 200 kB are large, and own free mail has exceptions."""
    text = re.sub(r"  - name: bulk-recipients\n.*?\n\n", lambda _: ASKED, SHIPPED, count=1, flags=re.DOTALL)
    text = text.replace("larger_than: 20MB", "larger_than: 200KB")
    own = "sign: own_free_mail}\n    action: hold\n"
    return text.replace(own, f"{own}    exceptions: true\n")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(clamd, tmp_path_factory.mktemp("permitted"), rules=rules()) as running:
        mugai = running.gateway.mugai
        await asyncio.to_thread(mugai, "directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
        yield running


def staff_mail(subject: str, **fields: str) -> EmailMessage:
    return mail(subject, From=f"例示 太郎 <{STAFF}>", **fields)


def large(subject: str) -> EmailMessage:
    message = staff_mail(subject)
    message.add_attachment("\n".join(secrets.token_hex(32) for _ in range(5_000)).encode(), "text", "plain", filename="表.txt")
    return message


async def excepted(site: House, rule: str, *scope: str) -> str:
    """An exception that the CISO approved; its number."""
    until_ = time.strftime("%Y-%m-%d", time.localtime(time.time() + 30 * 86_400))
    why = ("--measure", "事前に電話で確認する", "--as", STAFF, "--reason", "ほかに手段がない")
    asked = ("--rule", rule, "--until", until_, *scope, *why)
    number = (await asyncio.to_thread(site.gateway.mugai, "exception", "request", *asked)).partition(":")[0]
    await asyncio.to_thread(site.gateway.mugai, "exception", "approve", number, "--as", CISO, "--reason", "一か月に限る")
    return number


async def revoked(site: House, number: str) -> None:
    await asyncio.to_thread(site.gateway.mugai, "exception", "revoke", number, "--as", CISO, "--reason", "不要になった")


async def test_ml06_await_approval_sends_with_all_recipients_shown_once_somebody_permits_it(site: House) -> None:
    receipt = await site.send(staff_mail("会議のご案内", To=", ".join(OTHERS)), *OTHERS, sender=STAFF)
    await approve(site, receipt)
    [delivered] = await outcome(site, receipt)
    assert set(delivered.recipients) == set(OTHERS)
    assert all(other in str(delivered.message["To"]) for other in OTHERS)
    assert re.search(r"waived=approval \d+", site.journal(receipt, "decided"))


async def test_ml06_await_approval_that_is_denied_sends_nothing_and_says_why(site: House) -> None:
    receipt = await site.send(staff_mail("名簿順のご案内", To=", ".join(OTHERS)), *OTHERS, sender=STAFF)
    number = await case_of(site, receipt)
    await asyncio.to_thread(site.gateway.mugai, "approval", "deny", number, "--as", HEAD, "--reason", "Bcc で送ってください")
    assert await site.left(receipt) == []
    told = await site.told(receipt)
    assert {who for each in told for who in each.recipients} <= {STAFF, HEAD, "zeimuhosa@city.example.lg.jp"}
    assert any(each.recipients == (STAFF,) and "Bcc で送ってください" in body(each) for each in told)


async def test_ml02_a_mail_that_is_too_large_leaves_by_an_approved_exception_only_and_each_use_is_counted(site: House) -> None:
    refused = await site.send(large("図面 一回目"), OUTSIDE, sender=STAFF)
    assert await site.left(refused) == []
    [told] = await site.told(refused)
    assert "送信容量の上限" in body(told)
    number = await excepted(site, "too-large", "--sender", STAFF, "--recipient", OUTSIDE)
    receipt = await site.send(large("図面 二回目"), OUTSIDE, sender=STAFF)
    assert len(await outcome(site, receipt)) == 1
    assert f"exception {number}" in site.journal(receipt, "decided")
    other = await site.send(large("図面 別の宛先"), "other@example.com", sender=STAFF)
    assert await site.left(other) == []
    rows = list(csv.reader(io.StringIO(site.gateway.mugai("exception", "export").removeprefix("\ufeff"))))
    uses = {row[rows[0].index("使用したメール")]: row[rows[0].index("使用回数")] for row in rows[1:]}
    assert uses[receipt] == "1"
    await revoked(site, number)
    assert await site.left(await site.send(large("図面 三回目"), OUTSIDE, sender=STAFF)) == []


async def test_ml07_own_free_mail_leaves_by_an_approved_exception_only(site: House) -> None:
    sender = "reiji.taro@city.example.lg.jp"
    message = mail("資料", From=f"例示 太郎 <{sender}>", To=OWN)
    held = await site.send(message, OWN, sender=sender)
    assert await site.left(held) == []
    number = await excepted(site, "own-free-mail", "--sender", sender, "--recipient", OWN)
    again = await site.send(mail("資料 二", From=f"例示 太郎 <{sender}>", To=OWN), OWN, sender=sender)
    assert len(await outcome(site, again)) == 1
    await revoked(site, number)
    assert await site.left(await site.send(mail("資料 三", From=f"例示 太郎 <{sender}>", To=OWN), OWN, sender=sender)) == []


async def test_sd09_a_signed_file_arrives_with_what_its_signature_said_and_the_signed_original_is_kept(site: House) -> None:
    message = mail("契約書", From=f"相手方 <{OUTSIDE}>", To=STAFF)
    signed = make_electronic.signed_pdf(make_electronic.identity())
    message.add_attachment(signed, "application", "pdf", filename="契約書.pdf")
    receipt = await site.send(message, STAFF, sender=OUTSIDE, inbound=True)
    [delivered] = await site.came_in(receipt)
    assert "電子署名は無害化により外れます" in body(delivered)
    assert "「契約書.pdf」の電子署名" in body(delivered)
    [part] = delivered.message.iter_attachments()
    assert bytes(part.get_payload(decode=True) or b"") != signed


async def test_av08_a_sender_who_shows_another_address_than_the_real_one_is_pointed_out(site: House) -> None:
    shown = "soumubucho@city.example.lg.jp"
    message = mail("至急", From=f'"{shown}" <{OUTSIDE}>', To=STAFF)
    receipt = await site.send(message, STAFF, sender=OUTSIDE, inbound=True)
    [delivered] = await site.came_in(receipt)
    assert f"差出人の表示名に {shown} というアドレスが含まれていますが、実際の送信元は {OUTSIDE} です" in body(delivered)
