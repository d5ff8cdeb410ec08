"""Reads a YAML file so that every later complaint can name its line, in whichever file that line stands.

A file may lie over another one: `base: ../policy.yaml` (relative to itself).  What it says replaces what the base says, key
by key; lists are replaced whole, but a list of named entries (rules) by name: `null` takes a key away, a new entry says
`before:` which one it stands.  Safe loader only; a duplicate key, a tab, an alias bomb or a document that is not a mapping is a
`Problem`, never a guess.  What the keys mean is not here: `settings.py` and `policy/file.py` know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

JAPANESE = {  # what pydantic says, by its kinds of errors; another one is told without its details
    "enum": "次のどれかです: {expected}",
    "literal_error": "次のどれかです: {expected}",
    "string_type": "文字で書いてください。数字や yes・no は引用符で囲みます。",
    "string_too_short": "空にはできません。",
    "string_pattern_mismatch": "使えない文字があります。({pattern})",
    "bool_type": "true か false です。",
    "bool_parsing": "true か false です。",
    "int_type": "整数で書いてください。",
    "int_parsing": "整数で書いてください。大きさは 20MB のように書けます。",
    "int_from_float": "整数で書いてください。",
    "float_type": "数で書いてください。",
    "float_parsing": "数で書いてください。",
    "greater_than": "{gt} より大きい数です。",
    "greater_than_equal": "{ge} 以上です。",
    "less_than": "{lt} より小さい数です。",
    "less_than_equal": "{le} 以下です。",
    "too_short": "一つ以上必要です。",
    "dict_type": "「項目: 値」の形で書いてください。",
    "model_type": "「項目: 値」の形で書いてください。",
    "tuple_type": "一覧 [a, b] の形で書いてください。",
    "list_type": "一覧 [a, b] の形で書いてください。",
    "date_type": "日付です。例 2027-03-31",
    "date_from_datetime_parsing": "日付です。例 2027-03-31",
    "date_parsing": "日付です。例 2027-03-31",
}

MAX_BYTES = 1 << 20  # a policy of ten thousand rules is half of this
DEEPEST = 4  # files over one another: a site, its profile, the shipped file, and one to spare; more is a loop


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file, said so that the reader can mend it."""

    file: str
    line: int  # 1-based; 0 when the whole file is meant
    key: str  # dotted path, "rules.3.action"
    message: str
    advice: str = ""
    ja: str = ""  # message and advice in Japanese, where an administrator may read them on a page

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.key + ': ' if self.key else ''}{self.message}" + (f" ({self.advice})" if self.advice else "")


class Unfit(ValueError):
    """What a validator says of a value, in both languages."""

    def __init__(self, en: str, ja: str):
        super().__init__(en)
        self.ja = ja


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
    files: dict[str, str] = field(default_factory=dict)  # the file of each key, where it is another one
    below: tuple[str, ...] = ()  # the files that it lies over

    def line(self, key: str) -> int:
        """The line of `key`, or of its nearest ancestor that is written in the file."""
        return self.lines.get(self._written(key), 0)

    def file_of(self, key: str) -> str:
        """The file in which `key`, or its nearest ancestor, is written."""
        return self.files.get(self._written(key), self.file)

    def problem(self, key: str, message: str, advice: str = "", *, ja: str = "") -> Problem:
        return Problem(self.file_of(key), self.line(key), key, message, advice, ja)

    def _written(self, key: str) -> str:
        while key and key not in self.lines:
            key = key.rpartition(".")[0]
        return key


def read(path: Path, depth: int = 1) -> Document:
    """With what lies below it.  Raises BadConfiguration."""
    document = _read_one(path)
    base = document.values.pop("base", None)
    if base is None:
        return document
    if not isinstance(base, str) or depth >= DEEPEST:
        raise BadConfiguration([document.problem("base", "must name another file, and not lead back to this one")])
    return _Overlay(read(path.parent / base, depth + 1), document).result()


def _read_one(path: Path) -> Document:
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
            ja = "YAML の別名 (*name) は使えません。値をそのまま書いてください。"
            raise BadConfiguration([Problem(file, 0, "", "uses a YAML alias (*name)", "write the value out", ja)])
        loader = yaml.SafeLoader(text)
        root = loader.get_single_node()
    except RecursionError:
        ja = "入れ子が深すぎます。"
        raise BadConfiguration([Problem(file, 0, "", "is nested too deeply", "is it the right file?", ja)]) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise _unreadable(file, error) from None
    if root is None:
        return Document(file, {}, {})
    if not isinstance(root, yaml.MappingNode):
        raise BadConfiguration(
            [Problem(file, 1, "", "must be a mapping of keys to values", ja="「項目: 値」の形で書いてください。")]
        )
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    _note_lines(file, root, "", lines, problems)
    if problems:
        raise BadConfiguration(problems)
    try:
        values = loader.construct_document(root)
    except (yaml.YAMLError, ValueError) as error:  # a tag (!!python, !include), a date that is none
        raise _unreadable(file, error) from None
    return Document(file, values, lines)


def _unreadable(file: str, error: Exception) -> BadConfiguration:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    advice = "indent with spaces and quote texts that contain ': '"
    ja = f"YAML として読めません。字下げは空白で、「: 」を含む文は引用符で囲んでください。({what})"
    return BadConfiguration([Problem(file, mark.line + 1 if mark else 0, "", f"is not valid YAML: {what}", advice, ja)])


class _Overlay:
    """One document over another."""

    def __init__(self, base: Document, over: Document):
        self._base, self._over = base, over
        self._lines: dict[str, int] = {}
        self._files: dict[str, str] = {}
        self._problems: list[Problem] = []

    def result(self) -> Document:
        """Raises BadConfiguration."""
        values = self._mapping("", self._base.values, "", self._over.values, "")
        if self._problems:
            raise BadConfiguration(self._problems)
        below = (self._base.file, *self._base.below)
        return Document(self._over.file, values, self._lines, self._files, below)

    def _mapping(
        self, key: str, base: dict[str, object], base_key: str, over: dict[str, object], over_key: str
    ) -> dict[str, object]:
        merged: dict[str, object] = {}
        for name in (*base, *(name for name in over if name not in base)):
            keys = [_under(each, name) for each in (key, base_key, over_key)]
            if name not in over:
                merged[name] = self._taken(keys[0], self._base, keys[1], base[name])
            elif over[name] is not None:
                merged[name] = self._value(keys[0], base.get(name), keys[1], over[name], keys[2])
        return merged

    def _value(self, key: str, base: object, base_key: str, over: object, over_key: str) -> object:
        if isinstance(base, dict) and isinstance(over, dict):
            self._note(key, self._over, over_key)
            return self._mapping(key, base, base_key, over, over_key)
        if _named(base) and _named(over):
            assert isinstance(base, list)
            assert isinstance(over, list)
            self._note(key, self._over, over_key)
            return self._entries(key, base, base_key, over, over_key)
        return self._taken(key, self._over, over_key, over)

    def _entries(
        self, key: str, base: list[dict[str, object]], base_key: str, over: list[dict[str, object]], over_key: str
    ) -> list[object]:
        """The base's entries in their order, new ones where they say."""
        mine = {entry["name"]: (number, entry) for number, entry in enumerate(over)}
        known = {entry["name"] for entry in base}
        for number, entry in enumerate(over):
            if mine[entry["name"]][0] != number:
                self._problems.append(self._over.problem(f"{over_key}.{number}", f"{entry['name']} is written twice"))
            if entry["name"] not in known and entry.get("before") not in known:
                message = f"{entry['name']} is new: before: must name an entry of {self._base.file}"
                self._problems.append(self._over.problem(f"{over_key}.{number}", message))
        merged: list[object] = []
        for number, entry in enumerate(base):
            for at, new in ((n, e) for n, e in mine.values() if e.get("before") == entry["name"]):
                merged.append(self._taken(f"{key}.{len(merged)}", self._over, f"{over_key}.{at}", _without(new, "before")))
            place = f"{key}.{len(merged)}"
            if entry["name"] in mine:
                at, new = mine[entry["name"]]
                merged.append(self._entry(place, entry, f"{base_key}.{number}", new, f"{over_key}.{at}"))
            else:
                merged.append(self._taken(place, self._base, f"{base_key}.{number}", entry))
        return merged

    def _entry(
        self, key: str, base: dict[str, object], base_key: str, over: dict[str, object], over_key: str
    ) -> dict[str, object]:
        """Each key that is written replaces the base's as a whole: who reads it need not add anything up."""
        self._note(key, self._over, over_key)
        merged: dict[str, object] = {}
        for name in {**base, **over}:
            if name not in over:
                merged[name] = self._taken(_under(key, name), self._base, _under(base_key, name), base[name])
            elif over[name] is not None:
                merged[name] = self._taken(_under(key, name), self._over, _under(over_key, name), over[name])
        return merged

    def _taken(self, key: str, source: Document, source_key: str, value: object) -> object:
        """A value as it stands in one of the two, with its lines."""
        self._note(key, source, source_key)
        for written in [each for each in source.lines if each.startswith(f"{source_key}.")]:
            self._note(key + written[len(source_key) :], source, written)
        return value

    def _note(self, key: str, source: Document, source_key: str) -> None:
        self._lines[key], self._files[key] = source.line(source_key), source.file_of(source_key)


def _under(key: str, name: str) -> str:
    return f"{key}.{name}" if key else str(name)


def _named(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(entry, dict) and "name" in entry for entry in value)


def _without(entry: dict[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in entry.items() if key != name}


def _note_lines(file: str, node: yaml.Node, key: str, lines: dict[str, int], problems: list[Problem]) -> None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            dotted = f"{key}.{name.value}" if key else str(name.value)
            line = name.start_mark.line + 1
            if dotted in lines:
                problems.append(
                    Problem(
                        file,
                        line,
                        dotted,
                        f"is written twice (first in line {lines[dotted]})",
                        "keep one of them",
                        f"二度書かれています (最初は {lines[dotted]} 行)。一つにしてください。",
                    )
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
    return [_problem(document, key, e) for key, e in found if not (e["type"] == "too_short" and key in entries)]


def _problem(document: Document, key: str, error: ErrorDetails) -> Problem:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        ja = "この項目はありません。つづりを確かめてください。"
        return document.problem(key, "is not a known key", "see the annotated config/ files for the list", ja=ja)
    if kind == "missing":
        return document.problem(key, "is missing", ja="必要な項目がありません。")
    found = f"{error.get('input')!r:.80}"
    unfit = context.get("error")
    ja = unfit.ja if isinstance(unfit, Unfit) else JAPANESE.get(kind, "値が正しくありません。").format_map(context)
    message = error["msg"].removeprefix("Value error, ")
    return document.problem(key, f"{message} (found: {found})", ja=f"{ja} (書かれた値: {found})")
