"""Pages of a PDF as pictures (SAN-05, image-PDF): the task RENDER, for a worker of a class of its own that can read fonts.

`drawn` is for the asking worker: it sends a `request`, the renderer does `render`, and `pages` reads the answer, which is
believed no more than any other content.  Raises Refused: LIMIT_PARTS, CORRUPT.  The PDF that is made of
the pictures is `picture_pdf`'s.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from struct import error as StructError

import pypdfium2
from PIL import Image, ImageChops

from sanitizers import paper
from sanitizers.image import png
from sanitizers.job import Job
from sanitizers.model import Limits, Outcome, Reason, Refused, Task, Verdict
from sanitizers.paper import Run, Turn

MEDIA_TYPE = "application/x-mugai-pages"  # never delivered: no verifier accepts it

_DPI = 150  # fine print stays legible, an A4 page has 2.2 million pixels
_PAGE_PIXELS = 16_000_000  # A1 at 150 dpi; what is larger is drawn coarser
_EDGE = 30_000  # pixels: JPEG ends at 65,535
_QUALITY = 80  # with full colour resolution: red stamps and thin coloured lines stay sharp
_POINT = 72  # to the inch
_SHARE_SECONDS = 8.0  # of CPU in one worker, which has 20: the page begun last may take the rest
_SHARE_BYTES = 16 << 20

_REQUEST = Struct("<II")  # first page, from 0, and how many at most; the PDF follows
_PAGE = Struct("<ffII")  # width and height in points, bytes of the picture, number of runs; both follow
_RUN = Struct("<HHHHBH")  # box, turn, bytes of the text; the text follows in UTF-8
_LONGEST = 0xFFFF  # bytes of one run's text


@dataclass(frozen=True, slots=True)
class Page:
    width: float  # points
    height: float
    picture: bytes  # JPEG or PNG
    runs: tuple[Run, ...]


def request(document: bytes, first: int, most: int = 0xFFFFFFFF) -> bytes:
    return _REQUEST.pack(first, most) + document


def render(content: bytes, limits: Limits) -> Outcome:
    """As many pages from the first asked for as one worker should do; at least one."""
    first, most = _REQUEST.unpack_from(content)
    began, answer = time.process_time(), bytearray()
    with paper.opened(content[_REQUEST.size :]) as document:
        if not first < len(document) <= limits.pages:
            raise Refused(Reason.LIMIT_PARTS, f"page {first + 1} of {len(document)}, limit {limits.pages}")
        for number in range(first, min(first + most, len(document))):
            with document.page(number) as page:
                _write(page, min(_PAGE_PIXELS, limits.pixels), answer)
            if time.process_time() - began > _SHARE_SECONDS or len(answer) > _SHARE_BYTES:
                break
    return Outcome(Verdict.CLEAN, "application/pdf", bytes(answer), MEDIA_TYPE, "pages")


def _write(page: pypdfium2.PdfPage, most_pixels: int, answer: bytearray) -> None:
    width, height = page.get_size()
    picture = _drawn(page, _scale(width, height, most_pixels))
    encoded = _encoded(picture)
    runs = [_packed(run) for run in paper.runs(page, *picture.size)]
    answer += _PAGE.pack(width, height, len(encoded), len(runs)) + encoded
    for run in runs:
        answer += run


def _encoded(picture: Image.Image) -> bytes:
    """The smaller one: PNG for text and lines, ten times as small as JPEG there, JPEG for photographs and scans."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY, subsampling=0)
    return min(out.getvalue(), png.encode(picture, None), key=len)


def _scale(width: float, height: float, most_pixels: int) -> float:
    """Pixels to the point.  A page can claim to be 20,000 km wide: what is drawn is bounded, whatever it claims."""
    if not (0 < width < math.inf and 0 < height < math.inf):
        raise Refused(Reason.CORRUPT, f"page of {width} x {height} points")
    return min(_DPI / _POINT, math.sqrt(most_pixels / width / height), _EDGE / max(width, height))


def _drawn(page: pypdfium2.PdfPage, scale: float) -> Image.Image:
    """In grey if nothing on the page has a colour: a third of the bytes, and half of the time."""
    bitmap = page.render(scale=scale, rev_byteorder=True)
    picture: Image.Image = bitmap.to_pil().convert("RGB")
    bitmap.close()
    red, green, blue = picture.split()
    is_grey = not ImageChops.difference(red, green).getbbox() and not ImageChops.difference(red, blue).getbbox()
    return green if is_grey else picture


def _packed(run: Run) -> bytes:
    text = run.text.encode("utf-8", "replace")[:_LONGEST]
    return _RUN.pack(run.left, run.top, run.right, run.bottom, run.turn, len(text)) + text


def drawn(document: bytes, count: int, job: Job) -> Iterator[Page]:
    """All `count` pages of a rebuilt PDF, however many renderers it takes."""
    done = 0
    while done < count:
        before = done
        for page in pages(job.ask(Task.RENDER, request(document, done))):
            yield page
            done += 1
        if not before < done <= count:
            raise Refused(Reason.CORRUPT, f"{done} pages drawn of {count}")


def pages(answer: bytes) -> Iterator[Page]:
    """The answer taken apart; the pictures are still to be decoded.  Raises Refused(CORRUPT)."""
    try:
        at = 0
        while at < len(answer):
            width, height, picture_bytes, count = _PAGE.unpack_from(answer, at)
            at += _PAGE.size
            picture, at = _cut(answer, at, picture_bytes)
            runs = []
            for _ in range(count):
                left, top, right, bottom, turn, text_bytes = _RUN.unpack_from(answer, at)
                text, at = _cut(answer, at + _RUN.size, text_bytes)
                runs.append(Run(text.decode("utf-8", "ignore"), left, top, right, bottom, Turn(turn)))
            yield Page(width, height, picture, tuple(runs))
    except (StructError, ValueError) as broken:
        raise Refused(Reason.CORRUPT, f"rendered pages: {broken}") from broken


def _cut(answer: bytes, at: int, size: int) -> tuple[bytes, int]:
    if at + size > len(answer):
        raise Refused(Reason.CORRUPT, "rendered pages: cut off")
    return answer[at : at + size], at + size
