"""Text as it is searched: one width, no inserted spaces, wrapped lines whole, each cell of a table beside its heading (J19).

`fold` changes spelling only; `unrolled` changes tables.  Both are linear: each expression has one bounded repetition.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

_CJK = "\u3005-\u3007\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff"
# NFKC leaves the listed as they are and joins none to what precedes it: most of a Japanese mail.  One may begin what changes.
_CHANGING = re.compile(r".?[^\t\n\r -~\u3001-\u3015\u3041-\u3094\u30a1-\u30fc\u4e00-\u9fff]+", re.DOTALL)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_DASH = re.compile(r"(?<=[\d)]) ?[-\u2010-\u2015\u2212\u30fb\u30fc] ?(?=[\d(])")
_QUOTING = re.compile(r"^(?:> ?)+", re.MULTILINE)
_SPACED_OUT = re.compile(r"(?<!\S)\S(?: \S){3,}(?!\S)")  # 個 人 番 号
_SPACED_DIGITS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9-](?: [A-Za-z0-9-]){5,}(?![A-Za-z0-9])")  # :1 2 3 4 5 6
_BARS = re.compile("[\u2502\u2503\u2551\u00a6]")  # lines of a table, drawn by hand
_BOXED = re.compile(r"(?<!\d)\d(?:[|\t]\d){9,}(?!\d)")  # a form with one digit in each box
_BETWEEN = re.compile(f"(?<=[{_CJK}]) +(?=[{_CJK}])")  # 氏　名
_SPACES = re.compile(r" {2,}")
_BROKEN_NUMBER = re.compile(r"(?<![\d-])(\d[\d-]{0,12})\n(\d[\d-]{0,12})(?![\d-])")
_WRAPPED = 30  # characters: a line that is longer was probably broken by a mailer, at 35 wide characters or so
_HEADING = 15  # characters of a cell
_LONG_NUMBER = re.compile(r"\d{4}")


def compatible(text: str) -> str:
    """Unicode's NFKC; only what can change is looked at, which takes a third of the time."""
    return _CHANGING.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)


def fold(text: str) -> str:
    return joined(spread(text))


def spread(text: str) -> str:
    """With the spaces between words, which part a surname from a given name."""
    text = _INVISIBLE.sub("", compatible(text)).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u0130", "I")  # the only character that grows in lower case
    text = _QUOTING.sub("", _SPACES.sub(" ", _BARS.sub("|", text)))
    text = _BOXED.sub(lambda found: found[0].replace("|", "").replace("\t", ""), text)
    for run in (_SPACED_DIGITS, _SPACED_OUT):
        text = run.sub(lambda found: found[0].replace(" ", ""), text)
    return text


def joined(text: str) -> str:
    text = _DASH.sub("-", _BETWEEN.sub("", text))
    return _BROKEN_NUMBER.sub(_whole, _unwrapped(text))


def _whole(broken: re.Match[str]) -> str:
    """A number of twelve digits that a line end cut in two."""
    digits = (broken[1] + broken[2]).replace("-", "")
    return broken[1] + broken[2] if len(digits) == 12 else broken[0]


def _unwrapped(text: str) -> str:
    kept: list[str] = []
    for line in text.split("\n"):
        joins = bool(kept) and len(kept[-1]) > _WRAPPED and "\t" not in kept[-1] and _is_cjk(kept[-1][-1]) and _is_cjk(line[:1])
        kept.append(line if joins or not kept else "\n" + line)
    return "".join(kept)


def _is_cjk(character: str) -> bool:
    return character != "" and ("\u3041" <= character <= "\u30fc" or "\u4e00" <= character <= "\u9fff")


def unrolled(text: str, is_heading: Callable[[str], bool]) -> str:
    """Rows of cells as one line a cell, `heading:cell` where its column has a known heading.

    Cells stand between tabs or bars; between commas only below such a heading, in rows as long as it."""
    return "\n".join(_lines(text, is_heading))


def _lines(text: str, is_heading: Callable[[str], bool]) -> Iterator[str]:
    headings: dict[int, str] = {}
    columns = 0  # of the headings, when they stand between commas
    for line in text.split("\n"):
        separator = next((mark for mark in "\t|," if mark in line), "")
        if not separator:
            yield line
            continue
        cells = [cell.strip(' "') for cell in line.split(separator)]
        found = {n: cell for n, cell in enumerate(cells) if 0 < len(cell) <= _HEADING and is_heading(cell)}
        if found and max(map(len, cells)) <= _HEADING and not any(map(_LONG_NUMBER.search, cells)):
            headings, columns = found, len(cells) if separator == "," else 0
            yield from cells
        elif separator == "," and len(cells) != columns:
            yield line
        else:
            yield from (f"{headings[n]}:{cell}" if n in headings and cell else cell for n, cell in enumerate(cells))
