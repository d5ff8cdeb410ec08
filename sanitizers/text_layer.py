"""The words of a page picture, invisible over their place, so that an image-PDF can be searched and copied from.

Fonts without shapes (Type 3, PDF 32000-1 9.6.5): each character is an empty glyph one unit square, stretched over its run.
They need no font file, name no font of the reader's machine, and /ToUnicode (9.10.3) says what each code means.
"""

from __future__ import annotations

from collections.abc import Iterable

from pikepdf import Array, Dictionary, Name, Object, Pdf

from sanitizers.paper import Run, Turn

_CODES = 256  # of one font: one byte each
_BLOCK = 100  # entries of one bfchar block: Adobe technical note 5411
_EDGE = 0.2  # of a line's height, left free above and below: lines are set no closer than that
_CORE = 1 - 2 * _EDGE
_CMAP = """/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def
1 begincodespacerange <00> <FF> endcodespacerange
{}endcmap end end
"""


class TextLayer:
    """One per document.  `fonts` belongs into the resources of every page; it is complete after `finish`."""

    def __init__(self, pdf: Pdf) -> None:
        self._pdf = pdf
        self._codes: dict[str, int] = {}
        self.fonts = pdf.make_indirect(Dictionary())

    def over(self, runs: Iterable[Run], height: int) -> bytes:
        """Operators that show `runs` in a space of pixels, whose origin is the lower left corner of a picture of `height`."""
        shown = b"".join(self._shown(run, height) for run in runs)
        return b"BT 3 Tr\n" + shown + b"ET\n" if shown else b""

    def finish(self) -> None:
        characters = list(self._codes)
        if not characters:
            return
        blank = self._pdf.make_stream(b"1 0 0 0 1 1 d1\n")  # with a box: pdfium passes over a lone character without one
        for first in range(0, len(characters), _CODES):
            font = self._font(characters[first : first + _CODES], blank)
            self.fonts[f"/F{first // _CODES}"] = self._pdf.make_indirect(font)

    def _shown(self, run: Run, height: int) -> bytes:
        matrix = _matrix(run, height)
        pieces: list[tuple[int, bytearray]] = []
        for character in run.text:
            font, code = divmod(self._codes.setdefault(character, len(self._codes)), _CODES)
            if not pieces or pieces[-1][0] != font:
                pieces.append((font, bytearray()))
            pieces[-1][1].append(code)
        shown = "".join(f"/F{font} 1 Tf <{codes.hex()}> Tj\n" for font, codes in pieces)
        return f"{' '.join(f'{value:.5g}' for value in matrix)} Tm\n{shown}".encode()

    def _font(self, characters: list[str], blank: Object) -> Dictionary:
        return Dictionary(
            Type=Name.Font,
            Subtype=Name.Type3,
            FontBBox=Array([0, 0, 1, 1]),
            FontMatrix=Array([1, 0, 0, 1, 0, 0]),
            CharProcs=Dictionary(g=blank),
            Encoding=Dictionary(Type=Name.Encoding, Differences=Array([0, *[Name.g] * len(characters)])),
            FirstChar=0,
            LastChar=len(characters) - 1,
            Widths=Array([1] * len(characters)),
            Resources=Dictionary(),
            ToUnicode=self._pdf.make_stream(_to_unicode(characters).encode()),
        )


def _matrix(run: Run, height: int) -> tuple[float, float, float, float, float, float]:
    """Of a unit square (9.4.4), so that as many of them as the run has characters fill its box.

    Across the line they stay inside it: boxes of close lines overlap, and readers would take two such lines for one."""
    count = len(run.text.rstrip()) or 1
    width, tall = max(run.right - run.left, 1), max(run.bottom - run.top, 1)
    top, bottom = height - run.top, height - run.bottom
    if run.turn is Turn.DOWN:
        return 0, -tall / count, width * _CORE, 0, run.left + width * _EDGE, top
    if run.turn is Turn.UP:
        return 0, tall / count, -width * _CORE, 0, run.right - width * _EDGE, bottom
    return width / count, 0, 0, tall * _CORE, run.left, bottom + tall * _EDGE


def _to_unicode(characters: list[str]) -> str:
    entries = [f"<{code:02X}> <{character.encode('utf-16-be').hex()}>\n" for code, character in enumerate(characters)]
    blocks = (entries[at : at + _BLOCK] for at in range(0, len(entries), _BLOCK))
    return _CMAP.format("".join(f"{len(block)} beginbfchar\n{''.join(block)}endbfchar\n" for block in blocks))
