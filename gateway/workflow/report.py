"""Forms of misdirected mail (ML-08) and incidents (IN-01): filled in from what the journal knows of the mail.

Reads only; what comes of a report is a case like any other.  Raises LookupError (no such mail), ValueError (no reason, or a
recipient that the mail did not have).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway import journal
from gateway.model import QueueItem, State
from gateway.spool import Shown, Spool
from gateway.store.db import Db
from gateway.workflow.model import Details, Kind, Opening, Rungs, Stage


@dataclass(frozen=True, slots=True)
class Facts:
    """What the gateway knows of a mail that somebody reports."""

    item: QueueItem
    recipients: tuple[str, ...]  # who should not have got it
    delivered: tuple[str, ...]  # those of them to whom the next hop has taken it
    waiting: tuple[str, ...]  # those who will get it unless somebody stops it
    sent_at: float  # Unix time of the first delivery; 0.0 = none yet
    attachments: tuple[str, ...]
    signs: str  # what its contents showed: classification, personal information, counted


async def facts(db: Db, spool: Spool, key: str, recipients: Sequence[str] = ()) -> Facts:
    """`key` is a receipt number or id; no recipients = all of them."""
    shown = await spool.show(key)
    known = {row.address.lower(): row for row in shown.recipients}
    for wrong in [r for r in recipients if r.lower() not in known]:
        raise ValueError(f"{wrong} was no recipient of {shown.item.receipt}; recipients: {', '.join(known)}")
    rows = [known[r.lower()] for r in recipients] or list(known.values())
    delivered = [row for row in rows if row.state is State.RELAYED]
    names, signs = await _decided(db, shown)
    return Facts(
        item=shown.item,
        recipients=tuple(row.address for row in rows),
        delivered=tuple(row.address for row in delivered),
        waiting=tuple(row.address for row in rows if not row.state.final),
        sent_at=min((row.changed_at for row in delivered), default=0.0),
        attachments=names,
        signs=signs,
    )


async def _decided(db: Db, shown: Shown) -> tuple[tuple[str, ...], str]:
    found = await journal.search(db, item=shown.item.id, kind="decided")
    last = dict(found[-1].facts) if found else {}
    names = tuple(name for name in last.get("names", "").split(", ") if name)
    return names, last.get("signs", "")


def misdirected(known: Facts, applicant: str, reason: str, rungs: Rungs) -> Opening:
    return Opening(
        kind=Kind.MISDIRECTED,
        stage=Stage.REPORTED,
        applicant=applicant,
        subject=f"誤送信 {known.item.receipt}",
        reason=reason,
        rungs=rungs,
        item=known.item.id,
        recipients=known.recipients,
        details=Details(
            attachments=known.attachments,
            classification=known.signs,
            delivered=known.delivered,
            sent_at=known.sent_at,
        ),
    )


def incident(
    applicant: str,
    subject: str,
    reason: str,
    rungs: Rungs,
    *,
    severity: str = "",
    drill: bool = False,
    participants: tuple[str, ...] = (),
    known: Facts | None = None,
) -> Opening:
    """`known`: the mail that it began with, if there is one."""
    mark = "【訓練】" if drill else ""
    return Opening(
        kind=Kind.INCIDENT,
        stage=Stage.REPORTED,
        applicant=applicant,
        subject=mark + subject,
        reason=reason,
        rungs=rungs,
        item=known.item.id if known else "",
        recipients=known.recipients if known else (),
        details=Details(
            severity=severity,
            drill=drill,
            participants=participants,
            attachments=known.attachments if known else (),
        ),
    )
