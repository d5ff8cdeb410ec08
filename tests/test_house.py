"""The house keeps its own rules: who may import whom, how long a room may be, what must be documented."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from gateway import journal
from gateway.evidence.sentence import SENTENCES
from gateway.journal import events

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "gateway").rglob("*.py")) + sorted((ROOT / "sanitizers").rglob("*.py"))
# values, the writer of messages, and pure functions on strings: nothing that reads a format
BOUNDARY = {
    *("model", "letter", "protocol", "compose", "lock", "attack", "worker", "zygote", "job"),
    *("names", "charset", "identity", "domains", "conversion", "disclosure"),
}


@cache
def imported(path: Path) -> frozenset[str]:
    """Dotted names of everything that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def test_the_hostile_side_knows_nothing_of_the_gateway() -> None:
    for path in (ROOT / "sanitizers").rglob("*.py"):
        assert not any(name.split(".")[0] == "gateway" for name in imported(path)), path


@pytest.mark.parametrize(
    "library", ["lxml", "pikepdf", "PIL", "pypdfium2", "olefile", "libarchive", "msoffcrypto", "zipfile", "email.parser"]
)
def test_the_trusted_side_has_no_parser_of_contents(library: str) -> None:
    for path in (ROOT / "gateway").rglob("*.py"):
        if "bench" in path.parts:
            continue  # measures the sanitisers on its own synthetic files
        assert library not in imported(path) | {name.split(".")[0] for name in imported(path)}, path


def test_the_trusted_side_takes_only_words_and_the_wall_from_the_other() -> None:
    for path in (ROOT / "gateway").rglob("*.py"):
        if "bench" in path.parts:
            continue
        used = {name.split(".")[1] for name in imported(path) if name.startswith("sanitizers.")}
        assert used <= BOUNDARY, (path, used - BOUNDARY)


def test_the_verifier_shares_no_code_with_the_rebuilders() -> None:
    for path in (ROOT / "sanitizers" / "verify").rglob("*.py"):
        foreign = {
            name for name in imported(path) if name.startswith("sanitizers.") and not name.startswith("sanitizers.verify")
        }
        assert {name.split(".")[1] for name in foreign} <= {"model"}, (path, foreign)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_module_says_what_it_is_and_stays_a_room(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text)), "no docstring"
    assert text.count("\n") <= 400, "longer than 400 lines"


def test_no_function_is_longer_than_sixty_lines() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                assert node.end_lineno - node.lineno < 60, f"{path.name}: {node.name}"


def test_every_event_is_exported_and_every_kind_is_its_own() -> None:
    classes = every_event()
    assert {c.__name__ for c in classes} <= set(journal.__all__)
    assert len({c.kind() for c in classes}) == len(classes)


def test_every_event_has_a_sentence_in_both_languages_made_of_its_own_fields() -> None:
    assert {c.kind() for c in every_event()} == SENTENCES.keys(), "gateway/evidence/sentence.py"
    for each in every_event():
        for text in (SENTENCES[each.kind()].ja, SENTENCES[each.kind()].en):
            used = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            assert used <= {f.name for f in fields(each)}, each.kind()


def every_event() -> list[type[events.Event]]:
    modules = [vars(module) for name, module in sys.modules.items() if name.startswith("gateway.journal.")]
    classes = {c for names in modules for c in names.values() if isinstance(c, type) and issubclass(c, events.Event)}
    return sorted(classes - {events.Event}, key=lambda c: c.kind())


def test_nothing_names_the_workplace() -> None:
    for path in [
        *SOURCES,
        *(ROOT / "samples").rglob("*.py"),
        *(ROOT / "config").rglob("*.yaml"),
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
    ]:
        assert "../shared" not in path.read_text(), path


def test_a_running_gateway_has_no_parser_loaded() -> None:
    code = "import gateway.cli, sys; print([m for m in ('lxml', 'pikepdf', 'PIL', 'pypdfium2', 'olefile') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_test_holds_a_stopwatch() -> None:
    """Speed is the bench's, as a ratio in one run: a time in a test fails where it is busy and proves nothing elsewhere."""
    for path in (ROOT / "tests").rglob("*.py"):
        if path.name != "effort.py" and path != Path(__file__):
            assert not re.search(r"\b(process_time|perf_counter)\b", path.read_text()), path


def test_whoever_opens_a_new_store_first_makes_the_tables_of_every_room() -> None:
    """A command may open it before the first `mugai serve`."""
    names = "from gateway.store.schema import metadata; print(*sorted(metadata.tables))"
    opened, everything = (
        subprocess.run([sys.executable, "-c", f"import {modules}; {names}"], capture_output=True, text=True, check=True).stdout
        for modules in ("gateway.store.opening", "gateway.store.opening, gateway.app, gateway.console.app, gateway.cli")
    )
    assert opened == everything


def families(**counts: tuple[int, ...]) -> set[str]:
    return {f"{family}-{number:02}" for family, numbers in counts.items() for number in numbers}


# what docs/outbound.md answers for: each row has a test named after it that sends a real mail
OUTBOUND = families(
    ML=tuple(range(1, 12)),
    SD=tuple(range(1, 10)),
    AV=(2, 8, 11),
    LG=(10,),
    EX=(1, 2, 3),
    IN=tuple(range(1, 6)),
    HD=(4,),
    AC=(8, 10),
)


def test_each_row_of_outbound_mail_has_a_test_named_after_it_that_exists() -> None:
    lines = (ROOT / "docs" / "outbound.md").read_text("utf-8").splitlines()
    told = {line.split("|")[1].strip(): re.findall(r"`(test_\w+\.py)::(\w+)`", line) for line in lines if line.startswith("| ")}
    assert told.keys() >= OUTBOUND
    for row in OUTBOUND:
        assert any(row.replace("-", "").lower() in name for _, name in told[row]), f"{row}: no test is named after it"
    for file, name in {each for tests in told.values() for each in tests}:
        written = ast.parse((ROOT / "tests" / "end_to_end" / file).read_text("utf-8"))
        assert name in {node.name for node in written.body if isinstance(node, ast.AsyncFunctionDef)}, f"{file}::{name}"
