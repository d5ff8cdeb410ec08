"""The cases that people or the path open, as values: of a mail that a rule stopped, an exception, a blanket approval, a change.

Pure; raises ValueError with what is missing, in words for whoever asks.  The forms of misdirected mail and incidents are
`report.py`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING

from gateway.clock import JST
from gateway.directory import Directory, Role
from gateway.judgement import judgeable
from gateway.model import Direction, Disposition, Hold, Inspection, PartReport, QueueItem
from gateway.policy.rules import Policy, Rule
from gateway.workflow.machine import DAY
from gateway.workflow.model import Details, Kind, Opening, Rungs, Scope, Stage
from gateway.workflow.report import Facts
from gateway.workflow_settings import WorkflowSettings
from sanitizers.model import Reason, Verdict

if TYPE_CHECKING:  # its room stands on this one
    from gateway.quarantine import QuarantineEntry


def of_mail(
    item: QueueItem, hold: Hold, rule: Rule, inspection: Inspection | None, *, again: bool = False
) -> tuple[Opening, ...]:
    """For a hold that waits for an approval, a time or a password; () for every other.

    Whoever the mail shows as its sender has asked as well, so that a borrowed envelope does not make a second person."""
    letter = inspection.letter if inspection else None
    shown = (*letter.from_, *((letter.sender,) if letter.sender else ())) if letter else ()
    sender = item.envelope.sender
    parties = tuple(dict.fromkeys(box.address.lower() for box in shown if box.address.lower() != sender.lower()))

    def opening(kind: Kind, stage: Stage, rungs: Rungs, seconds: float, tell: bool) -> tuple[Opening, ...]:
        return (
            Opening(
                kind=kind,
                stage=stage,
                applicant=sender,
                subject=hold.subject,
                reason=hold.decision.reason,
                rungs=rungs,
                parties=parties,
                rule=hold.decision.rule,
                item=item.id,
                recipients=hold.recipients,
                seconds=seconds,
                tell=tell,
            ),
        )

    if hold.decision.disposition is Disposition.AWAIT_PASSWORD:
        return (_password(item, hold, again),)
    if hold.decision.disposition is Disposition.AWAIT_APPROVAL and rule.approval:
        return opening(Kind.APPROVAL, Stage.WANTED, rule.approval.by, rule.approval.seconds, True)
    if hold.decision.disposition is Disposition.DELAY and rule.delay:
        stage = Stage.UNCONFIRMED if rule.delay.unless_confirmed else Stage.WAITING
        return opening(Kind.DELAY, stage, (), rule.delay.seconds, rule.delay.tell)
    return ()


def _password(item: QueueItem, hold: Hold, again: bool) -> Opening:
    """Asked is who sent it from inside, or whom it is for: they were told by the notice of the held mail."""
    outgoing, sender = item.envelope.direction is Direction.OUTBOUND, item.envelope.sender
    first, *others = (sender,) if outgoing else hold.recipients
    parts = hold.report.parts if hold.report else ()
    opens = any(p.reason in (Reason.ENCRYPTED, Reason.WRONG_PASSWORD) for part in parts for p in part.walk())
    return Opening(
        kind=Kind.PASSWORD,
        stage=Stage.LOCKED,
        applicant=first,
        subject=hold.subject,
        reason=hold.decision.reason,
        parties=tuple(others),
        rule=hold.decision.rule,
        item=item.id,
        recipients=hold.recipients,
        tell=bool(first) and opens,  # no password opens the others
        told=again or not outgoing,
        details=Details(attachments=tuple(p.name for p in parts if p.worst().verdict is Verdict.LOCKED), sender=sender),
    )


def exception(
    policy: Policy,
    scope: Scope,
    *,
    applicant: str,
    reason: str,
    measure: str,
    ends_at: float,
    now: float,
    approvers: Rungs,
    longest_days: float,
) -> Opening:
    """EX-01."""
    rule = next((r for r in policy.rules if r.name == scope.rule), None)
    if rule is None:
        raise ValueError(f"there is no rule {scope.rule}; rules: {', '.join(r.name for r in policy.rules)}")
    if not rule.exceptions:
        allowed = ", ".join(r.name for r in policy.rules if r.exceptions) or "none"
        raise ValueError(f"rule {scope.rule} allows no exception (exceptions: true in policy.yaml); those that do: {allowed}")
    if not (scope.sender or scope.recipient or scope.media_type or scope.name):
        raise ValueError("an exception needs a scope: a sender, a recipient, a media type or a file name")
    if not measure.strip():
        raise ValueError("an exception needs an alternative measure: what protects instead")
    _lasting(reason, ends_at, now, longest_days)
    return Opening(
        kind=Kind.EXCEPTION,
        stage=Stage.WANTED,
        applicant=applicant,
        subject=f"規則 {scope.rule} の例外措置",
        reason=reason,
        rungs=approvers,
        rule=scope.rule,
        ends_at=ends_at,
        details=Details(scope=scope, measure=measure),
    )


def break_glass(asked: Opening, directory: Directory, allowed: tuple[Role, ...]) -> Opening:
    """An exception or a change, in force at once for a day at most; it lapses unless somebody ratifies it (EX-02)."""
    person = directory.person(asked.applicant)
    if person is None or not set(allowed) & set(person.roles):
        names = ", ".join(directory.role_names[role] for role in allowed)
        raise ValueError(f"{asked.applicant} may not break the glass; who may: {names}")
    return replace(asked, stage=Stage.EMERGENCY)


def blanket(
    policy: Policy,
    scope: Scope,
    directory: Directory,
    *,
    applicant: str,
    reason: str,
    ends_at: float,
    now: float,
    longest_days: float,
) -> Opening:
    """Permission in advance: recipient x kind of document x expiry, for the applicant's section only (SD-01)."""
    rule = next((r for r in policy.rules if r.name == scope.rule), None)
    if rule is None or rule.approval is None:
        asking = ", ".join(r.name for r in policy.rules if r.approval) or "none"
        raise ValueError(f"rule {scope.rule} asks for no approval; those that do: {asking}")
    person = directory.person(applicant)
    if person is None or not person.section:
        raise ValueError(f"{applicant} belongs to no section of the directory")
    if not scope.recipient:
        raise ValueError("a blanket approval needs a recipient, e.g. *@pref.example.lg.jp")
    _lasting(reason, ends_at, now, longest_days)
    narrowed = Scope(scope.rule, scope.sender, scope.recipient, person.section, scope.media_type, scope.name)
    return Opening(
        kind=Kind.BLANKET,
        stage=Stage.WANTED,
        applicant=applicant,
        subject=f"規則 {scope.rule} の包括承認: {scope.recipient}",
        reason=reason,
        rungs=rule.approval.by,
        rule=scope.rule,
        ends_at=ends_at,
        details=Details(scope=narrowed),
    )


def as_it_came(rule: Rule, entry: QuarantineEntry, files: Sequence[PartReport], applicant: str, reason: str) -> Opening:
    """Files of a held mail shall be delivered as they came (SAN-05): whoever asks has looked at them, a second person will."""
    if rule.original is None:
        raise ValueError(f"rule {rule.name} lets nothing leave as it came (original: in policy.yaml)")
    if not files or not all(judgeable(file) for file in files):
        raise ValueError("choose files that were scanned, are clean, and are neither locked nor programs")
    return Opening(
        kind=Kind.AS_IT_CAME,
        stage=Stage.WANTED,
        applicant=applicant,
        subject=entry.subject,
        reason=reason.strip(),
        rungs=rule.original.by,
        rule=rule.name,
        item=entry.item.id,
        recipients=entry.recipients,
        seconds=rule.original.seconds,
        details=Details(attachments=tuple(file.name for file in files), files=tuple(file.sha256_in for file in files)),
    )


def release(entry: QuarantineEntry, applicant: str, reason: str, rungs: Rungs) -> Opening:
    """The sender asks that what was held may go: the safe rest of it, as by a reviewer's release."""
    return Opening(
        kind=Kind.RELEASE,
        stage=Stage.WANTED,
        applicant=applicant,
        subject=entry.subject,
        reason=reason,
        rungs=rungs,
        rule=entry.rule,
        item=entry.item.id,
        recipients=entry.recipients,
    )


def change(what: str, applicant: str, reason: str, rungs: Rungs) -> Opening:
    """Something that takes two people (LG-08); `what` names it for whoever carries it out."""
    return Opening(Kind.CHANGE, Stage.WANTED, applicant, what, reason, rungs)


def original(known: Facts, subject: str, applicant: str, reason: str, rungs: Rungs) -> Opening:
    """A recipient needs more than can be delivered; nothing is sent by it: who decides it looks and hands it over (SAN-05)."""
    return Opening(
        kind=Kind.ORIGINAL,
        stage=Stage.WANTED,
        applicant=applicant,
        subject=subject,
        reason=reason,
        rungs=rungs,
        item=known.item.id,
        recipients=known.recipients,
        details=Details(attachments=known.attachments),
    )


def end_of(text: str) -> float:
    """2027-03-31, its last second, or 2027-03-31T17:00, in Japan; Unix time."""
    at = datetime.fromisoformat(text)
    return (datetime.combine(at, time(23, 59, 59)) if len(text) == 10 else at).replace(tzinfo=JST).timestamp()


def rules(number: int, version: str, applicant: str, reason: str, rungs: Rungs) -> Opening:
    """A version of the policy; once it is applied it is in force."""
    return change(f"規則の変更 版{number} ({version})", applicant, reason, rungs)


def emergency(asked: Opening, directory: Directory, settings: WorkflowSettings) -> Opening:
    """A change in force by one person's word; whoever approves exceptions hears of it at once and must ratify it (EX-02)."""
    return replace(break_glass(asked, directory, settings.break_glass), rungs=settings.exception_approvers)


def _lasting(reason: str, ends_at: float, now: float, longest_days: float) -> None:
    if not reason.strip():
        raise ValueError("a reason is needed: it goes into the register")
    if not now < ends_at:
        raise ValueError("it must end in the future")
    if ends_at - now > longest_days * DAY:
        raise ValueError(f"it may last {longest_days:.0f} days at most; then it can be asked for again")
