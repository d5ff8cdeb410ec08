"""Pages of a PDF as pdfium sees them: flattened, so that form fields and notes on the page are part of it, and read run by run.

Used where pages become pictures (`render`) and where they become text (`plain`).  The document comes as bytes and nothing is
called back: a locked worker has no executable memory for a callback.  Raises Refused(CORRUPT).
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum

import pypdfium2
import pypdfium2.raw as pdfium

from sanitizers.model import Reason, Refused

_LINE_FEED, _RETURN, _HYPHEN = "\n", "\r", "\x02"  # the hyphen is pdfium's own sign for one at the end of a line
_HIGH, _LOW = 0xD800, 0xDC00  # surrogates: pdfium counts UTF-16 units


class Turn(IntEnum):
    """Where the text goes."""

    RIGHT = 0
    DOWN = 1  # vertical Japanese, too
    UP = 2


@dataclass(frozen=True, slots=True)
class Run:
    """Text without a gap, inside a box in pixels from the page's upper left corner."""

    text: str
    left: int
    top: int
    right: int
    bottom: int
    turn: Turn


class Document:
    """Not to be used after `opened` has closed it; one page is open at a time."""

    def __init__(self, pdf: pypdfium2.PdfDocument) -> None:
        self._pdf = pdf
        pdf.init_forms()

    def __len__(self) -> int:
        return len(self._pdf)

    @contextmanager
    def page(self, number: int) -> Iterator[pypdfium2.PdfPage]:
        """Flattened; a page that can not be is shown as it is."""
        page = self._pdf[number]
        if pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS:
            page.close()
            page = self._pdf[number]  # the open one does not know what was added to it
        try:
            yield page
        finally:
            page.close()


@contextmanager
def opened(content: bytes) -> Iterator[Document]:
    """A PDF without password, such as every rebuilt one."""
    try:
        pdf = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as broken:
        raise Refused(Reason.CORRUPT, f"pdfium: {broken}") from broken
    try:
        yield Document(pdf)
    except pypdfium2.PdfiumError as broken:
        raise Refused(Reason.CORRUPT, f"pdfium: {broken}") from broken
    finally:
        pdf.close()


def lines(page: pypdfium2.PdfPage) -> Iterator[str]:
    """The page's text in its own order, without line ends."""
    text = page.get_textpage()
    try:
        units = _units(text)
    finally:
        text.close()
    joined = "".join(units).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return (line.rstrip() for line in joined.split(_LINE_FEED))


def runs(page: pypdfium2.PdfPage, width: int, height: int) -> Iterator[Run]:
    """Word for word (in Japanese, line for line) what begins on a page that is drawn `width` times `height` pixels large."""
    text = page.get_textpage()
    try:
        units = _units(text)
        first = 0
        for index, unit in enumerate(units):
            is_gap = unit.isspace() or not unit
            if (is_gap or index + 1 == len(units)) and (run := _run(page, text, units, first, index, width, height)):
                yield run
            if is_gap:
                first = index + 1
    finally:
        text.close()


def _units(text: pypdfium2.PdfTextPage) -> list[str]:
    """One item for each of pdfium's, so that positions can be asked for by index; "" for what is no text."""
    codes = (pdfium.FPDFText_GetUnicode(text, index) for index in range(text.count_chars()))
    return [_unit(chr(code) if code <= 0x10FFFF else "\ufffd") for code in codes]


def _unit(written: str) -> str:
    if written == _HYPHEN:
        return "-"
    return "" if written in ("\0", _RETURN) else written


def _run(
    page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, units: list[str], first: int, last: int, width: int, height: int
) -> Run | None:
    """`last` included; the white space at its end belongs to the run, its place does not."""
    written = "".join(units[first : last + 1]).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if not written.strip():
        return None
    stop = last if units[last] and not units[last].isspace() else last - 1
    head, tail = (_box(page, text, index, width, height) for index in (first, stop))
    if head[0] >= width or head[2] <= 0 or head[1] >= height or head[3] <= 0:
        return None  # beside the page, where nobody sees it
    return Run(
        written.replace(_LINE_FEED, " "),
        max(min(head[0], tail[0]), 0),
        max(min(head[1], tail[1]), 0),
        min(max(head[2], tail[2]), width),
        min(max(head[3], tail[3]), height),
        _turn(tail[0] - head[0], tail[1] - head[1]),
    )


def _turn(right: int, down: int) -> Turn:
    """To the left go Arabic and what stands on its head; its words are found all the same."""
    if abs(right) >= abs(down):
        return Turn.RIGHT
    return Turn.DOWN if down > 0 else Turn.UP


def _box(
    page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, index: int, width: int, height: int
) -> tuple[int, int, int, int]:
    """Of one character: left, top, right, bottom in pixels."""
    box = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text, index, box)
    across, down = zip(
        _pixel(page, box.left, box.bottom, width, height), _pixel(page, box.right, box.top, width, height), strict=True
    )
    return min(across), min(down), max(across), max(down)


def _pixel(page: pypdfium2.PdfPage, x: float, y: float, width: int, height: int) -> tuple[int, int]:
    across, down = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, across, down)
    return across.value, down.value
