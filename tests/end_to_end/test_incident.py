"""Emergencies, violations, suspension, sign-off of IDs, disposal and registers on a running gateway with real mails."""

from __future__ import annotations

import asyncio
import csv
import email
import email.policy
import io
import json
import re
import smtplib
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from gateway import cli
from gateway import settings as settings_file
from gateway.clamd import PrivateClamd
from gateway.clock import JST
from gateway.spool import MissingContent
from gateway.store.opening import Store, open_store
from gateway.store.schema import message
from tests.end_to_end.outbound import SHIPPED, STAFF, House, house, mail
from tests.running import CONFIG
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CSIRT, CHIEF = "jouhou@city.example.lg.jp", "jouhoukacho@city.example.lg.jp"
HEAD, CISO, CLERK = (f"{name}@city.example.lg.jp" for name in ("zeimukacho", "fukushicho", "staff"))
RULES = """rules:
  - name: slow
    match: {direction: inbound, sender: 'slow@*'}
    action: hold
    reason: 確認のため保留しました。
    clauses: [AV-08]
  - name: partner-banned
    match: {direction: outbound, recipient: '*@banned.example'}
    action: hold
    reason: 送信を認めていない宛先です。
    exceptions: true
    clauses: [ML-05]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    rules = SHIPPED.replace("\nrules:\n", f"\n{RULES}", 1)
    extra = f"playbooks: {CONFIG / 'playbooks.yaml'}\nretention: {{approval: true}}\n"
    async with house(clamd, tmp_path_factory.mktemp("incident"), extra, rules) as opened:
        await run(opened, "directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
        yield opened


@contextmanager
def opened(site: House) -> Iterator[Store]:
    """The store beside the running gateway."""
    with open_store(settings_file.load(site.gateway.config)) as store:
        yield store


def refused(site: House, sender: str) -> int:
    """What the door answers to this sender."""
    with smtplib.SMTP("127.0.0.1", site.gateway.inbound, "client.example", timeout=PATIENCE) as client:
        client.ehlo()
        return client.mail(sender)[0]


async def run(site: House, *arguments: str, code: int = 0) -> str:
    """One command beside the running gateway, in this process: its start would take longer than its work."""
    with redirect_stdout(io.StringIO()) as out:
        ended = await asyncio.to_thread(cli.main, ["--config", str(site.gateway.config), *arguments])
    assert ended == code, out.getvalue()
    return out.getvalue()


async def letter(site: House, to: str, words: str) -> str:
    """What was written to somebody inside, once it has come."""
    for _ in range(300):
        for found in site.inside.directory.glob("*.eml"):
            message = email.message_from_bytes(found.read_bytes(), policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            if message["To"] == to and words in str(message["Subject"]):
                return str(message.get_content())
        await asyncio.sleep(0.3)
    raise AssertionError(f"{to} was not written to about {words}")


def by(sender: str, body: str = "よろしくお願いします。\n", to: str = "partner@example.com") -> EmailMessage:
    return mail("ご連絡", body, From=sender, To=to)


def hand(who: str) -> tuple[str, ...]:
    return "--as", who, "--reason", "通報により確認"


def invoice(sender: str, subject: str) -> EmailMessage:
    message = mail(subject, "こちらをご確認ください https://pay.evil.example/login\n", From=sender, To=STAFF)
    message.add_attachment("番号,金額\r\n1,1000\r\n".encode(), "text", "csv", filename="請求書.csv")
    return message


async def test_in04_a_playbook_stops_what_is_left_lists_what_was_delivered_and_keeps_the_evidence(site: House) -> None:
    delivered = await site.send(invoice("a@evil.example", "請求書"), STAFF, sender="a@evil.example", inbound=True)
    held = await site.send(invoice("slow@evil2.example", "Re: 別件"), STAFF, sender="slow@evil2.example", inbound=True)
    other = await site.send(mail("会議", From="b@partner.example", To=STAFF), STAFF, sender="b@partner.example", inbound=True)
    await site.gateway.until_empty()
    mugai = partial(run, site)
    caught = json.loads(await mugai("incident", "hunt", "--host", "pay.evil.example", *hand(CSIRT), "--format", "json"))
    assert {each["receipt"] for each in caught} == {delivered, held}

    began = await mugai("incident", "playbook", "start", "malware-in", "--mail", delivered, *hand(CSIRT))
    number = began.partition(":")[0]
    step = ("incident", "playbook", "step", number)
    shown = json.loads(await mugai(*step, "hold", "--json", *hand(CSIRT)))
    assert (shown["done"], {each["receipt"] for each in shown["mails"]}) == (False, {delivered, held})  # by their file
    assert "nothing is stopped" in await mugai("stop")
    assert json.loads(await mugai(*step, "hold", "--do", "--json", *hand(CSIRT)))["done"]

    [entry] = [each for each in site.gateway.held() if each["receipt"] == held]
    await mugai("quarantine", "release", str(entry["number"]), "--reason", "誤って解除")
    await asyncio.sleep(2)
    assert [row["receipt"] for row in site.gateway.queued()] == [held]  # released, and yet it does not leave

    listed = json.loads(await mugai(*step, "copies", "--json", *hand(CSIRT)))
    [path] = listed["files"]
    text = Path(path).read_text("utf-8-sig")
    assert delivered in text
    assert "配送済み" in text
    assert other not in text
    kept = json.loads(await mugai(*step, "preserve", "--json", *hand(CSIRT)))
    await mugai("journal", "verify", "--pack", kept["files"][-1])
    await mugai(*step, "isolate", "--do", *hand(CSIRT))
    assert refused(site, "a@evil.example") == 450

    status = json.loads(await mugai("incident", "playbook", "status", number, "--json"))
    assert [bool(status["steps"][name]) for name in ("hunt", "hold", "isolate", "copies", "preserve")] == [False, *[True] * 4]
    for halt in json.loads(await mugai("stop", "--json")):
        await mugai("resume", str(halt["id"]), *hand(CSIRT), code=1)
        await mugai("resume", str(halt["id"]), *hand(CHIEF))
    assert len(await site.came_in(held)) == 1
    told = [d.message for d in await site.told(delivered) if "手順" in d.message.get_content()]
    assert told
    assert {m["To"] for m in told} <= {CSIRT, CHIEF}


async def test_in04_a_drill_is_recorded_and_nobody_but_its_participants_hears(site: House) -> None:
    mugai = partial(run, site)
    receipt = await site.send(invoice("c@drill.example", "訓練の題材"), STAFF, sender="c@drill.example", inbound=True)
    await site.gateway.until_empty()
    began = await mugai(
        *("incident", "playbook", "start", "malware-in", "--mail", receipt, "--drill", "--participant", CSIRT, *hand(CSIRT))
    )
    number = began.partition(":")[0]
    taken = json.loads(await mugai("incident", "playbook", "step", number, "isolate", "--do", "--json", *hand(CSIRT)))
    assert "訓練のため実施していません" in taken["result"]
    assert taken["told"] == [CSIRT]
    assert "nothing is stopped" in await mugai("stop")
    again = await site.send(invoice("c@drill.example", "訓練中のメール"), STAFF, sender="c@drill.example", inbound=True)
    assert len(await site.came_in(again)) == 1
    drilled = [d for d in await site.told(receipt) if "訓練" in str(d.message["Subject"])]
    assert {d.recipients for d in drilled} == {(CSIRT,)}


async def test_in05_the_head_is_told_of_violations_acknowledges_and_records_the_measure(site: House) -> None:
    mugai = partial(run, site)
    for _ in range(3):
        await site.send(by(CLERK, "個人番号: 1234 5678 9018\n"), "partner@example.com", sender=CLERK)
    await site.gateway.until_empty()
    report = await mugai("violation", "report", "--format", "csv")
    assert "identifying-numbers" in report
    assert "1234" not in report.replace("12345", "")
    assert CLERK in await mugai("violation", "notify")  # only shown
    number = (await mugai("violation", "notify", "--do")).partition(":")[0]
    said = await letter(site, HEAD, "違反")
    assert "identifying-numbers" in said
    assert "5678" not in said
    today = await mugai("report", "daily", "--day", f"{datetime.now(JST):%Y-%m-%d}")
    assert "措置の済んでいない違反の通知" in today
    assert "未確認" in today
    await mugai("violation", "take", number, *hand(HEAD))
    assert "closed" in await mugai("violation", "close", number, "--as", HEAD, "--reason", "本人に指導した")
    assert "本人に指導した" in await mugai("violation", "show", number)


async def test_ac10_a_suspended_person_sends_nothing_and_two_people_give_the_right_back(site: House) -> None:
    mugai = partial(run, site)
    said = await mugai("directory", "suspend", CLERK, "--reason", "規程違反の調査")
    assert HEAD in said
    assert "規程違反の調査" in await letter(site, CISO, "利用停止")
    assert "規程違反の調査" in await letter(site, HEAD, "利用停止")
    receipt = await site.send(by(CLERK), "partner@example.com", sender=CLERK)
    assert await site.left(receipt) == []
    assert "suspended" in await mugai("journal", "search", "--mail", receipt, "--kind", "decided")
    resume = ("directory", "resume", CLERK, "--reason", "調査終了", "--as")
    assert "A second person" in await mugai(*resume, CSIRT, code=1)
    await mugai(*resume, CSIRT, code=1)  # not the same one
    await mugai(*resume, CHIEF)
    receipt = await site.send(by(CLERK), "partner@example.com", sender=CLERK)
    assert len(await site.left(receipt)) == 1
    assert "解除" in str(await letter(site, CISO, "利用停止の解除"))


async def test_ac03_a_section_signs_its_ids_off_and_proposes_changes(site: House) -> None:
    mugai = partial(run, site)
    number = (await mugai("certification", "ask", "税務課")).partition(":")[0]
    said = await letter(site, HEAD, "IDの棚卸し")
    assert "90日以上未利用" in said
    assert CLERK in said
    done = await mugai("certification", "confirm", number, *hand(HEAD), "--change", "kaikei@city.example.lg.jp 退職")
    change = done.splitlines()[1].partition(":")[0]
    assert "kaikei" in await mugai("approval", "show", change)
    assert "kaikei" in await mugai("certification", "show", number)
    assert CLERK in await mugai("certification", "roster", "--section", "税務課", "--format", "csv")


async def test_ds01_an_original_is_destroyed_by_permission_and_the_certificate_says_so(site: House, tmp_path: Path) -> None:
    mugai = partial(run, site)
    gone, kept = [await site.send(by(CLERK, f"{n}\n"), "partner@example.com", sender=CLERK) for n in ("一", "二")]
    await site.gateway.until_empty()
    await mugai("disposal", "hold", kept, *hand(CSIRT))
    with opened(site) as store:
        older = message.update().where(message.c.receipt.in_((gone, kept))).values(finished_at=store.clock.now() - 40 * 86_400)
        await store.db.write(lambda conn: conn.execute(older))
    before = f"{datetime.now(JST) - timedelta(days=35):%Y-%m-%d}"
    asked = await mugai("disposal", "request", "originals", "--before", before, *hand(CSIRT))
    number = asked.partition(":")[0]
    assert "件数: 1" in asked
    await mugai("disposal", "carry-out", number, *hand(CSIRT), code=1)
    await mugai("disposal", "approve", number, *hand(CHIEF))
    assert "1 destroyed" in await mugai("disposal", "carry-out", number, *hand(CSIRT))
    with opened(site) as store:
        item = (await store.spool.show(gone)).item
        with pytest.raises(MissingContent):
            await store.spool.content(item.id)
        assert await store.spool.content((await store.spool.show(kept)).item.id)
    assert "0 contradictions" in await mugai("disposal", "verify")
    certificate = await mugai("disposal", "ledger")
    for word in ("廃棄証明書", gone, item.sha256, f"廃棄の許可 {number}", CSIRT):
        assert word in certificate
    assert kept not in certificate
    await mugai("disposal", "ledger", "--format", "pdf", "--output", str(tmp_path / "d.pdf"))
    assert (tmp_path / "d.pdf").read_bytes().startswith(b"%PDF-")


async def test_ds03_the_inventory_of_what_is_held(site: House) -> None:
    said = await run(site, "report", "inventory", "--format", "csv")
    for word in ("送信メールの原本", "法的保全", "機密性2", "届け終えてから 30 日", "情報セキュリティ管理者"):
        assert word in said


async def test_ex03_the_register_names_each_mail_that_used_an_exception_on_every_paper(site: House, tmp_path: Path) -> None:
    mugai, to = partial(run, site), "a@banned.example"
    held = await site.send(by(CLERK, to=to), to, sender=CLERK)
    assert await site.left(held) == []
    until = f"{datetime.now(JST) + timedelta(days=30):%Y-%m-%d}"
    scope = ("--rule", "partner-banned", "--recipient", to, "--until", until, "--measure", "電話で確認")
    asked = await mugai("exception", "request", *scope, "--as", CLERK, "--reason", "災害対応")
    await mugai("exception", "approve", asked.partition(":")[0], *hand(CISO))
    used = await site.send(by(CLERK, "二通目\n", to=to), to, sender=CLERK)
    assert len(await site.left(used)) == 1
    rows = list(csv.DictReader(io.StringIO((await mugai("exception", "export")).removeprefix("\ufeff"))))
    assert (rows[-1]["使用したメール"], rows[-1]["審査者"]) == (used, CISO)
    assert rows[-1]["メールへのリンク"].endswith(f"/journal/mail/{used}")
    page = await mugai("exception", "export", "--format", "html")
    assert f'/journal/mail/{used}">{used}</a>' in page
    await mugai("exception", "export", "--format", "pdf", "--output", str(tmp_path / "x.pdf"))
    said = subprocess.run(["pdftotext", str(tmp_path / "x.pdf"), "-"], capture_output=True, text=True, check=True).stdout
    assert "例外措置台帳" in said
    whole = re.sub(r"[-\n]", "", said)  # pdftotext takes a hyphen at the end of a line for one of its own
    assert used.replace("-", "") in whole


async def test_ml05_the_destinations_of_a_section(site: House) -> None:
    receipt = await site.send(by(CLERK, "三通目\n", to="x@shop.example"), "x@shop.example", sender=CLERK)
    assert len(await site.left(receipt)) == 1
    said = await run(
        site, "report", "destinations", "--month", f"{datetime.now(JST):%Y-%m}", "--section", "税務課", "--format", "csv"
    )
    assert '"税務課","shop.example"' in said
