"""The command `mugai` imports what was asked for and nothing else; an expected trouble is one sentence and exit code 2."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from gateway import cli
from gateway.commands.terminal import screen
from gateway.store import schema
from gateway.store.db import Db
from tests.running import CONFIG


def choices(parser: argparse.ArgumentParser) -> list[str]:
    [commands] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return list(commands.choices)


def test_each_command_is_declared_by_the_module_that_is_imported_for_it() -> None:
    for command, module in cli.COMMANDS.items():
        assert choices(cli.parser([command])) == [other for other, its in cli.COMMANDS.items() if its == module]


@pytest.mark.parametrize("argv", [[], ["--help"], ["nonsense"], ["--config", "queue"], ["--config"]])
def test_whoever_asks_for_no_command_is_shown_all(argv: list[str]) -> None:
    assert choices(cli.parser(argv)) == list(cli.COMMANDS)


@pytest.mark.parametrize(
    "argv",
    [["queue", "list"], ["--config", "a.yaml", "queue", "list"], ["-c", "a.yaml", "queue"], ["--config=a.yaml", "queue"]],
)
def test_options_may_stand_before_a_command(argv: list[str]) -> None:
    assert choices(cli.parser(argv)) == ["queue"]


def test_a_pipe_breaks_no_receipt(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(*["receipt"] * 9)
    table.add_row(*["20261129-F7AD"] * 9)
    screen().print(table)
    assert capsys.readouterr().out.count("20261129-F7AD") == 9


def test_a_look_at_the_queue_loads_neither_the_gateway_nor_the_console() -> None:
    script = "import sys; from gateway import cli; cli.parser(['queue']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "gateway.commands.queue" in loaded
    assert not {"gateway.app", "gateway.sandbox", "starlette", "uvicorn", "dns", "jinja2"} & set(loaded)


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
    assert cli.main(["--config", str(config), *command]) == 2
    assert capsys.readouterr().err.startswith(f"mugai: the store has version {schema.VERSION + 1}, this program knows")
