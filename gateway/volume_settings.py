"""`volume:` of gateway.yaml: how much mail is too much (ML-01, HD-08).  What is counted is `cutoff/volume.py`'s."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelSettings(_Model):
    """Recipients in one window; 0 = this level is off."""

    warn: int = Field(0, ge=0, description="An alarm.")
    throttle: int = Field(0, ge=0, description="Each mail waits `throttle_seconds` before it is taken.")
    stop: int = Field(0, ge=0, description="Stopped until two people let it go on.")


class VolumeSideSettings(_Model):
    sender: LevelSettings = LevelSettings()
    source: LevelSettings = Field(LevelSettings(), description="One IP address.")
    all: LevelSettings = LevelSettings()


class BulkSenderSettings(_Model):
    sender: str = Field(min_length=3, description="Its address, or a pattern: *@city.example.lg.jp.")
    until: date = Field(description="Last day.")
    recipients: int = Field(ge=1, description="In one window; more stops it.")
    reason: str = Field(min_length=1)


class VolumeSettings(_Model):
    enabled: bool = True
    window_seconds: float = Field(600, gt=0, le=86_400)
    throttle_seconds: float = Field(2, ge=0, le=60)
    outbound: VolumeSideSettings = VolumeSideSettings(
        sender=LevelSettings(warn=100, throttle=200, stop=500),
        source=LevelSettings(warn=2_000, throttle=4_000, stop=10_000),
        all=LevelSettings(warn=2_000, throttle=4_000, stop=10_000),
    )
    inbound: VolumeSideSettings = VolumeSideSettings(
        sender=LevelSettings(warn=500, throttle=1_000, stop=3_000), all=LevelSettings(warn=10_000, throttle=20_000, stop=50_000)
    )
    registered: tuple[BulkSenderSettings, ...] = Field((), description="Bulk senders that are expected, e.g. a survey.")
