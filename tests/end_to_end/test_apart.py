"""The console as a user of its own (console.user): two real users, a running gateway, real mails.

What it may not read it asks for, and all that people do in it works; what a taken console could do beyond that is refused.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway import rights
from gateway import settings as settings_file
from gateway.clamd import PrivateClamd
from gateway.console import app
from gateway.console.screen import COOKIE
from gateway.directory import Role
from gateway.evidence.examine import examine
from gateway.rights import Guest
from gateway.smtp.sink import Sink
from gateway.store.opening import open_store
from samples.container import PASSWORD as ZIP_PASSWORD
from samples.container import encrypted_zip
from tests.gateway.console.test_preview import mail
from tests.running import Running, free_port
from tests.sanitizers import make_pdf
from tests.waiting import PATIENCE, until

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
GATEWAY, CONSOLE, STRANGER = 64_001, 64_002, 64_003  # nobody's on any machine
STAFF = "staff@city.example.lg.jp"
PASSWORD = "川沿いの桜は四月のはじめに三十本咲く"
RULES = """
default_profile: rebuild
profiles:
  rebuild: {method: rebuild}
rules:
  - {name: not-inspected, match: {verdict: failed}, action: hold, reason: 安全を確認できません。, clauses: [SAN-02]}
  - {name: password-wanted, match: {verdict: locked}, action: await_password, reason: パスワードが必要です。, clauses: [AV-03]}
  - {name: review, match: {direction: inbound}, action: hold, reason: 担当者が確認するまで保留します。, clauses: [SAN-05]}
"""
DELIVER = "action: deliver, worst: sanitised, reason: 担当者"
DRAFT = RULES.replace("name: review", "name: other").replace("action: hold, reason: 担当者", DELIVER)


def python_of_others(place: Path) -> tuple[str, Path]:
    """One that other users can start, and the configuration beside it: ours may lie in a home that is closed to them."""
    who = Guest("", GATEWAY, GATEWAY, frozenset({GATEWAY}))
    number = f"{sys.version_info.major}.{sys.version_info.minor}"
    candidates = (Path(sys.executable).resolve(), Path(f"/usr/bin/python{number}"))
    found = next((each for each in candidates if who.may(each, os.X_OK)), None)
    assert found, f"no Python {number} that other users can start: {candidates}"
    subprocess.run([found, "-m", "venv", "--without-pip", place / "venv"], check=True)
    library = f"lib/python{number}/site-packages"
    packages, program = Path(sys.prefix) / library, ROOT
    if not who.may(program / "gateway" / "cli.py", os.R_OK) or not who.may(packages, os.R_OK):
        packages, program = shutil.copytree(packages, place / "packages"), place
        for name in ("gateway", "sanitizers", "config"):
            shutil.copytree(ROOT / name, place / name)
    (place / "venv" / library / "mugai.pth").write_text(f"{packages}\n{program}\n")
    return str(place / "venv" / "bin" / "python"), program / "config"


def as_user(user: int, *groups: int) -> dict[str, Any]:
    return {"user": user, "group": user, "extra_groups": groups, "cwd": "/"}


@dataclass
class House:
    gateway: Running
    console: subprocess.Popen[bytes]
    python: str
    origin: str
    sink: Sink

    @property
    def state(self) -> Path:
        return self.gateway.state

    def delivered(self) -> list[bytes]:
        return [file.read_bytes() for file in self.sink.directory.glob("*.eml")]

    def tried(self, user: int, program: str) -> str:
        """What a few lines of Python print when that user runs them; its last line of complaint if they fail."""
        command = [self.python, "-c", f"import os, sqlite3\nos.chdir({str(self.state)!r})\n{program}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **as_user(user))
        return (done.stdout or done.stderr).strip().rpartition("\n")[2]


@dataclass
class Browser:
    client: httpx.AsyncClient
    csrf: str

    async def get(self, path: str) -> httpx.Response:
        return await self.client.get(path)

    async def post(self, path: str, **form: str) -> httpx.Response:
        return await self.client.post(path, data={"csrf": self.csrf, **form})


def started(python: str, config: Path, log: Path, user: int) -> subprocess.Popen[bytes]:
    with log.open("ab") as told:
        command = [python, "-m", "gateway.cli", "--config", str(config), "console"]
        return subprocess.Popen(command, stdout=told, stderr=told, **as_user(user))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(clamd: PrivateClamd) -> AsyncIterator[House]:
    assert os.geteuid() == 0, "only root can start processes of other users"
    place = Path(tempfile.mkdtemp(prefix="mugai-apart-"))  # pytest's own folders are closed to others
    place.chmod(0o755)
    clamd.socket.chmod(0o666)
    state, port = place / "var", free_port()
    state.mkdir()
    os.chown(state, GATEWAY, GATEWAY)
    (place / "policy.yaml").write_text(RULES)
    sink = Sink(place / "sink")
    await sink.start()
    origin = f"http://localhost:{port}"
    console = f"console: {{port: {port}, origin: '{origin}', user: '{CONSOLE}:{CONSOLE}'}}\n"
    python, shipped = python_of_others(place)
    gateway = Running(state, clamd.socket, sink.port, console, place / "policy.yaml", shipped, python=python)
    gateway.process_of = as_user(GATEWAY, CONSOLE)
    await asyncio.to_thread(gateway.start)
    process = started(python, gateway.config, place / "console.log", CONSOLE)

    def listens() -> bool:
        assert process.poll() is None, (place / "console.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    await until(listens)
    yield House(gateway, process, python, origin, sink)
    process.terminate()
    process.wait(PATIENCE)
    await asyncio.to_thread(gateway.stop)
    await sink.stop()
    shutil.rmtree(place)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(house: House) -> AsyncIterator[dict[Role, Browser]]:
    made: dict[Role, Browser] = {}
    settings = settings_file.load(house.gateway.config)
    with open_store(settings) as store:
        desk = app.desk(settings, store)
        for role in (Role.SYO, Role.SYM, Role.CSO):
            code = await desk.accounts.invite(role.value, role.value, (role,), (), "test", f"{role.value}@city.example.lg.jp")
            who = await desk.accounts.accept(code, "", "", PASSWORD)
            first = await desk.sessions.begin(who, "127.0.0.1", "test", whole=True, method="password")
            found = await desk.sessions.find(first)
            assert found is not None
            token = await desk.sessions.elevate(found)
            found = await desk.sessions.find(token)
            assert found is not None
            headers = {"cookie": f"{COOKIE}={token}", "origin": house.origin, "sec-fetch-site": "same-origin"}
            client = httpx.AsyncClient(base_url=house.origin, headers=headers, timeout=PATIENCE)
            made[role] = Browser(client, found.csrf)
    yield made
    for browser in made.values():
        await browser.client.aclose()


async def held(house: House, content: bytes) -> int:
    """Its number in the quarantine."""
    query = "SELECT coalesce(max(id), 0) FROM quarantine"
    before = house.gateway.asked(query)[0]
    await asyncio.to_thread(_sent, house.gateway.inbound, content)
    await until(lambda: house.gateway.asked(query)[0] > before, lambda: f"not held: {house.gateway.queued()}")
    return int(house.gateway.asked(query)[0][0])


def _sent(port: int, content: bytes) -> None:
    import smtplib

    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.sendmail("taro@b.example", [STAFF], content)


def item_of(house: House, entry: int) -> str:
    return house.gateway.asked("SELECT message FROM quarantine WHERE id = ?", str(entry))[0][0]


async def test_the_consoles_user_reads_the_database_and_neither_contents_nor_keys(house: House) -> None:
    await held(house, mail(("application/pdf", "plan.pdf", make_pdf.pdf(pages=2) + b"%" * (128 << 10))))
    assert os.stat(f"/proc/{house.console.pid}").st_uid == CONSOLE
    for name in ("journal.key", "spool.key"):
        assert house.tried(CONSOLE, f"open({name!r}).read()").startswith("PermissionError"), name
    assert house.tried(CONSOLE, "os.listdir('blobs')").startswith("PermissionError")
    [blob, *_] = [path for path in (house.state / "blobs").glob("?/*")]
    assert house.tried(CONSOLE, f"open({str(blob)!r})").startswith("PermissionError")
    for act in ("open('new', 'w')", "os.unlink('mugai.sqlite-wal')", "os.rename('mugai.sqlite', 'x')", "os.listdir('.')"):
        assert house.tried(CONSOLE, act).startswith("PermissionError"), act
    read = "print(sqlite3.connect('file:mugai.sqlite?mode=rw', uri=True).execute('SELECT count(*) FROM message').fetchone())"
    assert re.fullmatch(r"\([1-9],\)", house.tried(CONSOLE, read)), "the mail, and the notice about it"
    assert house.tried(STRANGER, read).startswith("PermissionError")


async def test_who_knocks_at_the_inner_door_is_known_by_the_kernel(house: House) -> None:
    ask = (
        "import asyncio, pathlib\nfrom gateway.control import ask\nfrom gateway.window import Header, Told\n"
        "print(asyncio.run(ask(pathlib.Path('control.sock'), {verb!r}, Header('x'), Told)))"
    )
    assert "the gateway failed at this: LookupError" in house.tried(CONSOLE, ask.format(verb="header")), "let in: no such mail"
    assert "the verb 'shutdown' does not exist" in house.tried(CONSOLE, ask.format(verb="shutdown"))
    assert "Permission denied" in house.tried(STRANGER, ask.format(verb="header"))


async def test_a_reviewer_looks_and_releases(house: House, people: dict[Role, Browser]) -> None:
    reviewer, content = people[Role.SYO], mail(("application/pdf", "plan.pdf", make_pdf.pdf(pages=2)))
    number = await held(house, content)
    text = (await reviewer.get(f"/held/{number}/text")).text
    assert "本日の資料です。" in text
    assert r"X-Odd: \xff&lt;script&gt;" in text, "the header as it came"
    page = await reviewer.get(f"/held/{number}/pages/1/2")
    assert "2 / 2" in page.text
    picture = await reviewer.get(f"/held/{number}/pages/1/2/picture")
    assert picture.content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8"))
    assert "文字はすべて同じです" in (await reviewer.get(f"/held/{number}/outcome")).text
    answer = await reviewer.post(f"/held/{number}/release", reason="確認した")
    assert answer.status_code == 303, answer.text
    delivered = await until(lambda: [d for d in house.delivered() if b"plan.pdf" in d])
    assert b"<script>" not in delivered[0]


async def test_a_password_opens_a_mail(house: House, people: dict[Role, Browser]) -> None:
    number = await held(house, mail(("application/zip", "secret.zip", encrypted_zip())))
    answer = await people[Role.SYO].post(f"/held/{number}/password", password=ZIP_PASSWORD)
    assert answer.status_code == 303, answer.text
    item = item_of(house, number)
    again = "SELECT id FROM quarantine WHERE message = ? AND id > ?"
    assert await until(lambda: house.gateway.asked(again, item, str(number))), "held for review, for it is open now"


async def test_an_evidence_pack_is_signed_by_the_gateway(house: House, people: dict[Role, Browser], tmp_path: Path) -> None:
    content = mail(("text/plain", "a.txt", b"words"))
    item = item_of(house, await held(house, content))
    cso = people[Role.CSO]
    answer = await cso.post(f"/journal/mail/{item}/pack", reason="調査", original="yes")
    assert answer.status_code == 200, answer.text
    found = examine(answer.content, (house.state / "journal.pub").read_text().strip())
    assert found.ok
    assert content in answer.content, "stored as it came"
    assert (await cso.get("/journal/proof")).status_code == 200


async def test_a_draft_is_tried_on_stored_mail(house: House, people: dict[Role, Browser]) -> None:
    await held(house, mail(("text/plain", "b.txt", b"words")))
    admin = people[Role.SYM]
    answer = await admin.post("/rules/edit", text=DRAFT, reason="試す")
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    assert (await admin.post(f"{path}/trial", limit="1", full="yes")).status_code == 303

    async def page() -> str:
        return (await admin.get(f"{path}/trial")).text

    for _ in range(int(PATIENCE)):
        if "refresh" not in (await admin.get(f"{path}/trial")).headers:
            break
        await asyncio.sleep(1)
    assert "保留する → 無害化して届ける" in await page()


async def test_a_taken_console_has_nothing_delivered_but_plain_letters(house: House) -> None:
    """It can write the database; what the gateway did not make does not leave."""
    with_macro = mail(("application/vnd.ms-excel.sheet.macroEnabled.12", "taken.xlsm", b"PK\x03\x04macro"))
    (house.state.parent / "taken.eml").write_bytes(with_macro)
    program = f"""
import asyncio, pathlib, time
from gateway import settings as settings_file
from gateway.model import Authored, Direction
from gateway.notifier import notifying
from gateway.spool.acceptance import author
from gateway.spool.contents import small
from gateway.store.opening import open_store
settings = settings_file.load(pathlib.Path({str(house.gateway.config)!r}))
with open_store(settings, apart=True) as store:
    letter = notifying(settings, store.clock).mail(to=({STAFF!r},), subject="hello", text="plain words", name="x.1", receipt="")
    for content in (pathlib.Path("../taken.eml").read_bytes(), letter):
        note = Authored("notice", "", ({STAFF!r},), Direction.INBOUND, content)
        asyncio.run(store.db.write(author, note, small(content), time.time()))
print("written")
"""
    assert house.tried(CONSOLE, program) == "written"
    [alarm] = await until(lambda: [each for each in house.gateway.facts("alarm") if each["name"] == "foreign-copy"])
    assert "a copy that the gateway did not make was to leave" in str(alarm["detail"])
    assert await until(lambda: any(b"plain words" in each for each in house.delivered()))
    assert not any(b"taken.xlsm" in each for each in house.delivered())


async def test_the_gateway_starts_again_beside_the_console(house: House, people: dict[Role, Browser]) -> None:
    """The console keeps the database open; what both share is still shared afterwards, and nothing more."""
    await asyncio.to_thread(house.gateway.stop)
    number = house.gateway.asked("SELECT min(id) FROM quarantine")[0][0]
    assert (await people[Role.SYO].get(f"/held/{number}")).status_code == 200
    refused = await people[Role.SYO].get(f"/held/{number}/text")
    assert refused.status_code == 503
    assert "無害化装置が動いていません" in refused.text
    await asyncio.to_thread(house.gateway.start)
    assert (await people[Role.SYO].get(f"/held/{number}/text")).status_code == 200
    assert list(rights.faults(settings_file.load(house.gateway.config), house.gateway.config)) == []
    assert {path.stat().st_uid for path in house.state.glob("mugai.sqlite*")} == {GATEWAY}


async def test_whoever_starts_the_console_as_somebody_else_is_told(house: House) -> None:
    command = [house.python, "-m", "gateway.cli", "--config", str(house.gateway.config), "console"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, **as_user(GATEWAY, CONSOLE))
    assert done.returncode == 2
    assert "console.user says 64002:64002, but this runs as user 64001: User= in its unit" in done.stderr
    assert "Traceback" not in done.stderr
