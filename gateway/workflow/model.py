"""The words of the workflow: kinds of cases, stages, acts, and a case with its steps.  Frozen values, no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gateway.directory.model import Role
from gateway.incident.indicators import NOTHING, Indicators

Rungs = tuple[tuple[Role, ...], ...]  # who decides first, and who when time runs out; within one rung any of the roles


class Kind(StrEnum):
    APPROVAL = "approval"  # one mail waits for somebody's permission (SD-01)
    PASSWORD = "password"  # one mail holds locked files: its recipient or sender is asked for their password
    DELAY = "delay"  # one mail waits for its sender to think again (ML-08)
    EXCEPTION = "exception"  # a rule does not apply, for a time (EX-01)
    BLANKET = "blanket"  # permission in advance for mails of one kind (SD-01)
    CHANGE = "change"  # something that takes two people (LG-08)
    AS_IT_CAME = "as_it_came"  # files of a held mail are delivered as they came (SAN-05)
    RELEASE = "release"  # the sender asks that its held mail may go on (ML-08)
    ORIGINAL = "original"  # a recipient asks for what can not be delivered (SAN-05)
    MISDIRECTED = "misdirected"  # a mail went to the wrong person (ML-08)
    INCIDENT = "incident"  # IN-01 to IN-04
    VIOLATION = "violation"  # somebody broke rules; whoever answers for it must act (IN-05)
    CERTIFICATION = "certification"  # the IDs of a section are still needed (AC-03)
    SELF_CHECK = "self_check"  # a section answers how it keeps the rules (AU-02)
    DISPOSAL = "disposal"  # something is destroyed for good (DS-01)


class Stage(StrEnum):
    WANTED = "wanted"  # somebody must decide
    RETURNED = "returned"  # to who asked, with a question
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DROPPED = "dropped"  # what it was about is gone
    LOCKED = "locked"  # somebody may know the password
    GIVEN = "given"  # and gave one: the mail is inspected with it
    WAITING = "waiting"  # until its time, then it is sent
    UNCONFIRMED = "unconfirmed"  # until its time, then it is deleted
    RELEASED = "released"
    CANCELLED = "cancelled"
    EMERGENCY = "emergency"  # in force by one person's word, not approved (EX-02)
    LAPSED = "lapsed"  # nobody ratified it in time: no longer in force, listed until somebody has looked at it
    REVOKED = "revoked"
    APPLIED = "applied"
    REPORTED = "reported"
    IN_HAND = "in_hand"
    CONTAINED = "contained"
    CLOSING = "closing"
    CLOSED = "closed"


class Act(StrEnum):
    APPROVE = "approve"
    RETURN = "return"
    DENY = "deny"
    RESUBMIT = "resubmit"
    WITHDRAW = "withdraw"
    REVOKE = "revoke"
    RATIFY = "ratify"
    SEND_NOW = "send_now"
    CANCEL = "cancel"
    CONFIRM = "confirm"
    APPLY = "apply"
    TAKE = "take"
    HAND_ON = "hand_on"
    CONTAIN = "contain"
    PROPOSE = "propose"
    CLOSE = "close"
    # the gateway's own
    UNLOCK = "unlock"  # a password came, by a way that no case ever sees
    LAPSE = "lapse"
    DROP = "drop"
    # steps that leave the stage as it is
    OPEN = "open"
    VIEW = "view"
    COMMENT = "comment"
    STEP = "step"  # of a playbook (IN-04)
    REMIND = "remind"
    ESCALATE = "escalate"


class Who(StrEnum):
    APPLICANT = "applicant"  # who asked; for a shared address each of its members
    SECOND = "second"  # who holds a role of the present rung, or its deputy; never who asked (AC-08)
    EITHER = "either"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which mails an exception or a blanket approval is about; all that is given must hold, "" does not matter."""

    rule: str
    sender: str = ""  # pattern: *@city.example.lg.jp
    recipient: str = ""
    section: str = ""  # code: senders of this section and those below
    media_type: str = ""  # pattern; of each attachment
    name: str = ""  # pattern; of each attachment


@dataclass(frozen=True, slots=True)
class Details:
    """What a case of some kinds says beyond its reason."""

    scope: Scope | None = None
    measure: str = ""  # what protects instead (EX-01)
    attachments: tuple[str, ...] = ()  # of a misdirected mail, or to be delivered as they came: names
    files: tuple[str, ...] = ()  # their SHA-256
    classification: str = ""
    delivered: tuple[str, ...] = ()  # of a misdirected mail: to whom it went
    sent_at: float = 0.0  # Unix time
    severity: str = ""  # of an incident
    sender: str = ""  # of a mail that wants a password
    drill: bool = False  # an exercise (IN-04)
    participants: tuple[str, ...] = ()  # of an exercise: nobody else hears of it
    playbook: str = ""
    indicators: Indicators = NOTHING
    findings: tuple[str, ...] = ()  # what was found when it was opened, a line each
    disposal: str = ""  # what is to be destroyed
    before: float = 0.0  # Unix time: and of which age
    round: str = ""  # of a section's self-inspection: the days that it is about, 2026-04-01/2027-03-31


@dataclass(frozen=True, slots=True)
class Opening:
    """A case that is to be."""

    kind: Kind
    stage: Stage
    applicant: str  # an address; "" = nobody known asked
    subject: str
    reason: str
    rungs: Rungs = ()
    parties: tuple[str, ...] = ()  # who else counts as having asked: the From of the mail
    rule: str = ""
    item: str = ""  # id of the message that it is about
    recipients: tuple[str, ...] = ()
    seconds: float = 0.0  # for each decision; 0 = the machine's
    ends_at: float = 0.0  # Unix time: an exception is in force no longer
    tell: bool = True  # write to who must act
    told: bool = False  # who must act was written to already: only the reminder is to come
    section: str = ""  # code: whose heads decide, where nobody asked
    details: Details = Details()


@dataclass(frozen=True, slots=True)
class Case:
    id: int
    opening: Opening  # as it was asked for
    stage: Stage
    rung: int
    parties: tuple[str, ...]  # who asked, besides the applicant, and can not decide
    receipt: str  # of the message
    entry: int  # its quarantine entry; 0 = none
    opened_at: float  # Unix time, seconds, like all below
    changed_at: float
    due_at: float | None  # when the clock acts
    tell_at: float | None  # when who must act is written to, again
    told: bool
    version: int

    @property
    def kind(self) -> Kind:
        return self.opening.kind

    @property
    def people(self) -> tuple[str, ...]:
        """Addresses of those whom it is about."""
        return (self.opening.applicant, *self.parties, *self.opening.recipients)

    @property
    def by(self) -> str:
        """How a waiver names it."""
        return f"{self.kind} {self.id}"

    @property
    def roles(self) -> tuple[Role, ...]:
        rungs = self.opening.rungs
        return rungs[min(self.rung, len(rungs) - 1)] if rungs else ()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a case's history; never changed."""

    case: int
    at: float
    act: Act
    actor: str  # address, or "gateway"
    on_behalf: str  # whose deputy it was
    via: str  # "console", "link", "command (root)"
    before: Stage
    after: Stage
    reason: str
