"""A PNG writer for one picture: four to six times as fast as Pillow's for about the same size (libraries.md 5).

Writes IHDR, pHYs, PLTE, tRNS, one IDAT, IEND and nothing else.  The speed comes from isal's deflate and from one filter
for all rows, computed by Pillow on the whole picture.  Animations are written by Pillow.
"""

from __future__ import annotations

import struct

from isal import isal_zlib
from PIL import Image, ImageChops

_COLOUR_TYPES = {"1": (1, 0), "L": (8, 0), "I;16": (16, 0), "RGB": (8, 2), "P": (8, 3), "LA": (8, 4), "RGBA": (8, 6)}
MODES = tuple(_COLOUR_TYPES)
_FILTERED = ("L", "LA", "RGB", "RGBA")  # differences of palette indices or packed bits mean nothing
_UP = b"\x02"  # PNG 9.2: each byte minus the one above it
_NONE = b"\x00"
_METRE = 39.3701  # inches


def encode(pixels: Image.Image, dpi: tuple[int, int] | None) -> bytes:
    """`pixels.mode` must be one of MODES."""
    depth, colour_type = _COLOUR_TYPES[pixels.mode]
    header = struct.pack(">IIBBBBB", pixels.width, pixels.height, depth, colour_type, 0, 0, 0)
    chunks = [_chunk(b"IHDR", header)]
    if dpi:
        chunks.append(_chunk(b"pHYs", struct.pack(">IIB", round(dpi[0] * _METRE), round(dpi[1] * _METRE), 1)))
    if pixels.mode == "P":
        chunks.append(_chunk(b"PLTE", bytes(pixels.getpalette("RGB") or (0, 0, 0))))
    if transparency := _transparency(pixels):
        chunks.append(_chunk(b"tRNS", transparency))
    chunks += [_chunk(b"IDAT", isal_zlib.compress(_rows(pixels), 1)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def rows(content: bytes) -> bytes:
    """The compressed rows of a picture that `encode` wrote: its one IDAT chunk."""
    at = content.index(b"IDAT")
    return content[at + 4 : at + 4 + int.from_bytes(content[at - 4 : at], "big")]


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", isal_zlib.crc32(name + data))


def _rows(pixels: Image.Image) -> bytes:
    """Each row behind the number of its filter."""
    mark = _UP if pixels.mode in _FILTERED else _NONE
    if mark == _UP:
        above = Image.new(pixels.mode, pixels.size)
        above.paste(pixels, (0, 1))
        pixels = ImageChops.subtract_modulo(pixels, above)
    data = pixels.tobytes("raw", "I;16B") if pixels.mode == "I;16" else pixels.tobytes()
    width = len(data) // pixels.height
    return b"".join(piece for at in range(0, len(data), width) for piece in (mark, data[at : at + width]))


def _transparency(pixels: Image.Image) -> bytes:
    """PNG 11.3.2: an alpha value for each palette entry, or the one colour that is transparent."""
    value = pixels.info.get("transparency")
    if pixels.mode == "P" and isinstance(value, int):
        return b"\xff" * min(value, 255) + b"\x00"
    if pixels.mode == "P" and isinstance(value, bytes):
        return value[:256]
    if pixels.mode in ("1", "L", "I;16") and isinstance(value, int):
        return struct.pack(">H", value & 0xFFFF)
    if pixels.mode == "RGB" and isinstance(value, tuple) and len(value) == 3:
        return struct.pack(">HHH", *(int(sample) & 0xFFFF for sample in value))
    return b""
