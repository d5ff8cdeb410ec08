"""What each value of `policy.yaml` alone does not show: names that mean nothing, rules that no mail can meet (HD-03)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import fields

from gateway.model import Direction, Sign
from gateway.policy.protection import Mode
from gateway.policy.rules import NEVER_DELIVERED
from gateway.policy.syntax import WrittenPolicy, WrittenRule
from gateway.yaml_file import Document, Problem
from sanitizers.model import FAMILIES, Limits, Setting, Verdict


def contradictions(raw: WrittenPolicy, document: Document) -> Iterator[Problem]:
    known = ", ".join(raw.profiles)
    if raw.default_profile not in raw.profiles:
        yield _no_profile(document, "default_profile", raw.default_profile, known)
    for name, profile in raw.profiles.items():
        yield from _unknown(document, f"profiles.{name}.limits", profile.limits, {f.name for f in fields(Limits)})
        yield from _unknown(document, f"profiles.{name}.switches", profile.switches, FAMILIES.keys())
        for family in profile.switches.keys() & FAMILIES.keys():
            yield from _switch_contradictions(profile.switches[family], family, f"profiles.{name}.switches.{family}", document)
    for number, choice in enumerate(raw.choose_profile):
        key = f"choose_profile.{number}"
        if choice.profile not in raw.profiles:
            yield _no_profile(document, f"{key}.profile", choice.profile, known)
        if choice.match.build().needs_inspection:
            yield document.problem(
                f"{key}.match",
                "asks for what only the inspection knows",
                "use it in rules instead",
                ja="検査の後でなければ分からない条件は使えません。rules に書いてください。",
            )
    asked = {sign for rule in raw.rules if rule.enabled and rule.action != "deliver" for sign in rule.match.sign}
    if raw.protect_attachments.mode is Mode.REQUIRE and Sign.UNPROTECTED not in asked:
        yield document.problem(
            "protect_attachments.mode",
            "require needs a rule that stops what is not locked",
            "match: {direction: outbound, sign: unprotected}, action: reject",
            ja="require には、暗号化されていない添付を止める規則 (sign: unprotected) が必要です。",
        )
    yield from _rule_contradictions(raw, document)


def _no_profile(document: Document, key: str, name: str, known: str) -> Problem:
    ja = f"「{name}」という無害化の方法はありません。あるもの: {known}"
    return document.problem(key, f"{name} is not a profile", f"profiles: {known}", ja=ja)


def _unknown(document: Document, key: str, given: Iterable[str], known: Set[str]) -> Iterator[Problem]:
    for name in sorted(set(given) - known):
        listed = ", ".join(sorted(known))
        ja = f"この項目はありません。使えるもの: {listed}"
        yield document.problem(f"{key}.{name}", "is not a known key", f"known: {listed}", ja=ja)


def _switch_contradictions(given: dict[str, Setting], family: str, key: str, document: Document) -> Iterator[Problem]:
    """What must never be kept can not be."""
    switches = FAMILIES[family]
    yield from _unknown(document, key, given, switches.keepable | switches.never_kept)
    for name in sorted(given.keys() & switches.never_kept):
        if given[name] is Setting.KEEP:
            ja = "残すこと (keep) はできません。remove か block を選んでください。"
            yield document.problem(f"{key}.{name}", "can never be kept", "write remove or block", ja=ja)
    if family == "body" and Setting.BLOCK in given.values():
        yield document.problem(
            key,
            "the text of a mail is not withheld: block has no meaning here",
            "write keep or remove",
            ja="メール本文に block は使えません。keep か remove を選んでください。",
        )


def _rule_contradictions(raw: WrittenPolicy, document: Document) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, rule in enumerate(raw.rules):
        key = f"rules.{number}"
        if first.setdefault(rule.name, number) != number:
            yield document.problem(
                f"{key}.name",
                f"{rule.name} names two rules",
                "names appear in the journal: make them unique",
                ja=f"「{rule.name}」という名前の規則が二つあります。名前は記録に残るので、別のものにしてください。",
            )
        if rule.action == "deliver":
            if rule.worst is None:
                yield document.problem(
                    key,
                    "a deliver rule must name the worst verdict that it accepts",
                    "worst: sanitised",
                    ja="届ける規則には、届けてよい最も悪い判定 (worst) が必要です。例 worst: sanitised",
                )
            elif rule.worst in NEVER_DELIVERED:
                worst = rule.worst.name.lower()
                ja = f"{worst} のものは決して届けません。worst は withheld までです。"
                yield document.problem(f"{key}.worst", f"{worst} is never delivered", "worst: withheld is the most", ja=ja)
        elif rule.worst is not None:
            yield document.problem(f"{key}.worst", "belongs to deliver rules only", ja="届ける規則だけに書く項目です。")
        if rule.action != "deliver" and not rule.reason:
            ja = "職員への説明 (reason) を書いてください。"
            yield document.problem(f"{key}.reason", "is missing: staff must be told why", ja=ja)
        yield from _impossible(key, rule, document)
        yield from _waiting_contradictions(key, rule, document)
        yield from _outbound_contradictions(key, rule, document)
        if not rule.clauses:
            yield document.problem(
                f"{key}.clauses",
                "is missing",
                "name the requirement that the rule serves, e.g. SAN-02",
                ja="この規則が応える要件 (clauses) を書いてください。例 SAN-02",
            )


def _outbound_contradictions(key: str, rule: WrittenRule, document: Document) -> Iterator[Problem]:
    """What only a sender inside can be answered with."""
    outbound = rule.match.direction is Direction.OUTBOUND
    if rule.action == "reject" and not outbound:
        yield document.problem(
            f"{key}.action",
            "reject would answer senders outside",
            "add direction: outbound to the match; hold what comes in",
            ja="差出人に返す (reject) のは送信メールだけです。条件を送信に限るか、保留 (hold) にしてください。",
        )
    if rule.recipients == "hide" and (rule.action != "deliver" or not outbound):
        ja = "宛先を隠す (hide) のは、送信メールを届ける規則だけです。"
        yield document.problem(f"{key}.recipients", "hide belongs to deliver rules with direction: outbound", ja=ja)
    if rule.inform and not outbound:
        yield document.problem(
            f"{key}.inform",
            "is for outbound mail",
            "recipients of held inbound mail hear of it anyway",
            ja="送信メールの規則だけに書けます。保留した受信メールの宛先には、もともと知らせます。",
        )


def _impossible(key: str, rule: WrittenRule, document: Document) -> Iterator[Problem]:
    """A match that no mail can meet is a mistake, not a rule (HD-03)."""
    match = rule.match
    if match.sign and match.direction is Direction.INBOUND:
        yield document.problem(
            f"{key}.match.sign",
            "is looked for in outbound mail only: this rule never applies",
            ja="この条件は送信メールだけで調べるので、受信の規則は一度も当てはまりません。",
        )
    if match.identity and match.direction is Direction.OUTBOUND:
        yield document.problem(
            f"{key}.match.identity",
            "is judged of inbound mail only: this rule never applies",
            ja="差出人の疑いは受信メールだけで調べるので、送信の規則は一度も当てはまりません。",
        )
    if rule.worst is not None and match.verdict and min(match.verdict) > rule.worst:
        yield document.problem(
            f"{key}.worst",
            "is better than every verdict of the match: this rule never applies",
            ja="条件の判定がどれも worst より悪いので、この規則は一度も当てはまりません。",
        )


def _waiting_contradictions(key: str, rule: WrittenRule, document: Document) -> Iterator[Problem]:
    """What somebody decides, or an exception takes away."""
    for action, section, example in (
        ("await_approval", "approve", "approve: {by: [ism, bur]}"),
        ("delay", "delay", "delay: {minutes: 5}"),
    ):
        there = getattr(rule, section) is not None
        if rule.action == action and not there:
            ja = f"{action} には {section} が必要です。例 {example}"
            yield document.problem(key, f"{action} needs the key {section}", example, ja=ja)
        elif rule.action != action and there:
            ja = f"action: {action} の規則だけに書く項目です。"
            yield document.problem(f"{key}.{section}", f"belongs to action: {action}", ja=ja)
        elif there and rule.match.direction is not Direction.OUTBOUND:
            yield document.problem(
                f"{key}.match",
                f"{action} is for outbound mail: its sender is one of us",
                "match: {direction: outbound, ...}",
                ja=f"{action} は送信メールだけに使えます。条件を送信に限ってください。",
            )
    if rule.original and (rule.action != "hold" or not rule.releasable or rule.match.direction is Direction.OUTBOUND):
        ja = "目視確認 (original) は、解除できる受信メールを保留する規則だけに書けます。"
        yield document.problem(f"{key}.original", "is for inbound mail that a reviewer may release: action: hold", ja=ja)
    elif rule.original and Verdict.INFECTED in rule.match.verdict:
        yield document.problem(f"{key}.original", "what is infected never leaves", ja="感染したものは決して届けません。")
    if rule.exceptions and rule.action == "deliver" and rule.recipients == "show":
        yield document.problem(
            f"{key}.exceptions",
            "an exception takes a rule away: from this one there is nothing to take",
            ja="例外措置は規則を外すものです。届ける規則には外すものがありません。",
        )
    elif rule.exceptions and set(rule.match.verdict) & set(NEVER_DELIVERED):
        yield document.problem(
            f"{key}.exceptions",
            "what is infected or not inspected is never delivered: an exception would change nothing",
            ja="感染・確認不能のものは決して届けないので、例外措置の意味がありません。",
        )
    elif rule.exceptions and rule.action in ("await_approval", "delay"):
        yield document.problem(
            f"{key}.exceptions",
            f"{rule.action} is decided mail by mail, or by a blanket approval",
            ja=f"{rule.action} はメールごとの承認か包括承認で決めます。例外措置では外せません。",
        )
