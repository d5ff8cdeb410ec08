"""Pictures with something besides pixels in every place that their format has for it (D10, F4)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator

from PIL import Image, PngImagePlugin, TiffImagePlugin

from samples.sample import Sample, canary


def plain(kind: str, **options: object) -> bytes:
    """A small gradient in the format that Pillow calls `kind`."""
    image = Image.new("RGB", (48, 32))
    image.putdata([(x * 5, y * 8, 128) for y in range(32) for x in range(48)])
    buffer = io.BytesIO()
    (image.quantize(16) if kind == "GIF" else image).save(buffer, kind, **options)
    return buffer.getvalue()


def _after_start(content: bytes, marker: int, payload: bytes) -> bytes:
    """A JPEG with one more segment behind SOI."""
    return content[:2] + struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload + content[2:]


def jpeg_with_exif(mark: str) -> bytes:
    """EXIF with ImageDescription and a GPS position."""
    exif = Image.Exif()
    exif[0x010E] = mark
    exif.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.0), 3: "E", 4: (139.0, 41.0, 30.0)})
    return plain("JPEG", exif=exif.tobytes())


def _png_chunk(kind: bytes, payload: bytes) -> bytes:
    """A PNG with one more chunk behind IHDR."""
    content = plain("PNG")
    chunk = struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))
    return content[:33] + chunk + content[33:]


def _jpegs() -> Iterator[tuple[str, bytes]]:
    yield "exif.jpg", jpeg_with_exif(canary("image/exif.jpg"))
    for slot, marker, lead in (("xmp", 0xE1, b"http://ns.adobe.com/xap/1.0/\0"), ("iptc", 0xED, b"Photoshop 3.0\0")):
        yield f"{slot}.jpg", _after_start(plain("JPEG"), marker, lead + canary(f"image/{slot}.jpg").encode())
    yield "comment.jpg", _after_start(plain("JPEG"), 0xFE, canary("image/comment.jpg").encode())
    yield "unknown-segment.jpg", _after_start(plain("JPEG"), 0xE9, canary("image/unknown-segment.jpg").encode())
    yield "trailing.jpg", plain("JPEG") + b"PK\3\4" + canary("image/trailing.jpg").encode()


def _pngs() -> Iterator[tuple[str, bytes]]:
    for kind in (b"tEXt", b"iTXt", b"eXIf", b"prVt"):
        name = f"{kind.decode()}.png"
        lead = b"Comment\0" + (b"\0\0\0\0" if kind == b"iTXt" else b"")
        yield name, _png_chunk(kind, lead + canary(f"image/{name}").encode())
    text = PngImagePlugin.PngInfo()
    text.add_text("note", canary("image/zTXt.png"), zip=True)
    yield "zTXt.png", plain("PNG", pnginfo=text)
    yield "trailing.png", plain("PNG") + b"<script>" + canary("image/trailing.png").encode()


def _others() -> Iterator[tuple[str, bytes]]:
    gif = plain("GIF")
    comment = canary("image/comment.gif").encode()
    yield "comment.gif", gif[:-1] + b"\x21\xfe" + bytes([len(comment)]) + comment + b"\0;"
    yield "trailing.gif", gif + canary("image/trailing.gif").encode()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[270], tags[65000] = canary("image/tags.tif"), canary("image/tags.tif")
    yield "tags.tif", plain("TIFF", tiffinfo=tags)
    yield "trailing.tif", plain("TIFF") + canary("image/trailing.tif").encode()
    yield "trailing.bmp", plain("BMP") + canary("image/trailing.bmp").encode()
    yield "xmp.webp", plain("WEBP", xmp=canary("image/xmp.webp").encode())


def samples() -> Iterator[Sample]:
    for kind, extension in (("JPEG", "jpg"), ("PNG", "png"), ("GIF", "gif"), ("BMP", "bmp"), ("TIFF", "tif"), ("WEBP", "webp")):
        yield Sample(f"benign/gradient.{extension}", "-", f"plain {kind}", plain(kind), verdict="")
    for slots in (_jpegs(), _pngs(), _others()):
        for name, content in slots:
            yield Sample(f"hostile/image/{name}", "D10", name.rpartition(".")[0], content, canary(f"image/{name}"), verdict="")
