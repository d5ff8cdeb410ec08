"""Single changes in the text of the rules: what is not changed stays as it was, with its comments, order and layout.

A round trip through a YAML library would lay the whole file out anew, and two people would have to read all of it again; here
only the characters of the changed value are replaced.  Lost are comments inside a list or mapping that is itself replaced, and
inside what is taken out.  A comment that stands directly above an entry of a list moves and goes with it.  Each change is
proven: the text, read again, says exactly what was asked for.  Raises Unwritable where a file is written in a way that does not
allow that; such a place is edited by hand.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast
Place = tuple[str | int, ...]  # ("rules", 3, "match", "sender")


class Unwritable(Exception):
    """The place must be edited in the text itself."""


def values(text: str) -> Any:
    """What it says."""
    return yaml.load(text, _LOADER)  # noqa: S506  a safe one


def change(text: str, place: Place, new: object) -> str:
    """`put`, or of a mapping only those keys that differ."""
    old = _at(values(text), place, None)
    if not (isinstance(old, dict) and old and isinstance(new, dict) and new):
        return put(text, place, new)
    for key in [key for key in old if key not in new]:
        text = drop(text, (*place, key))
    for key in [key for key in new if key not in old or new[key] != old[key]]:
        text = change(text, (*place, key), new[key])
    return text


def put(text: str, place: Place, value: object) -> str:
    """Sets a key, whether it is there already or not, with whatever stands above it."""
    return _proven(text, _put(text, place, value), lambda root: _set(root, place, value))


def drop(text: str, place: Place) -> str:
    """Takes a key away."""
    *above, last = place
    mapping = _found(text, tuple(above))
    if not isinstance(mapping, yaml.MappingNode) or last not in (keys := _keys(mapping)):
        return text
    if len(keys) == 1:
        return put(text, tuple(above), {})
    start, end = _entry(text, mapping, keys.index(str(last)))
    return _proven(text, text[:start] + text[end:], lambda root: _at(root, above).pop(last))


def insert(text: str, place: Place, at: int, entry: dict[str, object]) -> str:
    """A new entry of a list of mappings, before the entry `at`; each key in a line of its own."""
    text = _ended(text)
    if not (items := _items(text, place)):
        return _listed(text, place, lambda entries: entries.insert(at, entry))
    column = items[0].column
    lines = [f"{key}: {flow(value)}\n" for key, value in entry.items()]
    block = " " * column + "- " + (" " * (column + 2)).join(lines)
    if at < len(items):
        spaced = at > 0 and "\n\n" in text[items[at - 1].end - 1 : items[at].start]
        new = text[: items[at].start] + block + "\n" * spaced + text[items[at].start :]
    else:
        spaced = len(items) > 1 and "\n\n" in text[items[-2].end - 1 : items[-1].start]
        new = text[: items[-1].end] + "\n" * spaced + block + text[items[-1].end :]
    return _proven(text, new, lambda root: _at(root, place).insert(at, entry))


def take_out(text: str, place: Place, at: int) -> str:
    if len(items := _items(text, place)) < 2:
        return _listed(text, place, lambda entries: entries.pop(at))
    end = items[at].end
    while text[end : end + 1] == "\n" and text[: items[at].start].endswith("\n\n"):
        end += 1
    return _proven(text, text[: items[at].start] + text[end:], lambda root: _at(root, place).pop(at))


def swap(text: str, place: Place, at: int) -> str:
    """The entry `at` and the one below it change places."""

    def swapped(entries: Any) -> None:
        entries[at : at + 2] = entries[at + 1], entries[at]

    text = _ended(text)
    if not (items := _items(text, place)):
        return _listed(text, place, swapped)
    if not 0 <= at < len(items) - 1:
        return text
    one, two = items[at], items[at + 1]
    new = (
        text[: one.start] + text[two.start : two.end] + text[one.end : two.start] + text[one.start : one.end] + text[two.end :]
    )
    return _proven(text, new, lambda root: swapped(_at(root, place)))


def flow(value: object) -> str:
    """In one line, fit for any place."""
    return yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=1 << 30, sort_keys=False).strip()[1:-1]


# -- places in the text ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Item:
    """Whole lines: the comment directly above, the entry, what stands behind it."""

    start: int
    end: int
    column: int  # of its dash


def _items(text: str, place: Place) -> list[_Item]:
    """[] for a list in one line: it is written anew as a whole."""
    node = _found(text, place)
    if not isinstance(node, yaml.SequenceNode):
        raise Unwritable(f"{_name(place)} is no list")
    if node.flow_style:
        return []
    column = node.start_mark.column
    items = []
    for each in node.value:
        dash = text.rfind("\n", 0, each.start_mark.index) + 1 + column
        if text[dash : dash + 1] != "-":
            raise Unwritable(f"{_name(place)} has an entry that does not begin beside its dash")
        start = text.rfind("\n", 0, dash) + 1
        while start and text[(above := text.rfind("\n", 0, start - 1) + 1) : start].lstrip(" ").startswith("#"):
            start = above
        items.append(_Item(start, _line_end(text, _end(text, each)), column))
    return items


def _listed(text: str, place: Place, change: Callable[[Any], object]) -> str:
    entries = list(_at(values(text), place))
    change(entries)
    return put(text, place, entries)


def _entry(text: str, mapping: yaml.MappingNode, number: int) -> tuple[int, int]:
    """Where a key with its value stands, so that the rest is whole without it."""
    pairs = mapping.value
    key, value = pairs[number]
    start, end = key.start_mark.index, _end(text, value)
    if mapping.flow_style:
        if number + 1 < len(pairs):
            return start, pairs[number + 1][0].start_mark.index
        return _end(text, pairs[number - 1][1]), end
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        raise Unwritable(f"{key.value} stands in a line with something else")
    return line, _line_end(text, end)


def _put(text: str, place: Place, value: object) -> str:
    parent = _found(text, place[:-1])
    if parent is None or (isinstance(parent, yaml.ScalarNode) and not parent.value):
        return _put(text, place[:-1], {place[-1]: value})
    if isinstance(parent, yaml.MappingNode):
        keys = _keys(parent)
        if place[-1] in keys:
            key, old = parent.value[keys.index(str(place[-1]))]
            colon = text.index(":", key.end_mark.index) + 1
            return text[:colon] + _aligned(f" {flow(value)}", text[colon : (end := _end(text, old))], text[end:])
        return _added(text, parent, f"{place[-1]}: {flow(value)}")
    if isinstance(parent, yaml.SequenceNode) and isinstance(place[-1], int) and place[-1] < len(parent.value):
        old = parent.value[place[-1]]
        return f"{text[: old.start_mark.index]}{flow(value)}{text[_end(text, old) :]}"
    raise Unwritable(f"{_name(place)} has no place")


def _added(text: str, mapping: yaml.MappingNode, entry: str) -> str:
    """At the end of a mapping."""
    if not mapping.value:
        inside = mapping.start_mark.index + 1
        return text[:inside] + entry + text[inside:]
    end = _end(text, mapping.value[-1][1])
    if mapping.flow_style:
        return f"{text[:end]}, {entry}{text[end:]}"
    end = _line_end(text, end)
    line = "" if text[:end].endswith("\n") else "\n"
    return f"{text[:end]}{line}{' ' * mapping.value[0][0].start_mark.column}{entry}\n{text[end:]}"


def _aligned(new: str, old: str, rest: str) -> str:
    """A comment behind a value stays in its column, where there is room."""
    comment = rest.lstrip(" ")
    if not comment.startswith("#") or "\n" in old:
        return new + rest
    return new + " " * max(2, len(rest) - len(comment) + len(old) - len(new)) + comment


def _found(text: str, place: Place) -> yaml.Node | None:
    """None when it is not written."""
    node = yaml.compose(text, Loader=_LOADER)
    for step in place:
        if isinstance(node, yaml.MappingNode) and step in (keys := _keys(node)):
            node = node.value[keys.index(str(step))][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and 0 <= step < len(node.value):
            node = node.value[step]
        else:
            return None
    return node


def _keys(mapping: yaml.MappingNode) -> list[str]:
    return [str(key.value) for key, _ in mapping.value]


def _end(text: str, node: yaml.Node) -> int:
    """Behind its last character: marks of blocks lie at the beginning of what follows."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, last[1] if isinstance(last, tuple) else last)
    start, end = node.start_mark.index, node.end_mark.index
    return start + len(text[start:end].rstrip())


def _line_end(text: str, at: int) -> int:
    """Behind the line's end, with a comment that may stand there."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _name(place: Place) -> str:
    return ".".join(map(str, place))


# -- the proof ------------------------------------------------------------------------------------------------------------


def _proven(before: str, after: str, change: Callable[[Any], object]) -> str:
    expected = copy.deepcopy(values(before))
    change(expected)
    try:
        if values(after) == expected:
            return after
    except yaml.YAMLError:
        pass
    raise Unwritable("this place of the text can not be changed by itself")


def at(text: str, place: Place) -> Any:
    """The value that is written there; None = none is."""
    return _at(values(text), place, None)


_RAISE = object()


def _at(root: Any, place: Sequence[str | int], otherwise: object = _RAISE) -> Any:
    for step in place:
        try:
            root = root[step]
        except (LookupError, TypeError):
            if otherwise is _RAISE:
                raise
            return otherwise
    return root


def _set(root: Any, place: Place, value: object) -> None:
    for step in place[:-1]:
        if isinstance(root, dict) and not root.get(str(step)):
            root[step] = {}
        root = root[step]
    root[place[-1]] = value
