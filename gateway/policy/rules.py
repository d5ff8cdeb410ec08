"""Rules as values: match -> action, first match wins, and the last word is always quarantine.

Policy acts twice.  Before inspection `Policy.split` parts the recipients that need different profiles; after it
`Policy.decide` says what becomes of each group.  There is no way to write "relay everything": a deliver rule names the
worst verdict that it accepts, FAILED and INFECTED can not be named there, and who matches no rule is held (I7).
Reading the file is `file.py`'s; nothing here does input or output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from ipaddress import IPv4Network, IPv6Network, ip_address

from gateway.directory.model import Role
from gateway.model import (
    Decision,
    Direction,
    Disposition,
    Envelope,
    Group,
    Hiding,
    Inspection,
    Observation,
    Sign,
    Suspicion,
    Telling,
    Waiver,
)
from gateway.policy.observing import Observing
from gateway.policy.protection import Mode, Protection
from sanitizers.model import Kind, Profile, Verdict


@dataclass(frozen=True, slots=True)
class Match:
    """All that is given must hold; within one list any entry is enough.  Empty = does not matter."""

    direction: Direction | None = None
    sender: tuple[str, ...] = ()  # patterns: *@example.jp; "<>" is the null reverse-path
    recipient: tuple[str, ...] = ()
    client: tuple[IPv4Network | IPv6Network, ...] = ()
    verdict: tuple[Verdict, ...] = ()  # of the whole mail
    finding: tuple[Kind, ...] = ()  # in any part
    media_type: tuple[str, ...] = ()  # patterns on the detected type of any part
    name: tuple[str, ...] = ()  # patterns on the name of any part, in lower case
    identity: tuple[Suspicion, ...] = ()  # against the sender of an inbound mail
    larger_than: int = 0  # bytes, of the whole mail
    sign: tuple[tuple[Sign, int], ...] = ()  # of an outbound mail, each with the number from which it counts

    @property
    def needs_inspection(self) -> bool:
        return bool(self.verdict or self.finding or self.media_type or self.name or self.identity or self.sign)

    def covers(self, other: Match) -> bool:
        """Whatever `other` matches, this matches too.  False where it can not be told."""
        return (
            self.direction in (None, other.direction)
            and all(_covers(mine, theirs) for mine, theirs in self._patterns(other))
            and all(not mine or (bool(theirs) and set(theirs) <= set(mine)) for mine, theirs in self._sets(other))
            and self.larger_than <= other.larger_than
            and (not self.sign or (bool(other.sign) and all(_asks(self.sign, *each) for each in other.sign)))
        )

    def _patterns(self, other: Match) -> tuple[tuple[Sequence[str], Sequence[str]], ...]:
        return (
            (self.sender, other.sender),
            (self.recipient, other.recipient),
            (self.media_type, other.media_type),
            (self.name, other.name),
        )

    def _sets(self, other: Match) -> tuple[tuple[Sequence[object], Sequence[object]], ...]:
        return (
            (self.client, other.client),
            (self.verdict, other.verdict),
            (self.finding, other.finding),
            (self.identity, other.identity),
        )

    def envelope_holds(self, envelope: Envelope, recipient: str, size: int) -> bool:
        return (
            (self.direction is None or self.direction is envelope.direction)
            and (not self.sender or _address_matches(envelope.sender or "<>", self.sender))
            and (not self.recipient or _address_matches(recipient, self.recipient))
            and (not self.client or any(ip_address(envelope.client.address) in network for network in self.client))
            and (not self.larger_than or size > self.larger_than)
        )

    def inspection_holds(self, inspection: Inspection, recipient: str) -> bool:
        parts = inspection.report.walk()
        warned = {warning.kind for warning in inspection.identity.warnings} if inspection.identity else set[Suspicion]()
        return (
            (not self.verdict or inspection.verdict in self.verdict)
            and (not self.finding or any(f.kind in self.finding for p in parts for f in p.findings))
            and (not self.media_type or any(fnmatchcase(p.detected, pattern) for p in parts for pattern in self.media_type))
            and (not self.name or any(fnmatchcase(p.name.lower(), pattern) for p in parts for pattern in self.name))
            and (not self.identity or not warned.isdisjoint(self.identity))
            and (not self.sign or any(_shows(o, self.sign, recipient) for o in inspection.observations))
        )


def _covers(mine: Sequence[str], theirs: Sequence[str]) -> bool:
    """Each of their patterns is one of mine, or fits one of mine that knows no other wildcard than *."""
    if not mine:
        return True
    plain = [pattern for pattern in mine if not set("?[") & set(pattern)]
    return bool(theirs) and all(t in mine or any(fnmatchcase(t, pattern) for pattern in plain) for t in theirs)


def _asks(signs: Sequence[tuple[Sign, int]], sign: Sign, least: int) -> bool:
    return any(mine is sign and number <= least for mine, number in signs)


def _shows(observed: Observation, signs: Sequence[tuple[Sign, int]], recipient: str) -> bool:
    concerned = not observed.recipients or recipient in observed.recipients
    return concerned and any(observed.sign is sign and observed.count >= least for sign, least in signs)


def _address_matches(address: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(address.lower(), pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who permits what a rule stopped: rung after rung, each within `seconds`; within one rung any of the roles (SD-01)."""

    by: tuple[tuple[Role, ...], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Delay:
    """How long a mail waits for second thoughts of its sender, and what then (ML-08)."""

    seconds: float
    unless_confirmed: bool = False  # delete it then; else send it
    tell: bool = True  # write to the sender, with a link


@dataclass(frozen=True, slots=True)
class Rule:
    """What to do with a group of recipients after inspection."""

    name: str
    match: Match
    action: Disposition
    reason: str  # Japanese, for staff
    clauses: tuple[str, ...]  # requirement IDs
    worst: Verdict = Verdict.CLEAN  # for deliver: the worst verdict that it accepts
    notice: Telling = Telling.CHANGED
    releasable: bool = True  # may a reviewer release the safe rest of a mail that this rule held
    approval: Approval | None = None
    delay: Delay | None = None
    exceptions: bool = False  # may an approved exception take it away for some mails (EX-01)
    hiding: Hiding | None = None
    inform: tuple[str, ...] = ()
    alarm: str = ""
    original: Approval | None = None  # who, besides a reviewer, may let files leave as they came (SAN-05); None = nobody

    @property
    def waivable(self) -> bool:
        return self.exceptions or self.approval is not None or self.delay is not None


class Answer(StrEnum):
    """What a rule said when it was asked about one recipient of a mail."""

    HOLDS = "holds"
    OTHER_MAIL = "other_mail"  # direction, addresses, client or size differ
    NOT_SHOWN = "not_shown"  # the inspection found nothing of the kind, or less of it
    TOO_BAD = "too_bad"  # it delivers, but not with this verdict
    WAIVED = "waived"  # it holds, and somebody's word takes it away


@dataclass(frozen=True, slots=True)
class Asked:
    rule: Rule
    answer: Answer
    by: str = ""  # whose word waived it


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules make of a mail for some of its recipients, and on what grounds."""

    group: Group
    inspection: Inspection
    waivers: tuple[Waiver, ...]
    decision: Decision


@dataclass(frozen=True, slots=True)
class Choice:
    """Which profile treats whom, before inspection."""

    name: str
    match: Match
    profile: str


LAST_RULE = Rule(
    name="built-in-last-rule",
    match=Match(),
    action=Disposition.HOLD,
    reason="どの規則にも当てはまらないため、安全のため保留しました。",
    clauses=("SAN-02",),
)

NEVER_DELIVERED = (Verdict.INFECTED, Verdict.FAILED)


@dataclass(frozen=True, slots=True)
class Guessing:
    """Which passwords a profile tries by itself on what is locked."""

    listed: tuple[str, ...] = field(default=(), repr=False)  # of the administrators' file
    recent_mails: bool = False  # words of the sender's recent mails

    def __bool__(self) -> bool:
        return bool(self.listed) or self.recent_mails


@dataclass(frozen=True, slots=True)
class Policy:
    profiles: dict[str, Profile]
    choices: tuple[Choice, ...]
    rules: tuple[Rule, ...]
    version: str  # SHA-256 of the canonical values, first 12 hex digits
    default_profile: str = field(default="rebuild")
    observe: Observing = field(default_factory=Observing)
    guessing: Mapping[str, Guessing] = field(default_factory=dict)  # by profile
    protection: Protection = field(default_factory=Protection)

    def split(self, envelope: Envelope, recipients: Sequence[str], size: int) -> tuple[Group, ...]:
        """Recipients that get the same profile stay together, in their order."""
        groups: dict[str, list[str]] = {}
        for recipient in recipients:
            groups.setdefault(self._profile_for(envelope, recipient, size), []).append(recipient)
        return tuple(Group(tuple(members), profile) for profile, members in groups.items())

    def _profile_for(self, envelope: Envelope, recipient: str, size: int) -> str:
        chosen = (c.profile for c in self.choices if c.match.envelope_holds(envelope, recipient, size))
        return next(chosen, self.default_profile)

    def decide(
        self, envelope: Envelope, group: Group, size: int, inspection: Inspection, waivers: Sequence[Waiver] = ()
    ) -> tuple[tuple[Group, Decision], ...]:
        """One decision per recipient, grouped again where recipients of one profile meet different rules.

        A waiver only takes a rule away: what then delivers is still a rule that names the worst verdict it accepts."""
        decided: dict[Decision, list[str]] = {}
        for recipient in group.recipients:
            asked = tuple(self.asked(envelope, recipient, size, inspection, waivers))
            waived = tuple(each.by for each in asked if each.by)
            decided.setdefault(self._decision(asked[-1].rule, group.profile, waived), []).append(recipient)
        return tuple((Group(tuple(who), group.profile), decision) for decision, who in decided.items())

    def asked(
        self, envelope: Envelope, recipient: str, size: int, inspection: Inspection, waivers: Sequence[Waiver] = ()
    ) -> Iterator[Asked]:
        """Rule after rule, to the first that holds: the last one decides."""
        for rule in self.rules:
            answer, by = _answer(rule, envelope, recipient, size, inspection), ""
            if answer is Answer.HOLDS:
                by = next((w.by for w in waivers if w.rule == rule.name and recipient in (w.recipients or (recipient,))), "")
            yield Asked(rule, Answer.WAIVED if by else answer, by)
            if answer is Answer.HOLDS and not by:
                return
        yield Asked(LAST_RULE, Answer.HOLDS)

    def _decision(self, rule: Rule, profile: str, waived: tuple[str, ...]) -> Decision:
        return Decision(
            rule.action,
            rule.name,
            rule.reason,
            rule.clauses,
            self.version,
            profile,
            rule.notice,
            waived,
            rule.hiding,
            rule.inform,
            rule.alarm,
        )

    def signs(self) -> frozenset[Sign]:
        """What any rule or the protection of attachments asks for: an observer need not look for anything else."""
        protecting = self.protection.when if self.protection.mode is not Mode.OFF else ()
        return frozenset(sign for asking in (*(rule.match.sign for rule in self.rules), protecting) for sign, _ in asking)

    def hiding(self, envelope: Envelope, recipients: Sequence[str], size: int, inspection: Inspection) -> Hiding | None:
        """How a released mail hides its recipients: the reviewer answered for its content, not for showing addresses."""
        for rule in self.rules:
            if rule.hiding and any(
                rule.match.envelope_holds(envelope, r, size) and rule.match.inspection_holds(inspection, r) for r in recipients
            ):
                return rule.hiding
        return None

    def rule(self, name: str) -> Rule:
        """The rule of that name, or the last rule: a rule that has gone since stays closed."""
        return next((rule for rule in self.rules if rule.name == name), LAST_RULE)


def _answer(rule: Rule, envelope: Envelope, recipient: str, size: int, inspection: Inspection) -> Answer:
    if not rule.match.envelope_holds(envelope, recipient, size):
        return Answer.OTHER_MAIL
    if not rule.match.inspection_holds(inspection, recipient):
        return Answer.NOT_SHOWN
    if rule.action is Disposition.DELIVER and inspection.verdict > rule.worst:
        return Answer.TOO_BAD
    return Answer.HOLDS


def unreachable(rules: Iterable[Rule]) -> list[tuple[Rule, Rule]]:
    """(rule, earlier rule that always wins): HD-03 asks for consistent rules.  Sure of what it finds; does not find all."""
    seen: list[Rule] = []
    shadowed: list[tuple[Rule, Rule]] = []
    for rule in rules:
        for earlier in seen:
            if earlier.waivable:
                continue
            accepts = earlier.action is not Disposition.DELIVER or (
                rule.action is Disposition.DELIVER and earlier.worst >= rule.worst
            )
            if accepts and earlier.match.covers(rule.match):
                shadowed.append((rule, earlier))
                break
        seen.append(rule)
    return shadowed
