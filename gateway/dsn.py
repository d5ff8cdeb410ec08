"""Delivery status notifications: RFC 3464 in RFC 6522's multipart/report, written by hand from plain strings.

Only for what a next hop refused or never took, never because of a content (H8), never in answer to a null reverse-path
(RFC 5321 6.1), never with a byte of the original (H10).  What people read is the caller's `text`.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime

from gateway.clock import JST
from gateway.model import DeliveryOutcome, Direction, QueueItem

FAILED_SUBJECT = ("配信できませんでした", "(Undelivered Mail)")
DELAYED_SUBJECT = ("配信が遅れています", "(Delayed Mail)")


def failure(item: QueueItem, outcomes: Sequence[DeliveryOutcome], text: str, *, hostname: str, now: float) -> bytes:
    """For recipients given up.  Unix time; CRLF lines.  Raises ValueError if there is nobody to tell."""
    return _report(item, outcomes, text, hostname, now, action="failed", subject=FAILED_SUBJECT)


def delay(item: QueueItem, outcomes: Sequence[DeliveryOutcome], text: str, *, hostname: str, now: float) -> bytes:
    """For recipients that are still being tried."""
    return _report(item, outcomes, text, hostname, now, action="delayed", subject=DELAYED_SUBJECT)


def _report(
    item: QueueItem,
    outcomes: Sequence[DeliveryOutcome],
    text: str,
    hostname: str,
    now: float,
    *,
    action: str,
    subject: tuple[str, str],
) -> bytes:
    if not item.envelope.sender or not outcomes:
        raise ValueError("a null reverse-path gets no answer")
    boundary = f"=_mugai_{item.id}_{action}"  # no base64 and no field of ours can contain =_
    status = [f"Reporting-MTA: dns; {hostname}", f"Arrival-Date: {_date(item.received_at)}"]
    for outcome in outcomes:
        status += ["", *_recipient(item.envelope.direction, outcome, action)]
    lines = [
        f"From: {_encoded('メール配送システム')} <MAILER-DAEMON@{hostname}>",
        f"To: <{item.envelope.sender}>",
        f"Subject: {_encoded(subject[0])} {subject[1]}",
        f"Date: {_date(now)}",
        f"Message-ID: <{item.id}.{action}.{int(now)}@{hostname}>",
        "Auto-Submitted: auto-replied",  # RFC 3834: nobody's vacation program answers it (H9)
        "X-Auto-Response-Suppress: All",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary}"',
        "",
        f"--{boundary}",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
        "",
        *_base64(text),
        f"--{boundary}",
        "Content-Type: message/delivery-status",
        "",
        *status,
        "",
        f"--{boundary}--",
        "",
    ]
    return "\r\n".join(lines).encode()


def _recipient(direction: Direction, outcome: DeliveryOutcome, action: str) -> list[str]:
    reply = outcome.reply
    wanted = "5" if action == "failed" else "4"
    status = reply.enhanced if reply.enhanced.startswith(wanted) else f"{wanted}.0.0"
    # what our own servers say inside is not for outside; the codes are enough there (H10)
    said = "" if direction is Direction.INBOUND else "".join(c if " " <= c <= "~" else "?" for c in reply.text[:300])
    return [
        f"Final-Recipient: {_typed(outcome.recipient)}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; {reply.code} {reply.enhanced} {said}".rstrip(),
    ]


def _typed(recipient: str) -> str:
    """RFC 6533 3: an international address in the form that fits ASCII fields."""
    if recipient.isascii():
        return f"rfc822; {recipient}"
    return "utf-8; " + "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in recipient)


def _date(unix: float) -> str:
    return format_datetime(datetime.fromtimestamp(unix, JST))


def _encoded(text: str) -> str:
    """One RFC 2047 word: the texts here fit its 75 characters."""
    return f"=?utf-8?B?{base64.b64encode(text.encode()).decode()}?="


def _base64(text: str) -> list[str]:
    canonical = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    return base64.encodebytes(canonical).decode("ascii").splitlines()
