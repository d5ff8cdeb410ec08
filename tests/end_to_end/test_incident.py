"""Emergencies, violations, suspension, sign-off of IDs, disposal and registers on a running gateway with real mails."""

from __future__ import annotations

import asyncio
import io
import json
import smtplib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, redirect_stdout
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from gateway import cli
from gateway import settings as settings_file
from gateway.clamd import PrivateClamd
from gateway.store.opening import Store, open_store
from tests.end_to_end.outbound import SHIPPED, STAFF, House, house, mail
from tests.running import CONFIG

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

CSIRT, CHIEF = "jouhou@city.example.lg.jp", "jouhoukacho@city.example.lg.jp"
HEAD, CISO, CLERK = (f"{name}@city.example.lg.jp" for name in ("zeimukacho", "fukushicho", "staff"))
RULES = """rules:
  - name: slow
    match: {direction: inbound, sender: 'slow@*'}
    action: hold
    reason: 確認のため保留しました。
    clauses: [AV-08]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    rules = SHIPPED.replace("\nrules:\n", f"\n{RULES}", 1)
    extra = f"playbooks: {CONFIG / 'playbooks.yaml'}\n"
    async with house(clamd, tmp_path_factory.mktemp("incident"), extra, rules) as opened:
        await run(opened, "directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
        yield opened


@contextmanager
def opened(site: House) -> Iterator[Store]:
    """The store beside the gateway, for what takes two people: each process is one."""
    with open_store(settings_file.load(site.gateway.config)) as store:
        yield store


def refused(site: House, sender: str) -> int:
    """What the door answers to this sender."""
    with smtplib.SMTP("127.0.0.1", site.gateway.inbound, "client.example", timeout=60) as client:
        client.ehlo()
        return client.mail(sender)[0]


async def run(site: House, *arguments: str, code: int = 0) -> str:
    """One command beside the running gateway, in this process: its start would take longer than its work."""
    with redirect_stdout(io.StringIO()) as out:
        ended = await asyncio.to_thread(cli.main, ["--config", str(site.gateway.config), *arguments])
    assert ended == code, out.getvalue()
    return out.getvalue()


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
    with opened(site) as store:
        for halt in await store.stops.active():
            assert not await store.stops.resume(halt.id, "sato", "確認済み")
            assert await store.stops.resume(halt.id, "suzuki", "確認済み")
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
