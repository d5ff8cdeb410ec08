"""A picture in, the same picture out: header checked against the caps, decoded, stripped of everything but pixels, encoded.

Raises `Refused`: LIMIT_PIXELS and LIMIT_PARTS before a pixel is decoded, CORRUPT when a pixel is missing,
TYPE_NOT_ALLOWED for what no listed decoder accepts.  Orientation is applied and colours are brought to sRGB first, so that
nothing is lost to the eye with the metadata.  Animation, pages, palette and transparency stay.
"""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import AvifImagePlugin, ExifTags, GifImagePlugin, Image, ImageCms, ImageOps, JpegImagePlugin, UnidentifiedImageError

from sanitizers import names
from sanitizers.image import extent, write
from sanitizers.image.write import Frame, Style
from sanitizers.job import Findings, Job
from sanitizers.model import Kind, Limits, Outcome, Part, Reason, Refused, Treatment

Image.init()  # every plug-in now: a locked worker cannot import one later
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a locked worker may not start a thread
Image.MAX_IMAGE_PIXELS = Limits().pixels  # second line: `_measure` compares with the profile's own limit first
GifImagePlugin.LOADING_STRATEGY = GifImagePlugin.LoadingStrategy.RGB_AFTER_DIFFERENT_PALETTE_ONLY  # keeps palettes

_PILLOW = {  # media type -> the only decoders that may look at it
    "image/jpeg": ("JPEG",),
    "image/png": ("PNG",),
    "image/gif": ("GIF",),
    "image/bmp": ("BMP",),
    "image/tiff": ("TIFF",),
    "image/webp": ("WEBP",),
    "image/avif": ("AVIF",),
    "image/jp2": ("JPEG2000",),
}
_ANY = tuple(name for names in _PILLOW.values() for name in names)
_PILLOW |= {  # still pictures that no office program shows inside a document: only as files, and delivered as PNG
    "image/vnd.adobe.photoshop": ("PSD",),  # all layers as they look together
    "image/vnd.microsoft.icon": ("ICO",),
    "image/vnd.ms-dds": ("DDS",),
    "image/vnd.zbrush.pcx": ("PCX",),
    "image/x-dib": ("DIB",),
    "image/x-fli": ("FLI",),
    "image/x-icns": ("ICNS",),
    "image/x-portable-anymap": ("PPM",),
    "image/x-qoi": ("QOI",),
    "image/x-sgi": ("SGI",),
    "image/x-sun-raster": ("SUN",),
    "image/x-tga": ("TGA",),
    "image/x-win-cursor": ("CUR",),
}
MEDIA_TYPES = tuple(_PILLOW)
# Keys of Pillow's `info` that speak of pixels and time; every other is reported as metadata.
_CODING = frozenset(
    {"adobe", "adobe_transform", "compression", "extension", "gamma", "interlace", "progression", "progressive", "srgb"}
)
_LAYOUT = frozenset({"background", "bbox", "blend", "chromaticity", "default_image", "disposal", "resolution", "transparency"})
_TIMING = frozenset({"dpi", "duration", "loop", "timestamp", "version", "jfif", "jfif_density", "jfif_unit", "jfif_version"})
_HEIF = frozenset({"primary", "bit_depth", "chroma", "icc_profile_type", "nclx_profile", "original_orientation", "heif"})
_PIXELS = _CODING | _LAYOUT | _TIMING | _HEIF
_TIFF_TEXTS = {
    269: "DocumentName",
    270: "ImageDescription",
    305: "Software",
    306: "DateTime",
    315: "Artist",
    33432: "Copyright",
}
_OF_ONE_SIZE = write.MULTIPLE - {"TIFF"}  # TIFF pages differ and are counted one by one; of other formats one frame is decoded
_LONGEST = 600_000.0  # milliseconds a frame may stand; the formats' own fields end near this
_FINEST = 10_000  # dots per inch; no scanner is finer
_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# What Pillow's decoders raise on hostile bytes, besides Refused and MemoryError, which say more than "corrupt".
_UNDECODABLE = (
    OSError,
    RuntimeError,
    ValueError,
    SyntaxError,
    EOFError,
    struct.error,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
)


@dataclass(frozen=True, slots=True)
class Recoded:
    """A picture that we wrote ourselves.  `extension` is without the dot."""

    content: bytes
    media_type: str
    extension: str


def sanitise(content: bytes, part: Part, detected: str, job: Job) -> Outcome:
    """Rebuild one picture; the name's extension follows what was written."""
    findings = Findings()
    recoded = recode_as(content, _PILLOW[detected], job.profile.limits, findings, "")
    name = names.with_extension(part.name, recoded.media_type) if part.name else ""
    return Outcome(findings.verdict(), detected, recoded.content, recoded.media_type, name, findings.all())


def recode(content: bytes, limits: Limits, findings: Findings, where: str) -> Recoded:
    """Rebuild a picture inside a document; raises Refused (also for a type that is not in MEDIA_TYPES)."""
    return recode_as(content, _ANY, limits, findings, where)


def recode_as(content: bytes, formats: tuple[str, ...], limits: Limits, findings: Findings, where: str) -> Recoded:
    """The same with the decoders of `formats` and no others."""
    with _judged(formats):
        return _rebuild(content, formats, limits, findings, where)


def look(content: bytes, formats: tuple[str, ...], limits: Limits, findings: Findings, where: str) -> None:
    """What `recode_as` would report and refuse before it decodes the first pixel."""
    with _judged(formats):
        picture = Image.open(io.BytesIO(content), formats=formats)
        _measure(picture, limits)
        _report(picture, content, findings, where)


@contextmanager
def _judged(formats: tuple[str, ...]) -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            yield
        except UnidentifiedImageError as unknown:
            raise Refused(Reason.CORRUPT, f"not a readable picture ({', '.join(formats)})") from unknown
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
            raise Refused(Reason.LIMIT_PIXELS, str(bomb)) from bomb
        except _UNDECODABLE as broken:
            raise Refused(Reason.CORRUPT, f"{type(broken).__name__}: {broken}") from broken


def _rebuild(content: bytes, formats: tuple[str, ...], limits: Limits, findings: Findings, where: str) -> Recoded:
    picture = Image.open(io.BytesIO(content), formats=formats)
    source_format = "JPEG" if picture.format == "MPO" else str(picture.format)
    count = _measure(picture, limits)
    picture.load()  # also reads the metadata that stands behind the pixels
    _report(picture, content, findings, where)
    if count > 1 and source_format not in write.MULTIPLE:
        findings.add(Kind.HIDDEN_CONTENT, where, f"{count - 1} further pictures in the file", Treatment.REMOVED)
        count = 1
    style = _style(picture, source_format, content)
    written = write.write(_frames(picture, count, limits), style)
    if written.format != source_format:
        findings.add(Kind.CONVERTED, where, f"{source_format} to {written.format}", Treatment.REPLACED)
    return Recoded(written.content, *write.TYPES[written.format])


def _measure(picture: Image.Image, limits: Limits) -> int:
    """Number of frames, after comparing what the headers promise with the caps; nothing is decoded here."""
    frames = max(1, int(getattr(picture, "n_frames", 1)))  # a PSD counts its layers
    if frames > limits.frames:
        raise Refused(Reason.LIMIT_PARTS, f"{frames} frames, limit {limits.frames}")
    pixels = picture.width * picture.height
    if pixels > limits.pixels:
        raise Refused(Reason.LIMIT_PIXELS, f"{picture.width}x{picture.height} pixels, limit {limits.pixels}")
    if picture.format in _OF_ONE_SIZE and pixels * frames > limits.total_pixels:
        raise Refused(Reason.LIMIT_PIXELS, f"{frames} frames of {pixels} pixels, limit {limits.total_pixels} in all")
    return frames


def _report(picture: Image.Image, content: bytes, findings: Findings, where: str) -> None:
    names = sorted({str(key) for key, value in picture.info.items() if value not in (None, [], {})} - _PIXELS)
    names += [_TIFF_TEXTS[tag] for tag in getattr(picture, "tag_v2", ()) if tag in _TIFF_TEXTS]
    if names:
        findings.add(Kind.METADATA, where, ", ".join(names), Treatment.REMOVED)
    if _has_position(picture):
        findings.add(Kind.LOCATION, where, "GPS position", Treatment.REMOVED)
    rest = len(content) - extent.end(content, str(picture.format))
    if rest > 0:
        findings.add(Kind.TRAILING_DATA, where, f"{rest} bytes after the picture", Treatment.REMOVED)


def _has_position(picture: Image.Image) -> bool:
    """False when EXIF is unreadable: it is only looked at, never kept."""
    try:
        return bool(picture.getexif().get_ifd(ExifTags.IFD.GPSInfo))
    except _UNDECODABLE:
        return False


def _style(picture: Image.Image, source_format: str, content: bytes) -> Style:
    tables = _tables(getattr(picture, "quantization", {})) if picture.mode in ("L", "RGB") else ()
    return Style(
        format=source_format,
        dpi=_dpi(picture),
        loop=_loop(picture),
        tables=tables,
        sampling=JpegImagePlugin.get_sampling(picture) if tables else -1,
        lossy=b"VP8 " in content if source_format == "WEBP" else picture.info.get("compression") == "jpeg",
    )


def _frames(picture: Image.Image, count: int, limits: Limits) -> Iterator[Frame]:
    """Each frame upright, in sRGB, and with nothing in `info` but its transparency."""
    budget, first = limits.total_pixels, picture.tell()  # of an HEIF file the primary picture
    for number in range(first, first + count):
        if number != picture.tell():  # a PSD without layers has no frame to go to
            picture.seek(number)
        budget -= picture.width * picture.height
        if picture.width * picture.height > limits.pixels or budget < 0:
            raise Refused(Reason.LIMIT_PIXELS, f"page {number + 1} of {picture.width}x{picture.height} pixels")
        frame = _srgb(_upright(picture), picture.info.get("icc_profile"))
        frame.info = {key: value for key, value in frame.info.items() if key == "transparency"}
        duration = picture.info.get("duration", 0)  # WebP knows it only after decoding
        yield Frame(frame, min(max(float(duration), 0.0), _LONGEST))


def _upright(picture: Image.Image) -> Image.Image:
    """A copy without the attributes of its file; a JPEG has none that its encoder looks at, and is turned in place."""
    picture.load()
    in_place = picture.format in ("JPEG", "MPO")  # 12 million pixels: saves copying 48 MB
    try:
        if not in_place:
            return ImageOps.exif_transpose(picture)
        ImageOps.exif_transpose(picture, in_place=True)
        return picture
    except _UNDECODABLE:  # broken EXIF: the picture itself is already decoded
        return picture if in_place else picture.copy()


def _srgb(frame: Image.Image, profile: object) -> Image.Image:
    """Colours as the ICC profile means them; a broken profile leaves them as they are."""
    if not isinstance(profile, bytes) or frame.mode not in ("RGB", "RGBA", "CMYK", "LAB"):
        return frame
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return frame
        mode = "RGBA" if frame.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(frame, source, _SRGB, outputMode=mode) or frame
    except (ImageCms.PyCMSError, *_UNDECODABLE):
        return frame


def _dpi(picture: Image.Image) -> tuple[int, int] | None:
    """Print size; kept because Office and fax viewers scale by it."""
    dpi = picture.info.get("dpi")
    if not isinstance(dpi, tuple) or len(dpi) != 2:
        return None
    across, down = (round(float(value)) for value in dpi)
    return (across, down) if 1 <= across <= _FINEST and 1 <= down <= _FINEST else None


def _loop(picture: Image.Image) -> int | None:
    """How often an animation plays: 0 is for ever, None once (GIF without the Netscape block)."""
    loop = picture.info.get("loop")
    return min(max(loop, 0), 0xFFFF) if isinstance(loop, int) else None


def _tables(quantisation: dict[int, list[int]]) -> tuple[tuple[int, ...], ...]:
    """In order, limited to baseline's 8 bits; () when they are not four or fewer complete tables."""
    tables = tuple(tuple(min(max(step, 1), 255) for step in quantisation[key]) for key in sorted(quantisation))
    return tables if len(tables) <= 4 and all(len(table) == 64 for table in tables) else ()
