"""Outbound mail that waits for people, in a real gateway with real mails: rows SD-01, ML-08, AC-08, EX-01 to EX-03."""

from __future__ import annotations

import asyncio
import csv
import email
import email.policy
import io
import json
import smtplib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from tests.running import CONFIG, Running, free_port
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
STAFF, HEAD, DEPUTY = (f"{name}@city.example.lg.jp" for name in ("staff", "zeimukacho", "zeimuhosa"))
DIRECTOR, CISO, OFFICER = (f"{name}@city.example.lg.jp" for name in ("soumubucho", "fukushicho", "jouhou"))

POLICY = """
profiles: {rebuild: {method: rebuild}}
rules:
  - {name: infected, match: {verdict: [infected, failed]}, action: hold, reason: x, clauses: AV-01}
  - name: secret
    match: {direction: outbound, recipient: "secret@*"}
    action: await_approval
    reason: 機密性2の情報は承認が必要です。
    clauses: SD-01
    approve: {by: [ism, bur]}
  - name: late
    match: {direction: outbound, recipient: "late@*"}
    action: await_approval
    reason: 承認が必要です。
    clauses: SD-01
    approve: {by: [ism, bur], hours: 0.0008}
  - name: think
    match: {direction: outbound, recipient: ["wait@*", "secret@*"]}
    action: delay
    reason: 送信前の確認時間です。
    clauses: ML-08
    delay: {minutes: 0.06}
  - name: long
    match: {direction: outbound, recipient: "long@*"}
    action: delay
    reason: 送信前の確認時間です。
    clauses: ML-08
    delay: {minutes: 60}
  - name: sure
    match: {direction: outbound, recipient: "sure@*"}
    action: delay
    reason: 確認されなければ削除します。
    clauses: ML-08
    delay: {minutes: 0.06, then: delete}
  - name: banned
    match: {direction: outbound, recipient: "*@free.example.com"}
    action: hold
    reason: フリーメールへの送信は認めていません。
    clauses: ML-05
    exceptions: true
  - {name: outbound, match: {direction: outbound}, action: deliver, worst: sanitised, clauses: SAN-02}
  - {name: inbound, match: {direction: inbound}, action: deliver, worst: withheld, clauses: SAN-02}
"""


@dataclass
class House:
    gateway: Running
    outside: Sink
    inside: Sink

    def send(self, to: str, subject: str, sender: str = STAFF) -> str:
        """From the LGWAN side to the Internet; its receipt."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message.set_content("本文")
        with smtplib.SMTP("127.0.0.1", self.gateway.outbound, timeout=PATIENCE) as client:
            client.ehlo("lgwan.example.lg.jp")
            client.mail(sender)
            client.rcpt(to)
            code, reply = client.data(message.as_bytes(policy=email.policy.SMTP))
        assert code == 250, reply
        return reply.decode().split(" receipt ")[1].split()[0]

    def mails(self, sink: Sink) -> list[EmailMessage]:
        found = sorted(sink.directory.glob("*.eml"))
        return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in found]  # type: ignore[misc]

    def sent(self, subject: str) -> bool:
        return any(mail["Subject"] == subject for mail in self.mails(self.outside))

    def told(self, to: str, receipt: str) -> list[str]:
        """What this person was written about the mail."""
        return [
            f"{mail['Subject']}\n{mail.get_content()}"
            for mail in self.mails(self.inside)
            if mail["To"] == to and mail["X-Mugai-Receipt"] == receipt
        ]

    def case(self, group: str, receipt: str, *, everything: bool = False) -> dict[str, object]:
        cases = json.loads(self.gateway.mugai(group, "list", "--json", *(("--all",) if everything else ())))
        return next(case for case in cases if case["receipt"] == receipt)

    async def until(self, what: Callable[[], object]) -> None:
        await until(what, lambda: self.gateway.mugai("journal", "tail", "-n", "30"))

    async def stopped(self, group: str, receipt: str) -> str:
        """The number of the case that the mail waits for."""
        await self.until(lambda: any(c["receipt"] == receipt for c in json.loads(self.gateway.mugai(group, "list", "--json"))))
        return str(self.case(group, receipt)["number"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("house")
    policy = place / "policy.yaml"
    policy.write_text(POLICY)
    outside, inside = Sink(place / "out", "127.0.0.1", free_port()), Sink(place / "in", "127.0.0.1", free_port())
    await outside.start()
    await inside.start()
    extra = "workflow: {links: true}\n"
    gateway = Running(place / "state", clamd.socket, inside.port, extra, policy, outbound_hop_port=outside.port)
    gateway.mugai("directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
    await asyncio.to_thread(gateway.start)
    yield House(gateway, outside, inside)
    assert gateway.stop() == 0
    assert "every recipient is in exactly one state" in gateway.mugai("check", check=False)
    await outside.stop()
    await inside.stop()


async def test_sd01_an_approval_by_the_deputy_delivers_and_the_applicant_can_not(house: House) -> None:
    receipt = house.send("secret@pref.example.jp", "approve me")
    number = await house.stopped("approval", receipt)
    refused = house.gateway.mugai("approval", "approve", number, "--as", STAFF, "--reason", "自分で", check=False)
    assert refused == ""
    await house.until(lambda: house.told(HEAD, receipt) and house.told(DEPUTY, receipt))
    asked = house.told(HEAD, receipt)[0]
    assert "機密性2の情報は承認が必要です。" in asked
    assert "http://localhost:8026/link/" in asked
    assert not house.sent("approve me")
    house.gateway.mugai("approval", "approve", number, "--as", DEPUTY, "--reason", "課長不在のため確認")
    await house.until(lambda: house.sent("approve me"))  # after the delay that its next rule asked for
    shown = json.loads(house.gateway.mugai("approval", "show", number, "--json"))
    assert [(s["act"], s["actor"], s["on_behalf"]) for s in shown["steps"]][-1] == ("approve", DEPUTY, HEAD)
    decided = house.gateway.mugai("journal", "search", "--mail", receipt, "--kind", "decided")
    assert f"waived=approval {number}, delay" in decided
    await house.until(lambda: any("承認" in text for text in house.told(STAFF, receipt)))


async def test_sd01_a_denial_returns_to_the_sender_with_the_reason(house: House) -> None:
    receipt = house.send("secret@pref.example.jp", "deny me")
    number = await house.stopped("approval", receipt)
    house.gateway.mugai("approval", "deny", number, "--as", HEAD, "--reason", "宛先の部署が違います")
    await house.until(lambda: any("宛先の部署が違います" in text for text in house.told(STAFF, receipt)))
    assert not house.sent("deny me")
    assert house.case("approval", receipt, everything=True)["stage"] == "denied"


async def test_sd01_the_deadline_asks_the_bureau(house: House) -> None:
    receipt = house.send("late@pref.example.jp", "too late")
    await house.until(lambda: house.told(DIRECTOR, receipt))
    await house.until(lambda: any("期限切れ" in text for text in house.told(STAFF, receipt)))
    assert not house.sent("too late")


async def test_ml08_a_delay_sends_by_itself_and_a_cancelled_mail_never_goes(house: House) -> None:
    first, second = house.send("wait@pref.example.jp", "by itself"), house.send("long@pref.example.jp", "cancel me")
    number = await house.stopped("delay", second)
    await house.until(lambda: any("まだ送信していません" in text for text in house.told(STAFF, second)))
    house.gateway.mugai("delay", "cancel", number, "--as", STAFF, "--reason", "宛先誤り")
    third = house.send("long@pref.example.jp", "now please")
    house.gateway.mugai("delay", "send-now", await house.stopped("delay", third), "--as", STAFF, "--reason", "確認した")
    await house.until(lambda: house.sent("by itself") and house.sent("now please"))
    assert not house.sent("cancel me")
    assert house.case("delay", first, everything=True)["stage"] == "released"


async def test_ml08_what_nobody_confirms_is_deleted(house: House) -> None:
    receipt = house.send("sure@pref.example.jp", "not sure")
    await house.until(lambda: any("期限切れ" in text for text in house.told(STAFF, receipt)))
    assert not house.sent("not sure")


async def test_ex01_an_exception_needs_the_ciso_waives_its_rule_counts_its_mails_and_is_revoked(house: House) -> None:
    mugai = house.gateway.mugai
    scope = ("--rule", "banned", "--recipient", "supplier@free.example.com", "--until", "2099-01-01")
    hand = ("--as", STAFF, "--reason", "取引先にほかの連絡手段がない", "--measure", "添付なしに限る")
    assert mugai("exception", "request", *scope, *hand, check=False) == ""  # too long
    scope = (*scope[:-1], time.strftime("%Y-%m-%d", time.localtime(time.time() + 30 * 86_400)))
    number = mugai("exception", "request", *scope, *hand).split(":")[0]
    unapproved = house.send("supplier@free.example.com", "too early")
    await house.until(lambda: any(e["receipt"] == unapproved for e in house.gateway.held()))
    assert mugai("exception", "approve", number, "--as", STAFF, "--reason", "自分で", check=False) == ""
    assert mugai("exception", "approve", number, "--as", OFFICER, "--reason", "係で", check=False) == ""
    mugai("exception", "approve", number, "--as", CISO, "--reason", "一か月に限り認める")
    receipt = house.send("supplier@free.example.com", "allowed")
    await house.until(lambda: house.sent("allowed"))
    other = house.send("other@free.example.com", "not in scope")
    await house.until(lambda: any(e["receipt"] == other for e in house.gateway.held()))
    rows = list(csv.reader(io.StringIO(mugai("exception", "export").removeprefix("\ufeff"))))
    row = dict(zip(rows[0], rows[-1], strict=True))
    assert (row["状態"], row["審査者"], row["使用回数"], row["使用したメール"]) == ("approved", CISO, "1", receipt)
    mugai("exception", "revoke", number, "--as", CISO, "--reason", "不要になった")
    again = house.send("supplier@free.example.com", "revoked")
    await house.until(lambda: any(e["receipt"] == again for e in house.gateway.held()))
    assert not house.sent("revoked")


async def test_ex02_break_glass_is_in_force_at_once_and_told_to_the_ciso(house: House) -> None:
    mugai = house.gateway.mugai
    until = time.strftime("%Y-%m-%d", time.localtime(time.time() + 3 * 86_400))
    scope = ("--rule", "banned", "--recipient", "urgent@free.example.com", "--until", until, "--break-glass")
    hand = ("--reason", "災害対応", "--measure", "電話で確認")
    assert mugai("exception", "request", *scope, "--as", STAFF, *hand, check=False) == ""  # not everybody
    number = mugai("exception", "request", *scope, "--as", OFFICER, *hand).split(":")[0]
    house.send("urgent@free.example.com", "in an emergency")
    await house.until(lambda: house.sent("in an emergency"))
    await house.until(lambda: any(m["To"] == CISO and "緊急措置" in m["Subject"] for m in house.mails(house.inside)))
    assert mugai("exception", "ratify", number, "--as", OFFICER, "--reason", "自分で", check=False) == ""
    assert "approved" in mugai("exception", "ratify", number, "--as", CISO, "--reason", "追認")


async def test_ml08_a_misdirected_mail_is_reported_to_the_head_with_what_the_journal_knows(house: House) -> None:
    mugai = house.gateway.mugai
    receipt = house.send("wrong@pref.example.jp", "misdirected")
    await house.until(lambda: house.sent("misdirected"))
    wrong = mugai("misdirected", "report", receipt, "--to", "who@x.example", "--as", STAFF, "--reason", "誤り", check=False)
    assert wrong == ""
    number = mugai("misdirected", "report", receipt, "--as", STAFF, "--reason", "宛名の確認漏れ").split(":")[0]
    await house.until(lambda: house.told(HEAD, receipt) and house.told(OFFICER, receipt))  # the head, and CSIRT as a copy
    assert "送信済みの宛先: wrong@pref.example.jp" in house.told(HEAD, receipt)[0]
    assert "おわび" in mugai("misdirected", "draft", number)
    assert mugai("misdirected", "take", number, "--as", STAFF, "--reason", "自分で", check=False) == ""
    mugai("misdirected", "take", number, "--as", HEAD, "--reason", "相手に電話した")
    mugai("misdirected", "close", number, "--as", HEAD, "--reason", "原因: 宛名の選択誤り。対策: 二人で確認")
    assert house.case("misdirected", receipt, everything=True)["stage"] == "closed"


async def test_every_step_is_in_the_journal_which_is_whole(house: House) -> None:
    assert house.gateway.mugai("journal", "verify").startswith("ok: ")
    steps = house.gateway.mugai("journal", "search", "--kind", "case_step", "-n", "500")
    assert all(f"act={act}" in steps for act in ("open", "approve", "deny", "escalate", "lapse", "cancel", "revoke", "ratify"))
    assert "via=command (" in steps
