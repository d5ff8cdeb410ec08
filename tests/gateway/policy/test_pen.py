"""Single changes in the text of the rules: only what was changed differs, and what is read again is what was asked for."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.policy import file as policy_file
from gateway.policy import pen

SHIPPED = (Path(__file__).parents[3] / "config" / "policy.yaml").read_text("utf-8")
NAMES = [rule["name"] for rule in yaml.safe_load(SHIPPED)["rules"]]
PERSONAL = NAMES.index("personal-information")


def changed(after: str, before: str = SHIPPED) -> list[str]:
    """Lines that are gone and new, without those that stay."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line for line in list(lines)[2:] if not line.startswith("@@")]


def test_a_value_is_replaced_and_its_comment_stays_in_its_column() -> None:
    before, after = changed(pen.put(SHIPPED, ("profiles", "rebuild", "switches", "office", "macros"), "block"))
    assert before == "-        macros: remove            # VBA と Excel 4.0 マクロ"
    assert after == "+        macros: block             # VBA と Excel 4.0 マクロ"


def test_inside_a_line_only_the_value_changes() -> None:
    before, after = changed(pen.put(SHIPPED, ("rules", PERSONAL, "match", "sign", "telephone"), 50))
    assert after[1:] == before[1:].replace("telephone: 20", "telephone: 50")


@pytest.mark.parametrize(
    ("place", "value", "line"),
    [
        (("rules", PERSONAL, "enabled"), False, "+    enabled: false"),
        (("rules", 0, "match", "sender"), ["*@a.example"], "sender: ['*@a.example']}"),
        (("profiles", "body_only", "switches", "office", "comments"), "keep", "+    switches: {office: {comments: keep}}"),
        (("nothing", "of", "it"), 1, "+nothing: {of: {it: 1}}"),
    ],
)
def test_what_is_not_there_is_added_with_what_stands_above_it(place: pen.Place, value: object, line: str) -> None:
    lines = changed(pen.put(SHIPPED, place, value))
    assert lines[-1].endswith(line)
    assert len([each for each in lines if each.startswith("-")]) <= 1


def test_a_key_goes_with_its_line_or_its_comma() -> None:
    assert changed(pen.drop(SHIPPED, ("rules", 0, "inform"))) == ["-    inform: [sender, ism, csirt]"]
    _, after = changed(pen.drop(SHIPPED, ("rules", 0, "match", "verdict")))
    assert after == "+    match: {direction: outbound}"
    assert pen.drop(SHIPPED, ("rules", 0, "nothing")) == SHIPPED
    alone = "rules:\n  - name: a\n    match:\n      sender: x\n"
    assert pen.drop(alone, ("rules", 0, "match", "sender")) == "rules:\n  - name: a\n    match: {}\n"


def test_a_rule_moves_with_the_comment_above_it() -> None:
    one, two = "  # about a\n  - {name: a}\n", "  # about b,\n  # two lines\n  - name: b\n    match: {}  # all\n"
    text = f"rules:\n{one}\n{two}\n# end\n"
    moved = pen.swap(text, ("rules",), 0)
    assert moved == f"rules:\n{two}\n{one}\n# end\n"
    assert pen.swap(moved, ("rules",), 0) == text
    assert pen.swap(text, ("rules",), 1) == text
    assert pen.swap(text, ("rules",), -1) == text


def test_a_rule_is_put_in_and_taken_out_again() -> None:
    rule = {"name": "new", "match": {"direction": "inbound"}, "action": "hold", "reason": "あ: い # う", "clauses": ["SAN-02"]}
    for at in (0, 2, len(NAMES)):
        new = pen.insert(SHIPPED, ("rules",), at, rule)
        assert yaml.safe_load(new)["rules"][at] == rule
        assert not [line for line in changed(new) if line.startswith("-")]
        assert pen.take_out(new, ("rules",), at).rstrip("\n") == SHIPPED.rstrip("\n")


def test_a_list_in_one_line_is_written_as_a_whole() -> None:
    text = "choose: []  # why\nrules: [{name: a}, {name: b}]\n"
    assert pen.insert(text, ("choose",), 0, {"name": "c"}).startswith("choose: [{name: c}]  # why\n")
    assert "rules: [{name: b}, {name: a}]\n" in pen.swap(text, ("rules",), 0)
    assert "rules: [{name: b}]\n" in pen.take_out(text, ("rules",), 0)
    assert pen.take_out("rules:\n  - {name: a}\n", ("rules",), 0) == "rules: []\n"


def test_a_file_without_its_last_line_end_is_written_all_the_same() -> None:
    text = "rules:\n- {name: a}\n- {name: b}"
    assert pen.swap(text, ("rules",), 0) == "rules:\n- {name: b}\n- {name: a}\n"
    assert pen.put(text, ("observe", "inside"), ["x"]) == text + "\nobserve: {inside: [x]}\n"
    assert pen.insert(text, ("rules",), 2, {"name": "c"}) == text + "\n- name: c\n"


@pytest.mark.parametrize("text", ["rules:\n-\n  # why\n  name: a\n- name: b\n", "rules: {}", "a: 1"])
def test_what_can_not_be_written_is_said_and_never_guessed(text: str) -> None:
    with pytest.raises(pen.Unwritable):
        pen.insert(text, ("rules",), 1, {"name": "c"})


def test_every_value_of_the_shipped_file_can_be_set_and_comes_back() -> None:
    """Each leaf once: what is read again is the same but for that value, which the pen itself proves."""

    def leaves(value: object, place: pen.Place) -> list[pen.Place]:
        if isinstance(value, dict) and value:
            return [each for key, inner in value.items() for each in leaves(inner, (*place, key))]
        return [place]

    places = leaves(yaml.safe_load(SHIPPED.split("\n# 検査の後")[0]), ())
    assert len(places) > 70
    for place in places[::8]:
        assert len(changed(pen.put(SHIPPED, place, "changed"))) <= 14, place


@settings(max_examples=40)
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40))
def test_any_text_can_be_a_reason(reason: str) -> None:
    text = "rules:\n  - {name: a, reason: old}  # why\n  - name: b\n    reason: old  # why\n"
    for number in (0, 1):
        written = pen.put(text, ("rules", number, "reason"), reason)
        assert yaml.safe_load(written)["rules"][number]["reason"] == reason
        assert written.count("# why") >= 2


def test_the_shipped_rules_are_still_rules_after_a_change() -> None:
    policy = policy_file.parse(pen.put(SHIPPED, ("rules", PERSONAL, "enabled"), False))
    assert "personal-information" not in [rule.name for rule in policy.rules]
