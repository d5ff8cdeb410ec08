"""Emoji of Japanese mobile phones before 2014: the carriers' private codes become Unicode's own characters (J17).

NTT docomo, KDDI and SoftBank put them where CP932 has the user-defined characters (gaiji) and IBM's kanji, so a code means an
emoji only in a mail of that carrier's; elsewhere it stays (J18).  KDDI's rows of ISO-2022-JP and Google's codes are nobody
else's.  `carrier_emoji.txt` is the published table; a sign without a character is shown as its word.  Nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path


class Carrier(StrEnum):
    DOCOMO = "docomo"
    KDDI = "kddi"
    SOFTBANK = "softbank"


_DOMAIN = re.compile(
    rb"@(?:[a-z0-9-]{1,60}\.){0,3}(?:(?P<docomo>docomo\.ne\.jp)|(?P<kddi>ezweb\.ne\.jp|au\.com|ido\.ne\.jp)"
    rb"|(?P<softbank>softbank\.(?:ne\.)?jp|(?:vodafone|jp-[a-z]|disney|emobile|emobile-s|ymobile1?|willcom)\.(?:ne\.)?jp))(?![\w.-])",
    re.IGNORECASE,
)

# Where each carrier's Unicode codes stand in its Shift_JIS: first code, last code, the Shift_JIS code of the first.
# docomo's are CP932's own
_SHIFT_JIS = {
    Carrier.DOCOMO: ((0xE63E, 0xE757, 0xF89F),),
    Carrier.KDDI: (
        (0xE468, 0xE5B4, 0xF640),
        (0xE5B5, 0xE5CC, 0xF7E5),
        (0xE5CD, 0xE5DF, 0xF340),
        (0xEA80, 0xEAFA, 0xF353),
        (0xEAFB, 0xEB0D, 0xF7D2),
        (0xEB0E, 0xEB8E, 0xF3CF),
    ),
    Carrier.SOFTBANK: (
        (0xE001, 0xE05A, 0xF941),
        (0xE101, 0xE15A, 0xF741),
        (0xE201, 0xE25A, 0xF7A1),
        (0xE301, 0xE34D, 0xF9A1),
        (0xE401, 0xE44C, 0xFB41),
        (0xE501, 0xE53E, 0xFBA1),
    ),
}
_JIS_ROWS = {0xF6: 0x75, 0xF7: 0x77, 0xF3: 0x79, 0xF4: 0x7B}  # KDDI: Shift_JIS lead byte -> first of its two JIS rows
_CELLS = 188  # of one lead byte of Shift_JIS: 0x40-0x7E and 0x80-0xFC


def carrier(*fields: bytes) -> Carrier | None:
    """Whose phone wrote a mail, by the addresses and identifiers in its header fields."""
    found = next((match for field in fields if (match := _DOMAIN.search(field[:1000]))), None)
    return Carrier(found.lastgroup) if found and found.lastgroup else None


def shown(text: str, charset: str, sender: Carrier | None) -> str:
    """`text`, which was read in `charset`, with its private codes as emoji; unknown ones stay as they are."""
    text = text.translate(_GOOGLE) if _PLANE_15.search(text) else text
    if sender is None:
        return text
    return text.translate((_IN_CP932 if charset == "cp932" else _IN_UNICODE)[sender])


def _rows() -> Iterator[tuple[str, list[int]]]:
    """Sign, and the codes of the three carriers and Google (0 when there is none)."""
    for line in Path(__file__).with_suffix(".txt").read_text("utf-8").splitlines():
        if not line.startswith("# "):
            sign, *codes = line.split(";")
            yield sign, [int(code or "0", 16) for code in codes]


def _column(number: int) -> dict[int, str]:
    return {codes[number]: sign for sign, codes in _rows() if codes[number]}


def _shift_jis(code: int, of: Carrier) -> tuple[int, int]:
    """Lead byte and cell (from 0) of a carrier's code."""
    for first, last, start in _SHIFT_JIS[of]:
        if first <= code <= last:
            cell = (start & 0xFF) - 0x40 - (start & 0xFF > 0x7F) + code - first
            return (start >> 8) + cell // _CELLS, cell % _CELLS
    raise ValueError(f"U+{code:04X} is not a code of {of}")


def _cp932(code: int, of: Carrier) -> str:
    """As what CP932 reads the Shift_JIS bytes of a code."""
    lead, cell = _shift_jis(code, of)
    return bytes((lead, 0x40 + cell + (cell >= 0x3F))).decode("cp932", "replace")


def _jis(code: int) -> int:
    lead, cell = _shift_jis(code, Carrier.KDDI)
    return (_JIS_ROWS[lead] + cell // 94) << 8 | 0x21 + cell % 94


_IN_UNICODE = {of: _column(number) for number, of in enumerate(Carrier)}
_GOOGLE = _column(len(Carrier))
_PLANE_15 = re.compile("[\U000f0000-\U000fffff]")
_IN_CP932 = {
    of: {ord(read): sign for code, sign in column.items() if len(read := _cp932(code, of)) == 1}
    for of, column in _IN_UNICODE.items()
}
KDDI_JIS = {_jis(code): sign for code, sign in _IN_UNICODE[Carrier.KDDI].items()}  # row << 8 | cell -> sign
