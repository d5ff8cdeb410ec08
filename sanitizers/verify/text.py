"""Plain text and tables as text: UTF-8, nothing invisible, no cell that a spreadsheet would run (D17, H4)."""

from __future__ import annotations

import csv as csv_reader
import io
import re
from collections.abc import Iterator

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"  # C0 but TAB, LF, CR; C1
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional controls
    "\u200b\u2060-\u2064\ufeff\ufff9-\ufffb"  # zero width; joiners and variation selectors carry meaning in emoji
    "\U000e0000-\U000e007f]"  # tags
)
_RUNS = re.compile(r"[\r\n]*[=@\t＝＠].*\w", re.DOTALL)  # a line of === is a rule
_SIGNED = re.compile("[\r\n]*[-+＋－].*[A-DF-Za-df-z(|!'\"]", re.DOTALL)  # -1.5E3, +81-3-1234 and a lone dash are no formulas
_CELL = 1 << 20  # characters: the reader's own cap, far above what Excel takes (32,767)


def invisible(text: str) -> str:
    """The first character that a reader would not see, as U+XXXX; "" when there is none."""
    found = _INVISIBLE.search(text)
    return f"U+{ord(found[0]):04X}" if found else ""


def plain(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """UTF-8, with or without a byte order mark."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield f"not UTF-8 at byte {error.start}"
        return
    if character := invisible(text):
        yield f"control character {character}"


def csv(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    yield from _table(content, digests, ",")


def tsv(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    yield from _table(content, digests, "\t")


def _table(content: bytes, digests: frozenset[str], delimiter: str) -> Iterator[str]:
    objections = list(plain(content, digests))
    yield from objections
    if objections:
        return
    csv_reader.field_size_limit(_CELL)
    reader = csv_reader.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
    for row in reader:
        for cell in row:
            if _RUNS.match(cell) or _SIGNED.match(cell):
                yield f"line {reader.line_num}: a cell that a spreadsheet runs"
