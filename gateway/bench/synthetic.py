"""Files and mails of the sizes that offices really send, the same bytes on every run (with the same Pillow and qpdf).

Written here and not taken from `samples/`, which holds small files for tests and is not installed.  Every document carries
a few threats, so that a run which is fast because it removes nothing shows.  Nothing here reads a file or measures.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

import pikepdf
from PIL import Image, ImageOps

from gateway.bench import office

_SEED = 20_261_121
_SIZES = {"small": 10_000, "medium": 100_000, "large": 1_000_000}  # bytes of an Office file


@dataclass(frozen=True, slots=True)
class Case:
    """One file to measure.  `group` is its row in the report; "" = by what it is found to be."""

    group: str
    name: str
    content: bytes = field(repr=False)


def cases(sizes: Sequence[str] = ("small", "medium", "large")) -> Iterator[Case]:
    for number, size in enumerate(_SIZES):
        if size not in sizes:
            continue
        for group, extension, make in _MAKERS:
            yield Case(group, f"{group}-{size}.{extension}", make(Random(_SEED), number))  # noqa: S311 -- alike on every run


def letter(kind: str, number: int) -> bytes:
    """Mail `number`: 5 KB of text; or, with kind "docx", 100 KB with a document; "mixed" has 30 % of those (performance.md).

    No two are alike: clamd remembers what it has seen, and the spool takes the same bytes for a client's retry."""
    random = Random(f"{_SEED}/{number}")  # noqa: S311 -- alike on every run
    text = _paragraphs(random, 1_150)  # characters: of UTF-8 in base64, 5 KB
    if kind == "text" or (kind == "mixed" and number % 10 >= 3):
        return _mail(number, text)
    document = _sized(lambda count: office.docx(random, count), 78_000)
    media_type = office.OFFICE + "wordprocessingml.document"
    return _mail(number, text, (f"事業計画書{number}.docx", media_type, document))


def _mail(number: int, text: str, *attached: tuple[str, str, bytes]) -> bytes:
    head = (
        f"From: bench <bench@example.com>\r\nTo: staff@city.example.lg.jp\r\nSubject: bench {number}\r\n"
        f"Date: Sat, 21 Nov 2026 09:30:00 +0900\r\nMessage-ID: <{number}@bench.example.com>\r\nMIME-Version: 1.0\r\n"
    )
    body = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{_base64(text.encode())}"
    if not attached:
        return (head + body).encode()
    parts = "".join(
        f"--=_bench\r\nContent-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=UTF-8''{quote(name)}\r\n\r\n{_base64(content)}\r\n"
        for name, media_type, content in attached
    )
    opening = f'Content-Type: multipart/mixed; boundary="=_bench"\r\n\r\n--=_bench\r\n{body}\r\n'
    return f"{head}{opening}{parts}--=_bench--\r\n".encode()


def _base64(content: bytes) -> str:
    return base64.encodebytes(content).decode().replace("\n", "\r\n")


def _sized(make: Callable[[int], bytes], size: int) -> bytes:
    """`make(count)` grows about linearly, so two corrections come near `size` bytes."""
    count = 20
    for _ in range(2):
        count = max(1, round(count * size / len(make(count))))
    return make(count)


def _paragraphs(random: Random, characters: int) -> str:
    lines: list[str] = []
    while characters > 0:
        lines.append(office.sentence(random))
        characters -= len(lines[-1])
    return "\r\n".join(lines)


def _picture(random: Random, width: int, height: int) -> Image.Image:
    """Large soft areas under fine grain: compresses about as a photo does."""
    soft = Image.frombytes("RGB", (32, 24), random.randbytes(32 * 24 * 3)).resize((width, height), Image.Resampling.BICUBIC)
    grain, tile = Image.new("RGB", (width, height)), Image.frombytes("RGB", (256, 256), random.randbytes(256 * 256 * 3))
    for left in range(0, width, 256):
        for top in range(0, height, 256):
            grain.paste(tile, (left, top))
    return Image.blend(soft, grain, 0.06)


def photo(random: Random, width: int, height: int) -> bytes:
    """A JPEG as a telephone makes it, with the place where it was taken."""
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0), 3: "E", 4: (139.0, 41.0, 30.0)})
    buffer = io.BytesIO()
    _picture(random, width, height).save(buffer, "JPEG", quality=88, exif=exif.tobytes())
    return buffer.getvalue()


def _png(random: Random, width: int, height: int) -> bytes:
    buffer = io.BytesIO()
    ImageOps.posterize(_picture(random, width, height), 4).save(buffer, "PNG")
    return buffer.getvalue()


def _pdf(random: Random, pages: int) -> bytes:
    """Pages of Japanese text in a font that is not embedded, a photo on every tenth, a script when it opens."""
    with pikepdf.new() as pdf:
        family = pikepdf.Dictionary(
            Type=pikepdf.Name.Font,
            Subtype=pikepdf.Name.CIDFontType0,
            BaseFont=pikepdf.Name("/HeiseiKakuGo-W5"),
            CIDSystemInfo=pikepdf.Dictionary(Registry="Adobe", Ordering="Japan1", Supplement=2),
        )
        font = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type0,
                BaseFont=pikepdf.Name("/HeiseiKakuGo-W5"),
                Encoding=pikepdf.Name("/UniJIS-UTF16-H"),
                DescendantFonts=[family],
            )
        )
        image = pdf.make_stream(
            photo(random, 800, 600),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=800,
            Height=600,
            ColorSpace=pikepdf.Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )
        for number in range(pages):
            lines = "\n".join(f"<{office.sentence(random)[:34].encode('utf-16-be').hex()}> Tj T*" for _ in range(40))
            shown = "q 300 0 0 225 150 40 cm /I1 Do Q\n" if number % 10 == 0 else ""
            page = pdf.add_blank_page(page_size=(595, 842))
            page.obj.Contents = pdf.make_stream(f"{shown}BT /F1 12 Tf 18 TL 50 790 Td\n{lines}\nET".encode())
            page.obj.Resources = pikepdf.Dictionary(
                Font=pikepdf.Dictionary(F1=font), XObject=pikepdf.Dictionary(I1=image) if shown else pikepdf.Dictionary()
            )
        pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        buffer = io.BytesIO()
        pdf.save(buffer, deterministic_id=True)
        return buffer.getvalue()


def _html(random: Random, size: int) -> bytes:
    cell = '<td style="color:#333"><a href="https://example.jp/{}">{}</a></td>'
    rows = "".join(f"<tr>{cell.format(n, office.sentence(random))}</tr>" for n in range(size // 165))
    script = '<script>alert(1)</script><img src="https://example.jp/pixel.gif">'
    return f'<html><head><meta charset="utf-8"></head><body>{script}<table>{rows}</table></body></html>'.encode()


def _archive(random: Random, documents: int) -> bytes:
    members = {f"調査票/回答{n}.docx": office.docx(random, 200) for n in range(documents)}
    return office.zipped(members | {f"写真/現場{n}.jpg": photo(random, 1200, 900) for n in range(documents)})


def _photos(random: Random, count: int) -> list[bytes]:
    return [photo(random, 800, 600) for _ in range(count)]


# row of the report, extension, how file number 0, 1 or 2 (small, medium, large) is made
_MAKERS: tuple[tuple[str, str, Callable[[Random, int], bytes]], ...] = (
    ("docx", "docx", lambda r, n: _sized(lambda count: office.docx(r, count), 10_000 * 10**n)),
    ("docx-photos", "docx", lambda r, n: office.docx(r, 30 * 10**n, *_photos(r, (1, 3, 10)[n]))),
    ("xlsx", "xlsx", lambda r, n: _sized(lambda count: office.xlsx(r, count), 10_000 * 10**n)),
    ("pptx", "pptx", lambda r, n: office.pptx(r, (2, 10, 30)[n], _photos(r, (0, 2, 10)[n]))),
    ("pdf", "pdf", lambda r, n: _pdf(r, 10**n)),
    ("jpeg", "jpg", lambda r, n: photo(r, *((640, 480), (2000, 1500), (4000, 3000))[n])),
    ("png", "png", lambda r, n: _png(r, *((320, 240), (1280, 960), (2560, 1600))[n])),
    ("html", "html", lambda r, n: _html(r, (5_000, 50_000, 200_000)[n])),
    ("text", "txt", lambda r, n: _paragraphs(r, (2_000, 20_000, 200_000)[n]).encode("cp932")),
    ("zip", "zip", lambda r, n: _archive(r, (1, 3, 10)[n])),
)
