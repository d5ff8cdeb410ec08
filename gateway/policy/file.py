"""`config/policy.yaml` -> Policy, or every problem in it with its line.

The schema is pydantic's; the values become the frozen ones of `rules.py`.  Raises BadConfiguration.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import fields, replace
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway import yaml_file
from gateway.model import Direction, Disposition, Hiding, Sign, Suspicion, Telling
from gateway.policy.observing import Informed, Observing
from gateway.policy.rules import NEVER_DELIVERED, Approval, Choice, Delay, Guessing, Match, Policy, Rule, unreachable
from gateway.settings import Peer, Rungs, Size
from gateway.yaml_file import BadConfiguration, Document, Problem
from sanitizers.model import FAMILIES, Kind, Limits, Method, Profile, Setting, Switchboard, Verdict

_LARGEST_LIST, _MOST_LISTED = 64 << 10, 200  # bytes, passwords: they are tried on every locked file
CLAUSE = re.compile(r"(?:SAN|AV|ML|SD|LG|HD|AC|AVL|IN|EX|AU|DV|DS|VN)-\d\d")


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _clauses(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not CLAUSE.fullmatch(value):
            raise ValueError(f"{value} is not a requirement ID such as SAN-02")
    return values


def _verdict(value: object) -> object:
    names = [verdict.name.lower() for verdict in Verdict]
    if value not in names:
        raise ValueError(f"must be one of {', '.join(names)}")
    return Verdict[str(value).upper()]


OneVerdict = Annotated[Verdict, BeforeValidator(_verdict)]
Patterns = Annotated[tuple[Annotated[str, AfterValidator(str.lower)], ...], BeforeValidator(_as_list)]


def _signs(value: object) -> object:
    """One sign, a list of them, or each with the number from which it counts: `sign: {my_number: 1, telephone: 20}`."""
    return value if isinstance(value, dict) else dict.fromkeys(value if isinstance(value, list) else [value], 1)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Match(_Model):
    direction: Direction | None = None
    sender: Patterns = ()
    recipient: Patterns = ()
    client: Annotated[tuple[Peer, ...], BeforeValidator(_as_list)] = ()
    verdict: Annotated[tuple[OneVerdict, ...], BeforeValidator(_as_list)] = ()
    finding: Annotated[tuple[Kind, ...], BeforeValidator(_as_list)] = ()
    media_type: Patterns = ()
    name: Patterns = ()
    identity: Annotated[tuple[Suspicion, ...], BeforeValidator(_as_list)] = ()
    larger_than: Size | None = None
    sign: Annotated[dict[Sign, Annotated[int, Field(ge=1)]], BeforeValidator(_signs)] = {}

    def build(self) -> Match:
        values = {f.name: getattr(self, f.name) for f in fields(Match)}
        return Match(**{**values, "larger_than": self.larger_than or 0, "sign": tuple(self.sign.items())})


def _setting(value: object) -> object:
    if isinstance(value, bool) or value not in tuple(Setting):
        raise ValueError(f"must be {', '.join(Setting)}")
    return Setting(str(value))


def _telling(value: object) -> object:
    """true and false are short for `changed` and `never`."""
    return {True: Telling.CHANGED, False: Telling.NEVER}[value] if isinstance(value, bool) else value


class _CandidatePasswords(_Model):
    file: str = ""
    recent_mails: bool = False


class _Profile(_Model):
    method: Method = Method.REBUILD
    switches: dict[str, dict[str, Annotated[Setting, BeforeValidator(_setting)]]] = {}
    text_layer: bool = True
    limits: dict[str, Size] = {}
    append_text: Annotated[int, Field(ge=0, le=20_000)] = 0
    candidate_passwords: _CandidatePasswords = _CandidatePasswords()

    def build(self, name: str) -> Profile:
        standard = Switchboard()
        switches = {family: replace(getattr(standard, family), **given) for family, given in self.switches.items()}
        return Profile(
            name, self.method, replace(standard, **switches), self.text_layer, Limits(**self.limits), self.append_text
        )


class _Choice(_Model):
    name: str = Field(min_length=1)
    match: _Match = _Match()
    profile: str


class _Approve(_Model):
    by: Rungs
    hours: float = Field(24, gt=0, le=24 * 14)

    def build(self) -> Approval:
        return Approval(self.by, self.hours * 3_600)


class _Delay(_Model):
    minutes: float = Field(gt=0, le=60 * 24 * 14)
    then: Literal["send", "delete"] = "send"
    tell_sender: bool = True

    def build(self) -> Delay:
        return Delay(self.minutes * 60, self.then == "delete", self.tell_sender)


class _Rule(_Model):
    name: str = Field(min_length=1)
    match: _Match = _Match()
    action: Literal["deliver", "hold", "await_password", "await_approval", "delay", "delete", "reject"]
    worst: OneVerdict | None = None
    reason: str = ""
    clauses: Annotated[tuple[str, ...], BeforeValidator(_as_list), AfterValidator(_clauses)] = ()
    notice: Annotated[Telling, BeforeValidator(_telling)] = Telling.CHANGED
    releasable: bool = True
    approve: _Approve | None = None
    delay: _Delay | None = None
    exceptions: bool = False
    recipients: Literal["show", "hide"] = "show"
    inform: Annotated[tuple[Informed, ...], BeforeValidator(_as_list)] = ()
    alarm: str = Field("", pattern=r"^[a-z0-9-]*$")
    original: _Approve | None = None

    def build(self, hiding: Hiding) -> Rule:
        worst = self.worst if self.worst is not None else Verdict.CLEAN
        return Rule(
            self.name,
            self.match.build(),
            Disposition(self.action),
            self.reason,
            self.clauses,
            worst,
            self.notice,
            self.releasable,
            self.approve.build() if self.approve else None,
            self.delay.build() if self.delay else None,
            self.exceptions,
            hiding if self.recipients == "hide" else None,
            self.inform,
            self.alarm,
            self.original.build() if self.original else None,
        )


class _Policy(_Model):
    profiles: dict[str, _Profile] = Field(min_length=1)
    default_profile: str = "rebuild"
    choose_profile: tuple[_Choice, ...] = ()
    hide_recipients: Hiding = Hiding()
    observe: Observing = Observing()
    rules: tuple[_Rule, ...] = Field(min_length=1)


def load(path: Path) -> Policy:
    """Raises BadConfiguration."""
    return build(yaml_file.read(path))


def text(path: Path) -> str:
    """The whole of the rules in a file; of one that lies over others, what they say together.  Raises BadConfiguration."""
    document = yaml_file.read(path)
    if not document.below:
        return path.read_text("utf-8")
    together = yaml.safe_dump(document.values, allow_unicode=True, sort_keys=False, width=120)
    return f"# {' + '.join((document.file, *document.below))}\n{together}"


def parse(text: str, name: str = "policy.yaml") -> Policy:
    """A text that is in no file, e.g. out of a browser.  Raises BadConfiguration."""
    content = text.encode()
    if len(content) > yaml_file.MAX_BYTES:
        raise BadConfiguration([Problem(name, 0, "", f"is larger than {yaml_file.MAX_BYTES} bytes")])
    return build(yaml_file.parse(name, content))


def build(document: Document) -> Policy:
    try:
        raw = _Policy.model_validate(document.values)
    except ValidationError as error:
        raise BadConfiguration(yaml_file.problems_of(error, document)) from None
    if problems := list(_contradictions(raw, document)):
        raise BadConfiguration(problems)
    guessing = {name: _guessing(name, profile.candidate_passwords, document) for name, profile in raw.profiles.items()}
    policy = Policy(
        profiles={name: profile.build(name) for name, profile in raw.profiles.items()},
        choices=tuple(Choice(c.name, c.match.build(), c.profile) for c in raw.choose_profile),
        rules=tuple(rule.build(raw.hide_recipients) for rule in raw.rules),
        version=_version(document),
        default_profile=raw.default_profile,
        observe=raw.observe,
        guessing=guessing,
    )
    numbers = {rule.name: number for number, rule in enumerate(policy.rules)}
    if shadowed := unreachable(policy.rules):
        raise BadConfiguration(
            [
                document.problem(
                    f"rules.{numbers[rule.name]}",
                    f"{rule.name} is never reached: {earlier.name} always wins",
                    "reorder or delete it",
                )
                for rule, earlier in shadowed
            ]
        )
    return policy


def _guessing(profile: str, given: _CandidatePasswords, document: Document) -> Guessing:
    """One password a line; a file of secrets that others on the machine can read is refused."""
    if not given.file:
        return Guessing((), given.recent_mails)
    key, path = f"profiles.{profile}.candidate_passwords.file", Path(given.file)
    try:
        with path.open("rb") as file:
            found, text = os.fstat(file.fileno()), file.read(_LARGEST_LIST + 1)
        lines = text.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(
            [document.problem(key, f"cannot be read: {error}", "a UTF-8 text, one password a line")]
        ) from None
    if found.st_mode & 0o077 or found.st_uid not in (0, os.geteuid()):
        raise BadConfiguration([document.problem(key, "can be read or changed by others", f"chmod 600 {path}")])
    if len(text) > _LARGEST_LIST or len(lines) > _MOST_LISTED:
        raise BadConfiguration([document.problem(key, f"is longer than {_MOST_LISTED} passwords", "each one costs time")])
    return Guessing(tuple(filter(None, lines)), given.recent_mails)


def _version(document: Document) -> str:
    canonical = json.dumps(document.values, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _contradictions(raw: _Policy, document: Document) -> Iterator[Problem]:
    """What each value alone does not show."""
    known = ", ".join(raw.profiles)
    if raw.default_profile not in raw.profiles:
        yield document.problem("default_profile", f"{raw.default_profile} is not a profile", f"profiles: {known}")
    for name, profile in raw.profiles.items():
        yield from _unknown(document, f"profiles.{name}.limits", profile.limits, {f.name for f in fields(Limits)})
        yield from _unknown(document, f"profiles.{name}.switches", profile.switches, FAMILIES.keys())
        for family in profile.switches.keys() & FAMILIES.keys():
            yield from _switch_contradictions(profile.switches[family], family, f"profiles.{name}.switches.{family}", document)
    for number, choice in enumerate(raw.choose_profile):
        key = f"choose_profile.{number}"
        if choice.profile not in raw.profiles:
            yield document.problem(f"{key}.profile", f"{choice.profile} is not a profile", f"profiles: {known}")
        if choice.match.build().needs_inspection:
            yield document.problem(f"{key}.match", "asks for what only the inspection knows", "use it in rules instead")
    yield from _rule_contradictions(raw, document)


def _unknown(document: Document, key: str, given: Iterable[str], known: Set[str]) -> Iterator[Problem]:
    for name in sorted(set(given) - known):
        yield document.problem(f"{key}.{name}", "is not a known key", f"known: {', '.join(sorted(known))}")


def _switch_contradictions(given: dict[str, Setting], family: str, key: str, document: Document) -> Iterator[Problem]:
    """What must never be kept can not be."""
    switches = FAMILIES[family]
    yield from _unknown(document, key, given, switches.keepable | switches.never_kept)
    for name in sorted(given.keys() & switches.never_kept):
        if given[name] is Setting.KEEP:
            yield document.problem(f"{key}.{name}", "can never be kept", "write remove or block")
    if family == "body" and Setting.BLOCK in given.values():
        yield document.problem(key, "the text of a mail is not withheld: block has no meaning here", "write keep or remove")


def _rule_contradictions(raw: _Policy, document: Document) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, rule in enumerate(raw.rules):
        key = f"rules.{number}"
        if first.setdefault(rule.name, number) != number:
            yield document.problem(
                f"{key}.name", f"{rule.name} names two rules", "names appear in the journal: make them unique"
            )
        if rule.action == "deliver":
            if rule.worst is None:
                yield document.problem(key, "a deliver rule must name the worst verdict that it accepts", "worst: sanitised")
            elif rule.worst in NEVER_DELIVERED:
                yield document.problem(
                    f"{key}.worst", f"{rule.worst.name.lower()} is never delivered", "worst: withheld is the most"
                )
        elif rule.worst is not None:
            yield document.problem(f"{key}.worst", "belongs to deliver rules only")
        if rule.action != "deliver" and not rule.reason:
            yield document.problem(f"{key}.reason", "is missing: staff must be told why")
        yield from _impossible(key, rule, document)
        yield from _waiting_contradictions(key, rule, document)
        if rule.action == "reject" and rule.match.direction is not Direction.OUTBOUND:
            yield document.problem(
                f"{key}.action",
                "reject would answer senders outside",
                "add direction: outbound to the match; hold what comes in",
            )
        if rule.recipients == "hide" and (rule.action != "deliver" or rule.match.direction is not Direction.OUTBOUND):
            yield document.problem(f"{key}.recipients", "hide belongs to deliver rules with direction: outbound")
        if rule.inform and rule.match.direction is not Direction.OUTBOUND:
            yield document.problem(f"{key}.inform", "is for outbound mail", "recipients of held inbound mail hear of it anyway")
        if not rule.clauses:
            yield document.problem(f"{key}.clauses", "is missing", "name the requirement that the rule serves, e.g. SAN-02")


def _impossible(key: str, rule: _Rule, document: Document) -> Iterator[Problem]:
    """A match that no mail can meet is a mistake, not a rule (HD-03)."""
    match = rule.match
    if match.sign and match.direction is Direction.INBOUND:
        yield document.problem(f"{key}.match.sign", "is looked for in outbound mail only: this rule never applies")
    if match.identity and match.direction is Direction.OUTBOUND:
        yield document.problem(f"{key}.match.identity", "is judged of inbound mail only: this rule never applies")
    if rule.worst is not None and match.verdict and min(match.verdict) > rule.worst:
        yield document.problem(f"{key}.worst", "is better than every verdict of the match: this rule never applies")


def _waiting_contradictions(key: str, rule: _Rule, document: Document) -> Iterator[Problem]:
    """What somebody decides, or an exception takes away."""
    for action, section, example in (
        ("await_approval", "approve", "approve: {by: [ism, bur]}"),
        ("delay", "delay", "delay: {minutes: 5}"),
    ):
        there = getattr(rule, section) is not None
        if rule.action == action and not there:
            yield document.problem(key, f"{action} needs the key {section}", example)
        elif rule.action != action and there:
            yield document.problem(f"{key}.{section}", f"belongs to action: {action}")
        elif there and rule.match.direction is not Direction.OUTBOUND:
            advice = "match: {direction: outbound, ...}"
            yield document.problem(f"{key}.match", f"{action} is for outbound mail: its sender is one of us", advice)
    if rule.original and (rule.action != "hold" or not rule.releasable or rule.match.direction is Direction.OUTBOUND):
        yield document.problem(f"{key}.original", "is for inbound mail that a reviewer may release: action: hold")
    elif rule.original and Verdict.INFECTED in rule.match.verdict:
        yield document.problem(f"{key}.original", "what is infected never leaves")
    if rule.exceptions and rule.action == "deliver" and rule.recipients == "show":
        yield document.problem(f"{key}.exceptions", "an exception takes a rule away: from this one there is nothing to take")
    elif rule.exceptions and set(rule.match.verdict) & set(NEVER_DELIVERED):
        yield document.problem(
            f"{key}.exceptions", "what is infected or not inspected is never delivered: an exception would change nothing"
        )
    elif rule.exceptions and rule.action in ("await_approval", "delay"):
        yield document.problem(f"{key}.exceptions", f"{rule.action} is decided mail by mail, or by a blanket approval")
