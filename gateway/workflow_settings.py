"""`workflow:` of gateway.yaml: who decides what, and for how long."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from gateway.directory.model import Role


def rungs(value: object) -> object:
    """`ism`, or one after the other `[ism, bur]`, or several at once `[ism, [cso, sym]]`."""
    each = value if isinstance(value, list | tuple) else [value]
    return [rung if isinstance(rung, list | tuple) else [rung] for rung in each]


Rungs = Annotated[tuple[Annotated[tuple[Role, ...], Field(min_length=1)], ...], BeforeValidator(rungs), Field(min_length=1)]


class WorkflowSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    links: bool = Field(False, description="Put a link to the console (its origin) into each notice to staff.")
    exception_approvers: Rungs = Field(((Role.CISO,),), description="Who approves exceptions, rung after rung (EX-01).")
    exception_days: float = Field(365, gt=0, description="The longest that an exception or a blanket approval may last.")
    break_glass: tuple[Role, ...] = Field(
        (Role.SYM, Role.SYO, Role.ISM, Role.CSO), description="Who may put an exception in force at once, for 24 h (EX-02)."
    )
    change_approvers: Rungs = Field(
        ((Role.SYM, Role.SYO, Role.CSO),), description="The second person of a change that takes two (LG-08)."
    )
    original_approvers: Rungs = Field(((Role.SYO,), (Role.CSO,)), description="Who answers who needs the original (SAN-05).")
    release_approvers: Rungs = Field(
        ((Role.ISM, Role.SYO), (Role.CSO,)), description="Who lets a held mail go when its sender asks for it (ML-08)."
    )
    misdirected_chain: Rungs = Field(
        ((Role.ISM, Role.BUR), (Role.CSO,)), description="Who hears of a misdirected mail, rung after rung (ML-08)."
    )
    incident_chain: Rungs = Field(
        ((Role.ISM,), (Role.CSO, Role.SYM, Role.CSIRT), (Role.CISO,)),
        description="The chain of reports; the last rung approves the closure (IN-01, IN-03).",
    )
    violation_chain: Rungs = Field(
        ((Role.ISM,), (Role.BUR, Role.CSO)), description="Who acts on somebody's violations of rules (IN-05)."
    )
    certification_chain: Rungs = Field(((Role.ISM, Role.BUR), (Role.CSO,)), description="Who signs off the IDs (AC-03).")
    certification_days: float = Field(365, ge=0, description="How often each section signs its IDs off; 0 = by hand only.")
    self_check_chain: Rungs = Field(((Role.ISM, Role.BUR), (Role.CSO,)), description="Who answers for a section (AU-02).")
    self_check_days: float = Field(30, ge=1, le=365, description="So long a section has to answer; then the next one is asked.")
    disposal_approvers: Rungs = Field(((Role.ISM,), (Role.CSO,)), description="Who permits a disposal (DS-01).")
    auditor_apart: bool = Field(True, description="Whoever audits holds no other role (AC-08); false = the checks warn only.")
