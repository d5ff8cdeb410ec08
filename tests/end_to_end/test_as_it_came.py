"""SAN-05 3d in a real gateway: a drawing that cannot be rebuilt leaves as it came, by two people; a virus never does."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import signal
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage

import pytest
import pytest_asyncio

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from tests.running import CONFIG, Running, free_port
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
REVIEWER, CHIEF, STAFF = (f"{name}@city.example.lg.jp" for name in ("jouhou", "jouhoukacho", "staff"))
DRAWING = b"\x00\x01no type that anybody knows\xff" * 40
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

POLICY = """
profiles: {rebuild: {method: rebuild}}
rules:
  - {name: infected, match: {verdict: infected}, action: hold, reason: x, clauses: AV-01, releasable: false}
  - name: withheld
    match: {direction: inbound, verdict: withheld}
    action: hold
    reason: 無害化できないファイルのため、保留しました。
    clauses: SAN-05
    original: {by: [[syo, cso]]}
  - {name: inbound, match: {direction: inbound}, action: deliver, worst: sanitised, clauses: SAN-02}
"""


@dataclass
class House:
    gateway: Running
    inside: Sink

    async def held(self, subject: str, *files: bytes) -> dict[str, object]:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "yamada@example.com", STAFF, subject
        message.set_content("図面をお送りします。")
        for number, file in enumerate(files, 1):
            message.add_attachment(file, maintype="application", subtype="octet-stream", filename=f"図面{number}.xyz")
        with smtplib.SMTP("127.0.0.1", self.gateway.inbound, timeout=PATIENCE) as client:
            client.send_message(message)
        await self.gateway.until_empty()
        return next(e for e in await asyncio.to_thread(self.gateway.held) if e["subject"] == subject)

    async def arrived(self, subject: str) -> EmailMessage:
        def found() -> list[EmailMessage]:
            contents = [path.read_bytes() for path in self.inside.directory.glob("*.eml")]
            mails = [email.message_from_bytes(content, policy=email.policy.default) for content in contents]
            return [mail for mail in mails if mail["Subject"] == subject]  # type: ignore[misc]

        return (await until(found, lambda: self.gateway.mugai("journal", "tail", "-n", "30")))[0]

    async def ask(self, entry: object, *files: str) -> str:
        """The number of the case."""
        chosen = [word for file in files for word in ("--file", file)]
        arguments = ("quarantine", "original", str(entry), *chosen, "--as", REVIEWER, "--reason", "図面を目視で確認")
        told = await asyncio.to_thread(lambda: self.gateway.mugai(*arguments, check=False))
        return told.split()[1] if told else ""

    async def approve(self, number: str, who: str) -> str:
        arguments = ("approval", "approve", number, "--as", who, "--reason", "確認した")
        return await asyncio.to_thread(lambda: self.gateway.mugai(*arguments, check=False))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    place = tmp_path_factory.mktemp("original")
    policy = place / "policy.yaml"
    policy.write_text(POLICY)
    inside = Sink(place / "in", "127.0.0.1", free_port())
    await inside.start()
    gateway = Running(place / "state", clamd.socket, inside.port, policy=policy)
    gateway.mugai("directory", "import", str(CONFIG / "directory.yaml"), "--reason", "導入")
    await asyncio.to_thread(gateway.start)
    yield House(gateway, inside)
    assert gateway.stop() == 0
    assert "every recipient is in exactly one state" in gateway.mugai("check", check=False)
    await inside.stop()


async def test_san05_two_people_let_one_file_leave_as_it_came_and_the_mail_says_so(house: House) -> None:
    entry = await house.held("図面の件", DRAWING, DRAWING + b"other")
    number = await house.ask(entry["number"], "1")
    assert await house.approve(number, REVIEWER) == "", "who asked is not the second person"
    assert await house.approve(number, CHIEF)
    mail = await house.arrived("図面の件")
    assert mail["X-Mugai-Verdict"] == "original"
    [file] = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("図面1.xyz", DRAWING)
    text = mail.get_body().get_content()  # type: ignore[union-attr]
    for words in (
        "【原本を含む】",
        REVIEWER,
        CHIEF,
        "図面を目視で確認",
        "図面1.xyz — 原本のまま",
        "図面2.xyz — お届けしていません",
    ):
        assert words in text, text
    found = await asyncio.to_thread(
        lambda: house.gateway.mugai("journal", "search", "--kind", "cleared_for_delivery", "--mail", str(entry["id"]), "--json")
    )
    assert REVIEWER in found
    assert CHIEF in found


async def test_av02_a_virus_beside_it_keeps_the_mail_whatever_two_people_say(house: House) -> None:
    entry = await house.held("ウイルスの件", DRAWING, EICAR)
    assert entry["rule"] == "infected"
    assert await house.ask(entry["number"], "1") == ""
    assert await house.ask(entry["number"], "2") == ""


async def test_what_two_people_said_is_looked_at_again_by_the_rules_of_that_moment(house: House) -> None:
    entry = await house.held("規則が変わる件", DRAWING + b"third")
    number = await house.ask(entry["number"], "1")
    house.gateway.policy.write_text(POLICY.replace("    original: {by: [[syo, cso]]}\n", ""))
    assert house.gateway.process is not None
    loaded = len(house.gateway.facts("policy_loaded"))
    house.gateway.process.send_signal(signal.SIGHUP)
    await until(lambda: len(house.gateway.facts("policy_loaded")) > loaded)
    assert await house.approve(number, CHIEF)
    await house.gateway.until_empty()
    [again] = [e for e in await asyncio.to_thread(house.gateway.held) if e["subject"] == "規則が変わる件"]
    assert "承認されましたが" in str(again["reason"])
    assert json.loads(house.gateway.mugai("approval", "list", "--json")) == []
