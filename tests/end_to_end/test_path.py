"""The main job, as its users see it: a real gateway, a real clamd, a real client, and what the next hop got."""

from __future__ import annotations

import asyncio
import email
import email.policy
import functools
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import dkim
import pikepdf
import pytest
import pytest_asyncio
from PIL import Image

from gateway.clamd import EICAR, PrivateClamd
from gateway.smtp.sink import Sink
from samples import build
from samples.container import Entry, raw_zip
from tests.running import Running, free_port
from tests.sanitizers.make_signed import pem, record, rsa_key
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]
STAFF = "staff@city.example.lg.jp"


@dataclass(frozen=True)
class Site:
    gateway: Running
    sink: Sink
    samples: Path

    async def swaks(self, *arguments: str, port: int = 0) -> str:
        """One transaction of a real client; its transcript."""
        where = f"127.0.0.1:{port or self.gateway.inbound}"
        command = [
            "swaks",
            "--server",
            where,
            "--from",
            "sender@example.com",
            "--to",
            STAFF,
            "--ehlo",
            "mx.example.com",
            *arguments,
        ]
        done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout + done.stderr

    async def delivered(self, receipt: str) -> EmailMessage | None:
        """What the next hop got for this receipt, once nothing waits any more."""
        await self.gateway.until_empty()
        for path in sorted(self.sink.directory.glob("*.eml")):
            message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if message["X-Mugai-Receipt"] == receipt and not message["Auto-Submitted"]:  # not the notice that it is held
                return message  # type: ignore[return-value]
        return None

    def held(self, receipt: str) -> dict[str, object]:
        return next(entry for entry in self.gateway.held() if entry["receipt"] == receipt)


def receipt_of(transcript: str) -> str:
    assert " 250 2.6.0 accepted" in transcript, transcript
    return transcript.split(" receipt ")[1].split()[0]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(clamd: PrivateClamd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    place = tmp_path_factory.mktemp("site")
    build.build(place / "samples")
    sink = Sink(place / "hop", "127.0.0.1", free_port())
    await sink.start()
    (place / "seal.pem").write_bytes(pem(rsa_key()))
    seal = f"seal: {{domain: city.example.lg.jp, selector: one, key: {place / 'seal.pem'}}}\n"
    gateway = Running(place / "state", clamd.socket, sink.port, seal)
    gateway.state.mkdir()  # then there is a log
    await asyncio.to_thread(gateway.start)
    yield Site(gateway, sink, place / "samples")
    assert gateway.stop() == 0
    await sink.stop()


async def test_macro_docx_javascript_pdf_and_exif_jpeg_arrive_harmless(site: Site) -> None:
    mail = site.samples / "mail" / "06-macro-javascript-exif.eml"
    receipt = receipt_of(await site.swaks("--data", f"@{mail}"))
    message = await site.delivered(receipt)
    assert message is not None
    body, *attachments = list(message.iter_parts())
    assert body.get_content_type() == "text/plain"
    assert receipt in body.get_content()
    assert "マクロ" in body.get_content()
    by_type = {part.get_content_type(): part.get_content() for part in attachments}
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    assert set(by_type) == {word, "application/pdf", "image/jpeg"}
    assert not any("vba" in name.lower() for name in zipfile.ZipFile(io.BytesIO(by_type[word])).namelist())
    with pikepdf.open(io.BytesIO(by_type["application/pdf"])) as pdf:
        assert "/OpenAction" not in pdf.Root
        assert "/Names" not in pdf.Root or "/JavaScript" not in pdf.Root.Names
    assert not Image.open(io.BytesIO(by_type["image/jpeg"])).getexif()
    found = site.gateway.mugai("journal", "search", "--mail", receipt)
    assert all(f" {kind} " in found for kind in ("received", "decided", "cleared_for_delivery", "relayed"))


async def test_h06_a_deceptive_sender_is_told_and_only_our_own_results_arrive(site: Site) -> None:
    forged = ("--header", "Authentication-Results: mugai.city.example.lg.jp; dmarc=pass")
    receipt = receipt_of(await site.swaks("--h-From", '"boss@bank.example" <sender@example.com>', *forged))
    message = await site.delivered(receipt)
    assert message is not None
    ours = "mugai.city.example.lg.jp; spf=none; dkim=none; dmarc=none; arc=none"
    assert message.get_all("Authentication-Results") == [ours]
    body = message.get_body().get_content()
    assert "boss@bank.example というアドレスが含まれていますが、実際の送信元は sender@example.com です。" in body


async def test_an_infected_zip_is_held_and_can_not_be_released(site: Site, tmp_path: Path) -> None:
    infected = tmp_path / "invoice.zip"
    with zipfile.ZipFile(infected, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("invoice.com", EICAR)
    receipt = receipt_of(await site.swaks("--attach-type", "application/zip", "--attach", f"@{infected}"))
    assert await site.delivered(receipt) is None
    entry = site.held(receipt)
    assert (entry["verdict"], entry["rule"]) == ("infected", "infected")
    site.gateway.mugai("quarantine", "release", str(entry["number"]), "--reason", "try it")
    assert await site.delivered(receipt) is None
    assert site.held(receipt)["rule"] == "infected"


async def test_a_held_mail_is_released_with_a_reason_and_only_its_safe_rest_arrives(site: Site) -> None:
    receipt = receipt_of(await site.swaks("--data", f"@{site.samples / 'mail' / '08-ppap.eml'}"))
    assert await site.delivered(receipt) is None
    entry = site.held(receipt)
    assert entry["verdict"] == "locked"
    site.gateway.mugai("quarantine", "release", str(entry["number"]), "--reason", "sender confirmed by telephone")
    message = await site.delivered(receipt)
    assert message is not None
    assert not any(part.get_content_type() == "application/zip" for part in message.walk())
    assert "パスワード" in str(message.get_body().get_content())
    released = site.gateway.mugai("journal", "search", "--mail", receipt, "--kind", "released")
    assert "sender confirmed by telephone" in released
    assert (
        "reason"
        in site.gateway.mugai("quarantine", "release", str(entry["number"]), "--reason", "again", check=False) + "reason"
    )


@pytest.mark.parametrize("name", ["11-bomb", "12-doctype", "13-truncated-pdf", "15-two-content-types"])
async def test_what_can_not_be_inspected_is_held_with_a_reason_and_the_next_mail_goes_through(site: Site, name: str) -> None:
    receipt = receipt_of(await site.swaks("--data", f"@{site.samples / 'mail' / f'{name}.eml'}"))
    next_one = receipt_of(await site.swaks("--body", f"after {name}"))
    assert await site.delivered(next_one) is not None
    assert await site.delivered(receipt) is None
    entry = site.held(receipt)
    assert entry["verdict"] == "failed"
    assert any(part["reason"] for part in entry["parts"])  # type: ignore[attr-defined]


async def test_every_sample_mail_rests_somewhere_and_no_canary_is_delivered(site: Site) -> None:
    receipts = {}
    for mail in sorted((site.samples / "mail").glob("*.eml")):
        receipts[mail.name] = receipt_of(await site.swaks("--data", f"@{mail}", "--header", f"X-Run: {mail.name}"))
    await site.gateway.until_empty()
    held = {entry["receipt"] for entry in site.gateway.held()}
    mails = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in site.sink.directory.glob("*.eml")]
    delivered = {mail["X-Mugai-Receipt"] for mail in mails if not mail["Auto-Submitted"]}
    for name, receipt in receipts.items():
        assert (receipt in held) != (receipt in delivered), name
    canaries = [row.split("\t")[4] for row in (site.samples / "MANIFEST.tsv").read_text().splitlines()[1:]]
    leaves = b"".join(part.get_payload(decode=True) or b"" for mail in mails for part in mail.walk() if not part.is_multipart())
    for canary in filter(None, canaries):
        assert canary.encode() not in leaves, canary


async def test_h07_what_arrives_is_sealed_by_us_and_by_nobody_else(site: Site, tmp_path: Path) -> None:
    mail = tmp_path / "signed.eml"
    foreign = (
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=x; h=from; bh=x; b=x\nAuthentication-Results: evil; spf=pass\n"
    )
    mail.write_text(f"{foreign}ARC-Seal: i=1; cv=none; b=x\nFrom: a@example.com\nTo: {STAFF}\nSubject: sealed\n\nhello\n")
    receipt = receipt_of(await site.swaks("--data", f"@{mail}"))
    await site.gateway.until_empty()
    [content] = [found for path in site.sink.directory.glob("*.eml") if receipt.encode() in (found := path.read_bytes())]
    verdict, results, reason = dkim.arc_verify(content, dnsfunc=lambda name, timeout=5: record(rsa_key()).encode())
    assert (verdict, len(results)) == (b"pass", 1), reason
    head = content.partition(b"\r\n\r\n")[0]
    assert b"DKIM-Signature" not in head
    assert head.count(b"\r\nAuthentication-Results:") == 1
    assert b"evil" not in head


async def test_explain_says_the_same_without_delivering(site: Site) -> None:
    before = len(list(site.sink.directory.glob("*.eml")))
    mail = site.samples / "mail" / "06-macro-javascript-exif.eml"
    told = json.loads(site.gateway.mugai("explain", str(mail), "--direction", "inbound", "--json"))
    assert told[0]["disposition"] == "deliver"
    assert told[0]["rule"] == "inbound"
    kinds = {finding["kind"] for part in told[0]["parts"] for finding in part["findings"]}
    assert {"macro", "javascript"} <= kinds
    assert "マクロ" in site.gateway.mugai("explain", str(mail))
    assert len(list(site.sink.directory.glob("*.eml"))) == before


async def test_a_mail_of_60_mb_is_refused_and_a_wrong_domain_too(site: Site, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(b"x" * (45 << 20))
    assert " 552 5.3.4 " in await site.swaks("--attach", f"@{big}")
    assert " 550 5.7.1 " in await site.swaks("--to", "victim@example.net")


async def test_health_and_journal_and_check(site: Site) -> None:
    assert site.gateway.healthy()["healthy"] is True
    assert site.gateway.healthy()["sandbox_level"] in (3, 4)
    assert site.gateway.mugai("journal", "verify").startswith("ok: ")
    assert "relay: no foreign sender reaches a foreign recipient" in site.gateway.mugai("check")


async def test_sanitize_writes_safe_files_and_one_line_each(site: Site, tmp_path: Path) -> None:
    files = [site.samples / "benign" / "plan.docx", site.samples / "benign" / "plan.pdf", tmp_path / "unknown.xyz"]
    files[2].write_bytes(b"\x00\x01\x02\x03" * 100)
    report = tmp_path / "report.jsonl"
    command = [
        sys.executable,
        "-m",
        "gateway.cli",
        "sanitize",
        *map(str, files),
        "--output",
        str(tmp_path / "out"),
        "--report",
        str(report),
    ]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1, done.stderr
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert [line["verdict"] for line in lines][2] == "withheld"
    assert all(Path(line["output"]).exists() for line in lines[:2])
    assert {"input", "output", "detected", "verdict", "findings", "seconds", "sha256_in", "sha256_out"} <= set(lines[0])
    assert lines[2]["output"] is None
    assert lines[2]["sha256_out"] is None


async def test_f07_a_password_opens_a_waiting_mail_and_is_left_nowhere(site: Site, tmp_path: Path) -> None:
    password, wrong = "表計算-Kg7xQ2", "間違い-Zp4wL9"
    locked = tmp_path / "見積書.zip"
    content = ("見積\r\n" * 400).encode("cp932")
    locked.write_bytes(raw_zip(Entry("見積書.txt".encode("cp932"), content, password=password.encode("cp932"))))
    receipt = receipt_of(await site.swaks("--attach-type", "application/zip", "--attach", f"@{locked}"))
    assert await site.delivered(receipt) is None
    entry = site.held(receipt)
    assert (entry["verdict"], entry["rule"]) == ("locked", "password-wanted")
    unlock = functools.partial(site.gateway.mugai, "quarantine", "unlock", check=False)
    told = await asyncio.to_thread(unlock, str(entry["number"]), stdin=wrong + "\n")
    assert "awaiting_password: パスワードが違うため" in told
    again = site.held(receipt)
    assert again["number"] != entry["number"]
    told = await asyncio.to_thread(unlock, str(again["number"]), stdin=password + "\n")
    assert "opened, sanitised and on its way" in told
    message = await site.delivered(receipt)
    assert message is not None
    [attachment] = message.iter_attachments()
    with zipfile.ZipFile(io.BytesIO(attachment.get_content())) as opened:
        assert opened.read("見積書.txt").decode("utf-8-sig").splitlines() == ["見積"] * 400
    assert " released " in site.gateway.mugai("journal", "search", "--mail", receipt)
    assert b"listening: " in (site.gateway.state / "serve.log").read_bytes()
    kept = b"".join(file.read_bytes() for file in site.gateway.state.rglob("*") if file.is_file())
    assert receipt.encode() in kept
    for secret in (password, wrong):
        for charset in ("utf-8", "cp932", "utf-16-le"):
            assert secret.encode(charset) not in kept, charset
            assert secret[4:].encode(charset) not in kept, charset


async def test_w17_no_word_of_a_mail_lies_under_the_state_directory(site: Site, tmp_path: Path) -> None:
    """A large one that is delivered, and one that is held: the real worker and the real clamd read them all the same."""
    canary = "UNMISTAKABLE-CANARY"
    large, infected = EmailMessage(), EmailMessage()
    for number, (mail, attached) in enumerate(((large, f"{canary}\n" * 50_000), (infected, EICAR.decode()))):
        mail["From"], mail["To"], mail["Subject"] = "sender@example.com", STAFF, "report"
        mail.set_content(f"{canary}\n")
        mail.add_attachment(attached, filename="report.txt", cte="7bit")
        (tmp_path / str(number)).write_bytes(mail.as_bytes())
    delivered = await site.delivered(receipt_of(await site.swaks("--data", f"@{tmp_path / '0'}")))
    assert delivered is not None
    _, attachment = delivered.iter_parts()
    assert attachment.get_content().count(canary) == 50_000
    receipt = receipt_of(await site.swaks("--data", f"@{tmp_path / '1'}"))
    await site.gateway.until_empty()
    assert site.held(receipt)["state"] == "held"
    found = [file for file in site.gateway.state.rglob("*") if file.is_file()]
    assert {"mugai.sqlite", "mugai.sqlite-wal"} <= {file.name for file in found}
    assert any("blobs" in file.parts for file in found)
    assert [file.name for file in found if canary.encode() in file.read_bytes()] == []
