"""J12 as a municipality lives it: the locked ZIP comes first, its password in the next mail, and nobody types anything."""

from __future__ import annotations

import asyncio
import email
import email.policy
import io
import smtplib
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from gateway.clamd import PrivateClamd
from gateway.smtp.sink import Sink
from samples.container import Entry, raw_zip
from tests.running import CONFIG, Running, free_port
from tests.waiting import until

STAFF, SENDER, PASSWORD = "staff@city.example.lg.jp", "yamada@example.com", "Kg7x-表2Q"


def mail(subject: str, body: str, attachment: bytes = b"") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = SENDER, STAFF, subject
    made.set_content(body)
    if attachment:
        made.add_attachment(attachment, maintype="application", subtype="zip", filename="見積書.zip")
    return made


def send(port: int, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", port) as client:
        client.send_message(message, SENDER, [STAFF])


@pytest.mark.slow
async def test_j12_the_password_of_the_next_mail_opens_the_waiting_one(clamd: PrivateClamd, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text((CONFIG / "policy.yaml").read_text().replace("recent_mails: false", "recent_mails: true", 1))
    sink = Sink(tmp_path / "hop", "127.0.0.1", free_port())
    await sink.start()
    gateway = Running(tmp_path / "state", clamd.socket, sink.port, policy=policy)
    gateway.state.mkdir()  # then there is a log
    await asyncio.to_thread(gateway.start)
    try:
        locked = raw_zip(
            Entry("見積書.txt".encode("cp932"), ("見積\r\n" * 99).encode("cp932"), password=PASSWORD.encode("cp932"))
        )
        await asyncio.to_thread(send, gateway.inbound, mail("見積書", "お送りします。", locked))
        await gateway.until_empty()
        assert [entry["verdict"] for entry in await asyncio.to_thread(gateway.held)] == ["locked"]
        body = f"先ほどのファイルのパスワードは「{PASSWORD}」です。"
        await asyncio.to_thread(send, gateway.inbound, mail("パスワード", body))

        def archives() -> list[bytes]:
            contents = [path.read_bytes() for path in sink.directory.glob("*.eml")]
            found = [email.message_from_bytes(content, policy=email.policy.default) for content in contents]
            return [part.get_content() for one in found for part in one.walk() if part.get_content_type() == "application/zip"]

        opened = await until(archives)
        with zipfile.ZipFile(io.BytesIO(opened[0])) as archive:
            assert archive.read("見積書.txt").decode("utf-8-sig").splitlines() == ["見積"] * 99
        await gateway.until_empty()
        assert await asyncio.to_thread(gateway.held) == []
    finally:
        gateway.stop()
        await sink.stop()
    log = (tmp_path / "state" / "serve.log").read_bytes()
    assert PASSWORD.encode() not in log
    assert PASSWORD.encode("cp932") not in log
