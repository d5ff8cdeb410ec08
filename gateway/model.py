"""The words of the trusted side: envelope, recipient states, decisions, outcomes.  RFC 5321 and RFC 3463 terms.

Frozen values without behaviour; closed sets are enums; no dict crosses a module border.
Naming trap: MIME's field is always `content_disposition`; a bare `disposition` is the message's outcome.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from gateway.filed import Filed
from gateway.grant import Grant as Grant
from gateway.grant import GrantKind as GrantKind
from gateway.grant import Original as Original
from gateway.grant import Warrant as Warrant
from gateway.observation import Learnt
from gateway.observation import Observation as Observation
from gateway.observation import Sign as Sign
from sanitizers.identity import Authentication
from sanitizers.letter import Enclosure, Letter
from sanitizers.model import Finding, Reason, Signature, Verdict

if TYPE_CHECKING:  # its room stands on this one
    from gateway.workflow.model import Opening


class Direction(StrEnum):
    INBOUND = "inbound"  # Internet -> LGWAN
    OUTBOUND = "outbound"  # LGWAN -> Internet


class State(StrEnum):
    """Of one recipient of one message; always exactly one, always durable (ARCHITECTURE.md has the table)."""

    RECEIVED = "received"  # accepted, not yet inspected
    SANITISED = "sanitised"  # a cleared copy exists and waits for the next hop
    RELAYED = "relayed"
    HELD = "held"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_PASSWORD = "awaiting_password"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    DELETED = "deleted"
    EXPIRED = "expired"

    @property
    def final(self) -> bool:
        return self in (State.RELAYED, State.BOUNCED, State.DELETED, State.EXPIRED)


class Disposition(StrEnum):
    """What policy makes of a message for a group of recipients."""

    DELIVER = "deliver"
    HOLD = "hold"
    AWAIT_PASSWORD = "await_password"
    AWAIT_APPROVAL = "await_approval"  # somebody must permit it (SD-01)
    DELAY = "delay"  # its sender may think again (ML-08)
    DELETE = "delete"
    REJECT = "reject"  # back to a sender inside, with the reason; outbound only: nobody outside gets backscatter (H8)


@dataclass(frozen=True, slots=True)
class Client:
    """Who spoke SMTP to us."""

    address: str
    port: int
    helo: str
    tls: str = ""  # "TLSv1.3 TLS_AES_256_GCM_SHA384", "" in the clear


@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321 2.3.1.  `sender == ""` is the null reverse-path."""

    sender: str
    recipients: tuple[str, ...]
    direction: Direction
    client: Client
    smtputf8: bool = False
    body_8bit: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply (RFC 5321 4.2) with its enhanced status code (RFC 3463), e.g. Reply(250, "2.0.0", "OK")."""

    code: int
    enhanced: str
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced} {self.text}".strip()


class TlsPolicy(StrEnum):
    NONE = "none"
    OPPORTUNISTIC = "opportunistic"  # use it if offered, any certificate
    REQUIRED = "required"  # encrypt or defer
    VERIFIED = "verified"  # encrypt with a certificate that matches, or defer


@dataclass(frozen=True, slots=True)
class NextHop:
    host: str
    port: int
    tls: TlsPolicy = TlsPolicy.OPPORTUNISTIC
    ca_file: str = ""  # PEM; "" = the system's


class Delivery(StrEnum):
    """What the next hop said of one recipient."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # 4xx, connection trouble, or anything that is not a clear yes or no
    REFUSED = "refused"  # 5xx


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    recipient: str
    delivery: Delivery
    reply: Reply
    next_hop: str  # "host:port"
    tls: str = ""


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One message as the runner sees it, with the recipients that this step is about."""

    id: str  # sortable, unique, in every log line
    receipt: str  # what staff quote on the telephone: 20261121-K7Q2
    envelope: Envelope
    recipients: tuple[str, ...]
    received_at: float  # Unix time, seconds
    size: int
    sha256: str
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class ScanResult:
    """clamd's word on one content.  `signature` is empty exactly when nothing was found."""

    signature: str
    engine: str
    database_version: int
    database_time: float  # Unix time, seconds


@dataclass(frozen=True, slots=True)
class PartReport:
    """What became of one part.  Built by the supervisor from each worker's own answer: no part speaks for another."""

    path: str
    name: str
    declared: str
    detected: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    reason: Reason | None
    detail: str
    size_in: int
    size_out: int
    sha256_in: str
    sha256_out: str  # "" when nothing is delivered
    name_out: str
    media_type_out: str
    seconds: float
    scan: ScanResult | None = None
    parts: tuple[PartReport, ...] = ()
    signatures: tuple[Signature, ...] = ()  # that it had; the rebuild takes them off (SD-09)

    def worst(self) -> PartReport:
        """The part that speaks for the whole."""
        return max((self, *(p.worst() for p in self.parts)), key=lambda p: p.verdict)

    def walk(self) -> tuple[PartReport, ...]:
        return (self, *(q for p in self.parts for q in p.walk()))


class Suspicion(StrEnum):
    """What speaks against a sender.  A closed set: rules match it, and each has its line in `config/notices`."""

    DMARC_FAIL = "dmarc_fail"
    SPF_FAIL = "spf_fail"
    NOT_JUDGED = "not_judged"  # the worker that should prove it failed
    DISPLAY_NAME_SPOOF = "display_name_spoof"  # the name shows an address of another organisation
    OWN_NAME = "own_name"  # the name shows one of ours
    OWN_DOMAIN_OUTSIDE = "own_domain_outside"  # our own domain, arriving from outside, not proven
    LOOK_ALIKE = "look_alike"  # a domain that might be read as ours
    SEVERAL_SENDERS = "several_senders"
    REPLY_ELSEWHERE = "reply_elsewhere"  # the answer would go to another organisation


@dataclass(frozen=True, slots=True)
class Caution:
    """One suspicion for the reader: what the mail shows, and what it is."""

    kind: Suspicion
    shown: str
    actual: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sent an inbound mail, as far as it can be told (AV-08)."""

    proven: Authentication
    warnings: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiver:
    """Somebody's word that one rule does not apply to these recipients: the next rule decides (SD-01, EX-01)."""

    rule: str
    by: str  # "approval 12", "exception 7": recorded with each decision that it changed
    recipients: tuple[str, ...] = ()  # () = all


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a delivered attachment's text, to be read below the body; `limit` is 0 when it is all of it."""

    name: str
    text: str
    limit: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """One rebuilt and verified file, alone or out of a container; of a message its bytes, for the text in it."""

    path: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that came over the wall for one message: the report, and what may be delivered."""

    report: PartReport
    verdict: Verdict  # the worst of all parts
    letter: Letter | None  # None when the message itself failed
    enclosures: tuple[Enclosure, ...]  # in the order of letter.attachments
    sandbox_level: int
    identity: Identity | None = None  # None for outbound mail
    excerpts: tuple[Excerpt, ...] = ()
    observations: tuple[Observation, ...] = ()  # of outbound mail
    leaves: tuple[Leaf, ...] = field(default=(), repr=False)  # of outbound mail, for its observers
    originals: tuple[Original, ...] = field(default=(), repr=False)  # those that a warrant names


class Telling(StrEnum):
    """When the head notice stands on a delivered mail."""

    NEVER = "never"  # what is withheld is told all the same
    CHANGED = "changed"  # not on a plain text without attachments in which nothing was found
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Hiding:
    """How the recipients of a mail are kept from one another (ML-06)."""

    to: Literal["undisclosed", "sender"] = "undisclosed"  # what stands in To
    delivery: Literal["each", "together"] = "each"


@dataclass(frozen=True, slots=True)
class Decision:
    disposition: Disposition
    rule: str  # the rule's name in policy.yaml
    reason: str  # for people, Japanese
    clauses: tuple[str, ...]  # requirement IDs, e.g. ("SAN-02", "AV-01")
    policy_version: str  # SHA-256 of the policy's canonical form, first 12 hex digits
    profile: str
    notice: Telling = Telling.CHANGED
    waived: tuple[str, ...] = ()  # the approvals and exceptions without which another rule would have decided
    hiding: Hiding | None = None  # of a delivery whose recipients shall not see one another
    inform: tuple[str, ...] = ()  # of outbound mail: "sender", roles of the directory, addresses
    alarm: str = ""  # its name
    warrant: Warrant | None = None  # of a delivery with files as they came


@dataclass(frozen=True, slots=True)
class Group:
    """Recipients of one message that get the same treatment."""

    recipients: tuple[str, ...]
    profile: str


@dataclass(frozen=True, slots=True)
class Cleared:
    """Bytes that may leave.  Only `clearance.clear` makes one, after comparing digests; `relay.send` takes nothing else."""

    item: QueueItem
    sender: str  # reverse-path
    recipients: tuple[str, ...]
    content: bytes = field(repr=False)
    sha256: str = ""
    smtputf8: bool = False
    warrant: Warrant | None = None  # None: every attachment was rebuilt and verified; else two people let its files pass
    vouched: bool = True  # False: the database has it and nothing proves that we made it (spool/vouching.py)


class Work(StrEnum):
    """What a job in the queue is about."""

    INSPECT = "inspect"  # recipients in RECEIVED
    RELAY = "relay"  # recipients in SANITISED, one job per cleared copy


@dataclass(frozen=True, slots=True)
class Lease:
    """One claimed job.  `token` fences: whoever lost the lease cannot settle any more (scale.md 3.3)."""

    job: int
    token: int
    work: Work
    item: QueueItem
    cleared: int = 0  # for RELAY: the number of the cleared copy
    until: float = 0.0  # Unix time, seconds
    deaths: int = 0  # how often a process died on this job; the runner holds it after some (I5)
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One recipient changes state; `why` is for people, `actor` is "gateway" or who did it by hand."""

    recipient: str
    state: State
    why: str
    rule: str = ""
    actor: str = "gateway"


@dataclass(frozen=True, slots=True)
class Hold:
    """A message (for these recipients) enters quarantine."""

    recipients: tuple[str, ...]
    decision: Decision
    report: PartReport | None  # None when the message could not even be inspected
    subject: str  # decoded, for the list; "" when unreadable


@dataclass(frozen=True, slots=True)
class Authored:
    """A mail that Mugai wrote itself (DSN, notice): needs no inspection, goes straight to SANITISED."""

    kind: str  # "dsn", "notice"
    sender: str  # "" for a DSN
    recipients: tuple[str, ...]
    direction: Direction  # which next hop it takes
    content: bytes = field(repr=False)
    smtputf8: bool = False
    about: str = ""  # id of the message that it speaks of


@dataclass(frozen=True, slots=True)
class Settlement:
    """Everything that one step changes, committed in one transaction with its events, or not at all."""

    moves: tuple[Move, ...] = ()
    cleared: tuple[Cleared, ...] = ()  # each is stored and becomes a RELAY job
    held: tuple[Hold, ...] = ()
    opened: tuple[Opening, ...] = ()  # cases, one for each hold that waits for a decision or a time
    authored: tuple[Authored, ...] = ()
    retry_at: float | None = None  # Unix time: the job stays, for the recipients that have not moved
    attempts: int | None = None  # recorded with retry_at
    learnt: tuple[Learnt, ...] = ()
    filed: Filed | None = None  # None: nothing new is known of the message
    events: tuple[object, ...] = ()  # journal.Event


class QuarantineState(StrEnum):
    HELD = "held"
    RELEASED = "released"
    DELETED = "deleted"
    EXPIRED = "expired"
