"""Pieces of text into lines: white space as browsers treat it, blank lines between blocks, quotes, lists and tables.

Knows nothing of HTML: `walk` says where text, lines and blocks begin and end.  Raises nothing.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

RULE = "-" * 40
SIGNATURE = "-- "  # RFC 3676 4.3: mail programs fold away what follows this very line

_WIDEST_TABLE = 100  # columns; a wider table is not padded, since it will be wrapped anyway
_WIDEST_PADDING = 30  # columns of one cell
_LONGEST_CELL = 6  # lines; where a cell holds more, the table arranges a page, whatever its borders
_SPAN = 20  # columns or rows that one cell may be stretched over; survey forms use some ten
_COLUMNS = 100  # beyond them nothing is stretched any more
_SHORT = 60  # columns of a line that may share its line with its neighbours in a layout table

_SPACE = re.compile(r"[ \t\r\n\f]+")
_WIDE = "\u2e80-\u303f\u3041-\u33ff\u3400-\u9fff\uf900-\ufaff\uff01-\uffee"
_BROKEN_JAPANESE = re.compile(rf"(?<=[{_WIDE}])[ \t]*\r?\n[ \t\r\n]*(?=[{_WIDE}])")  # CSS Text 4.1.3: no space there
_SYMBOL = re.compile(r"[^\w(（「『\[]|\d+[.．)）]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a line under construction."""

    lines: int
    pieces: int


class Flow:
    """Lines under construction.  `lines` is complete only after `block()`."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._line: list[str] = []
        self._apart = False

    def text(self, text: str, pre: bool = False) -> None:
        if pre:
            first, *others = text.expandtabs(8).split("\n")
            self._append(first)
            for line in others:
                self.newline()
                self._append(line)
            return
        if "\n" in text:
            text = _BROKEN_JAPANESE.sub("", text)
        text = _SPACE.sub(" ", text)
        if not self._line or self._line[-1].endswith(" "):
            text = text.lstrip(" ")
        self._append(text)

    def _append(self, text: str) -> None:
        if text:
            self._line.append(text)

    def mark(self) -> Mark:
        """Here; see `rewrite`."""
        return Mark(len(self.lines), len(self._line))

    def rewrite(self, since: Mark, text: str) -> bool:
        """Puts `text` in the place of what was said since, if that is still within this line."""
        if len(self.lines) != since.lines or len(self._line) < since.pieces:
            return False
        self._line[since.pieces :] = [text]
        return True

    def newline(self) -> None:
        """End this line, even an empty one."""
        self._push("".join(self._line))
        self._line = []

    def block(self, apart: bool = False) -> None:
        """End this line if there is one; an empty line before what follows if it is to stand `apart`."""
        if self._line:
            self.newline()
        self._apart |= apart

    def add(self, lines: list[str], apart: bool = False) -> None:
        """A finished block."""
        self.block(apart)
        for line in lines:
            self._push(line)
        self.block(apart)

    def _push(self, line: str) -> None:
        line = line.rstrip(" \t\u3000") if line != SIGNATURE else line
        if self._apart and self.lines and self.lines[-1]:
            self.lines.append("")
        self._apart = False
        if line or (self.lines and self.lines[-1]):  # never two empty lines, nor one at the start
            self.lines.append(line)

    def finished(self) -> list[str]:
        self.block()
        while self.lines and not self.lines[-1]:
            self.lines.pop()
        return self.lines


def quoted(lines: list[str]) -> list[str]:
    return [f"> {line}".rstrip() for line in lines]


def item(marker: str, lines: list[str]) -> list[str]:
    """A list item with a hanging indent as wide as its marker."""
    indent = " " * width(marker)
    return [(indent if number else marker) + line for number, line in enumerate(lines)]


def heading(lines: list[str]) -> list[str]:
    """Marked as Japanese plain mail marks it, unless its author did so."""
    return lines if not lines or _SYMBOL.match(lines[0]) else [f"■ {lines[0]}", *lines[1:]]


def width(text: str) -> int:
    """Columns on a screen: full-width characters take two."""
    return len(text) if text.isascii() else sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


@dataclass(slots=True)
class Cell:
    flow: Flow
    columns: int = 1
    rows: int = 1
    is_heading: bool = False


@dataclass(slots=True)
class Table:
    """Cells row by row.  Whether it holds data or only arranges the page is seen when it is complete."""

    is_bordered: bool = False
    is_layout: bool = False  # declared so (role="presentation")
    rows: list[list[Cell]] = field(default_factory=list)

    def lines(self) -> list[str]:
        filled = [row for row in self.rows if any([cell.flow.finished() for cell in row])]  # each must be finished
        if self._is_data(filled):
            return _grid(filled)
        return _arranged(filled)

    def _is_data(self, rows: list[list[Cell]]) -> bool:
        if self.is_layout or max(map(len, rows), default=0) < 2:
            return False
        cells = [cell for row in rows for cell in row]
        if any(len(cell.flow.lines) > _LONGEST_CELL for cell in cells):
            return False
        if self.is_bordered or any(cell.is_heading for cell in cells):
            return True
        counts = {sum(cell.columns for cell in row) for row in rows}
        return len(rows) > 1 and len(counts) == 1 and all(map(_is_short, cells))


def _is_short(cell: Cell) -> bool:
    return len(cell.flow.lines) <= 1 and all(width(line) <= _SHORT for line in cell.flow.lines)


def _arranged(rows: list[list[Cell]]) -> list[str]:
    """A layout table: short neighbours share a line, everything else stands one below the other."""
    flow = Flow()
    for row in rows:
        filled = [cell for cell in row if cell.flow.lines]
        if all(map(_is_short, filled)) and sum(width(cell.flow.lines[0]) for cell in filled) <= _SHORT:
            flow.add(["  ".join(cell.flow.lines[0] for cell in filled)])
        else:
            for cell in filled:
                flow.add(cell.flow.lines, apart=True)
    return flow.finished()


def _grid(rows: list[list[Cell]]) -> list[str]:
    """A data table: `A | B`, padded while it is narrow, with a line under the heading rows."""
    texts = _spread(rows)
    columns = max(map(len, texts))
    widths = [max((width(row[at]) for row in texts if at < len(row)), default=0) for at in range(columns)]
    padded = sum(widths) <= _WIDEST_TABLE
    widths = [min(wide, _WIDEST_PADDING) if padded else 0 for wide in widths]
    lines = [" | ".join(text + " " * (widths[at] - width(text)) for at, text in enumerate(row)).rstrip(" ") for row in texts]
    headings = next((number for number, row in enumerate(rows) if not all(cell.is_heading for cell in row)), 0)
    if padded and headings:
        lines.insert(headings, "-+-".join("-" * wide for wide in widths))
    return lines


def _spread(rows: list[list[Cell]]) -> list[list[str]]:
    """Each text at its column; places that a stretched cell covers are empty."""
    covered: dict[int, int] = {}  # column -> the last row that a cell above reaches
    spread = []
    for number, row in enumerate(rows):
        texts: list[str] = []
        for cell in row:
            while covered.get(len(texts), -1) >= number:
                texts.append("")
            columns = min(cell.columns, _SPAN) if len(texts) < _COLUMNS else 1
            if cell.rows > 1:
                last = number + min(cell.rows, _SPAN) - 1
                covered |= dict.fromkeys(range(len(texts), len(texts) + columns), last)
            texts += [" / ".join(filter(None, cell.flow.lines)), *[""] * (columns - 1)]
        spread.append(texts)
    return spread
