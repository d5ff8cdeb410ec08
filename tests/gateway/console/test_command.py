from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gateway import cli
from gateway import settings as settings_file
from gateway.console import app
from gateway.directory import Role
from gateway.store.opening import open_store
from tests.gateway.console.make_console import PASSWORD
from tests.running import free_port
from tests.waiting import until


def config(root: Path) -> Path:
    file = root / "gateway.yaml"
    notices = Path(__file__).parents[3] / "config"
    file.write_text(f"state_directory: {root / 'var'}\nnotices: {notices / 'notices'}\npolicy: {notices / 'policy.yaml'}\n")
    return file


def test_ac04_who_lost_everything_is_invited_again_at_the_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config(tmp_path)
    settings = settings_file.load(file)

    async def person() -> None:
        with open_store(settings) as store:
            accounts = app.desk(settings, store).accounts
            await accounts.accept(await accounts.invite("syo", "Syo", [Role.SYO], [], "test"), "", "", PASSWORD)

    async def back(code: str) -> bool:
        with open_store(settings) as store:
            return (await app.desk(settings, store).accounts.accept(code, "", "", PASSWORD)).has_password

    asyncio.run(person())
    assert cli.main(["--config", str(file), "console", "--invite", "syo"]) == 0
    code = re.search(r"[A-Z2-9]{4}(?:-[A-Z2-9]{4}){3}", capsys.readouterr().out)
    assert code
    assert asyncio.run(back(code[0]))
    assert cli.main(["--config", str(file), "console", "--invite", "nobody"]) == 2


def test_a_port_that_is_taken_is_one_sentence_and_no_address_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, port = config(tmp_path), free_port()
    with file.open("a") as more:
        more.write(f"console: {{port: {port}}}\n")
    with socket.create_server(("127.0.0.1", port)):
        assert cli.main(["--config", str(file), "console"]) == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said == (
        f"mugai: the console can not listen on 127.0.0.1:{port}: Address already in use; stop what listens there, "
        "or change console.host or console.port in gateway.yaml\n"
    )


def test_a_certificate_that_is_none_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, broken = config(tmp_path), tmp_path / "broken.pem"
    broken.write_text("no certificate")
    with file.open("a") as more:
        more.write(f"console: {{port: {free_port()}, certificate: {broken}, key: {broken}, origin: 'https://localhost'}}\n")
    assert cli.main(["--config", str(file), "console"]) == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("mugai: console.certificate, console.key or console.client_ca in gateway.yaml can not be used: ")
    assert said.count("\n") == 1


DEMO = """
import asyncio, sys
from contextlib import AsyncExitStack
from pathlib import Path
from gateway.commands.demo import _console

async def main():
    async with AsyncExitStack() as stack:
        print(await _console(stack, Path(sys.argv[1]), Path(sys.argv[2])), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.slow
async def test_the_console_of_a_demo_answers_when_it_tells_where_and_dies_with_the_demo(tmp_path: Path) -> None:
    file, port = config(tmp_path), free_port()
    with file.open("a") as more:
        more.write(f"console: {{port: {port}, origin: 'http://localhost:{port}'}}\n")
    command = [sys.executable, "-c", DEMO, str(file), str(tmp_path / "console.log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        told = await asyncio.to_thread(demo.stdout.readline)
        assert f"open http://localhost:{port}/invitation" in told, (tmp_path / "console.log").read_text()
        socket.create_connection(("127.0.0.1", port)).close()
        demo.kill()

    def gone() -> bool:
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return False
        return True

    await until(gone)
