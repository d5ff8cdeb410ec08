"""What may stand in `policy.yaml`: its keys, the values that they take, and how they become the values of `rules.py`.

Each model checks what one value shows by itself; what contradicts what is `contradictions.py`'s.  The console makes its forms
of these models, so that a form and a file cannot disagree.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from gateway.model import Direction, Disposition, Hiding, Sign, Suspicion, Telling
from gateway.policy.observing import Informed, Observing
from gateway.policy.protect_settings import Protect
from gateway.policy.rules import Approval, Delay, Match, Rule
from gateway.settings import Peer, Size
from gateway.workflow_settings import Rungs
from gateway.yaml_file import Unfit
from sanitizers.model import Kind, Limits, Method, Profile, Setting, Switchboard, Verdict

CLAUSE = re.compile(r"(?:SAN|AV|ML|SD|LG|HD|AC|AVL|IN|EX|AU|DV|DS|VN)-\d\d")


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


def _clauses(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not CLAUSE.fullmatch(value):
            raise Unfit(f"{value} is not a requirement ID such as SAN-02", f"「{value}」は要件の番号ではありません。例 SAN-02")
    return values


def _verdict(value: object) -> object:
    names = [verdict.name.lower() for verdict in Verdict]
    if value not in names:
        raise Unfit(f"must be one of {', '.join(names)}", f"次のどれかです: {', '.join(names)}")
    return Verdict[str(value).upper()]


OneVerdict = Annotated[Verdict, BeforeValidator(_verdict)]
Patterns = Annotated[tuple[Annotated[str, AfterValidator(str.lower)], ...], BeforeValidator(_as_list)]


def _signs(value: object) -> object:
    """One sign, a list of them, or each with the number from which it counts: `sign: {my_number: 1, telephone: 20}`."""
    return value if isinstance(value, dict) else dict.fromkeys(value if isinstance(value, list) else [value], 1)


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WrittenMatch(Model):
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
        raise Unfit(f"must be {', '.join(Setting)}", f"次のどれかです: {', '.join(Setting)}")
    return Setting(str(value))


def _telling(value: object) -> object:
    """true and false are short for `changed` and `never`."""
    return {True: Telling.CHANGED, False: Telling.NEVER}[value] if isinstance(value, bool) else value


class CandidatePasswords(Model):
    file: str = ""
    recent_mails: bool = False


class WrittenProfile(Model):
    method: Method = Method.REBUILD
    switches: dict[str, dict[str, Annotated[Setting, BeforeValidator(_setting)]]] = {}
    text_layer: bool = True
    limits: dict[str, Size] = {}
    append_text: Annotated[int, Field(ge=0, le=20_000)] = 0
    candidate_passwords: CandidatePasswords = CandidatePasswords()

    def build(self, name: str) -> Profile:
        standard = Switchboard()
        switches = {family: replace(getattr(standard, family), **given) for family, given in self.switches.items()}
        return Profile(
            name, self.method, replace(standard, **switches), self.text_layer, Limits(**self.limits), self.append_text
        )


class WrittenChoice(Model):
    name: str = Field(min_length=1)
    match: WrittenMatch = WrittenMatch()
    profile: str


class WrittenApproval(Model):
    by: Rungs
    hours: float = Field(24, gt=0, le=24 * 14)

    def build(self) -> Approval:
        return Approval(self.by, self.hours * 3_600)


class WrittenDelay(Model):
    minutes: float = Field(gt=0, le=60 * 24 * 14)
    then: Literal["send", "delete"] = "send"
    tell_sender: bool = True

    def build(self) -> Delay:
        return Delay(self.minutes * 60, self.then == "delete", self.tell_sender)


class WrittenRule(Model):
    name: str = Field(min_length=1)
    match: WrittenMatch = WrittenMatch()
    enabled: bool = True  # false: it stays in the file and is not asked
    action: Literal["deliver", "hold", "await_password", "await_approval", "delay", "delete", "reject"]
    worst: OneVerdict | None = None
    reason: str = ""
    clauses: Annotated[tuple[str, ...], BeforeValidator(_as_list), AfterValidator(_clauses)] = ()
    notice: Annotated[Telling, BeforeValidator(_telling)] = Telling.CHANGED
    releasable: bool = True
    approve: WrittenApproval | None = None
    delay: WrittenDelay | None = None
    exceptions: bool = False
    recipients: Literal["show", "hide"] = "show"
    inform: Annotated[tuple[Informed, ...], BeforeValidator(_as_list)] = ()
    alarm: str = Field("", pattern=r"^[a-z0-9-]*$")
    original: WrittenApproval | None = None

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


class WrittenPolicy(Model):
    profiles: dict[str, WrittenProfile] = Field(min_length=1)
    default_profile: str = "rebuild"
    choose_profile: tuple[WrittenChoice, ...] = ()
    hide_recipients: Hiding = Hiding()
    protect_attachments: Protect = Protect()
    observe: Observing = Observing()
    rules: tuple[WrittenRule, ...] = Field(min_length=1)
