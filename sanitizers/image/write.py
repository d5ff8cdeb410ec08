"""Pixels to a picture file, one encoder per format: what is written here holds nothing that was not asked for.

A format that cannot hold the pixels (JPEG with transparency), or that many readers cannot open (AVIF, JPEG 2000, Photoshop), is
answered in JPEG or PNG; the caller reports it.  Raises what Pillow raises.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from PIL import Image, TiffImagePlugin

from sanitizers.image import png

TYPES = {  # format -> media type, extension
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "BMP": ("image/bmp", "bmp"),
    "TIFF": ("image/tiff", "tif"),
    "WEBP": ("image/webp", "webp"),
}
MULTIPLE = frozenset({"FLI", "GIF", "PNG", "TIFF", "WEBP"})  # formats whose further frames or pages are delivered
_MODES = {  # what each encoder takes as it is; every other mode is converted, transparency kept where it can be
    "JPEG": ("L", "RGB"),
    "PNG": png.MODES,
    "GIF": ("L", "P", "RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "I;16", "I", "F", "P", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
}
_PHOTOGRAPHS = frozenset({"AVIF", "HEIF", "JPEG2000"})  # as PNG they would be many times as large
_OPAQUE = frozenset({"JPEG", "BMP"})  # BMP has an alpha channel that few readers honour
_QUALITY = 90  # of what is newly made lossy: no difference is seen at reading size
_WEBP_QUALITY = 80  # libwebp's default, with which most files were written: higher only adds bytes
_FAST = 1  # deflate level: 20 % larger than level 6, in a quarter of the time


@dataclass(frozen=True, slots=True)
class Frame:
    pixels: Image.Image
    duration: float  # milliseconds; 0 for a page


@dataclass(frozen=True, slots=True)
class Style:
    """How the source was written, as far as the eye notices it."""

    format: str
    dpi: tuple[int, int] | None
    loop: int | None
    tables: tuple[tuple[int, ...], ...]  # JPEG quantisation, 64 numbers of 1 to 255 each; () for other formats
    sampling: int  # JPEG chroma subsampling as Pillow numbers it; -1 leaves the choice to the encoder
    lossy: bool  # WebP and TIFF can be either


@dataclass(frozen=True, slots=True)
class Written:
    content: bytes
    format: str


def write(frames: Iterator[Frame], style: Style) -> Written:
    """`frames` yields at least one; TIFF pages are taken one at a time so that only one is in memory."""
    out = io.BytesIO()
    if style.format == "TIFF":
        _tiff(frames, style, out)
        return Written(out.getvalue(), "TIFF")
    pictures = list(frames)
    format = style.format if style.format in TYPES else "JPEG" if style.format in _PHOTOGRAPHS else "PNG"
    if format in _OPAQUE and pictures[0].pixels.has_transparency_data:
        format = "PNG"
    fitted = [Frame(_fit(frame.pixels, format), frame.duration) for frame in pictures]
    _ENCODERS[format](fitted, style, out)
    return Written(out.getvalue(), format)


def _fit(pixels: Image.Image, format: str) -> Image.Image:
    if pixels.mode in _MODES[format]:
        return pixels
    converted = pixels.convert("RGBA" if pixels.has_transparency_data else "RGB")
    converted.info.pop("icc_profile", None)  # Pillow gives one to what was Lab, and the TIFF writer keeps it
    return converted


def _save(pixels: Image.Image, out: io.BytesIO, format: str, dpi: tuple[int, int] | None, **options: Any) -> None:
    pixels.save(out, format, **options, **({"dpi": dpi} if dpi else {}))


def _jpeg(frames: list[Frame], style: Style, out: io.BytesIO) -> None:
    # The source's own quantisation tables (T.81 B.2.4.1, numbers of 8 bits) lose next to nothing in the second generation
    # and keep the size; any other quality costs one of the two.
    tables = {"qtables": style.tables, "subsampling": style.sampling} if style.tables else {"quality": _QUALITY}
    _save(frames[0].pixels, out, "JPEG", style.dpi, **tables)


def _png(frames: list[Frame], style: Style, out: io.BytesIO) -> None:
    if len(frames) == 1:
        out.write(png.encode(frames[0].pixels, style.dpi))
    else:
        frames[0].pixels.save(out, "PNG", compress_level=_FAST, **_animation(frames, style))


def _bmp(frames: list[Frame], style: Style, out: io.BytesIO) -> None:
    _save(frames[0].pixels, out, "BMP", style.dpi)


def _gif(frames: list[Frame], style: Style, out: io.BytesIO) -> None:
    # Frames come composited: over an opaque one the next may be drawn, a transparent one must be cleared away first.
    transparent = any(frame.pixels.has_transparency_data for frame in frames)
    frames[0].pixels.save(out, "GIF", disposal=2 if transparent else 1, optimize=False, **_animation(frames, style))


def _webp(frames: list[Frame], style: Style, out: io.BytesIO) -> None:
    # method 2 of 6: a third of the time of the default for 3 % more bytes
    frames[0].pixels.save(out, "WEBP", lossless=not style.lossy, quality=_WEBP_QUALITY, method=2, **_animation(frames, style))


def _tiff(frames: Iterator[Frame], style: Style, out: io.BytesIO) -> None:
    with TiffImagePlugin.AppendingTiffWriter(out) as pages:
        for frame in frames:
            pixels = _fit(frame.pixels, "TIFF")
            options: dict[str, Any] = {"compression": "tiff_adobe_deflate"}
            if pixels.mode == "1":
                options = {"compression": "group4"}
            elif style.lossy and pixels.mode in _MODES["JPEG"]:
                options = {"compression": "jpeg", "quality": _QUALITY}
            _save(pixels, pages, "TIFF", style.dpi, **options)
            pages.newFrame()


def _animation(frames: list[Frame], style: Style) -> dict[str, Any]:
    if len(frames) == 1:
        return {}
    options: dict[str, Any] = {
        "save_all": True,
        "append_images": [frame.pixels for frame in frames[1:]],
        "duration": [round(frame.duration) for frame in frames],
    }
    return options if style.loop is None else {**options, "loop": style.loop}


_ENCODERS: dict[str, Callable[[list[Frame], Style, io.BytesIO], None]] = {
    "JPEG": _jpeg,
    "PNG": _png,
    "GIF": _gif,
    "BMP": _bmp,
    "WEBP": _webp,
}
