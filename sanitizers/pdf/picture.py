"""Streams and pictures inside a PDF: only known filters, and no decoder with a history at the reader's end.

JPEG 2000 and JBIG2 (FORCEDENTRY) are decoded by pdfium, here behind the wall, and written as JPEG and CCITT G4; what it
cannot decode becomes one white pixel.  JPEG data stays, without EXIF, comments and what follows its end (formats.md 4).
Raises Refused(LIMIT_PIXELS).
"""

from __future__ import annotations

import io
import struct

import pypdfium2
from pikepdf import Array, Dictionary, Name, Object, Pdf, PdfError, Stream
from PIL import Image, TiffImagePlugin

from sanitizers.image import jpeg
from sanitizers.model import Kind, Reason, Refused, Treatment
from sanitizers.pdf import content
from sanitizers.pdf.scope import Scope, name

_LONG = ("/ASCIIHexDecode", "/ASCII85Decode", "/LZWDecode", "/FlateDecode", "/RunLengthDecode", "/CCITTFaxDecode", "/DCTDecode")
_SHORT = ("/AHx", "/A85", "/LZW", "/Fl", "/RL", "/CCF", "/DCT")  # of inline pictures, but readers accept them everywhere
_FILTERS = frozenset({*_LONG, *_SHORT})
_TRANSCODED = frozenset({"/JPXDecode", "/JBIG2Decode"})
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
_BILEVEL = "JBIG2"


def filters(stream: Object) -> list[str]:
    if "/Filter" not in stream:  # `get` is ten times as slow for what is missing
        return []
    named = stream["/Filter"]
    return [name(item) for item in named] if isinstance(named, Array) else [name(named)]


def check(stream: Object, where: str, scope: Scope) -> None:
    """Empty a stream whose filter no list knows (/Crypt, private ones), or that misuses a picture's."""
    unknown = [each for each in filters(stream) if each not in _FILTERS]
    if unknown and name(stream.get("/Subtype")) == "/Image":
        unknown = [each for each in unknown if each not in _TRANSCODED]
    if unknown:
        scope.findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"stream filter {unknown[0]}", Treatment.REMOVED)
        stream.write(b"")


def select(resources: Object, where: str, scope: Scope) -> None:
    """Only pictures and forms may be drawn (8.8); a PostScript XObject is a program for the printer."""
    for key in sorted(resources.keys()):
        drawn = resources[key]
        subtype = name(drawn.get("/Subtype")) if isinstance(drawn, Stream) else ""
        if subtype not in ("/Image", "/Form"):
            scope.findings.add(Kind.UNKNOWN_CONSTRUCT, where, f"XObject {subtype}", Treatment.REMOVED)
            del resources[key]


def rebuild(stream: Object, where: str, scope: Scope) -> None:
    if stream.get("/Subtype") != Name.Image:
        content.check(stream, where, scope)
        return
    used = filters(stream)
    if "/JPXDecode" in used:
        _transcode(stream, "JPEG 2000", where, scope)
    elif "/JBIG2Decode" in used:
        _transcode(stream, _BILEVEL, where, scope)
    elif used and used[-1] in ("/DCTDecode", "/DCT"):
        _bare(stream, where, scope)


def _bare(stream: Object, where: str, scope: Scope) -> None:
    """JPEG data, which other filters may be around."""
    *around, _ = stream["/Filter"] if isinstance(stream["/Filter"], Array) else [stream["/Filter"]]
    given = stream.get("/DecodeParms")
    *parameters, transform = given if isinstance(given, Array) and len(given) else [given]
    data = stream.read_raw_bytes()
    if around:
        data = scope.pdf.make_stream(
            data, Filter=Array(around), DecodeParms=Array(parameters or [None] * len(around))
        ).read_bytes()
    bare = jpeg.bare(data)
    if len(bare) != len(data):
        stream.write(bare, filter=Name.DCTDecode, decode_parms=transform if isinstance(transform, Dictionary) else None)
        scope.findings.add(Kind.METADATA, where, "application segments of a JPEG", Treatment.REMOVED)


def _transcode(stream: Object, what: str, where: str, scope: Scope) -> None:
    """Write what pdfium decodes in a format that every reader decodes safely; masks stay."""
    try:
        pixels = _decoded(stream, scope)
        found = f"{what} picture, written anew"
    except _UNDECODABLE:
        pixels = Image.new("L", (1, 1), 255)
        found = f"{what} picture that cannot be decoded, left blank"
    scope.findings.add(Kind.IMAGE_RECODED, where, found, Treatment.REPLACED)
    if what == _BILEVEL and pixels.size != (1, 1):
        _write_bilevel(stream, pixels.convert("1", dither=Image.Dither.NONE))
    else:
        _write_colours(stream, pixels)
    stream["/Width"], stream["/Height"] = pixels.size


def _decoded(stream: Object, scope: Scope) -> Image.Image:
    """pdfium draws from a document that holds this picture only, so that nothing else of the original reaches it."""
    width, height = int(stream["/Width"]), int(stream["/Height"])
    if width * height > scope.profile.limits.pixels:
        raise Refused(Reason.LIMIT_PIXELS, f"picture of {width}x{height} pixels, limit {scope.profile.limits.pixels}")
    document = pypdfium2.PdfDocument(_alone(stream, scope.pdf))
    try:
        (drawn,) = document[0].get_objects()
        pixels: Image.Image = drawn.get_bitmap(render=False).to_pil()
        return pixels if pixels.mode in ("L", "RGB") else pixels.convert("RGB")
    finally:
        document.close()


def _alone(stream: Object, source: Pdf) -> bytes:
    """JBIG2 comes out as its samples; JPEG 2000, whose samples a colour space turns into colours, as colours."""
    picture = source.make_stream(stream.read_raw_bytes(), Type=Name.XObject, Subtype=Name.Image)
    for key in ("/Width", "/Height", "/BitsPerComponent", "/Filter", "/DecodeParms", "/ColorSpace"):
        if key in stream:
            picture[key] = stream[key]
    if "/JBIG2Decode" in filters(stream):
        picture["/BitsPerComponent"], picture["/ColorSpace"] = 1, Name.DeviceGray
    with Pdf.new() as pdf:
        page = pdf.add_blank_page(page_size=(100, 100))
        page["/Resources"] = Dictionary(XObject=Dictionary(P=pdf.copy_foreign(picture)))
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
    """As JPEG; the source's palette, /Decode and colour key, which speak of its own samples, go."""
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=_QUALITY)
    stream.write(jpeg.bare(out.getvalue()), filter=Name.DCTDecode)
    stream["/BitsPerComponent"] = 8
    stream["/ColorSpace"] = Name.DeviceGray if pixels.mode == "L" else Name.DeviceRGB
    for key in ("/Decode", "/SMaskInData", "/ImageMask") + (("/Mask",) if isinstance(stream.get("/Mask"), Array) else ()):
        if key in stream:
            del stream[key]
