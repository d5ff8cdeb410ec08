"""A message as plain values: what is left of it after the wall, before it is written anew.

`message.py` reads hostile MIME into a Letter inside the sandbox; `compose.py` writes a Letter as a canonical message.
Between the two there are only decoded strings and the numbers of already verified attachments: no header line, no
boundary, no encoding of the sender's survives.
"""

from __future__ import annotations

from dataclasses import dataclass

# Fields that tell of the way of a mail.  They cross the wall for the rules to see, and `compose` never writes them (ML-04).
TRACES = (
    *(
        "auto-submitted",
        "x-autoreply",
        "x-autorespond",
        "x-loop",
        "delivered-to",
        "x-original-to",
        "envelope-to",
        "x-envelope-to",
    ),
    *("resent-from", "resent-sender", "resent-to", "resent-message-id", "list-id", "list-post", "x-beenthere", "x-ml-name"),
    *("x-forwarded-for", "x-forwarded-to", "x-autoforward", "x-auto-forward", "x-autoforwarded", "x-auto-forwarded"),
    *("x-sieve-redirected-from", "x-ms-exchange-inbox-rules-loop", "x-ms-exchange-generated-message-source"),
    *("x-ms-exchange-organization-autoforwarded", "x-mugai-id"),
)
REPORT_TYPE = "report-type"  # of a multipart/report, RFC 6522 3
MOST_TRACES = 60
LONGEST_TRACE = 300  # characters of one value


@dataclass(frozen=True, slots=True)
class Mailbox:
    """RFC 5322 3.4.  `name` is decoded text; `address` is ASCII (IDNA) unless the mail is SMTPUTF8."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """The `child`-th child (counted from 0, in the order of `Job.child` calls) under a safe name."""

    child: int
    name: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Decoded, NFC, free of control characters except LF and TAB in `body`.  Lines of `body` end in LF."""

    subject: str
    from_: tuple[Mailbox, ...]
    sender: Mailbox | None
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    date: str  # RFC 5322 3.3, re-formatted; "" when absent or unreadable
    message_id: str  # with angle brackets; "" when absent or unreadable
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    body: str
    attachments: tuple[Attachment, ...]
    extra: tuple[tuple[str, str], ...] = ()  # allow-listed others, decoded: Importance, List-Id, Auto-Submitted, ...
    traces: tuple[tuple[str, str], ...] = ()  # name in lower case and value, of TRACES and REPORT_TYPE; never delivered


@dataclass(frozen=True, slots=True)
class Enclosure:
    """An attachment ready to be written: `content` has been rebuilt and verified, or two people answer for it."""

    name: str
    media_type: str
    content: bytes
