"""One frozen class per fact.  Fields marked `personal()` go into the journal as salted commitments (record.py).

`of` builds an event from what the path already knows; nothing here decides.  `item` is the message's id, "" for none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway import model
from gateway.words import Words
from sanitizers.model import Verdict


def personal(default: Any = "") -> Any:
    """An address, a subject, a file name: erasable without breaking the tree."""
    return field(default=default, metadata={"personal": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    item: str = ""

    @classmethod
    def kind(cls) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


# -- the gateway itself --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    version: str
    sandbox_level: int
    policy_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(Event):
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTested(Event):
    level: int
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLoaded(Event):
    policy_version: str
    accepted: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Event):
    """Somebody must look.  `detail` is for programs and whoever maintains the house; `ja` is the same for its staff."""

    name: str
    detail: str
    ja: str = ""  # "" = `detail` is in the words of the house already

    @classmethod
    def of(cls, name: str, words: Words, item: str = "") -> Alarm:
        return cls(item=item, name=name, detail=words.en, ja=words.ja)


# -- the path of a message -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(Event):
    receipt: str
    direction: str
    client: str
    helo: str
    tls: str
    size: int
    sha256: str
    sender: str = personal()
    recipients: tuple[str, ...] = personal(())

    @classmethod
    def of(cls, item: model.QueueItem) -> Received:
        envelope = item.envelope
        return cls(
            item=item.id,
            receipt=item.receipt,
            direction=envelope.direction,
            client=envelope.client.address,
            helo=envelope.client.helo,
            tls=envelope.client.tls,
            size=item.size,
            sha256=item.sha256,
            sender=envelope.sender,
            recipients=envelope.recipients,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Event):
    """Said no before 250."""

    client: str
    reply: str
    helo: str = ""
    sender: str = personal()
    recipients: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate(Event):
    """The same envelope and bytes again: the client did not see our 250."""

    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided(Event):
    """One decision with all that it rests on (every verdict is recorded)."""

    disposition: str
    rule: str
    reason: str
    clauses: tuple[str, ...]
    policy_version: str
    profile: str
    verdict: str
    sandbox_level: int
    parts: tuple[str, ...]  # path, media type, verdict, SHA-256 in and out
    scan: str  # engine and database
    found: tuple[str, ...]  # what was found and its treatment, counted
    identity: str = ""  # what was proven of the sender; "" for outbound mail
    warnings: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()  # what an outbound mail showed: sign, count, masked evidence
    waived: tuple[str, ...] = ()  # approvals and exceptions that changed the decision
    recipients: tuple[str, ...] = personal(())
    names: tuple[str, ...] = personal(())

    @classmethod
    def of(cls, item: model.QueueItem, group: model.Group, inspection: model.Inspection, decision: model.Decision) -> Decided:
        parts = inspection.report.walk()
        scan = inspection.report.scan
        return cls(
            item=item.id,
            disposition=decision.disposition,
            rule=decision.rule,
            reason=decision.reason,
            clauses=decision.clauses,
            policy_version=decision.policy_version,
            profile=decision.profile,
            verdict=inspection.verdict.name,
            sandbox_level=inspection.sandbox_level,
            parts=tuple(
                f"{p.path} {p.detected} {p.verdict.name} {p.reason or '-'} {p.sha256_in} {p.sha256_out or '-'}" for p in parts
            ),
            scan=f"{scan.engine}/{scan.database_version}" if scan else "",
            found=tuple(f"{count} {what}" for what, count in _found(parts).items()),
            identity=_proven(inspection.identity),
            warnings=tuple(dict.fromkeys(w.kind for w in inspection.identity.warnings)) if inspection.identity else (),
            signs=tuple(" ".join((o.sign, str(o.count), *o.evidence)) for o in inspection.observations),
            waived=decision.waived,
            recipients=group.recipients,
            names=tuple(p.name for p in parts),
        )


def _proven(identity: model.Identity | None) -> str:
    if identity is None:
        return ""
    found = identity.proven
    by = f" by {found.authenticator}" if found.authenticator else ""
    return f"spf={found.spf} dkim={found.dkim} dmarc={found.dmarc} arc={found.arc}{by}"


def _found(parts: Sequence[model.PartReport]) -> Counter[str]:
    """Findings by kind and treatment; parts that are not delivered by verdict and reason."""
    treated = [f"{f.kind} {f.treatment}" for p in parts for f in p.findings]
    return Counter(treated + [f"{p.verdict.name.lower()} {p.reason}" for p in parts if p.reason is not None])


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearedForDelivery(Event):
    """A copy was built, verified and may leave."""

    sha256: str
    size: int
    as_they_came: tuple[str, ...] = ()  # SHA-256 of files that two people let pass (SAN-05)
    by: str = ""  # their case
    asked_by: str = ""
    approved_by: str = ""
    recipients: tuple[str, ...] = personal(())

    @classmethod
    def of(cls, cleared: model.Cleared) -> ClearedForDelivery:
        said = cleared.warrant
        return cls(
            item=cleared.item.id,
            sha256=cleared.sha256,
            size=len(cleared.content),
            as_they_came=said.files if said else (),
            by=said.by if said else "",
            asked_by=said.asked_by if said else "",
            approved_by=said.approved_by if said else "",
            recipients=cleared.recipients,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Relayed(Event):
    sha256: str
    next_hop: str
    tls: str
    replies: tuple[str, ...] = personal(())  # a reply may repeat the address
    recipients: tuple[str, ...] = personal(())

    @classmethod
    def of(cls, item: model.QueueItem, outcomes: Sequence[model.DeliveryOutcome], sha256: str) -> Relayed:
        return cls(item=item.id, sha256=sha256, next_hop=outcomes[0].next_hop, tls=outcomes[0].tls, **_said(outcomes))


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred(Event):
    until: float  # Unix time, seconds
    attempts: int
    why: str = personal()
    recipients: tuple[str, ...] = personal(())

    @classmethod
    def of(cls, item: model.QueueItem, recipients: Sequence[str], why: str, until: float) -> Deferred:
        return cls(item=item.id, until=until, attempts=item.attempts + 1, why=why, recipients=tuple(recipients))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced(Event):
    """Given up: the sender gets a DSN."""

    next_hop: str
    replies: tuple[str, ...] = personal(())
    recipients: tuple[str, ...] = personal(())

    @classmethod
    def of(cls, item: model.QueueItem, outcomes: Sequence[model.DeliveryOutcome]) -> Bounced:
        return cls(item=item.id, next_hop=outcomes[0].next_hop, **_said(outcomes))


def _said(outcomes: Sequence[model.DeliveryOutcome]) -> dict[str, tuple[str, ...]]:
    return {"replies": tuple(str(o.reply) for o in outcomes), "recipients": tuple(o.recipient for o in outcomes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSent(Event):
    """A mail that Mugai wrote itself entered the queue; `item` is its own id."""

    about: str
    notice: str
    recipients: tuple[str, ...] = personal(())


# -- quarantine and people -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Held(Event):
    rule: str
    reason: str
    clauses: tuple[str, ...]
    policy_version: str
    verdict: str
    subject: str = personal()
    recipients: tuple[str, ...] = personal(())

    @classmethod
    def of(cls, item: model.QueueItem, hold: model.Hold) -> Held:
        verdict = hold.report.worst().verdict if hold.report else Verdict.FAILED
        return cls(
            item=item.id,
            rule=hold.decision.rule,
            reason=hold.decision.reason,
            clauses=hold.decision.clauses,
            policy_version=hold.decision.policy_version,
            verdict=verdict.name,
            subject=hold.subject,
            recipients=hold.recipients,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Event):
    """Back into the path, with who and why; never past it."""

    grant: str
    actor: str
    reason: str
    recipients: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(Event):
    actor: str
    reason: str
    recipients: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(Event):
    recipients: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposed(Event):
    """The original's content was destroyed, after its term or by permission (DS-01); the record stays (I8)."""

    sha256: str
    actor: str = "gateway"
    case: int = 0  # the permission; 0 = its term was over
    size: int = 0
    classification: str = ""  # as the mail stated it
    how: str = ""
    file: str = ""  # name of the blob that held it


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged(Event):
    """An operator's hand on the queue: retry, freeze, thaw."""

    action: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanged(Event):
    """People, sections, roles or deputies are different now (AC-03)."""

    actor: str
    reason: str
    counted: int
    changes: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyProposed(Event):
    """New rules wait for a second person, or are in force by one person's word (EX-02); `case` says what became of them."""

    number: int
    case: int
    policy_version: str
    replaces: str
    actor: str
    reason: str
    emergency: bool
    difference: str  # before and after, as a unified diff (LG-07)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTried(Event):
    """Somebody saw what new rules would do to stored mail: it shows who wrote to whom."""

    policy_version: str
    actor: str
    mails: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseStep(Event):
    """One step of a case of the workflow: who, for whom, by which way, from which stage to which, why."""

    case: int
    machine: str
    act: str
    before: str
    after: str
    actor: str
    on_behalf: str
    via: str
    reason: str
    rule: str = ""
    subject: str = personal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Event):
    """A legal hold was put on a held mail, or lifted (LG-11)."""

    actor: str
    reason: str
    kept: bool
