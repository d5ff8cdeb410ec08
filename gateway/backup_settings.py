"""`backup:` of gateway.yaml: where the nightly backup goes, how many stay, how often one is rehearsed (AVL-03)."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class BackupSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    folder: str = Field("", description="On another machine or disk: each night a backup is made there; empty = none.")
    at: str = Field("02:10", pattern=r"^(?:[01]\d|2[0-3]):[0-5]\d$", description="From what time on (hourly look).")
    keep: int = Field(7, ge=1, le=1_000, description="So many stay; what is older is deleted after a good one.")
    rehearse: Literal["never", "weekly", "monthly"] = Field(
        "never", description="How often the newest is put back aside and read as a whole; needs as much room as it has."
    )
