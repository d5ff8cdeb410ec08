"""A directory from a file: YAML with everything, or the personnel office's CSV as Excel saves it (UTF-8 or CP932).

Raises BadConfiguration with every problem and its line.  A CSV names people only: sections and deputies that it does not
speak of stay as they are.  What the new directory changes is `difference.py`'s, keeping it `book.py`'s.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from gateway import yaml_file
from gateway.directory.model import ROLE_NAMES, Attribute, Deputy, Directory, Person, Role, Section
from gateway.yaml_file import BadConfiguration, Document, Problem

T = TypeVar("T")
ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")
DATE = re.compile(r"(?:(\d{4})|(?:令和|R)\s*(\d{1,2}|元)年?)[-/.年]?(\d{1,2})[-/.月](\d{1,2})日?", re.IGNORECASE)
REIWA = 2018  # the year before 令和元年

# the headings of the CSV, as Mugai exports them and as personnel offices write them
HEADINGS = {
    "address": ("address", "メールアドレス", "アドレス", "mail", "e-mail"),
    "name": ("name", "氏名", "名前"),
    "section": ("section", "所属", "課", "課名"),
    "bureau": ("bureau", "部", "部局"),
    "roles": ("roles", "役割"),
    "attribute": ("attribute", "区分"),
    "since": ("since", "開始日", "発令日"),
    "until": ("until", "終了日", "任期満了日"),
    "aliases": ("aliases", "別アドレス"),
    "members": ("members", "利用者"),
    "deputies": ("deputies", "代理者"),
}
ATTRIBUTES = {
    **{name: Attribute.STAFF for name in ("", "staff", "職員", "正規", "正職員")},
    **{name: Attribute.PART_TIME for name in ("part_time", "会計年度任用", "会計年度任用職員", "非常勤", "臨時")},
    **{name: Attribute.CONTRACTOR for name in ("contractor", "委託", "委託事業者")},
    **{name: Attribute.SHARED for name in ("shared", "共用", "共有")},
}


def load(path: Path, known: Directory) -> Directory:
    """`known` gives what a CSV does not say."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadConfiguration([Problem(str(path), 0, "", f"cannot be read: {error.strerror}")]) from None
    if path.suffix.lower() == ".csv":
        return read_csv(str(path), content, known)
    if len(content) > 16 * yaml_file.MAX_BYTES:  # twenty thousand people are half of this
        raise BadConfiguration([Problem(str(path), 0, "", "is too large", "is it the right file?")])
    return read_yaml(yaml_file.parse(str(path), content))


# -- YAML --------------------------------------------------------------------------------------------------------------


def _address(text: str) -> str:
    address = unicodedata.normalize("NFKC", text).strip().lower()
    if not ADDRESS.fullmatch(address):
        raise ValueError("is not a mail address")
    return address


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if not text:
        return None
    match = DATE.fullmatch(text)
    if not match:
        raise ValueError("is not a date such as 2026-04-01, 2026/4/1 or 令和8年4月1日")
    year = int(match[1]) if match[1] else REIWA + (1 if match[2] == "元" else int(match[2]))
    return date(year, int(match[3]), int(match[4]))


Address = Annotated[str, AfterValidator(_address)]
Day = Annotated[date | None, BeforeValidator(_day)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Person(_Model):
    address: Address
    name: str = Field(min_length=1)
    section: str = ""
    roles: tuple[Role, ...] = (Role.USR,)
    attribute: Attribute = Attribute.STAFF
    since: Day = None
    until: Day = None
    aliases: tuple[Address, ...] = ()
    members: tuple[Address, ...] = ()
    suspended: str = ""


class _Section(_Model):
    code: str = Field(min_length=1)
    name: str = Field(min_length=1)
    parent: str = ""


class _Deputy(_Model):
    of: Address
    by: Address
    since: Day = None
    until: Day = None


class _Directory(_Model):
    roles: dict[Role, str] = {}
    sections: tuple[_Section, ...] = ()
    people: tuple[_Person, ...] = Field(min_length=1)
    deputies: tuple[_Deputy, ...] = ()


def read_yaml(document: Document) -> Directory:
    try:
        raw = _Directory.model_validate(document.values)
    except ValidationError as error:
        raise BadConfiguration(yaml_file.problems_of(error, document)) from None
    directory = Directory(
        people=tuple(Person(**dict(each)) for each in raw.people),
        sections=tuple(Section(**dict(each)) for each in raw.sections),
        deputies=tuple(Deputy(**dict(each)) for each in raw.deputies),
        role_names={**ROLE_NAMES, **raw.roles},
    )
    return _sound(directory, lambda where, message: document.problem(where, message))


# -- CSV ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One person as a table or another directory tells it: cells by the keys of HEADINGS."""

    file: str
    line: int
    cells: dict[str, str]


def read_csv(file: str, content: bytes, known: Directory) -> Directory:
    return read_rows(file, _rows(file, _decoded(file, content)), known)


def read_rows(source: str, rows: Iterable[Row], known: Directory) -> Directory:
    """Raises BadConfiguration."""
    problems: list[Problem] = []
    people: list[Person] = []
    origins: list[Row] = []
    sections = {s.code: s for s in known.sections}
    deputies: list[Deputy] = []
    said_deputies = False
    for row in rows:
        read = _Reader(row, problems)
        person = read.person(_section_of(row, sections), known)
        if person is None:
            continue
        people.append(person)
        origins.append(row)
        said_deputies |= "deputies" in row.cells
        deputies += [Deputy(person.address, by) for by in read.addresses("deputies")]
    if not people and not problems:
        problems.append(Problem(source, 0, "", "names nobody"))
    if problems:
        raise BadConfiguration(problems)
    here = {p.address for p in people}
    kept = tuple(d for d in known.deputies if d.of in here and d.by in here)
    new = replace(
        known,
        people=tuple(people),
        sections=tuple(sections.values()),
        deputies=_with_terms(deputies, known) if said_deputies else kept,
    )

    def line_of(where: str, message: str) -> Problem:
        kind, _, number = where.partition(".")
        origin = origins[int(number)] if kind == "people" else Row(source, 0, {})
        return Problem(origin.file, origin.line, "", message)

    return _sound(new, line_of)


def _with_terms(deputies: list[Deputy], known: Directory) -> tuple[Deputy, ...]:
    """A deputy that stays keeps its term: the CSV has no room for it."""
    before = {(d.of, d.by): d for d in known.deputies}
    return tuple(before.get((d.of, d.by), d) for d in deputies)


def _decoded(file: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp932")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        advice = "save it in Excel as CSV UTF-8 (コンマ区切り)"
        raise BadConfiguration([Problem(file, line, "", "is neither UTF-8 nor CP932 (Shift JIS)", advice)]) from None


def _rows(file: str, text: str) -> Iterator[Row]:
    if "\0" in text:
        raise BadConfiguration([Problem(file, 0, "", "contains NUL: it is no CSV", "in Excel: save as CSV")])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        heading = [_plain(cell).lower() for cell in next(reader, [])]
        columns = {key: next((n for n, cell in enumerate(heading) if cell in names), -1) for key, names in HEADINGS.items()}
        missing = [HEADINGS[key][1] for key in ("address", "name", "section") if columns[key] < 0]
        if missing:
            advice = "the first line names the columns: " + ", ".join(names[1] for names in HEADINGS.values())
            raise BadConfiguration([Problem(file, 1, "", f"has no column {', '.join(missing)}", advice)])
        line = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found = {key: cells[n].strip() for key, n in columns.items() if 0 <= n < len(cells)}
                yield Row(file, line, found)
            line = reader.line_num + 1
    except csv.Error as error:
        raise BadConfiguration([Problem(file, reader.line_num, "", f"is not valid CSV: {error}")]) from None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _section_of(row: Row, sections: dict[str, Section]) -> str:
    """The code of the section that the row names, by code or name; an unknown one is added, the preview shows it."""
    code = ""
    for key in ("bureau", "section"):
        named = row.cells.get(key, "")
        if not named:
            continue
        fitting = [s for s in sections.values() if named in (s.code, s.name)]
        known = next((s for s in fitting if not code or s.parent == code), None)
        if known is None:
            parent = sections.get(code)
            fresh = named if named not in sections else f"{parent.name if parent else ''}{named}"
            known = sections[fresh] = Section(fresh, named, code)
        code = known.code
    return code


@dataclass(frozen=True, slots=True)
class _Reader:
    """The cells of one row; what it cannot read becomes a problem."""

    row: Row
    problems: list[Problem]

    def person(self, section: str, known: Directory) -> Person | None:
        before = len(self.problems)
        address = self._read("address", _address, "")
        old = known.person(address or "")
        name = self.row.cells.get("name", "")
        if not name:
            self._problem("name", "is empty")
        person = Person(
            address=address or "",
            name=name,
            section=section,
            roles=self._roles(known) if "roles" in self.row.cells else (old.roles if old else (Role.USR,)),
            attribute=self._read("attribute", _attribute, Attribute.STAFF) or Attribute.STAFF,
            since=self._read("since", _day, None),
            until=self._read("until", _day, None),
            aliases=self.addresses("aliases") if "aliases" in self.row.cells else (old.aliases if old else ()),
            members=self.addresses("members") if "members" in self.row.cells else (old.members if old else ()),
            suspended=old.suspended if old else "",
        )
        return person if len(self.problems) == before else None

    def addresses(self, key: str) -> tuple[str, ...]:
        words = re.split(r"[\s;,、;]+", self.row.cells.get(key, ""))
        return tuple(a for word in words if word and (a := self._tried(key, _address, word)))

    def _roles(self, known: Directory) -> tuple[Role, ...]:
        names = {_plain(name): role for role, name in known.role_names.items()} | {role.value: role for role in Role}
        words = [word for word in re.split(r"[\s;,、;/・]+", _plain(self.row.cells["roles"])) if word]
        for word in words:
            if word not in names and word.lower() not in names:
                self._problem("roles", f"{word} is not a role; roles: {', '.join(known.role_names.values())}")
        return tuple(dict.fromkeys(names.get(w) or names.get(w.lower()) or Role.USR for w in words)) or (Role.USR,)

    def _read(self, key: str, read: Callable[[str], T], default: T) -> T | None:
        return self._tried(key, read, self.row.cells[key]) if key in self.row.cells else default

    def _tried(self, key: str, read: Callable[[str], T], text: str) -> T | None:
        try:
            return read(text)
        except ValueError as error:
            self._problem(key, f"{text!r:.60} {error}")
        return None

    def _problem(self, key: str, message: str) -> None:
        self.problems.append(Problem(self.row.file, self.row.line, HEADINGS[key][1], message))


def _attribute(text: str) -> Attribute:
    if (word := _plain(text).lower()) not in ATTRIBUTES:
        raise ValueError(f"is not one of {', '.join(filter(None, ATTRIBUTES))}")
    return ATTRIBUTES[word]


# -- what no single entry shows ----------------------------------------------------------------------------------------


def _sound(directory: Directory, problem: Callable[[str, str], Problem]) -> Directory:
    problems = [problem(where, message) for where, message in contradictions(directory)]
    if problems:
        raise BadConfiguration(problems)
    return directory


def contradictions(directory: Directory) -> Iterator[tuple[str, str]]:
    """Where, and what is wrong.  Whoever keeps a directory refuses it while there is one."""
    owners: dict[str, int] = {}
    codes = [section.code for section in directory.sections]
    for number, person in enumerate(directory.people):
        for address in (person.address, *person.aliases):
            if owners.setdefault(address, number) != number:
                yield f"people.{number}", f"{address} is somebody else's already"
        if person.section and person.section not in codes:
            yield f"people.{number}", f"{person.section} is not a section"
        if person.since and person.until and person.until < person.since:
            yield f"people.{number}", "ends before it begins"
        if person.members and person.attribute is not Attribute.SHARED:
            yield f"people.{number}", "only a shared address has members"
    for number, section in enumerate(directory.sections):
        if codes.index(section.code) != number:
            yield f"sections.{number}", f"{section.code} is written twice"
        if section.parent and section.parent not in codes:
            yield f"sections.{number}", f"{section.parent} is not a section"
        elif section.parent and [*directory.above(section.code)][-1].parent:
            yield f"sections.{number}", "is above itself"
    for number, deputy in enumerate(directory.deputies):
        for address in (deputy.of, deputy.by):
            if directory.person(address) is None:
                yield f"deputies.{number}", f"{address} is nobody in this directory"
        if directory.person(deputy.of) == directory.person(deputy.by):
            yield f"deputies.{number}", "nobody is its own deputy"
