"""`alerts:` and `regular_reports:` of gateway.yaml: what is an alarm, and who hears of what (LG-09)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Address = Annotated[str, Field(pattern=r"^[^@\s<>]{1,64}@[^@\s<>]{1,190}$")]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TargetSettings(_Model):
    """One way to tell people; exactly one of mail, syslog, webhook."""

    mail: tuple[Address, ...] = Field((), description="By the inbound next hop, past the queue.")
    syslog: str = Field("", pattern=r"^((udp|tcp|tls)://[A-Za-z0-9.:\[\]-]+)?$", description="tls://log.example.lg.jp:6514")
    webhook: str = Field("", pattern=r"^(https?://[^\s]+)?$", description="JSON by POST.")
    token_file: str = Field("", description="File with the bearer token of the webhook, one line.")
    ca_file: str = Field("", description="PEM file of the CA of syslog or webhook; empty = the system's.")
    alarms: tuple[str, ...] = Field(("*",), min_length=1, description="Which, by name; * and ? as in file names.")

    @model_validator(mode="after")
    def _one_way(self) -> TargetSettings:
        if sum(map(bool, (self.mail, self.syslog, self.webhook))) != 1:
            raise ValueError("needs one of mail, syslog, webhook")
        return self


class AlertSettings(_Model):
    queue_minutes: float = Field(15, gt=0, description="A mail that is ready has waited this long.")
    disk_days: float = Field(14, gt=0, description="The disk will be full within so many days.")
    clock_seconds: float = Field(1, ge=0, description="The clock may be off by more, or is not synchronised; 0 = not watched.")
    certificate_days: float = Field(30, gt=0, description="A certificate ends within so many days.")
    to: tuple[TargetSettings, ...] = Field((), description="Who hears of alarms; empty = they are in the journal only.")
    quiet_minutes: float = Field(30, ge=0, description="The same alarm is told once in this time, then with how often it came.")
    heartbeat_minutes: float = Field(
        0, ge=0, description="A sign of life to every target, so that silence is an alarm; 0 = none."
    )


class ReportSettings(_Model):
    daily: tuple[Address, ...] = Field((), description="Who gets yesterday's report; empty = none.")
    monthly: tuple[Address, ...] = Field((), description="Who gets last month's.")
    destinations: bool = Field(False, description="To each section's head, last month's destinations outside (ML-05).")
    at: str = Field("07:30", pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$", description="At what time.")
    attach: tuple[Literal["pdf", "html"], ...] = Field(
        ("pdf",),
        description="Its files, beside the text; pdf needs LibreOffice (sandbox.office), without it html goes instead.",
    )
