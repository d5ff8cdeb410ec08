"""`journal:` of gateway.yaml: who gets the record as it grows (LG-09), and where its nightly copy goes (LG-03).

What is sent is `evidence/feed.py`'s, what is copied `evidence/media.py`'s.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SyslogSettings(_Model):
    to: str = Field(
        "",
        pattern=r"^((udp|tcp|tls)://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5})?$",
        description="A SOC's collector: tls://soc.example.lg.jp:6514; empty = none. UDP loses what nobody takes.",
    )
    ca_file: str = Field("", description="PEM file of the CA that signed the collector's certificate; empty = the system's.")
    form: Literal["rfc5424", "cef"] = Field("rfc5424", description="CEF is put into an RFC 5424 message.")
    personal: bool = Field(False, description="Send addresses, subjects and file names as well; false = they read (withheld).")
    timeout: float = Field(10, gt=0, le=300, description="Seconds for a connection or one batch.")


class MediaSettings(_Model):
    folder: str = Field(
        "", description="On another machine or medium: each night the day before is copied there; empty = none."
    )
    at: str = Field("03:10", pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$", description="From what time on (hourly look).")


class JournalSettings(_Model):
    syslog: SyslogSettings = SyslogSettings()
    media: MediaSettings = MediaSettings()
