"""`base:`: a file over another one, key by key, named entries by name; every complaint names the file that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import yaml_file
from gateway.yaml_file import BadConfiguration, Document

BASE = """a: {x: 1, y: 2}
list: [1, 2]
rules:
  - {name: one, action: hold, why: {deep: 1, other: 2}}
  - {name: two, action: hold}
"""


def laid(folder: Path, over: str, base: str = BASE) -> Document:
    (folder / "base.yaml").write_text(base)
    (folder / "over").mkdir(exist_ok=True)
    (folder / "over" / "over.yaml").write_text(over)
    return yaml_file.read(folder / "over" / "over.yaml")


def test_what_is_written_replaces_and_the_rest_stays(tmp_path: Path) -> None:
    document = laid(tmp_path, "base: ../base.yaml\na: {y: 3, z: 4}\nlist: [9]\nb: 5\n")
    rules = yaml_file.read(tmp_path / "base.yaml").values["rules"]
    assert document.values == {"a": {"x": 1, "y": 3, "z": 4}, "list": [9], "b": 5, "rules": rules}


def test_null_takes_a_key_away(tmp_path: Path) -> None:
    over = "base: ../base.yaml\na: {x: null}\nlist: null\nrules: [{name: one, why: null}]\n"
    document = laid(tmp_path, over)
    assert document.values["a"] == {"y": 2}
    assert "list" not in document.values
    assert document.values["rules"] == [{"name": "one", "action": "hold"}, {"name": "two", "action": "hold"}]


def test_named_entries_lie_over_one_another_whole_key_by_key_and_new_ones_stand_where_they_say(tmp_path: Path) -> None:
    over = """base: ../base.yaml
rules:
  - {name: two, action: reject}
  - {name: first, before: one, action: drop}
  - {name: one, why: {deep: 3}}
  - {name: second, before: one, action: drop}
"""
    assert laid(tmp_path, over).values["rules"] == [
        {"name": "first", "action": "drop"},
        {"name": "second", "action": "drop"},
        {"name": "one", "action": "hold", "why": {"deep": 3}},
        {"name": "two", "action": "reject"},
    ]


def test_each_key_knows_its_file_and_line(tmp_path: Path) -> None:
    document = laid(tmp_path, "base: ../base.yaml\n\na:\n  y: 3\nrules:\n  - name: new\n    before: two\n    bad: 1\n")
    base, over = str(tmp_path / "over" / ".." / "base.yaml"), str(tmp_path / "over" / "over.yaml")
    places = {
        "a.x": (base, 1),
        "a.y": (over, 4),
        "list.1": (base, 2),
        "rules.0.action": (base, 4),
        "rules.1": (over, 6),
        "rules.1.bad": (over, 8),
        "rules.2.action": (base, 5),
    }
    assert {key: (document.file_of(key), document.line(key)) for key in places} == places
    assert str(document.problem("rules.1.bad", "is wrong")).startswith(f"{over}:8: rules.1.bad")


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ("base: over.yaml\n", "not lead back"),
        ("base: [a]\n", "must name another file"),
        ("base: ../missing.yaml\n", "cannot be read"),
        ("base: ../base.yaml\nrules: [{name: new}]\n", "new is new: before: must name an entry"),
        ("base: ../base.yaml\nrules: [{name: new, before: nowhere}]\n", "before: must name an entry"),
    ],
    ids=["loop", "list", "missing", "no-place", "no-such-place"],
)
def test_what_can_not_be_laid_over_is_refused(tmp_path: Path, over: str, said: str) -> None:
    with pytest.raises(BadConfiguration, match=said):
        laid(tmp_path, over)


def test_an_entry_written_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="is written twice"):
        laid(tmp_path, "base: ../base.yaml\nrules: [{name: one, action: a}, {name: one, action: b}]\n")
