"""From header fields to the letter's values: which fields stay, in which form, and what is reported (formats.md 11, H6, H11).

Only the listed fields survive, decoded and cleaned; routing, authentication, receipts and everything unknown are left behind.
"""

from __future__ import annotations

import re

from sanitizers import headers, traces
from sanitizers.carrier_emoji import Carrier
from sanitizers.headers import NO_ADDRESS
from sanitizers.job import Findings
from sanitizers.letter import Attachment, Letter, Mailbox
from sanitizers.mime_strict import Entity
from sanitizers.model import Kind, Treatment

UNKNOWN_SENDER = Mailbox("差出人不明", NO_ADDRESS)  # RFC 5322 3.6 wants a From
MAX_TEXT = 10_000  # characters of one value; no program shows more, and a longer Subject is an attack

_EXTRA = (
    "Importance Priority X-Priority Sensitivity Auto-Submitted Precedence X-Auto-Response-Suppress List-Id",
    "List-Unsubscribe List-Post List-Help List-Archive Thread-Topic Thread-Index Organization Keywords Content-Language",
)
_TARGETS = re.compile(r"<(?:https?://|mailto:)[!-;=?-~]{1,900}>", re.ASCII)
_LISTS = ("List-Unsubscribe", "List-Post", "List-Help", "List-Archive")
_THREAD_INDEX = re.compile(r"[A-Za-z0-9+/=]{1,2000}", re.ASCII)
_RECEIPTS = ("disposition-notification-to", "return-receipt-to", "x-confirm-reading-to", "bcc")
_SHOWN_ADDRESS = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


class Writer:
    """Fills one letter from the fields of the top entity."""

    def __init__(self, entity: Entity, phone: Carrier | None, findings: Findings):
        self._entity, self._phone, self._findings = entity, phone, findings

    def letter(self, body: str, attachments: tuple[Attachment, ...]) -> Letter:
        for name in _RECEIPTS:
            if self._entity.first(name):
                self._findings.add(Kind.HEADER, name, "would send something or tell somebody", Treatment.REMOVED)
        return Letter(
            subject=self._text("subject"),
            from_=self._sender(),
            sender=next(iter(self._mailboxes("sender")), None),
            reply_to=self._mailboxes("reply-to"),
            to=self._mailboxes("to"),
            cc=self._mailboxes("cc"),
            date=headers.date(self._entity.first("date")),
            message_id=next(iter(headers.message_ids(self._entity.first("message-id"))), ""),
            in_reply_to=headers.message_ids(self._entity.first("in-reply-to")),
            references=headers.message_ids(self._entity.first("references")),
            body=body,
            attachments=attachments,
            extra=tuple((name, value) for names in _EXTRA for name in names.split() if (value := self._extra(name))),
            traces=traces.read(self._entity),
        )

    def _text(self, name: str) -> str:
        decoded = headers.text(self._entity.first(name), self._phone)
        if decoded.undecodable:
            detail = f"{decoded.undecodable} characters unreadable"
            self._findings.add(Kind.CHARSET, name, detail, Treatment.REPLACED)
        elif decoded.assumed:
            self._findings.add(Kind.CHARSET, name, "charset assumed", Treatment.KEPT)
        self._invisible(name, decoded.invisible)
        if len(decoded.text) > MAX_TEXT:
            self._findings.add(Kind.HEADER, name, f"{len(decoded.text)} characters, cut to {MAX_TEXT}", Treatment.REMOVED)
        return decoded.text[:MAX_TEXT]

    def _mailboxes(self, name: str) -> tuple[Mailbox, ...]:
        found: list[Mailbox] = []
        for raw in self._entity.values(name):
            addresses = headers.addresses(raw)
            found += addresses.mailboxes
            self._invisible(name, addresses.invisible)
            if addresses.unreadable:
                self._findings.add(Kind.HEADER, name, f"{addresses.unreadable} entries without an address", Treatment.REPLACED)
        return tuple(Mailbox(box.name[:MAX_TEXT], box.address) for box in dict.fromkeys(found))

    def _sender(self) -> tuple[Mailbox, ...]:
        """From; several senders, or a name that shows another address than the real one, are told to the reader (H6)."""
        boxes = self._mailboxes("from")
        if len(boxes) > 1:
            self._findings.add(Kind.HEADER, "from", f"{len(boxes)} senders", Treatment.KEPT)
        for box in boxes:
            shown = _SHOWN_ADDRESS.search(box.name)
            if shown and shown.group().lower() != box.address.lower():
                self._findings.add(
                    Kind.HEADER, "from", f"the name shows {shown.group()}, the address is {box.address}", Treatment.KEPT
                )
        if not boxes:
            self._findings.add(Kind.HEADER, "from", "no sender", Treatment.REPLACED)
        return boxes or (UNKNOWN_SENDER,)

    def _extra(self, name: str) -> str:
        raw = self._entity.first(name.lower())
        if not raw:
            return ""
        value = headers.text(raw).text[:MAX_TEXT]
        if name in _LISTS:
            return ", ".join(_TARGETS.findall(value)[:10])
        if name == "Thread-Index":
            compact = value.replace(" ", "")
            return compact if _THREAD_INDEX.fullmatch(compact) else ""
        return value

    def _invisible(self, name: str, count: int) -> None:
        if count:
            self._findings.add(Kind.CONTROL_CHARACTER, name, f"{count} invisible characters", Treatment.REMOVED)
