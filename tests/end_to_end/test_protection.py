"""SD-02 and SD-07 through a real gateway: what needs a lock leaves as a ZIP that opens, and only its sender is told by what."""

from __future__ import annotations

import asyncio
import email.policy
import io
import re
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import docx
import pikepdf
import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from sanitizers.job import Findings
from sanitizers.model import Profile
from sanitizers.unpack import unpack
from tests.end_to_end.outbound import SHIPPED, Delivered, House, house, mail
from tests.running import CONFIG
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
STAFF, HEAD = (f"{name}@city.example.lg.jp" for name in ("staff", "zeimukacho"))
TO, PREFECTURE = "partner@example.com", "zeimu@pref.example.lg.jp"
WORD = ("application", "vnd.openxmlformats-officedocument.wordprocessingml.document")
AGREED, TYPED = "Agreed-2026-Pref", "Open-This-2026"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("protection")
    async with house(clamd, place, rules=rules(place)) as running:
        mugai = running.gateway.mugai
        await asyncio.to_thread(mugai, "directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def requiring(site: House) -> AsyncIterator[House]:
    shipped = site.gateway.policy.read_text()
    await site.policy(shipped.replace("mode: encrypt", "mode: require"))
    yield site
    await site.policy(shipped)


def rules(place: Path) -> str:
    """As shipped; with one organisation a password is agreed."""
    agreed = place / "agreed.txt"
    agreed.write_text(f"*@pref.example.lg.jp {AGREED}\n")
    agreed.chmod(0o600)
    return SHIPPED.replace('agreed: ""', f'agreed: "{agreed}"')


def document(subject: str, *files: str) -> EmailMessage:
    message = mail(subject, From=f"例示 太郎 <{STAFF}>")
    for name in files:
        written, out = docx.Document(), io.BytesIO()
        written.add_paragraph(f"{name} の内容")
        written.save(out)
        message.add_attachment(out.getvalue(), *WORD, filename=name)
    return message


def locked_pdf(password: str) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user=password, R=6))
    return out.getvalue()


async def case_of(site: House, receipt: str) -> str:
    """The number of the one approval that a mail waits for."""
    asked = (
        "SELECT c.id FROM workflow_case c JOIN message m ON c.message = m.id"
        " WHERE m.receipt = ? AND c.kind = 'approval' AND NOT c.final"
    )
    [(number,)] = await until(lambda: site.gateway.asked(asked, receipt), lambda: site.journal(receipt))
    return str(number)


async def approve(site: House, receipt: str) -> None:
    number = await case_of(site, receipt)
    mugai = site.gateway.mugai
    await asyncio.to_thread(mugai, "approval", "approve", number, "--as", HEAD, "--reason", "宛先と内容を確認した")


async def unlock(site: House, receipt: str, password: str) -> None:
    """By a hand that need not hear whether it was the right one."""
    waits = (
        "SELECT q.id FROM quarantine q JOIN message m ON q.message = m.id"
        " WHERE m.receipt = ? AND q.rule = 'password-wanted' AND q.state = 'held'"
    )
    [(number,)] = await until(lambda: site.gateway.asked(waits, receipt), lambda: site.journal(receipt))
    given = f"{password}\n"
    await asyncio.to_thread(lambda: site.gateway.mugai("quarantine", "unlock", str(number), stdin=given, check=False))


async def outcome(site: House, receipt: str) -> list[Delivered]:
    """What left, once it has."""
    await until(lambda: site.gateway.facts("cleared_for_delivery", receipt), lambda: site.journal(receipt))
    return await site.left(receipt)


def attachment(delivered: Delivered) -> tuple[str, bytes]:
    [part] = delivered.message.iter_attachments()
    return str(part.get_filename()), bytes(part.get_payload(decode=True) or b"")


def inside(content: bytes, password: str) -> dict[str, bytes]:
    items = unpack(content, "application/zip", Profile(passwords=(password,)), Findings())
    return {item.names[0]: item.content for item in items}


def body(delivered: Delivered) -> str:
    part = delivered.message.get_body()
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


async def test_sd02_an_approved_class_2_mail_leaves_as_a_zip_and_only_its_sender_is_told_the_password(site: House) -> None:
    receipt = await site.send(document("【機密性2】協議資料", "協議書.docx", "別紙.docx"), TO, sender=STAFF)
    await approve(site, receipt)
    [delivered] = await outcome(site, receipt)
    name, content = attachment(delivered)
    assert name == "添付ファイル.zip"
    assert "7-Zip" in body(delivered)
    told = [d for d in await site.told(receipt) if "暗号化しました" in str(d.message["Subject"])]
    assert [d.recipients for d in told] == [(STAFF,)]
    found = re.search(r"^パスワード: (\S+)", body(told[0]), re.MULTILINE)
    assert found, body(told[0])
    password = found[1]
    files = inside(content, password)
    assert list(files) == ["協議書.docx", "別紙.docx"]
    assert "協議書.docx の内容" in docx.Document(io.BytesIO(files["協議書.docx"])).paragraphs[0].text
    assert password.encode() not in delivered.raw
    assert password not in await asyncio.to_thread(site.journal, receipt)
    assert "zip_aes256" in site.journal(receipt, "attachments_locked")
    assert copies(site) == 0


def copies(site: House) -> int:
    """Contents that the store still has of mails, notices among them, that it sent: none once they are delivered."""
    return len(site.gateway.asked("SELECT id FROM cleared WHERE content IS NOT NULL OR blob IS NOT NULL"))


async def test_sd02_a_file_that_its_sender_locked_leaves_locked_after_one_password_and_one_approval(site: House) -> None:
    message = mail("【機密性2】名簿", From=f"例示 太郎 <{STAFF}>")
    message.add_attachment(locked_pdf(TYPED), "application", "pdf", filename="名簿.pdf")
    receipt = await site.send(message, TO, PREFECTURE, sender=STAFF)
    await unlock(site, receipt, TYPED)
    await approve(site, receipt)
    [delivered] = await outcome(site, receipt)
    assert set(delivered.recipients) == {TO, PREFECTURE}  # the sender's password, not the agreed one
    name, content = attachment(delivered)
    assert name == "名簿.zip"
    with pikepdf.open(io.BytesIO(inside(content, TYPED)["名簿.pdf"])) as pdf:
        assert len(pdf.pages) == 1
    rules_met = site.journal(receipt, "decided")
    assert rules_met.count("await_password") == 1
    assert rules_met.count("await_approval") == 1
    [told] = [d for d in await site.told(receipt) if "暗号化しました" in str(d.message["Subject"])]
    assert "あなたが入力したもの" in body(told)
    assert TYPED not in body(told) + site.journal(receipt)


async def test_sd02_where_a_password_is_agreed_it_is_used_and_the_others_get_their_own(site: House) -> None:
    receipt = await site.send(document("【機密性2】照会", "回答.docx"), TO, PREFECTURE, sender=STAFF)
    await approve(site, receipt)
    left = {d.recipients: attachment(d) for d in await outcome(site, receipt)}
    assert set(left) == {(TO,), (PREFECTURE,)}
    assert list(inside(left[(PREFECTURE,)][1], AGREED)) == ["回答.docx"]
    texts = [body(d) for d in await site.told(receipt) if "暗号化しました" in str(d.message["Subject"])]
    assert len(texts) == 2
    assert sum("あらかじめ決めた" in text for text in texts) == 1
    assert AGREED not in "".join(texts)


async def test_sd02_a_mail_that_needs_no_lock_leaves_open(site: House) -> None:
    receipt = await site.send(document("【機密性1】案内", "案内.docx"), TO, sender=STAFF)
    [delivered] = await outcome(site, receipt)
    assert attachment(delivered)[0] == "案内.docx"
    assert await site.untold(receipt)


async def test_sd02_where_senders_lock_files_an_open_one_comes_back_with_what_to_do(requiring: House) -> None:
    receipt = await requiring.send(document("【機密性2】協議資料", "協議書.docx"), TO, sender=STAFF)
    assert await requiring.left(receipt) == []
    [told] = await requiring.told(receipt)
    assert "暗号化しなければ外部に送信できません" in body(told)
    assert "AES-256" in body(told)
    assert "unprotected" in requiring.journal(receipt, "decided")


async def test_sd02_where_senders_lock_files_a_locked_one_leaves(requiring: House) -> None:
    message = mail("【機密性2】名簿", From=f"例示 太郎 <{STAFF}>")
    message.add_attachment(locked_pdf(TYPED), "application", "pdf", filename="名簿.pdf")
    receipt = await requiring.send(message, TO, sender=STAFF)
    await unlock(requiring, receipt, TYPED)
    await approve(requiring, receipt)
    [delivered] = await outcome(requiring, receipt)
    assert list(inside(attachment(delivered)[1], TYPED)) == ["名簿.pdf"]


async def test_sd02_what_cannot_be_opened_does_not_leave(site: House) -> None:
    message = mail("資料", From=f"例示 太郎 <{STAFF}>")
    message.add_attachment(locked_pdf(TYPED), "application", "pdf", filename="a.pdf")
    receipt = await site.send(message.as_bytes(policy=email.policy.SMTP), TO, sender=STAFF)
    await unlock(site, receipt, "wrong-password")
    await until(lambda: len(site.gateway.facts("decided", receipt)) == 2, lambda: site.journal(receipt))
    assert {each["disposition"] for each in site.gateway.facts("decided", receipt)} == {"await_password"}
    assert await site.left(receipt) == []
