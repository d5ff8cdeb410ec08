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


def sun_raster(image: Image.Image) -> bytes:
    """24 bits, not compressed, red first (type 3); rows are of an even number of bytes (rasterfile.h)."""
    rgb = image.convert("RGB")
    size = rgb.width * 3
    rows = [rgb.tobytes()[at * size : (at + 1) * size] + bytes(size % 2) for at in range(rgb.height)]
    body = b"".join(rows)
    return struct.pack(">8I", 0x59A66A95, rgb.width, rgb.height, 24, len(body), 3, 0, 0) + body


def photoshop(pixels: Image.Image, layers: int = 0) -> bytes:
    """The least PSD that there is (Adobe's file format specification): header, as many empty layers as asked for, the whole."""
    record = bytes(16) + struct.pack(">H", 0) + b"8BIMnorm" + struct.pack(">BBBBI", 255, 0, 0, 0, 12) + bytes(12)
    info = struct.pack(">h", layers) + record * layers if layers else b""
    info += bytes(len(info) % 2)
    section = struct.pack(">I", len(info)) + info
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, pixels.height, pixels.width, 8, 3)
    whole = b"".join(band.tobytes() for band in pixels.convert("RGB").split())
    return header + bytes(8) + struct.pack(">I", len(section)) + section + bytes(2) + whole


def cursor(pixels: Image.Image) -> bytes:
    """An icon of bitmaps with another number in its head; where the pointer points stands where an icon counts planes."""
    icon = encoded(pixels, "ICO", bitmap_format="bmp")
    return icon[:2] + b"\2" + icon[3:]


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
