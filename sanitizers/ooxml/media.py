"""Pictures inside a document: raster ones are written anew, vector ones give way to a grey box (D10).

EMF, WMF, EPS and SVG are programs for a renderer; drawing them needs the render class and is not here.
"""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from sanitizers import image
from sanitizers.job import Findings
from sanitizers.model import Kind, Limits, Reason, Refused, Treatment

_CAPS = (Reason.LIMIT_PIXELS, Reason.LIMIT_PARTS, Reason.LIMIT_SIZE, Reason.LIMIT_MEMORY)
_SHOWN_BY_OFFICE = ("image/png", "image/jpeg", "image/gif", "image/bmp", "image/tiff")  # not WebP before 2021
_VECTOR = (".emf", ".wmf", ".emz", ".wmz", ".eps", ".ps", ".svg", ".pict", ".pct", ".wdp")


def _grey_box() -> bytes:
    box = Image.new("L", (160, 90), 0xEE)
    ImageDraw.Draw(box).rectangle((0, 0, 159, 89), outline=0x99)
    stream = io.BytesIO()
    box.save(stream, "PNG")
    return stream.getvalue()


PLACEHOLDER = image.recode(_grey_box(), Limits(), Findings(), "")  # as our own writer has it: a second run changes nothing


def recode(content: bytes, name: str, limits: Limits, findings: Findings) -> image.Recoded:
    """The picture of the part called `name` (lower case), or the grey box.

    Raises `Refused` only where a cap is exceeded: a cap rejects, it never hides."""
    try:
        recoded = image.recode(content, limits, findings, name)
        if recoded.media_type in _SHOWN_BY_OFFICE:
            return recoded
        why = recoded.media_type
    except Refused as refusal:
        if refusal.reason in _CAPS:
            raise
        why = refusal.detail
    kind = Kind.VECTOR_IMAGE if name.endswith(_VECTOR) else Kind.IMAGE_RECODED
    findings.add(kind, name, f"replaced by a grey box: {why}", Treatment.REPLACED)
    return PLACEHOLDER
