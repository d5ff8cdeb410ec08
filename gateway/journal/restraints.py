"""The events of what is kept back: recipients hidden from one another, mail that was stopped and goes on."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.journal.events import Event, personal


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientsHidden(Event):
    """To and Cc were taken away; what stood there is kept here alone (ML-06)."""

    rule: str
    count: int
    removed: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentsLocked(Event):
    """Files left as a ZIP that a password opens (SD-02).  The password is recorded nowhere."""

    rule: str
    origin: str  # whose password: the sender's, agreed, made by the gateway
    method: str
    recipients: tuple[str, ...] = personal(())
    files: tuple[str, ...] = personal(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted(Event):
    """A side, a sender or a host was stopped (ML-01, HD-04, AV-11)."""

    scope: str
    actor: str
    reason: str = personal()
    value: str = personal()
