"""Fields of a form, made from the models that validate the file: what can be written can be filled in, and nothing else.

Shown, sent and stored are three views of one value.  `cells` is what a form shows and a browser sends, rows of texts for every
shape; only where the two differ is anything written, so that opening and saving a form changes nothing.  Whether a value is
right is not asked here: the text is read again as a whole.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
from collections.abc import Iterator
from datetime import date
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from starlette.datastructures import FormData

from gateway.console.field_words import FIELDS, VALUES, Told
from gateway.console.mail import METHODS
from gateway.console.roles import NAMES
from gateway.directory.model import Attribute, Role
from gateway.model import Sign, Suspicion
from gateway.policy.sentences import Wording
from gateway.policy.words import DISPOSITIONS, SUSPICIONS
from gateway.words import Words
from sanitizers.model import Cipher, Kind, Method, Verdict

Cells = tuple[tuple[str, ...], ...]
DROP = object()  # the key is taken out of the file
SPARE = 2  # empty rows of a table
ROWS = 200  # of a table that are read


class Shape(StrEnum):
    LINE = "line"
    TEXT = "text"
    TICK = "tick"
    CHOICE = "choice"
    TICKS = "ticks"
    LINES = "lines"
    COUNTED = "counted"  # a number for each of a closed set
    RUNGS = "rungs"
    TABLE = "table"


@dataclasses.dataclass(frozen=True, slots=True)
class Field:
    place: tuple[str, ...]
    told: Told
    shape: Shape
    default: object = None  # as it would be written
    choices: tuple[tuple[str, Words], ...] = ()
    columns: tuple[Field, ...] = ()
    keyed: bool = False  # a table that is a mapping: its first column is the key
    bare: bool = False  # and its second the value, not a mapping of its own
    numeric: bool = False
    required: bool = False

    @property
    def key(self) -> str:
        return ".".join(self.place)

    def cells(self, value: object) -> Cells:
        """Of a value as the file has it; None = it is not written."""
        value = self.default if value is None else value
        if self.shape is Shape.TICK:
            return (("yes",),) if value else ()
        if self.shape is Shape.RUNGS:
            rungs = value if isinstance(value, list) else [] if value is None else [value]
            return tuple((" ".join(rung) if isinstance(rung, list) else str(rung),) for rung in rungs)
        if self.shape is Shape.COUNTED:
            given = value if isinstance(value, dict) else dict.fromkeys(_listed(value), 1)
            return tuple((name, str(given[name])) for name, _ in self.choices if name in given)
        if self.shape is Shape.TABLE:
            return tuple(self._rows(value))
        if self.shape is Shape.TICKS:
            return tuple((name,) for name, _ in self.choices if name in _listed(value))
        if self.shape is Shape.CHOICE and isinstance(value, bool):
            return ((self._short(value),),)
        return tuple((_text(each),) for each in _listed(value) if _text(each) != "")

    def sent(self, form: FormData) -> Cells:
        """What the browser sent, as `cells` would show it."""
        if self.shape is Shape.TABLE:
            return tuple(self._sent_rows(form))
        if self.shape is Shape.COUNTED:
            numbers = ((name, _sent(form, f"{self.key}.{name}")) for name, _ in self.choices)
            return tuple(each for each in numbers if each[1])
        if self.shape is Shape.TICKS:
            ticked = form.getlist(self.key)
            return tuple((name,) for name, _ in self.choices if name in ticked)
        text = _sent(form, self.key)
        if self.shape in (Shape.LINES, Shape.RUNGS):
            return tuple((" ".join(line.split()),) for line in text.splitlines() if line.strip())
        return ((" ".join(text.split()),),) if text else ()

    def plain(self, cells: Cells) -> object:
        """As it is written; DROP = not at all."""
        if cells == self.cells(None) and not self.required:
            return DROP
        first = [row[0] for row in cells]
        match self.shape:
            case Shape.TICK:
                return bool(cells)
            case Shape.TICKS | Shape.LINES:
                return first
            case Shape.RUNGS:
                return [words if len(words := line.split()) > 1 else line for line in first]
            case Shape.COUNTED:
                return {name: _number(text) for name, text in cells}
            case Shape.TABLE:
                return self._table(cells)
            case _:
                return (_number(first[0]) if self.numeric else first[0]) if first else DROP

    def _short(self, value: bool) -> str:
        """`notice: true` and `mode: off`, which YAML reads as false, are short for one of the closed set."""
        wanted = ("changed",) if value else ("never", "off")
        return next(name for name, _ in self.choices if name in wanted)

    def _rows(self, value: object) -> Iterator[tuple[str, ...]]:
        entries: list[Any] = list(value.items()) if isinstance(value, dict) else [(None, each) for each in _listed(value)]
        for key, entry in entries:
            cells = [str(key)] if self.keyed else []
            if self.bare:
                yield (*cells, str(entry))
            else:
                given = entry if isinstance(entry, dict) else {}
                yield (*cells, *(_cell(c, given.get(c.place[-1])) for c in self.columns[len(cells) :]))

    def _sent_rows(self, form: FormData) -> Iterator[tuple[str, ...]]:
        for row in range(ROWS):
            names = [f"{self.key}.{row}.{column}" for column in range(len(self.columns))]
            if names[0] not in form:
                return
            cells = tuple(_sent(form, name) for name in names)
            if any(text for text, column in zip(cells, self.columns, strict=True) if column.shape is not Shape.CHOICE):
                yield cells

    def _table(self, cells: Cells) -> object:
        if self.bare:
            return {key: _number(value) for key, value in cells}
        skip = int(self.keyed)
        entries = [
            {c.place[-1]: v for c, text in zip(self.columns[skip:], row[skip:], strict=True) if (v := _value(c, text)) != ""}
            for row in cells
        ]
        return {row[0]: entry for row, entry in zip(cells, entries, strict=True)} if self.keyed else entries


def fields_of(model: type, names: Wording, place: tuple[str, ...] = ()) -> Iterator[Field]:
    """Of a model of the file, and of the models in it."""
    for name, annotation, default, required in _members(model):
        told = FIELDS.get(f"{model.__name__}.{name}")
        yield from _made((*place, name), annotation, default, required, told, names, f"{model.__name__}.{name}")


def _members(model: type) -> Iterator[tuple[str, Any, object, bool]]:
    if issubclass(model, BaseModel):
        for name, info in model.model_fields.items():
            default = None if info.default is PydanticUndefined else info.default
            yield name, info.annotation, default, info.is_required()
    else:
        hints = get_type_hints(model)
        for each in dataclasses.fields(model):  # type: ignore[arg-type]
            yield each.name, hints[each.name], each.default, False


def _made(
    place: tuple[str, ...], annotation: Any, default: object, required: bool, told: Told | None, names: Wording, path: str
) -> Iterator[Field]:
    kind = _bare(annotation)
    if inspect.isclass(kind) and (issubclass(kind, BaseModel) or dataclasses.is_dataclass(kind)):
        yield from fields_of(kind, names, place)
        return
    if told is None:
        return  # what has no words has a page of its own (switches, limits), or none
    origin, inner = get_origin(kind), [_bare(each) for each in get_args(kind)]
    field = Field(place, told, Shape.LINE, _plain(default), required=required, numeric=kind in (int, float))
    if kind is bool:
        yield dataclasses.replace(field, shape=Shape.TICK)
    elif origin is Literal or (inspect.isclass(kind) and issubclass(kind, Enum)):
        choices = tuple(_choices(kind, place[-1], names))
        empty = (("", VALUES[f"{place[-1]}."]),) if default is None and not required else ()
        yield dataclasses.replace(field, shape=Shape.CHOICE, choices=empty + choices)
    elif origin is tuple:
        yield _several(field, inner[0], names)
    elif origin is dict:
        yield _mapping(field, inner, names, path)
    else:
        yield dataclasses.replace(field, shape=Shape.TEXT if place[-1] == "reason" else Shape.LINE)


def _several(field: Field, inner: Any, names: Wording) -> Field:
    if inspect.isclass(inner) and issubclass(inner, BaseModel):
        return dataclasses.replace(field, shape=Shape.TABLE, columns=tuple(fields_of(inner, names)))
    if inspect.isclass(inner) and issubclass(inner, Enum):
        return dataclasses.replace(field, shape=Shape.TICKS, choices=tuple(_choices(inner, field.place[-1], names)))
    return dataclasses.replace(field, shape=Shape.RUNGS if get_origin(inner) is tuple else Shape.LINES)


def _mapping(field: Field, inner: list[Any], names: Wording, path: str) -> Field:
    key, value = inner
    if key is Sign:
        return dataclasses.replace(field, shape=Shape.COUNTED, choices=tuple(_choices(key, field.place[-1], names)))
    first = Field(("key",), FIELDS[f"{path}."], Shape.LINE)
    if inspect.isclass(key) and issubclass(key, Enum):
        empty = ("", Words("", ""))
        first = dataclasses.replace(first, choices=(empty, *_choices(key, "", names)))
    if not issubclass(value, BaseModel):
        columns = (first, Field(("value",), FIELDS[f"{path}.value"], Shape.LINE, numeric=True))
        return dataclasses.replace(field, shape=Shape.TABLE, columns=columns, keyed=True, bare=True)
    rest = tuple(_column(each) for each in fields_of(value, names))
    return dataclasses.replace(field, shape=Shape.TABLE, columns=(first, *rest), keyed=True)


def _column(field: Field) -> Field:
    """A tick in a row would be lost when it is off: there it is a choice."""
    if field.shape is not Shape.TICK:
        return field
    choices = tuple((value, VALUES[f"bool.{value}"]) for value in ("true", "false"))
    return dataclasses.replace(field, shape=Shape.CHOICE, choices=choices)


def _choices(kind: Any, key: str, names: Wording) -> Iterator[tuple[str, Words]]:
    """The closed set with what each is called."""
    if get_origin(kind) is Literal:
        for value in get_args(kind):
            words = Words(*DISPOSITIONS[value]) if key == "action" else VALUES[f"{key}.{value}"]
            yield value, words
        return
    for member in kind:
        if kind is Verdict:
            yield member.name.lower(), Words(names["ja"].verdicts[member], names["en"].verdicts[member])
        else:
            yield member.value, _called(member, key, names)


def _called(member: Any, key: str, names: Wording) -> Words:
    match member:
        case Kind():
            return Words(names["ja"].kinds[member], names["en"].kinds[member])
        case Sign():
            return Words(names["ja"].signs[member], names["en"].signs[member])
        case Suspicion():
            return Words(*SUSPICIONS[member])
        case Role():
            return NAMES[member]
        case Method():
            return METHODS[member]
        case Attribute():
            return VALUES[f"attribute.{member}"]
        case Cipher():
            return Words(member.value.replace("_", " ").upper(), member.value.replace("_", " ").upper())
        case _:
            return VALUES[f"{key}.{member}"]


def _bare(annotation: Any) -> Any:
    """Without Annotated and None."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            rest = [each for each in get_args(annotation) if each is not type(None)]
            if len(rest) != 1:
                return str  # an address or a network: a text in the file
            annotation = rest[0]
        else:
            return annotation


def _plain(value: object) -> object:
    if isinstance(value, Verdict):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(each) for key, each in value.items()}
    return value


def _listed(value: object) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list | tuple | dict) else [value]


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else " ".join(str(value).split())


def _cell(column: Field, value: object) -> str:
    value = column.default if value is None else value
    if column.shape is Shape.LINES:
        return " ".join(map(str, _listed(value)))
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _value(column: Field, text: str) -> object:
    if column.shape is Shape.LINES:
        return text.split() or ""
    if column.shape is Shape.CHOICE and text in ("true", "false"):
        return text == "true"
    if column.place[-1] == "until" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return _number(text) if column.numeric else text


def _number(text: str) -> object:
    """A size such as 20MB, and what is no number, stay texts: whoever reads the file says what is wrong."""
    if re.fullmatch(r"-?[0-9]{1,15}", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?[0-9]{0,9}\.[0-9]{1,9}", text) else text


def _sent(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
