"""The least that any rebuild of a format must cost: unpack it and pack it again, with the fastest code at hand, unjudged.

Runs in a locked worker beside the sanitiser (`stopwatch`), on the same bytes; whatever a floor raises means "no floor".
Shares no code with the sanitisers.  What each floor is, is told in performance.md.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pikepdf
from isal import isal_zlib
from lxml import etree
from PIL import Image

Floor = Callable[[bytes], object]

_LOCAL_SIZES = struct.Struct("<26xHH")  # APPNOTE 4.3.7: lengths of name and extra field
_PICTURES = (".jpg", ".jpeg", ".png")


def of(media_type: str) -> Floor | None:
    """None where nothing comparable is known."""
    if media_type.startswith(("application/vnd.openxmlformats", "application/vnd.oasis", "application/vnd.ms-")):
        return members
    return _FLOORS.get(media_type)


def members(content: bytes) -> None:
    """Inflate and deflate (isal, level 1) every member; a photo is decoded and encoded besides, as its rebuild must."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            start = entry.header_offset + 30 + sum(_LOCAL_SIZES.unpack_from(content, entry.header_offset))
            member = content[start : start + entry.compress_size]
            if entry.compress_type == zipfile.ZIP_DEFLATED:
                member = isal_zlib.decompress(member, wbits=-15, bufsize=entry.file_size + 1)
            if entry.filename.lower().endswith(_PICTURES):
                picture(member)
            else:
                packer = isal_zlib.compressobj(level=1, wbits=-15)
                packer.compress(member)
                packer.flush()


def picture(content: bytes) -> None:
    """Decode and encode with Pillow's defaults."""
    with Image.open(io.BytesIO(content)) as image:
        image.save(io.BytesIO(), image.format)


def document(content: bytes) -> None:
    """qpdf's rewrite: bare open and save."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(io.BytesIO(), object_stream_mode=pikepdf.ObjectStreamMode.generate)


def text(content: bytes) -> None:
    """Decode and encode."""
    content.decode("cp932", "replace").encode()


def markup(content: bytes) -> None:
    """One parse by libxml2: a bare decode says nothing of HTML."""
    etree.fromstring(content, etree.HTMLParser(no_network=True))


_FLOORS: dict[str, Floor] = {
    "application/zip": members,
    "application/pdf": document,
    "text/html": markup,
    **dict.fromkeys(("image/jpeg", "image/png", "image/gif", "image/bmp", "image/tiff", "image/webp"), picture),
    **dict.fromkeys(("text/plain", "text/csv", "text/tab-separated-values"), text),
}
