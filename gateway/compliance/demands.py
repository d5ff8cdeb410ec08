"""What one tenant's rules demand where the tenants differ: `demands.yaml` of its profile.  Raises BadConfiguration.

Empty = its document says nothing of it.  What the settings are is not here: the checks compare.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway import yaml_file
from gateway.directory.model import Role
from gateway.workflow_settings import rungs
from gateway.yaml_file import BadConfiguration, Problem

FILE = "demands.yaml"
PROFILES = "profiles"
Chain = Annotated[tuple[tuple[Role, ...], ...], BeforeValidator(rungs)]
Force = Literal["", "must", "recommended"]


class Demands(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    document: Literal["T", "E", "M", "N", "I"] = Field(description="Whose clauses count.")
    title: str = Field(min_length=1)
    sanitise: Literal["", "inbound", "both"] = ""
    personal_information: Literal["", "reject", "approve_and_encrypt", "encrypt"] = ""
    auto_forwarding: Literal["", "external", "any"] = Field("", description="What may not be forwarded to.")
    hidden_recipients: Literal["", "exception_allowed", "no_exception"] = ""
    free_mail: Literal["", "permit", "ban"] = ""
    size_limit: Force = ""
    tamper_check: Force = ""
    suspicious_mail: Literal["", "keep_back", "report"] = Field("", description="report = kept back as well, with an alarm.")
    exception_approvers: Chain = ()
    incident_chain: Chain = Field((), description="Who hears first, and then; who closes may come after.")
    auditor: Literal["", "independent", "may_serve"] = ""


def profiles(config: Path) -> tuple[str, ...]:
    """The names that `load` knows beside this configuration."""
    return tuple(sorted({found.parent.name for place in _places(config) for found in place.glob(f"*/{FILE}")}))


def _places(config: Path) -> list[Path]:
    """Beside it and beside what it lies over."""
    return [file.resolve().parent / PROFILES for file in (config, *map(Path, yaml_file.read(config).below))]


def load(profile: str, config: Path) -> Demands:
    """`profile` is a name in `profiles/` beside the configuration or what it lies over, or a folder."""
    folders = [Path(profile), *(place / profile for place in _places(config))]
    folder = next((each for each in folders if (each / FILE).is_file()), None)
    if folder is None:
        advice = f"profiles: {', '.join(profiles(config)) or 'none'}"
        raise BadConfiguration([Problem(str(config), 0, "", f"there is no profile {profile}", advice)])
    document = yaml_file.read(folder / FILE)
    try:
        return Demands.model_validate(document.values)
    except ValidationError as error:
        raise BadConfiguration(yaml_file.problems_of(error, document)) from None
