"""`segments:` of gateway.yaml: how this house divides its networks, and how often somebody outside looks at it (AU-03)."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Model(StrEnum):
    """Where terminals and important information are: α on the LGWAN side, β and β′ on the Internet side."""

    ALPHA = "alpha"
    ALPHA_PRIME = "alpha_prime"
    BETA = "beta"
    BETA_PRIME = "beta_prime"

    @property
    def is_beta(self) -> bool:
        return self in (Model.BETA, Model.BETA_PRIME)


MODEL_NAMES = {Model.ALPHA: "α型", Model.ALPHA_PRIME: "α′型", Model.BETA: "β型", Model.BETA_PRIME: "β′型"}


class SegmentSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Model = Model.ALPHA
    external_audit_months: int = Field(12, ge=1, le=60, description="beta: the last external audit may be so old (AU-03).")
