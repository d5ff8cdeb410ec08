"""Pictures for the tests, with the metadata and the tricks that the sanitiser has to deal with."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import ExifTags, Image

SIZE = (48, 32)


def picture(mode: str = "RGB", size: tuple[int, int] = SIZE) -> Image.Image:
    """A gradient, different in each corner, so that turning and cutting show."""
    across = Image.linear_gradient("L").resize(size).rotate(90)
    down = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (across, down, Image.new("L", size, 90))).convert(mode)


def encoded(pixels: Image.Image, format: str, **options: object) -> bytes:
    out = io.BytesIO()
    pixels.save(out, format, **options)
    return out.getvalue()


def exif(orientation: int = 1, position: bool = False, text: str = "canary") -> Image.Exif:
    data = Image.Exif()
    data[ExifTags.Base.Orientation] = orientation
    data[ExifTags.Base.ImageDescription] = text
    if position:
        data.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (36.0, 19.0, 20.0)
    return data


def animation(format: str, frames: int = 3) -> bytes:
    pictures = [Image.new("RGB", SIZE, (80 * number, 40, 200)).convert("P") for number in range(frames)]
    return encoded(pictures[0], format, save_all=True, append_images=pictures[1:], duration=120, loop=0)


def pages(count: int = 3) -> bytes:
    pictures = [picture("1", (200 + number, 100)) for number in range(count)]
    return encoded(pictures[0], "TIFF", save_all=True, append_images=pictures[1:], compression="group4")


def hollow_gif(width: int, height: int, frames: int) -> bytes:
    """Promises `frames` frames of that size in a few bytes each; none of them can be decoded."""
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame * frames + b"\x3b"


def hollow_png(width: int, height: int) -> bytes:
    """One bit a pixel and all of it zero: 400 million pixels weigh 48 kB."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = zlib.compress(bytes(((width + 7) // 8 + 1) * min(height, 64)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
