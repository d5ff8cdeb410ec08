"""An expected trouble is one sentence and exit code 2, whatever the command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.cli import main
from gateway.store import schema
from gateway.store.db import Db
from tests.running import CONFIG


@pytest.mark.parametrize(
    "command",
    [["queue", "list"], ["quarantine", "list"], ["journal", "verify"], ["directory", "list"], ["policy", "list"], ["console"]],
    ids=lambda command: command[0],
)
def test_a_store_of_another_version_is_one_sentence(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text(f"state_directory: {tmp_path}\nnotices: {CONFIG / 'notices'}\n")
    db = Db(tmp_path / "mugai.sqlite")
    asyncio.run(db.write(lambda conn: conn.execute(schema.store_version.update(), {"version": schema.VERSION + 1})))
    db.close()
    assert main(["--config", str(config), *command]) == 2
    assert capsys.readouterr().err.startswith(f"mugai: the store has version {schema.VERSION + 1}, this program knows")
