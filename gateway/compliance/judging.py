"""What a check is, and the few ways in which one ends.  The checks themselves are in the modules of their subjects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.compliance.facts import Facts
from gateway.compliance.model import Outcome, Status
from gateway.directory.model import ROLE_NAMES, Role
from gateway.model import Disposition
from gateway.policy.rules import Rule

Judge = Callable[[Facts], Outcome]
STOPS = (Disposition.HOLD, Disposition.REJECT, Disposition.AWAIT_APPROVAL, Disposition.AWAIT_PASSWORD, Disposition.DELETE)


@dataclass(frozen=True, slots=True)
class Check:
    judge: Judge
    evidence: tuple[str, ...] = ()  # subjects in the journal, besides the decisions that cite the requirement


def yes(good: bool, setting: str, actual: str, why: str) -> Outcome:
    """OK, or NG with the reason."""
    return Outcome(Status.OK, setting, actual) if good else Outcome(Status.NG, setting, actual, why)


def partly(outcome: Outcome, missing: str) -> Outcome:
    """At best 一部対応: `missing` is what the product does not serve."""
    why = "。".join(part for part in (outcome.why.rstrip("。"), f"未対応: {missing}") if part)
    return Outcome(Status.PARTIAL if outcome.status is Status.OK else outcome.status, outcome.setting, outcome.actual, why)


def always(setting: str, actual: str) -> Judge:
    """No setting can switch it off."""
    return lambda _: Outcome(Status.OK, setting, actual)


def partial(setting: str, actual: str, missing: str) -> Judge:
    return lambda _: Outcome(Status.PARTIAL, setting, actual, f"未対応: {missing}")


def unserved(why: str) -> Judge:
    return lambda _: Outcome(Status.UNSERVED, "なし", "なし", why)


def organisational(helps: str, why: str) -> Judge:
    return lambda _: Outcome(Status.ORGANISATIONAL, "なし (人が行うこと)", helps, why)


def ruled(rule: Rule | None) -> str:
    return f"規則 {rule.name}: {rule.action}" if rule else "規則なし"


def stops(rule: Rule | None) -> bool:
    return rule is not None and rule.action in STOPS


def chain(rungs: Sequence[Sequence[Role]]) -> str:
    return " → ".join("・".join(ROLE_NAMES[role] for role in rung) for rung in rungs) or "なし"
