"""EMF and WMF, Windows' recorded drawings, as pictures (formats.md 1 and 5): no reader replays their records any more.

`drawn` is for whoever holds some (Office files are full of them), `sanitise` for a file of its own.  All of one document are
drawn in one go: each becomes a page of a drawing that we write around them, LibreOffice prints that to PDF
behind its own lock, and its pages become pictures like those of any PDF.  Raises Refused: NO_CONVERTER as WITHHELD, CORRUPT,
and what `pdf` and `image` raise.
"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Iterator, Sequence

from PIL import Image

from sanitizers import conversion, image, names, pdf, render
from sanitizers.conversion import Source, Target
from sanitizers.image import Recoded
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Outcome, Part, Reason, Refused, Task, Treatment

MEDIA_TYPES = ("image/emf", "image/wmf")

_GZIP = b"\x1f\x8b"  # .emz and .wmz
_EMF_FRAME = struct.Struct("<4i")  # [MS-EMF] 2.2.9: at 24 in hundredths of a millimetre, at 8 in pixels
_BOUNDS_AT, _FRAME_AT = 8, 24
_PIXEL = 2540 / 96  # hundredths of a millimetre, where only pixels are told
_PLACEABLE, _PLACEABLE_BOUNDS = b"\xd7\xcd\xc6\x9a", struct.Struct("<4hH")  # [MS-WMF] 2.3.2.3: box and units per inch, at 6
_WINDOW, _RECORD = 0x020C, struct.Struct("<IH")  # META_SETWINDOWEXT, 2.3.5.30; words and function
_WMF_HEADER = 18
_RECORDS = 1_000  # that are looked at for the window; it is among the first

_USUAL = 10_000  # 10 cm, the width of what does not say its own
_TWICE = 2  # as large as it says: 300 dots to the inch, for what is looked at enlarged
_SMALLEST, _LARGEST = 500, 60_000  # hundredths of a millimetre: 60 cm are 3,500 pixels

_SMALL = 10_000  # hundredths of a millimetre: formulas and icons do not share a sheet with maps

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_HEAD = (
    f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document xmlns:office="{_OASIS}:office:1.0"'
    f' xmlns:style="{_OASIS}:style:1.0" xmlns:fo="{_OASIS}:xsl-fo-compatible:1.0" xmlns:draw="{_OASIS}:drawing:1.0"'
    f' xmlns:svg="{_OASIS}:svg-compatible:1.0" office:version="1.2"'
    ' office:mimetype="application/vnd.oasis.opendocument.graphics">'
)


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    findings = Findings()
    (picture,) = drawn([content], job, findings, "")
    findings.add(Kind.VECTOR_IMAGE, "", f"{detected.rpartition('/')[2].upper()} drawn as a picture", Treatment.REPLACED)
    name = names.with_extension(part.name or "図", picture.media_type)
    return Outcome(findings.verdict(), detected, picture.content, picture.media_type, name, findings.all())


def drawn(metafiles: Sequence[bytes], job: Job, findings: Findings, where: str) -> list[Recoded]:
    """One picture for each, in order; .emz and .wmz are unpacked first."""
    plain = [_unpacked(content, job.profile.limits.part_bytes) for content in metafiles]
    sizes = [_size(content) for content in plain]
    done: dict[int, Recoded] = {}
    for is_small in (True, False):  # a sheet is as large as the largest of its drawings, and drawn as a whole
        numbers = [number for number, size in enumerate(sizes) if (max(size) <= _SMALL) is is_small]
        if numbers:
            sheet = _sheet([plain[number] for number in numbers], [sizes[number] for number in numbers], job, findings, where)
            done |= dict(zip(numbers, sheet, strict=True))
    return [done[number] for number in range(len(plain))]


def _sheet(
    metafiles: Sequence[bytes], sizes: Sequence[tuple[int, int]], job: Job, findings: Findings, where: str
) -> Iterator[Recoded]:
    printed = job.ask(Task.CONVERT, conversion.request(Source.FODG, Target.PDF, _drawing(metafiles, sizes)))
    rebuilt = pdf.sanitise(printed, Part("", "", "", ()), "application/pdf", job)
    assert rebuilt.output is not None  # a sanitiser that does not deliver raises
    width, height = _page(sizes)
    for page, (across, down) in zip(render.drawn(rebuilt.output, len(metafiles), job), sizes, strict=True):
        yield image.recode(_cut(page.picture, across / width, down / height), job.profile.limits, findings, where)


def _page(sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """LibreOffice gives all pages of a drawing one size, so it is the largest."""
    return max(width for width, _ in sizes), max(height for _, height in sizes)


def _cut(picture: bytes, across: float, down: float) -> bytes:
    """The left upper part of a picture that our own renderer drew."""
    if across == down == 1:
        return picture
    with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as whole:
        part = whole.crop((0, 0, max(1, round(whole.width * across)), max(1, round(whole.height * down))))
        out = io.BytesIO()
        part.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _unpacked(content: bytes, most_bytes: int) -> bytes:
    if not content.startswith(_GZIP):
        return content
    try:
        inflater = zlib.decompressobj(wbits=31)
        plain = inflater.decompress(content, most_bytes)
    except zlib.error as broken:
        raise Refused(Reason.CORRUPT, f"compressed metafile: {broken}") from broken
    if inflater.unconsumed_tail:
        raise Refused(Reason.LIMIT_SIZE, f"a metafile of more than {most_bytes} bytes")
    return plain


def _drawing(metafiles: Sequence[bytes], sizes: Sequence[tuple[int, int]]) -> bytes:
    """Flat OpenDocument: one page a metafile, which is in its left upper corner, as large as it says."""
    width, height = (f"{side / 1000:.3f}cm" for side in _page(sizes))
    layout = (
        f'<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="{width}"'
        f' fo:page-height="{height}" fo:margin="0cm"/></style:page-layout>'
    )
    pages = []
    for number, (content, size) in enumerate(zip(metafiles, sizes, strict=True)):
        width, height = (f"{side / 1000:.3f}cm" for side in size)
        pages.append(
            f'<draw:page draw:name="P{number}" draw:master-page-name="M"><draw:frame svg:x="0cm" svg:y="0cm"'
            f' svg:width="{width}" svg:height="{height}"><draw:image><office:binary-data>'
            f"{base64.b64encode(content).decode()}</office:binary-data></draw:image></draw:frame></draw:page>"
        )
    styles = "<office:styles/>"  # without it LibreOffice ignores the layouts
    styles += f"<office:automatic-styles>{layout}</office:automatic-styles>"
    styles += '<office:master-styles><style:master-page style:name="M" style:page-layout-name="L"/></office:master-styles>'
    body = f"<office:body><office:drawing>{''.join(pages)}</office:drawing></office:body>"
    return f"{_HEAD}{styles}{body}</office:document>".encode()


def _size(content: bytes) -> tuple[int, int]:
    """Width and height on the page in hundredths of a millimetre: twice its own, within bounds, in its own proportion."""
    width, height = _own_size(content)
    scale = max(1.0, _SMALLEST / max(width, height)) * _TWICE
    scale = min(scale, _LARGEST / max(width, height))
    return max(_SMALLEST // 10, round(width * scale)), max(_SMALLEST // 10, round(height * scale))


def _own_size(content: bytes) -> tuple[float, float]:
    try:
        if content.startswith(_PLACEABLE):
            left, top, right, bottom, inch = _PLACEABLE_BOUNDS.unpack_from(content, 6)
            sides = abs(right - left) * 2540 / (inch or 1440), abs(bottom - top) * 2540 / (inch or 1440)
        elif content[40:44] == b" EMF":
            sides = _box(content, _FRAME_AT, 1)
            sides = sides if all(sides) else _box(content, _BOUNDS_AT, _PIXEL)
        else:
            across, down = _window(content)
            sides = _USUAL, _USUAL * down / across
    except (struct.error, ZeroDivisionError) as broken:
        raise Refused(Reason.CORRUPT, f"metafile: {broken}") from broken
    if not all(sides):
        raise Refused(Reason.CORRUPT, "a metafile without an extent")
    return sides


def _box(content: bytes, at: int, unit: float) -> tuple[float, float]:
    left, top, right, bottom = _EMF_FRAME.unpack_from(content, at)
    return abs(right - left) * unit, abs(bottom - top) * unit


def _window(content: bytes) -> tuple[int, int]:
    """Of a metafile without a box: the first window that its records set; a square if none does."""
    at = _WMF_HEADER
    for _ in range(_RECORDS):
        words, function = _RECORD.unpack_from(content, at)
        if function == _WINDOW:
            down, across = struct.unpack_from("<2h", content, at + _RECORD.size)
            return abs(across), abs(down)
        if words < 3 or function == 0:
            break
        at += 2 * words
    return 1, 1
