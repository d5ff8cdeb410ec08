"""The weaknesses of web consoles and mail gateways, W1 to W18 of the threat model: each has a test that carries its name.

Most stand beside what they test.  Here are those that are about the whole house: patterns, defaults, YAML, supply chain, files.
"""

from __future__ import annotations

import ast
import os
import re
import stat
from pathlib import Path

import pytest

from gateway import settings as settings_file
from gateway import yaml_file
from gateway.console import app
from gateway.console.page import Pages
from gateway.console.roles import Scope
from gateway.settings import ConsoleSettings, Settings
from gateway.store.opening import open_store
from gateway.words import Language
from gateway.yaml_file import BadConfiguration

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "gateway").rglob("*.py"))


def test_each_weakness_has_a_test_of_its_name() -> None:
    text = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    named = {int(number) for number in re.findall(r"def test_(?:\w+_)?w([0-9]+)_", text)}
    assert named >= set(range(1, 19))


def test_w9_no_pattern_comes_from_outside() -> None:
    """The standard library's engine may take exponential time: it runs what is written in the program, and nothing else."""
    tried = ("compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer")
    for path in SOURCES:
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            name = call.func
            if (
                isinstance(name, ast.Attribute)
                and isinstance(name.value, ast.Name)
                and (name.value.id, name.attr) in {("re", each) for each in tried}
            ):
                assert isinstance(call.args[0], ast.Constant), f"{path}:{call.lineno}"


def test_w9_a_scope_full_of_stars_ends() -> None:
    """fnmatch makes a pattern of it; a naive one would take 2^60 steps here."""
    assert not Scope((f"{'*a' * 60}*b",)).sees(["a" * 5_000])


def test_w13_nothing_listens_to_the_network_by_itself() -> None:
    settings = Settings()
    for host in (settings.console.host, settings.health.host, settings.inbound.host, settings.outbound.host):
        assert host == "127.0.0.1"
    assert all(network.is_loopback for network in settings.console.peers)
    with pytest.raises(ValueError, match="certificate"):
        ConsoleSettings(host="10.0.0.5")


async def test_w13_nobody_has_an_account_and_nothing_is_debugged(tmp_path: Path) -> None:
    settings = settings_file.load(ROOT / "config" / "gateway.yaml").model_copy(update={"state_directory": tmp_path})
    with open_store(settings) as store:
        desk = app.desk(settings, store)
        assert await desk.accounts.list() == []
        assert not app.application(desk)._app.debug  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "text",
    [
        "hostname: !!python/object/apply:os.system ['true']",
        "hostname: !!python/name:os.system",
        "hostname: !include /etc/passwd",
        "hostname: &a x\norganisation: *a",
        "hostname: 2026-13-40",
        "? [a]\n: b",
    ],
)
def test_w14_yaml_makes_values_and_nothing_else(text: str) -> None:
    with pytest.raises(BadConfiguration):
        yaml_file.parse("gateway.yaml", text.encode())


def test_w14_words_of_settings_are_no_template() -> None:
    page = Pages("{{ 7 * 7 }}", "{% raw %}<b>").render("recovery.html", Language.JA, codes=[], **FRAME)
    assert "{{ 7 * 7 }}" in page
    assert "49" not in page


FRAME = {
    "visit": type("Visit", (), {"session": None, "cut_off": (), "place": "/"}),
    **dict.fromkeys(("said", "last"), None),
    **{"path": "/", "csrf": "", "elevated": False, "Right": None},
}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_w15_every_package_is_one_version_with_its_digest(name: str) -> None:
    text = (ROOT / name).read_text()
    packages = re.split(r"\n(?=[a-z0-9])", text)
    locked = [each for each in packages if not each.startswith("#")]
    assert len(locked) > 30
    for each in locked:
        assert re.match(r"[a-z0-9.\[\]_-]+==\S+", each), each
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", each), each
    assert "--require-hashes" in (ROOT / "setup.sh").read_text()


def test_w17_what_is_stored_is_its_owner_s_alone(tmp_path: Path) -> None:
    """Whatever the umask of whoever started it: hostile mail and personal data lie here."""
    settings = settings_file.load(ROOT / "config" / "gateway.yaml").model_copy(update={"state_directory": tmp_path / "var"})
    before = os.umask(0)
    try:
        with open_store(settings) as store:
            app.desk(settings, store)
            made = [tmp_path / "var", *(path for path in (tmp_path / "var").rglob("*") if path.is_file())]
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made}
    finally:
        os.umask(before)
    assert modes.keys() >= {"var", "mugai.sqlite", "console.key", "journal.key"}
    assert not {name for name, mode in modes.items() if mode & 0o077}
