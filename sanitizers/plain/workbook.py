"""The text of a rebuilt xlsx: each sheet under its name, rows as lines, cells with tabs between, dates as dates.

Other numbers are written as they are stored: 0.15 for 15 %.  ECMA-376 part 1: 18.3 (sheets), 18.8.30 (number formats).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sanitizers.model import Limits, Reason, Refused
from sanitizers.ooxml.xml import Element, text
from sanitizers.plain import flow, office
from sanitizers.plain.flow import local
from sanitizers.plain.package import Package, TextPart, reference

_SHEETS = frozenset({"worksheet", "chartsheet"})
_ON_SHEET = frozenset({"drawing", "comments", "threadedComment"})
_COLUMNS = 16_384  # 18.3.1.13
_LETTERS = re.compile(r"[A-Z]{1,3}")
_LITERAL = re.compile(r'"[^"]*"|[\\_*].|e[+-]|am/pm|a/p|general|\[(?![hms]+\])[^\]]*\]')  # what is no pattern of a date
_DAYS = 2_958_000  # years have four digits up to here
_DAY = 86_400  # seconds


class _Form(Enum):
    NUMBER = auto()
    DATE = auto()
    TIME = auto()  # of a day
    ELAPSED = auto()  # hours may be more than a day has
    MOMENT = auto()


_BUILT_IN = {  # 18.8.30, the Japanese ones included
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 59)), _Form.DATE),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 47), _Form.TIME),
    22: _Form.MOMENT,
    46: _Form.ELAPSED,
}


@dataclass(frozen=True, slots=True)
class _Book:
    """What cells refer to by number; dates count from `epoch` (18.17.4.1, right from March 1900 on)."""

    strings: tuple[str, ...]
    forms: tuple[_Form, ...]
    epoch: datetime


def read(content: bytes, limits: Limits) -> Iterator[str]:
    package = Package(content, limits)
    main = package.main()
    book = _book(package, main)
    sheets = {sheet.id: sheet for sheet in package.related(main.name, _SHEETS)}
    for entry in (e for e in main.root.iter() if local(e) == "sheet"):
        yield f"――― {entry.get('name', '')} ―――"
        if sheet := sheets.get(reference(entry)):
            yield from (_line(row, book) for row in sheet.root.iter() if local(row) == "row")
            yield from office.attached(package, sheet, _ON_SHEET)
        yield ""


def _book(package: Package, main: TextPart) -> _Book:
    is_1904 = any(e.get("date1904") in ("1", "true") for e in main.root if local(e) == "workbookPr")
    return _Book(
        tuple(flow.line(item) for part in package.related(main.name, frozenset({"sharedStrings"})) for item in part.root),
        tuple(form for part in package.related(main.name, frozenset({"styles"})) for form in _forms(part.root)),
        datetime(1904, 1, 1) if is_1904 else datetime(1899, 12, 30),
    )


def _line(row: Element, book: _Book) -> str:
    """Cells at their columns: an empty one is an empty field."""
    cells: list[str] = []
    for cell in row:
        column = _column(cell.get("r", "")) or len(cells) + 1
        if column > _COLUMNS:
            raise Refused(Reason.CORRUPT, f"a cell in column {column}")
        cells.extend([""] * (column - 1 - len(cells)))
        cells.append(_shown(cell, book))
    return "\t".join(cells).rstrip("\t")


def _column(at: str) -> int:
    """AB12 -> 28; 0 where the cell does not say."""
    letters, number = _LETTERS.match(at), 0
    for letter in letters[0] if letters else "":
        number = number * 26 + ord(letter) - 64
    return number


def _shown(cell: Element, book: _Book) -> str:
    parts = {local(part): part for part in cell}
    if cell.get("t") == "inlineStr":
        return flow.line(parts["is"]) if "is" in parts else ""
    value = text(parts["v"]) if "v" in parts else ""
    try:
        match cell.get("t", "n"):
            case "s":
                return book.strings[int(value)]
            case "b":
                return "TRUE" if value == "1" else "FALSE"
            case "n":
                return _number(float(value), book, int(cell.get("s", "0")))
    except (ValueError, IndexError, OverflowError):  # refers to nothing, or is no number: as it is written
        pass
    return " ".join(value.split())


def _number(value: float, book: _Book, style: int) -> str:
    form = book.forms[style] if style < len(book.forms) else _Form.NUMBER
    if form is _Form.NUMBER or not 0 <= value < _DAYS:
        return f"{value:.15g}"  # the digits that Excel keeps
    seconds = round(value * _DAY)
    if form in (_Form.TIME, _Form.ELAPSED):
        seconds = seconds % _DAY if form is _Form.TIME else seconds
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    moment = book.epoch + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%d" if form is _Form.DATE else "%Y-%m-%d %H:%M:%S")


def _forms(styles: Element) -> Iterator[_Form]:
    """One for each cell format (18.8.10)."""
    codes = {e.get("numFmtId", ""): e.get("formatCode", "") for e in styles.iter() if local(e) == "numFmt"}
    for formats in (e for e in styles if local(e) == "cellXfs"):
        for each in formats:
            number = each.get("numFmtId", "0")
            yield _by_code(codes[number]) if number in codes else _by_number(number)


def _by_number(number: str) -> _Form:
    return _BUILT_IN.get(int(number) if number.isdecimal() else 0, _Form.NUMBER)


def _by_code(code: str) -> _Form:
    pattern = set(_LITERAL.sub("", code.lower().partition(";")[0]))
    has_time = bool(pattern & set("hs"))
    has_date = bool(pattern & set("ydgea")) or ("m" in pattern and not has_time)
    if has_date:
        return _Form.MOMENT if has_time else _Form.DATE
    if has_time:
        return _Form.ELAPSED if "[" in pattern else _Form.TIME
    return _Form.NUMBER
