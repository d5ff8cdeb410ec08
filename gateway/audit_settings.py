"""`audit:` of gateway.yaml: when whoever answers for an audit finding is reminded of it (AU-01)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class AuditSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    remind_days: int = Field(7, ge=0, le=90, description="So long before a finding is due a letter says so; 0 = none.")
    late_days: int = Field(7, ge=0, le=90, description="Every so many days one that is overdue is told again; 0 = never.")
