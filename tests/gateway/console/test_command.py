from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from gateway import cli
from gateway import settings as settings_file
from gateway.console import app
from gateway.directory import Role
from gateway.store.opening import open_store
from tests.gateway.console.make_console import PASSWORD


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
