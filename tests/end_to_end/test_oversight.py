"""What those who answer for the mail see and do, with real mails (rows ML-01 to IN-03, see docs/outbound.md)."""

from __future__ import annotations

import asyncio
import email.policy
import io
import json
import smtplib
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pikepdf
import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session

from gateway.clamd import PrivateClamd
from tests.end_to_end.outbound import SHIPPED, House, deliveries, house, mail
from tests.running import CONFIG
from tests.sanitizers import make_electronic

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
STAFF, HEAD, CISO, OFFICER = (f"{n}@city.example.lg.jp" for n in ("staff", "zeimukacho", "fukushicho", "jouhou"))
CHIEF = "jouhoukacho@city.example.lg.jp"
PARTNER, TERMINAL = "partner@company.example.com", "127.0.0.9"
REFUSED: dict[str, str] = {}  # what the mailbox server says of whom
OFF = "{warn: 0, throttle: 0, stop: 0}"
VOLUME = f"""volume:
  inbound: {{sender: {{warn: 2, throttle: 0, stop: 4}}, source: {OFF}, all: {OFF}}}
  outbound: {{sender: {OFF}, source: {{warn: 0, throttle: 0, stop: 60}}, all: {OFF}}}
"""


async def mailbox(server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
    """The hook of aiosmtpd for RCPT."""
    if address in REFUSED:
        return REFUSED[address]
    envelope.rcpt_tos.append(address)
    return "250 2.1.5 ok"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    rules = SHIPPED.replace("larger_than: 20MB", "larger_than: 100KB")
    async with house(clamd, tmp_path_factory.mktemp("oversight"), f"{VOLUME}reports: {CONFIG / 'reports'}\n", rules) as running:
        running.inside.handle_RCPT = mailbox  # type: ignore[attr-defined]
        running.gateway.mugai("directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
        yield running


async def did(site: House, *command: str, check: bool = True) -> str:
    return await asyncio.to_thread(lambda: site.gateway.mugai(*command, check=check))


def answers(port: int, sender: str, recipients: tuple[str, ...], source: str) -> list[int]:
    """What the listener says to MAIL and each RCPT of a client at this address; then it sends a mail, if it may."""
    with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=60, source_address=(source, 0)) as client:
        client.ehlo()
        codes = [client.mail(sender)[0]]
        codes += [client.rcpt(recipient)[0] for recipient in recipients if codes == [250] * len(codes)]
        if codes == [250] * len(codes):
            codes.append(client.data(mail(From=sender, To=recipients[0]).as_bytes(policy=email.policy.SMTP))[0])
        return codes


async def until(site: House, kind: str, *words: str) -> str:
    for _ in range(300):
        told = await did(site, "journal", "search", "--kind", kind)
        if all(word in told for word in words):
            return told
        await asyncio.sleep(0.2)
    raise AssertionError(f"{words} are not among the {kind}")


async def test_ml02_ex03_a_size_over_the_limit_leaves_by_an_approved_exception_which_the_register_keeps(site: House) -> None:
    def large() -> EmailMessage:
        message = mail(
            "図面", From=f"例示 太郎 <{STAFF}>"
        )  # another Message-ID: the same bytes again would be a client's retry
        message.add_attachment("大" * 60_000, filename="a.txt")
        return message

    refused = await site.send(large(), PARTNER, sender=STAFF)
    assert await site.left(refused) == []
    assert "too-large" in site.journal(refused, "decided")
    scope = ("--rule", "too-large", "--sender", STAFF, "--until", "2027-03-31", "--measure", "分割できない")
    number = (await did(site, "exception", "request", *scope, "--as", STAFF, "--reason", "図面の送付")).split(":")[0]
    await did(site, "exception", "approve", number, "--as", CISO, "--reason", "認める")
    allowed = await site.send(large(), PARTNER, sender=STAFF)
    [left] = await site.left(allowed)
    assert [part.get_filename() for part in left.message.iter_attachments()] == ["a.txt"]
    [row] = [line for line in (await did(site, "exception", "export")).splitlines() if "too-large" in line]
    assert all(word in row for word in ("図面の送付", "分割できない", CISO, allowed))
    assert refused not in row


async def test_ml03_a_full_mailbox_waits_or_comes_back_with_a_notice_in_japanese(site: House) -> None:
    full, busy = "full@city.example.lg.jp", "busy@city.example.lg.jp"
    REFUSED.update({full: "552 5.2.2 mailbox full", busy: "452 4.2.2 over quota"})
    writer = "writer@full.example.com"
    back = await site.send(mail("満杯", From=writer, To=full), full, sender=writer, inbound=True)
    late = await site.send(mail("待つ", From=writer, To=busy), busy, sender=writer, inbound=True)
    await until(site, "bounced", "5.2.2")
    await until(site, "deferred", "4.2.2")
    REFUSED.clear()
    [arrived] = await site.came_in(late)
    assert arrived.recipients == (busy,)
    assert await site.came_in(back) == []
    [report] = [d for d in deliveries(site.outside) if d.recipients == (writer,)]
    text = readable(report.message)
    assert "次の宛先へ届けることができませんでした" in text
    assert full in text
    assert back in text


def readable(message: EmailMessage) -> str:
    """The part of a delivery report that people read (RFC 3464 2)."""
    return next(str(part.get_content()) for part in message.walk() if part.get_content_type() == "text/plain")


async def test_ml09_what_can_not_be_looked_into_does_not_leave_by_itself(site: House) -> None:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u", R=6))
    locked = mail("持ち出し", From=f"例示 太郎 <{STAFF}>")
    locked.add_attachment(out.getvalue(), "application", "pdf", filename="a.pdf")
    receipt = await site.send(locked, PARTNER, sender=STAFF)
    assert await site.left(receipt) == []
    assert "await_password" in site.journal(receipt, "decided")
    stated = await site.send(mail("【機密性3】名簿", From=f"例示 太郎 <{STAFF}>"), PARTNER, sender=STAFF)
    assert await site.left(stated) == []
    assert "await_approval" in site.journal(stated, "decided")


async def test_ac08_the_head_who_sends_does_not_approve_and_neither_does_its_deputy(site: House) -> None:
    receipt = await site.send(mail("【機密性2】協議", From=f"税務課長 <{HEAD}>"), PARTNER, sender=HEAD)
    await site.gateway.until_empty()
    [case] = [c for c in json.loads(await did(site, "approval", "list", "--json")) if c["receipt"] == receipt]
    for who in (HEAD, "zeimuhosa@city.example.lg.jp", STAFF):
        assert await did(site, "approval", "approve", str(case["number"]), "--as", who, "--reason", "自分で", check=False) == ""
    assert await site.left(receipt) == []
    told = [str(d.message.get_content()) for d in await site.told(receipt)]
    assert any("まだ送信していません。承認を待っています。" in text for text in told)


async def test_in02_in03_an_incident_keeps_its_record_and_its_reports_are_drafted_from_the_journal(site: House) -> None:
    receipt = await site.send(mail("誤って送った資料", From=f"例示 太郎 <{STAFF}>"), PARTNER, sender=STAFF)
    assert len(await site.left(receipt)) == 1
    form = ("--mail", receipt, "--severity", "中", "--as", STAFF, "--reason", "添付の取り違え")
    number = (await did(site, "incident", "report", "資料の誤送付", *form)).split(":")[0]
    first = await did(site, "incident", "draft", number)
    assert "第一報" in first
    assert "資料の誤送付" in first
    assert PARTNER in first
    for who, act, reason in (
        (HEAD, "take", "相手に電話した"),
        (HEAD, "contain", "相手の端末から削除を確認"),
        (HEAD, "propose", "原因: 取り違え。再発防止: 二人で確認"),
    ):
        await did(site, "incident", act, number, "--as", who, "--reason", reason)
    assert await did(site, "incident", "approve", number, "--as", HEAD, "--reason", "自分で", check=False) == ""
    assert "closed" in await did(site, "incident", "approve", number, "--as", CISO, "--reason", "確認した")
    shown = await did(site, "incident", "show", number)
    assert "相手の端末から削除を確認" in shown
    final = await did(site, "incident", "draft", number, "--report", "final")
    assert "最終報" in final
    assert "相手の端末から削除を確認" in final
    assert "再発防止: 二人で確認" in final


async def test_ml11_every_look_into_the_record_says_who_and_why(site: House, tmp_path: Path) -> None:
    receipt = await site.send(mail("照会の対象"), PARTNER)
    assert len(await site.left(receipt)) == 1
    found = await did(
        site, "journal", "search", "--mail", receipt, "--purpose", "CISOの指示による調査 第3号", "--as", "auditor"
    )
    assert PARTNER in found
    paper = tmp_path / "export.csv"
    await did(site, "journal", "export", "--mail", receipt, "--purpose", "監査", "--as", "auditor", "-o", str(paper))
    assert PARTNER in paper.read_text("utf-8-sig")
    looks = await did(site, "journal", "search", "--kind", "searched")
    assert "CISOの指示による調査 第3号" in looks
    assert "auditor" in looks
    assert receipt in looks
    assert "監査" in await did(site, "journal", "search", "--kind", "exported")


async def test_av08_a_targeted_mail_is_marked_at_the_entry_and_a_forged_one_stopped_at_the_exit(site: House) -> None:
    spoof = mail("至急ご確認ください", From=f'"{CHIEF}" <attacker@look.example.com>', To=STAFF)
    receipt = await site.send(spoof, STAFF, sender="attacker@look.example.com", inbound=True)
    [came] = await site.came_in(receipt)
    assert f"差出人の表示名に {CHIEF} というアドレスが含まれていますが" in str(came.message.get_content())
    assert "display_name_spoof" in site.journal(receipt, "decided")
    out = await site.send(mail(From="bank@bank.example.com"), PARTNER, sender=STAFF)
    assert await site.left(out) == []
    assert "internal-spoofing" in site.journal(out, "alarm")


async def test_sd09_a_signature_is_verified_before_the_rebuild_and_the_signed_file_stays_findable(site: House) -> None:
    signed = make_electronic.signed_pdf(make_electronic.identity())
    contract = mail("契約書", From=f"契約 <{PARTNER}>", To=STAFF)
    contract.add_attachment(signed, "application", "pdf", filename="契約書.pdf")
    receipt = await site.send(contract, STAFF, sender=PARTNER, inbound=True)
    [came] = await site.came_in(receipt)
    body = came.message.get_body(("plain",))
    assert body is not None
    assert f"電子署名: {make_electronic.SIGNER}" in str(body.get_content())
    [delivered] = [part for part in came.message.iter_attachments() if part.get_filename() == "契約書.pdf"]
    assert b"/ByteRange" not in delivered.get_content()
    original = await did(site, "journal", "search", "--mail", receipt, "--kind", "received")
    assert "sha256" in original


# the last two leave senders stopped, and mail that waits for them: whatever comes after would wait, too
async def test_ml01_a_flood_from_outside_stops_its_sender_and_nobody_else(site: House) -> None:
    flooder = "flood@bulk.example.com"
    for number in range(4):
        await site.send(mail(f"第{number}号", From=flooder, To=STAFF), STAFF, sender=flooder, inbound=True)
    await until(site, "halted", flooder)
    assert (await asyncio.to_thread(answers, site.gateway.inbound, flooder, (STAFF,), "127.0.0.1"))[-1] == 450
    assert (await asyncio.to_thread(answers, site.gateway.inbound, "other@example.com", (STAFF,), "127.0.0.1"))[-1] == 250
    assert "volume-stop" in await did(site, "journal", "search", "--kind", "alarm"), "four at once pass the warning by"


async def test_lg10_a_terminal_inside_that_sends_to_too_many_is_stopped_by_its_address(site: House) -> None:
    crowd = tuple(f"victim{n}@example.net" for n in range(60))
    assert (await asyncio.to_thread(answers, site.gateway.outbound, STAFF, crowd, TERMINAL))[-1] == 250
    await until(site, "halted", TERMINAL)
    assert (await asyncio.to_thread(answers, site.gateway.outbound, OFFICER, (PARTNER,), TERMINAL))[-1] in (421, 450)
    assert (await asyncio.to_thread(answers, site.gateway.outbound, STAFF, (PARTNER,), "127.0.0.1"))[-1] == 250
