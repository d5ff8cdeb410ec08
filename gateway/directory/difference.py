"""What a new directory changes, for the preview of the April transfer, and what it leaves wanting.  Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date

from gateway.directory.model import Directory, Person, Role


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the preview: `+` comes, `-` goes, `~` is different."""

    sign: str
    what: str  # "person", "section", "deputy", "role"
    key: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.what} {self.key}{': ' + self.detail if self.detail else ''}"


def difference(old: Directory, new: Directory) -> tuple[Change, ...]:
    return tuple(
        [
            *_compared("section", {s.code: s for s in old.sections}, {s.code: s for s in new.sections}),
            *_compared("person", {p.address: p for p in old.people}, {p.address: p for p in new.people}),
            *_compared(
                "deputy",
                {f"{d.by} for {d.of}": d for d in old.deputies},
                {f"{d.by} for {d.of}": d for d in new.deputies},
            ),
            *(
                Change("~", "role", role, f"{old.role_names.get(role, '')} → {name}")
                for role, name in new.role_names.items()
                if old.role_names.get(role) != name
            ),
        ]
    )


def _compared(what: str, old: dict[str, object], new: dict[str, object]) -> Iterator[Change]:
    for key in old.keys() | new.keys():
        if key not in new:
            yield Change("-", what, key, _said(old[key]))
        elif key not in old:
            yield Change("+", what, key, _said(new[key]))
        elif old[key] != new[key]:
            changed = [f.name for f in fields(new[key]) if getattr(old[key], f.name) != getattr(new[key], f.name)]  # type: ignore[arg-type]
            yield Change(
                "~",
                what,
                key,
                ", ".join(f"{name} {_word(getattr(old[key], name))} → {_word(getattr(new[key], name))}" for name in changed),
            )


def _said(value: object) -> str:
    return f"{value.name} ({value.section or '-'}, {_word(value.roles)})" if isinstance(value, Person) else ""


def _word(value: object) -> str:
    return (" ".join(map(str, value)) if isinstance(value, tuple) else str(value or "")) or "-"


def wanting(directory: Directory, day: date) -> tuple[str, ...]:
    """What would leave somebody without an approver, or let one person be judge and party (AC-04, AC-08, LG-08)."""
    return tuple(_wanting(directory, day))


def _wanting(directory: Directory, day: date) -> Iterator[str]:
    name = directory.role_names
    active = [p for p in directory.people if p.active(day)]
    for section in directory.sections:
        inside = [p for p in active if p.section == section.code]
        heads = [p for p in inside if Role.ISM in p.roles]
        if inside and not any(directory.heads(Role.ISM, p.address, day) for p in inside):
            yield f"section {section.name}: nobody is {name[Role.ISM]}"
        if len(heads) == 1 and not directory.stand_ins(heads[0].address, day):
            yield f"section {section.name}: {heads[0].name} has no deputy"
    for role in (Role.CISO, Role.CSO, Role.CSIRT):
        if not directory.holders(role, day):
            yield f"nobody is {name[role]}"
    if len(directory.holders(Role.SYM, day)) + len(directory.holders(Role.SYO, day)) < 2:
        yield f"fewer than two people are {name[Role.SYM]} or {name[Role.SYO]}: nobody can be the second one"
    for person in directory.holders(Role.AUD, day):
        if {Role.SYM, Role.CSO} & {*person.roles}:
            yield f"{person.name} audits its own work ({name[Role.AUD]})"
