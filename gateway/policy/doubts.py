"""What loads, but is hardly meant: a warning for whoever writes rules, never a refusal (HD-03).

`rules.unreachable` refuses a rule behind one that always wins; here several earlier rules win together.  Every mail has one
direction and one verdict, so a rule is never asked when each pair of them that it takes is taken before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from gateway.model import Direction, Disposition
from gateway.policy.rules import Choice, Policy, Rule
from gateway.yaml_file import Document, Problem
from sanitizers.model import Verdict

_MOST = 300  # rules that are compared: each with each, for every pair


def doubts(policy: Policy, document: Document) -> Iterator[Problem]:
    places = {str(each["name"]): f"rules.{number}" for number, each in enumerate(_entries(document, "rules"))}
    for rule, earlier in never_asked(policy.rules[:_MOST]):
        names = [each.name for each in earlier]
        before = "・".join(f"「{name}」" for name in names)
        yield document.problem(
            places[rule.name],
            f"{rule.name} is never reached: {', '.join(names)} together take all that it would",
            "reorder or delete it",
            ja=f"規則「{rule.name}」は一度も使われません。先にある{before}が合わせてすべてに当てはまります。",
        )
    for number, choice, first in _never_chosen(policy.choices):
        yield document.problem(
            f"choose_profile.{number}",
            f"{choice.name} is never reached: {first.name} always comes first",
            "reorder or delete it",
            ja=f"「{choice.name}」は一度も使われません。先にある「{first.name}」が必ず当てはまります。",
        )
    for direction, ja in ((Direction.INBOUND, "受信"), (Direction.OUTBOUND, "送信")):
        delivers = [rule for rule in policy.rules if rule.action is Disposition.DELIVER]
        if not any(rule.match.direction in (None, direction) for rule in delivers):
            yield document.problem(
                "rules",
                f"no rule delivers {direction} mail",
                "all of it would be held",
                ja=f"{ja}メールを届ける規則がありません。すべて届かずに止まります。",
            )


def never_asked(rules: Sequence[Rule]) -> Iterator[tuple[Rule, tuple[Rule, ...]]]:
    """Each rule behind others that together take every mail that it would; sure of what it finds, does not find all."""
    for number, rule in enumerate(rules):
        takers = [_taker(rules[:number], rule, *case) for case in _cases(rule)]
        found = [each for each in takers if each is not None]
        if found and len(found) == len(takers):
            yield rule, tuple(dict.fromkeys(found))


def _cases(rule: Rule) -> Iterator[tuple[Direction, Verdict]]:
    directions = (rule.match.direction,) if rule.match.direction else tuple(Direction)
    accepted = [v for v in Verdict if rule.action is not Disposition.DELIVER or v <= rule.worst]
    return product(directions, [v for v in rule.match.verdict or Verdict if v in accepted])


def _taker(earlier: Iterable[Rule], rule: Rule, direction: Direction, verdict: Verdict) -> Rule | None:
    case = replace(rule.match, direction=direction, verdict=(verdict,))
    for each in earlier:
        accepts = each.action is not Disposition.DELIVER or verdict <= each.worst
        if accepts and not each.waivable and each.match.covers(case):
            return each
    return None


def _never_chosen(choices: Sequence[Choice]) -> Iterator[tuple[int, Choice, Choice]]:
    for number, choice in enumerate(choices):
        first = next((each for each in choices[:number] if each.match.covers(choice.match)), None)
        if first is not None:
            yield number, choice, first


def _entries(document: Document, key: str) -> list[dict[str, object]]:
    entries = document.values.get(key)
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
