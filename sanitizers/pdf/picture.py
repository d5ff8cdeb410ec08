"""Streams and pictures inside a PDF: only known filters, and no decoder with a history at the reader's end.

JPEG 2000 is decoded by Pillow and JBIG2 (FORCEDENTRY) by pdfium, here behind the wall, and written as JPEG or CCITT G4; what
they cannot decode becomes one white pixel.  JPEG data stays, without EXIF, comments and what follows its end (formats.md 4).
Raises Refused(LIMIT_PIXELS).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pypdfium2
from pikepdf import Array, Dictionary, Name, Object, Pdf, PdfError, Stream
from PIL import Image, TiffImagePlugin

from sanitizers.image import jpeg
from sanitizers.model import Kind, Reason, Refused, Treatment
from sanitizers.pdf.scope import Scope, name

_FILTERS = frozenset(
    f"/{each}Decode" for each in ("ASCIIHex", "ASCII85", "LZW", "Flate", "RunLength", "CCITTFax", "DCT", "JPX", "JBIG2")
) | {"/AHx", "/A85", "/LZW", "/Fl", "/RL", "/CCF", "/DCT"}
_UNDECODABLE = (
    OSError,
    ValueError,
    SyntaxError,
    struct.error,
    LookupError,
    ArithmeticError,
    TypeError,
    PdfError,
    pypdfium2.PdfiumError,
)
_QUALITY = 90  # as for pictures on their own
_COLOURS = {"L": (1, Name.DeviceGray), "RGB": (3, Name.DeviceRGB), "CMYK": (4, Name.DeviceCMYK)}
_ONE, _THREE = ("/DeviceGray", "/CalGray", "/Indexed", "/Separation"), ("/DeviceRGB", "/CalRGB", "/Lab")
_COMPONENTS = {"/DeviceCMYK": 4, **dict.fromkeys(_ONE, 1), **dict.fromkeys(_THREE, 3)}


def filters(stream: Object) -> list[str]:
    named = stream.get("/Filter")
    return [name(item) for item in named] if isinstance(named, Array) else [name(named)] if named is not None else []


def check(stream: Object, where: str, scope: Scope) -> None:
    """Empty a stream whose filter no list knows (/Crypt, private ones)."""
    unknown = [each for each in filters(stream) if each not in _FILTERS]
    if unknown:
        scope.findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"stream filter {unknown[0]}", Treatment.REMOVED)
        stream.write(b"")


def select(resources: Object, where: str, scope: Scope) -> None:
    """Only pictures and forms may be drawn (8.8); a PostScript XObject is a program for the printer."""
    for key in set(resources.keys()):
        drawn = resources[key]
        subtype = name(drawn.get("/Subtype")) if isinstance(drawn, Stream) else ""
        if subtype not in ("/Image", "/Form"):
            scope.findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"XObject {subtype}", Treatment.REMOVED)
            del resources[key]


def rebuild(stream: Object, where: str, scope: Scope) -> None:
    used = filters(stream) if stream.get("/Subtype") == Name.Image else []
    if "/JPXDecode" in used:
        _transcode(stream, _from_jpx, "JPEG 2000", where, scope)
    elif "/JBIG2Decode" in used:
        _transcode(stream, _from_jbig2, "JBIG2", where, scope)
    elif used in (["/DCTDecode"], ["/DCT"]):
        _bare(stream, where, scope)


def _bare(stream: Object, where: str, scope: Scope) -> None:
    data = stream.read_raw_bytes()
    bare = jpeg.bare(data)
    if len(bare) != len(data):
        transform = stream.get("/DecodeParms")
        stream.write(bare, filter=Name.DCTDecode, decode_parms=transform if isinstance(transform, Dictionary) else None)
        scope.findings.add(Kind.METADATA, where, "application segments of a JPEG", Treatment.REMOVED)


def _transcode(stream: Object, decode: Callable[[Object, int], Image.Image], what: str, where: str, scope: Scope) -> None:
    """Write the pixels of `stream` in a format that is safe to decode; its masks, /Decode and size stay."""
    try:
        pixels = decode(stream, scope.profile.limits.pixels)
        found = f"{what} picture, written anew"
    except _UNDECODABLE:
        pixels = Image.new("L", (1, 1), 255)
        found = f"{what} picture that cannot be decoded, left blank"
    scope.findings.add(Kind.IMAGE_RECODED, where, found, Treatment.REPLACED)
    if pixels.mode == "1":
        _write_bilevel(stream, pixels)
    else:
        _write_colours(stream, pixels)
    stream["/Width"], stream["/Height"] = pixels.size


def _bounded(width: int, height: int, limit: int) -> None:
    if width * height > limit:
        raise Refused(Reason.LIMIT_PIXELS, f"picture of {width}x{height} pixels, limit {limit}")


def _from_jpx(stream: Object, limit: int) -> Image.Image:
    pixels = Image.open(io.BytesIO(stream.read_raw_bytes()), formats=("JPEG2000",))
    _bounded(*pixels.size, limit)
    pixels.load()
    if pixels.mode == "I;16":
        return pixels.convert("I").point(lambda sample: sample * (1 / 256)).convert("L")
    return pixels if pixels.mode in _COLOURS else pixels.convert("L" if pixels.mode == "LA" else "RGB")


def _from_jbig2(stream: Object, limit: int) -> Image.Image:
    """pdfium decodes it from a document that holds nothing else."""
    width, height = int(stream["/Width"]), int(stream["/Height"])
    _bounded(width, height, limit)
    document = pypdfium2.PdfDocument(_alone(stream, width, height))
    try:
        (drawn,) = document[0].get_objects()
        pixels: Image.Image = drawn.get_bitmap(render=False).to_pil()
        return pixels.convert("1", dither=Image.Dither.NONE)
    finally:
        document.close()


def _alone(stream: Object, width: int, height: int) -> bytes:
    with Pdf.new() as pdf:
        picture = pdf.make_stream(stream.read_raw_bytes(), Type=Name.XObject, Subtype=Name.Image, Width=width, Height=height)
        picture["/BitsPerComponent"], picture["/ColorSpace"], picture["/Filter"] = 1, Name.DeviceGray, Name.JBIG2Decode
        common = stream.get("/DecodeParms")
        common = common[0] if isinstance(common, Array) and len(common) == 1 else common
        if isinstance(common, Dictionary) and isinstance(common.get("/JBIG2Globals"), Stream):
            symbols = pdf.make_stream(common["/JBIG2Globals"].read_bytes())
            picture["/DecodeParms"] = Dictionary(JBIG2Globals=symbols)
        page = pdf.add_blank_page(page_size=(100, 100))
        page["/Resources"] = Dictionary(XObject=Dictionary(P=picture))
        page["/Contents"] = pdf.make_stream(b"100 0 0 100 0 0 cm /P Do")
        out = io.BytesIO()
        pdf.save(out)
    return out.getvalue()


def _write_bilevel(stream: Object, pixels: Image.Image) -> None:
    """One CCITT G4 strip (T.6), cut out of a TIFF; libtiff codes set bits as black, hence /BlackIs1."""
    written = io.BytesIO()
    pixels.save(written, "TIFF", compression="group4", strip_size=1 << 30)
    written.seek(0)
    tags = TiffImagePlugin.TiffImageFile(written).tag_v2
    (offset,), (size,) = tags[TiffImagePlugin.STRIPOFFSETS], tags[TiffImagePlugin.STRIPBYTECOUNTS]
    parameters = Dictionary(K=-1, Columns=pixels.width, Rows=pixels.height, BlackIs1=True)
    stream.write(written.getvalue()[offset : offset + size], filter=Name.CCITTFaxDecode, decode_parms=parameters)


def _write_colours(stream: Object, pixels: Image.Image) -> None:
    components, device = _COLOURS[pixels.mode]
    stream["/BitsPerComponent"] = 8
    if _components(stream.get("/ColorSpace")) != components:
        stream["/ColorSpace"] = device
    for key in ("/SMaskInData", "/DecodeParms"):
        if key in stream:
            del stream[key]
    if components == 1:  # may be palette indices or a mask, where loss shows
        stream.write(pixels.tobytes(), filter=None)
    else:
        out = io.BytesIO()
        pixels.save(out, "JPEG", quality=_QUALITY)
        stream.write(out.getvalue(), filter=Name.DCTDecode)


def _components(space: object) -> int:
    """Of a colour space; 0 if unknown or absent (JPEG 2000 may bring its own, 8.9.5.1)."""
    if isinstance(space, Name):
        return _COMPONENTS.get(name(space), 0)
    if not isinstance(space, Array) or not len(space):
        return 0
    if space[0] == Name.ICCBased and len(space) > 1 and isinstance(space[1], Stream):
        return int(space[1].get("/N", 0))
    return _COMPONENTS.get(name(space[0]), 0)
