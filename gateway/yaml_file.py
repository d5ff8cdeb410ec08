"""Reads a YAML file so that every later complaint can name its line.

Safe loader only; a duplicate key, a tab, an alias bomb or a document that is not a mapping is a `Problem`, never a
guess.  What the keys mean is not here: `settings.py` and `policy/file.py` know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import ValidationError

MAX_BYTES = 1 << 20  # a policy of ten thousand rules is half of this


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, said so that the reader can mend it."""

    file: str
    line: int  # 1-based; 0 when the whole file is meant
    key: str  # dotted path, "rules.3.action"
    message: str
    advice: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key + ': ' if self.key else ''}{self.message}" + (f" ({self.advice})" if self.advice else "")


class BadConfiguration(Exception):
    """Carries every problem found, not only the first."""

    def __init__(self, problems: Sequence[Problem]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Document:
    """The plain values of one file, and the line of each dotted key."""

    file: str
    values: dict[str, object]
    lines: dict[str, int]

    def line(self, key: str) -> int:
        """The line of `key`, or of its nearest ancestor that is written in the file."""
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return self.lines.get(key, 0)

    def problem(self, key: str, message: str, advice: str = "") -> Problem:
        return Problem(self.file, self.line(key), key, message, advice)


def read(path: Path) -> Document:
    """Raises BadConfiguration."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadConfiguration(
            [Problem(str(path), 0, "", f"cannot be read: {error.strerror}", "check the path and its rights")]
        ) from None
    if len(text) > MAX_BYTES:
        raise BadConfiguration([Problem(str(path), 0, "", f"is larger than {MAX_BYTES} bytes", "is it the right file?")])
    return parse(str(path), text)


def parse(file: str, text: bytes) -> Document:
    try:
        if b"&" in text and any(isinstance(t, yaml.AliasToken) for t in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise BadConfiguration([Problem(file, 0, "", "uses a YAML alias (*name)", "write the value out")])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        advice = "indent with spaces and quote texts that contain ': '"
        raise BadConfiguration(
            [Problem(file, mark.line + 1 if mark else 0, "", f"is not valid YAML: {what}", advice)]
        ) from None
    if root is None:
        return Document(file, {}, {})
    if not isinstance(root, yaml.MappingNode):
        raise BadConfiguration([Problem(file, 1, "", "must be a mapping of keys to values")])
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    _note_lines(file, root, "", lines, problems)
    if problems:
        raise BadConfiguration(problems)
    values = yaml.load(text, Loader=yaml.SafeLoader)
    return Document(file, values, lines)


def _note_lines(file: str, node: yaml.Node, key: str, lines: dict[str, int], problems: list[Problem]) -> None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            dotted = f"{key}.{name.value}" if key else str(name.value)
            line = name.start_mark.line + 1
            if dotted in lines:
                problems.append(
                    Problem(file, line, dotted, f"is written twice (first in line {lines[dotted]})", "keep one of them")
                )
            lines[dotted] = line
            _note_lines(file, value, dotted, lines, problems)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            dotted = f"{key}.{number}"
            lines[dotted] = value.start_mark.line + 1
            _note_lines(file, value, dotted, lines, problems)


def problems_of(error: ValidationError, document: Document) -> list[Problem]:
    """pydantic's errors as Problems with lines."""
    found = [(".".join(str(step) for step in e["loc"]), e) for e in error.errors()]
    # a list whose entries are all wrong is also "too short": say only what is wrong with the entries
    entries = {key.rpartition(".")[0] for key, _ in found} | {key.split(".")[0] for key, _ in found if "." in key}
    return [
        _problem(document, key, e["type"], e["msg"], e.get("input"))
        for key, e in found
        if not (e["type"] == "too_short" and key in entries)
    ]


def _problem(document: Document, key: str, kind: str, message: str, value: object) -> Problem:
    if kind == "extra_forbidden":
        return document.problem(key, "is not a known key", "see the annotated config/ files for the list")
    if kind == "missing":
        return document.problem(key, "is missing")
    return document.problem(key, f"{message.removeprefix('Value error, ')} (found: {value!r:.80})")
