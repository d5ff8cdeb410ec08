"""Which fields the parts of the rules have in a form, and how what was filled in gets into the text.  Raises Unwritable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.console.field_words import FIELDS, Told
from gateway.console.fields import DROP, Cells, Field, Shape, fields_of
from gateway.console.switches import CONSTRUCTS, EXPLANATIONS, SETTINGS
from gateway.model import Hiding
from gateway.policy import pen
from gateway.policy.observing import Observing
from gateway.policy.pen import Place
from gateway.policy.protect_settings import Protect
from gateway.policy.sentences import Wording
from gateway.policy.syntax import WrittenChoice, WrittenProfile, WrittenRule
from gateway.words import Words
from gateway.yaml_file import Problem
from sanitizers.model import FAMILIES, Limits, Setting, Switchboard

Sent = dict[str, Cells]  # by the field's key
SECTIONS: dict[str, type[WrittenRule] | type[WrittenChoice]] = {"rules": WrittenRule, "choose_profile": WrittenChoice}
ONLY: dict[str, tuple[str, ...]] = {  # which action a part of a rule belongs to; what is not here belongs to all
    "worst": ("deliver",),
    "notice": ("deliver",),
    "recipients": ("deliver",),
    "approve": ("await_approval",),
    "delay": ("delay",),
    "original": ("hold",),
    "releasable": ("hold",),
    "exceptions": ("hold", "reject", "deliver"),
}
_AFTER = frozenset({"verdict", "finding", "media_type", "name", "identity", "sign"})  # known only after the inspection


def entry_fields(section: str, text: str, names: Wording) -> list[Field]:
    """Of a rule, or of a choice of a profile."""
    fields = list(fields_of(SECTIONS[section], names))
    if section == "rules":
        return fields
    known = [f for f in fields if f.place[0] != "match" or f.place[1] not in _AFTER]
    return [_one_of_the_profiles(f, text) if f.key == "profile" else f for f in known]


def _one_of_the_profiles(field: Field, text: str) -> Field:
    choices = tuple((str(name), Words(str(name), str(name))) for name in pen.at(text, ("profiles",)))
    return replace(field, shape=Shape.CHOICE, choices=choices)


def list_fields(text: str, names: Wording) -> list[Field]:
    default = Field(("default_profile",), FIELDS["WrittenPolicy.default_profile"], Shape.LINE, "rebuild")
    return [
        _one_of_the_profiles(default, text),
        *fields_of(Observing, names, ("observe",)),
        *fields_of(Protect, names, ("protect_attachments",)),
        *fields_of(Hiding, names, ("hide_recipients",)),
    ]


def profile_fields(names: Wording) -> list[Field]:
    return [*fields_of(WrittenProfile, names), *_switch_fields(), *_limit_fields()]


def _switch_fields() -> list[Field]:
    standard = Switchboard()
    return [
        Field(
            ("switches", family, name),
            Told(CONSTRUCTS[name], EXPLANATIONS.get(f"{family}.{name}", EXPLANATIONS[name])),
            Shape.CHOICE,
            getattr(getattr(standard, family), name).value,
            tuple((each.value, SETTINGS[each]) for each in _settings(family, name)),
        )
        for family, names in FAMILIES.items()
        for name in (*sorted(names.keepable), *sorted(names.never_kept))
    ]


def _settings(family: str, name: str) -> list[Setting]:
    """What may be chosen: what must never be kept cannot be, and the text of a mail is not withheld."""
    kept = [Setting.KEEP] if name in FAMILIES[family].keepable else []
    return [*kept, Setting.REMOVE, *([] if family == "body" else [Setting.BLOCK])]


def _limit_fields() -> list[Field]:
    standard = Limits()
    return [
        Field(("limits", name), FIELDS[f"Limits.{name}"], Shape.LINE, _size(name, getattr(standard, name)), numeric=True)
        for name in Limits.__slots__
    ]


def _size(name: str, value: int) -> object:
    """As people write it."""
    if not name.endswith("_bytes"):
        return value
    return f"{value >> 20}MB" if value % (1 << 20) == 0 else f"{value >> 10}KB"


def written(text: str, base: Place, fields: Iterable[Field], sent: Sent) -> str:
    """The text with what differs from it; parts that belong to another action than the new one go.  Raises Unwritable."""
    before, action = pen.at(text, (*base, "action")), sent.get("action", ((),))[0]
    gone = {part for part, actions in ONLY.items() if action and action[0] not in actions} if action != (before,) else set()
    for field in fields:
        place = (*base, *field.place)
        cells, old = sent[field.key], pen.at(text, place)
        if field.place[0] in gone or cells == field.cells(old):
            continue
        new = field.plain(cells)
        text = pen.drop(text, place) if new is DROP else pen.change(text, place, new)
    for part in gone:
        text = pen.drop(text, (*base, part))
    return text


def fresh(fields: Iterable[Field], sent: Sent) -> dict[str, object]:
    """A new entry, without what its action does not want."""
    entry: dict[str, object] = {}
    [[action]] = sent.get("action") or (("",),)
    for field in fields:
        new = field.plain(sent[field.key])
        unwanted = action not in ONLY.get(field.place[0], (action,))
        if unwanted or new is DROP or (sent[field.key] == () and field.place[0] in ONLY):
            continue
        inside = entry
        for step in field.place[:-1]:
            inside = inside.setdefault(step, {})  # type: ignore[assignment]
        inside[field.place[-1]] = new
    return entry


def beside(fields: Sequence[Field], problems: Sequence[Problem]) -> tuple[dict[str, list[Problem]], list[Problem]]:
    """Each problem at its field, or none."""
    beside: dict[str, list[Problem]] = {}
    others = []
    for problem in problems:
        keys = [f.key for f in fields if f"{problem.key}.".startswith(f"{f.key}.") or f.key.startswith(f"{problem.key}.")]
        if problem.key and keys:
            beside.setdefault(keys[0], []).append(problem)
        else:
            others.append(problem)
    return beside, others


def under(base: Place, problems: Sequence[Problem]) -> list[Problem]:
    """With keys as the form's fields have them."""
    above = ".".join(map(str, base))
    return [replace(p, key=p.key[len(above) + 1 :]) if above and f"{p.key}.".startswith(f"{above}.") else p for p in problems]


def entries(text: str, section: str) -> list[dict[str, object]]:
    return pen.at(text, (section,)) or []
