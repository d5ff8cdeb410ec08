"""What loads, but is hardly meant: told with its line, in both languages (HD-03)."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.policy import file as policy_file
from gateway.yaml_file import BadConfiguration

ROOT = Path(__file__).parents[3]
HEAD = "profiles: {rebuild: {}, text: {method: text}}\n"


def rules(*lines: str, head: str = HEAD) -> str:
    body = "".join(f"  - {{{line}, clauses: [HD-03]}}\n" for line in lines)
    return f"{head}rules:\n{body}"


def hold(name: str, match: str) -> str:
    return f"name: {name}, match: {{{match}}}, action: hold, reason: x"


ALL = "name: all, action: deliver, worst: withheld"


@pytest.mark.parametrize("path", [ROOT / "config" / "policy.yaml", *(ROOT / "config" / "profiles").glob("*/policy.yaml")])
def test_what_is_shipped_is_meant(path: Path) -> None:
    assert policy_file.doubts(policy_file.text(path)) == ()


def test_hd03_several_rules_that_win_together_are_told() -> None:
    text = rules(hold("in", "direction: inbound"), hold("out", "direction: outbound"), hold("late", "sender: a@b.example"), ALL)
    late, everything, *_ = policy_file.doubts(text)
    assert (late.key, late.line) == ("rules.2", 5)
    assert "in, out together" in late.message
    assert "先にある「in」・「out」" in late.ja
    assert everything.key == "rules.3"


def test_hd03_verdicts_are_added_up_too() -> None:
    bad = "verdict: [locked, infected, failed]"
    told = policy_file.doubts(rules(ALL, hold("rest", bad), hold("late", "name: '*.zip'")))
    assert [each.key for each in told] == ["rules.2"]
    assert policy_file.doubts(rules(ALL, hold("rest", "verdict: [infected, failed]"), hold("late", "name: '*.zip'"))) == ()


def test_what_a_person_may_take_away_hides_nothing() -> None:
    wanted = "name: ask, match: {direction: outbound}, action: await_approval, approve: {by: [ism]}, reason: x"
    assert policy_file.doubts(rules(hold("in", "direction: inbound, name: x"), wanted, ALL)) == ()


def test_a_choice_behind_one_that_takes_all_is_told() -> None:
    head = (
        HEAD + "choose_profile:\n  - {name: one, profile: text}\n  - {name: two, match: {sender: x@y.jp}, profile: rebuild}\n"
    )
    [told] = policy_file.doubts(rules(ALL, head=head))
    assert (told.key, told.line) == ("choose_profile.1", 4)


def test_rules_that_deliver_nothing_are_told() -> None:
    out = "name: out, match: {direction: outbound}, action: deliver, worst: sanitised"
    [told] = policy_file.doubts(rules(out))
    assert told.ja == "受信メールを届ける規則がありません。すべて届かずに止まります。"
    [told] = policy_file.doubts(rules(f"{ALL}, enabled: false", out))
    assert "inbound" in told.message


def test_a_rule_that_is_off_is_not_asked_and_hides_nothing() -> None:
    off = hold("early", "") + ", enabled: false"
    policy = policy_file.parse(rules(off, ALL))
    assert [rule.name for rule in policy.rules] == ["all"]
    with pytest.raises(BadConfiguration, match=r"rules\.2: late is never reached: early"):
        policy_file.parse(rules(hold("silent", "") + ", enabled: false", hold("early", ""), hold("late", "name: x")))


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "bad_configs").glob("policy-*.yaml")), ids=lambda p: p.stem)
def test_every_problem_of_rules_is_said_in_japanese(path: Path) -> None:
    with pytest.raises(BadConfiguration) as bad:
        policy_file.load(path)
    for problem in bad.value.problems:
        assert any("ぁ" <= c <= "ん" for c in problem.ja), problem


@pytest.mark.parametrize(
    ("text", "ja"),
    [
        ("rules: [", "YAML として読めません"),
        ("a: 1\na: 2\n", "二度書かれています"),
        ("- a\n", "「項目: 値」"),
        (rules("name: 1, action: hold"), "文字で書いてください"),
        (rules(f"{ALL}, releasable: 3"), "true か false"),
        (rules(f"{ALL}, inform: [boss]"), "sender、メールアドレス、役割"),
        (rules(hold("a", "client: [everybody]")), "IPアドレスでもネットワークでもありません"),
        (rules(hold("a", "sign: {telephone: 0}, direction: outbound")), "1 以上です"),
        (rules(hold("a", "sgin: telephone")), "つづりを確かめてください"),
        (rules("name: a"), "必要な項目がありません"),
    ],
)
def test_what_pydantic_and_yaml_say_is_said_in_japanese(text: str, ja: str) -> None:
    with pytest.raises(BadConfiguration) as bad:
        policy_file.parse(text)
    assert ja in bad.value.problems[0].ja
