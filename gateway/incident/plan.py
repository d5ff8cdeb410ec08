"""`config/playbooks.yaml`: what is to be done in an emergency, by whom, until when, and who must be told (緊急時対応計画).

The administrators' own file.  Every mistake in it becomes a Problem with its line; a plan with one is not used, and
`mugai check` says so in peace time.  Raises BadConfiguration.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway import yaml_file
from gateway.directory.model import Role
from gateway.policy.observing import Informed
from gateway.yaml_file import BadConfiguration, Document, Problem


class Action(StrEnum):
    """What the gateway does itself when a step is taken."""

    NONE = "none"  # a person's work; it is recorded
    HUNT = "hunt"  # list what is alike, both ways
    HOLD = "hold"  # nothing more is done about those that are still here
    ISOLATE = "isolate"  # a sender or host, both ways
    STOP = "stop"  # a whole side
    PRESERVE = "preserve"  # legal hold and evidence pack
    COPIES = "copies"  # a list for whoever looks after the mailboxes

    @property
    def stops(self) -> bool:
        """Shown first, done only when it is said again."""
        return self in (Action.HOLD, Action.ISOLATE, Action.STOP)

    @property
    def hunts(self) -> bool:
        return self in (Action.HUNT, Action.HOLD, Action.PRESERVE, Action.COPIES)


def _as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]
Roles = Annotated[tuple[Role, ...], BeforeValidator(_as_list), Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Task(_Model):
    """One step of a playbook."""

    name: Name
    ja: Words
    en: Words
    by: Roles
    minutes: int = Field(gt=0, description="Counted from the start of the playbook.")
    tell: Annotated[tuple[Informed, ...], BeforeValidator(_as_list)] = ()
    action: Action = Action.NONE
    find: tuple[Literal["content", "sender", "host", "subject", "like"], ...] = ()
    side: Literal["inbound", "outbound", "both", ""] = ""


class Playbook(_Model):
    ja: Words
    en: Words
    severity: str = ""
    steps: tuple[Task, ...] = Field(min_length=1)

    def task(self, name: str) -> Task:
        """Raises LookupError."""
        found = next((task for task in self.steps if task.name == name), None)
        if found is None:
            raise LookupError(f"no step {name}; steps: {', '.join(task.name for task in self.steps)}")
        return found


class Contact(_Model):
    """Somebody outside who must hear of it."""

    name: Words
    telephone: str = ""
    mail: str = ""
    what: str = Field("", description="When, and what they want to know.")


class Plan(_Model):
    contacts: tuple[Contact, ...] = ()
    playbooks: dict[Name, Playbook] = Field(min_length=1)

    def playbook(self, name: str) -> Playbook:
        """Raises LookupError."""
        if name not in self.playbooks:
            raise LookupError(f"no playbook {name}; playbooks: {', '.join(self.playbooks)}")
        return self.playbooks[name]


def load(path: Path) -> Plan:
    document = yaml_file.read(path)
    try:
        plan = Plan.model_validate(document.values)
    except ValidationError as error:
        raise BadConfiguration(yaml_file.problems_of(error, document)) from None
    if problems := list(_contradictions(plan, document)):
        raise BadConfiguration(problems)
    return plan


def _contradictions(plan: Plan, document: Document) -> Iterator[Problem]:
    """What each value alone does not show."""
    for name, book in plan.playbooks.items():
        seen: set[str] = set()
        for number, task in enumerate(book.steps):
            key = f"playbooks.{name}.steps.{number}"
            if task.name in seen:
                yield document.problem(f"{key}.name", f"{task.name} is there twice")
            seen.add(task.name)
            if task.action.hunts != bool(task.find):
                yield document.problem(f"{key}.find", f"belongs to {task.action} or does not", "hunt, hold, preserve, copies")
            if (task.action is Action.STOP) != bool(task.side):
                yield document.problem(f"{key}.side", "says which side `action: stop` stops, and nothing else")
            if number and task.minutes < book.steps[number - 1].minutes:
                yield document.problem(f"{key}.minutes", "is earlier than the step before it", "put the steps in order")
