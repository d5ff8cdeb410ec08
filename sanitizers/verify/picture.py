"""Pictures, walked block by block: only what paints pixels, nothing behind the end, and it decodes (D10, formats.md 5)."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator

from PIL import Image

from sanitizers.verify.words import words

_PIXELS = 512_000_000  # all frames: twice the rebuilder's cap, so that only a bomb reaches it
_PNG_CHUNKS = words("IHDR PLTE tRNS IDAT IEND sRGB gAMA cHRM pHYs sBIT bKGD acTL fcTL fdAT")
_JPEG_SEGMENTS = frozenset((0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xDA))  # SOF0-2, DHT, DQT, DRI, SOS
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]")  # ends entropy-coded data: neither stuffing nor restart
_WEBP_CHUNKS = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"))
_TIFF_TAGS = frozenset(
    (*range(254, 260), 262, 266, 273, 274, *range(277, 285), 292, 293, 296, 297, 317, 320, *range(322, 326), 332, 334, 338, 339)
).union(
    (347, 530, 531, 532)
)  # sizes, samples, strips and tiles, resolution, palette, ink, JPEG tables: no text, no private tag, no other directory
_TIFF_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_TIFF_GAP = re.compile(rb"\0{,15}(?:(?:II\*\0|MM\0\*).{4})?", re.DOTALL)  # padding to 16, and each page's own unused header
_TIFF_DATA = {273: 279, 324: 325}  # StripOffsets: StripByteCounts, TileOffsets: TileByteCounts


def jpeg(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """ITU-T T.81 B.1: JFIF and Adobe are the only application segments."""
    if not content.startswith(b"\xff\xd8"):
        yield "no SOI"
    at = 2
    while content[at : at + 2] != b"\xff\xd9":
        marker, length = struct.unpack_from(">2sH", content, at)
        segment = content[at + 4 : at + 2 + length]
        if marker[0] != 0xFF or not _jpeg_segment(marker[1], segment):
            yield f"JPEG segment {marker.hex()} {segment[:12]!r}"
        at += 2 + length
        if marker[1] == 0xDA:
            found = _JPEG_MARKER.search(content, at)
            at = found.start() if found else len(content)
    if at + 2 != len(content):
        yield "bytes after EOI"
    yield from _decodes(content, "JPEG")


def _jpeg_segment(marker: int, segment: bytes) -> bool:
    if marker == 0xE0:
        return segment.startswith(b"JFIF\0") and len(segment) == 14  # 14: no thumbnail
    if marker == 0xEE:
        return segment.startswith(b"Adobe") and len(segment) == 12
    return marker in _JPEG_SEGMENTS


def png(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """PNG 1.2 section 3."""
    if not content.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"):
        yield "no PNG signature and IHDR"
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", content, at)
        if kind.decode("latin-1") not in _PNG_CHUNKS:
            yield f"PNG chunk {kind!r}"
        (checksum,) = struct.unpack_from(">I", content, at + 8 + length)
        if checksum != zlib.crc32(memoryview(content)[at + 4 : at + 8 + length]):
            yield f"PNG chunk {kind!r}: wrong checksum"
        at += 12 + length
    if at != len(content) or length:
        yield "bytes in or after IEND"
    yield from _decodes(content, "PNG")


def gif(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """GIF89a: pictures, their timing, and the loop count."""
    if content[:6] not in (b"GIF87a", b"GIF89a"):
        yield "no GIF header"
    at = 13 + _gif_colours(content[10])
    while content[at] != 0x3B:
        if content[at] == 0x2C:
            at += 10 + _gif_colours(content[at + 9]) + 1
        elif content[at] == 0x21:
            if content[at + 1] != 0xF9 and content[at + 1 : at + 14] != b"\xff\x0bNETSCAPE2.0":
                yield f"GIF extension {content[at + 1 : at + 14]!r}"
            at += 2
        else:
            yield f"GIF block {content[at]:#x}"
            return
        while content[at]:
            at += 1 + content[at]
        at += 1
    if at + 1 != len(content):
        yield "bytes after the GIF trailer"
    yield from _decodes(content, "GIF")


def _gif_colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def bmp(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """Uncompressed, and exactly as long as its rows."""
    kind, size, _, start = struct.unpack_from("<2sIII", content)
    header, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", content, 14)
    if kind != b"BM" or header not in (40, 108, 124) or compression not in (0, 3):
        yield "not a plain BMP"
    if size != len(content) or start + (width * bits + 31) // 32 * 4 * abs(height) != size:
        yield "bytes besides the rows"
    yield from _decodes(content, "BMP")


def tiff(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """TIFF 6.0 section 2: every byte belongs to a directory, a value or a strip."""
    order = {b"II*\0": "<", b"MM\0*": ">"}[content[:4]]
    (at,) = struct.unpack_from(order + "I", content, 4)
    owned, seen = [(0, 8)], set[int]()
    while at:
        if at in seen:
            yield "directories in a circle"
            return
        seen.add(at)
        (count,) = struct.unpack_from(order + "H", content, at)
        entries = [struct.unpack_from(order + "HHI4s", content, at + 2 + 12 * n) for n in range(count)]
        yield from (f"TIFF tag {tag}" for tag in sorted({entry[0] for entry in entries} - _TIFF_TAGS))
        owned += [(at, at + 6 + 12 * count), *_tiff_ranges(content, order, entries)]
        (at,) = struct.unpack_from(order + "I", content, at + 2 + 12 * count)
    end = 0
    for start, stop in [*sorted(owned), (len(content), len(content))]:
        if not _TIFF_GAP.fullmatch(content[end : max(end, start)]):
            yield "bytes that no directory owns"
        end = max(end, stop)
    yield from _decodes(content, "TIFF")


def _tiff_ranges(content: bytes, order: str, entries: list[tuple[int, int, int, bytes]]) -> Iterator[tuple[int, int]]:
    """Where each value and each strip lies: start and end."""
    numbers = {}
    for tag, kind, count, value in entries:
        length = _TIFF_SIZES[kind] * count
        (at,) = struct.unpack(order + "I", value)
        if length > 4:
            yield at, at + length
        if kind in (3, 4):
            raw = content[at : at + length] if length > 4 else value[:length]
            numbers[tag] = struct.unpack(f"{order}{count}{'H' if kind == 3 else 'I'}", raw)
    for offsets, lengths in _TIFF_DATA.items():
        yield from ((at, at + length) for at, length in zip(numbers.get(offsets, ()), numbers.get(lengths, ()), strict=True))


def webp(content: bytes, digests: frozenset[str]) -> Iterator[str]:
    """RFC 9649 2.3-2.7."""
    magic, size, kind = struct.unpack_from("<4sI4s", content)
    if magic != b"RIFF" or kind != b"WEBP" or size + 8 != len(content):
        yield "not exactly one WebP"
    at = 12
    while at < len(content):
        kind, size = struct.unpack_from("<4sI", content, at)
        if kind not in _WEBP_CHUNKS:
            yield f"WebP chunk {kind!r}"
        at += 8 + size + size % 2
    if at != len(content):
        yield "the last WebP chunk is cut off"
    yield from _decodes(content, "WEBP")


def _decodes(content: bytes, kind: str) -> Iterator[str]:
    """Every frame, with the one decoder that the bytes claim."""
    with Image.open(io.BytesIO(content), formats=(kind,)) as picture:
        frames = getattr(picture, "n_frames", 1)
        if picture.width * picture.height * frames > _PIXELS:
            yield f"{frames} frames of {picture.width} x {picture.height}"
            return
        for frame in range(frames):
            picture.seek(frame)
            picture.load()
